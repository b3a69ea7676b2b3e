package expression_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

// Where unset names read as zero, has still tells that they are unset.
func TestZeroUnset(t *testing.T) {
	env := expression.Env{
		"text": {Kind: expression.KindString, ZeroUnset: true}, "number": {Kind: expression.KindNumber, ZeroUnset: true},
		"flag": {Kind: expression.KindBool, ZeroUnset: true}, "list": {Kind: expression.KindList, ZeroUnset: true},
		"strict": {Kind: expression.KindNumber},
	}
	set := map[string]any{"text": "x", "number": 2.0, "flag": true, "list": []any{1.0}, "strict": 1.0}
	for src, want := range map[string][2]bool{ // unset, set
		"has(text)":                {false, true},
		"has(text) || text == 'x'": {false, true},
		"text == ''":               {true, false},
		"text == nil":              {true, false},
		"nil != number":            {false, true},
		"number > 1":               {false, true},
		"number + 1 == 1":          {true, false},
		"flag":                     {false, true},
		"not flag":                 {true, false},
		"len(list) == 0":           {true, false},
	} {
		e, err := expression.Compile(src, env, expression.KindBool)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		for i, vars := range []map[string]any{{}, set} {
			if got, err := e.Bool(vars); err != nil || got != want[i] {
				t.Errorf("%s with %v: %v, %v; want %v", src, vars, got, err, want[i])
			}
		}
	}
	e, err := expression.Compile("strict > 0", env, expression.KindBool)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Bool(map[string]any{}); err == nil {
		t.Error("an unset name that does not read as zero was read")
	}
	tpl, err := expression.ParseTemplate("got ${text}, ${number}", env)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tpl.Text(map[string]any{}); err != nil || got != "got , 0" {
		t.Errorf("template: %q, %v", got, err)
	}
}
