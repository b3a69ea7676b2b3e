package expression_test

import (
	"reflect"
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

func clamp(operator string, k float64, length bool) expression.Comparison {
	return expression.Comparison{Operator: operator, Value: k, Length: length, Reversed: true}
}

func TestCompares(t *testing.T) {
	env := expression.Env{
		"n": {Kind: expression.KindNumber}, "s": {Kind: expression.KindString}, "yes": {Kind: expression.KindBool},
		"list": {Kind: expression.KindList}, "m": {Kind: expression.KindNumber},
	}
	type comparisons []expression.Comparison
	for _, tt := range []struct {
		src, name string
		want      comparisons
		only      bool
	}{
		{"n > 3", "n", comparisons{{Operator: ">", Value: 3.0}}, true},
		{"-3 <= n && n != 7", "n", comparisons{{Operator: "<=", Value: -3.0, Reversed: true}, {Operator: "!=", Value: 7.0}}, true},
		{"n > m", "n", nil, false},
		{"n + 1 > 3", "n", nil, false},
		{`s == "a" || s startsWith "b"`, "s", comparisons{{Operator: "==", Value: "a"}, {Operator: "startsWith", Value: "b"}}, true},
		{`s in ["a", "b"]`, "s", comparisons{{Operator: "in", Value: []any{"a", "b"}}}, true},
		{"yes and not (n == 1)", "yes", comparisons{{Operator: "==", Value: true}}, true},
		{"len(list) > 2", "list", comparisons{{Operator: ">", Value: 2.0, Length: true}}, true},
		{"has(s) && s != nil", "s", nil, true},
		{`s == "a" && s[0:1] == "b"`, "s", comparisons{{Operator: "==", Value: "a"}}, false},
		{"n == 1", "s", nil, true},
		{"m >= len(list) || m >= 2", "list", comparisons{clamp(">=", 0, true), clamp(">=", 1, true), clamp(">=", 2, true)}, true},
		{"m >= len(list) || m >= 2", "m", nil, false},
		{"int(m) > 1 && int(m) > n || int(m) > 2", "n", comparisons{clamp(">", 1, false), clamp(">", 2, false)}, true},
		{"m >= len(list)", "list", nil, false},               // no bound
		{"m >= len(list) && m >= 2", "list", nil, false},     // none above
		{"m >= len(list) || m >= 200", "list", nil, false},   // too many
		{"m >= len(list) || n >= 2", "list", nil, false},     // of another value
		{"m >= len(list) || m > 2", "list", nil, false},      // compared in another way
		{"m - 1 >= len(list) || m >= 2", "list", nil, false}, // the same
		{"len(list) >= len(list) || len(list) >= 2", "list", comparisons{clamp(">=", 0, true), clamp(">=", 1, true), clamp(">=", 2, true)}, false},
		{"int(m) >= n || int(m) >= 2", "n", nil, false}, // none below
		{"m >= 1 && m >= n || m >= 2", "n", nil, false}, // m may be 1.5
	} {
		e, err := expression.Compile(tt.src, env, expression.KindBool)
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		got, only := e.Compares(tt.name)
		if !reflect.DeepEqual(comparisons(got), tt.want) || only != tt.only {
			t.Errorf("%s compares %s with %v, only %t; want %v, %t", tt.src, tt.name, got, only, tt.want, tt.only)
		}
	}
}
