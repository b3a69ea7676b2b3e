package call_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// A node that drains takes up what another one leaves behind. That ends like any
// other call, and the node is drained once more.
func TestDrainedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		m := &mortal{}
		a := c.node(t, &platform{}, func(s call.Store) call.Store { m.Store = s; return m })
		defer a.Close()
		a.ring(t, "s")
		b := c.node(t, &platform{}, nil)
		defer b.Close()
		if err := b.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.dead.Store(true)
		time.Sleep(12 * time.Second)
		synctest.Wait()
		if b.Live() != 1 {
			t.Fatalf("%d calls were taken over", b.Live())
		}
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Drain(brief); err == nil {
			t.Error("drained with a call")
		}
		b.tell(t, "s", ended())
		if err := b.Drain(t.Context()); err != nil || b.Counts().Ended != 1 {
			t.Errorf("drained: %v, ended %d", err, b.Counts().Ended)
		}
	})
}

// vague is a store that does not know of one change whether it was stored.
type vague struct {
	call.Store
	which  func(*call.Change) bool
	stores bool // it was
	done   atomic.Bool
}

func (v *vague) Commit(ctx context.Context, c *call.Change) error {
	if !v.which(c) || !v.done.CompareAndSwap(false, true) {
		return v.Store.Commit(ctx, c)
	}
	if v.stores {
		if err := v.Store.Commit(ctx, c); err != nil {
			return err
		}
	}
	return call.ErrUncertain
}

// A session that is read again is not gone: a node that drains waits for it.
func TestDrainsWhileReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		v := &vague{which: func(c *call.Change) bool { return c.Version == 4 }}
		a := c.node(t, &platform{}, func(s call.Store) call.Store { v.Store = s; return v })
		defer a.Close()
		a.ring(t, "s")
		drained := make(chan error, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		go func() { drained <- a.Drain(ctx) }()
		synctest.Wait()
		for range 5 {
			_ = a.Deliver(t.Context(), "s", audio())
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if !v.done.Load() || a.Live() != 1 {
			t.Fatalf("it was not read again: %t, %d live", v.done.Load(), a.Live())
		}
		select {
		case err := <-drained:
			t.Fatalf("drained with a call: %v", err)
		default:
		}
		a.tell(t, "s", ended())
		if err := <-drained; err != nil {
			t.Error(err)
		}
	})
}

// That a transfer is about to leave may be stored or not: nobody knows. The call is
// read again, the transfer made at most once, and nobody is told that it failed.
func TestSendingUncertain(t *testing.T) {
	const transfer = `
ivr: 1
flow: hands
start: main
states: {main: [{transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: {transfer: {user: 5f0c7c7e-0000-4000-8000-000000000002}, failed: end}}]}
`
	for _, stores := range []bool{false, true} {
		t.Run(fmt.Sprintf("stored=%t", stores), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t, transfer)
				v := &vague{stores: stores, which: func(c *call.Change) bool {
					return slices.ContainsFunc(c.Pending, func(p call.Pending) bool {
						_, ok := p.Cmd.(ivr.Transfer)
						return ok && p.Sent
					})
				}}
				p := &platform{reply: func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
					c, ok := cmd.(ivr.Transfer)
					return call.Reply{Event: ivr.OperationAccepted{Head: now(), Op: c.Op, Remote: "r"}}, ok
				}}
				a := c.node(t, p, func(s call.Store) call.Store { v.Store = s; return v })
				defer a.Close()
				a.ring(t, "s")
				a.tell(t, "s", audio())
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if !v.done.Load() {
					t.Fatalf("nothing was uncertain: sent %v", p.names())
				}
				sent := 0
				for _, name := range p.names() {
					if name == "Transfer" {
						sent++
					}
				}
				if sent > 1 || !stores && sent == 0 {
					t.Errorf("sent %v", p.names())
				}
				for _, ch := range a.seen {
					for _, ev := range ch.Events {
						if f, ok := ev.(ivr.OperationFailed); ok {
							t.Errorf("told %+v", f)
						}
					}
				}
			})
		})
	}
}

// slow is a store that takes its time to give a session, and does not renew for a
// while.
type slow struct {
	call.Store
	take time.Duration
	down atomic.Bool
}

var errDown = errors.New("the store is down")

func (s *slow) Take(ctx context.Context, id ivr.SessionID) (call.Record, error) {
	time.Sleep(s.take)
	return s.Store.Take(ctx, id)
}

func (s *slow) Renew(ctx context.Context) (bool, error) {
	if s.down.Load() {
		return false, errDown
	}
	return s.Store.Renew(ctx)
}

// A node whose lease has ended, and that reads its calls again for longer than a
// lease lasts, keeps its lease meanwhile.
func TestManyCallsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		s := &slow{take: 50 * time.Millisecond}
		a := c.node(t, &platform{}, func(st call.Store) call.Store { s.Store = st; return s })
		defer a.Close()
		const calls = 400 // 20 s to be read
		for i := range calls {
			a.ring(t, ivr.SessionID(fmt.Sprint("s", i)))
		}
		s.down.Store(true)
		time.Sleep(12 * time.Second)
		s.down.Store(false)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if err := a.MaySend(); err != nil {
			t.Errorf("after half a minute: %v", err)
		}
		if n := a.Live(); n != calls {
			t.Errorf("%d of %d calls are here", n, calls)
		}
	})
}

// A session is read again while it is being answered: the request is given up, and
// what that says means nothing to the one who asks again.
func TestReadAgainWhileAnswering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		v := &vague{which: func(c *call.Change) bool { return c.Version == 2 }}
		p := &platform{reply: func(ctx context.Context, cmd ivr.Command, try int) (call.Reply, bool) {
			c, ok := cmd.(ivr.Answer)
			if !ok || try > 1 {
				return call.Reply{}, false
			}
			<-ctx.Done()
			return call.Reply{Event: ivr.OperationFailed{Head: now(), Op: c.Op, Result: ivr.Result{Reason: ivr.ReasonService, Message: "not sent: context canceled"}}}, true
		}}
		a := c.node(t, p, func(s call.Store) call.Store { v.Store = s; return v })
		defer a.Close()
		a.ring(t, "s")
		_ = a.Deliver(t.Context(), "s", ivr.CallChanged{Head: now(), State: ivr.StateEstablishing})
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if !v.done.Load() {
			t.Fatal("nothing was uncertain")
		}
		if got := besidesReads(p); !slices.Equal(got, []string{"Answer", "Answer"}) || a.Live() != 1 {
			t.Errorf("sent %v, %d live", got, a.Live())
		}
	})
}

// A process ends while a call is being answered, and gives the request up. The next
// one answers the call.
func TestClosesWhileAnswering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		a := c.node(t, &platform{reply: func(ctx context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
			c, ok := cmd.(ivr.Answer)
			if ok {
				<-ctx.Done()
			}
			return call.Reply{Event: ivr.OperationFailed{Head: now(), Op: c.Op, Result: ivr.Result{Reason: ivr.ReasonService, Message: "not sent: context canceled"}}}, ok
		}}, nil)
		a.ring(t, "s")
		a.Close()
		b := c.node(t, &platform{}, nil)
		defer b.Close()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := besidesReads(b.p); !slices.Equal(got, []string{"Answer"}) || b.Live() != 1 {
			t.Errorf("sent %v, %d live", got, b.Live())
		}
	})
}

// belated is a store whose first write comes late, while a session is being read
// that was not there when that began.
type belated struct {
	call.Store
	first, take time.Duration
}

func (b *belated) Commit(ctx context.Context, c *call.Change) error {
	if c.New {
		time.Sleep(b.first)
	}
	return b.Store.Commit(context.WithoutCancel(ctx), c)
}

func (b *belated) Take(ctx context.Context, id ivr.SessionID) (call.Record, error) {
	rec, err := b.Store.Take(ctx, id)
	time.Sleep(b.take)
	return rec, err
}

// The first write of a call comes through while it is looked for in vain: it is
// found all the same.
func TestWrittenWhileLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		a := c.node(t, &platform{}, func(s call.Store) call.Store {
			return &belated{Store: s, first: 5500 * time.Millisecond, take: time.Second}
		})
		defer a.Close()
		_, err := a.Begin(t.Context(), engine.New("s", a.flow, nil), a.flow, ivr.CallIncoming{Head: now(), Call: "call-s"})
		if !errors.Is(err, call.ErrUncertain) {
			t.Fatalf("it began: %v", err)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := besidesReads(a.p); !slices.Equal(got, []string{"Answer"}) {
			t.Errorf("sent %v, want that the call is answered", got)
		}
	})
}

// besidesReads is what was sent, without the look at a call that was taken up.
func besidesReads(p *platform) []string {
	return slices.DeleteFunc(slices.Clone(p.names()), func(name string) bool { return name == "ReadCall" })
}

// silent is a store that does not say which sessions a node has.
type silent struct {
	call.Store
	deaf atomic.Bool // answers of Claim are lost
	gate chan struct{}
}

func (f *silent) Owned(ctx context.Context) ([]ivr.SessionID, error) {
	<-f.gate
	return f.Store.Owned(ctx)
}

func (f *silent) Claim(ctx context.Context, n int) ([]call.Record, error) {
	if f.deaf.Load() {
		return nil, call.ErrUncertain
	}
	return f.Store.Claim(ctx, n)
}

// A store that hangs over one question, whatever its context says, does not keep a
// node from taking sessions over.
func TestOwnedHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		m, f := &mortal{}, &silent{gate: make(chan struct{})}
		a := c.node(t, &platform{}, func(s call.Store) call.Store { m.Store = s; return m })
		defer a.Close()
		a.ring(t, "s")
		b := c.node(t, &platform{}, func(s call.Store) call.Store { f.Store = s; return f })
		defer b.Close()
		defer close(f.gate)
		f.deaf.Store(true)
		time.Sleep(2 * time.Second)
		f.deaf.Store(false)
		m.dead.Store(true)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if b.Live() != 1 {
			t.Errorf("%d calls were taken over", b.Live())
		}
	})
}

// A panic while one session is taken up costs no other, and that one goes on once
// there is none.
func TestPanicWhileTakingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		a := c.node(t, &platform{}, nil)
		for i := range 5 {
			a.ring(t, ivr.SessionID(fmt.Sprint("s", i)))
		}
		a.Close()
		st, err := store.New(store.Config{DB: c.db, Key: slices.Repeat([]byte{7}, 32)})
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		b, err := call.New(call.Config{Store: st, Sender: &platform{}, Clock: clock{}, SendWithin: 100 * time.Millisecond,
			Flow: func(context.Context, string) (*flow.Flow, error) {
				if asked++; asked == 2 {
					return nil, nil // a bug
				}
				return c.flows[0], nil
			}})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if err := b.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := b.Live(); n != 4 {
			t.Errorf("%d calls were taken up beside the one with the panic", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := b.Live(); n != 5 || b.Counts().Panics != 1 {
			t.Errorf("%d calls live, counts %+v", n, b.Counts())
		}
	})
}

// A process that has its calls to itself need not read them again when its lease
// had ended: their prompts go on.
func TestAloneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, alone := range []bool{true, false} {
			s := &slow{}
			fx, _ := overloaded(t, menuFlow, func(c *call.Config) {
				s.Store = c.Store
				c.Store, c.Alone = s, alone
			})
			fx.ring(t, "s")
			fx.tell(t, "s", audio())
			s.down.Store(true)
			time.Sleep(15 * time.Second)
			s.down.Store(false)
			time.Sleep(3 * time.Second)
			synctest.Wait()
			if n := fx.Counts().LetGo; (n == 0) != alone || fx.Live() != 1 || fx.MaySend() != nil {
				t.Errorf("alone %t: %d let go, %d live, %v", alone, n, fx.Live(), fx.MaySend())
			}
			fx.Close()
		}
	})
}

// A session that was counted when processes ended, and with which nothing is to be
// done at once, is not harmless because of that: its mail may be what ended them.
func TestSurvivedNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		a := c.node(t, &platform{}, nil)
		a.ring(t, "s")
		a.tell(t, "s", audio())
		time.Sleep(2 * time.Second)
		a.Close()
		for range 2 {
			if _, err := c.db.Try(t.Context(), "s", 1); err != nil {
				t.Fatal(err)
			}
		}
		b := c.node(t, &platform{}, nil)
		defer b.Close()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		row, err := c.db.Read(t.Context(), "s")
		if err != nil || b.Live() != 1 || row.Attempts != 2 {
			t.Errorf("%v, %d live, counted %d times", err, b.Live(), row.Attempts)
		}
	})
}
