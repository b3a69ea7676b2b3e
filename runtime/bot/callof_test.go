package bot_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const heldFlow = `
ivr: 1
flow: held
prompts: {hello: {file: hello.wav}, sorry: {file: bye.wav}}
vars:
  code: {type: digits, length: 2, default: "42"}
  pin: {type: digits, default: "47110815", sensitive: true}
  note: {type: string, default: "he said 47110815"}
actions: {greet: {in: [code], outcomes: [ok, unknown], timeout: 2s}}
start: main
states:
  main:
    - play: hello
    - wait: {for: 5m, signal: go}
      signalled: [{do: greet, unknown: end}, end]
    - goto: main
on_error: [{play: sorry}, {goto: main}]
`

const calledOut = `
ivr: 1
flow: out
kind: outgoing
prompts: {hello: {file: hello.wav}}
params: {whom: {type: string}, name: {type: string, default: ""}}
start: main
states:
  main:
    - dial: {user: "${whom}"}
      busy: end
      no_answer: end
      declined: end
      failed: end
    - play: hello
    - wait: 5m
    - end
`

const (
	someUser  = "5f0c7c7e-0000-4000-8000-000000000001"
	otherUser = "5f0c7c7e-0000-4000-8000-000000000002"
)

func heldFlows(t *testing.T) []*flow.Flow {
	t.Helper()
	var all []*flow.Flow
	for _, text := range []string{heldFlow, calledOut} {
		files := shortFiles()
		files["f.ivr.yaml"] = files["short.ivr.yaml"]
		files["f.ivr.yaml"].Data = []byte(text)
		f, list, err := flow.Load(files, "f.ivr.yaml")
		if err != nil || f == nil {
			t.Fatalf("%v\n%s", err, list)
		}
		all = append(all, f)
	}
	return all
}

// twoNodes are a bot that takes calls, and another that shares its store and has
// none.
func twoNodes(t *testing.T, change ...func(*bot.Config)) (*onTheWire, *bot.Bot) {
	t.Helper()
	var cfg bot.Config
	w := connect(t, func(c *bot.Config) {
		c.Flows, c.DB, c.Key, c.Shared = heldFlows(t), &store.MemoryDB{}, []byte("a key that outlives processes...."), true
		c.DrainFor = time.Millisecond
		c.Routes = []bot.Route{{Flow: "held"}}
		for _, f := range change {
			f(c)
		}
		cfg = *c
	})
	cfg.Observe = nil
	other, err := bot.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	greetsAll(t, other)
	if err := other.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	return w, other
}

// waits is a call that came in and waits for a signal.
func waits(t *testing.T, w *onTheWire) *graphsim.Call {
	t.Helper()
	caller, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	await(t, w, func(e graphsim.PromptEnded) bool { return e.Call == caller.ID() })
	return caller
}

// A call is found by its session and by Graph's id, on the node that has it and on
// any other, and both see the same of it: nothing that is sensitive.
func TestCallFound(t *testing.T) {
	w, other := twoNodes(t)
	caller := waits(t, w)
	for name, b := range map[string]*bot.Bot{"its node": w.bot, "another": other} {
		c, err := b.Call(t.Context(), string(caller.ID()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := b.Call(t.Context(), string(c.Session))
		if err != nil || again.Session != c.Session {
			t.Fatalf("%s: by its session: %v, %v", name, again, err)
		}
		is, err := c.State(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if is.Flow != "held" || len(is.Legs) != 1 || is.Legs[0].Call != caller.ID() || is.Answered.IsZero() || is.Node == "" {
			t.Errorf("%s: %+v", name, is)
		}
		if len(is.Vars) != 2 || is.Vars["code"] != "42" || is.Vars["note"] != "he said ***" {
			t.Errorf("%s: shown variables %v, want code, and note without the PIN", name, is.Vars)
		}
		g, err := c.Graph(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := g.Get(t.Context()); err != nil || got.State != ivr.StateEstablished {
			t.Errorf("%s: Graph's resource: %v, %v", name, got.State, err)
		}
	}
	for _, id := range []string{"", "nobody", "5f0c7c7e-0000-4000-8000-00000000dead"} {
		if c, err := other.Call(t.Context(), id); !errors.Is(err, call.ErrUnknown) {
			t.Errorf("call %q: %v, %v; want ErrUnknown", id, c, err)
		}
	}
}

// Whoever hangs up, transfers or signals need not have the call.
func TestCallActedOn(t *testing.T) {
	for name, tt := range map[string]struct {
		act   func(*testing.T, *bot.Call) error
		ended ivr.EndedBy
	}{
		"hang up": {func(t *testing.T, c *bot.Call) error { return c.HangUp(t.Context(), "ann") }, ivr.EndedByOperator},
		"transfer": {func(t *testing.T, c *bot.Call) error {
			return c.Transfer(t.Context(), ivr.Target{Kind: ivr.PartyUser, ID: someUser}, "ann")
		}, ivr.EndedByTransfer},
		"signal": {func(t *testing.T, c *bot.Call) error { return c.Signal(t.Context(), "go") }, ivr.EndedByFlow},
	} {
		for _, elsewhere := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				w, b := twoNodes(t)
				if !elsewhere {
					b = w.bot
				}
				caller := waits(t, w)
				c, err := b.Call(t.Context(), string(caller.ID()))
				if err == nil {
					err = tt.act(t, c)
				}
				if err != nil {
					t.Fatal(err)
				}
				await(t, w, anyOf[graphsim.Ended])
				w.finished(t, tt.ended)
				if _, err := c.State(t.Context()); !errors.Is(err, call.ErrUnknown) {
					t.Errorf("after the end: %v, want ErrUnknown", err)
				}
				if err := tt.act(t, c); !errors.Is(err, call.ErrUnknown) {
					t.Errorf("once more: %v, want ErrUnknown", err)
				}
			})
		}
	}
}

// A transfer that fails leaves the caller with the flow's on_error.
func TestCallTransferFails(t *testing.T) {
	w, other := twoNodes(t)
	w.sim.SetTarget(someUser, graphsim.Busy)
	caller := waits(t, w)
	c, err := other.Call(t.Context(), string(caller.ID()))
	if err == nil {
		err = c.Transfer(t.Context(), ivr.Target{Kind: ivr.PartyUser, ID: someUser}, "ann")
	}
	if err != nil {
		t.Fatal(err)
	}
	await(t, w, anyOf[graphsim.TransferFailed])
	for range 2 { // on_error, and the flow's beginning
		await(t, w, func(e graphsim.PromptEnded) bool { return !e.Cancelled })
	}
	caller.HangUp()
	w.finished(t, ivr.EndedByCaller)
}

func TestTransferTargets(t *testing.T) {
	w, _ := twoNodes(t, func(c *bot.Config) { c.Phones = []string{"+4420"} })
	caller := waits(t, w)
	c, err := w.bot.Call(t.Context(), string(caller.ID()))
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []ivr.Target{{}, {Kind: "desk", ID: someUser}, {Kind: ivr.PartyUser}, {Kind: ivr.PartyUser, ID: "ann@example.com"}, {Kind: ivr.PartyBot, ID: someUser},
		{Kind: ivr.PartyPhone, ID: "+4930123456"}, {Kind: ivr.PartyPhone, ID: "+44201"}, {Kind: ivr.PartyPhone, ID: "02071838750"}} {
		if err := c.Transfer(t.Context(), to, "ann"); !errors.Is(err, bot.ErrTarget) {
			t.Errorf("to %v: %v, want ErrTarget", to, err)
		}
	}
	if is, err := c.State(t.Context()); err != nil || !strings.HasPrefix(is.State, "main.") {
		t.Errorf("the call is in %s, %v; want it untouched", is.State, err)
	}
}

// What the flow does itself is refused, and nothing of it reaches Graph; the rest
// does.
func TestCallGraph(t *testing.T) {
	w, other := twoNodes(t)
	caller := waits(t, w)
	c, err := other.Call(t.Context(), string(caller.ID()))
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.Graph(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for name, refused := range map[string]func() error{
		"delete":   func() error { return g.Delete(ctx) },
		"answer":   func() error { return g.Answer(ctx, graph.AnswerCall{}) },
		"reject":   func() error { return g.Reject(ctx, graph.RejectRequest{}) },
		"redirect": func() error { return g.Redirect(ctx, graph.RedirectRequest{}) },
		"transfer": func() error { return g.Transfer(ctx, graph.TransferRequest{}) },
		"play":     func() error { _, err := g.PlayPrompt(ctx, graph.PlayPromptRequest{}); return err },
		"record":   func() error { _, err := g.RecordResponse(ctx, graph.RecordResponseRequest{}); return err },
		"cancel":   func() error { _, err := g.CancelMediaProcessing(ctx, ""); return err },
		"tones":    func() error { _, err := g.SubscribeToTone(ctx, ""); return err },
		"send":     func() error { _, err := g.SendDtmfTones(ctx, graph.SendDtmfTonesRequest{}); return err },
	} {
		if err := refused(); !errors.Is(err, bot.ErrFlowOwns) {
			t.Errorf("%s: %v, want ErrFlowOwns", name, err)
		}
	}
	if err := g.KeepAlive(ctx); err != nil {
		t.Errorf("keepAlive: %v", err)
	}
	caller.HangUp()
	w.finished(t, ivr.EndedByCaller)
}

// An order with a key is carried out once, whoever is told, however often.
func TestOrderWithKey(t *testing.T) {
	w, other := twoNodes(t)
	order := bot.Order{Flow: "out", Params: map[string]any{"whom": someUser}, Key: "order 1"}
	first, err := other.Dial(t.Context(), order)
	if err != nil || !first.Fresh {
		t.Fatalf("the first time: %+v, %v", first, err)
	}
	first.Fresh = false
	await(t, w, anyOf[graphsim.PickedUp])
	for _, b := range []*bot.Bot{w.bot, other} {
		if again, err := b.Dial(t.Context(), order); err != nil || again != first {
			t.Errorf("told again: %+v, %v; want %+v", again, err, first)
		}
		changed := order
		changed.Params = map[string]any{"whom": otherUser}
		if _, err := b.Dial(t.Context(), changed); !errors.Is(err, bot.ErrKeyUsed) {
			t.Errorf("another order with the key: %v, want ErrKeyUsed", err)
		}
	}
	c, err := w.bot.Call(t.Context(), string(first.Session))
	if err == nil {
		err = c.HangUp(t.Context(), "ann")
	}
	if err != nil {
		t.Fatal(err)
	}
	await(t, w, anyOf[graphsim.Ended])
	if again, err := other.Dial(t.Context(), order); err != nil || again != first {
		t.Errorf("told after its end: %+v, %v; want %+v", again, err, first)
	}
	bad := bot.Order{Flow: "out", Key: "order 2"}
	if _, err := w.bot.Dial(t.Context(), bad); !errors.Is(err, bot.ErrOrder) {
		t.Errorf("an order without its parameter: %v, want ErrOrder", err)
	}
	order.Key = "order 2"
	if mended, err := w.bot.Dial(t.Context(), order); err != nil || !mended.Fresh {
		t.Errorf("the order mended, with its key: %+v, %v", mended, err)
	}
	order.Session = "a-session-of-our-own"
	if _, err := w.bot.Dial(t.Context(), order); !errors.Is(err, bot.ErrOrder) {
		t.Errorf("an order with a key and a session: %v, want ErrOrder", err)
	}
}

// The same holds in memory, while the process lives; and of many that are told at
// the same time one begins a call.
func TestOrderWithKeyInMemory(t *testing.T) {
	w := connect(t, func(c *bot.Config) { c.Flows, c.DrainFor = heldFlows(t), time.Millisecond })
	order := bot.Order{Flow: "out", Params: map[string]any{"whom": someUser}, Key: "order 1"}
	const many = 20
	begun := make(chan bool, many)
	for range many {
		go func() {
			began, err := w.bot.Dial(t.Context(), order)
			if err != nil {
				t.Error(err)
			}
			begun <- began.Fresh
		}()
	}
	n := 0
	for range many {
		if <-begun {
			n++
		}
	}
	if n != 1 || w.bot.Calls().Live() != 1 {
		t.Errorf("%d began, %d live; want 1", n, w.bot.Calls().Live())
	}
}
