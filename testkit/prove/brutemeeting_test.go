package prove

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// This is the obvious way for meetings: a room in which people are, one by one, and
// of which the bot is told whenever somebody has come or gone. All that calls of a
// small flow may come to is listed, until nothing new comes. Two calls are the same
// only if all of their sessions is, but for ids, for what time it is, and for what no
// flow of generatemeeting_test.go can ask. It shares no code with the exploration.

// guests are who may come: those whom the flow does not name, of whom others, which is
// one more than it can count, are as many as any more; and the colleague, if it names
// him; into the lobby, if it can see that.
type guests struct {
	others           int
	colleague, lobby bool
}

// spare are how many more than that there are then, so that one may leave, and another.
const spare = 9

func guestsOf(src string) guests {
	g := guests{2, strings.Contains(src, "${config.colleague}"), strings.Contains(src, "call.roster")}
	if strings.Contains(src, "== 2") || strings.Contains(src, "< 2") {
		g.others++
	}
	g.colleague = g.colleague || g.lobby
	return g
}

// gathering is one call of a meeting.
type gathering struct {
	f    *flow.Flow
	may  guests
	s    engine.Session
	now  time.Time
	room []ivr.Participant // without the bot; not known until it has been told
	came int               // how many have come, ever: each has an id of its own
	told bool              // the bot has heard who is there
	from string            // the machine's state
	past []bool            // by invariant, whether B has happened
	said []string          // what happened in the last step
	bad  map[int]bool      // invariants that broke in it
	done bool              // the call has ended
}

const theColleague = "00000000-0000-4000-8000-000000000100"

func newGathering(f *flow.Flow, may guests) *gathering {
	return &gathering{f: f, may: may, s: engine.New("prove", f, map[string]any{"colleague": theColleague}), now: someDay(), from: "idle", past: make([]bool, len(f.Invariants))}
}

func (c *gathering) clone() *gathering {
	n := *c
	n.room, n.past = slices.Clone(c.room), slices.Clone(c.past)
	n.said, n.bad = nil, map[int]bool{}
	return &n
}

// occasion is one thing that may happen, and what it makes of a call.
type occasion struct {
	text string
	do   func(c *gathering)
}

// next is all that may happen next.
func (c *gathering) next() []occasion {
	var all []occasion
	add := func(text string, do func(*gathering)) { all = append(all, occasion{text, do}) }
	tell := func(text string, ev func(h ivr.Head) ivr.Event) {
		add(text, func(c *gathering) { c.tell(ev(ivr.Head{At: c.now})) })
	}
	s := &c.s
	if s.State == "idle" {
		tell("begins", func(h ivr.Head) ivr.Event {
			return ivr.CallWanted{Head: h, From: ivr.Party{Kind: ivr.PartyApplication, ID: instance}, Meeting: &ivr.Meeting{Link: "https://teams.microsoft.com/meet/1"}}
		})
		return all
	}
	for _, op := range s.Ops {
		c.operation(op, tell)
	}
	c.joining(tell)
	if i := slices.IndexFunc(s.Others, func(l engine.Leg) bool { return l.Audio && !l.Leaving }); i >= 0 {
		c.first(add)
	}
	if s.Leg.Call != "" && !s.Leg.Gone {
		tell("hangs up", func(h ivr.Head) ivr.Event {
			return ivr.CallTerminated{Head: h, Result: ivr.Result{Reason: ivr.ReasonHungUp}}
		})
		if c.told {
			c.comings(add)
		} else {
			c.first(add)
		}
		if at, _ := c.f.At(s.State); at.Phase == flow.PhaseWaiting && (!c.told || c.people() > 0) {
			tell("key 1", func(h ivr.Head) ivr.Event { return ivr.ToneReceived{Head: h, Key: '1'} })
		}
	}
	c.times(add)
	return all
}

// first is the first roster, of all who were there before.
func (c *gathering) first(add func(string, func(*gathering))) {
	for _, room := range c.may.rooms() {
		add("the roster comes", func(c *gathering) {
			for _, p := range room {
				c.comes(p)
			}
			c.roster()
		})
	}
}

// rooms are who may be there before the bot: the colleague or not, or in the lobby,
// and others.
func (g *guests) rooms() [][]ivr.Participant {
	var all [][]ivr.Participant
	for n := range g.others + 1 {
		if n == g.others {
			n += spare
		}
		others := slices.Repeat([]ivr.Participant{stranger()}, n)
		all = append(all, others)
		for _, waits := range g.ways() {
			all = append(all, append(slices.Clone(others), colleague(waits)))
		}
	}
	return all
}

// ways are those in which the colleague may come: into the lobby or not.
func (g *guests) ways() []bool {
	switch {
	case g.lobby:
		return []bool{false, true}
	case g.colleague:
		return []bool{false}
	}
	return nil
}

func stranger() ivr.Participant {
	return ivr.Participant{Party: ivr.Party{Kind: ivr.PartyPhone, ID: "+442071838750"}}
}

func colleague(waits bool) ivr.Participant {
	return ivr.Participant{Party: ivr.Party{Kind: ivr.PartyUser, ID: theColleague}, Lobby: waits}
}

func (c *gathering) comes(p ivr.Participant) {
	c.came++
	p.ID = fmt.Sprintf("%s/%d", p.Party.ID, c.came)
	c.room = append(c.room, p)
}

// people are how many are in the room, and not in its lobby.
func (c *gathering) people() (n int) {
	for _, p := range c.room {
		if !p.Lobby {
			n++
		}
	}
	return n
}

func isColleague(p ivr.Participant) bool { return p.Party.ID == theColleague }

// comings are all who may come and go, of which the bot is told at once.
func (c *gathering) comings(add func(string, func(*gathering))) {
	strangers := slices.DeleteFunc(slices.Clone(c.room), isColleague)
	if !slices.ContainsFunc(c.room, isColleague) {
		for _, waits := range c.may.ways() {
			add(fmt.Sprintf("joins the colleague (lobby %t)", waits), func(c *gathering) { c.comes(colleague(waits)); c.roster() })
		}
	}
	add("joins somebody", func(c *gathering) {
		c.comes(stranger())
		if len(strangers)+1 == c.may.others { // now there are many
			for range spare {
				c.comes(stranger())
			}
		}
		c.roster()
	})
	if len(strangers) >= c.may.others {
		add("leaves all but few", func(c *gathering) {
			c.room = slices.DeleteFunc(c.room, func(p ivr.Participant) bool {
				return slices.ContainsFunc(strangers[c.may.others-1:], func(q ivr.Participant) bool { return p.ID == q.ID })
			})
			c.roster()
		})
	}
	for i, p := range c.room {
		if i > 0 && !isColleague(p) && !isColleague(c.room[i-1]) {
			continue // as if the one before left
		}
		add("leaves "+p.Party.ID, func(c *gathering) { c.room = slices.Delete(c.room, i, i+1); c.roster() })
		if p.Lobby {
			add("joins from the lobby", func(c *gathering) { c.room[i].Lobby = false; c.roster() })
		}
	}
}

// roster tells the bot who is there.
func (c *gathering) roster() {
	leg := c.s.Leg.ID
	if c.s.Leg.Call == "" {
		leg = c.s.Consult.Leg
	}
	c.told = true
	people := append([]ivr.Participant{{ID: "bot"}}, c.room...)
	c.tell(ivr.RosterChanged{Head: ivr.Head{At: c.now, Leg: leg}, Seq: c.s.Meeting.Seq + 1, People: people})
}

// joining is what may come of joining the meeting, step by step.
func (c *gathering) joining(tell func(string, func(ivr.Head) ivr.Event)) {
	for _, l := range c.s.Others {
		on := func(h ivr.Head) ivr.Head { h.Leg = l.ID; return h }
		switch {
		case l.Call == "":
			tell("made", func(h ivr.Head) ivr.Event {
				return ivr.CallCreated{Head: on(h), Call: ivr.CallID("call/" + l.ID), Me: "bot"}
			})
			continue
		case l.Leaving:
			continue
		case !l.Audio:
			tell("established", func(h ivr.Head) ivr.Event {
				return ivr.CallChanged{Head: on(h), State: ivr.StateEstablished, Audio: ivr.AudioActive}
			})
		case !c.s.Meeting.Seen:
			tell("waits in the lobby", func(h ivr.Head) ivr.Event {
				return ivr.RosterChanged{Head: on(h), Seq: c.s.Meeting.Seq + 1, People: []ivr.Participant{{ID: "bot", Lobby: true}}}
			})
		}
		tell("ended", func(h ivr.Head) ivr.Event {
			return ivr.CallTerminated{Head: on(h), Result: ivr.Result{Reason: ivr.ReasonHungUp}}
		})
	}
}

// operation is what may come of an operation.
func (c *gathering) operation(op engine.Op, tell func(string, func(ivr.Head) ivr.Event)) {
	failed := func(text string, res ivr.Result) {
		tell(text+" fails", func(h ivr.Head) ivr.Event { return ivr.OperationFailed{Head: h, Op: op.ID, Result: res} })
	}
	switch op.Kind {
	case "create_call":
		failed("joining", ivr.Result{Code: 403, Reason: ivr.ReasonNotAllowed})
	case "play", "mute":
		tell("done", func(h ivr.Head) ivr.Event { return ivr.OperationCompleted{Head: h, Op: op.ID} })
		failed(string(op.Kind), ivr.Result{Code: 403, Reason: ivr.ReasonNotAllowed})
	case "meeting":
		tell("done", func(h ivr.Head) ivr.Event { return ivr.OperationCompleted{Head: h, Op: op.ID, Remote: "group"} })
		failed("it", ivr.Result{Code: 403, Reason: ivr.ReasonNotAllowed})
		failed("perhaps it", ivr.Result{Reason: ivr.ReasonTimedOut})
	case "action":
		for _, o := range []string{"good", "bad", "failed"} {
			tell("act "+o, func(h ivr.Head) ivr.Event { return ivr.ActionReturned{Head: h, Op: op.ID, Outcome: o} })
		}
	}
}

// times are the timer that is next, and the limits.
func (c *gathering) times(add func(string, func(*gathering))) {
	var first *engine.Timer
	for i := range c.s.Timers {
		t := &c.s.Timers[i]
		switch t.Why {
		case "deadline", "keep_alive":
		case "call_limit", "section_limit":
			id := t.ID
			add("limit", func(c *gathering) { c.tell(ivr.TimerExpired{Head: ivr.Head{At: c.now}, Timer: id}) })
		default:
			if first == nil || t.Due.Before(first.Due) {
				first = t
			}
		}
	}
	if first != nil {
		id, due := first.ID, first.Due
		add("time "+string(first.Why), func(c *gathering) { c.tell(ivr.TimerExpired{Head: ivr.Head{At: due}, Timer: id}) })
	}
}

// tell tells the engine of an event, and of what follows at once.
func (c *gathering) tell(ev ivr.Event) {
	if t := ev.When(); t.After(c.now) {
		c.now = t
	}
	to, cmds, _ := engine.Step(c.f, c.s, ev)
	c.s = to
	h := ivr.Head{At: c.now}
	for _, cmd := range cmds {
		c.command(cmd)
	}
	for _, cmd := range cmds {
		switch cmd := cmd.(type) {
		case ivr.SubscribeToTone:
			c.tell(ivr.OperationCompleted{Head: h, Op: cmd.Op})
		case ivr.CancelMedia:
			c.tell(ivr.OperationCompleted{Head: h, Op: cmd.Op})
			if op := c.s.Media.Op; op != 0 {
				c.tell(ivr.OperationFailed{Head: h, Op: op, Result: ivr.Result{Code: 400, Reason: ivr.ReasonCancelled}})
			}
		case ivr.HangUp:
			h := h
			h.Leg = cmd.Leg
			c.tell(ivr.CallTerminated{Head: h})
		}
	}
}

func (c *gathering) command(cmd ivr.Command) {
	switch cmd := cmd.(type) {
	case ivr.Moved:
		c.move(cmd)
	case ivr.CreateCall:
		c.told, c.room = false, nil
	case ivr.PlayPrompt:
		for _, p := range cmd.Parts {
			c.saw("play(" + p.Key + ")")
		}
	case ivr.RunAction:
		c.saw("do(" + cmd.Name + ")")
	}
}

func (c *gathering) move(m ivr.Moved) {
	word, _, _ := strings.Cut(m.Trigger, ".")
	c.said = append(c.said, "move "+c.from+" "+m.Trigger)
	if at, ok := c.f.At(c.from); ok && at.Step != flow.None {
		if _, do := c.f.Steps[at.Step].Spec.(*flow.Do); do && c.f.Steps[at.Step].Edges[word] != nil {
			c.saw("act." + word)
		}
	}
	c.from = m.State
	if m.State == "hanging_up" || m.State == "ended" || m.Trigger == "hang_up" {
		if !c.done {
			c.done = true
			c.saw("end")
		}
		return
	}
	if at, ok := c.f.At(m.State); ok && at.Step != flow.None {
		if s := c.f.Steps[at.Step]; s.Section == flow.InState && s.ID == s.State+".1" && at.Phase == s.Entry() {
			c.saw("state(" + s.State + ")")
		}
	}
}

// saw judges the invariants by what happens.
func (c *gathering) saw(what string) {
	c.said = append(c.said, what)
	for i, inv := range c.f.Invariants {
		here := what == inv.A.String()
		switch inv.Kind {
		case "requires":
			c.bad[i] = c.bad[i] || here && !c.past[i]
		case "never":
			c.bad[i] = c.bad[i] || here && c.past[i]
		case "always":
			there := 0.0 // people of whom the bot knows
			for _, p := range c.s.Meeting.People {
				if !p.Lobby {
					there++
				}
			}
			holds, err := inv.Holds.Bool(flow.Env{"call": map[string]any{"participants": there}})
			c.bad[i] = c.bad[i] || here && (err != nil || !holds)
			continue
		default:
			continue
		}
		c.past[i] = c.past[i] || what == inv.B.String()
	}
}

// memo is the whole call as text, with times from now on and ids by their order.
func (c *gathering) memo() string {
	s := c.s
	if s.Over() {
		return "over"
	}
	ago := func(t time.Time) time.Time { return someDay().Add(t.Sub(c.now)) }
	s.Seq, s.Steps, s.Result = 0, 0, engine.View{}
	s.Started, s.Answered, s.Ended = time.Time{}, time.Time{}, time.Time{}
	ops := map[ivr.OpID]int{}
	s.Ops = slices.Clone(s.Ops)
	for i := range s.Ops {
		op := &s.Ops[i]
		ops[op.ID] = i + 1
		op.ID, op.Deadline, op.Leg = 0, 0, ivr.LegID(strings.TrimRight(string(op.Leg), "0123456789"))
	}
	s.Media.Op = ivr.OpID(ops[s.Media.Op])
	s.Timers = slices.Clone(s.Timers)
	for i := range s.Timers {
		t := &s.Timers[i]
		t.ID, t.Op, t.Due = 0, 0, ago(t.Due)
		if t.Why == "deadline" || t.Why == "keep_alive" || strings.HasSuffix(string(t.Why), "_limit") {
			t.Due = time.Time{}
		}
	}
	counts := map[string]int{}
	for name, n := range s.Counts {
		counts[name] = min(n, 3)
	}
	s.Counts = counts
	s.Tones = engine.Tones{}
	leg := func(l engine.Leg) engine.Leg { l.ID, l.Call = l.ID[:1], ivr.CallID(fmt.Sprint(l.Call != "")); return l }
	s.Leg, s.Consult.Leg = leg(s.Leg), ""
	s.Others = slices.Clone(s.Others)
	for i := range s.Others {
		s.Others[i] = leg(s.Others[i])
	}
	known := c.known()
	s.Meeting = nil
	text, err := json.Marshal([]any{s, known, c.seated(c.room), c.from, c.done, c.told, c.past})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// known is what the session knows of the meeting, without ids.
func (c *gathering) known() any {
	m := *c.s.Meeting
	held := ""
	for _, p := range m.People {
		if p.ID == m.Held {
			held = p.Party.ID
		}
	}
	return []any{m.Seen, m.Lobby, m.Joined, m.Left, m.Op != 0, held, m.Held != "", slices.Sorted(maps.Keys(m.Groups)), c.seated(m.People)}
}

func (c *gathering) seated(people []ivr.Participant) []string {
	var all []string
	others := 0
	for _, p := range people {
		if p.Party == stranger().Party {
			if others++; others > c.may.others {
				continue
			}
		}
		all = append(all, fmt.Sprint(p.Party.ID, p.Lobby))
	}
	slices.Sort(all)
	return all
}

// gone reports that the bot is in no call any more, or has not begun to join one.
func (c *gathering) gone() bool {
	return c.s.Over() || c.s.Leg.Gone && c.s.Leg.Call != "" || c.s.State == flow.StateHangingUp
}

// alone reports that the bot knows of nobody else in the meeting, or is not there yet.
func (c *gathering) alone() bool { return c.s.Leg.Call == "" || c.s.Meeting.Seen && c.people() == 0 }

// passage is something that happens, and the call that it leads to.
type passage struct {
	to    int
	text  string
	said  []string
	bad   map[int]bool
	steps int
}

func (p passage) hangUp() bool { return p.text == "hangs up" }

// natural reports what is no emergency exit.
func (p passage) natural() bool {
	return !p.hangUp() && p.text != "limit" && !strings.HasSuffix(p.text, "fails") && p.text != "act failed"
}

// quiet reports what happens without anybody's doing who is in the meeting, or joins.
func (p passage) quiet() bool {
	return !p.hangUp() && p.text != "limit" && p.text != "key 1" && !strings.HasPrefix(p.text, "joins")
}

// gatherings are all that the calls of a flow may come to.
type gatherings struct {
	calls []*gathering
	out   [][]passage
	index map[string]int
}

// gather lists them; nil if there are more than so many.
func gather(f *flow.Flow, may guests, most int) *gatherings {
	g := &gatherings{index: map[string]int{}}
	g.add(newGathering(f, may))
	for i := 0; i < len(g.calls); i++ {
		if len(g.calls) > most {
			return nil
		}
		c := g.calls[i]
		if c.s.Over() {
			continue
		}
		for _, o := range c.next() {
			n := c.clone()
			o.do(n)
			g.out[i] = append(g.out[i], passage{g.add(n), o.text, n.said, n.bad, n.s.Steps - c.s.Steps})
		}
	}
	return g
}

func (g *gatherings) add(c *gathering) int {
	memo := c.memo()
	i, known := g.index[memo]
	if !known {
		i = len(g.calls)
		g.index[memo] = i
		g.calls, g.out = append(g.calls, c), append(g.out, nil)
	}
	return i
}

// keys are how many keys it takes at least from each call until something happens
// while all works; -1: it cannot.
func (g *gatherings) keys(what string) []int {
	cost := slices.Repeat([]int{-1}, len(g.calls))
	for changed := true; changed; {
		changed = false
		for i := range g.calls {
			for _, p := range g.out[i] {
				n := cost[p.to]
				if slices.Contains(p.said, what) || what == "" && g.calls[p.to].gone() {
					n = 0
				}
				if n < 0 || !p.natural() {
					continue
				}
				if p.text == "key 1" {
					n++
				}
				if cost[i] < 0 || n < cost[i] {
					cost[i], changed = n, true
				}
			}
		}
	}
	return cost
}

// forever are the calls that can go on for ever with some of what may happen.
func (g *gatherings) forever(with func(int, passage) bool) []bool {
	left := slices.Repeat([]bool{true}, len(g.calls))
	for changed := true; changed; {
		changed = false
		for i := range g.calls {
			if left[i] && !slices.ContainsFunc(g.out[i], func(p passage) bool { return with(i, p) && left[p.to] }) {
				left[i], changed = false, true
			}
		}
	}
	return left
}

// slow is how many steps it takes at most until one of some things happens; most+1 if
// it is more than most, or never comes.
func (g *gatherings) slow(inv *flow.Invariant) int {
	most := inv.Steps
	far := make([]int, len(g.calls))
	for changed := true; changed; {
		changed = false
		for i, c := range g.calls {
			if c.s.Over() && !slices.ContainsFunc(inv.Reach, func(h flow.Happening) bool { return h.String() == "end" }) {
				return most + 1
			}
			for _, p := range g.out[i] {
				if p.hangUp() || p.text == "limit" {
					continue
				}
				n := p.steps
				if !slices.ContainsFunc(inv.Reach, func(h flow.Happening) bool { return slices.Contains(p.said, h.String()) }) {
					n += far[p.to]
				}
				if n = min(n, most+1); n > far[i] {
					far[i], changed = n, true
				}
			}
		}
	}
	return far[0]
}

// holds reports whether a property holds; known is false if nothing is known of it.
func (g *gatherings) holds(p *Property, k int, inv *flow.Invariant) (holds, known bool) {
	none := func(bad func(i int, c *gathering) bool) bool {
		for i, c := range g.calls {
			if bad(i, c) {
				return false
			}
		}
		return true
	}
	switch kind := cmp.Or(p.Name, "-"); {
	case inv != nil && inv.Kind == "can":
		cost := g.keys(inv.Reach[0].String())
		return none(func(i int, c *gathering) bool {
			at, _ := c.f.At(c.s.State)
			return at.Phase == flow.PhaseWaiting && !c.gone() && (cost[i] < 0 || cost[i] > inv.Keys) &&
				slices.ContainsFunc(g.out[i], func(p passage) bool { return p.text == "key 1" })
		}), true
	case inv != nil && inv.Kind == "must":
		return g.slow(inv) <= inv.Steps, true
	case inv != nil:
		return none(func(i int, c *gathering) bool {
			return slices.ContainsFunc(g.out[i], func(p passage) bool { return p.bad[k] })
		}), true
	case kind == "way_out":
		cost := g.keys("")
		return none(func(i int, c *gathering) bool { return !c.gone() && cost[i] < 0 }), true
	case kind == "silence":
		stays := g.forever(func(i int, p passage) bool {
			to := g.calls[p.to]
			return g.calls[i].alone() && p.quiet() && (to.gone() || to.alone())
		})
		return none(func(i int, c *gathering) bool { return !c.gone() && c.alone() && stays[i] }), true
	case kind == "hang_up":
		stays := g.forever(func(i int, p passage) bool { return p.text != "limit" })
		return none(func(i int, c *gathering) bool { return c.gone() && stays[i] }), true
	}
	return false, false
}

// What is said of small flows of meetings is what the obvious way finds, and both
// know of the same moves.
func TestAgreesWithAllMeetings(t *testing.T) {
	want := 40
	if testing.Short() {
		want = 10
	}
	flows, larger, proved, broken := 0, 0, map[string]int{}, map[string]int{}
	hand := meetingsByHand()
	for seed := uint64(0); flows < want; seed++ {
		src := gathered(seed, 1+int(seed%3))
		if int(seed) < len(hand) {
			src = gatheredHead + hand[seed]
		}
		f := loaded(t, src)
		if f == nil {
			if int(seed) < len(hand) {
				t.Errorf("flow %d cannot be loaded", seed)
			}
			continue
		}
		all := gather(f, guestsOf(src), 350)
		if all == nil {
			if int(seed) < len(hand) {
				t.Errorf("flow %d is too large", seed)
			}
			larger++
			continue
		}
		r, err := Run(context.Background(), f, Options{})
		if err != nil || !r.Complete || len(r.Doubts) > 0 {
			t.Fatalf("seed %d: %v, complete %t %s, doubts %v", seed, err, r.Complete, r.Why, r.Doubts)
		}
		flows++
		for i := range r.Properties {
			p, k := &r.Properties[i], i-(len(r.Properties)-len(f.Invariants))
			var inv *flow.Invariant
			kind := p.Name
			if k >= 0 {
				inv = &f.Invariants[k]
				kind = inv.Kind
			}
			holds, known := all.holds(p, k, inv)
			switch {
			case !known:
			case holds && p.Verdict == Proved:
				proved[kind]++
			case !holds && p.Verdict == Broken:
				broken[kind]++
			default:
				t.Errorf("seed %d: %s: %s, and it holds: %t", seed, p.Text, p.Verdict, holds)
			}
		}
		all.moves(t, fmt.Sprintf("seed %d", seed), r)
	}
	t.Logf("%d flows, %d were too large; proved %v, broken %v", flows, larger, proved, broken)
	for _, kind := range [...]string{"requires", "never", "always", "can", "must", "silence", "way_out", "hang_up"} {
		if proved[kind] == 0 || broken[kind] == 0 && kind != "hang_up" && !testing.Short() {
			t.Errorf("%s: %d proved, %d broken", kind, proved[kind], broken[kind])
		}
	}
}

// moves compares the moves that are made.
func (g *gatherings) moves(t *testing.T, name string, r *Report) {
	t.Helper()
	made := map[string]bool{}
	for i := range g.calls {
		for _, p := range g.out[i] {
			for _, what := range p.said {
				if mv, ok := strings.CutPrefix(what, "move "); ok {
					made[mv] = true
				}
			}
		}
	}
	told := map[string]bool{}
	for _, mv := range r.Made() {
		told[mv.From+" "+mv.Trigger] = true
	}
	for mv := range made {
		if !told[mv] {
			t.Errorf("%s: %s happens, and the exploration does not know it", name, mv)
		}
	}
	for mv := range told {
		if !made[mv] {
			t.Errorf("%s: %s is told, and does not happen", name, mv)
		}
	}
}
