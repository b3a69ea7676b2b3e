package tree

// The library needs time that grows with the number of tokens, and for some
// inputs faster. screenShape counts what could become a token, in one pass and
// without understanding quotes: its limits are so far above a real file that
// the difference does not matter.
const (
	maxTokens = 2 * MaxNodes
	maxRun    = 2 * MaxDepth // opening brackets, or dashes, with nothing between
)

// screenShape refuses files with more tokens or deeper nesting than Parse
// would accept.
func (p *parser) screenShape() bool {
	tokens, run, indicators := 0, 0, 0
	for i, c := range p.src {
		switch c {
		case ' ', '\t', '\r':
			continue
		case '[', '{', '?', '-', '!', '&', '*':
			run++
		case '\n':
			run = 0
			tokens++
		case ',', ':':
			run = 0
			tokens++
		default:
			run = 0
		}
		if c == '[' || c == '{' {
			indicators++
		}
		if run > maxRun && !rule(p.src[i]) {
			p.list.Errorf(p.place(i), RuleTooLarge, "lists and maps are nested more than %d deep", MaxDepth)
			return false
		}
	}
	if tokens+indicators > maxTokens {
		p.list.Errorf(p.pos(1, 1), RuleTooLarge, "the file has more than %d keys and values", MaxNodes)
		return false
	}
	return true
}

// rule reports a character that people draw lines with in comments.
func rule(c byte) bool { return c == '-' || c == '*' || c == '!' || c == '?' }
