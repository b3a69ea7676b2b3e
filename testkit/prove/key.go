package prove

import (
	"crypto/sha256"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// key is what of a call decides what may still happen: two calls with the same
// key go on alike. The package's comment says what it forgets.
type key [16]byte

// keyer writes what makes a key.
type keyer struct {
	w   *world
	s   *engine.Session
	now time.Time
	b   []byte
}

// keyOf is the key of a state. more is what is to be told apart besides: the
// start of the call, and what the invariants remember.
func (w *world) keyOf(st *state, more ...uint64) key {
	k := keyer{w: w, s: &st.session, now: st.now, b: make([]byte, 0, 512)}
	for _, n := range more {
		k.number(int64(n))
	}
	k.write()
	sum := sha256.Sum256(k.b)
	return key(sum[:16])
}

func (k *keyer) text(s string) {
	k.b = append(k.b, s...)
	k.b = append(k.b, 0)
}

func (k *keyer) number(n int64) {
	k.b = strconv.AppendInt(k.b, n, 36)
	k.b = append(k.b, 0)
}

func (k *keyer) flags(all ...bool) {
	for _, f := range all {
		if f {
			k.b = append(k.b, '1')
		} else {
			k.b = append(k.b, '0')
		}
	}
	k.b = append(k.b, 0)
}

func (k *keyer) write() {
	s := k.s
	k.text(s.Running)
	k.text(s.State)
	if s.Over() {
		return
	}
	step, phase := k.w.root.StepAt(s.Running, s.State)
	k.text(s.Locale)
	k.text(k.endedBy())
	k.call()
	k.operations(phase)
	k.timers()
	k.variables(s.Running, step, s.Vars, s.Counts)
	for i := range s.Frames {
		f := &s.Frames[i]
		k.text(f.Flow)
		k.text(f.State)
		k.text(f.Locale)
		at, _ := k.w.root.StepAt(f.Flow, f.State)
		k.variables(f.Flow, at, f.Vars, f.Counts)
	}
	m := &s.Media
	k.flags(m.Op != 0, m.Cancelled, m.Waiting, m.Music)
	if phase == flow.PhasePlaying {
		k.number(int64(m.Loops))
	}
	k.consult()
	k.input(step, phase)
	k.record(step, phase)
	k.result(step)
	for _, sig := range s.Signals {
		if !sig.Taken {
			k.text(sig.Name)
		}
	}
	k.meeting()
}

// endedBy is who ended the call, as far as that matters: whether the caller or
// the platform did does not, unless an expression asks.
func (k *keyer) endedBy() string {
	by := string(k.s.EndedBy)
	if by == "service" && !k.w.facts.endings {
		return "caller"
	}
	return by
}

func (k *keyer) call() {
	leg := &k.s.Leg
	k.flags(leg.Call != "", leg.Answering, leg.Audio, leg.Mute, leg.Doubt, leg.Gone, k.s.Outgoing)
	k.number(int64(leg.State))
	k.number(int64(leg.AudioNow))
	for i := range k.s.Others {
		l := &k.s.Others[i]
		k.flags(l.Call != "", l.Audio, l.Leaving, l.ID == k.s.Consult.Leg)
		k.number(int64(l.State))
	}
}

func (k *keyer) operations(phase flow.Phase) {
	for i := range k.s.Ops {
		op := &k.s.Ops[i]
		if over(op, phase) {
			continue
		}
		k.text(string(op.Kind))
		k.flags(op.Unknown, op.Refused != nil, op.Repeat, op.Leg != "")
		k.number(int64(op.Tries))
	}
}

// timers are those that decide what happens next, with what is left of them, and
// which of the others are armed.
func (k *keyer) timers() {
	for i := range k.s.Timers {
		t := &k.s.Timers[i]
		switch {
		case inner(t.Why):
			k.text(string(t.Why))
			k.number(int64(t.Due.Sub(k.now)))
		case t.Why != "deadline" && t.Why != "keep_alive" && t.Why != "whole":
			k.text(string(t.Why))
		}
	}
}

// variables are those that may still be read, and the counts.
func (k *keyer) variables(member string, step *flow.Step, vars map[string]any, counts map[string]int) {
	m := k.w.root.Member(member)
	reads := func(by map[string][]map[string]bool, name string) bool {
		if step == nil {
			return readBySections(m, by[member], name)
		}
		return by[member][step.Ref][name]
	}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if !reads(k.w.facts.live, name) {
			continue
		}
		k.text(name)
		switch {
		case !reads(k.w.facts.weighs, name): // it is enough that it is set
		case k.w.facts.opaque(m, name):
			k.shape(vars[name])
		default:
			k.value(vars[name])
		}
	}
	k.b = append(k.b, '|')
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if n := k.count(member, step, name, counts[name]); n > 0 {
			k.text(name)
			k.number(int64(n))
		}
	}
}

// count is a count as far as it matters: those that nothing may ask any more are
// forgotten, all from a handler's up_to on are alike,
// and a step's failed tries are forgotten when it is begun anew.
func (k *keyer) count(member string, step *flow.Step, name string, n int) int {
	if most, ok := k.w.facts.upTo[member][name]; ok {
		if step != nil && !k.w.facts.live[member][step.Ref][counterOf(name)] {
			return 0
		}
		return min(n, most) // it is counted before it is asked
	}
	of, _, _ := strings.Cut(name, "/")
	if step != nil && step.ID == of || k.w.facts.repeated[member][of] {
		return n
	}
	return 0
}

func (k *keyer) value(v any) {
	switch v := v.(type) {
	case nil:
		k.text("~")
	case string:
		k.b = append(k.b, '"')
		k.text(v)
	case bool:
		k.flags(v)
	case float64:
		k.b = append(k.b, '#')
		k.number(int64(math.Float64bits(v)))
	case []any:
		k.b = append(k.b, '[')
		for _, item := range v {
			k.value(item)
		}
		k.b = append(k.b, ']')
	case map[string]any:
		k.b = append(k.b, '{')
		for _, name := range slices.Sorted(maps.Keys(v)) {
			k.text(name)
			k.value(v[name])
		}
		k.b = append(k.b, '}')
	}
}

// shape is a value of which only the form matters.
func (k *keyer) shape(v any) {
	switch v := v.(type) {
	case string:
		k.b = append(k.b, 's')
		k.number(int64(len(v)))
	case []any:
		k.b = append(k.b, 'l')
		k.number(int64(len(v)))
	default:
		k.value(v)
	}
}

func (k *keyer) consult() {
	c := &k.s.Consult
	if !c.Begun {
		return
	}
	k.flags(true, c.Leg != "", c.Announce != 0, c.Say, c.Said)
	k.number(int64(c.Tried))
	for _, n := range c.Order {
		k.number(int64(n))
	}
}

// input is what was typed and how often it failed, while a step takes input.
func (k *keyer) input(step *flow.Step, phase flow.Phase) {
	switch phase {
	case flow.PhasePrompting, flow.PhaseCollecting, flow.PhaseAsking:
	default:
		return
	}
	in := &k.s.Input
	k.text(in.Failed)
	k.flags(in.Dropped)
	k.number(int64(in.NoInputs))
	k.number(int64(in.NoMatches))
	k.text(typedSoFar(in.Keys))
	_ = step
}

// record is how far a recording is: in its first stretch, in the last that it may
// have, or between. What of it is saved already is one, or more that will be joined.
func (k *keyer) record(step *flow.Step, phase flow.Phase) {
	if phase != flow.PhaseRecording && phase != flow.PhaseSaving {
		return
	}
	r := &k.s.Record
	k.flags(r.Op != 0, r.Queued != 0, r.Over, r.Last)
	if spec, ok := step.Spec.(*flow.Record); ok && !r.Over {
		k.flags(r.Planned > spec.Every, r.Planned >= spec.Max)
	}
	saved := 0
	for i := range r.Chunks {
		if r.Chunks[i].ID != "" {
			saved++
		}
	}
	k.number(int64(min(saved, 2)))
	k.number(int64(len(r.Chunks) - saved))
	lost := r.Lost
	if lost != "" && !k.w.facts.reasons {
		lost = "lost"
	}
	k.text(string(lost))
}

// result is what expressions may read of how the last step ended. Whoever waits in a
// step has the result of that one next.
func (k *keyer) result(step *flow.Step) {
	read := k.w.facts.result
	if len(read) == 0 || step != nil && !k.w.facts.looksBack(step) {
		return
	}
	r := &k.s.Result
	for _, f := range [...]struct {
		name string
		text string
	}{{"outcome", r.Outcome}, {"reason", string(r.Reason)}, {"keys", r.Keys}} {
		if read[f.name] {
			k.text(f.text)
		}
	}
	for _, f := range [...]struct {
		name string
		n    float64
	}{{"code", float64(r.Code)}, {"subcode", float64(r.Subcode)}, {"tries", float64(r.Tries)}, {"seconds", r.Seconds}} {
		if read[f.name] {
			k.value(f.n)
		}
	}
}
