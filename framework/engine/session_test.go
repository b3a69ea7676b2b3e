package engine_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// The keys of a sensitive entry are in its variable and nowhere else.
func TestSensitiveKeysAreForgotten(t *testing.T) {
	for decl, want := range map[string]string{
		"{type: digits, length: 2}":                     "12",
		"{type: digits, length: 2, sensitive: true}":    "",
		"{type: digits, length: 2, sensitive: last4}":   "",
		"{type: digits, length: 2, sensitive: once}":    "",
		"{type: digits, length: 2..3, sensitive: once}": "",
	} {
		f := load(t, `
ivr: 1
flow: pin
prompts: {ask: "Enter it.", bye: "Goodbye."}
vars: {pin: `+decl+`}
start: main
states:
  main: [{collect: pin, prompt: ask, gave_up: end}, {play: bye}, end]
`)
		s, press := pressing(t, f)
		for _, k := range []ivr.Key{'1', '2', '#'} {
			s, _ = press(s, k, nil)
		}
		if s.Vars["pin"] != "12" || s.Result.Keys != want || len(s.Input.Keys) > 0 {
			t.Errorf("%s: pin %v, result.keys %q, input %v; want 12, %q and none", decl, s.Vars["pin"], s.Result.Keys, s.Input.Keys, want)
		}
	}
}

// Ends of operations that nobody knows are kept for a while, not for ever.
func TestParkedIsBounded(t *testing.T) {
	f := load(t, pinFlow)
	s, _ := pressing(t, f)
	for i := range 50 {
		var err error
		if s, _, err = engine.Step(f, s, ivr.OperationCompleted{Head: head(), Remote: string(rune('A' + i))}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Parked); n != 4 {
		t.Errorf("%d ends are parked, want the last 4", n)
	}
}
