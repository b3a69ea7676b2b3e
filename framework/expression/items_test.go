package expression_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

func TestReading(t *testing.T) {
	env := expression.Env{
		"list": {Kind: expression.KindList}, "zero": {Kind: expression.KindList, ZeroUnset: true},
		"n": {Kind: expression.KindNumber}, "s": {Kind: expression.KindString},
	}
	for src, want := range map[string]expression.Reading{
		"${list[int(n)]}":                 expression.Item,
		"${list[0]}":                      expression.Item,
		"${list[len(list) - 1]}":          expression.Item,
		"${zero[int(n) - 1]}":             expression.Item,
		"${len(list)}":                    expression.Length,
		"${n < len(list)}":                expression.Length,
		"${has(list) && list != nil}":     expression.Length,
		"${s}":                            expression.Length,
		"there are ${len(list)} and ${n}": expression.Length,
		"${list}":                         expression.More,
		"${list[0:1]}":                    expression.More,
		"it is ${list[0]}":                expression.More,
		"${list[0] == s}":                 expression.More,
		"${string(list[0])}":              expression.More,
		"${list[int(list[0])]}":           expression.More,
		"${list[0][1]}":                   expression.More,
		"${s in list}":                    expression.More,
		"${any(list, # == s)}":            expression.More,
		"${len(list[0])}":                 expression.More,
		"${list ?? zero}":                 expression.More,
	} {
		tmpl, err := expression.ParseTemplate(src, env)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := max(tmpl.Reading("list"), tmpl.Reading("zero")); got != want {
			t.Errorf("%s reads %d, want %d", src, got, want)
		}
	}
}
