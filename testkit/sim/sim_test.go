package sim_test

import (
	"flag"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/sim"
)

var (
	seed    = flag.Uint64("seed", 1, "the first seed of TestSim")
	seeds   = flag.Int("seeds", 100, "how many seeds TestSim runs")
	show    = flag.Bool("show", false, "TestSim prints the whole trace of its first seed")
	only    = flag.Int("only", 0, "TestSim has faults of this number only")
	nofault = flag.Bool("nofaults", false, "TestSim has no faults")
	onlyOf  = flag.String("flow", "", "TestSim has calls of this flow only")
	first   = flag.Bool("first", false, "TestSim ends with the first violation")
	durable = flag.Bool("durable", true, "TestSim has a database, several nodes, and processes that die")
	twice   = flag.Bool("twice", true, "TestSim runs every seed twice and compares the traces")
)

// TestSim runs seeds, and replays one:
//
//	go test ./testkit/sim -run TestSim -seed=17 -seeds=1 -show -v
func TestSim(t *testing.T) {
	kit, err := sim.NewKit()
	if err != nil {
		t.Fatal(err)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a run makes much, and keeps little
	total := sim.Result{Strikes: map[int]int{}, Passed: map[sim.Point]int{}}
	bad := 0
	began := time.Now()
	reasons := map[string]int{}
	for i := range *seeds {
		o := sim.Options{Seed: *seed + uint64(i), Durable: *durable, Only: *only, NoFaults: *nofault, Flow: *onlyOf, Whole: *show && i == 0}
		if *show && i == 0 {
			o.Log = func(s string) { t.Log(s) }
		}
		r := kit.Run(o)
		if *show && i == 0 {
			fmt.Println(strings.Join(r.Trace, "\n"))
			fmt.Println(r.Summary())
			fmt.Println(strings.Join(r.Bad, "\n"))
		}
		if *twice {
			o.Whole, o.Log = false, nil
			if again := kit.Run(o); again.Hash != r.Hash {
				t.Errorf("SEED=%d: the trace is another one when it is run again: %x and %x; %s", o.Seed, r.Hash, again.Hash, replay(o.Seed))
			}
		}
		if r.Err != nil {
			t.Fatalf("SEED=%d: the run is void: %v; %s", o.Seed, r.Err, replay(o.Seed))
		}
		if len(r.Violations) > 0 {
			if bad++; bad <= 3 {
				t.Errorf("SEED=%d: %v\n%s\n%s", o.Seed, r.Violations[0], replay(o.Seed), strings.Join(r.Trace, "\n"))
			} else {
				t.Errorf("SEED=%d: %v\n%s", o.Seed, r.Violations[0], replay(o.Seed))
			}
		}
		for _, b := range r.Bad {
			_, why, _ := strings.Cut(b, ", ")
			reasons[why[:strings.IndexByte(why, ':')]]++
			if testing.Verbose() && *seeds < 30 {
				t.Logf("SEED=%d: %s", o.Seed, b)
			}
		}
		sum(&total, r)
		if *first && t.Failed() {
			return
		}
	}
	took := time.Since(began)
	t.Logf("%d seeds, %d calls, %d ended well (%.1f %%), %d events, %d violations in %d seeds, %.1f seeds/s", *seeds, total.Calls, total.Well,
		100*float64(total.Well)/float64(max(total.Calls, 1)), total.Events, len(total.Violations), bad, float64(*seeds)/took.Seconds())
	t.Logf("faults: %s", byNumber(total.Strikes))
	t.Logf("not well: %v", reasons)
	if total.Well*100 < total.Calls*95 {
		t.Errorf("only %d of %d calls ended well", total.Well, total.Calls)
	}
}

func sum(total *sim.Result, r sim.Result) {
	total.Calls += r.Calls
	total.Well += r.Well
	total.Events += r.Events
	total.Violations = append(total.Violations, r.Violations...)
	for n, c := range r.Strikes {
		total.Strikes[n] += c
	}
	for p, c := range r.Passed {
		total.Passed[p] += c
	}
}

func byNumber(strikes map[int]int) string {
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(strikes)) {
		fmt.Fprintf(&b, " %d:%d", n, strikes[n])
	}
	return b.String()
}

func replay(seed uint64) string {
	return fmt.Sprintf("run it again: go test ./testkit/sim -run TestSim -seed=%d -seeds=1 -show -v", seed)
}
