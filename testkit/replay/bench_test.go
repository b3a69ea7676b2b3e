package replay_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/testkit/replay"
)

// Calls of all tests of the project, on their own version and on it as another one.
// calls/s is what counts.
func BenchmarkReplay(b *testing.B) {
	for name, how := range map[string]kept{"whole": whole, "forgotten": forgotten, "outlined": outlined} {
		b.Run(name, func(b *testing.B) {
			calls := allCalls(b)
			journals, pairs := make([]*replay.Journal, len(calls)), map[*replay.Flow]*replay.Pair{}
			for i, p := range calls {
				journals[i] = p.journal(b, how)
				pairs[p.on()] = replay.NewPair(p.on(), p.on())
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				p := calls[n%len(calls)]
				r, err := replay.Again(p.on(), journals[n%len(calls)])
				if err != nil {
					b.Fatal(err)
				}
				if e := pairs[p.on()].On(r); e.Verdict != replay.Same {
					b.Fatal(e)
				}
				n++
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
