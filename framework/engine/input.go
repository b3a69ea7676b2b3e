package engine

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// inputOf is what menu and collect have in common, nil for other verbs.
func inputOf(spec flow.Spec) *flow.Input {
	if menu, ok := spec.(*flow.Menu); ok {
		return &menu.Input
	}
	if collect, ok := spec.(*flow.Collect); ok {
		return &collect.Input
	}
	return nil
}

// enterCollecting reads what was typed ahead; first_key runs if nothing was.
func (r *run) enterCollecting(step *flow.Step) {
	in := inputOf(step.Spec)
	if in == nil {
		r.fault(step, errNoInput)
		return
	}
	r.subscribe()
	if len(r.s.Tones.Ahead) == 0 {
		r.start(whyFirstKey, in.FirstKey, 0)
		return
	}
	state := r.s.State
	for len(r.s.Tones.Ahead) > 0 && r.s.State == state && !r.entered {
		t := r.s.Tones.Ahead[0]
		r.s.Tones.Ahead = r.s.Tones.Ahead[1:]
		r.silent = 0 // the caller was waited for
		r.inputKey(step, t)
	}
}

// inputKey adds a key to the entry and judges it.
func (r *run) inputKey(step *flow.Step, t Tone) {
	r.stop(whyFirstKey)
	if menu, ok := step.Spec.(*flow.Menu); ok {
		r.menuKey(menu, t)
	}
	if collect, ok := step.Spec.(*flow.Collect); ok {
		r.collectKey(collect, t)
	}
}

func (r *run) typed() string {
	var b strings.Builder
	for _, t := range r.s.Input.Keys {
		b.WriteByte(byte(t.Key))
	}
	return b.String()
}

// menuKey: an entry that nothing longer begins with is taken at once; one that
// may go on waits between_keys.
func (r *run) menuKey(spec *flow.Menu, t Tone) {
	r.s.Input.Keys = insertTone(r.s.Input.Keys, t)
	entry, longer := match(r.entries(spec), r.typed())
	r.stop(whyBetweenKeys)
	switch {
	case longer:
		r.start(whyBetweenKeys, spec.BetweenKeys, 0)
	case entry != nil:
		r.menuChosen(spec, entry)
	default:
		r.tryFailed(&spec.Input, flow.TriggerNoMatch)
	}
}

// match finds the entry that was typed, and says whether a longer one begins
// with it.
func match(entries []flow.Entry, typed string) (exact *flow.Entry, longer bool) {
	for i := range entries {
		switch e := &entries[i]; {
		case e.Keys == typed:
			exact = e
		case strings.HasPrefix(e.Keys, typed):
			longer = true
		}
	}
	return exact, longer
}

// menuChosen takes a key of a menu: its own, or one of its choices.
func (r *run) menuChosen(m *flow.Menu, e *flow.Entry) {
	if step, _ := r.place(); m.Choices != nil && e.Outcome == "done" {
		r.choose(step, m, e.Keys)
		return
	}
	r.chosen(e)
}

func (r *run) chosen(e *flow.Entry) {
	r.leave(e.Outcome, View{Keys: e.Keys, Tries: r.tries()})
}

func (r *run) tries() int { return r.s.Input.NoInputs + r.s.Input.NoMatches }

// collectKey: see the rules of keys and time in the language's manual.
func (r *run) collectKey(spec *flow.Collect, t Tone) {
	in := &r.s.Input
	first := len(in.Keys) == 0 && !in.Dropped
	if first {
		if g, _ := match(spec.GlobalKeys, t.Key.String()); g != nil {
			r.chosen(g)
			return
		}
		r.start(whyWhole, spec.Whole, 0)
	}
	full := len(in.Keys) >= spec.Max
	switch {
	case spec.EndsWith != 0 && t.Key == spec.EndsWith:
		r.judge(spec)
		return
	case full: // the terminator was awaited, another key came: it is for later
		r.s.Tones.Ahead = append([]Tone{t}, r.s.Tones.Ahead...)
		r.judge(spec)
		return
	case !strings.ContainsRune(spec.Allowed, rune(t.Key)):
		in.Dropped = true
	default:
		in.Keys = insertTone(in.Keys, t)
	}
	r.awaitMore(spec)
}

// awaitMore ends a complete entry, or starts the timer that fits.
func (r *run) awaitMore(spec *flow.Collect) {
	r.stop(whyBetweenKeys)
	switch {
	case len(r.s.Input.Keys) < spec.Max:
		r.start(whyBetweenKeys, spec.BetweenKeys, 0)
	case spec.EndsWith != 0 && spec.Terminate > 0:
		r.start(whyTerminate, spec.Terminate, 0)
	default:
		r.judgeFull(spec)
	}
}

// judgeFull decides on an entry that ended by its full length. Its terminator
// is dropped if it is the next key; that may have been typed ahead.
func (r *run) judgeFull(spec *flow.Collect) {
	ts := &r.s.Tones
	switch {
	case spec.EndsWith == 0:
	case len(ts.Ahead) == 0:
		ts.Drop, ts.DropBy = spec.EndsWith, r.now.Add(terminatorDrop)
	case ts.Ahead[0].Key == spec.EndsWith:
		ts.Ahead = ts.Ahead[1:]
	}
	r.judge(spec)
}

// judge decides on the entry as it is.
func (r *run) judge(spec *flow.Collect) {
	in := &r.s.Input
	digits := r.typed()
	switch {
	case digits == "" && !in.Dropped:
		r.tryFailed(&spec.Input, flow.TriggerNoInput)
		return
	case len(digits) < spec.Min:
		r.tryFailed(&spec.Input, flow.TriggerNoMatch)
		return
	}
	decl := r.f.Vars[spec.Var]
	value, ok := decl.Accept(digits)
	if !ok {
		r.tryFailed(&spec.Input, flow.TriggerNoMatch)
		return
	}
	r.setVar(spec.Var, value)
	v := View{Tries: r.tries(), Keys: digits}
	if decl.Sensitive != flow.NotSensitive {
		v.Keys = ""
	}
	in.Keys = nil
	r.leave("done", v)
}

// beginTry begins an input step, or another try of it. The failed tries are
// counted with the step, since other steps, even input steps, may run between
// an outcome and the repeat in its handler.
func (r *run) beginTry(step *flow.Step, again bool) {
	failed := r.s.Input.Failed
	r.s.Input = Input{}
	if len(r.s.Counts) == 0 {
		return
	}
	noInputs, noMatches := step.ID+"/"+flow.TriggerNoInput, step.ID+"/"+flow.TriggerNoMatch
	if !again {
		r.uncount(noInputs)
		r.uncount(noMatches)
		return
	}
	r.s.Input = Input{Failed: failed, NoInputs: r.s.Counts[noInputs], NoMatches: r.s.Counts[noMatches]}
}

// tryFailed counts a failed try: another one, or gave_up.
func (r *run) tryFailed(spec *flow.Input, how string) {
	step, _ := r.place()
	failed := r.count(step.ID + "/" + how)
	in := &r.s.Input
	if how == flow.TriggerNoInput {
		in.NoInputs = failed
	} else {
		in.NoMatches = failed
	}
	in.Keys, in.Dropped, in.Failed = nil, false, how
	r.stopStepTimers()
	if r.tries() >= spec.Tries {
		r.leave("gave_up", View{Tries: r.tries(), Reason: ivr.ReasonNone})
		return
	}
	r.again = true
	r.fire(how)
}

// inputTimer: the caller took too long. Keys that are held back because of a
// gap came in time.
func (r *run) inputTimer(why Why) {
	if len(r.s.Tones.Held) > 0 && r.heldInTime(why) {
		return
	}
	step, phase := r.place()
	if phase == flow.PhaseAsking {
		r.leave("refused", View{})
		return
	}
	if phase != flow.PhaseCollecting {
		return
	}
	if collect, ok := step.Spec.(*flow.Collect); ok {
		r.collectTimer(collect)
	}
	if menu, ok := step.Spec.(*flow.Menu); ok {
		r.menuTimer(menu, why)
	}
}

// heldInTime presses the keys that are held back. It reports whether that
// made the timer that ran out irrelevant.
func (r *run) heldInTime(why Why) bool {
	state := r.s.State
	r.stop(whyToneGap)
	r.gapOver()
	switch {
	case r.s.State != state:
		return true
	case why == whyWhole: // another try has no keys yet
		return len(r.s.Input.Keys) == 0 && !r.s.Input.Dropped
	}
	return r.waitsFor(whyFirstKey) || r.waitsFor(whyBetweenKeys) || r.waitsFor(whyTerminate)
}

// collectTimer judges what was typed. The terminator of a full entry may still
// come, whichever time is over.
func (r *run) collectTimer(spec *flow.Collect) {
	if len(r.s.Input.Keys) >= spec.Max {
		r.judgeFull(spec)
		return
	}
	r.judge(spec)
}

// menuTimer takes what was typed so far, if it is an entry.
func (r *run) menuTimer(spec *flow.Menu, why Why) {
	entry, _ := match(r.entries(spec), r.typed())
	switch {
	case why == whyFirstKey:
		r.tryFailed(&spec.Input, flow.TriggerNoInput)
	case entry != nil:
		r.menuChosen(spec, entry)
	default:
		r.tryFailed(&spec.Input, flow.TriggerNoMatch)
	}
}
