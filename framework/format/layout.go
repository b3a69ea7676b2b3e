package format

import (
	"errors"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/tree"
)

// step is the number of blanks by which what belongs to a key or a dash
// stands further right.
const step = 2

// formatter writes one file.
type formatter struct {
	*text
	orders
	// moved has, for a map whose entries change places, the old index of each.
	moved map[*tree.Node][]int
	err   error
}

// line is a line of the output.
type line struct {
	text  string
	inner bool // part of a value: not blank, even if it looks so
	exact bool // part of a text in which each blank and line break counts
	kept  bool // part of a text to which blank lines below it belong
}

// element is an entry of a map, or an item of a list.
type element struct {
	line, column int // of its key or its dash
	value        *tree.Node
	key          string // of an entry
	item         bool
}

// piece is an element in the output.
type piece struct {
	key  string
	lead []line // the comments and blank lines above it
	body []line
}

var errForm = errors.New("it holds a key that begins with ?, or a list whose dash cannot be found; write it the plain way")

// file is the whole output. Comments above the first key are the file's, and
// stay on top.
func (f *formatter) file(root *tree.Node) []byte {
	f.mark(root, -1)
	if !f.isBlock(root) {
		return f.join(f.asIs(0, len(f.lines), 0))
	}
	first, _ := f.at(root.Pos)
	out := f.loose(0, first, 0)
	return f.join(append(out, f.block(root, first, len(f.lines), 0)...))
}

// block writes a list or a map to lines that begin at indent. Its own begin at
// from, with the comments above its first element, and end before to.
func (f *formatter) block(n *tree.Node, from, to, indent int) []line {
	all := f.elements(n, from)
	if f.err != nil {
		return nil
	}
	pieces := make([]piece, 0, len(all))
	for i, e := range all {
		p := piece{key: e.key, lead: f.loose(from, e.line, indent)}
		last := f.last(e) + 1
		limit := to
		if i+1 < len(all) {
			limit = all[i+1].line
		}
		from = f.split(e, last, limit)
		p.body = f.element(e, last, from, indent)
		pieces = append(pieces, p)
	}
	pieces = f.arrange(n, pieces)
	var out []line
	for i, p := range pieces {
		if i == 0 {
			p.lead = withoutBlanks(p.lead)
		}
		out = append(append(out, p.lead...), p.body...)
	}
	return append(out, f.loose(from, to, indent)...)
}

// elements finds what a block consists of. from is the first line that is
// the block's own.
func (f *formatter) elements(n *tree.Node, from int) []element {
	first, column := f.at(n.Pos)
	var all []element
	for _, item := range n.Items {
		if len(all) > 0 {
			first, _ = f.at(item.Pos)
			first = f.dash(min(first, len(f.lines)-1), column, all[len(all)-1].line)
		}
		all = append(all, element{line: first, column: column, value: item, item: true})
	}
	for _, e := range n.Entries {
		at, offset := f.at(e.KeyPos)
		all = append(all, element{line: at, column: offset, value: e.Value, key: e.Key})
	}
	for i, e := range all {
		before := f.rest(e.line, 0)[:min(e.column, len(f.rest(e.line, 0)))]
		if e.column != column || i > 0 && e.line <= all[i-1].line || e.line < from || f.inner[e.line] ||
			strings.Trim(before, " \t") != "" && !(i == 0 && bare(before+" ") == "") {
			f.err = errForm
		}
	}
	return all
}

// dash finds the dash of an item that begins at a line, or above it.
func (f *formatter) dash(at, column, after int) int {
	for ; at > after; at-- {
		text := f.lines[at]
		if f.inner[at] || len(text) <= column || text[column] != '-' || strings.TrimLeft(text[:column], " ") != "" {
			continue
		}
		if rest := text[column+1:]; rest == "" || rest[0] == ' ' || rest[0] == '\t' {
			return at
		}
	}
	f.err = errForm
	return after
}

// last is the last line of an element, without the comments below it.
func (f *formatter) last(e element) int {
	v := e.value
	if !f.isBlock(v) {
		at, _ := f.at(v.Pos)
		at = min(max(at, e.line), len(f.lines)-1)
		if v.Null() && v.Value == "" {
			at = e.line
		}
		for at+1 < len(f.lines) && f.inner[at+1] {
			at++
		}
		return at
	}
	if n := len(v.Entries); n > 0 {
		end := v.Entries[n-1]
		at, _ := f.at(end.KeyPos)
		return f.last(element{line: at, value: end.Value})
	}
	end := v.Items[len(v.Items)-1]
	at, _ := f.at(end.Pos)
	return f.last(element{line: min(at, len(f.lines)-1), value: end})
}

// split says where, in the comments and blank lines below an element, those
// begin that are not its own: below the last comment that is further right. A
// text after | or > has none of its own if the first is not: further right, that
// would be part of the text.
func (f *formatter) split(e element, from, to int) int {
	at := from
	for i := from; i < to; i++ {
		switch {
		case !f.comment(i):
		case indentOf(f.lines[i]) > e.column:
			at = i + 1
		case e.value.Block && at == from:
			return from
		}
	}
	return at
}

// element writes an element. last is the line after its value; the comments
// from there to to are its own.
func (f *formatter) element(e element, last, to, indent int) []line {
	head := f.rest(e.line, e.column)
	if e.item {
		head = strings.TrimLeft(head[1:], " \t")
		if head = "- " + head; head == "- " {
			head = "-"
		}
	}
	if !f.isBlock(e.value) {
		shift := indent - e.column
		out := []line{f.trimmed(spaces(indent)+head, e.line)}
		out = append(out, f.asIs(e.line+1, last, shift)...)
		for _, l := range f.asIs(last, to, shift) {
			if body := strings.TrimLeft(l.text, " \t"); body != "" {
				l.text = spaces(max(indentOf(l.text), indent+1)) + body
			}
			out = append(out, l)
		}
		return out
	}
	first, _ := f.at(e.value.Pos)
	if first != e.line {
		out := []line{f.trimmed(spaces(indent)+head, e.line)}
		return append(out, withoutBlanks(f.block(e.value, e.line+1, to, indent+step))...)
	}
	return afterDash(f.block(e.value, first, to, indent+step), indent)
}

// afterDash puts a list's dash before a block. Comments that stand above the
// block's first line come above the dash.
func afterDash(block []line, indent int) []line {
	for i, l := range block {
		body := strings.TrimLeft(l.text, " ")
		switch {
		case body == "":
			continue
		case body[0] == '#':
			block[i].text = spaces(indent) + body
			continue
		}
		block[i].text = spaces(indent) + "- " + body
		break
	}
	return block
}

// loose writes comments, blank lines, and what else stands between values (the
// marks of a document's begin and end).
func (f *formatter) loose(from, to, indent int) []line {
	var out []line
	for i := from; i < to; i++ {
		body := strings.TrimSpace(f.lines[i])
		if strings.HasPrefix(body, "#") {
			body = spaces(indent) + body
		}
		out = append(out, line{text: body})
	}
	return out
}

// asIs writes lines further right or, if shift is negative, left.
func (f *formatter) asIs(from, to, shift int) []line {
	var out []line
	for i := from; i < to; i++ {
		text := f.lines[i]
		switch {
		case text == "":
		case shift > 0:
			text = spaces(shift) + text
		default:
			text = text[min(indentOf(text), -shift):]
		}
		out = append(out, f.trimmed(text, i))
	}
	return out
}

func (f *formatter) trimmed(s string, at int) line {
	if !f.exact[at] {
		s = strings.TrimRight(s, " \t")
	}
	return line{s, f.inner[at], f.exact[at], f.kept[at]}
}

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// withoutBlanks leaves out the blank lines that lines begin with.
func withoutBlanks(lines []line) []line {
	i := slices.IndexFunc(lines, func(l line) bool { return l.text != "" || l.inner })
	if i < 0 {
		return nil
	}
	return lines[i:]
}

// join makes a file of lines: never two blank ones in a row, none at its begin
// and end.
func (f *formatter) join(lines []line) []byte {
	var b strings.Builder
	lines = withoutBlanks(lines)
	blank, kept := false, false
	for i, l := range lines {
		if l.text == "" && !l.inner {
			blank = !kept
			continue
		}
		if blank {
			b.WriteByte('\n')
		}
		blank, kept = false, l.kept
		b.WriteString(l.text)
		if l.exact && !f.ended && i == len(lines)-1 {
			continue // a text that ends without a line break
		}
		b.WriteByte('\n')
	}
	return append([]byte{}, b.String()...)
}
