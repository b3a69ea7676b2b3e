package tree

import (
	"bytes"
	"strings"
)

// The library's time and memory grow with the number of tokens, and faster
// with the keys of a map. screenShape looks at the lines before the library
// does, without understanding quotes and texts: its limits are so far above a
// real file that the difference does not matter.
const (
	maxRun     = 2 * MaxDepth  // brackets that open, or "- - -", with nothing between
	maxOpen    = 10 * MaxDepth // brackets that were not closed, those in texts included
	maxIndent  = 10 * MaxDepth // columns
	maxLine    = 64 << 10      // bytes of a line
	maxLines   = 50_000
	maxItems   = MaxKeys // commas in a line
	maxAnchors = 5_000   // what looks like an anchor or an alias
	maxRemarks = 10_000  // lines of comments
)

// shape is what screenShape counts.
type shape struct {
	tokens  int
	anchors int
	remarks int
	open    int         // brackets
	indent  int         // of the last line
	keys    map[int]int // indentation -> lines with a key since a line with less
}

// lineShape is what counts within one line.
type lineShape struct {
	run   int // openings with nothing between
	items int // commas
	start bool
}

// screenShape refuses files with more tokens, keys or nesting than Parse would
// accept.
func (p *parser) screenShape() bool {
	s := shape{keys: map[int]int{}}
	number := 0
	for line := range bytes.Lines(p.src) {
		number++
		body := bytes.TrimLeft(line, " ")
		indent := len(line) - len(body)
		message := ""
		switch {
		case number > maxLines:
			message = "the file has more than 50,000 lines"
		case len(line) > maxLine:
			message = "a line with more than 65,536 bytes"
		case len(bytes.TrimSpace(body)) > 0:
			message = s.line(body, indent)
		}
		if message != "" {
			p.list.Errorf(p.pos(number, min(indent, maxIndent)+1), RuleTooLarge, "%s", message)
			return false
		}
	}
	return true
}

// line counts one line, and says what is too much.
func (s *shape) line(body []byte, indent int) string {
	if body[0] == '#' {
		if s.remarks++; s.remarks > maxRemarks {
			return "the file has more than 10,000 lines of comments"
		}
		return ""
	}
	for ; s.indent > indent; s.indent-- {
		delete(s.keys, s.indent)
	}
	s.indent = indent
	s.tokens++
	if body[0] != '-' && bytes.IndexByte(body, ':') >= 0 {
		s.keys[indent]++
	}
	return s.tooMuch(s.scan(body), body)
}

// scan counts the characters of a line that make tokens.
func (s *shape) scan(body []byte) lineShape {
	l := lineShape{start: true}
	for i, c := range body {
		switch c {
		case ' ', '\t':
			continue
		case '[', '{':
			l.run++
			s.open++
			s.tokens++
		case ']', '}':
			s.open = max(s.open-1, 0)
		case '-', '?', '!':
			if l.start {
				l.run++
			}
			s.tokens++
		case ',':
			l.run = 0
			l.items++
			s.tokens++
		case ':', '\\':
			l.run = 0
			s.tokens++
		case '&', '*':
			if i+1 < len(body) && body[i+1] > ' ' && (i == 0 || strings.IndexByte(" [{,", body[i-1]) >= 0) {
				s.anchors++
			}
		default:
			l.run = 0
		}
		l.start = l.start && strings.IndexByte("-?! ", c) >= 0
		if l.run > maxRun {
			break
		}
	}
	return l
}

func (s *shape) tooMuch(l lineShape, body []byte) string {
	switch {
	case l.run > maxRun && !ruler(body), s.open > maxOpen, s.indent > maxIndent:
		return "lists and maps are nested more than 64 deep"
	case l.items > maxItems:
		return "a line with more than 5,000 commas"
	case s.keys[s.indent] > MaxKeys:
		return "a map with more than 5,000 keys"
	case s.anchors > maxAnchors:
		return "thousands of anchors and aliases, which are not supported; write the values out"
	case s.tokens > MaxNodes:
		return "the file has more than 100,000 keys and values"
	}
	return ""
}

// ruler reports a line that people draw, such as "-----".
func ruler(body []byte) bool {
	return bytes.IndexByte(bytes.TrimRight(body, "\r\n"), ' ') < 0 && body[0] == '-'
}
