package expression

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Error is what is wrong with an expression or template and where.
type Error struct {
	Line    int // from 1, within the source
	Col     int // from 0, in characters
	Message string
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

// How the library words what we can say better.
var (
	unknownName  = regexp.MustCompile(`^unknown (name|field) (\S+)$`)
	wrongTypes   = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types? (\S+)(?: and (\S+))?\)$`)
	wrongToken   = regexp.MustCompile(`^unexpected token (?:EOF|(\w+)\("(.*)"\))$`)
	wrongElement = regexp.MustCompile(`^cannot use (\S+) as type (\S+) in array$`)
)

// explain turns the library's error into ours.
func explain(err error, src string, env Env) *Error {
	fault, ok := errors.AsType[*file.Error](err)
	if !ok {
		return &Error{Line: 1, Message: "the expression is not valid"}
	}
	e := &Error{Line: max(fault.Line, 1), Col: max(fault.Column, 0), Message: fault.Message}
	if m := unknownName.FindStringSubmatch(e.Message); m != nil {
		e.Message = fmt.Sprintf("unknown %s %q", m[1], m[2]) + diag.DidYouMean(m[2], candidates(env, m[1], src))
	} else if m := wrongTypes.FindStringSubmatch(e.Message); m != nil {
		e.Message = mismatch(m[1], m[2], m[3])
	} else if m := wrongToken.FindStringSubmatch(e.Message); m != nil {
		e.Message = misplaced(m[2])
	} else if m := wrongElement.FindStringSubmatch(e.Message); m != nil {
		e.Message = fmt.Sprintf("%s is never in a list of %s", nounOf(m[1]), pluralOf(m[2]))
	} else if strings.Contains(e.Message, "exceeds maximum allowed nodes") {
		e.Message = fmt.Sprintf("the expression has more than %d parts; split it", maxNodes)
	}
	return e
}

// candidates are the names that a misspelt one may have meant.
func candidates(env Env, what, src string) []string {
	if what == "name" {
		return slices.Sorted(maps.Keys(env))
	}
	var fields []string
	for name, t := range env {
		if strings.Contains(src, name) {
			fields = slices.AppendSeq(fields, maps.Keys(t.Fields))
		}
	}
	slices.Sort(fields)
	return fields
}

func mismatch(operator, left, right string) string {
	if right == "" {
		return fmt.Sprintf("%s does not work on %s", operator, nounOf(left))
	}
	message := fmt.Sprintf("%s does not work between %s and %s", operator, nounOf(left), nounOf(right))
	switch {
	case operator == "%":
		message += "; write int(...) around numbers"
	case operator == "+" && (left == "string" || right == "string"):
		message += "; write string(...) around the number"
	case left == "string" && nounOf(right) == "a number":
		message += "; write quotes around the number, or float(...) around the text"
	case right == "string" && nounOf(left) == "a number":
		message += "; write float(...) around the text, or string(...) around the number"
	}
	return message
}

func misplaced(token string) string {
	switch token {
	case "":
		return "the expression ends too early"
	case "=":
		return "= stands here where == is needed"
	case "&":
		return "& stands here where && is needed"
	}
	return fmt.Sprintf("%q does not belong here", token)
}

// nounOf words one of the library's types.
func nounOf(libraryType string) string {
	switch {
	case libraryType == "string":
		return KindString.noun()
	case libraryType == "int" || libraryType == "float64":
		return KindNumber.noun()
	case libraryType == "bool":
		return KindBool.noun()
	case strings.HasPrefix(libraryType, "["):
		return KindList.noun()
	case strings.HasPrefix(libraryType, "map"):
		return KindMap.noun()
	}
	return "an unset value"
}

func pluralOf(libraryType string) string {
	return strings.TrimPrefix(nounOf(libraryType), "a ") + "s"
}

// harmless says that one of the library's run-time errors holds types only,
// never values.
func harmless(message string) bool {
	for _, start := range []string{"invalid operation: ", "interface conversion: ", "integer divide by zero", "index out of range: "} {
		if strings.HasPrefix(message, start) {
			return true
		}
	}
	return false
}
