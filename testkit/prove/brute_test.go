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
	n         any           // the variable n, as the steps that set it left it
	plays     time.Time     // until when a prompt plays
	quiet     time.Duration // how long nothing has played
	quietest  time.Duration // and how long it has not at most
	steps     int           // that were begun
	exit      string        // how the call ended: "s1: end"
	slow      bool          // what may take its time also comes at the last moment
	told      string
	said      []string // what happened, in order
	ended     bool
	emergency bool        // somebody hung up, or the platform did
	late      map[int]int // of each must, the most steps that were taken before it was reached
	there     []bool      // of each can and must, whether it was reached
	hit       []int       // and after how many steps
}

func newBrute(f *flow.Flow) *brute {
	return &brute{f: f, s: engine.New("prove", f, nil), now: someDay(), from: "idle", past: make([]bool, len(f.Invariants)),
		broken: map[int]string{}, moves: map[string]bool{}, late: map[int]int{}, there: make([]bool, len(f.Invariants)),
		hit: make([]int, len(f.Invariants)), n: 0.0}
}

// clone is the call, to go on in another way. What was found is shared.
func (b *brute) clone() *brute {
	c := *b
	c.past, c.there, c.hit = slices.Clone(b.past), slices.Clone(b.there), slices.Clone(b.hit)
	c.said = slices.Clone(b.said)
	return &c
}

// event is something that may happen. late says that it comes at the last moment.
type event struct {
	text string
	ev   ivr.Event
	late bool
}

// handedOver is how long a transfer is waited for.
const handedOver = 150 * time.Second

// may is all that may happen next.
func (b *brute) may() []event {
	s := &b.s
	if s.State == "idle" {
		return []event{{"rings", ivr.CallIncoming{Head: ivr.Head{At: b.now}, Call: "call", Caller: ivr.Party{Kind: ivr.PartyUser, ID: someID},
			Called: ivr.Party{Kind: ivr.PartyApplication, ID: instance}}, false}}
	}
	var all []event
	add := func(text string, ev func(ivr.Head) ivr.Event, at ...time.Time) {
		all = append(all, event{text, ev(ivr.Head{At: b.now}), false})
		for _, t := range at {
			if b.slow && t.After(b.now) {
				all = append(all, event{text, ev(ivr.Head{At: t}), true})
			}
		}
	}
	failed := func(op ivr.OpID, r ivr.Result) func(ivr.Head) ivr.Event {
		return func(h ivr.Head) ivr.Event { return ivr.OperationFailed{Head: h, Op: op, Result: r} }
	}
	ended := func(why ivr.Reason) func(ivr.Head) ivr.Event {
		return func(h ivr.Head) ivr.Event { return ivr.CallTerminated{Head: h, Result: ivr.Result{Reason: why}} }
	}
	for _, op := range s.Ops {
		last, _ := s.Deadline(op.ID)
		switch op.Kind {
		case "answer":
			add("connected", func(h ivr.Head) ivr.Event {
				return ivr.CallChanged{Head: h, State: ivr.StateEstablished, Audio: ivr.AudioActive}
			}, last)
			add("answer fails", failed(op.ID, ivr.Result{Code: 500}), last)
		case "play":
			if s.Media.Cancelled {
				add("cancelled", failed(op.ID, ivr.Result{Code: 400, Reason: ivr.ReasonCancelled}))
				continue
			}
			all = append(all, event{"played", ivr.OperationCompleted{Head: ivr.Head{At: b.plays}, Op: op.ID}, false})
			add("play fails", failed(op.ID, ivr.Result{Code: 500, Reason: ivr.ReasonMedia}))
		case "action":
			for _, o := range []string{"good", "bad", "odd", "failed"} {
				add("act "+o, func(h ivr.Head) ivr.Event { return ivr.ActionReturned{Head: h, Op: op.ID, Outcome: o} }, last)
			}
		case "transfer":
			add("transferred", ended(ivr.ReasonTransferred), b.now.Add(handedOver))
			add("transfer fails", failed(op.ID, ivr.Result{Code: 500}), b.now.Add(handedOver))
		}
	}
	first := b.first()
	if s.Leg.Audio && !s.Leg.Gone && s.State != "hanging_up" {
		var last []time.Time
		if first != nil {
			last = append(last, first.Due)
		}
		for _, k := range "123#*" {
			add("key "+string(k), func(h ivr.Head) ivr.Event { return ivr.ToneReceived{Head: h, Key: ivr.Key(k)} }, last...)
		}
	}
	if first != nil {
		all = append(all, event{"time " + string(first.Why), ivr.TimerExpired{Head: ivr.Head{At: first.Due}, Timer: first.ID}, false})
	}
	if !s.Leg.Gone {
		add("hangs up", ended(ivr.ReasonHungUp))
	}
	return all
}

// first is the timer that runs out next; nil if none is armed.
func (b *brute) first() *engine.Timer {
	var first *engine.Timer
	for i := range b.s.Timers {
		t := &b.s.Timers[i]
		if t.Why != "deadline" && t.Why != "keep_alive" && t.Why != "call_limit" && t.Why != "section_limit" && (first == nil || t.Due.Before(first.Due)) {
			first = t
		}
	}
	return first
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
	cmds := b.apply(ev)
	h := ivr.Head{At: b.now}
	for _, cmd := range cmds {
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
		if b.silent() && b.s.Media.Op == 0 {
			b.quiet += t.Sub(b.now)
			b.quietest = max(b.quietest, b.quiet)
		}
		b.now = t
	}
	if _, failed := ev.(ivr.OperationFailed); b.s.Media.Op != 0 && !failed || !b.silent() {
		b.quiet = 0
	}
	to, cmds, _ := engine.Step(b.f, b.s, ev)
	b.s = to
	if end, ok := ev.(ivr.CallTerminated); ok {
		if end.Result.Reason == ivr.ReasonTransferred && b.exit == "" {
			b.exit = b.step().State + ": transfer"
		}
		b.ends()
	}
	for _, cmd := range cmds {
		b.command(cmd)
	}
	for i, inv := range b.f.Invariants {
		if inv.Kind == "must" && !b.emergency {
			n := b.steps
			if b.there[i] {
				n = b.hit[i]
			}
			b.late[i] = max(b.late[i], n)
		}
	}
	return cmds
}

// step is the step in which the flow's machine was when it last moved; nil if it was in none.
func (b *brute) step() *flow.Step {
	at, ok := b.f.At(b.from)
	if !ok || at.Step == flow.None {
		return nil
	}
	return b.f.Steps[at.Step]
}

func (b *brute) command(cmd ivr.Command) {
	switch cmd := cmd.(type) {
	case ivr.Moved:
		b.move(cmd)
	case ivr.PlayPrompt:
		b.plays = b.now
		for _, p := range cmd.Parts {
			b.plays = b.plays.Add(p.Length.Std())
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
	left := b.step()
	if left != nil {
		b.leaves(left, word)
	}
	b.from = m.State
	if m.State == "hanging_up" || m.State == "ended" || m.Trigger == "hang_up" {
		if m.State == "hanging_up" && left != nil && b.exit == "" {
			b.exit = left.State + ": end"
		}
		b.ends()
	}
	s := b.step()
	at, _ := b.f.At(m.State)
	if s == nil || at.Phase != s.Entry() || word == "no_input" || word == "no_match" {
		return
	}
	repeats := left == s && s.Edges[word] != nil && s.Edges[word].To.Kind == flow.ToRepeat
	if !b.ended && !repeats && s.Section == flow.InState && strings.HasPrefix(m.State, s.State+".1") {
		b.saw("state(" + s.State + ")")
	}
	b.steps++
}

// ends sees that the call ends.
func (b *brute) ends() {
	if !b.ended {
		b.ended = true
		b.saw("end")
	}
}

// leaves sees what a step does whose outcome is a word.
func (b *brute) leaves(s *flow.Step, word string) {
	switch spec := s.Spec.(type) {
	case *flow.Do:
		if s.Edges[word] != nil {
			b.saw("act." + word)
		}
	case *flow.Menu, *flow.Wait:
		if key, ok := strings.CutPrefix(word, "key_"); ok {
			b.saw("key(" + key + ")")
		}
	case *flow.Set:
		if n, err := spec.Assign[0].Value.Eval(flow.Env{"n": b.n}); err == nil {
			b.n = n
		}
	}
}

// saw judges the invariants by what happens.
func (b *brute) saw(what string) {
	b.said = append(b.said, what)
	for i, inv := range b.f.Invariants {
		wrong := false
		switch inv.Kind {
		case "requires":
			wrong = what == inv.A.String() && !b.past[i]
		case "never":
			wrong = what == inv.A.String() && b.past[i]
		case "always":
			if what == inv.A.String() {
				holds, err := inv.Holds.Bool(flow.Env{"n": b.n})
				wrong = err != nil || !holds
			}
		case "can", "must":
			for _, h := range inv.Reach {
				if !b.there[i] && h.String() == what {
					b.there[i], b.hit[i] = true, b.steps
				}
			}
			continue
		}
		if _, known := b.broken[i]; wrong && !known {
			b.broken[i] = b.told
		}
		b.past[i] = b.past[i] || (inv.Kind == "requires" || inv.Kind == "never") && what == inv.B.String()
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
	t.Parallel()
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
		if inv.Kind == "must" && inv.Within == 0 && p.Verdict == Proved && b.late[i] > inv.Steps {
			t.Errorf("%s: %s: proved, but a call takes %d steps before", name, inv, b.late[i])
		}
		if inv.Kind == "can" || inv.Kind == "must" || inv.Kind == "silence" {
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
// session and judged in the obvious way.
func happensIn(f *flow.Flow, i int, call *Call) bool {
	_, broken := endOf(f, call).broken[i]
	return broken
}
