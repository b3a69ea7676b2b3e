package engine

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

const (
	aheadKeys = 30 // size of the type-ahead buffer
	seenTones = 40 // sequence numbers that are remembered
)

// tone takes a key from the wire. Sequence numbers make keys unique and order
// them. A key beyond a gap is held back for a moment, if this call's keys came
// without gaps so far; the prompt it interrupts is stopped at once.
func (r *run) tone(t Tone) {
	ts := &r.s.Tones
	if t.Key == 0 || r.s.Leg.Gone {
		return
	}
	if t.Seq != 0 && ts.known(t.Seq) {
		return
	}
	if n := len(ts.Seen); t.Seq != 0 && n > 0 && !ts.Gaps && t.Seq > ts.Seen[n-1]+1 {
		if !r.deaf() {
			r.hold(t)
			return
		}
		// It is dropped, and so is what was pressed before it.
		for seq := max(ts.Seen[n-1]+1, t.Seq-seenTones); seq < t.Seq; seq++ {
			ts.see(seq)
		}
	}
	r.take(t)
	for len(ts.Held) > 0 && ts.Held[0].Seq == ts.Seen[len(ts.Seen)-1]+1 {
		next := ts.Held[0]
		ts.Held = slices.Delete(ts.Held, 0, 1)
		r.take(next)
	}
	if len(ts.Held) == 0 {
		r.stop(whyToneGap)
	}
}

// known reports whether a tone came before. One that is older than all that
// are remembered did.
func (ts *Tones) known(seq int64) bool {
	return slices.Contains(ts.Seen, seq) || len(ts.Seen) == seenTones && seq < ts.Seen[0] ||
		slices.ContainsFunc(ts.Held, func(h Tone) bool { return h.Seq == seq })
}

// see remembers a tone's number.
func (ts *Tones) see(seq int64) {
	i, _ := slices.BinarySearch(ts.Seen, seq)
	ts.Seen = slices.Insert(ts.Seen, i, seq)
	if len(ts.Seen) > seenTones {
		ts.Seen = ts.Seen[1:]
	}
}

// deaf reports whether keys are dropped: a prompt plays that says so.
func (r *run) deaf() bool {
	step, phase := r.place()
	return (phase == flow.PhasePlaying || phase == flow.PhasePrompting) && bargeOf(step.Spec) == flow.BargeOff
}

// hold keeps a key until what is missing before it has come.
func (r *run) hold(t Tone) {
	ts := &r.s.Tones
	if len(ts.Held) == 0 {
		r.start(whyToneGap, toneGap, 0)
	}
	ts.Held = insertTone(ts.Held, t)
	step, phase := r.place()
	if step != nil && (phase == flow.PhasePrompting || phase == flow.PhasePlaying) && bargeOf(step.Spec) == flow.BargeOn {
		r.bargeIn(phase)
	}
}

// gapOver: what is missing does not come. This platform leaves gaps, so
// nothing is held back again in this call.
func (r *run) gapOver() {
	held := r.s.Tones.Held
	r.s.Tones.Held, r.s.Tones.Gaps = nil, true
	for _, t := range held {
		r.take(t)
	}
}

// take remembers a tone's number and presses its key. The key is pressed in
// the state that the keys before it have led to.
func (r *run) take(t Tone) {
	ts := &r.s.Tones
	r.silent = 0 // the caller was waited for
	if t.Seq != 0 {
		ts.see(t.Seq)
		ts.Count++
	}
	r.press(t)
	r.advance()
}

// insertTone puts a tone where its number says.
func insertTone(list []Tone, t Tone) []Tone {
	i := len(list)
	for t.Seq != 0 && i > 0 && list[i-1].Seq > t.Seq {
		i--
	}
	return slices.Insert(list, i, t)
}

// press decides what a key does.
func (r *run) press(t Tone) {
	if r.swallowed(t.Key) {
		return
	}
	step, phase := r.place()
	if step == nil {
		return
	}
	switch phase {
	case flow.PhaseCollecting:
		r.inputKey(step, t)
	case flow.PhaseAsking:
		r.consentKey(t.Key)
	case flow.PhaseWaiting:
		r.waitKey(step, t)
	case flow.PhasePlaying, flow.PhasePrompting:
		r.pressInPrompt(step, phase, t)
	case flow.PhaseDialling, flow.PhaseAnnouncing, flow.PhaseAccepting:
		r.huntKey(step, t)
	case flow.PhaseNone, flow.PhaseWhen, flow.PhaseRecording, flow.PhaseSaving, flow.PhaseTransferring,
		flow.PhaseRedirecting, flow.PhaseRejecting, flow.PhaseAnswering, flow.PhaseActing, flow.PhaseSending, flow.PhaseMuting, flow.PhaseJoining, flow.PhaseConferring, flow.PhaseCalling:
		r.keepAhead(t)
	}
}

func (r *run) pressInPrompt(step *flow.Step, phase flow.Phase, t Tone) {
	switch bargeOf(step.Spec) {
	case flow.BargeOff:
	case flow.BargeUnset:
		r.keepAhead(t)
	case flow.BargeOn:
		if record, ok := step.Spec.(*flow.Record); !ok || record.Consent == flow.ConsentAsked {
			r.keepAhead(t) // a recording has no use for the key
		}
		r.bargeIn(phase)
	}
}

// bargeIn ends the prompt because of a key.
func (r *run) bargeIn(phase flow.Phase) {
	r.stopMedia()
	if phase == flow.PhasePlaying {
		r.leave("done", View{})
		return
	}
	r.fire(flow.TriggerBargeIn)
}

func (r *run) keepAhead(t Tone) {
	if len(r.s.Tones.Ahead) < aheadKeys {
		r.s.Tones.Ahead = insertTone(r.s.Tones.Ahead, t)
	}
}

// swallowed reports whether a key belongs to what is over: the terminator of
// an entry that ended by its full length, or the stop key of a recording.
func (r *run) swallowed(k ivr.Key) bool {
	ts := &r.s.Tones
	drop := ts.Drop
	ts.Drop = 0
	if drop == k && !r.now.After(ts.DropBy) {
		return true
	}
	if step, phase := r.place(); phase == flow.PhaseRecording {
		spec, ok := step.Spec.(*flow.Record)
		return ok && slices.Contains(spec.StopKeys, k)
	}
	return r.now.Before(ts.StopBy) && slices.Contains(ts.Stops, k)
}
