package prove

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

// Of whatever texts there are, those that are found compare in each way.
func TestTextsForAllWays(t *testing.T) {
	var all []string
	for last := []string{""}; len(last[0]) < 6; {
		all = append(all, last...)
		var longer []string
		for _, begin := range last {
			for _, k := range "ab1 " {
				longer = append(longer, begin+string(k))
			}
		}
		last = longer
	}
	ways := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		var with []expression.Comparison
		for range 1 + r.IntN(4) {
			with = append(with, comparison(r))
		}
		texts, ok := textsFor(with)
		if !ok {
			t.Errorf("%v: not all are found", with)
			continue
		}
		found := map[string]bool{}
		for _, text := range texts {
			found[signature(text, with)] = true
		}
		ways += len(found)
		for _, text := range all {
			if sig := signature(text, with); !found[sig] {
				t.Errorf("%v: none is like %q, %s; there are %q", with, text, sig, texts)
				break
			}
		}
	}
	if ways < 250 {
		t.Errorf("only %d ways were found", ways)
	}
}

// comparison is one with a constant.
func comparison(r *rand.Rand) expression.Comparison {
	text := func() string {
		s := ""
		for range r.IntN(4) {
			s += string("ab1"[r.IntN(3)])
		}
		return s
	}
	patterns := []string{`^a`, `b$`, `^a.b$`, `a+b`, `^(a|b1)*$`, `\ba`, `a\b`, `^[ab]{2,3}$`, `[^a]`, `(?i)AB`, `^$`, `\d`, `^\s*a`, `a\B`, `a{2}|^1`, `(?m)^b$`}
	switch op := []string{"==", "!=", "<", ">=", "startsWith", "endsWith", "contains", "matches", "in", "len"}[r.IntN(10)]; op {
	case "matches":
		return expression.Comparison{Operator: op, Value: patterns[r.IntN(len(patterns))]}
	case "in":
		return expression.Comparison{Operator: op, Value: []any{text(), text()}}
	case "len":
		return expression.Comparison{Operator: "<", Length: true, Value: float64(r.IntN(5))}
	default:
		return expression.Comparison{Operator: op, Value: text()}
	}
}

// What conditions hold together is tried together.
func TestConditionsHoldTogether(t *testing.T) {
	for _, tt := range []struct{ typ, when string }{
		{"string", `s startsWith "a" && s endsWith "b"`},
		{"string", `s startsWith "a" && len(s) > 9`},
		{"string", `s contains "x" && s contains "y" && not (s contains "xy")`},
		{"string", `s matches "^[0-9]{3}$"`},
		{"string", `s matches "^a" && s matches "b$" && s > "ab"`},
		{"string", `s in ["a", "b"] && s != "a"`},
		{"string", `s startsWith "en" && not (s startsWith "en-GB")`},
		{"digits, length: 4..6", `s startsWith "12" && s endsWith "7"`},
		{"digits, length: 4..6", `s matches "^1.3.5$"`},
	} {
		src := fmt.Sprintf(`
ivr: 1
flow: g
vars: {s: {type: %s}}
actions: {ask: {out: [s]}}
prompts: {hello: Hello.}
start: s0
states:
  s0:
    - do: ask
      failed: s2
    - switch:
        - {when: '%s', then: s1}
    - goto: s2
  s1:
    - play: hello
    - end
  s2:
    - collect: s
      prompt: hello
      gave_up: end
    - end
invariants:
  - never: state(s1) after ask.ok
`, tt.typ, tt.when)
		if strings.Contains(tt.typ, "string") {
			src = strings.Replace(src, "    - collect: s\n      prompt: hello\n      gave_up: end\n", "", 1)
		}
		r, err := Run(context.Background(), loaded(t, src), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if p := r.Properties[len(r.Properties)-1]; p.Verdict != Broken || len(r.Doubts) > 0 {
			t.Errorf("%s: %s, with the doubts %v", tt.when, p.Verdict, r.Doubts)
		}
	}
}

// Each of many values that conditions tell apart is typed.
func TestManyEntries(t *testing.T) {
	var cases strings.Builder
	for n := range 30 {
		fmt.Fprintf(&cases, "        - {when: 'code == \"%d\"', then: found}\n", 100+7*n)
	}
	r, err := Run(context.Background(), loaded(t, `
ivr: 1
flow: g
vars: {code: {type: digits, length: 3}}
prompts: {which: Which., here: Here.}
start: s0
states:
  s0:
    - collect: code
      prompt: which
      gave_up: end
    - switch:
`+cases.String()+`    - end
  found: [{play: here}, end]
`), Options{})
	if err != nil || r.Verdict() != Proved {
		t.Error(err, r.Verdict(), r.Doubts, r.Properties)
	}
}

// What a text is matters as well where the flow is a copy: one that others call, or that
// has schedules.
func TestTextsInCopies(t *testing.T) {
	src := `
ivr: 1
flow: g
PARAMS
vars: {s: {type: string}}
actions: {ask: {out: [s]}}
prompts: {hello: Hello.}
start: s0
states:
  s0:
    - do: ask
      failed: end
    - play: hello
    - switch:
        - {when: 's == "aa"', then: s1}
        - {when: 's == "bb"', then: s2}
    - end
  s1: [{play: hello}, end]
  s2: [{play: hello}, end]
`
	for _, more := range []string{"", "params: {n: {type: number, default: 1}}", "schedules: {day: {timezone: Europe/London, open: {mon-fri: 09:00-17:00}}}"} {
		r, err := Run(context.Background(), loaded(t, strings.Replace(src, "PARAMS", more, 1)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(r.Properties, func(p Property) bool { return p.Name == "reach" })
		if r.Properties[i].Verdict != Proved {
			t.Errorf("with %q: %v", more, r.Properties[i].Findings)
		}
	}
}
