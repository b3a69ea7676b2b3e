package format

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// text is a file as lines. Lines and columns count from 0 here.
type text struct {
	lines []string
	// inner lines go on with a value that began on a line before: a text of
	// several lines, or a list or map in brackets.
	inner []bool
	// exact lines are not trimmed: their blanks at the end, or the line that
	// follows, are part of a value.
	exact []bool
	// kept lines are of texts after |+ or >+, to which blank lines below belong.
	kept  []bool
	ended bool // the file ends with a line break
}

var errBreaks = errors.New("it holds a line break that is neither LF nor CR LF (a lone CR, or U+0085, U+2028, U+2029); replace it")

// newText takes a file apart.
func newText(src []byte) (*text, error) {
	whole := strings.TrimPrefix(string(src), "\ufeff")
	whole = strings.ReplaceAll(whole, "\r\n", "\n")
	if strings.ContainsAny(whole, "\r\u0085\u2028\u2029") {
		return nil, errBreaks
	}
	t := &text{ended: bytes.HasSuffix(src, []byte("\n"))}
	if whole = strings.TrimSuffix(whole, "\n"); whole != "" {
		t.lines = strings.Split(whole, "\n")
	}
	t.inner, t.exact, t.kept = make([]bool, len(t.lines)), make([]bool, len(t.lines)), make([]bool, len(t.lines))
	return t, nil
}

// at is a position as a line and an offset in it.
func (t *text) at(pos diag.Pos) (line, offset int) {
	line = pos.Line - 1
	if line < 0 || line >= len(t.lines) {
		return len(t.lines), 0 // the end of the file
	}
	for range pos.Col - 1 {
		_, size := utf8.DecodeRuneInString(t.lines[line][offset:])
		offset += size
	}
	return line, offset
}

// rest is a line from an offset on.
func (t *text) rest(line, offset int) string {
	if line >= len(t.lines) || offset > len(t.lines[line]) {
		return ""
	}
	return t.lines[line][offset:]
}

// comment says so of a line that is in no value.
func (t *text) comment(line int) bool {
	return !t.inner[line] && strings.HasPrefix(strings.TrimLeft(t.lines[line], " \t"), "#")
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// isBlock reports a list or a map that is written line by line.
func (t *text) isBlock(n *tree.Node) bool {
	if n.Kind == tree.Scalar || len(n.Items)+len(n.Entries) == 0 {
		return false
	}
	line, offset := t.at(n.Pos)
	rest := t.rest(line, offset)
	return !strings.HasPrefix(rest, "[") && !strings.HasPrefix(rest, "{")
}

// mark finds the lines on which values go on, in a node and all below it.
// outer is the column of the block that the node stands in, -1 at the root.
func (t *text) mark(n *tree.Node, outer int) {
	if !t.isBlock(n) {
		t.markLeaf(n, outer)
		return
	}
	_, column := t.at(n.Pos)
	for _, item := range n.Items {
		t.mark(item, column)
	}
	for _, e := range n.Entries {
		t.mark(e.Value, column)
	}
}

func (t *text) markLeaf(n *tree.Node, outer int) {
	line, offset := t.at(n.Pos)
	first := t.rest(line, offset)
	switch {
	case first == "" || n.Null():
	case n.Block:
		t.markBlockText(line, offset, outer)
	case n.Quoted:
		t.quoted(line, offset)
	case n.Kind != tree.Scalar:
		if first[0] == '[' || first[0] == '{' { // else it is an empty file
			t.brackets(line, offset)
		}
	default:
		t.markPlain(line, offset, outer)
	}
}

// markPlain follows a text without quotes over its lines, which are further
// right than the block around it.
func (t *text) markPlain(line, offset, outer int) {
	if strings.Contains(t.rest(line, offset), " #") || strings.Contains(t.rest(line, offset), "\t#") {
		return
	}
	last := line
	for next := line + 1; next < len(t.lines); next++ {
		body := strings.TrimLeft(t.lines[next], " \t")
		if body == "" {
			continue
		}
		if indentOf(t.lines[next]) <= outer || body[0] == '#' || outer < 0 && documentEnd(t.lines[next]) {
			break
		}
		for ; last < next; last++ {
			t.inner[last+1] = true
		}
		if strings.Contains(body, " #") || strings.Contains(body, "\t#") {
			break
		}
	}
}

func documentEnd(line string) bool { return strings.HasPrefix(line, "...") }

// markBlockText follows a text after | or >.
func (t *text) markBlockText(line, offset, outer int) {
	header := strings.Fields(t.rest(line, offset))[0]
	indent := 0 // not yet known
	if i := strings.IndexAny(header, "123456789"); i >= 0 {
		indent = max(outer, 0) + int(header[i]-'0')
	}
	last := line
	for next := line + 1; next < len(t.lines); next++ {
		text := t.lines[next]
		if strings.Trim(text, " ") == "" && (indent == 0 || len(text) <= indent) {
			continue
		}
		if indent == 0 {
			indent = max(indentOf(text), outer+1)
		}
		if indentOf(text) < indent {
			break
		}
		last = next
	}
	if strings.Contains(header, "+") { // the blank lines at the end are kept
		for last+1 < len(t.lines) && strings.Trim(t.lines[last+1], " ") == "" {
			last++
		}
		for i := line; i <= last; i++ {
			t.kept[i] = true
		}
	}
	for next := line + 1; next <= last; next++ {
		t.inner[next], t.exact[next] = true, true
	}
}
