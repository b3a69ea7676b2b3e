package engine

import (
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Times that no flow can change.
const (
	answerBy       = 10 * time.Second // an unanswered call is answered by then; the platform gives it 15 s
	answerDeadline = 30 * time.Second // from answer to audio
	promptSlack    = 10 * time.Second // beyond a prompt's length
	recordSlack    = 15 * time.Second // beyond a recording's maximum
	transferFirst  = 60 * time.Second // then the call is read
	transferLast   = 150 * time.Second
	reconcileFor   = 10 * time.Second // class-B operations with an unknown result
	reconcileEvery = 2 * time.Second
	redirectSlack  = 12 * time.Second // from the call's beginning: there must be time left to answer it
	redirectLeast  = time.Second
	hangUpDeadline = 10 * time.Second
	hangUpTries    = 3
	hangUpPause    = 30 * time.Second
	requestSlack   = 20 * time.Second // for an operation that is over with its response
	fetchDeadline  = 60 * time.Second
	cancelGate     = time.Second
	audioBack      = 2 * time.Minute // audio is inactive (hold): then media is tried all the same
	audioRetry     = 5 * time.Second // media was refused for want of audio, and nobody said that it is back
	waitingAfter   = time.Second     // an action runs this long before music
	keepAliveEvery = 15 * time.Minute
	onErrorLimit   = 30 * time.Second
	onEndLimit     = 10 * time.Second
	toneGap        = 250 * time.Millisecond
	terminatorDrop = 3 * time.Second
	stopKeyEcho    = time.Second
	minRecording   = time.Second // anything shorter is empty
	chunkLead      = 3 * time.Second
	goneGrace      = 2 * time.Second // from a call that is gone to the word about its end
	ringSlack      = 5 * time.Second // beyond the time that a phone rings, for the platform's word
	acceptWithin   = 10 * time.Second
	roundPause     = 5 * time.Second // between two rounds of a hunt
	countWithin    = 5 * time.Second // a counter that does not answer is done without
)

// start arms a timer and returns its id.
func (r *run) start(why Why, after time.Duration, op ivr.OpID) ivr.TimerID {
	r.s.Seq++
	id := ivr.TimerID(r.s.Seq)
	r.ownTimers()
	r.s.Timers = append(r.s.Timers, Timer{ID: id, Why: why, Due: r.now.Add(after), Op: op})
	r.emit(ivr.StartTimer{Timer: id, After: ivr.Duration(after), Why: string(why)})
	return id
}

// stop disarms all timers of a kind.
func (r *run) stop(why Why) {
	r.stopTimers(func(t *Timer) bool { return t.Why == why })
}

func (r *run) stopTimers(which func(*Timer) bool) {
	for i := 0; i < len(r.s.Timers); {
		t := &r.s.Timers[i]
		if !which(t) {
			i++
			continue
		}
		r.emit(ivr.StopTimer{Timer: t.ID})
		r.ownTimers()
		r.s.Timers = slices.Delete(r.s.Timers, i, i+1)
	}
}

// waitsFor reports whether a timer of a kind is armed.
func (r *run) waitsFor(why Why) bool {
	return slices.ContainsFunc(r.s.Timers, func(t Timer) bool { return t.Why == why })
}

// stopStepTimers disarms what belongs to a phase of a step.
func (r *run) stopStepTimers() {
	r.stopTimers(func(t *Timer) bool {
		switch t.Why {
		case whyFirstKey, whyBetweenKeys, whyTerminate, whyWhole, whyWaiting, whyWait, whyChunk, whyRing, whyAccept, whyRound, whyRoster:
			return true
		case whyDeadline, whyReconcile, whyGate, whyAudio, whyToneGap, whyCallLimit, whySection, whyAnswerBy, whyKeepAlive, whyGone, whyEvery, whyMaxWait, whyHangUp:
		}
		return false
	})
}

// expired handles a timer that ran out. One that was stopped or has fired
// before is ignored.
func (r *run) expired(id ivr.TimerID) {
	i := slices.IndexFunc(r.s.Timers, func(t Timer) bool { return t.ID == id })
	if i < 0 {
		return
	}
	t := r.s.Timers[i]
	r.ownTimers()
	r.s.Timers = slices.Delete(r.s.Timers, i, i+1)
	switch t.Why {
	case whyFirstKey, whyBetweenKeys, whyTerminate, whyWhole:
		r.inputTimer(t.Why)
	case whyWaiting:
		r.startMusic()
	case whyWait:
		r.leave("done", View{})
	case whyDeadline:
		r.deadline(t.Op)
	case whyReconcile:
		r.reconcile(t.Op)
	case whyGate:
		r.gateOver()
	case whyChunk:
		r.queueChunk()
	case whyToneGap:
		r.gapOver()
	case whyAudio:
		r.audioTried()
	case whyCallLimit:
		r.callOver()
	case whySection:
		r.sectionOver()
	case whyAnswerBy:
		r.answer(nil)
	case whyKeepAlive:
		r.keepAlive()
	case whyGone:
		r.neverTold()
	case whyRound:
		r.callMember()
	case whyEvery:
		r.sayNow()
	case whyMaxWait:
		r.huntOver()
	case whyRoster:
		r.rosterOver()
	case whyRing:
		r.unanswered()
	case whyAccept:
		r.notTaken(ivr.Result{Reason: ivr.ReasonDeclined})
	case whyHangUp:
		r.hangUpLeft()
	}
}

func (r *run) keepAlive() {
	if r.s.Leg.Gone {
		return
	}
	r.emit(ivr.KeepAlive{Op: r.newOp(opKeepAlive, requestSlack), Leg: r.s.Leg.ID})
	r.start(whyKeepAlive, keepAliveEvery, 0)
}

// hangUp ends the call from our side: refused if it was never answered.
func (r *run) hangUp() {
	s := &r.s
	r.stop(whySection)
	if s.EndedBy == "" {
		s.EndedBy = ivr.EndedByFlow
	}
	switch {
	case s.Leg.Gone:
		r.fire(flow.TriggerOver)
	case !s.Leg.Answering:
		r.emit(ivr.Reject{Op: r.newOp(opReject, requestSlack), Leg: s.Leg.ID, Reason: ivr.RejectNone})
	default:
		r.emit(ivr.HangUp{Op: r.newOp(opHangUp, hangUpDeadline), Leg: s.Leg.ID})
	}
}

// finish closes the session's books.
func (r *run) finish() {
	r.cancelActions()
	r.releaseAll()
	if leg := r.s.Leg; leg.Stays && !leg.Gone { // it is hung up for as long as that needs; nobody waits for it
		r.emit(ivr.HangUp{Op: r.newOp(opHangUp, hangUpDeadline), Leg: r.s.Leg.ID})
	}
	r.s.Ops, r.s.Timers, r.s.Parked = nil, nil, nil
	r.s.Ended = r.now
	r.emit(ivr.Finish{EndedBy: r.s.EndedBy, Result: r.s.End})
}
