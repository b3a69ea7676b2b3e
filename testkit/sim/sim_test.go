package sim_test

import (
	"flag"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/sim"
)

var (
	seed    = flag.Uint64("seed", 1, "the first seed of TestSim")
	seeds   = flag.Int("seeds", 60/slower, "how many seeds TestSim runs")
	show    = flag.Bool("show", false, "TestSim prints the whole trace of its first seed")
	only    = flag.Int("only", 0, "TestSim has faults of this number only")
	nofault = flag.Bool("nofaults", false, "TestSim has no faults")
	onlyOf  = flag.String("flow", "", "TestSim has calls of this flow only")
	first   = flag.Bool("first", false, "TestSim ends with the first violation")
	durable = flag.Bool("durable", true, "TestSim has a database, several nodes, and processes that die")
	workers = flag.Int("workers", 2, "how many seeds TestSim runs at once")
	twice   = flag.Uint64("twice", 5, "TestSim runs every so manieth seed twice and compares the traces; 0: none")
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
	began := time.Now()
	all := tally{t: t, total: sim.Result{Strikes: map[int]int{}, Passed: map[sim.Point]int{}}, reasons: map[string]int{}}
	next := make(chan uint64)
	var wg sync.WaitGroup
	for range *workers {
		wg.Go(func() {
			for n := range next {
				all.add(run(t, kit, n))
			}
		})
	}
	for i := range uint64(*seeds) {
		if *first && t.Failed() {
			break
		}
		next <- *seed + i
	}
	close(next)
	wg.Wait()
	all.report(time.Since(began))
}

// run runs one seed. Some are run twice: the traces must be the same. Where
// something is wrong, and there is no trace, it is run again with one.
func run(t *testing.T, kit *sim.Kit, seed uint64) sim.Result {
	t.Helper()
	o := sim.Options{Seed: seed, Durable: *durable, Only: *only, NoFaults: *nofault, Flow: *onlyOf}
	again := *twice > 0 && seed%*twice == 0
	o.Quiet = !again && !*show
	if *show {
		o.Whole, o.Log = true, func(s string) { t.Log(s) }
	}
	r := kit.Run(o)
	if *show {
		t.Log("\n" + strings.Join(r.Trace, "\n"))
	}
	if o.Quiet && len(r.Violations) > 0 {
		o.Quiet = false
		return kit.Run(o)
	}
	if again {
		o.Whole, o.Log = false, nil
		if other := kit.Run(o); other.Hash != r.Hash {
			t.Errorf("SEED=%d: the trace is another one when it is run again: %x and %x; %s", seed, r.Hash, other.Hash, replay(seed))
		}
	}
	return r
}

// tally adds runs up, and complains.
type tally struct {
	t       *testing.T
	mu      sync.Mutex
	total   sim.Result
	bad     int // seeds with violations
	seeds   int
	reasons map[string]int // of calls that did not end well
}

// mostTraces is how many traces are shown; of the others only what is wrong.
const mostTraces = 3

func (a *tally) add(r sim.Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Err != nil {
		a.t.Errorf("SEED=%d: the run is void: %v; %s", r.Seed, r.Err, replay(r.Seed))
	}
	if len(r.Violations) > 0 {
		a.bad++
		a.t.Errorf("SEED=%d: %v\n%s", r.Seed, r.Violations[0], replay(r.Seed))
		if a.bad <= mostTraces && !*show {
			a.t.Log("\n" + strings.Join(r.Trace, "\n"))
		}
	}
	for _, b := range r.Bad {
		_, why, _ := strings.Cut(b, ", ")
		why, _, _ = strings.Cut(why, ":")
		a.reasons[why]++
		if *show {
			a.t.Log(b)
		}
	}
	a.seeds++
	sum(&a.total, r)
	if a.seeds%500 == 0 {
		a.t.Logf("%d seeds so far, %d calls, violations in %d seeds", a.seeds, a.total.Calls, a.bad)
	}
}

// report is what the run says at its end. Calls must end well, too: where nothing
// works nothing goes wrong.
func (a *tally) report(took time.Duration) {
	n := a.total
	a.t.Logf("%d seeds, %d calls, %d ended well (%.1f %%), %d events, %d faults planned, %d violations in %d seeds, %.1f seeds/s", a.seeds, n.Calls, n.Well,
		100*float64(n.Well)/float64(max(n.Calls, 1)), n.Events, n.Faults, len(n.Violations), a.bad, float64(a.seeds)/took.Seconds())
	a.t.Logf("journals replayed: %d whole, %d in part, %d of calls that went on; %d changes; of %d sessions", n.Replays.Whole, n.Replays.Part, n.Replays.Live, n.Replays.Changes, n.Sessions)
	a.t.Logf("faults by number: %s", byNumber(n.Strikes))
	a.t.Logf("did not end well: %v", a.reasons)
	if n.Well*100 < n.Calls*95 && a.seeds >= 50 {
		a.t.Errorf("only %d of %d calls ended well, want 95 of 100", n.Well, n.Calls)
	}
}

func sum(total *sim.Result, r sim.Result) {
	total.Calls += r.Calls
	total.Well += r.Well
	total.Events += r.Events
	total.Sessions += r.Sessions
	total.Replays.Add(r.Replays)
	total.Faults += r.Faults
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
