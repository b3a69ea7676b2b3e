package sim_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ivrflow/ivrflow/testkit/sim"
)

var (
	allPoints = flag.Bool("allpoints", false, "TestCrashPoints kills at every place, not at some of them")
	crashAt   = flag.String("crash", "", "TestCrashPoints makes this case only, as it was reported: FLOW/POINT/NTH/torn")
)

// crashCase is one call of a flow, in which a process dies at one place.
type crashCase struct {
	flow  string
	crash sim.Crash
}

func (c crashCase) String() string {
	torn := "clean"
	if c.crash.Torn {
		torn = "torn"
	}
	return fmt.Sprintf("%s/%s/%d/%s", c.flow, c.crash.At, c.crash.Nth, torn)
}

// mayFail: nobody knows whether the caller was sent elsewhere, so that it is not
// tried again, and the flow goes on as if it had failed. Its caller has no way to
// ask for another try.
func (c crashCase) mayFail(r sim.Result) bool {
	before := c.crash.At == sim.AtMarked || c.crash.At == sim.AtSending || c.crash.At == sim.AtMid && c.crash.Torn
	return c.flow == "redirect" && before && strings.Contains(r.Bad[0], "gave_up:true")
}

func (c crashCase) options() sim.Options {
	return sim.Options{Seed: 1, Durable: true, NoFaults: true, Plain: true, Calls: 1, Nodes: 2, Flow: c.flow, Crash: &c.crash}
}

// TestCrashPoints kills a process at every point, each time that it is passed in
// a call of every flow. Nothing may be lost, nothing done twice, and every call
// ends well all the same.
func TestCrashPoints(t *testing.T) {
	kit, err := sim.NewKit()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	made, well, perPoint := 0, 0, map[sim.Point]int{}
	cases := make(chan crashCase)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for c := range cases {
				r := kit.Run(c.options())
				mu.Lock()
				made, well = made+1, well+r.Well
				perPoint[c.crash.At]++
				for _, v := range r.Violations {
					t.Errorf("%s: %v; run it again: go test ./testkit/sim -run TestCrashPoints -crash=%s -v", c, v, c)
				}
				if r.Err != nil || r.Well < r.Calls && !c.mayFail(r) {
					t.Errorf("%s: %v %v; run it again: go test ./testkit/sim -run TestCrashPoints -crash=%s -v", c, r.Err, r.Bad, c)
				}
				if *crashAt != "" {
					t.Log(strings.Join(r.Trace, "\n"))
				}
				mu.Unlock()
			}
		})
	}
	for _, c := range crashCases(t, kit) {
		if *crashAt == "" || c.String() == *crashAt {
			cases <- c
		}
	}
	close(cases)
	wg.Wait()
	t.Logf("%d cases at %d points, %d calls ended well", made, len(perPoint), well)
	for _, p := range slices.Sorted(maps.Keys(perPoint)) {
		t.Logf("  %-14s %d", p, perPoint[p])
	}
	if *crashAt == "" && len(perPoint) < 20 {
		t.Errorf("only %d points were passed, want 20 and more", len(perPoint))
	}
}

// crashCases are all cases, or a part of them that is another one for each flow.
func crashCases(t *testing.T, kit *sim.Kit) []crashCase {
	t.Helper()
	var all []crashCase
	for i, s := range sim.Scripts() {
		o := crashCase{flow: s.Flow}.options()
		o.Crash = nil
		calm := kit.Run(o)
		if calm.Err != nil || calm.Well != 1 || len(calm.Violations) > 0 {
			t.Fatalf("%s without a crash: %v %v %v", s.Flow, calm.Err, calm.Bad, calm.Violations)
		}
		n := 0
		for _, p := range sim.Points() {
			for nth := 1; nth <= min(calm.Passed[p], mostPassed); nth++ {
				for _, torn := range []bool{false, true} {
					if torn && p != sim.AtMid {
						continue
					}
					if n++; *allPoints || *crashAt != "" || (n+i)%7 == 0 || nth == 1 {
						all = append(all, crashCase{s.Flow, sim.Crash{At: p, Nth: nth, Torn: torn}})
					}
				}
			}
		}
	}
	return all
}

// mostPassed bounds what goes on for ever, such as the renewal of a lease.
const mostPassed = 60
