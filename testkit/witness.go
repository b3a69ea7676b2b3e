package testkit

import (
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/runtime/fetch"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Line is one thing that happened in a call.
type Line = tell.Line

// The speakers of a conversation.
const (
	byCaller = "caller"
	byFlow   = "flow"
	byGraph  = "graph"
)

// heard is a prompt that the caller began to hear.
type heard struct {
	op    ivr.OpID
	index int // of the file that it begins with
	last  int // of the file that it ends with
	part  ivr.Part
	over  bool // it has ended
	cut   bool // before its end
}

// move is a move of the flow's machine.
type move struct {
	trigger string
	state   string // of the machine
}

// act is an action that the flow did, or a request of a step of its own.
type act struct {
	op      ivr.OpID
	name    string // empty: a request
	in      map[string]any
	outcome string // empty while it runs
	line    int
	at      time.Time
}

// witness sees both sides of a call: what the flow decides and what the caller
// gets. It only writes down.
type witness struct {
	flow  *flow.Flow
	clock interface{ Now() time.Time }
	start time.Time
	lines []Line

	call      ivr.CallID // the caller's
	connected bool       // the person on the phone has rung, or taken the call
	began     bool       // the bot has a session
	session   engine.Session
	step      *flow.Step // the last step of the flow that the call was in
	plays     map[ivr.OpID]ivr.PlayPrompt
	names     map[ivr.OpID]string // of operations, for people
	moves     []move
	acts      []act
	asked     []fetch.Message // requests as they would have been sent
	marks     []ivr.Mark
	states    []string // flow states, in order, without direct repeats

	heard       []heard
	tones       map[int64]bool // keys that reached the flow
	lastTone    int64          // number of the last key on its way, 0 if none
	listening   bool           // a recording listens
	recordings  int            // that began
	recordedAt  time.Time      // when the last one began
	heardAt     time.Time      // when the last prompt began
	rejected    *graphsim.Rejected
	redirected  *graphsim.Redirected
	transferred *graphsim.Transferred
	made        []ivr.CallID // by the flow, in order
	end         *graphsim.Ended
}

func newWitness(f *flow.Flow, c interface{ Now() time.Time }) *witness {
	return &witness{flow: f, clock: c, start: c.Now(), plays: map[ivr.OpID]ivr.PlayPrompt{}, names: map[ivr.OpID]string{}, tones: map[int64]bool{}}
}

func (w *witness) say(who, format string, args ...any) {
	w.lines = append(w.lines, Line{At: w.clock.Now().Sub(w.start), Who: who, What: fmt.Sprintf(format, args...)})
}

// played reports whether a file of an operation was heard already.
func (w *witness) played(op ivr.OpID, index int) bool {
	return slices.ContainsFunc(w.heard, func(h heard) bool { return h.op == op && h.index <= index && index <= h.last })
}

// audible reports whether the caller hears a prompt of the step.
func (w *witness) audible() bool {
	n, media := len(w.heard), w.session.Media
	return n > 0 && !w.heard[n-1].over && w.heard[n-1].op == media.Op && !media.Cancelled
}

// typing reports whether keys are on their way to the flow.
func (w *witness) typing() bool { return w.lastTone != 0 && !w.tones[w.lastTone] }

// takesKeys reports whether a key that is pressed now does something for the
// step that the call is in.
func (w *witness) takesKeys() bool {
	step, phase := w.flow.StepAt(w.session.Running, w.session.State)
	if step == nil {
		return false
	}
	spec := step.Spec
	switch phase {
	case flow.PhaseCollecting, flow.PhaseAsking:
		return true
	case flow.PhaseDialling, flow.PhaseAnnouncing, flow.PhaseAccepting:
		dial, ok := spec.(*flow.Dial)
		if ok {
			return phase != flow.PhaseDialling && dial.Consult.Accept != 0
		}
		hunt, ok := spec.(*flow.Hunt)
		return ok && len(hunt.Entries) > 0
	case flow.PhasePlaying, flow.PhasePrompting:
		return bargesIn(spec) && w.audible()
	case flow.PhaseRecording:
		r, ok := spec.(*flow.Record)
		return ok && w.listening && len(r.StopKeys) > 0
	case flow.PhaseWaiting:
		wait, ok := spec.(*flow.Wait)
		return ok && len(wait.Entries) > 0
	case flow.PhaseNone, flow.PhaseWhen, flow.PhaseSaving, flow.PhaseTransferring, flow.PhaseRedirecting,
		flow.PhaseRejecting, flow.PhaseAnswering, flow.PhaseActing, flow.PhaseSending, flow.PhaseCalling, flow.PhaseMuting, flow.PhaseJoining, flow.PhaseConferring:
	}
	return false
}

// bargesIn reports whether a key ends the step's prompt.
func bargesIn(s flow.Spec) bool {
	switch spec := s.(type) {
	case *flow.Play:
		return spec.BargeIn == flow.BargeOn
	case *flow.Record:
		return spec.BargeIn == flow.BargeOn
	case *flow.Menu:
		return spec.BargeIn != flow.BargeOff
	case *flow.Collect:
		return spec.BargeIn != flow.BargeOff
	case *flow.Transfer, *flow.Hunt, *flow.Redirect, *flow.Reject, *flow.Answer, *flow.Set, *flow.Forget,
		*flow.Switch, *flow.Do, *flow.HTTP, *flow.Wait, *flow.SendKeys, *flow.Mute, *flow.Join, *flow.Invite, *flow.Hold, *flow.RouteAudio, *flow.Gallery,
		*flow.RecordingStatus, *flow.Hours, *flow.Dial, *flow.Call, *flow.Jump, *flow.Return, *flow.End, *flow.Mark:
	}
	return false
}
