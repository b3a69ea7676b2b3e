package tree

import (
	"bytes"
	"regexp"
	"strings"
)

// maxParts is the number of parts that a text may have.
const maxParts = 2000

// part is an entry of a map or an item of a list: a line, and those after it
// that stand further right.
type part struct {
	from, to int // offsets in the text
	before   int // lines of the text before the part
	indent   int // of its first line
	dash     bool
	odd      bool // it is neither, where one of them should stand
	open     int  // brackets that open in it, less those that close
}

var (
	keyLine  = regexp.MustCompile(`^ *(?:"[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*:(?:\s|$)`)
	preamble = regexp.MustCompile(`^(?:---|%.*)\s*$`)
)

// parted cuts a text where its keys or its list's dashes stand. It answers
// nothing if the text does not begin with one, or has lines further left.
func parted(src []byte) []part {
	var parts []part
	number, at := -1, 0
	var quote byte // that no line has closed
	for line := range bytes.Lines(src) {
		number++
		next := part{from: at, before: number, indent: indentOf(line), dash: isItem(line)}
		inQuotes, opened := quote != 0, 0
		next.open, opened = brackets(line)
		quote = carried(line, quote, opened)
		at += len(line)
		next.to = at
		if len(parts) == 0 {
			switch {
			case isNothing(line), preamble.Match(line):
				continue
			case !next.dash && !keyLine.Match(line):
				return nil
			}
			parts = append(parts, next)
			continue
		}
		last := &parts[len(parts)-1]
		goesOn := next.goesOn(parts[0], line)
		next.odd = !goesOn && (next.dash != parts[0].dash || !next.dash && !keyLine.Match(line))
		switch {
		case goesOn, next.odd && (inQuotes || last.odd):
			last.to, last.open = at, last.open+next.open
		case next.indent < parts[0].indent, len(parts) == maxParts:
			return nil
		default:
			parts = append(parts, next)
		}
	}
	return joined(parts)
}

// isNothing reports a line that is blank or a comment.
func isNothing(line []byte) bool {
	body := bytes.TrimSpace(line)
	return len(body) == 0 || body[0] == '#'
}

// isItem reports a line that begins with a list's dash.
func isItem(line []byte) bool {
	body := bytes.TrimLeft(line, " ")
	return len(body) > 0 && body[0] == '-' && (len(body) == 1 || strings.IndexByte(" \t\r\n", body[1]) >= 0)
}

func indentOf(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }

// goesOn reports a line that belongs to the part before it: one further
// right, a comment, a bracket that closes, or an item of a list right below
// its key.
func (p part) goesOn(first part, line []byte) bool {
	if isNothing(line) || p.indent > first.indent {
		return true
	}
	c := line[p.indent]
	return c == '\t' || p.indent == first.indent && (c == ']' || c == '}' || p.dash && !first.dash)
}

// joined puts parts together that a bracket holds together.
func joined(parts []part) []part {
	var out []part
	for i := 0; i < len(parts); i++ {
		whole, open := parts[i], parts[i].open
		for j := i + 1; j < len(parts) && open > 0; j++ {
			if open += parts[j].open; open <= 0 {
				whole.to, i = parts[j].to, j
			}
		}
		out = append(out, whole)
	}
	return out
}

// carried is the quote that is open after a line: before is the one that was
// open before it, at the place of one that the line opens, or -1.
func carried(line []byte, before byte, at int) byte {
	switch {
	case before != 0 && bytes.IndexByte(line, before) < 0:
		return before
	case before == 0 && at >= 0:
		return line[at]
	}
	return 0
}

// brackets is the number of brackets of a line that open, less those that
// close, and the place of a quote that does not close, else -1. What stands in
// quotes or a comment does not count.
func brackets(line []byte) (open, quote int) {
	quote = -1
	for i, c := range line {
		before := byte(' ')
		if i > 0 {
			before = line[i-1]
		}
		switch {
		case quote >= 0:
			if c == line[quote] && !(c == '"' && before == '\\') {
				quote = -1
			}
		case c == '#' && before == ' ':
			return open, -1
		case (c == '"' || c == '\'') && strings.IndexByte(" [{,:", before) >= 0:
			quote = i
		case c == '[' || c == '{':
			open++
		case c == ']' || c == '}':
			open--
		}
	}
	return open, quote
}
