package fleet_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/fleet"
)

// crowd is how many people are on the phone, or about to be; most is with how many
// live calls at least the program is killed.
const (
	crowd = 28
	least = 20
)

// killed kills a fleet's only node again and again under load, and returns how long
// each start took.
func killed(t *testing.T, f *fleet.Fleet, times int) (starts []time.Duration) {
	t.Helper()
	r := rand.New(rand.NewPCG(*seed, 99))
	calls := f.Callers(t.Context(), crowd)
	defer calls.Stop()
	node := f.Nodes()[0]
	for range times {
		busy(t, f)
		// Long enough that what the last kill cut off is done: a prompt that is cut
		// off three times is given up.
		pause(t.Context(), time.Duration(1000+r.IntN(800))*time.Millisecond)
		if err := node.Kill(); err != nil {
			t.Fatal(err)
		}
		if r.IntN(3) == 0 { // long enough for callbacks to fail
			pause(t.Context(), time.Duration(r.IntN(300))*time.Millisecond)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		took, err := node.Start(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		starts = append(starts, took)
		if len(starts)%25 == 0 {
			t.Logf("%d kills of %d so far", len(starts), times)
		}
	}
	return starts
}

// busy waits until there are enough live calls.
func busy(t *testing.T, f *fleet.Fleet) {
	t.Helper()
	end := time.Now().Add(60 * time.Second)
	for f.History.Live() < least {
		if time.Now().After(end) {
			t.Fatalf("after a minute there are %d live calls, want %d", f.History.Live(), least)
		}
		pause(t.Context(), 2*time.Millisecond)
	}
}

// pause lets the fleet run.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// spread is a summary of times.
func spread(d []time.Duration) string {
	if len(d) == 0 {
		return "none"
	}
	s := slices.Sorted(slices.Values(d))
	third := max(1, len(d)/3)
	first, last := slices.Sorted(slices.Values(d[:third])), slices.Sorted(slices.Values(d[len(d)-third:]))
	return fmt.Sprintf("p50 %v (of the first third %v, of the last %v), p99 %v, most %v",
		s[len(s)/2], first[third/2], last[third/2], s[len(s)*99/100], s[len(s)-1])
}

// A program that keeps its calls in memory loses them when it is killed. That the
// check sees it is its own test.
func TestTheCheckSeesLostCalls(t *testing.T) {
	f := start(t, fleet.Config{Patience: 3 * time.Second, Extra: "store: memory"})
	starts := killed(t, f, 2)
	r := f.History.Report()
	t.Log(r, "; restart to ready", spread(starts))
	if r.Of("lost") == 0 {
		t.Errorf("got %v, want keys lost", r)
	}
	if r.Of("doubled") > 0 {
		t.Errorf("got %v", r.Faults)
	}
}
