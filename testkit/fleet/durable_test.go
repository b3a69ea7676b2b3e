package fleet_test

import (
	"context"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/fleet"
)

// kill -9 with live calls, again and again: what was acknowledged is not lost,
// nothing that does harm is done twice, and every call ends.
func TestKill(t *testing.T) {
	f := start(t, fleet.Config{Retries: 20})
	starts := killed(t, f, *cycles)
	r := f.History.Report()
	t.Logf("%d kills: %v; restart to ready %s", len(starts), r, spread(starts))
	t.Logf("longest: %s", r.Story)
	none(t, f, r)
	over(t, f)
}

// over waits until no call lives in the store any more: those whose end was never
// told are found, too.
func over(t *testing.T, f *fleet.Fleet) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	for {
		n, err := f.Live(ctx)
		if err == nil && n == 0 {
			return
		}
		if err != nil || ctx.Err() != nil {
			t.Errorf("%d calls live on in the store: %v", n, err)
			return
		}
		pause(ctx, 300*time.Millisecond)
	}
}

// none fails the test for each fault, with what the nodes said about its call.
func none(t *testing.T, f *fleet.Fleet, r *fleet.Report) {
	t.Helper()
	for i, fault := range r.Faults {
		if i == 10 {
			t.Errorf("and %d more", len(r.Faults)-i)
			break
		}
		t.Error(fault)
		t.Logf("the nodes said:\n%s\nand the store says:\n%s", f.Said(fault.Call), f.Show(t.Context(), fault.Call))
	}
	if t.Failed() {
		t.Logf("run it again with -seed=%d -cycles=%d", *seed, *cycles)
	}
}
