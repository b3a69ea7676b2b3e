package expression

import (
	"fmt"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// Error is what is wrong with an expression or template and where.
type Error struct {
	Line    int // from 1, within the source
	Col     int // from 0, in characters
	Message string
	// Word stands at the place, and was surely meant to be Meant; both are
	// empty if that is not certain.
	Word, Meant string
}

// Error is "line:column: message" with the column counted from 1.
func (e *Error) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Col+1, e.Message)
}

// errorAt places a message at a character of src.
func errorAt(src string, char int, format string, args ...any) *Error {
	e := &Error{Line: 1, Message: fmt.Sprintf(format, args...)}
	for _, r := range src {
		if char--; char < 0 {
			break
		}
		if e.Col++; r == '\n' {
			e.Line, e.Col = e.Line+1, 0
		}
	}
	return e
}

// errorAtByte is errorAt for an offset in bytes.
func errorAtByte(src string, offset int, format string, args ...any) *Error {
	return errorAt(src, utf8.RuneCountInString(src[:offset]), format, args...)
}

// errorAtNode is errorAt for a node of the syntax tree.
func errorAtNode(src string, n ast.Node, format string, args ...any) *Error {
	return errorAt(src, n.Location().From, format, args...)
}
