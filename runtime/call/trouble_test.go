package call_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

func now() ivr.Head { return ivr.Head{At: time.Now(), Leg: ivr.CallerLeg} }

func ended() ivr.Event { return ivr.CallTerminated{Head: now()} }

// throttledPlay refuses the first prompts, with a wait.
func throttledPlay(times int, after time.Duration) func(context.Context, ivr.Command, int) (call.Reply, bool) {
	return func(_ context.Context, cmd ivr.Command, try int) (call.Reply, bool) {
		c, ok := cmd.(ivr.PlayPrompt)
		if !ok || try > times {
			return call.Reply{}, false
		}
		return call.Reply{Again: true, After: after, Event: ivr.OperationFailed{Head: now(), Op: c.Op,
			Result: ivr.Result{Code: 429, Reason: ivr.ReasonThrottled}}}, true
	}
}

// since is what was sent from the n-th command on, and when.
func (p *platform) since(begun time.Time, n int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for i := n; i < len(p.sent); i++ {
		list = append(list, fmt.Sprintf("%s at %v", p.sent[i], p.at[i].Sub(begun)))
	}
	return list
}

// A cancel does not wait for the prompt that it is meant for, and that prompt is
// not sent any more.
func TestCancelOvertakesRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{reply: throttledPlay(1, 8*time.Second)}, &store.Memory{})
		fx.ring(t, "s")
		begun := time.Now()
		fx.tell(t, "s", audio())
		time.Sleep(time.Second)
		fx.tell(t, "s", key('1', 1))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		want(t, "sent", fx.p.since(begun, 1), []string{"SubscribeToTone at 0s", "PlayPrompt at 0s", "CancelMedia at 1s", "PlayPrompt at 1s"})
	})
}

// A wait that is longer than the engine has patience is not begun: the flow is
// told at once.
func TestRetryNeverPastDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{reply: throttledPlay(1, 25*time.Second)}, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		if s, _ := fx.Session("s"); s.State != "on_error.1/playing" {
			t.Errorf("state %q, want on_error at once", s.State)
		}
	})
}

// The caller leaves while a request waits for another try: it is not sent any
// more, and nothing is left.
func TestCallerLeavesDuringRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{reply: throttledPlay(9, 5*time.Second)}, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		time.Sleep(time.Second)
		fx.tell(t, "s", ended())
		time.Sleep(time.Minute)
		synctest.Wait()
		want(t, "sent", fx.p.names(), []string{"Answer", "SubscribeToTone", "PlayPrompt"})
		if fx.Live() != 0 {
			t.Error("the call is still live")
		}
	})
}

// A hang-up ends the request that is on its way, and nothing that was queued
// goes before it.
func TestHangUpMakesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		p := &platform{reply: func(ctx context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
			c, ok := cmd.(ivr.PlayPrompt)
			if !ok {
				return call.Reply{}, false
			}
			<-ctx.Done()
			cause = context.Cause(ctx)
			return call.Reply{Again: true, Event: ivr.OperationUnknown{Head: now(), Op: c.Op}}, true
		}}
		fx := start(t, p, &store.Memory{})
		fx.ring(t, "s")
		begun := time.Now()
		fx.tell(t, "s", audio())
		time.Sleep(time.Second)
		fx.HangUp(t.Context())
		synctest.Wait()
		if cause == nil {
			t.Error("the request goes on")
		}
		want(t, "sent", fx.p.since(begun, 1), []string{"SubscribeToTone at 0s", "PlayPrompt at 0s", "HangUp at 1s"})
		fx.tell(t, "s", ended())
		if err := fx.Drain(t.Context()); err != nil || fx.Live() != 0 {
			t.Errorf("%d calls live after HangUp, %v", fx.Live(), err)
		}
	})
}

// A session is begun once, and whoever is told so can rely on it: if the first
// of two notifications cannot be stored, the second one begins the call.
func TestBeginTwiceFirstFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &gatedStore{gate: make(chan error)}
		fx := start(t, &platform{}, s)
		ev := ivr.CallIncoming{Head: now(), Call: "c"}
		results := make(chan string, 2)
		begin := func(id ivr.SessionID) {
			got, err := fx.Begin(t.Context(), engine.New(id, fx.flow, nil), fx.flow, ev)
			results <- fmt.Sprintf("%s %t", got, err == nil)
		}
		go begin("one")
		synctest.Wait() // the first waits for the store
		go begin("two") // the second for the first: on a lock, which Wait would not see
		s.gate <- errors.New("disk full")
		synctest.Wait()
		s.gate <- nil
		synctest.Wait()
		got := []string{<-results, <-results}
		slices.Sort(got)
		want(t, "sessions", got, []string{" false", "two true"})
		if fx.Live() != 1 {
			t.Errorf("%d calls are live, want one", fx.Live())
		}
		close(s.gate)
		synctest.Wait()
		fx.tell(t, "two", ended())
	})
}

// gatedStore waits at each commit until the test says how it ends.
type gatedStore struct {
	store.Memory
	gate chan error
}

func (s *gatedStore) Commit(ctx context.Context, c *call.Change) error {
	if err := <-s.gate; err != nil {
		return err
	}
	return s.Memory.Commit(ctx, c)
}

// An event that comes while the session is being begun waits for that.
func TestDeliverDuringBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &gatedStore{gate: make(chan error)}
		fx := start(t, &platform{}, s)
		go func() {
			if _, err := fx.Begin(t.Context(), engine.New("s", fx.flow, nil), fx.flow, ivr.CallIncoming{Head: now(), Call: "c"}); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		delivered := make(chan struct{})
		go func() {
			if err := fx.Deliver(t.Context(), "s", ended()); err != nil {
				t.Error(err)
			}
			close(delivered)
		}()
		close(s.gate)
		<-delivered
		synctest.Wait()
		if fx.Live() != 0 {
			t.Error("the end of the call is lost")
		}
	})
}

// A late repeat of an incoming call that has ended starts nothing.
func TestIncomingAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{}, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", ended())
		before := len(fx.p.names())
		time.Sleep(10 * time.Minute)
		id, err := fx.Begin(t.Context(), engine.New("other", fx.flow, nil), fx.flow, ivr.CallIncoming{Head: now(), Call: "call-s"})
		synctest.Wait()
		if id != "s" || err != nil || fx.Live() != 0 || len(fx.p.names()) != before {
			t.Errorf("Begin after the end: %q, %v, %d live; want the old session", id, err, fx.Live())
		}
	})
}

// A session id that is taken is refused, and the call that has it goes on.
func TestSessionIDTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{}, &store.Memory{})
		fx.ring(t, "s")
		_, err := fx.Begin(t.Context(), engine.New("s", fx.flow, nil), fx.flow, ivr.CallIncoming{Head: now(), Call: "other"})
		if !errors.Is(err, call.ErrExists) || fx.Live() != 1 {
			t.Errorf("Begin: %v, %d live; want ErrExists and one", err, fx.Live())
		}
		if _, err := fx.Begin(t.Context(), engine.New("n", fx.flow, nil), fx.flow, ivr.CallIncoming{Head: now()}); err == nil {
			t.Error("a call without an id was begun")
		}
		fx.tell(t, "s", audio())
		if s, _ := fx.Session("s"); s.State != "main.1/prompting" {
			t.Errorf("state %q, want the prompt", s.State)
		}
	})
}

// Close in the middle of a retry: nothing is sent or taken any more.
func TestCloseDuringRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &countingStore{}
		fx := start(t, &platform{reply: throttledPlay(9, 5*time.Second)}, s)
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		fx.Close()
		fx.Close()
		if err := fx.Deliver(t.Context(), "s", key('1', 1)); !errors.Is(err, call.ErrClosed) {
			t.Errorf("Deliver after Close: %v, want ErrClosed", err)
		}
		if _, err := fx.Begin(t.Context(), engine.New("n", fx.flow, nil), fx.flow, ivr.CallIncoming{Head: now(), Call: "n"}); !errors.Is(err, call.ErrClosed) {
			t.Errorf("Begin after Close: %v, want ErrClosed", err)
		}
		commits := s.commits.Load()
		time.Sleep(time.Hour) // timers of the call that was left
		synctest.Wait()
		want(t, "sent", fx.p.names(), []string{"Answer", "SubscribeToTone", "PlayPrompt"})
		if got := s.commits.Load() - commits; got != 0 {
			t.Errorf("%d commits after Close", got)
		}
	})
}

// A response that cannot be stored when the process ends is not stored for ever.
func TestCloseWithoutStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &flaky{}
		p := &platform{reply: func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
			if _, ok := cmd.(ivr.Answer); ok {
				s.fail(errors.New("store is away"))
			}
			return call.Reply{}, false
		}}
		fx := start(t, p, s)
		fx.ring(t, "s")
		time.Sleep(1500 * time.Millisecond)
		fx.Close() // a goroutine or a chain of timers that goes on would end the test as a leak
	})
}

// While the store takes nothing that is told once, not for each call and each try;
// and once when all is stored, with how much had to wait.
func TestStoreAwayIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 20
		c, m := newCluster(t, menuFlow), &mortal{}
		var text bytes.Buffer
		var mu sync.Mutex
		c.log = slog.New(slog.NewTextHandler(locked{&text, &mu}, nil))
		p := &platform{reply: func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
			if _, ok := cmd.(ivr.Answer); ok {
				time.Sleep(time.Second)
			}
			return call.Reply{}, false
		}}
		fx := c.node(t, p, func(s call.Store) call.Store { m.Store = s; return m })
		defer fx.Close()
		for i := range calls {
			fx.ring(t, ivr.SessionID(fmt.Sprint("s", i)))
		}
		if fx.Refused() {
			t.Error("nothing was refused yet")
		}
		m.dead.Store(true)
		time.Sleep(5 * time.Second)
		if !fx.Refused() {
			t.Error("it does not say that the store refuses everything")
		}
		m.dead.Store(false)
		time.Sleep(5 * time.Second)
		if fx.Refused() {
			t.Error("it says that the store refuses something")
		}
		mu.Lock()
		defer mu.Unlock()
		if n := strings.Count(text.String(), "not stored yet"); n != 1 {
			t.Errorf("%d lines say that something is not stored, want 1:\n%s", n, &text)
		}
		if end := fmt.Sprintf(`msg="all is stored that had to wait" changes=%d after=`, calls); strings.Count(text.String(), end) != 1 {
			t.Errorf("want one line with %s:\n%s", end, &text)
		}
	})
}

// locked is a writer for many.
type locked struct {
	io.Writer
	*sync.Mutex
}

func (l locked) Write(b []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.Writer.Write(b)
}

// Close does not wait for ever for an action that does not heed its context.
func TestCloseWithStuckAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		p := &platform{reply: func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
			if _, ok := cmd.(ivr.RunAction); ok {
				<-free
			}
			return call.Reply{}, false
		}}
		fx := start(t, p, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		fx.tell(t, "s", key('2', 1))
		begun := time.Now()
		fx.Close()
		if took := time.Since(begun); took != 5*time.Second {
			t.Errorf("Close took %v, want 5s", took)
		}
		close(free)
	})
}

// A sender that panics costs one command.
func TestSenderPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{reply: func(_ context.Context, cmd ivr.Command, try int) (call.Reply, bool) {
			if _, ok := cmd.(ivr.PlayPrompt); ok && try == 1 {
				panic("no voice")
			}
			if _, ok := cmd.(ivr.RunAction); ok {
				panic("no action")
			}
			return call.Reply{}, false
		}}
		fx := start(t, p, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		if s, _ := fx.Session("s"); s.State != "on_error.1/playing" {
			t.Errorf("state %q after a prompt's panic, want on_error", s.State)
		}
		fx.ring(t, "a")
		fx.tell(t, "a", audio())
		fx.tell(t, "a", key('2', 1))
		if s, _ := fx.Session("a"); s.State != "bye.1/playing" {
			t.Errorf("state %q after an action's panic, want the handler of failed", s.State)
		}
	})
}

// What panics in the handling of a panic ends its session, with a hang-up.
func TestPoisonTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{}, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		fx.flow.Steps = nil // no engine can run that
		fx.tell(t, "s", key('1', 1))
		want(t, "sent", fx.p.names(), []string{"Answer", "SubscribeToTone", "PlayPrompt", "HangUp"})
		if fx.Live() != 0 {
			t.Error("the session is still live")
		}
		fx.mu.Lock()
		last := fx.seen[len(fx.seen)-1]
		fx.mu.Unlock()
		if last.Parked == nil || last.Session.EndedBy != ivr.EndedByError {
			t.Errorf("parked %v, ended by %q; want the event, and error", last.Parked, last.Session.EndedBy)
		}
	})
}

// An observer that panics does not reach the call.
func TestObserverPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, f := &platform{}, load(t)
		c, err := call.New(call.Config{Store: &store.Memory{}, Sender: p, Clock: clock{}, Observe: func(call.Change) { panic("observer") }})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Begin(t.Context(), engine.New("s", f, nil), f, ivr.CallIncoming{Head: now(), Call: "c"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want(t, "sent", p.names(), []string{"Answer"})
	})
}

// What cannot be recorded as being sent is not sent, tried again, and then told
// as a failure.
func TestSendingNotRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const text = `
ivr: 1
flow: sends
start: main
states: {main: [{redirect: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: end}]}
`
		fx := start(t, &platform{}, &forgetful{})
		fx.flow = loadText(t, text)
		fx.ring(t, "s")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := fx.p.names(); !slices.Equal(got, []string{"Reject"}) {
			t.Errorf("sent %v; want no redirect, and the end", got)
		}
	})
}

// forgetful is a store that cannot record what is being sent.
type forgetful struct{ store.Memory }

func (f *forgetful) Commit(ctx context.Context, c *call.Change) error {
	for _, p := range c.Pending {
		if p.Sent {
			return errors.New("read-only")
		}
	}
	return f.Memory.Commit(ctx, c)
}

func loadText(t *testing.T, text string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte(text)}}, "f.ivr.yaml")
	if err != nil || f == nil {
		t.Fatal(err, list)
	}
	return f
}

// That a request which changes something leaves is on record first; one that
// only reads needs no record. Both are cancelled when the call ends.
func TestHTTPRequestIsRecorded(t *testing.T) {
	for method, recorded := range map[string]bool{"get": false, "post": true} {
		synctest.Test(t, func(t *testing.T) {
			const text = `
ivr: 1
flow: asks
start: main
states: {main: [answer, {http: {METHOD: "https://api.example.com/"}, failed: end}, end]}
`
			f := loadText(t, strings.Replace(text, "METHOD", method, 1))
			s := &noting{}
			atSend, cancelled := -1, false
			p := &platform{reply: func(ctx context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
				c, ok := cmd.(ivr.HTTPRequest)
				if !ok {
					return call.Reply{}, false
				}
				atSend = s.count(c.Op)
				<-ctx.Done()
				cancelled = true
				return call.Reply{Event: ivr.ActionReturned{Op: c.Op, Outcome: "failed"}}, true
			}}
			fx := start(t, p, s)
			fx.flow = f
			fx.ring(t, "s")
			fx.tell(t, "s", audio())
			if want := map[bool]int{true: 1}[recorded]; atSend != want || cancelled {
				t.Errorf("%s: recorded %d times when it was sent, want %d; cancelled %t", method, atSend, want, cancelled)
			}
			fx.tell(t, "s", ivr.CallTerminated{Head: ivr.Head{At: time.Now()}})
			if !cancelled {
				t.Errorf("%s: the request goes on after the call's end", method)
			}
		})
	}
}

// noting is a store that keeps what was recorded as being sent.
type noting struct {
	store.Memory
	mu  sync.Mutex
	ops []ivr.OpID
}

func (n *noting) Commit(ctx context.Context, c *call.Change) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ops = nil
	for _, p := range c.Pending {
		if p.Sent {
			n.ops = append(n.ops, opID(p.Cmd))
		}
	}
	return n.Memory.Commit(ctx, c)
}

func opID(cmd ivr.Command) ivr.OpID {
	if c, ok := cmd.(ivr.HTTPRequest); ok {
		return c.Op
	}
	return 0
}

func (n *noting) count(op ivr.OpID) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(n.ops), func(o ivr.OpID) bool { return o != op }))
}

// Timers that are due at the same instant come one after another, the oldest
// first, and each once.
func TestTimersAtOneInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{}, &store.Memory{})
		for _, id := range []ivr.SessionID{"a", "b", "c"} {
			fx.ring(t, id)
		}
		time.Sleep(time.Minute) // unanswered: each is answered at once, and given up 30 s later
		synctest.Wait()
		fx.mu.Lock()
		defer fx.mu.Unlock()
		seen := map[string]int{}
		last := map[ivr.SessionID]ivr.TimerID{}
		at := map[ivr.SessionID]time.Time{}
		for _, ch := range fx.seen {
			for _, ev := range ch.Events {
				e, ok := ev.(ivr.TimerExpired)
				if !ok {
					continue
				}
				id := ch.Session.ID
				seen[fmt.Sprint(id, e.Timer)]++
				if e.At.Equal(at[id]) && e.Timer < last[id] {
					t.Errorf("session %s: timer %d after %d at one instant", id, e.Timer, last[id])
				}
				last[id], at[id] = e.Timer, e.At
			}
		}
		for what, n := range seen {
			if n > 1 {
				t.Errorf("timer %s ran out %d times", what, n)
			}
		}
		if len(seen) < 3 {
			t.Errorf("%d timers ran out, want one a call at least", len(seen))
		}
	})
}

// Everything at once, for the race detector.
func TestStorm(t *testing.T) {
	fx := start(t, &platform{}, &store.Memory{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 60 {
				id := ivr.SessionID(fmt.Sprint("s", i/2, "-", n)) // each by two goroutines
				_, _ = fx.Begin(t.Context(), engine.New(id, fx.flow, nil), fx.flow, ivr.CallIncoming{Head: now(), Call: ivr.CallID(id)})
				for _, ev := range []ivr.Event{audio(), key('2', int64(n)), key('1', int64(n+1)), ended()} {
					_ = fx.Deliver(t.Context(), id, ev)
					fx.Session(id)
				}
			}
		})
	}
	wg.Go(func() { fx.HangUp(t.Context()) })
	wg.Wait()
	fx.Close()
	if n := fx.Live(); n != 0 {
		t.Errorf("%d calls are left", n)
	}
}

// Of thousands of calls whose timers run out at one moment not all ask the store at
// once, and all of them go on.
func TestManyTimersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls, most = 2000, 512
		s := &crowded{}
		fx := start(t, &platform{}, s)
		for i := range calls {
			fx.ring(t, ivr.SessionID(fmt.Sprint("s", i)))
			fx.tell(t, ivr.SessionID(fmt.Sprint("s", i)), audio())
		}
		s.slow.Store(true)
		before := s.all.Load()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := s.most.Load(); n > most || n < most/2 {
			t.Errorf("%d asked the store at once, want %d at most", n, most)
		}
		if n := s.all.Load() - before; n < calls {
			t.Errorf("%d changes, want one for each of %d calls at least", n, calls)
		}
	})
}

// crowded is a store that knows how many timers are stored at once.
type crowded struct {
	store.Memory
	slow           atomic.Bool
	now, most, all atomic.Int64
}

func (s *crowded) Commit(ctx context.Context, c *call.Change) error {
	if !slices.ContainsFunc(c.Events, func(ev ivr.Event) bool { _, is := ev.(ivr.TimerExpired); return is }) {
		return s.Memory.Commit(ctx, c)
	}
	n := s.now.Add(1)
	defer s.now.Add(-1)
	s.all.Add(1)
	if s.slow.Load() {
		for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
		}
		time.Sleep(10 * time.Millisecond)
	}
	return s.Memory.Commit(ctx, c)
}
