package replay

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Elsewhere is what came of a call on another version of its flow.
type Elsewhere struct {
	Verdict Verdict // Same, Different or Undecidable
	Why     string  // of Undecidable
	// Others says that the call goes the same way, and something else is heard on it.
	Others bool
	Parts  *Parting // of Different
	Before []Line   // the call as it was; of Different and Undecidable
	After  []Line   // as it would have been, up to where nobody knows how it goes on
}

// On plays a call on another version, which [Again] found to be the same on its own.
// What happened is told to the other version by its meaning: keys in their order at
// the questions, what actions returned by their names, results of operations as those
// of what the other version did in their place, and time-outs as the silence that
// they were. Where the two do not come to the same any more it stops.
func (p *Pair) On(r Result) Elsewhere {
	if len(r.beats) == 0 {
		return Elsewhere{Verdict: Undecidable, Why: "it is not the same on its own version"}
	}
	o := &other{pair: p, j: r.beats, ops: map[ivr.OpID]ivr.OpID{}, legs: map[ivr.LegID]ivr.LegID{}, lost: lost{}}
	first := r.beats[0].before
	o.old = newSide(p.Old, first)
	o.new = newSide(p.New, engine.New(first.ID, p.New.Flow, p.New.Config))
	o.old.talk.began, o.new.talk.began = r.beats[0].ev.When(), r.beats[0].ev.When()
	o.old.talk.vague, o.new.talk.vague = p.Old.words.blind, p.New.words.blind
	o.both = compare{pair: p, old: o.old, new: o.new}
	e := o.run()
	if e.Verdict == Different || e.Verdict == Undecidable {
		e.Before, e.After = o.whole(), o.new.talk.lines
	}
	return e
}

// other is a call that is played on both versions, event by event.
type other struct {
	pair *Pair
	j    []beat
	n    int // the beat that is played
	old  *side
	new  *side
	both compare
	ops  map[ivr.OpID]ivr.OpID // of the old version: the new one's in their place
	legs map[ivr.LegID]ivr.LegID
	lost lost
	why  string // nobody can know any more
}

func (o *other) run() Elsewhere {
	for o.n = range o.j {
		b := &o.j[o.n]
		if b.ev == nil && b.by >= failed {
			return o.unknown("a fault took the call to on_error")
		}
		if world(b) {
			o.settle(b.ev.When())
			o.late(b)
			if !o.both.on(true) || !o.level(b) {
				return o.parts()
			}
		}
		o.play(b)
		switch same := o.both.on(false); {
		case o.why != "":
			return o.unknown(o.why)
		case !same:
			return o.parts()
		case o.both.asked != "":
			return o.unknown("nobody knows what it returns: " + o.both.asked)
		}
	}
	if last := &o.j[len(o.j)-1]; last.after.Over() {
		o.settle(last.at)
	}
	if !o.both.on(true) || !o.both.level() {
		return o.parts()
	}
	return Elsewhere{Verdict: Same, Others: o.both.others}
}

// unknown is the result of a call of which nobody can know how it goes on.
func (o *other) unknown(why string) Elsewhere { return Elsewhere{Verdict: Undecidable, Why: why} }

// world reports whether an event is something that the caller, or somebody else
// outside, did at a moment of his own.
func world(b *beat) bool {
	switch e := b.ev.(type) {
	case ivr.ToneReceived, ivr.ActionReturned, ivr.Signalled, ivr.Intervened, ivr.CallTerminated, ivr.RecordingSaved, ivr.RosterChanged:
		return true
	case ivr.TimerExpired:
		t := timerOf(&b.before, e.Timer)
		return t != nil && slices.Contains(silences[:], string(t.Why))
	default:
		return false
	}
}

// silences are the timers that run out because the caller does nothing.
var silences = [...]string{"first_key", "between_keys", "terminate", "whole"}

func timerOf(s *engine.Session, id ivr.TimerID) *engine.Timer {
	i := slices.IndexFunc(s.Timers, func(t engine.Timer) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Timers[i]
}

func timerWhy(s *engine.Session, why engine.Why, op ivr.OpID) *engine.Timer {
	i := slices.IndexFunc(s.Timers, func(t engine.Timer) bool { return t.Why == why && (op == 0 || t.Op == op) })
	if i < 0 {
		return nil
	}
	return &s.Timers[i]
}

// level reports whether both versions wait for what comes now. A prompt that is cut
// by it may have more to say in one of them, and a caller may hang up at any moment.
func (o *other) level(b *beat) bool {
	if o.both.level() {
		return true
	}
	switch b.ev.(type) {
	case ivr.ToneReceived, ivr.CallTerminated:
	default:
		return false
	}
	rest := slices.Concat(o.old.effects[o.both.i:], o.new.effects[o.both.j:])
	if slices.ContainsFunc(rest, func(e effect) bool { return !e.heard }) {
		return false
	}
	o.both.i, o.both.j, o.both.others = len(o.old.effects), len(o.new.effects), true
	return true
}

// play plays a beat on both versions.
func (o *other) play(b *beat) {
	o.old.s = b.after
	if b.made {
		o.old.talk.vague, o.new.talk.vague = true, true
	}
	if b.ev == nil {
		o.old.take(b.at, b.cmds)
		next, cmds := done(b.by, o.pair.New.Flow, o.new.s, &Row{At: b.at})
		o.new.s = next
		o.took(b.at, cmds)
		return
	}
	o.old.talk.event(b.ev, b.made, b.before.Main(leg(b.ev)))
	ev := o.meant(b)
	o.old.take(b.ev.When(), b.cmds)
	if ev != nil {
		o.apply(ev, b.made)
	} else {
		o.took(b.ev.When(), nil)
	}
}

// apply plays an event on the new version.
func (o *other) apply(ev ivr.Event, made bool) {
	o.new.talk.event(ev, made, o.new.s.Main(leg(ev)))
	nb := beat{ev: ev, made: made, before: o.new.s}
	nb.after, nb.cmds = (&player{f: o.pair.New}).step(&Row{}, o.new.s, ev, false)
	o.new.s = nb.after
	if made || len(o.lost) > 0 {
		o.decides(&nb)
		if made {
			o.lost.changed(o.pair.New, &nb)
		}
		o.lost.spread(o.pair.New, &nb)
	}
	o.took(ev.When(), nb.cmds)
}

// decides notes a decision on a value that is not known by a step that is not the
// same in both versions: then nobody knows what it decides.
func (o *other) decides(b *beat) {
	for _, at := range visited(o.pair.New, b) {
		if o.pair.alike[at.step] {
			continue
		}
		_, tone := b.ev.(ivr.ToneReceived)
		typed := b.made && tone && o.judges(at.step)
		if typed || o.lost.among(at.key, o.pair.New.words.reads[at.step]) && turns(at.step) {
			o.why = fmt.Sprintf("%s (%s) decides on a value that is not known any more, and is not what it was", at.step.ID, at.step.Pos)
			return
		}
	}
}

// judges reports whether a step judges keys of which it counts which they are. Those
// that a menu has taken are known.
func (o *other) judges(s *flow.Step) bool {
	switch s.Spec.(type) {
	case *flow.Collect:
		return true
	case *flow.Menu, *flow.Wait, *flow.Hunt:
		return slices.ContainsFunc(o.j[o.n].cmds, func(cmd ivr.Command) bool {
			m, ok := cmd.(ivr.Moved)
			return ok && m.Trigger == flow.TriggerNoMatch
		})
	default:
		return false
	}
}

// turns reports whether a step leads elsewhere by the values that it reads.
func turns(s *flow.Step) bool {
	_, is := s.Spec.(*flow.Switch)
	return is || s.When != nil
}

// took notes what the new version decided, and finds what stands in the place of what
// the old one sent.
func (o *other) took(at time.Time, cmds []ivr.Command) {
	o.new.take(at, cmds)
	taken := map[ivr.OpID]bool{}
	for _, op := range o.ops {
		taken[op] = true
	}
	for _, op := range o.old.s.Ops {
		if o.ops[op.ID] != 0 {
			continue
		}
		for _, twin := range o.new.s.Ops {
			if !taken[twin.ID] && o.stands(op, twin) {
				o.ops[op.ID], taken[twin.ID] = twin.ID, true
				if op.Leg != "" {
					o.legs[op.Leg] = twin.Leg
				}
				break
			}
		}
	}
}

// stands reports whether an operation of the new version is what one of the old was.
func (o *other) stands(op, twin engine.Op) bool {
	if op.Kind != twin.Kind || (op.Leg == "") != (twin.Leg == "") {
		return false
	}
	was, now := o.old.ops[op.ID], o.new.ops[twin.ID]
	switch a := was.cmd.(type) {
	case ivr.RunAction:
		b, ok := now.cmd.(ivr.RunAction)
		return ok && a.Name == b.Name
	case ivr.HTTPRequest:
		b, ok := now.cmd.(ivr.HTTPRequest)
		return ok && a.Action == b.Action
	case ivr.CreateCall:
		b, ok := now.cmd.(ivr.CreateCall)
		return ok && a.Target == b.Target
	case ivr.PlayPrompt:
		b, ok := now.cmd.(ivr.PlayPrompt)
		return ok && a.Loop == b.Loop && (o.pair.twins[now.place.step] == was.place.step || shares(a, b))
	default: // one of a kind at a time
	}
	return op.Leg == "" || o.legs[op.Leg] == twin.Leg
}

// shares reports whether two prompts have a part in common.
func shares(a, b ivr.PlayPrompt) bool {
	return slices.ContainsFunc(ivr.Heard(a.Parts), func(x ivr.Part) bool {
		return slices.ContainsFunc(ivr.Heard(b.Parts), func(y ivr.Part) bool { return x.Key == y.Key && (x.Key != "" || x.Text == y.Text) })
	})
}

// settle completes what the new version does beside what the old one did, such as a
// prompt that the old one had not, until both have come to the same.
func (o *other) settle(at time.Time) {
	for range 50 {
		if !o.both.on(false) || o.both.j > 0 && o.both.level() && !o.busy() {
			return
		}
		op := o.extra()
		if op == nil {
			return
		}
		h := ivr.Head{At: at, Leg: cmp.Or(op.Leg, o.new.s.Leg.ID)}
		o.apply(ivr.OperationAccepted{Head: h, Op: op.ID}, false)
		if op.Kind != "answer" {
			o.apply(ivr.OperationCompleted{Head: h, Op: op.ID}, false)
		}
	}
}

// busy reports whether the new version says something that the old one did not, and
// does not ask yet.
func (o *other) busy() bool {
	_, phase := o.pair.New.StepAt(o.new.s.Running, o.new.s.State)
	_, was := o.pair.Old.StepAt(o.old.s.Running, o.old.s.State)
	return phase != was && (phase == flow.PhasePlaying || phase == flow.PhasePrompting)
}

// extra is an operation of the new version that no operation of the old one stands
// for any more.
func (o *other) extra() *engine.Op {
	waited := map[ivr.OpID]bool{}
	for _, op := range o.old.s.Ops {
		waited[o.ops[op.ID]] = true
	}
	for i, op := range o.new.s.Ops {
		switch op.Kind {
		case "play", "subscribe", "cancel", "keep_alive", "mute", "send_tones":
			if play, ok := o.new.ops[op.ID].cmd.(ivr.PlayPrompt); !waited[op.ID] && !(ok && play.Loop) {
				return &o.new.s.Ops[i]
			}
		default:
		}
	}
	return nil
}

// late lets the new version lose its patience before a key comes, if it has less than
// the old one had.
func (o *other) late(b *beat) {
	tone, ok := b.ev.(ivr.ToneReceived)
	if !ok {
		return
	}
	for _, why := range silences {
		now, was := timerWhy(&o.new.s, engine.Why(why), 0), timerWhy(&b.before, engine.Why(why), 0)
		if now != nil && now.Due.Before(tone.At) && (was == nil || was.Due.After(now.Due.Add(slack))) {
			o.apply(ivr.TimerExpired{Head: ivr.Head{At: now.Due, Leg: o.new.s.Leg.ID}, Timer: now.ID}, false)
			return
		}
	}
}

// slack is how late a timer may be.
const slack = 250 * time.Millisecond

// whole is the old conversation to its end.
func (o *other) whole() []Line {
	for i := o.n + 1; i < len(o.j); i++ {
		b := &o.j[i]
		o.old.talk.vague = o.old.talk.vague || b.made
		if b.ev != nil {
			o.old.talk.event(b.ev, b.made, b.before.Main(leg(b.ev)))
		}
		for _, cmd := range b.cmds {
			o.old.talk.command(b.at, cmd)
		}
	}
	return o.old.talk.lines
}
