package call_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// The clock of the node that keeps a callback for another is wrong: the times of
// the call are those of the node that has it.
func TestMailOfAWrongClock(t *testing.T) {
	for _, wrong := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, menuFlow)
			a, b := c.node(t, &platform{}, nil), c.node(t, &platform{}, nil)
			defer a.Close()
			defer b.Close()
			a.ring(t, "s")
			b.tell(t, "s", ivr.Stamped(audio(), time.Now().Add(wrong)))
			time.Sleep(time.Second)
			synctest.Wait()
			s, _ := a.Session("s")
			if off := time.Since(s.Answered); off < 0 || off > time.Second {
				t.Errorf("the clock of the other is %s wrong, and the call was answered %s ago, want at most 1s", wrong, off)
			}
		})
	}
}

// unhurried is a store whose answers are long on their way.
type unhurried struct {
	call.Store
	claim, mails time.Duration
}

func (u *unhurried) Claim(ctx context.Context, n int) ([]call.Record, error) {
	list, err := u.Store.Claim(ctx, n)
	time.Sleep(u.claim)
	return list, err
}

func (u *unhurried) Mails(ctx context.Context, n int) ([]call.Mail, error) {
	list, err := u.Store.Mails(ctx, n)
	time.Sleep(u.mails)
	return list, err
}

// A caller presses a key while no process has the call, and the time to press one runs
// out meanwhile. The key came first, and is applied once, whichever answer of the
// store is late.
func TestKeyWhileNobodyHasTheCall(t *testing.T) {
	for _, u := range []*unhurried{{}, {claim: 300 * time.Millisecond}, {claim: 300 * time.Millisecond, mails: 500 * time.Millisecond}} {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, menuFlow)
			m := &mortal{}
			a := c.node(t, &platform{}, func(s call.Store) call.Store { m.Store = s; return m })
			defer a.Close()
			b := c.node(t, &platform{}, func(s call.Store) call.Store { u.Store = s; return u })
			defer b.Close()
			a.ring(t, "s")
			a.tell(t, "s", audio())
			a.completePlay(t, "s")
			synctest.Wait()
			m.dead.Store(true)
			b.tell(t, "s", key('2', 1))
			time.Sleep(15 * time.Second)
			synctest.Wait()
			var evs []ivr.Event
			for _, ch := range b.seen {
				evs = append(evs, ch.Events...)
			}
			isKey := func(ev ivr.Event) bool { _, ok := ev.(ivr.ToneReceived); return ok }
			isTimer := func(ev ivr.Event) bool { _, ok := ev.(ivr.TimerExpired); return ok }
			first, timer := slices.IndexFunc(evs, isKey), slices.IndexFunc(evs, isTimer)
			if first < 0 || timer >= 0 && timer < first || slices.ContainsFunc(evs[first+1:], isKey) {
				t.Errorf("%+v: applied %v, want the key once, before any timer", u, evs)
			}
			if got := b.p.names(); len(got) == 0 || got[0] != "RunAction" {
				t.Errorf("%+v: sent %v, want RunAction first", u, got)
			}
		})
	}
}
