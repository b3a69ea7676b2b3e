package call_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// cluster is a database and the nodes that share it.
type cluster struct {
	db    *store.MemoryDB
	flows []*flow.Flow
	lease time.Duration // 0: the default
	gone  atomic.Value  // of string: why there is no version for the moment
	log   *slog.Logger
}

func newCluster(t *testing.T, texts ...string) *cluster {
	t.Helper()
	c := &cluster{db: &store.MemoryDB{}}
	for _, text := range texts {
		c.flows = append(c.flows, loadText(t, text))
	}
	return c
}

// node starts a process of the cluster.
func (c *cluster) node(t *testing.T, p *platform, wrap func(call.Store) call.Store) *fixture {
	t.Helper()
	return c.nodeOf(t, c.flows[0], p, wrap)
}

// nodeOf is node for calls of one flow.
func (c *cluster) nodeOf(t *testing.T, f *flow.Flow, p *platform, wrap func(call.Store) call.Store) *fixture {
	t.Helper()
	st, err := store.New(store.Config{DB: c.db, Lease: c.lease, Key: slices.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	var s call.Store = st
	if wrap != nil {
		s = wrap(s)
	}
	fx := &fixture{p: p, flow: f}
	flows := c.flows
	fx.Calls, err = call.New(call.Config{Store: s, Sender: p, Clock: clock{}, SendWithin: 100 * time.Millisecond, Log: c.log,
		Flow: func(_ context.Context, version string) (*flow.Flow, error) {
			if why, _ := c.gone.Load().(string); why != "" {
				return nil, errors.New(why)
			}
			for _, f := range flows {
				if f.Version == version {
					return f, nil
				}
			}
			return nil, flow.ErrUnusable
		},
		Observe: func(c call.Change) {
			fx.mu.Lock()
			defer fx.mu.Unlock()
			fx.seen = append(fx.seen, c)
		}})
	if err != nil {
		t.Fatal(err)
	}
	if err := fx.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return fx
}

// mortal is a store that a process loses when it dies: what it did before stays.
type mortal struct {
	call.Store
	dead atomic.Bool
}

var errDead = errors.New("the process is dead")

func (m *mortal) Commit(ctx context.Context, c *call.Change) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Store.Commit(ctx, c)
}

func (m *mortal) Renew(ctx context.Context) (bool, error) {
	if m.dead.Load() {
		return false, errDead
	}
	return m.Store.Renew(ctx)
}

func (m *mortal) Claim(ctx context.Context, n int) ([]call.Record, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.Store.Claim(ctx, n)
}

func (m *mortal) Try(ctx context.Context, id ivr.SessionID, epoch int64) (int, error) {
	if m.dead.Load() {
		return 0, errDead
	}
	return m.Store.Try(ctx, id, epoch)
}

func (m *mortal) TryAll(ctx context.Context, all []call.Record) ([]int, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.Store.TryAll(ctx, all)
}

func (m *mortal) Take(ctx context.Context, id ivr.SessionID) (call.Record, error) {
	if m.dead.Load() {
		return call.Record{}, errDead
	}
	return m.Store.Take(ctx, id)
}

func (m *mortal) Mails(ctx context.Context, n int) ([]call.Mail, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.Store.Mails(ctx, n)
}

func (m *mortal) Post(ctx context.Context, l call.Mail) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Store.Post(ctx, l)
}

func (m *mortal) Leave(ctx context.Context) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Store.Leave(ctx)
}

// A node dies while a prompt plays; another takes the call over within ten
// seconds, and it goes on where it was.
func TestTakeOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		m := &mortal{}
		a := c.node(t, &platform{}, func(s call.Store) call.Store { m.Store = s; return m })
		defer a.Close()
		a.ring(t, "s")
		a.tell(t, "s", audio())
		b := c.node(t, &platform{}, nil)
		defer b.Close()
		m.dead.Store(true)
		died := time.Now()
		for b.Live() == 0 && time.Since(died) < time.Minute {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		if took := time.Since(died); took > 10*time.Second {
			t.Fatalf("taken over after %v", took)
		}
		s, _ := b.Session("s")
		if s.State != "main.1/prompting" {
			t.Errorf("state %q", s.State)
		}
		b.tell(t, "s", key('1', 1))
		if got := b.p.names(); !slices.Equal(got, []string{"CancelMedia"}) {
			t.Errorf("sent %v; the key cancels the prompt that plays", got)
		}
		if got := a.p.names(); slices.Contains(got, "CancelMedia") {
			t.Errorf("the dead node sent %v", got)
		}
	})
}

// A callback at a node that has not the session is kept for the one that has it.
func TestMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		a, b := c.node(t, &platform{}, nil), c.node(t, &platform{}, nil)
		defer a.Close()
		defer b.Close()
		a.ring(t, "s")
		b.tell(t, "s", audio())
		time.Sleep(time.Second)
		synctest.Wait()
		if s, _ := a.Session("s"); s.State != "main.1/prompting" {
			t.Errorf("state %q", s.State)
		}
		if err := b.Receive(t.Context(), call.Mail{Session: "s", Leg: "a", Tenant: "another", Items: []call.Item{{Event: key('1', 1)}}}); !errors.Is(err, call.ErrUnknown) {
			t.Errorf("mail of another tenant: %v", err)
		}
		if _, err := b.Begin(t.Context(), engine.New("s2", c.flows[0], nil), c.flows[0],
			ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: "call-s"}); err != nil || b.Live() > 0 {
			t.Errorf("the call began again at the other node: %v, %d", err, b.Live())
		}
	})
}

// A process dies with an operation on its way. What can be sent again is, what
// cannot is looked into; nothing is done twice that must not be.
func TestDiesSending(t *testing.T) {
	const transfer = `
ivr: 1
flow: hands
start: main
states: {main: [{transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: end}]}
`
	for _, tt := range []struct{ flow, dies, then string }{
		{menuFlow, "Answer", "Answer"},
		{menuFlow, "SubscribeToTone", "SubscribeToTone"},
		{menuFlow, "PlayPrompt", "CancelMedia"},
		{transfer, "Transfer", "ReadCall"},
	} {
		t.Run(tt.dies, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t, tt.flow)
				m := &mortal{}
				p := &platform{reply: func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
					if fmt.Sprintf("%T", cmd) == "ivr."+tt.dies {
						m.dead.Store(true)
					}
					return call.Reply{}, false
				}}
				a := c.node(t, p, func(s call.Store) call.Store { m.Store = s; return m })
				defer a.Close()
				a.ring(t, "s")
				if !m.dead.Load() {
					a.tell(t, "s", audio())
				}
				if !m.dead.Load() {
					t.Fatalf("it did not die: sent %v", p.names())
				}
				b := c.node(t, &platform{}, nil)
				defer b.Close()
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if got := b.p.names(); len(got) == 0 || got[0] != tt.then || tt.dies == "Transfer" && slices.Contains(got, "Transfer") {
					t.Errorf("the next process sent %v, want %s first", got, tt.then)
				}
			})
		})
	}
}

// deaf is a store whose answers may be lost.
type deaf struct {
	call.Store
	lost atomic.Bool
}

func (d *deaf) Claim(ctx context.Context, n int) ([]call.Record, error) {
	list, err := d.Store.Claim(ctx, n)
	if d.lost.Load() {
		return nil, call.ErrUncertain
	}
	return list, err
}

func (d *deaf) Commit(ctx context.Context, c *call.Change) error {
	err := d.Store.Commit(ctx, c)
	if d.lost.Load() {
		return call.ErrUncertain
	}
	return err
}

// What the store gave to a node that did not hear of it is taken up all the same.
func TestAnswersOfTheStoreAreLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		m, d := &mortal{}, &deaf{}
		a := c.node(t, &platform{}, func(s call.Store) call.Store { m.Store = s; return m })
		defer a.Close()
		a.ring(t, "s")
		b := c.node(t, &platform{}, func(s call.Store) call.Store { d.Store = s; return d })
		defer b.Close()
		d.lost.Store(true)
		m.dead.Store(true)
		if _, err := b.Begin(t.Context(), engine.New("new", b.flow, nil), b.flow, ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: "call-new"}); !errors.Is(err, call.ErrUncertain) {
			t.Fatalf("got %v", err)
		}
		time.Sleep(15 * time.Second)
		d.lost.Store(false)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		for _, id := range []ivr.SessionID{"s", "new"} {
			if _, ok := b.Session(id); !ok {
				t.Errorf("session %s is nobody's", id)
			}
		}
	})
}

// A call whose version of the flow cannot be had at the moment goes on later; one
// whose version cannot be had any more is given up, and hung up.
func TestVersionsOfFlows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		m := &mortal{}
		a := c.node(t, &platform{}, func(s call.Store) call.Store { m.Store = s; return m })
		defer a.Close()
		a.ring(t, "s")
		a.tell(t, "s", audio())
		m.dead.Store(true)
		for _, gone := range []string{"the store is down", ""} {
			c.gone.Store(gone)
			if gone == "" {
				c.flows = nil // for good
			}
			m = &mortal{}
			b := c.nodeOf(t, a.flow, &platform{}, func(s call.Store) call.Store { m.Store = s; return m })
			time.Sleep(12 * time.Second)
			got := b.p.names()
			if gone == "" {
				want(t, "sent", got, []string{"HangUp"})
				if b.Live() > 0 {
					t.Error("the call is not given up")
				}
				b.Close()
				break
			}
			want(t, "sent", got, nil)
			c.gone.Store("")
			time.Sleep(2 * time.Second)
			if s, ok := b.Session("s"); !ok || s.State != "main.1/prompting" {
				t.Errorf("session: %t, %s", ok, s.State)
			}
			m.dead.Store(true)
			defer b.Close()
		}
	})
}
