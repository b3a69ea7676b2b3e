package prove

import (
	"context"
	"testing"
	"time"
)

// What the examples and the ready-made flows promise is proved, and every state and
// handler in them is of use. Of the languages that a flow may be called with, not all lists can be tried.
func TestProvesExamplesAndReadyMadeFlows(t *testing.T) {
	doubtful := map[string]bool{"language/language.ivr.yaml": true}
	for name, f := range flowsOf(t, "../../examples/*/*.ivr.yaml", "../../flows/*/*.ivr.yaml") {
		t.Run(name, func(t *testing.T) {
			r, err := Run(context.Background(), f, Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d states, %d moves, %d starts, %s", r.States, r.Moves, r.Starts, r.Took.Round(time.Millisecond))
			if !r.Complete {
				t.Errorf("not all was explored: %s", r.Why)
			}
			if got := len(r.Doubts) > 0; got != doubtful[name] {
				t.Errorf("doubts: %v", r.Doubts)
			}
			for _, p := range r.Properties {
				if p.Verdict == Broken || p.Verdict == Open && !doubtful[name] {
					t.Errorf("%s: %s %s", p.Text, p.Verdict, p.Why)
				}
				for _, f := range p.Findings {
					if p.Verdict == Broken {
						t.Log(f.Text)
					}
				}
			}
		})
	}
}
