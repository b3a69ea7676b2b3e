package replay_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/testkit/replay"
)

// No call of any test of the project goes elsewhere on the version on which it ran,
// whatever was forgotten of it.
func TestOnTheSameVersion(t *testing.T) {
	for name, how := range map[string]kept{"whole": whole, "forgotten": forgotten, "outlined": outlined} {
		t.Run(name, func(t *testing.T) {
			for _, p := range allCalls(t) {
				r, err := replay.Again(p.on(), p.journal(t, how))
				if err != nil {
					t.Fatal(err)
				}
				e := replay.NewPair(p.on(), p.on()).On(r)
				if e.Verdict != replay.Same || e.Others {
					t.Errorf("%s: %+v %+v", p.file, e.Why, e.Parts)
					for _, l := range e.Before {
						t.Log(l)
					}
					t.Log("---")
					for _, l := range e.After {
						t.Log(l)
					}
				}
			}
		})
	}
}
