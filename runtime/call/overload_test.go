package call_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
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

// moody is a store that hangs without heeding its context, or fails, while the
// test wants it.
type moody struct {
	call.Store
	mu     sync.Mutex
	gate   chan struct{} // not nil: it hangs until this is closed
	err    error
	panics bool
	take   time.Duration // of a commit
}

func (m *moody) hang() (release func()) {
	gate := make(chan struct{})
	m.mu.Lock()
	m.gate = gate
	m.mu.Unlock()
	return func() {
		m.mu.Lock()
		m.gate = nil
		m.mu.Unlock()
		close(gate)
	}
}

func (m *moody) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

func (m *moody) wait() error {
	m.mu.Lock()
	gate, err, panics := m.gate, m.err, m.panics
	m.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if panics {
		panic("a bug in the store")
	}
	return err
}

func (m *moody) Commit(ctx context.Context, ch *call.Change) error {
	if err := m.wait(); err != nil {
		return err
	}
	m.mu.Lock()
	take := m.take
	m.mu.Unlock()
	time.Sleep(take)
	return m.Store.Commit(context.WithoutCancel(ctx), ch)
}

func (m *moody) Renew(ctx context.Context) (bool, error) {
	if err := m.wait(); err != nil {
		return false, err
	}
	return m.Store.Renew(ctx)
}

func (m *moody) Claim(ctx context.Context, n int) ([]call.Record, error) {
	if err := m.wait(); err != nil {
		return nil, err
	}
	return m.Store.Claim(ctx, n)
}

func (m *moody) Take(ctx context.Context, id ivr.SessionID) (call.Record, error) {
	if err := m.wait(); err != nil {
		return call.Record{}, err
	}
	return m.Store.Take(ctx, id)
}

func (m *moody) Mails(ctx context.Context, n int) ([]call.Mail, error) {
	if err := m.wait(); err != nil {
		return nil, err
	}
	return m.Store.Mails(ctx, n)
}

func (m *moody) Post(ctx context.Context, l call.Mail) error {
	if err := m.wait(); err != nil {
		return err
	}
	return m.Store.Post(ctx, l)
}

func (m *moody) Leave(ctx context.Context) error {
	if err := m.wait(); err != nil {
		return err
	}
	return m.Store.Leave(ctx)
}

// overloaded is a node whose store is moody.
func overloaded(t *testing.T, text string, change func(*call.Config)) (*fixture, *moody) {
	t.Helper()
	st, err := store.New(store.Config{DB: &store.MemoryDB{}, Key: slices.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	m := &moody{Store: st}
	fx := &fixture{p: &platform{}, flow: loadText(t, text)}
	cfg := call.Config{Store: m, Sender: fx.p, Clock: clock{}, SendWithin: 100 * time.Millisecond,
		Flow: func(context.Context, string) (*flow.Flow, error) { return fx.flow, nil },
		Observe: func(c call.Change) {
			fx.mu.Lock()
			defer fx.mu.Unlock()
			fx.seen = append(fx.seen, c)
		}}
	if change != nil {
		change(&cfg)
	}
	if fx.Calls, err = call.New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := fx.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fx.Close)
	return fx, m
}

// callback is a delivery as the HTTP side makes it: it returns in time.
func (fx *fixture) callback(t *testing.T, id ivr.SessionID, evs ...ivr.Event) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2700*time.Millisecond)
	defer cancel()
	begun := time.Now()
	err := fx.Deliver(ctx, id, evs...)
	if took := time.Since(begun); took > 2900*time.Millisecond {
		t.Errorf("a callback was answered after %v", took)
	}
	return err
}

// A store that hangs and does not heed its context: callbacks are refused in time,
// a flood of them waits for nothing, and when the store is back the call goes on.
func TestStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx, m := overloaded(t, menuFlow, nil)
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		release := m.hang()
		before := runtime.NumGoroutine()
		const flood = 500
		var wg sync.WaitGroup
		var busy, at0 atomic.Int64
		begun := time.Now()
		for i := range flood {
			wg.Go(func() {
				err := fx.callback(t, "s", key('9', int64(i+1)))
				if errors.Is(err, call.ErrBusy) {
					busy.Add(1)
				}
				if time.Since(begun) == 0 {
					at0.Add(1)
				}
			})
		}
		synctest.Wait()
		if n := runtime.NumGoroutine() - before; n > 300 {
			t.Errorf("%d goroutines wait", n)
		}
		if at0.Load() < flood-100 {
			t.Errorf("%d of %d callbacks were refused at once", at0.Load(), flood)
		}
		wg.Wait()
		if busy.Load() != flood {
			t.Errorf("%d of %d callbacks were told that they are not kept", busy.Load(), flood)
		}
		time.Sleep(20 * time.Second) // the call is let go meanwhile
		if err := fx.callback(t, "s", key('9', 1)); err == nil {
			t.Error("a callback was taken although the store hangs")
		}
		release()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if err := fx.callback(t, "s", key('1', 1)); err != nil {
			t.Errorf("after the store came back: %v", err)
		}
		synctest.Wait()
		if s, ok := fx.Session("s"); !ok || s.State == "" || fx.Live() != 1 {
			t.Errorf("the call does not go on: %t %q, %d live", ok, s.State, fx.Live())
		}
		if c := fx.Counts(); c.StoreHangs != 0 || c.Uncertain == 0 || c.Waited < flood-100 {
			t.Errorf("counts %+v", c)
		}
	})
}

// A change that is written after it was given up is neither lost nor made twice.
func TestBeginsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx, m := overloaded(t, menuFlow, nil)
		release := m.hang()
		ev := ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: "c"}
		_, err := fx.Begin(t.Context(), engine.New("one", fx.flow, nil), fx.flow, ev)
		if !errors.Is(err, call.ErrUncertain) {
			t.Fatalf("Begin: %v, want ErrUncertain", err)
		}
		if fx.Live() != 0 {
			t.Fatal("a call is live that nobody knows to be stored")
		}
		release()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		id, err := fx.Begin(t.Context(), engine.New("two", fx.flow, nil), fx.flow, ev)
		time.Sleep(15 * time.Second)
		synctest.Wait()
		if id != "one" || err != nil || fx.Live() != 1 {
			t.Errorf("Begin again: %q, %v, %d live; want the first session", id, err, fx.Live())
		}
		want(t, "sent", fx.p.names(), []string{"Answer", "ReadCall"}) // what was said meanwhile is lost
	})
}

// So many requests may hang, and no more are made.
func TestHangingRequestsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx, m := overloaded(t, menuFlow, nil)
		release := m.hang()
		for i := range 1000 {
			go func() {
				_, _ = fx.Begin(t.Context(), engine.New(ivr.SessionID(fmt.Sprint("s", i)), fx.flow, nil), fx.flow,
					ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: ivr.CallID(fmt.Sprint("c", i))})
			}()
			if i%50 == 0 {
				time.Sleep(6 * time.Second)
			}
		}
		time.Sleep(time.Minute)
		if n := fx.Counts().StoreHangs; n > 400 {
			t.Errorf("%d requests hang", n)
		}
		release()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := fx.Counts().StoreHangs; n != 0 {
			t.Errorf("%d requests are said to hang", n)
		}
	})
}

const actFirst = `
ivr: 1
flow: act
prompts: {bye: "Goodbye.", sorry: "Sorry."}
actions:
  look: {outcomes: [ok], timeout: 2s}
start: main
states:
  main:
    - do: look
      failed: bye
    - goto: bye
  bye: [{play: bye}, end]
on_error: [{play: sorry}, end]
`

// An unanswered call of which nothing can be stored is sent away in time, once;
// not if the store is back before.
func TestUnansweredIsSentAway(t *testing.T) {
	for name, tt := range map[string]struct {
		back  time.Duration
		away  int
		sends []string
	}{
		"never back": {2 * time.Minute, 1, []string{"RunAction"}},
		"back":       {8 * time.Second, 0, []string{"RunAction", "Answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var away []time.Duration
				begun := time.Now()
				fx, m := overloaded(t, actFirst, func(c *call.Config) {
					c.Alone = true
					c.SendAway = func(to call.Address, sure bool) {
						mu.Lock()
						defer mu.Unlock()
						if to.Call != "call-s" || to.Session != "s" || !sure {
							t.Errorf("sent away: %+v", to)
						}
						away = append(away, time.Since(begun))
					}
				})
				fx.p.reply = func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
					if _, ok := cmd.(ivr.RunAction); ok {
						m.fail(errors.New("disk full"))
					}
					return call.Reply{}, false
				}
				fx.ring(t, "s")
				time.Sleep(tt.back)
				m.fail(nil)
				time.Sleep(30 * time.Second)
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				if len(away) != tt.away || tt.away > 0 && (away[0] < 11*time.Second || away[0] > 13*time.Second) {
					t.Errorf("sent away %v, want %d times about 12s", away, tt.away)
				}
				if tt.away == 0 {
					want(t, "sent", fx.p.names()[:2], tt.sends)
				}
			})
		})
	}
}

// A call of which nothing can be stored is ended politely; its session ends when
// the store is back. A process that may have lost its calls does nothing.
func TestFarewell(t *testing.T) {
	for name, alone := range map[string]bool{"alone": true, "with others": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fx, m := overloaded(t, menuFlow, func(c *call.Config) { c.Alone, c.WithoutStore = alone, time.Minute })
				fx.ring(t, "s")
				fx.tell(t, "s", audio())
				n := len(fx.p.names())
				m.fail(errors.New("disk full"))
				if err := fx.callback(t, "s", key('1', 1)); err == nil {
					t.Fatal("a key was kept without a store")
				}
				begun := time.Now()
				time.Sleep(59 * time.Second)
				synctest.Wait()
				if sent := fx.p.names()[n:]; len(sent) > 0 {
					t.Errorf("sent %v too early", sent)
				}
				time.Sleep(30 * time.Second)
				synctest.Wait()
				if !alone {
					want(t, "sent", fx.p.names()[n:], nil)
					return
				}
				want(t, "sent", fx.p.since(begun, n), []string{"CancelMedia at 1m0s", "PlayPrompt at 1m1s", "HangUp at 1m4s"})
				if fx.Live() != 1 || fx.Counts().Farewells != 1 {
					t.Errorf("%d live, counts %+v", fx.Live(), fx.Counts())
				}
				m.fail(nil)
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if fx.Live() != 0 {
					t.Error("the session did not end with its call")
				}
				if last := fx.seen[len(fx.seen)-1].Session; last.EndedBy != ivr.EndedByService {
					t.Errorf("ended by %q", last.EndedBy)
				}
			})
		})
	}
}

// A store that fails for less than that costs nothing: the results that waited are
// told, and the call goes on.
func TestStoreComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx, m := overloaded(t, menuFlow, func(c *call.Config) { c.Alone, c.WithoutStore = true, time.Minute })
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		m.fail(errors.New("no connection"))
		_ = fx.callback(t, "s", key('2', 1))
		time.Sleep(50 * time.Second)
		m.fail(nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if err := fx.callback(t, "s", key('2', 1)); err != nil {
			t.Error(err)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if c := fx.Counts(); c.Farewells != 0 {
			t.Errorf("%d farewells", c.Farewells)
		}
		if !slices.Contains(fx.p.names(), "RunAction") {
			t.Errorf("sent %v, want the action", fx.p.names())
		}
	})
}

// A panic of whatever is called costs a step of one call.
func TestPanics(t *testing.T) {
	t.Run("store", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fx, m := overloaded(t, menuFlow, nil)
			fx.ring(t, "s")
			m.panics = true
			if err := fx.callback(t, "s", audio()); err == nil {
				t.Error("a delivery succeeded that was not stored")
			}
			synctest.Wait()
			m.mu.Lock()
			m.panics = false
			m.mu.Unlock()
			time.Sleep(3 * time.Second)
			synctest.Wait()
			if err := fx.callback(t, "s", audio()); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			if s, _ := fx.Session("s"); s.State != "main.1/prompting" || fx.Counts().Panics == 0 {
				t.Errorf("state %q, %d panics", s.State, fx.Counts().Panics)
			}
		})
	})
	t.Run("observer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fx, _ := overloaded(t, menuFlow, func(c *call.Config) { c.Observe = func(call.Change) { panic("a bug in the observer") } })
			fx.ring(t, "s")
			fx.tell(t, "s", audio())
			want(t, "sent", fx.p.names(), []string{"Answer", "SubscribeToTone", "PlayPrompt"})
		})
	})
	t.Run("flow lookup", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fx, m := overloaded(t, menuFlow, func(c *call.Config) {
				c.Flow = func(context.Context, string) (*flow.Flow, error) { panic("a bug in the lookup") }
			})
			fx.ring(t, "s")
			m.fail(call.ErrUncertain)
			_ = fx.callback(t, "s", audio())
			m.fail(nil)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if sent := strings.Join(fx.p.names(), " "); sent != "Answer HangUp" {
				t.Errorf("sent %s; the call without a flow is hung up", sent)
			}
		})
	})
	t.Run("sender", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fx, _ := overloaded(t, menuFlow, nil)
			fx.p.reply = func(_ context.Context, cmd ivr.Command, try int) (call.Reply, bool) {
				if _, ok := cmd.(ivr.PlayPrompt); ok && try == 1 {
					panic("a bug in the sender")
				}
				return call.Reply{}, false
			}
			fx.ring(t, "s")
			fx.tell(t, "s", audio())
			if s, _ := fx.Session("s"); s.State != "on_error.1/playing" {
				t.Errorf("state %q, want on_error", s.State)
			}
		})
	})
	t.Run("timers of the lease", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fx, m := overloaded(t, menuFlow, nil)
			m.mu.Lock()
			m.panics = true
			m.mu.Unlock()
			time.Sleep(3 * time.Second)
			m.mu.Lock()
			m.panics = false
			m.mu.Unlock()
			time.Sleep(time.Minute)
			synctest.Wait()
			if err := fx.MaySend(); err != nil {
				t.Errorf("the lease is not renewed any more: %v", err)
			}
		})
	})
}

// There are as many calls as there may be; one more is refused, and has room when
// another has ended.
func TestMostCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx, _ := overloaded(t, menuFlow, func(c *call.Config) { c.MostCalls = 2 })
		fx.ring(t, "a")
		fx.ring(t, "b")
		begin := func() error {
			_, err := fx.Begin(t.Context(), engine.New("c", fx.flow, nil), fx.flow, ivr.CallIncoming{Head: now(), Call: "c"})
			return err
		}
		if err := begin(); !errors.Is(err, call.ErrFull) {
			t.Errorf("the third call: %v, want ErrFull", err)
		}
		if id, err := fx.Begin(t.Context(), engine.New("d", fx.flow, nil), fx.flow, ivr.CallIncoming{Head: now(), Call: "call-a"}); id != "a" || err != nil {
			t.Errorf("a repeat of the first: %q, %v", id, err)
		}
		fx.tell(t, "a", ended())
		if err := begin(); err != nil {
			t.Errorf("after one has ended: %v", err)
		}
		synctest.Wait()
	})
}

// A slow store: each callback is answered in time, and what was accepted was
// applied.
func TestStoreIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx, m := overloaded(t, menuFlow, nil)
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		m.mu.Lock()
		m.take = 2 * time.Second
		m.mu.Unlock()
		var wg sync.WaitGroup
		accepted := make([]bool, 40)
		for i := range accepted {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 300 * time.Millisecond)
				accepted[i] = fx.callback(t, "s", ivr.Signalled{Head: now(), ID: fmt.Sprint("n", i), Name: "x"}) == nil
			})
		}
		wg.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		applied := map[string]bool{}
		fx.mu.Lock()
		defer fx.mu.Unlock()
		for _, ch := range fx.seen {
			for _, ev := range ch.Events {
				if e, ok := ev.(ivr.Signalled); ok {
					applied[e.ID] = true
				}
			}
		}
		n := 0
		for i, ok := range accepted {
			if ok {
				n++
			}
			if ok && !applied[fmt.Sprint("n", i)] {
				t.Errorf("event %d was accepted, and is lost", i)
			}
		}
		if n == 0 || n == len(accepted) {
			t.Errorf("%d of %d were accepted: the test shows nothing", n, len(accepted))
		}
	})
}
