package call_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// spoilt is a store that cannot read a session, of which the process dies once it has
// made it anew.
type spoilt struct{ *mortal }

func (s spoilt) Claim(ctx context.Context, n int) ([]call.Record, error) {
	list, err := s.mortal.Claim(ctx, n)
	for i := range list {
		was := list[i].Session
		list[i].Damaged, list[i].Pending = errors.New("the stored data is damaged"), nil
		list[i].Session = engine.Session{ID: was.ID, Flow: was.Flow, Version: was.Version, Tenant: was.Tenant, Leg: engine.Leg{ID: was.Leg.ID, Call: was.Leg.Call}}
	}
	return list, err
}

func (s spoilt) Commit(ctx context.Context, c *call.Change) error {
	err := s.mortal.Commit(ctx, c)
	if err == nil && !c.New && !c.Session.Over() {
		s.dead.Store(true)
	}
	return err
}

// A session that is damaged each time, and ends each process that makes it anew, is
// given up, and its call hung up.
func TestDamagedAndFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		begun := &mortal{}
		a := c.node(t, &platform{}, func(s call.Store) call.Store { begun.Store = s; return begun })
		defer a.Close()
		a.ring(t, "s")
		begun.dead.Store(true)
		for deaths := range 10 {
			m, p := &mortal{}, &platform{}
			fx := c.node(t, p, func(s call.Store) call.Store { m.Store = s; return spoilt{m} })
			defer fx.Close()
			time.Sleep(time.Minute)
			synctest.Wait()
			if m.dead.Load() {
				continue
			}
			if got := p.names(); !slices.Contains(got, "HangUp") {
				t.Errorf("it was given up, and its call not hung up: sent %v", got)
			}
			if deaths > 5 {
				t.Errorf("%d processes have died of it", deaths)
			}
			return
		}
		t.Error("ten processes have died of it")
	})
}
