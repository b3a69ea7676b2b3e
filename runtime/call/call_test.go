package call_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

const menuFlow = `
ivr: 1
flow: menu
prompts: {ask: "Press 1.", bye: "Goodbye."}
actions:
  look: {outcomes: [ok], timeout: 2s}
start: main
states:
  main:
    - menu: ask
      keys: {1: bye, 2: act}
      gave_up: bye
  act:
    - do: look
      failed: bye
    - goto: bye
  bye: [{play: bye}, end]
`

func load(t testing.TB) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte(menuFlow)}}, "f.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// clock is real time, which a synctest bubble makes virtual.
type clock struct{}

func (clock) Now() time.Time { return time.Now() }
func (clock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}
func (clock) Go(f func()) { go f() }
func (clock) Within(d time.Duration, f func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-time.After(d):
		return false
	}
}

// platform is a sender that accepts everything, unless reply says otherwise.
type platform struct {
	mu    sync.Mutex
	sent  []string
	at    []time.Time
	reply func(ctx context.Context, cmd ivr.Command, try int) (call.Reply, bool)
	tries map[string]int
	watch func(to call.Address, cmd ivr.Command) // what is sent; may be nil
}

func (p *platform) Send(ctx context.Context, to call.Address, cmd ivr.Command) call.Reply {
	if p.watch != nil {
		p.watch(to, cmd)
	}
	name := fmt.Sprintf("%T", cmd)[len("ivr."):]
	p.mu.Lock()
	p.sent, p.at = append(p.sent, name), append(p.at, time.Now())
	if p.tries == nil {
		p.tries = map[string]int{}
	}
	p.tries[name]++
	try, reply := p.tries[name], p.reply
	p.mu.Unlock()
	if reply != nil {
		if r, ok := reply(ctx, cmd, try); ok {
			return r
		}
	}
	head := ivr.Head{At: time.Now(), Leg: ivr.CallerLeg}
	switch c := cmd.(type) {
	case ivr.Answer:
		return call.Reply{Event: ivr.OperationAccepted{Head: head, Op: c.Op}}
	case ivr.SubscribeToTone:
		return call.Reply{Event: ivr.OperationCompleted{Head: head, Op: c.Op}}
	case ivr.PlayPrompt:
		return call.Reply{Event: ivr.OperationAccepted{Head: head, Op: c.Op, Remote: fmt.Sprint("r", c.Op), Length: ivr.Duration(2 * time.Second)}}
	case ivr.HangUp:
		return call.Reply{Event: ivr.OperationCompleted{Head: head, Op: c.Op}}
	case ivr.RunAction:
		return call.Reply{Event: ivr.ActionReturned{Head: head, Op: c.Op, Outcome: "ok"}}
	}
	return call.Reply{}
}

func (p *platform) names() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

type fixture struct {
	*call.Calls
	p    *platform
	flow *flow.Flow
	seen []call.Change
	mu   sync.Mutex
}

func start(t *testing.T, p *platform, s call.Store) *fixture {
	t.Helper()
	fx := &fixture{p: p, flow: load(t)}
	var err error
	fx.Calls, err = call.New(call.Config{Store: s, Sender: p, Clock: clock{}, Observe: func(c call.Change) {
		fx.mu.Lock()
		defer fx.mu.Unlock()
		fx.seen = append(fx.seen, c)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fx.Close)
	return fx
}

func (fx *fixture) ring(t *testing.T, id ivr.SessionID) {
	t.Helper()
	ev := ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: ivr.CallID("call-" + id)}
	if _, err := fx.Begin(t.Context(), engine.New(id, fx.flow, nil), fx.flow, ev); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func (fx *fixture) tell(t *testing.T, id ivr.SessionID, evs ...ivr.Event) {
	t.Helper()
	if err := fx.Deliver(t.Context(), id, evs...); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func audio() ivr.Event {
	return ivr.CallChanged{Head: ivr.Head{At: time.Now()}, State: ivr.StateEstablished, Audio: ivr.AudioActive}
}

func key(k ivr.Key, seq int64) ivr.Event {
	return ivr.ToneReceived{Head: ivr.Head{At: time.Now()}, Key: k, Seq: seq}
}

// completePlay ends the prompt that plays.
func (fx *fixture) completePlay(t *testing.T, id ivr.SessionID) {
	t.Helper()
	s, ok := fx.Session(id)
	if !ok {
		t.Fatalf("session %s is not live", id)
	}
	fx.tell(t, id, ivr.OperationCompleted{Head: ivr.Head{At: time.Now()}, Op: s.Media.Op})
}

func want(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestCommandsLeaveInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{}, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		fx.tell(t, "s", key('1', 1))
		want(t, "sent", fx.p.names(), []string{"Answer", "SubscribeToTone", "PlayPrompt", "CancelMedia"})
		fx.completePlay(t, "s")
		fx.completePlay(t, "s")
		fx.tell(t, "s", ivr.CallTerminated{Head: ivr.Head{At: time.Now()}})
		want(t, "sent", fx.p.names(), []string{"Answer", "SubscribeToTone", "PlayPrompt", "CancelMedia", "PlayPrompt", "HangUp"})
		if _, ok := fx.Session("s"); ok || fx.Live() != 0 {
			t.Errorf("the session is still live after its end")
		}
		if err := fx.Deliver(t.Context(), "s", audio()); !errors.Is(err, call.ErrUnknown) {
			t.Errorf("an event after the end: %v, want ErrUnknown", err)
		}
	})
}

// A failing store changes nothing, and nothing leaves.
func TestNothingLeavesBeforeCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &flaky{}
		fx := start(t, &platform{}, s)
		fx.ring(t, "s")
		before, _ := fx.Session("s")
		s.fail(errors.New("disk full"))
		if err := fx.Deliver(t.Context(), "s", audio()); err == nil {
			t.Error("Deliver succeeded without a commit")
		}
		synctest.Wait()
		after, _ := fx.Session("s")
		if before.State != after.State || after.Leg.Audio {
			t.Errorf("the session moved without a commit: %+v", after.Leg)
		}
		want(t, "sent", fx.p.names(), []string{"Answer"})
		s.fail(nil)
		fx.tell(t, "s", audio())
		want(t, "sent", fx.p.names(), []string{"Answer", "SubscribeToTone", "PlayPrompt"})
	})
}

// A call that cannot be stored does not exist.
func TestBeginWithoutStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &flaky{}
		s.fail(errors.New("no disk"))
		fx := start(t, &platform{}, s)
		ev := ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: "c"}
		if _, err := fx.Begin(t.Context(), engine.New("s", fx.flow, nil), fx.flow, ev); err == nil {
			t.Error("Begin succeeded without a commit")
		}
		s.fail(nil)
		if _, err := fx.Begin(t.Context(), engine.New("s", fx.flow, nil), fx.flow, ev); err != nil {
			t.Errorf("the platform's repeat is refused: %v", err)
		}
		synctest.Wait()
	})
}

// The response of a request that could not be stored is not lost.
func TestResponseIsStoredLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &flaky{}
		p := &platform{}
		fx := start(t, p, s)
		p.reply = func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
			if _, ok := cmd.(ivr.Answer); ok {
				s.fail(errors.New("store is away")) // between the request and its response
			}
			return call.Reply{}, false
		}
		fx.ring(t, "s")
		time.Sleep(2500 * time.Millisecond)
		s.fail(nil)
		time.Sleep(time.Second)
		synctest.Wait()
		sess, _ := fx.Session("s")
		if len(sess.Ops) != 1 || !sess.Ops[0].Accepted {
			t.Errorf("the answer's response is lost: %+v", sess.Ops)
		}
	})
}

type flaky struct {
	store.Memory
	mu  sync.Mutex
	err error
}

func (f *flaky) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *flaky) Commit(ctx context.Context, c *call.Change) error {
	f.mu.Lock()
	err := f.err
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return f.Memory.Commit(ctx, c)
}

func TestRetries(t *testing.T) {
	fails := func(again bool, after time.Duration, times int) func(context.Context, ivr.Command, int) (call.Reply, bool) {
		return func(_ context.Context, cmd ivr.Command, try int) (call.Reply, bool) {
			c, ok := cmd.(ivr.Answer)
			if !ok || try > times {
				return call.Reply{}, false
			}
			return call.Reply{Again: again, After: after, Event: ivr.OperationFailed{Head: ivr.Head{At: time.Now()}, Op: c.Op,
				Result: ivr.Result{Code: 503, Reason: ivr.ReasonService}}}, true
		}
	}
	for name, c := range map[string]struct {
		reply func(context.Context, ivr.Command, int) (call.Reply, bool)
		waits []time.Duration // before each further answer
		state string
	}{
		"back-off":                      {fails(true, 0, 2), []time.Duration{500 * time.Millisecond, time.Second}, "main.1/prompting"},
		"three tries":                   {fails(true, 0, 9), []time.Duration{500 * time.Millisecond, time.Second}, "hanging_up"},
		"as asked":                      {fails(true, 4*time.Second, 1), []time.Duration{4 * time.Second}, "main.1/prompting"},
		"never past the 15 s to answer": {fails(true, 16*time.Second, 1), nil, "hanging_up"},
		"not allowed":                   {fails(false, 0, 1), nil, "hanging_up"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{reply: c.reply}
				fx := start(t, p, &store.Memory{})
				fx.ring(t, "s")
				time.Sleep(14 * time.Second)
				synctest.Wait()
				var answers []time.Time
				for i, n := range p.names() {
					if n == "Answer" {
						answers = append(answers, p.at[i])
					}
				}
				var waits []time.Duration
				for i := 1; i < len(answers); i++ {
					waits = append(waits, answers[i].Sub(answers[i-1]))
				}
				if !slices.Equal(waits, c.waits) {
					t.Errorf("waits %v, want %v", waits, c.waits)
				}
				if s, _ := fx.Session("s"); s.State != c.state {
					t.Errorf("state %q, want %q", s.State, c.state)
				}
			})
		})
	}
}

// A prompt that waits behind a throttled request is not sent once nobody wants
// it any more.
func TestStaleCommandsAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{reply: func(_ context.Context, cmd ivr.Command, try int) (call.Reply, bool) {
			c, ok := cmd.(ivr.SubscribeToTone)
			if !ok || try > 1 {
				return call.Reply{}, false
			}
			return call.Reply{Again: true, After: 10 * time.Second, Event: ivr.OperationFailed{Head: ivr.Head{At: time.Now()}, Op: c.Op,
				Result: ivr.Result{Code: 429, Reason: ivr.ReasonThrottled}}}, true
		}}
		fx := start(t, p, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", audio()) // the subscription waits 10 s, the menu's prompt behind it
		fx.tell(t, "s", key('1', 1))
		time.Sleep(5 * time.Second) // the cancelled prompt did not report: the next one is due
		synctest.Wait()
		want(t, "sent so far", fx.p.names(), []string{"Answer", "SubscribeToTone"})
		time.Sleep(6 * time.Second)
		synctest.Wait()
		want(t, "sent", fx.p.names(), []string{"Answer", "SubscribeToTone", "SubscribeToTone", "CancelMedia", "PlayPrompt"})
	})
}

// Timers fire once, in order, never early.
func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{}, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		fx.completePlay(t, "s")
		begun := time.Now()
		time.Sleep(5*time.Second - time.Nanosecond)
		synctest.Wait()
		if n := len(fx.p.names()); n != 3 {
			t.Fatalf("first_key fired early: %v", fx.p.names())
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		want(t, "sent", fx.p.names(), []string{"Answer", "SubscribeToTone", "PlayPrompt", "PlayPrompt"})
		if got := fx.p.at[3].Sub(begun); got != 5*time.Second {
			t.Errorf("fired after %v, want 5s", got)
		}
	})
}

// A panic costs one event: the call goes to on_error.
func TestPoison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{}, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		err := fx.Deliver(t.Context(), "s", poison{ivr.ToneReceived{Head: ivr.Head{At: time.Now()}}, new(sync.Once)})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		s, _ := fx.Session("s")
		if s.State != "on_error.1/playing" {
			t.Errorf("state %q, want on_error", s.State)
		}
		fx.mu.Lock()
		last := fx.seen[len(fx.seen)-1]
		fx.mu.Unlock()
		if last.Parked == nil {
			t.Error("the event is not recorded as parked")
		}
	})
}

// poison panics when the engine asks for its time the first time.
type poison struct {
	ivr.Event
	once *sync.Once
}

func (p poison) When() time.Time {
	p.once.Do(func() { panic("poison") })
	return p.Event.When()
}

// A hang-up cancels an action.
func TestActionIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		p := &platform{reply: func(ctx context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
			if _, ok := cmd.(ivr.RunAction); !ok {
				return call.Reply{}, false
			}
			<-ctx.Done()
			cause = context.Cause(ctx)
			return call.Reply{}, true
		}}
		fx := start(t, p, &store.Memory{})
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		fx.tell(t, "s", key('2', 1))
		if cause != nil {
			t.Fatal("the action was cancelled too early")
		}
		fx.tell(t, "s", ivr.CallTerminated{Head: ivr.Head{At: time.Now()}})
		if cause == nil {
			t.Error("the action goes on after the call's end")
		}
	})
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{}, &store.Memory{})
		fx.ring(t, "s")
		short, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("too slow"))
		defer cancel()
		if fx.Draining() {
			t.Error("draining before anybody said so")
		}
		if err := fx.Drain(short); err == nil || err.Error() != "too slow" {
			t.Errorf("Drain with a live call: %v, want the context's cause", err)
		}
		if !fx.Draining() {
			t.Error("not draining, with a call that Drain did not wait for")
		}
		ev := ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: "new"}
		if _, err := fx.Begin(t.Context(), engine.New("n", fx.flow, nil), fx.flow, ev); !errors.Is(err, call.ErrDraining) {
			t.Errorf("Begin while draining: %v, want ErrDraining", err)
		}
		done := make(chan error, 1)
		go func() { done <- fx.Drain(t.Context()) }()
		fx.tell(t, "s", ivr.CallTerminated{Head: ivr.Head{At: time.Now()}})
		if err := <-done; err != nil {
			t.Errorf("Drain after the last call: %v", err)
		}
	})
}

// The response of a request that was on its way when the call ended changes
// nothing, and nobody tries to store it again and again.
func TestResponseAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := make(chan struct{})
		p := &platform{reply: func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
			if _, ok := cmd.(ivr.PlayPrompt); ok {
				<-held
			}
			return call.Reply{}, false
		}}
		counted := &countingStore{}
		fx := start(t, p, counted)
		fx.ring(t, "s")
		fx.tell(t, "s", audio())
		fx.tell(t, "s", ivr.CallTerminated{Head: ivr.Head{At: time.Now()}})
		before := counted.commits.Load()
		close(held)
		time.Sleep(time.Minute) // virtual
		if got := counted.commits.Load() - before; got != 0 || fx.Live() != 0 {
			t.Errorf("after the end: %d commits and %d live calls, want none", got, fx.Live())
		}
	})
}

// countingStore counts what is asked of a memory store.
type countingStore struct {
	store.Memory
	commits atomic.Int64
}

func (s *countingStore) Commit(ctx context.Context, c *call.Change) error {
	s.commits.Add(1)
	return s.Memory.Commit(ctx, c)
}

// The same incoming call, told twice, is one session.
func TestIncomingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{}, &store.Memory{})
		fx.ring(t, "s")
		ev := ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: "call-s"}
		id, err := fx.Begin(t.Context(), engine.New("other", fx.flow, nil), fx.flow, ev)
		if err != nil || id != "s" || fx.Live() != 1 {
			t.Errorf("Begin again: %q, %v, %d live; want the first session", id, err, fx.Live())
		}
		synctest.Wait()
		want(t, "sent", fx.p.names(), []string{"Answer"})
	})
}

// Many calls at once, each told its events by several goroutines.
func TestConcurrentCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fx := start(t, &platform{}, &store.Memory{})
		const calls = 200
		var wg sync.WaitGroup
		for i := range calls {
			wg.Go(func() {
				id := ivr.SessionID(fmt.Sprint("s", i))
				ev := ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: ivr.CallID(id)}
				if _, err := fx.Begin(t.Context(), engine.New(id, fx.flow, nil), fx.flow, ev); err != nil {
					t.Error(err)
					return
				}
				var inner sync.WaitGroup
				for range 3 {
					inner.Go(func() { _ = fx.Deliver(t.Context(), id, audio(), key('9', 1)) })
				}
				inner.Wait()
				if err := fx.Deliver(t.Context(), id, ivr.CallTerminated{Head: ivr.Head{At: time.Now()}}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		if fx.Live() != 0 {
			t.Errorf("%d calls are left", fx.Live())
		}
	})
}
