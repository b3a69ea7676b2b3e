package replay_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/testkit/replay"
)

// All calls of all tests of the project are the same again, whatever was forgotten
// of them.
func TestAgain(t *testing.T) {
	for name, how := range map[string]kept{"whole": whole, "forgotten": forgotten, "outlined": outlined} {
		t.Run(name, func(t *testing.T) {
			counts := map[replay.Verdict]int{}
			for _, p := range allCalls(t) {
				r, err := replay.Again(p.on(), p.journal(t, how))
				if err != nil {
					t.Errorf("%s: %v", p.file, err)
					continue
				}
				counts[r.Verdict]++
				if r.Verdict != replay.Same && (how == whole || r.Verdict != replay.Outline) {
					t.Errorf("%s: %s %s %+v", p.file, r.Verdict, r.Why, r.Difference)
				}
			}
			t.Log(counts)
		})
	}
}
