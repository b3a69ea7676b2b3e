package prove

import (
	"context"
	"testing"
	"time"
)

// What the examples and the ready-made flows promise is proved, and every state and
// handler in them is of use.
func TestProvesExamplesAndReadyMadeFlows(t *testing.T) {
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
			if len(r.Doubts) > 0 {
				t.Errorf("doubts: %v", r.Doubts)
			}
			for _, p := range r.Properties {
				if p.Verdict != Proved {
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
