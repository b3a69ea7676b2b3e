package expression

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// explain turns the library's error into ours, in the words of flow files.
func explain(err error, src string, env Env) *Error {
	fault, ok := errors.AsType[*file.Error](err)
	if !ok {
		return &Error{Line: 1, Message: "the expression is not valid"}
	}
	e := &Error{Line: max(fault.Line, 1), Col: max(fault.Column, 0), Message: fault.Message}
	for _, r := range slices.Concat(syntaxRewordings(), typeRewordings()) {
		if m := r.pattern.FindStringSubmatch(fault.Message); m != nil {
			e.Message = r.say(m)
			return e
		}
	}
	if m := unknownName.FindStringSubmatch(fault.Message); m != nil {
		known := candidates(env, m[1], src)
		e.Message = fmt.Sprintf("unknown %s %q", m[1], m[2]) + diag.DidYouMean(m[2], known)
		if meant, ok := diag.Certain(m[2], known); ok && m[1] == "name" {
			e.Word, e.Meant = m[2], meant
		}
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

// What the library says that we can say better.
var (
	unknownName    = regexp.MustCompile(`^unknown (name|field) (\S+)$`)
	tooManyNodes   = regexp.MustCompile(`exceeds maximum allowed nodes`)
	wrongToken     = regexp.MustCompile(`^unexpected token (?:EOF|\w+\("(.*)"\))$|^unexpected end of expression$`)
	wrongTypes     = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)$`)
	wrongType      = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (.+)\)$`)
	wrongElement   = regexp.MustCompile(`^cannot use (.+) as type (.+) in array$`)
	wrongArgument  = regexp.MustCompile(`^cannot use (.+?) as argument \(type (.+)\) to call (\w+)\s*$`)
	wrongLen       = regexp.MustCompile(`^invalid argument for len \(type (.+)\)$`)
	notAList       = regexp.MustCompile(`^builtin (\w+) takes only array \(got (.+)\)$`)
	wrongPredicate = regexp.MustCompile(`^predicate should return boolean \(got (.+)\)$`)
	wrongCondition = regexp.MustCompile(`^non-bool expression \(type (.+)\) used as condition$`)
	wrongIndex     = regexp.MustCompile(`^array elements can only be selected using an integer \(got (.+)\)$`)
	wrongSlice     = regexp.MustCompile(`^non-integer slice index (.+)$`)
	noField        = regexp.MustCompile(`^type (.+?) has no field (.+)$`)
	textElement    = regexp.MustCompile(`^type string\[.+\] is undefined$`)
	noElement      = regexp.MustCompile(`^type (.+)\[.+\] is undefined$`)
	notCallable    = regexp.MustCompile(`^(.+) is not callable$`)
	badNumber      = regexp.MustCompile(`^invalid (hex|float|binary|octal|integer) literal|^(integer|float) literal is too large|^bad number syntax`)
	mixedCoalesce  = regexp.MustCompile(`^Operator \((.+)\) and coalesce`)
	zeroDivision   = regexp.MustCompile(`^integer divide by zero$`)
)

// rewording says what the library says without its tokens and Go's types.
type rewording struct {
	pattern *regexp.Regexp
	say     func(m []string) string // of the pattern's groups
}

func syntaxRewordings() []rewording {
	return []rewording{
		{tooManyNodes, func([]string) string {
			return fmt.Sprintf("the expression has more than %d parts; split it", maxNodes)
		}},
		{wrongToken, func(m []string) string {
			return misplaced(m[1])
		}},
		{notCallable, func([]string) string {
			return "a variable bears this function's name; rename the variable"
		}},
		{badNumber, func([]string) string {
			return "this is not a number, or too large; digits that are not a quantity belong in quotes"
		}},
		{mixedCoalesce, func(m []string) string {
			return fmt.Sprintf("%s and ?? need parentheses: (x ?? 0) %[1]s 1", m[1])
		}},
		{zeroDivision, func([]string) string {
			return "division by 0"
		}},
	}
}

func typeRewordings() []rewording {
	return []rewording{
		{wrongTypes, func(m []string) string {
			return mismatch(m[1], nounOf(m[2]), nounOf(m[3]))
		}},
		{wrongType, func(m []string) string {
			return fmt.Sprintf("%s does not work on %s", m[1], nounOf(m[2]))
		}},
		{wrongElement, func(m []string) string {
			return fmt.Sprintf("%s is never in a list of %ss", nounOf(m[1]), strings.TrimPrefix(nounOf(m[2]), "a "))
		}},
		{wrongArgument, func(m []string) string {
			return fmt.Sprintf("%s takes %s, not %s", m[3], nounOf(m[2]), nounOf(m[1]))
		}},
		{wrongLen, func(m []string) string {
			return fmt.Sprintf("len takes a text, a list or a map, not %s", nounOf(m[1]))
		}},
		{notAList, func(m []string) string {
			return fmt.Sprintf("%s takes a list, not %s", m[1], nounOf(m[2]))
		}},
		{wrongPredicate, func(m []string) string {
			return fmt.Sprintf("this is %s where %s about # is needed", nounOf(m[1]), KindBool.noun())
		}},
		{wrongCondition, func(m []string) string {
			return fmt.Sprintf("before ? stands %s where %s is needed", nounOf(m[1]), KindBool.noun())
		}},
		{wrongIndex, func(m []string) string {
			return fmt.Sprintf("%s does not number a list's elements; write int(...), counted from 0", nounOf(m[1]))
		}},
		{wrongSlice, func([]string) string {
			return "a part is cut out by whole numbers; write int(...) around them"
		}},
		{noField, func(m []string) string {
			return fmt.Sprintf("%s has no field %q", nounOf(m[1]), m[2])
		}},
		{textElement, func([]string) string {
			return "a text has no elements; a part of it is account[0:4]"
		}},
		{noElement, func(m []string) string {
			return fmt.Sprintf("%s has no elements", nounOf(m[1]))
		}},
	}
}

func mismatch(operator, left, right string) string {
	text, number := KindString.noun(), KindNumber.noun()
	message := fmt.Sprintf("%s does not work between %s and %s", operator, left, right)
	switch {
	case operator == "%":
		return message + "; write int(...) around numbers"
	case operator == "in" && left == text && right == text:
		return message + "; write contains, the other way round"
	case operator == "+" && (left == text && right == number || left == number && right == text):
		return message + "; write string(...) around the number"
	case left == text && right == number:
		return message + "; write quotes around the number, or float(...) around the text"
	case left == number && right == text:
		return message + "; write float(...) around the text, or string(...) around the number"
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

// harmless says that one of the library's run-time errors holds types only,
// never values.
func harmless(message string) bool {
	for _, start := range [...]string{"invalid operation: ", "interface conversion: ", "runtime error: integer divide by zero", "index out of range: "} {
		if strings.HasPrefix(message, start) {
			return true
		}
	}
	return false
}
