package expression

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Reserved says that a name means something to the language of expressions,
// so that no variable can bear it.
func Reserved(name string) bool { return slices.Contains(ReservedNames(), name) }

// ReservedNames are all names for which [Reserved] holds.
func ReservedNames() []string {
	return append(functions(), "true", "false", "nil", "not", "and", "or", "in", "matches", "contains", "startsWith", "endsWith",
		"let", "if", "else")
}

// functions are all functions that an expression may call.
func functions() []string {
	return append(builtins(), "has", "int", "float", "string", "trim")
}

// precheck refuses what must not reach the parser, which recurses without a
// bound.
func precheck(src string) error {
	switch {
	case len(src) > maxSource:
		return errorAt(src, 0, "the expression is %d bytes long; at most %d are allowed", len(src), maxSource)
	case !utf8.ValidString(src):
		return errorAt(src, 0, "the expression is not valid UTF-8")
	case strings.TrimSpace(src) == "":
		return errorAt(src, 0, "the expression is empty")
	}
	depth := 0
	for i := 0; i < len(src); {
		switch src[i] {
		case '(', '[', '{':
			if depth++; depth > maxDepth {
				return errorAtByte(src, i, "brackets are nested more than %d deep", maxDepth)
			}
		case ')', ']', '}':
			depth--
		case '/':
			if strings.HasPrefix(src[i:], "//") || strings.HasPrefix(src[i:], "/*") {
				return errorAtByte(src, i, "comments are not allowed in an expression; write a YAML comment")
			}
		}
		next := step(src, i)
		if next < 0 {
			return errorAtByte(src, i, "the quote that starts here does not end")
		}
		i = next
	}
	return nil
}

// step is the offset after the character at i, or after the whole quoted text
// that starts there; -1 if that has no end.
func step(src string, i int) int {
	quote := src[i]
	if quote != '\'' && quote != '"' && quote != '`' {
		return i + 1
	}
	for i++; i < len(src); i++ {
		switch {
		case src[i] == '\\' && quote != '`':
			i++
		case src[i] == quote:
			return i + 1
		}
	}
	return -1
}

// functionList names all functions, for messages.
func functionList() string { return strings.Join(functions(), ", ") }
