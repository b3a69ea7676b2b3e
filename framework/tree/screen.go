package tree

import "bytes"

// The library's time and memory grow with the number of tokens, and faster
// with the keys of a map. screenShape looks at the lines before the library
// does, without understanding quotes and texts: its limits are so far above a
// real file that the difference does not matter.
const (
	maxRun    = 2 * MaxDepth  // brackets that open, or "- - -", with nothing between
	maxOpen   = 10 * MaxDepth // brackets that were not closed, those in texts included
	maxIndent = 10 * MaxDepth // columns
	maxItems  = 20_000        // commas in a line
	maxAnchor = 5_000         // what looks like an anchor or an alias
)

// shape is what screenShape counts.
type shape struct {
	tokens  int
	anchors int
	open    int         // brackets
	keys    map[int]int // indentation -> lines with a key since a line with less
}

// screenShape refuses files with more tokens, keys or nesting than Parse would
// accept.
func (p *parser) screenShape() bool {
	s := shape{keys: map[int]int{}}
	number, deepest := 0, 0
	for line := range bytes.Lines(p.src) {
		number++
		body := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(body)) == 0 || body[0] == '#' {
			continue
		}
		indent := len(line) - len(body)
		for ; deepest > indent; deepest-- {
			delete(s.keys, deepest)
		}
		deepest = indent
		if body[0] != '-' && bytes.IndexByte(body, ':') >= 0 {
			s.keys[indent]++
		}
		if message := s.line(body, indent); message != "" {
			p.list.Errorf(p.pos(number, indent+1), RuleTooLarge, "%s", message)
			return false
		}
	}
	return true
}

// line counts one line, and says what is too much.
func (s *shape) line(body []byte, indent int) string {
	s.tokens++
	run, commas, start := 0, 0, true
	for i, c := range body {
		switch c {
		case ' ', '\t':
			continue
		case '[', '{':
			run++
			s.open++
			s.tokens++
		case ']', '}':
			s.open = max(s.open-1, 0)
		case '-', '?', '!':
			if start {
				run++
			}
			s.tokens++
		case ',':
			run = 0
			commas++
			s.tokens++
		case ':', '\\':
			run = 0
			s.tokens++
		case '&', '*':
			if i+1 < len(body) && body[i+1] > ' ' && (i == 0 || bytes.IndexByte([]byte(" [{,"), body[i-1]) >= 0) {
				s.anchors++
			}
		default:
			run = 0
		}
		start = start && bytes.IndexByte([]byte("-?! "), c) >= 0
		if run > maxRun {
			break
		}
	}
	switch {
	case run > maxRun && !ruler(body), s.open > maxOpen, indent > maxIndent:
		return "lists and maps are nested more than 64 deep"
	case commas > maxItems:
		return "a line with more than 20,000 commas"
	case s.keys[indent] > MaxKeys:
		return "a map with more than 5,000 keys"
	case s.anchors > maxAnchor:
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
