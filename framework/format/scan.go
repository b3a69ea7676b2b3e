package format

import "strings"

// quoted follows a text in quotes, and answers the place after it.
func (t *text) quoted(line, offset int) (int, int) {
	quote := t.lines[line][offset]
	for offset++; line < len(t.lines); {
		text := t.lines[line]
		for ; offset < len(text); offset++ {
			switch {
			case text[offset] == '\\' && quote == '"':
				offset++
			case text[offset] == quote && quote == '\'' && strings.HasPrefix(text[offset+1:], "'"):
				offset++
			case text[offset] == quote:
				return line, offset + 1
			}
		}
		t.exact[line] = true
		line, offset = t.goOn(line), 0
	}
	return line, 0
}

// goOn marks the next line as one on which a value goes on.
func (t *text) goOn(line int) int {
	if line+1 < len(t.lines) {
		t.inner[line+1] = true
	}
	return line + 1
}

// brackets follows a list or a map in brackets.
func (t *text) brackets(line, offset int) {
	open, plain := 0, false // plain: within a text without quotes
	for line < len(t.lines) {
		text := t.lines[line]
		for offset < len(text) {
			c := text[offset]
			start := offset == 0 || text[offset-1] == ' ' || text[offset-1] == '\t'
			switch {
			case c == '#' && start:
				offset = len(text)
				continue
			case !plain && (c == '"' || c == '\''):
				at := line
				if line, offset = t.quoted(line, offset); line != at {
					text = t.rest(line, 0)
				}
				continue
			case c == '[' || c == '{':
				open, plain = open+1, false
			case c == ']' || c == '}':
				if open, plain = open-1, false; open == 0 {
					return
				}
			case c == ',' || c == ':' && (!plain || endsKey(text[offset+1:])):
				plain = false
			case c != ' ' && c != '\t':
				plain = true
			}
			offset++
		}
		line, offset = t.goOn(line), 0
	}
}

// endsKey says that a colon before rest ends a text without quotes.
func endsKey(rest string) bool { return rest == "" || strings.IndexByte(" \t,[]{}", rest[0]) >= 0 }
