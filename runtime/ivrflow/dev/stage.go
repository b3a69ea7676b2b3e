package dev

import (
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// stage is what goes on in the call now, as the caller notices it.
type stage struct {
	step      *flow.Step // in which the call is; nil if it is in none
	phase     flow.Phase
	playing   *playing
	recording time.Time // since when the service listens; zero if it does not
	recorded  time.Time // when the last recording ended
	handover  string    // to whom the call is being transferred
	moves     int       // how often the flow moved on
}

// playing is the prompt that the caller hears.
type playing struct {
	began time.Time
	event graphsim.PromptStarted
	name  string
	stop  func() // the player
}

// hears says that a prompt plays.
func (s *stage) hears() bool { return s.playing != nil }

// takesKeys says that a key would be used now, not only kept.
func (s *stage) takesKeys() bool {
	if s.step == nil {
		return false
	}
	switch s.phase {
	case flow.PhaseCollecting, flow.PhaseAsking:
		return true
	case flow.PhaseDialling, flow.PhaseAnnouncing, flow.PhaseAccepting:
		hunt, ok := s.step.Spec.(*flow.Hunt)
		return ok && len(hunt.Entries) > 0
	case flow.PhaseRecording:
		return !s.recording.IsZero()
	case flow.PhasePrompting:
		return s.hears() && interruptible(s.step.Spec)
	case flow.PhaseWaiting:
		wait, ok := s.step.Spec.(*flow.Wait)
		return ok && len(wait.Entries) > 0
	case flow.PhaseNone, flow.PhaseWhen, flow.PhasePlaying, flow.PhaseSaving, flow.PhaseTransferring,
		flow.PhaseRedirecting, flow.PhaseRejecting, flow.PhaseAnswering, flow.PhaseActing, flow.PhaseSending, flow.PhaseCalling, flow.PhaseMuting, flow.PhaseJoining, flow.PhaseConferring:
	}
	return false
}

// takesKey is takesKeys for one key: while the flow records, only the keys that
// end the recording are used.
func (s *stage) takesKey(k ivr.Key) bool {
	if !s.takesKeys() {
		return false
	}
	spec, ok := s.step.Spec.(*flow.Record)
	return !ok || s.phase != flow.PhaseRecording || slices.Contains(spec.StopKeys, k)
}

// interruptible says that keys count during the prompt of an input step.
func interruptible(spec flow.Spec) bool {
	switch s := spec.(type) {
	case *flow.Menu:
		return s.BargeIn != flow.BargeOff
	case *flow.Collect:
		return s.BargeIn != flow.BargeOff
	case *flow.Record:
		return s.BargeIn == flow.BargeOn && s.Consent == flow.ConsentAsked
	default:
		return false
	}
}

// observe takes what the caller notices.
func (s *stage) observe(e graphsim.Event) {
	switch e := e.(type) {
	case graphsim.PromptStarted:
		s.playing = nil
		if e.Problem == "" {
			s.playing = &playing{began: e.At, event: e, stop: func() {}}
		}
	case graphsim.PromptEnded:
		s.playing = nil
	case graphsim.RecordingStarted:
		s.moves++
		s.recording = e.At
	case graphsim.RecordingEnded:
		s.recording, s.recorded = time.Time{}, e.At
	case graphsim.Transferring:
		s.handover = tell.Target(e.Target)
	case graphsim.TransferFailed, graphsim.Transferred:
		s.handover = ""
	case graphsim.Ended:
		s.playing, s.recording, s.handover, s.step = nil, time.Time{}, "", nil
	default:
	}
}
