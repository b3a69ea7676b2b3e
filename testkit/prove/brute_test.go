package prove

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// This file is a second, obvious way to find out what may happen in a call: it tells
// the engine one thing after another that may happen, key by key, with prompts that
// are cancelled before or after what comes next, and forgets nothing and merges
// nothing. It is far too slow to come to an end; it goes as deep as there is time
// for, and then at random. It shares no code with the exploration.

// brute is one call, as it went so far.
type brute struct {
	f         *flow.Flow
	s         engine.Session
	now       time.Time
	from      string // the machine's state
	past      []bool // whether B of each invariant has happened
	broken    map[int]string
	moves     map[string]bool
	unsure    bool // keys were kept for later: when they are taken is not looked at
	plain     bool // no key is pressed before its step listens
	changed   bool // a variable changed in the last step
	told      string
	said      []string // what happened, in order
	ended     bool
	emergency bool        // somebody hung up, or the platform did
	late      map[int]int // of each must, the most steps that were taken before it was reached
	there     []bool      // of each must, whether it was reached
}

func newBrute(f *flow.Flow) *brute {
	return &brute{f: f, s: engine.New("prove", f, nil), now: someDay(), from: "idle", past: make([]bool, len(f.Invariants)),
		broken: map[int]string{}, moves: map[string]bool{}, late: map[int]int{}, there: make([]bool, len(f.Invariants))}
}

// clone is the call, to go on in another way. What was found is shared.
func (b *brute) clone() *brute {
	c := *b
	c.past, c.there = append([]bool(nil), b.past...), append([]bool(nil), b.there...)
	c.said = slices.Clone(b.said)
	return &c
}

// event is something that may happen.
type event struct {
	text string
	ev   ivr.Event
}

// may is all that may happen next.
func (b *brute) may() []event {
	s := &b.s
	h := ivr.Head{At: b.now}
	if s.State == "idle" {
		return []event{{"rings", ivr.CallIncoming{Head: h, Call: "call", Caller: ivr.Party{Kind: ivr.PartyUser, ID: someID},
			Called: ivr.Party{Kind: ivr.PartyApplication, ID: instance}}}}
	}
	var all []event
	add := func(text string, ev ivr.Event) { all = append(all, event{text, ev}) }
	failed := func(op ivr.OpID, r ivr.Result) ivr.Event { return ivr.OperationFailed{Head: h, Op: op, Result: r} }
	for _, op := range s.Ops {
		switch op.Kind {
		case "answer":
			add("connected", ivr.CallChanged{Head: h, State: ivr.StateEstablished, Audio: ivr.AudioActive})
			add("answer fails", failed(op.ID, ivr.Result{Code: 500}))
		case "play":
			if s.Media.Cancelled {
				add("cancelled", failed(op.ID, ivr.Result{Code: 400, Reason: ivr.ReasonCancelled}))
				continue
			}
			add("played", ivr.OperationCompleted{Head: h, Op: op.ID})
			add("play fails", failed(op.ID, ivr.Result{Code: 500, Reason: ivr.ReasonMedia}))
		case "action":
			for _, o := range []string{"good", "bad", "odd", "failed"} {
				add("act "+o, ivr.ActionReturned{Head: h, Op: op.ID, Outcome: o})
			}
		case "transfer":
			add("transferred", ivr.CallTerminated{Head: h, Result: ivr.Result{Reason: ivr.ReasonTransferred}})
			add("transfer fails", failed(op.ID, ivr.Result{Code: 500}))
		}
	}
	if s.Leg.Audio && !s.Leg.Gone && s.State != "hanging_up" {
		for _, k := range "123#" {
			add("key "+string(k), ivr.ToneReceived{Head: h, Key: ivr.Key(k)})
		}
	}
	var first *engine.Timer
	for i := range s.Timers {
		t := &s.Timers[i]
		if t.Why != "deadline" && t.Why != "keep_alive" && t.Why != "call_limit" && t.Why != "section_limit" && (first == nil || t.Due.Before(first.Due)) {
			first = t
		}
	}
	if first != nil {
		add("time "+string(first.Why), ivr.TimerExpired{Head: ivr.Head{At: first.Due}, Timer: first.ID})
	}
	if !s.Leg.Gone {
		add("hangs up", ivr.CallTerminated{Head: h, Result: ivr.Result{Reason: ivr.ReasonHungUp}})
	}
	return all
}

// happens tells the engine, and what the platform says of requests that are over
// with their response.
func (b *brute) happens(e event) {
	b.told += e.text + "; "
	b.emergency = b.emergency || e.text == "hangs up"
	b.tell(e.ev)
}

// tell tells the engine of an event, and of what follows at once.
func (b *brute) tell(ev ivr.Event) {
	h := ivr.Head{At: b.now}
	for _, cmd := range b.apply(ev) {
		switch cmd := cmd.(type) {
		case ivr.SubscribeToTone:
			b.tell(ivr.OperationCompleted{Head: h, Op: cmd.Op})
		case ivr.CancelMedia:
			b.tell(ivr.OperationCompleted{Head: h, Op: cmd.Op})
		case ivr.HangUp:
			b.tell(ivr.CallTerminated{Head: h})
		case ivr.Reject:
			b.tell(ivr.OperationCompleted{Head: h, Op: cmd.Op})
		}
	}
}

func (b *brute) apply(ev ivr.Event) []ivr.Command {
	if t := ev.When(); t.After(b.now) {
		b.now = t
	}
	before := b.s
	to, cmds, _ := engine.Step(b.f, b.s, ev)
	b.s = to
	b.changed = fmt.Sprint(before.Vars) != fmt.Sprint(to.Vars)
	if tone, ok := ev.(ivr.ToneReceived); ok {
		if len(to.Tones.Ahead) > len(before.Tones.Ahead) || len(before.Tones.Ahead) > 0 || b.skipsPlay() {
			b.unsure = !b.plain
		}
		if b.listens() && (tone.Key == '1' || tone.Key == '2') {
			b.saw("key(" + tone.Key.String() + ")")
		}
	}
	for _, cmd := range cmds {
		b.command(cmd)
	}
	for i, inv := range b.f.Invariants {
		if inv.Kind == "must" && !b.there[i] && !b.emergency {
			b.late[i] = max(b.late[i], b.s.Steps)
		}
	}
	return cmds
}

// listens reports whether a menu takes keys where the call was before the event.
func (b *brute) listens() bool {
	at, ok := b.f.At(b.from)
	if !ok || at.Step == flow.None {
		return false
	}
	menu, ok := b.f.Steps[at.Step].Spec.(*flow.Menu)
	return ok && (at.Phase == flow.PhaseCollecting || at.Phase == flow.PhasePrompting && menu.BargeIn != flow.BargeOff)
}

// skipsPlay reports a step that only plays, and that a key ends.
func (b *brute) skipsPlay() bool {
	at, ok := b.f.At(b.from)
	return ok && at.Phase == flow.PhasePlaying && b.f.Steps[at.Step].Spec.(*flow.Play).BargeIn == flow.BargeOn
}

func (b *brute) command(cmd ivr.Command) {
	switch cmd := cmd.(type) {
	case ivr.Moved:
		b.move(cmd)
	case ivr.PlayPrompt:
		for _, p := range cmd.Parts {
			b.saw("play(" + p.Key + ")")
		}
	case ivr.RunAction:
		b.saw("do(" + cmd.Name + ")")
	case ivr.Transfer:
		b.saw("transfer")
	}
}

func (b *brute) move(m ivr.Moved) {
	b.moves[b.from+" "+m.Trigger] = true
	word, _, _ := strings.Cut(m.Trigger, ".")
	if at, ok := b.f.At(b.from); ok && at.Step != flow.None {
		if _, do := b.f.Steps[at.Step].Spec.(*flow.Do); do && b.f.Steps[at.Step].Edges[word] != nil {
			b.saw("act." + word)
		}
	}
	b.from = m.State
	if m.State == "hanging_up" || m.State == "ended" || m.Trigger == "hang_up" {
		if !b.ended {
			b.ended = true
			b.saw("end")
		}
		return
	}
	if at, ok := b.f.At(m.State); ok && at.Step != flow.None && word != "no_input" && word != "no_match" {
		if s := b.f.Steps[at.Step]; s.Section == flow.InState && strings.HasPrefix(m.State, s.State+".1") && at.Phase == s.Entry() {
			b.saw("state(" + s.State + ")")
		}
	}
}

// saw judges the invariants by what happens.
func (b *brute) saw(what string) {
	b.said = append(b.said, what)
	for i, inv := range b.f.Invariants {
		if b.unsure && (strings.HasPrefix(inv.A.String(), "key") || strings.HasPrefix(inv.B.String(), "key")) {
			continue
		}
		wrong := false
		switch inv.Kind {
		case "requires":
			wrong = what == inv.A.String() && !b.past[i]
		case "never":
			wrong = what == inv.A.String() && b.past[i]
		case "always":
			if what == inv.A.String() && !b.changed {
				holds, err := inv.Holds.Bool(flow.Env{"n": b.s.Vars["n"]})
				wrong = err != nil || !holds
			}
		case "must":
			for _, h := range inv.Reach {
				b.there[i] = b.there[i] || h.String() == what
			}
			continue
		default:
			continue
		}
		if _, known := b.broken[i]; wrong && !known {
			b.broken[i] = b.told
		}
		b.past[i] = b.past[i] || what == inv.B.String()
	}
}

// deep tries all that may happen, to a depth, while there is budget.
func (b *brute) deep(depth int, budget *int) {
	if depth == 0 || b.s.Over() || *budget <= 0 {
		return
	}
	for _, e := range b.may() {
		*budget--
		c := b.clone()
		c.happens(e)
		c.deep(depth-1, budget)
	}
}

// walk tries what may happen at random.
func (b *brute) walk(r *rand.Rand, most int) {
	for range most {
		all := b.may()
		if len(all) == 0 || b.s.Over() {
			return
		}
		e := all[r.IntN(len(all))]
		if (e.text == "hangs up" || strings.HasSuffix(e.text, "fails")) && r.IntN(8) > 0 {
			continue // else no call gets far
		}
		b.happens(e)
	}
}

// What the exploration says of small flows is what the obvious way finds, as far as
// that comes: what it finds broken is told to be, what it sees happen is known, and
// each counter-example really happens.
func TestAgreesWithBruteForce(t *testing.T) {
	seeds, budget, walks := 220, 1500, 30
	if testing.Short() {
		seeds = 40
	}
	judged, broken := 0, 0
	for seed := range uint64(seeds) {
		src := generated(seed)
		f := loaded(t, src)
		if f == nil {
			continue
		}
		r, err := Run(context.Background(), f, Options{})
		if err != nil || !r.Complete || len(r.Doubts) > 0 {
			t.Fatalf("seed %d: %v, complete %t %s %v", seed, err, r.Complete, r.Why, r.Doubts)
		}
		b := newBrute(f)
		left := budget
		for depth := 3; left > 0 && depth < 10; depth++ {
			b.clone().deep(depth, &left)
		}
		random := rand.New(rand.NewPCG(seed, 1))
		for range walks {
			c := newBrute(f)
			c.broken, c.moves, c.late = b.broken, b.moves, b.late
			c.walk(random, 80)
		}
		n, bad := compareVerdicts(t, fmt.Sprintf("seed %d", seed), f, r, b)
		judged, broken = judged+n, broken+bad
	}
	t.Logf("%d invariants judged, %d of them broken", judged, broken)
	if judged < 2*seeds {
		t.Errorf("only %d invariants were judged", judged)
	}
}

// compareVerdicts compares the verdicts about invariants.
func compareVerdicts(t *testing.T, name string, f *flow.Flow, r *Report, b *brute) (judged, broken int) {
	t.Helper()
	for i, inv := range f.Invariants {
		p := r.Properties[len(r.Properties)-len(f.Invariants)+i]
		if inv.Kind == "must" && p.Verdict == Proved && b.late[i] > inv.Steps {
			t.Errorf("%s: %s: proved, but a call takes %d steps before", name, inv, b.late[i])
		}
		if inv.Kind == "can" || inv.Kind == "must" {
			continue
		}
		judged++
		how, found := b.broken[i]
		if p.Verdict == Broken {
			broken++
			if call := p.Findings[0].Call; !happensIn(f, i, call) {
				t.Errorf("%s: %s is told to break in a call in which it does not:\n%v", name, inv, call.Acts)
			}
		}
		if found && p.Verdict != Broken {
			t.Errorf("%s: %s: %s, but it breaks: %s", name, inv, p.Verdict, how)
		}
	}
	for mv := range b.moves {
		from, trigger, _ := strings.Cut(mv, " ")
		if s, _ := f.StepAt("", from); s == nil || edgeOf(s, trigger) == nil {
			continue
		}
		if !r.graph.took(from, trigger) {
			t.Errorf("%s: %s happens, and the exploration does not know it", name, mv)
		}
	}
	return judged, broken
}

// took reports whether some call takes a move of the flow's own machine.
func (g *graph) took(from, trigger string) bool {
	for mv := range g.taken {
		if mv.flow == "" && mv.from == from && mv.trigger == trigger {
			return true
		}
	}
	return false
}

// happensIn reports whether an invariant breaks in a call, played on a fresh
// session and judged in the obvious way. When a key that was typed ahead is taken
// is not known here.
func happensIn(f *flow.Flow, i int, call *Call) bool {
	b := newBrute(f)
	b.plain = !call.ahead
	for _, ev := range call.Events {
		b.apply(ev)
	}
	_, broken := b.broken[i]
	keys := f.Invariants[i].A.Kind == flow.Presses || f.Invariants[i].B.Kind == flow.Presses
	return broken || call.ahead && keys || f.Invariants[i].Kind == "always"
}
