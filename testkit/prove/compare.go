package prove

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/framework/expression"
)

// constants are the single values that a comparison is with.
func constants(with []expression.Comparison) []any {
	var all []any
	for _, c := range with {
		if c.Length {
			continue
		}
		if list, ok := c.Value.([]any); ok {
			all = append(all, list...)
			continue
		}
		all = append(all, c.Value)
	}
	return all
}

// midpoints are numbers between those that are neighbours.
func midpoints(values []any) []float64 {
	var numbers, mid []float64
	for _, v := range values {
		if f, ok := v.(float64); ok {
			numbers = append(numbers, f)
		}
	}
	slices.Sort(numbers)
	for i := 1; i < len(numbers); i++ {
		mid = append(mid, numbers[i-1]+(numbers[i]-numbers[i-1])/2)
	}
	return mid
}

// apart are the values of which each compares in another way than those before
// it.
func apart(values []any, with []expression.Comparison) []any {
	seen := map[string]bool{}
	var some []any
	for _, v := range values {
		if sig := signature(v, with); !seen[sig] {
			seen[sig] = true
			some = append(some, v)
		}
	}
	return some
}

// signature is how a value compares.
func signature(v any, with []expression.Comparison) string {
	var b strings.Builder
	for _, c := range with {
		b.WriteByte('0' + byte(compared(v, c)))
	}
	return b.String()
}

func compared(v any, c expression.Comparison) int {
	if c.Length {
		if list, ok := v.([]any); ok {
			v = float64(len(list))
		} else {
			v = float64(utf8.RuneCountInString(fmt.Sprint(v)))
		}
	}
	if f, ok := v.(float64); ok {
		if g, ok := c.Value.(float64); ok {
			return 1 + cmp.Compare(f, g)
		}
	}
	if c.Operator == isTarget {
		if callable(v) {
			return 1
		}
		return 0
	}
	s, text := v.(string)
	lit, _ := c.Value.(string)
	holds := false
	switch {
	case c.Operator == "in":
		list, _ := c.Value.([]any)
		return 1 + slices.IndexFunc(list, func(item any) bool { return item == v })
	case !text:
		holds = v == c.Value
	case c.Operator == "==" || c.Operator == "!=":
		holds = s == lit
	case c.Operator == "startsWith":
		holds = strings.HasPrefix(s, lit)
	case c.Operator == "endsWith":
		holds = strings.HasSuffix(s, lit)
	case c.Operator == "contains":
		holds = strings.Contains(s, lit)
	case c.Operator == "matches":
		re, err := regexp.Compile(lit)
		holds = err == nil && re.MatchString(s)
	default:
		return 1 + cmp.Compare(s, lit)
	}
	if holds {
		return 1
	}
	return 0
}

// callable reports whether somebody can be called by a value, or by what is in it.
func callable(v any) bool {
	switch v := v.(type) {
	case string:
		return targetForm.MatchString(v)
	case []any:
		return len(v) > 0 && callable(v[0])
	case map[string]any:
		for _, field := range v {
			if field == nobody {
				return false
			}
		}
		return len(v) > 0
	}
	return false
}
