// Package flow turns a flow file (YAML) into an immutable [Flow]: a positioned
// tree is parsed and checked, its steps are flattened into a list, and the
// list is compiled to a state machine.
//
// [Load] never stops at the first fault; it reports all of them with file,
// line and column. A *Flow is immutable and shared by all calls that run it.
package flow

import (
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/machine"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

// Kind says what starts a flow.
type Kind string

// The kinds of flow.
const (
	Incoming Kind = "incoming"
	Outgoing Kind = "outgoing"
	Meeting  Kind = "meeting"
)

// DTMF says when the runtime subscribes to the call's keys.
type DTMF string

// The values of a flow's dtmf key.
const (
	DTMFAuto   DTMF = "auto" // if any step can use keys
	DTMFAlways DTMF = "always"
	DTMFNever  DTMF = "never"
)

// Limits that hold whatever a flow says.
const (
	DefaultCallLimit = 30 * time.Minute // from the answer
	MaxCallLimit     = 4 * time.Hour
	DefaultStepLimit = 500 // steps in one call
	MaxStepLimit     = 2000
	SilentStepLimit  = 100 // steps without a wait between them
)

// Flow is one compiled version of a flow.
type Flow struct {
	Name        string
	Kind        Kind
	Description string
	File        string // as it was given to Load
	// Version is the SHA-256 (hex) of everything that decides what the flow
	// does: its file, its catalogues, its audio as it is played, its files of
	// days, and all that of the flows it calls.
	Version   string
	Locales   []string // the first is the default; never empty
	DTMF      DTMF
	UsesKeys  bool // some step listens or can be barged into
	CallLimit time.Duration
	StepLimit int
	Config    map[string]*Var
	Vars      map[string]*Var
	Actions   map[string]*Action
	Catalogue *prompt.Catalogue
	Schedules map[string]Schedule

	// Key is what the flow is known by among those that call each other: ""
	// for the one that was loaded, flows/NAME for a ready-made one, and the
	// file of any other.
	Key string
	// Params are the variables that a caller of the flow gives it, Returns
	// those that it gets back, and Outcomes the names that return may have
	// beside done and failed. All are sorted as they are written.
	Params, Returns, Outcomes []string

	Steps    []*Step // by StepRef
	Start    StepRef
	OnHangup StepRef // None if the flow has none
	OnEnd    StepRef // None if the flow has none
	OnError  StepRef // always set: the built-in apology if the flow has none

	// Invariants are the flow's promises about itself.
	Invariants []Invariant

	Machine *machine.Table

	family        map[string]*Flow    // by key, itself included
	bundle        *bundle             // what it was loaded from; nil for a flow that another calls
	entries       map[string]string   // state -> the machine state in which it begins
	places        map[string]Place    // machine state -> step and phase
	readSchedules []string            // those that expressions read
	prompts       map[string]diag.Pos // keys of the catalogue -> where they are defined
	secrets       Secrets             // of the family
}

// StepRef is a step's index in Flow.Steps.
type StepRef int

// None is the reference to no step.
const None StepRef = -1

// Section is the part of a flow a step stands in. It decides what the step may
// do and what follows an error.
type Section uint8

// The sections of a flow.
const (
	InState Section = iota
	InOnHangup
	InOnEnd
	InOnError
)

// Step is one step of a flow, with its handlers' steps flattened into the
// same list.
type Step struct {
	Ref     StepRef
	ID      string // unique: "login.2", "login.2.wrong.1", or the author's id
	State   string // the flow state it belongs to; "on_hangup", "on_error"... for sections
	Section Section
	Pos     diag.Pos
	When    Expr // nil: always
	Spec    Spec
	// Parent is the step in whose handler the step stands, None for one of the
	// list of its state or section. Cause is what of Parent that handler follows:
	// an outcome, with .then or .else for each counted handler around.
	Parent StepRef
	Cause  string
	// Edges maps every outcome the step can have to what follows. It is
	// complete: parents, defaults and the flow's handlers are resolved.
	Edges map[string]*Edge
	// BuiltIn says that no author wrote the step: the apology of a flow
	// without on_error.
	BuiltIn bool
}

// Edge is a compiled handler: either a plain move (Counter empty) or a
// counted one.
type Edge struct {
	To  Goto
	Pos diag.Pos // the handler's place; the step's if it was filled in

	Counter    string // key of Session.Counts, "login.2/wrong"; empty for a plain move
	UpTo       int    // the first UpTo times follow Then, later ones Else
	Then, Else *Edge
}

// GotoKind is the kind of a move.
type GotoKind uint8

// The kinds of move.
const (
	ToStep   GotoKind = iota // enter Goto.Step anew
	ToRepeat                 // do the same step again, its tries kept
	ToEnd                    // hang up
	ToReturn                 // leave a sub-flow with Goto.Outcome
	ToError                  // on_error
	ToOver                   // the session needs nothing more (end of on_hangup, on_end, after a transfer)
)

// Goto is where a plain move leads.
type Goto struct {
	Kind    GotoKind
	Step    StepRef
	Outcome string
}

// Place is what a machine state stands for.
type Place struct {
	Step  StepRef // None for the states HangingUp and Ended
	Phase Phase
}

// Phase is the part of a step in which a call waits.
type Phase string

// The phases. A step's machine state is "ID/phase", or just "ID" for a step
// that never waits (PhaseNone).
const (
	PhaseNone         Phase = ""
	PhaseWhen         Phase = "when" // before a step with a condition
	PhasePlaying      Phase = "playing"
	PhasePrompting    Phase = "prompting"
	PhaseCollecting   Phase = "collecting"
	PhaseAsking       Phase = "asking" // record: waiting for the caller's consent
	PhaseRecording    Phase = "recording"
	PhaseSaving       Phase = "saving"
	PhaseDialling     Phase = "dialling"   // somebody else's phone rings
	PhaseAnnouncing   Phase = "announcing" // that person hears the announcement
	PhaseAccepting    Phase = "accepting"  // and is to press a key
	PhaseTransferring Phase = "transferring"
	PhaseRedirecting  Phase = "redirecting"
	PhaseRejecting    Phase = "rejecting"
	PhaseAnswering    Phase = "answering"
	PhaseActing       Phase = "acting"
	PhaseWaiting      Phase = "waiting"
	PhaseSending      Phase = "sending"
	PhaseCalling      Phase = "calling"    // a sub-flow runs
	PhaseMuting       Phase = "muting"     // mute and unmute
	PhaseJoining      Phase = "joining"    // on the way into a meeting, its lobby included
	PhaseConferring   Phase = "conferring" // something is done about the meeting or its people
)

// Machine states that belong to no step.
const (
	StateIdle      = "idle"       // before the first event
	StateHangingUp = "hanging_up" // hung up by us, the platform's word awaited
	StateEnded     = "ended"
	// StateHandingOver is that of a call that somebody outside the flow hands over.
	// No machine has it: the call comes back to the state it was in, or ends.
	StateHandingOver = "handing_over"
	// StateReturned begins the names of the states in which a flow has
	// returned to its caller: "return", "return/OUTCOME". A flow that nobody
	// called hangs up there.
	StateReturned = "return"
)

// Triggers that are not outcomes. Outcome triggers are the outcome's name,
// with ".then" or ".else" appended once for each counted handler passed.
const (
	TriggerStart      = "start"       // idle -> the first step
	TriggerHolds      = "holds"       // when: is true
	TriggerSkip       = "skip"        // when: is false
	TriggerPrompted   = "prompted"    // the prompt has ended
	TriggerBargeIn    = "barge_in"    // a key ended the prompt
	TriggerTypedAhead = "typed_ahead" // keys were there before the prompt
	TriggerNoInput    = "no_input"    // nothing was pressed, try again
	TriggerNoMatch    = "no_match"    // it did not fit, try again
	TriggerAccepted   = "accepted"    // the caller consented, or the callee took the call
	TriggerConnected  = "connected"   // the callee is there
	TriggerNext       = "next"        // of a hunt: the next member is called
	TriggerRecorded   = "recorded"    // the recording ended and is being fetched
	TriggerHangUp     = "hang_up"     // the far side ended the call
	TriggerError      = "error"       // on_error takes over
	TriggerOver       = "over"        // the leg is gone by our own doing
)

// At says which step and phase a machine state stands for.
func (f *Flow) At(state string) (Place, bool) {
	p, ok := f.places[state]
	return p, ok
}

// EntryOf is the machine state in which a state of the flow begins.
func (f *Flow) EntryOf(state string) (string, bool) {
	s, ok := f.entries[state]
	return s, ok
}

// Returned is the outcome with which a flow has returned; false for any other
// machine state.
func Returned(state string) (outcome string, ok bool) {
	if state == StateReturned {
		return outcomeDone, true
	}
	return strings.CutPrefix(state, StateReturned+"/")
}

func returnState(outcome string) string {
	if outcome == outcomeDone {
		return StateReturned
	}
	return StateReturned + "/" + outcome
}

// StateName is the machine state of a step's phase.
func (s *Step) StateName(p Phase) string {
	if p == PhaseNone {
		return s.ID
	}
	return s.ID + "/" + string(p)
}

// Entry is the phase in which the step is entered.
func (s *Step) Entry() Phase {
	if s.When != nil {
		return PhaseWhen
	}
	return s.Spec.entry()
}
