package store_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// player is a call whose session goes through the store before each event: it
// is committed, taken again, and must be the same.
type player struct {
	t     *testing.T
	f     *flow.Flow
	st    *store.Store
	s     engine.Session
	rec   call.Record
	now   time.Time
	seq   int64
	keys  string         // that the caller still presses
	out   map[string]any // what actions bring
	dates *rand.Rand
}

func newPlayer(t *testing.T, st *store.Store, f *flow.Flow, id ivr.SessionID, seed uint64) *player {
	t.Helper()
	return &player{t: t, f: f, st: st, s: engine.New(id, f, nil), now: begin, dates: rand.New(rand.NewPCG(seed, 5))}
}

var begin = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

func (p *player) head() ivr.Head { return ivr.Head{At: p.now, Leg: ivr.CallerLeg} }

// give applies events as one change and stores it.
func (p *player) give(evs ...ivr.Event) {
	p.t.Helper()
	next, cmds := p.s, []ivr.Command(nil)
	for _, ev := range evs {
		var more []ivr.Command
		var err error
		if next, more, err = engine.Step(p.f, next, ev); err != nil {
			p.t.Fatal(err)
		}
		cmds = append(cmds, more...)
	}
	p.commit(&call.Change{Session: &next, Events: evs, Commands: cmds})
}

func (p *player) commit(c *call.Change) {
	p.t.Helper()
	ctx := context.Background()
	c.New, c.Before, c.Flow, c.Version, c.Epoch = p.rec.Version == 0, new(p.s), p.f, p.rec.Version+1, max(p.rec.Epoch, 1)
	if c.New {
		c.Before = &engine.Session{}
	}
	for _, cmd := range c.Commands {
		if op := opOf(cmd); op != 0 && c.Session.Wants(op) {
			c.Pending = append(c.Pending, call.Pending{Cmd: cmd, Sent: op%2 == 0})
		}
	}
	if err := p.st.Commit(ctx, c); err != nil {
		p.t.Fatalf("commit %d: %v", c.Version, err)
	}
	p.s, p.rec.Version = *c.Session, c.Version
	if c.Over() {
		return
	}
	rec, err := p.st.Take(ctx, p.s.ID)
	if err != nil || rec.Damaged != nil || rec.Version != c.Version {
		p.t.Fatalf("take %d: %v, %+v", c.Version, err, rec)
	}
	if got, want := asJSON(p.t, rec.Session), asJSON(p.t, p.s); got != want {
		p.t.Fatalf("version %d came back as\n%s\nwant\n%s", c.Version, got, want)
	}
	if !slices.EqualFunc(rec.Pending, c.Pending, func(a, b call.Pending) bool { return a.Sent == b.Sent && asJSON(p.t, a.Cmd) == asJSON(p.t, b.Cmd) }) {
		p.t.Fatalf("what is to be sent came back as %v, want %v", rec.Pending, c.Pending)
	}
	p.s, p.rec = rec.Session, rec
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func opOf(cmd ivr.Command) ivr.OpID {
	switch c := cmd.(type) {
	case ivr.Answer:
		return c.Op
	case ivr.PlayPrompt:
		return c.Op
	case ivr.RunAction:
		return c.Op
	case ivr.HTTPRequest:
		return c.Op
	case ivr.FetchRecording:
		return c.Op
	case ivr.HangUp:
		return c.Op
	default:
		return 0
	}
}

// run plays the call to its end. Operations end well, and the caller presses the
// keys, now and then before anything listens, twice, or two at once.
func (p *player) run(keys string) {
	p.t.Helper()
	p.keys = keys
	p.give(ivr.CallIncoming{Head: p.head(), Call: ivr.CallID("call-" + p.s.ID), Caller: ivr.Party{Kind: ivr.PartyPhone, ID: "+442071838750", Name: "Ann"}, Tenant: "t"})
	for range 500 {
		if p.s.Over() {
			return
		}
		p.now = p.now.Add(time.Duration(p.dates.IntN(900)+100) * time.Millisecond)
		p.next()
	}
	p.t.Fatalf("the call does not end: %v", p.s)
}

func (p *player) next() {
	p.t.Helper()
	_, phase := p.f.StepAt(p.s.Running, p.s.State)
	listens := phase == flow.PhaseCollecting
	i := slices.IndexFunc(p.s.Ops, func(o engine.Op) bool { return o.Kind != "keep_alive" })
	switch {
	case p.keys != "" && p.s.Leg.Audio && (listens || p.dates.IntN(12) == 0):
		p.press()
	case i >= 0:
		p.give(p.ends(p.s.Ops[i]))
	default:
		p.timer()
	}
}

func (p *player) press() {
	p.t.Helper()
	var evs []ivr.Event
	for n := 1 + p.dates.IntN(8)/7; n > 0 && p.keys != ""; n-- {
		p.seq++
		evs = append(evs, ivr.ToneReceived{Head: p.head(), Key: ivr.Key(p.keys[0]), Seq: p.seq})
		p.keys = p.keys[1:]
	}
	again := evs[0]
	p.give(evs...)
	if p.dates.IntN(6) == 0 && !p.s.Over() {
		p.give(again)
	}
}

func (p *player) timer() {
	p.t.Helper()
	first := p.s.Timers[0]
	for _, t := range p.s.Timers {
		if t.Due.Before(first.Due) {
			first = t
		}
	}
	if first.Due.After(p.now) {
		p.now = first.Due
	}
	p.give(ivr.TimerExpired{Head: p.head(), Timer: first.ID})
}

// ends is how an operation ends.
func (p *player) ends(op engine.Op) ivr.Event {
	switch op.Kind {
	case "answer":
		return ivr.CallChanged{Head: p.head(), State: ivr.StateEstablished, Audio: ivr.AudioActive}
	case "action":
		return ivr.ActionReturned{Head: p.head(), Op: op.ID, Outcome: "ok", Out: p.out}
	case "record":
		return ivr.OperationCompleted{Head: p.head(), Op: op.ID, Recording: &ivr.RecordingRef{Location: "https://graph.test/r", Token: ivr.NewSecret("tok"), Why: ivr.RecordStopTone}}
	case "fetch", "join":
		return ivr.RecordingSaved{Head: p.head(), Op: op.ID, ID: "rec-1", Length: ivr.Duration(5 * time.Second)}
	case "count":
		return ivr.Counted{Head: p.head(), Op: op.ID, N: 1}
	case "hang_up":
		return ivr.CallTerminated{Head: p.head()}
	case "transfer":
		return ivr.CallTerminated{Head: p.head(), Result: ivr.Result{Reason: ivr.ReasonTransferred}}
	case "read":
		return ivr.CallRead{Head: p.head(), Op: op.ID, State: p.s.Leg.State}
	default:
		return ivr.OperationCompleted{Head: p.head(), Op: op.ID}
	}
}
