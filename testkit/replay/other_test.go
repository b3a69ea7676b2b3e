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
			pairs := map[*replay.Flow]*replay.Pair{}
			for _, p := range allCalls(t) {
				f := p.on()
				if pairs[f] == nil {
					pairs[f] = replay.NewPair(f, f)
				}
				e := pairs[f].On(again(t, p, how))
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
