package sim_test

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/sim"
)

var (
	allPoints = flag.Bool("allpoints", false, "TestCrashPoints kills at every place, not at some of them")
	crashAt   = flag.String("crash", "", "TestCrashPoints makes this case only, as it was reported: FLOW/SCENE/AT/POINT/NTH/torn, SCENE and AT only if there is one")
)

// crashCase is one call of a flow, in which a process dies at one place. A scene
// may have its first process end before that.
type crashCase struct {
	flow  string
	scene sim.Scene
	at    int // of the scene, in ms
	crash sim.Crash
}

func (c crashCase) String() string {
	torn := "clean"
	if c.crash.Torn {
		torn = "torn"
	}
	if c.scene != sim.Calm {
		return fmt.Sprintf("%s/%s/%d/%s/%d/%s", c.flow, c.scene, c.at, c.crash.At, c.crash.Nth, torn)
	}
	return fmt.Sprintf("%s/%s/%d/%s", c.flow, c.crash.At, c.crash.Nth, torn)
}

func (c crashCase) options() sim.Options {
	nodes := 2
	if c.scene != sim.Calm {
		nodes = 3 // one is always there: what nobody takes is lost
	}
	return sim.Options{Seed: 1, Durable: true, NoFaults: true, Plain: true, Calls: 1, Nodes: nodes, Flow: c.flow, Scene: c.scene, SceneAt: c.at, Crash: &c.crash}
}

// TestCrashPoints kills a process at every point, each time that it is passed in
// a call of every flow. Nothing may be lost, nothing done twice, and every call
// ends well all the same.
func TestCrashPoints(t *testing.T) {
	kit, err := sim.NewKit()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
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
				if r.Err != nil || r.Well < r.Calls {
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
	t.Logf("%d cases at %d points in %s, %d calls ended well", made, len(perPoint), time.Since(began).Round(time.Second), well)
	for _, p := range sim.Points() {
		t.Logf("  %-20s %d", p, perPoint[p])
		if *crashAt == "" && perPoint[p] == 0 {
			t.Errorf("the point %s is not passed: no process was killed there", p)
		}
	}
}

// crashCases are all cases, or a part of them that is another one for each flow.
func crashCases(t *testing.T, kit *sim.Kit) []crashCase {
	t.Helper()
	var all []crashCase
	seen := map[sim.Point]int{}
	for i, s := range sim.Scripts() {
		if s.Flow == "redirect" { // it is never answered
			continue
		}
		for _, scene := range []sim.Scene{sim.HangsUp, sim.HandsOver} {
			all = append(all, casesOf(t, kit, crashCase{flow: s.Flow, scene: scene, at: 1500}, i, seen)...)
		}
	}
	for i, s := range sim.Scripts() {
		for k, scene := range []sim.Scene{sim.Calm, sim.Dies, sim.Leaves, sim.Fails} {
			o := crashCase{flow: s.Flow, scene: scene, at: 2500 + 700*((i+k)%4)}
			all = append(all, casesOf(t, kit, o, i, seen)...)
		}
	}
	return all
}

// casesOf are those of one flow in one scene. Beside a scene only those points
// matter that are passed because of it.
func casesOf(t *testing.T, kit *sim.Kit, o crashCase, i int, seen map[sim.Point]int) []crashCase {
	t.Helper()
	points := sim.Points()
	switch o.scene {
	case sim.Calm:
		o.at = 0
	case sim.HangsUp, sim.HandsOver:
	case sim.Dies, sim.Leaves, sim.Fails:
		points = []sim.Point{sim.AtJoin, sim.AtClaim, sim.AtTake, sim.AtLeave, sim.AtPosted, sim.AtMails}
	}
	opts := o.options()
	opts.Crash = nil
	calm := kit.Run(opts)
	if calm.Err != nil || calm.Well != 1 || len(calm.Violations) > 0 {
		t.Errorf("%s %s without a crash: %v %v %v", o.flow, o.scene, calm.Err, calm.Bad, calm.Violations)
		return nil
	}
	var all []crashCase
	n := 0
	for _, p := range points {
		from, most := 1, mostPassed
		if calm.Wished != nil { // what matters is what comes of it
			from, most = calm.Wished[p]+1, calm.Wished[p]+mostWished
		}
		for nth := from; nth <= min(calm.Passed[p], most); nth++ {
			for _, torn := range []bool{false, true} {
				if torn && p != sim.AtMid {
					continue
				}
				n++
				rare := nth == 1 && seen[p] < atLeast
				if rare || *allPoints || *crashAt != "" || (n+i)%some == 0 {
					seen[p]++
					one := o
					one.crash = sim.Crash{At: p, Nth: nth, Torn: torn}
					all = append(all, one)
				}
			}
		}
	}
	return all
}

const (
	// mostPassed bounds what goes on for ever, such as the renewal of a lease.
	mostPassed = 40
	// mostWished is the same for what an operator has brought about.
	mostWished = 12
	// some is of how many cases one is tried, if not all are.
	some = 11 * slower
	// atLeast is how often a point is tried, whatever else is.
	atLeast = 1 + 2/slower
)
