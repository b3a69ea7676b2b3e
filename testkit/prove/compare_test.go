package prove

import (
	"context"
	"testing"
)

// A number between two constants is tried, however near they are to each other.
func TestBetweenNeighbours(t *testing.T) {
	f := loaded(t, `
ivr: 1
flow: g
vars: {n: {type: number}}
actions: {ask: {out: [n]}}
prompts: {hello: Hello.}
start: s0
states:
  s0:
    - do: ask
    - switch:
        - {when: n > 2 && n < 2.5, then: s1}
    - end
  s1:
    - play: hello
    - end
invariants:
  - never: play(hello) after ask.ok
`)
	r, err := Run(context.Background(), f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	last := r.Properties[len(r.Properties)-1]
	if last.Name != "invariant" || last.Verdict != Broken {
		t.Errorf("%s is %s, want it broken: n may be 2.25", last.Text, last.Verdict)
	}
}
