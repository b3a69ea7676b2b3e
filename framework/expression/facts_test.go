package expression_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

func TestFacts(t *testing.T) {
	tests := []struct {
		src                                       string
		reads, uses, has, guardsTrue, guardsFalse string // separated by spaces
	}{
		{src: `tries > 2`, reads: "tries", uses: "tries"},
		{src: `call.caller == account`, reads: "account call.caller", uses: "account call.caller"},
		{src: `has(pin)`, has: "pin", guardsTrue: "pin"},
		{src: `!has(pin)`, has: "pin", guardsFalse: "pin"},
		{src: `not (has(pin) and has(account))`, has: "account pin", guardsFalse: "account pin"},
		{src: `has(pin) && len(pin) > 3`, uses: "pin", has: "pin", guardsTrue: "pin"},
		{src: `len(pin) > 3 && has(pin)`, reads: "pin", uses: "pin", has: "pin", guardsTrue: "pin"},
		{src: `!has(pin) || len(pin) > 3`, uses: "pin", has: "pin", guardsFalse: "pin"},
		{src: `has(pin) || len(pin) > 3`, reads: "pin", uses: "pin", has: "pin"},
		{src: `has(pin) ? pin : account`, reads: "account", uses: "account pin", has: "pin"},
		{src: `has(pin) ? pin == "1" : false`, uses: "pin", has: "pin", guardsTrue: "pin"},
		{src: `has(pin) ? true : len(pin) > 3`, reads: "pin", uses: "pin", has: "pin"},
		{src: `has(pin) && has(account) && pin == account`, uses: "account pin", has: "account pin", guardsTrue: "account pin"},
		{src: `has(pin) && vip || has(pin) && tries > 1`, reads: "tries vip", uses: "tries vip", has: "pin", guardsTrue: "pin"},
		{src: `pin != nil && len(pin) > 3`, uses: "pin", has: "pin", guardsTrue: "pin"},
		{src: `nil == pin || len(pin) > 3`, uses: "pin", has: "pin", guardsFalse: "pin"},
		{src: `(pin ?? "") == account`, reads: "account", uses: "account pin", has: "pin"},
		{src: `has(call.caller) && call.caller == call.called`, reads: "call.called", uses: "call.called call.caller", has: "call.caller", guardsTrue: "call call.caller"},
		{src: `has(call) && call.caller == ""`, reads: "call.caller", uses: "call.caller", has: "call", guardsTrue: "call"},
		{src: `has(customer) && customer.name == "Ann"`, uses: "customer.name", has: "customer", guardsTrue: "customer"},
		{src: `has(customer.name) && customer.level == 3`, uses: "customer.level", has: "customer.name", guardsTrue: "customer customer.name"},
		{src: `customer["name"] == account`, reads: "account customer.name", uses: "account customer.name"},
		{src: `customer[account] == ""`, reads: "account customer", uses: "account customer"},
		{src: `any(options, # == account)`, reads: "account options", uses: "account options"},
		{src: `has(pin) && any(options, # == pin)`, reads: "options", uses: "options pin", has: "pin", guardsTrue: "pin"},
		{src: `[account, pin][0] == {a: tries}.a`, reads: "account pin tries", uses: "account pin tries"},
		{src: `1 < tries < 5`, reads: "tries", uses: "tries"},
		{src: `account[int(tries):] == ""`, reads: "account tries", uses: "account tries"},
		{src: `1 + 1 == 2`},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			e, err := expression.Compile(tt.src, env(), expression.KindAny)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range []struct {
				name string
				got  []string
				want string
			}{
				{"Reads", e.Reads(), tt.reads}, {"Uses", e.Uses(), tt.uses}, {"Has", e.Has(), tt.has},
				{"GuardsTrue", e.GuardsTrue(), tt.guardsTrue}, {"GuardsFalse", e.GuardsFalse(), tt.guardsFalse},
			} {
				if got := strings.Join(f.got, " "); got != f.want {
					t.Errorf("%s() = %q, want %q", f.name, got, f.want)
				}
			}
		})
	}
}

// condition makes a random condition over x, y (numbers) and v (bool).
func condition(r *rand.Rand, depth int) string {
	name := func() string { return []string{"x", "y"}[r.IntN(2)] }
	sub := func() string { return condition(r, depth-1) }
	if depth == 0 || r.IntN(6) == 0 {
		return [...]string{
			name() + " > 1", "1 < " + name(), "has(" + name() + ")", "has(v)", "v", "true", "false",
			name() + " == nil", "nil != " + name(), "(" + name() + " ?? 0) > 1", name() + " < " + name(),
		}[r.IntN(11)]
	}
	switch r.IntN(5) {
	case 0:
		return "!(" + sub() + ")"
	case 1:
		return "(" + sub() + " or " + sub() + ")"
	case 2:
		return "(" + sub() + " ? " + sub() + " : " + sub() + ")"
	case 3:
		return "(" + sub() + " || " + sub() + ")"
	}
	return "(" + sub() + " && " + sub() + ")"
}

// What the facts promise must hold for every choice of set variables: if all
// of Reads are set nothing fails, and what guards say is set is set.
func TestFactsHoldForRandomConditions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	e := expression.Env{"x": {Kind: expression.KindNumber}, "y": {Kind: expression.KindNumber}, "v": {Kind: expression.KindBool}}
	for range 3000 {
		src := condition(r, 3)
		c, err := expression.Compile(src, e, expression.KindBool)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		for set := range 3 * 3 * 3 {
			vars := map[string]any{
				"x": []any{nil, 1.0, 2.0}[set%3], "y": []any{nil, 1.0, 2.0}[set/3%3], "v": []any{nil, true, false}[set/9],
			}
			checkFacts(t, c, vars)
		}
	}
}

func checkFacts(t *testing.T, c *expression.Expr, vars map[string]any) {
	t.Helper()
	unset := func(name string) bool { return vars[name] == nil }
	got, err := c.Bool(vars)
	switch {
	case err != nil && !slices.ContainsFunc(c.Reads(), unset):
		t.Fatalf("%s with %v: %v, though all of %v is set", c.Source(), vars, err, c.Reads())
	case err == nil && got && slices.ContainsFunc(c.GuardsTrue(), unset):
		t.Fatalf("%s with %v is true, though %v should be set then", c.Source(), vars, c.GuardsTrue())
	case err == nil && !got && slices.ContainsFunc(c.GuardsFalse(), unset):
		t.Fatalf("%s with %v is false, though %v should be set then", c.Source(), vars, c.GuardsFalse())
	}
}

// The result depends on nothing but what Uses and Has list.
func TestUsesIsComplete(t *testing.T) {
	for _, src := range []string{
		`has(pin) && pin == account`, `vip ? tries : amount`, `customer[account]`, `pin ?? balance`, `any(options, # == account)`,
		`account matches "x" || !vip`, `{a: tries, b: [amount]}`, `options | count(# == account)`, `call.id + config.service_desk`,
	} {
		e, err := expression.Compile(src, env(), expression.KindAny)
		if err != nil {
			t.Fatal(err)
		}
		given := map[string]any{}
		for _, name := range slices.Concat(e.Uses(), e.Has()) {
			root, _, _ := strings.Cut(name, ".")
			given[root] = vars()[root]
		}
		want, wantErr := e.Eval(vars())
		got, gotErr := e.Eval(given)
		if fmt.Sprint(got, gotErr) != fmt.Sprint(want, wantErr) {
			t.Errorf("%s = %v, %v with all variables, %v, %v with those it uses", src, want, wantErr, got, gotErr)
		}
	}
}
