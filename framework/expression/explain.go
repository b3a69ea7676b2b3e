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
	for i := range rewordings {
		if m := rewordings[i].pattern.FindStringSubmatch(fault.Message); m != nil {
			e.Message = rewordings[i].say(m)
			return e
		}
	}
	if m := unknownName.FindStringSubmatch(fault.Message); m != nil {
		e.Message = fmt.Sprintf("unknown %s %q", m[1], m[2]) + diag.DidYouMean(m[2], candidates(env, m[1], src))
	}
	return e
}

var unknownName = regexp.MustCompile(`^unknown (name|field) (\S+)$`)

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

// rewordings say what the library says, without Go's types.
var rewordings = [...]struct {
	pattern *regexp.Regexp
	say     func(m []string) string
}{
	{regexp.MustCompile(`exceeds maximum allowed nodes`), func([]string) string {
		return fmt.Sprintf("the expression has more than %d parts; split it", maxNodes)
	}},
	{regexp.MustCompile(`^unexpected token (?:EOF|\w+\("(.*)"\))$|^unexpected end of expression$`), func(m []string) string {
		return misplaced(m[1])
	}},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)$`), func(m []string) string {
		return mismatch(m[1], nounOf(m[2]), nounOf(m[3]))
	}},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (.+)\)$`), func(m []string) string {
		return fmt.Sprintf("%s does not work on %s", m[1], nounOf(m[2]))
	}},
	{regexp.MustCompile(`^cannot use (.+) as type (.+) in array$`), func(m []string) string {
		return fmt.Sprintf("%s is never in a list of %ss", nounOf(m[1]), strings.TrimPrefix(nounOf(m[2]), "a "))
	}},
	{regexp.MustCompile(`^cannot use (.+?) as argument \(type (.+)\) to call (\w+)\s*$`), func(m []string) string {
		return fmt.Sprintf("%s takes %s, not %s", m[3], nounOf(m[2]), nounOf(m[1]))
	}},
	{regexp.MustCompile(`^invalid argument for len \(type (.+)\)$`), func(m []string) string {
		return fmt.Sprintf("len takes a text, a list or a map, not %s", nounOf(m[1]))
	}},
	{regexp.MustCompile(`^builtin (\w+) takes only array \(got (.+)\)$`), func(m []string) string {
		return fmt.Sprintf("%s takes a list, not %s", m[1], nounOf(m[2]))
	}},
	{regexp.MustCompile(`^predicate should return boolean \(got (.+)\)$`), func(m []string) string {
		return fmt.Sprintf("this is %s where %s about # is needed", nounOf(m[1]), KindBool.noun())
	}},
	{regexp.MustCompile(`^non-bool expression \(type (.+)\) used as condition$`), func(m []string) string {
		return fmt.Sprintf("before ? stands %s where %s is needed", nounOf(m[1]), KindBool.noun())
	}},
	{regexp.MustCompile(`^array elements can only be selected using an integer \(got (.+)\)$`), func(m []string) string {
		return fmt.Sprintf("%s does not number a list's elements; write int(...), counted from 0", nounOf(m[1]))
	}},
	{regexp.MustCompile(`^non-integer slice index (.+)$`), func([]string) string {
		return "a part is cut out by whole numbers; write int(...) around them"
	}},
	{regexp.MustCompile(`^type (.+?) has no field (.+)$`), func(m []string) string {
		return fmt.Sprintf("%s has no field %q", nounOf(m[1]), m[2])
	}},
	{regexp.MustCompile(`^type string\[.+\] is undefined$`), func([]string) string {
		return "a text has no elements; a part of it is account[0:4]"
	}},
	{regexp.MustCompile(`^type (.+)\[.+\] is undefined$`), func(m []string) string {
		return fmt.Sprintf("%s has no elements", nounOf(m[1]))
	}},
	{regexp.MustCompile(`^(.+) is not callable$`), func([]string) string {
		return "a variable bears this function's name; rename the variable"
	}},
	{regexp.MustCompile(`^invalid (hex|float|binary|octal|integer) literal|^(integer|float) literal is too large|^bad number syntax`), func([]string) string {
		return "this is not a number, or too large; digits that are not a quantity belong in quotes"
	}},
	{regexp.MustCompile(`^Operator \((.+)\) and coalesce`), func(m []string) string {
		return fmt.Sprintf("%s and ?? need parentheses: (x ?? 0) %[1]s 1", m[1])
	}},
	{regexp.MustCompile(`^integer divide by zero$`), func([]string) string {
		return "division by 0"
	}},
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
