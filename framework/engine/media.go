package engine

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// startMedia starts what the current phase plays or records, now or as soon
// as the gate opens: the call is answered first, audio must be active, and a
// cancelled operation must have reported.
func (r *run) startMedia() {
	if r.uncalled() {
		r.noAudio() // a step of on_error: the checks let no other come here
		return
	}
	if r.s.Leg.Gone {
		r.hungUp()
		return
	}
	if r.s.Leg.Mute {
		r.noAudio()
		return
	}
	if !r.gateOpen() {
		r.s.Media.Waiting = true
		r.answer(r.prefetch())
		r.awaitAudio(audioBack)
		return
	}
	if r.s.State == flow.StateHandingOver {
		r.handOverOutside()
		return
	}
	step, phase := r.place()
	switch phase {
	case flow.PhasePlaying, flow.PhasePrompting:
		r.playPrompt(step)
	case flow.PhaseRecording:
		r.record(step)
	case flow.PhaseTransferring:
		r.transfer(step)
	case flow.PhaseAnswering:
		r.leave("done", View{})
	case flow.PhaseActing:
		r.playMusic(step)
	case flow.PhaseWaiting:
		r.beginWaiting(step)
	case flow.PhaseSending:
		r.sendKeys(step)
	case flow.PhaseMuting:
		r.mute(step)
	case flow.PhaseConferring:
		r.confer(step)
	case flow.PhaseDialling, flow.PhaseAnnouncing, flow.PhaseAccepting:
		r.onHold(step)
	case flow.PhaseNone, flow.PhaseWhen, flow.PhaseCollecting, flow.PhaseAsking, flow.PhaseSaving,
		flow.PhaseRedirecting, flow.PhaseRejecting, flow.PhaseJoining, flow.PhaseCalling:
	}
}

// noAudio fails a step that needs audio on a call that could not be answered.
func (r *run) noAudio() {
	if r.section() == flow.InState {
		r.failWith(ivr.Result{Reason: ivr.ReasonMedia})
		return
	}
	r.toError()
}

// openGate lets the phase's media start if it waits.
func (r *run) openGate() {
	if !r.s.Media.Waiting || !r.gateOpen() {
		return
	}
	r.s.Media.Waiting = false
	r.startMedia()
}

func (r *run) gateOpen() bool {
	leg, m := &r.s.Leg, &r.s.Media
	return leg.Audio && leg.AudioNow != ivr.AudioInactive && m.Op == 0 && !m.Cancelled
}

// awaitAudio bounds the wait for audio that went away: then it is tried all
// the same.
func (r *run) awaitAudio(most time.Duration) {
	if leg := &r.s.Leg; !leg.Audio || leg.AudioNow != ivr.AudioInactive {
		return
	}
	if !r.waitsFor(whyAudio) {
		r.start(whyAudio, most, 0)
	}
}

// audioTried: nobody said that audio is back.
func (r *run) audioTried() {
	r.s.Leg.AudioNow = ivr.AudioUnknown
	r.openGate()
}

// audioGone reports whether media was refused because there is no audio at the
// moment, and if so waits for it, once.
func (r *run) audioGone(res ivr.Result) bool {
	if res.Subcode != audioInactive || r.s.Media.Again {
		return false
	}
	r.s.Media.Again, r.s.Media.Waiting = true, true
	r.s.Leg.AudioNow = ivr.AudioInactive
	r.awaitAudio(audioRetry)
	return true
}

// audioInactive is the platform's subcode for media on a call without audio.
const audioInactive = 8503

// dropMedia forgets what was cancelled: it reported, or had its time to.
func (r *run) dropMedia() {
	r.stop(whyGate)
	for _, id := range []ivr.OpID{r.s.Media.Op, r.s.Record.Op, r.s.Record.Queued} {
		if id != 0 {
			r.drop(id)
		}
	}
	r.s.Media.Op, r.s.Media.Cancelled, r.s.Media.Music, r.s.Media.Refused = 0, false, false, 0
	r.s.Record.Op, r.s.Record.Queued = 0, 0
}

// stopMedia cancels what plays or records. What waits for the gate is
// forgotten.
func (r *run) stopMedia() {
	m := &r.s.Media
	m.Waiting, m.Again = false, false
	running := m.Op != 0 || r.s.Record.Op != 0 || r.s.Record.Queued != 0
	if !running || m.Cancelled || r.s.Leg.Gone {
		return
	}
	m.Cancelled, m.Refused, r.s.Consult.Said = true, 0, false
	r.cancelMedia()
}

func (r *run) cancelMedia() {
	r.emit(ivr.CancelMedia{Op: r.newOp(opCancel, requestSlack), Leg: r.s.Leg.ID})
	r.start(whyGate, cancelGate, 0)
}

// cancelFailed: what should stop goes on, and would go before whatever is sent
// next. The gate stays shut for another try.
func (r *run) cancelFailed() {
	if r.s.Media.Cancelled {
		r.s.Media.Refused++
	}
}

// gateOver: the cancelled operation did not report in its time.
func (r *run) gateOver() {
	const most = 10
	if refused := r.s.Media.Refused; refused > 0 && refused < most {
		r.stopCancel()
		r.cancelMedia()
		return
	}
	r.dropMedia()
	r.openGate()
}

// stopCancel forgets a cancel that is being repeated.
func (r *run) stopCancel() {
	if op := r.findKind(opCancel); op != nil {
		r.drop(op.ID)
	}
}

// enterPrompt starts a step that plays something first. again keeps the tries
// of an input step.
func (r *run) enterPrompt(step *flow.Step, again bool) {
	r.s.Media.Loops, r.s.Media.Again, r.s.Media.Deaths = 0, false, 0
	in := inputOf(step.Spec)
	if in != nil {
		if !again && in.Flush {
			r.s.Tones.Ahead = nil
		}
		r.beginTry(step, again)
	} else {
		r.s.Input = Input{}
	}
	if m, ok := step.Spec.(*flow.Menu); ok && len(r.entries(m)) == 0 {
		r.leave("gave_up", View{}) // there is nothing to choose
		return
	}
	record, _ := step.Spec.(*flow.Record)
	barge := bargeOf(step.Spec)
	switch {
	case barge == flow.BargeOff, record != nil && record.Consent == flow.ConsentAsked:
		r.s.Tones.Ahead = nil // nobody consents before the question
	case barge == flow.BargeOn && record == nil && len(r.s.Tones.Ahead) > 0:
		r.typedAhead(step)
		return
	}
	r.startMedia()
}

// typedAhead: keys are there before the prompt, so it is not played. A
// recording takes no keys, so they do not keep its prompt from being heard.
func (r *run) typedAhead(step *flow.Step) {
	if _, ok := step.Spec.(*flow.Play); ok {
		r.leave("done", View{})
		return
	}
	r.fire(flow.TriggerTypedAhead)
}

// bargeOf says what keys do while a step's prompt plays.
func bargeOf(spec flow.Spec) flow.BargeIn {
	if play, ok := spec.(*flow.Play); ok {
		return play.BargeIn
	}
	if record, ok := spec.(*flow.Record); ok {
		return record.BargeIn
	}
	in := inputOf(spec)
	switch {
	case in == nil:
		return flow.BargeUnset
	case in.BargeIn == flow.BargeUnset:
		return flow.BargeOn
	}
	return in.BargeIn
}

// playPrompt plays what the phase says, if it says anything.
func (r *run) playPrompt(step *flow.Step) {
	parts, err := r.render(r.phasePrompts(step))
	if err == nil {
		parts, err = r.withChoices(step, parts)
	}
	if err == nil {
		parts, err = fit(parts)
	}
	switch {
	case err != nil:
		r.fault(step, err)
	case len(parts) == 0:
		r.prompted()
	default:
		op := r.newOp(opPlay, length(parts)+promptSlack)
		r.s.Media.Op = op
		r.emit(ivr.PlayPrompt{Op: op, Leg: r.s.Leg.ID, Parts: parts})
	}
}

// prompted: what the phase plays has been heard.
func (r *run) prompted() {
	step, phase := r.place()
	switch phase {
	case flow.PhasePlaying:
		spec, ok := step.Spec.(*flow.Play)
		r.s.Media.Loops++
		if ok && r.s.Media.Loops < spec.Loop && r.s.Media.Loops < flow.SilentStepLimit {
			r.startMedia()
			return
		}
		r.leave("done", View{})
	case flow.PhasePrompting:
		r.fire(flow.TriggerPrompted)
	case flow.PhaseNone, flow.PhaseWhen, flow.PhaseCollecting, flow.PhaseAsking, flow.PhaseRecording,
		flow.PhaseSaving, flow.PhaseTransferring, flow.PhaseRedirecting, flow.PhaseRejecting,
		flow.PhaseAnswering, flow.PhaseActing, flow.PhaseWaiting, flow.PhaseSending, flow.PhaseMuting, flow.PhaseConferring, flow.PhaseJoining, flow.PhaseCalling,
		flow.PhaseDialling, flow.PhaseAnnouncing, flow.PhaseAccepting:
	}
}

// promptEnded: a prompt was played to its end. If a cancel had been sent, it
// came too late; the gate opens all the same.
func (r *run) promptEnded(id ivr.OpID) {
	r.drop(id)
	if id != r.s.Media.Op {
		return
	}
	if r.s.Media.Cancelled {
		r.dropMedia()
		r.openGate()
		return
	}
	music := r.s.Media.Music
	r.s.Media.Op, r.s.Media.Music = 0, false
	if !music {
		r.prompted()
		return
	}
	r.said()
}

func (r *run) promptFailed(id ivr.OpID, res ivr.Result) {
	if id != r.s.Media.Op {
		return
	}
	m := &r.s.Media
	switch {
	case m.Cancelled:
		r.dropMedia()
		r.openGate()
	case m.Music: // the caller hears silence instead of music; the action goes on
		m.Op, m.Music = 0, false
		r.said()
	case res.Reason == ivr.ReasonCancelled && !m.Again:
		// Not by us: an earlier cancel caught this one too, or the call is
		// ending and will say so in a moment. Play it once more, after that.
		m.Op, m.Again, m.Waiting, m.Cancelled = 0, true, true, true
		r.start(whyGate, cancelGate, 0)
	default:
		m.Op = 0
		if r.audioGone(res) {
			return
		}
		if res.Reason == ivr.ReasonNone || res.Reason == ivr.ReasonCancelled {
			res.Reason = ivr.ReasonMedia
		}
		r.failWith(res)
	}
}

// playAgain repeats a prompt whose request may or may not have been executed,
// after a cancel and what the cancel brings. Music stays as it is: it plays or
// not, and is cancelled when the action returns.
func (r *run) playAgain(e ivr.OperationUnknown) {
	m := &r.s.Media
	if e.Op != m.Op || m.Cancelled || m.Music {
		return
	}
	again := m.Again
	r.stopMedia()
	if !r.mayRepeat(e, again) {
		r.failWith(ivr.Result{Reason: ivr.ReasonUnknownResult})
		return
	}
	m.Waiting, m.Again = true, again || !e.Died
}

// mayRepeat reports whether what plays or records may be sent once more although
// nobody knows what became of it. If it is the platform that did not answer, it is
// repeated once. If it is our process that ended, it is until so many have that it
// may be what ends them.
func (r *run) mayRepeat(e ivr.OperationUnknown, repeated bool) bool {
	if !e.Died {
		return !repeated
	}
	r.s.Media.Deaths++
	return r.s.Media.Deaths < mostDeaths
}

// mostDeaths is how many processes may end over one prompt or recording.
const mostDeaths = 3
