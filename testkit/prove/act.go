package prove

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Kind says what something that happens in a call is.
type Kind string

// What may happen.
const (
	Rings   Kind = "rings"    // the call begins
	Presses Kind = "presses"  // the caller presses keys
	Waits   Kind = "waits"    // time passes until a timer runs out
	HangsUp Kind = "hangs_up" // the caller does
	Signals Kind = "signals"  // the bot's program sends a signal
	Ends    Kind = "ends"     // what plays is over, or what was asked of the platform is done
	Fails   Kind = "fails"    // the platform refuses it, or it ends badly
	Speaks  Kind = "speaks"   // the caller speaks, and is recorded
	Silent  Kind = "silent"   // the caller is recorded, and says nothing
	Saved   Kind = "saved"    // a recording is fetched
	Returns Kind = "returns"  // an action, or a request, comes back
	Answers Kind = "answers"  // somebody who is called does
	Refuses Kind = "refuses"  // somebody who is called does not take the call; Outcome says how
	Takes   Kind = "takes"    // somebody who is called presses the key that takes the call
	Limit   Kind = "limit"    // the call, or a section, has lasted as long as it may
	GivenUp Kind = "given_up" // the platform ends the call
	Meets   Kind = "meets"    // the platform tells who is in the meeting; What says that the bot is in its lobby
	Joins   Kind = "joins"    // somebody comes into the meeting
	Knocks  Kind = "knocks"   // somebody comes into its lobby
	Leaves  Kind = "leaves"   // somebody leaves either
)

// Act is one thing that happens in a call, from outside the flow.
type Act struct {
	Kind    Kind           `json:"kind"`
	What    string         `json:"what,omitempty"`    // the action, request, signal, timer or operation
	Keys    string         `json:"keys,omitempty"`    // of Presses
	Outcome string         `json:"outcome,omitempty"` // of Returns and Refuses
	Out     map[string]any `json:"out,omitempty"`     // what an action, or a request, brings
	Code    int            `json:"code,omitempty"`    // the status of a request's answer
	After   time.Duration  `json:"after"`             // since what happened before
	// Short says of what was recorded that it is too short to count.
	Short bool `json:"short,omitempty"`
	// Late says that it comes at the last moment, and Idle that keys which do not count
	// in an entry have put that off.
	Late bool `json:"late,omitempty"`
	Idle bool `json:"idle,omitempty"`
	// On says how a call that begins is: who rings, and how the world is. Of Meets it
	// is who is there.
	On []string `json:"on,omitempty"`
}

// String says it in a few words.
func (a Act) String() string {
	if !a.Late {
		return a.words()
	}
	if a.Idle {
		return a.words() + " at last, after keys that do not count"
	}
	return a.words() + ", at the last moment"
}

func (a Act) words() string {
	switch a.Kind {
	case Rings:
		return strings.Join(append([]string{"rings"}, a.On...), ", ")
	case Presses:
		return "presses " + a.Keys
	case Waits:
		return "waits"
	case HangsUp:
		if a.What == opMeet {
			return "ends the meeting, or removes the bot"
		}
		return "hangs up"
	case Signals:
		return "sends the signal " + a.What
	case Speaks:
		return "speaks"
	case Silent:
		return "says nothing"
	case Returns:
		return a.What + " returns " + a.Outcome + outText(a.Out)
	case Answers, Takes, Refuses:
		return a.callee()
	case Meets, Joins, Knocks, Leaves:
		return a.people()
	case Limit:
		return "the " + a.What + " has lasted as long as it may"
	case GivenUp:
		return "ends the call"
	case Ends, Fails, Saved:
	}
	return a.platform()
}

func (a Act) callee() string {
	switch a.Kind {
	case Answers:
		return "whom the flow calls answers"
	case Takes:
		return "whom the flow calls takes the call"
	default:
	}
	switch a.Outcome {
	case "busy":
		return "whom the flow calls is busy"
	case "no_answer":
		return "whom the flow calls does not answer"
	case "declined":
		return "whom the flow calls does not take the call"
	case "lobby":
		return "the bot is not let in"
	}
	return "the call to whom the flow calls fails"
}

// people is who comes into a meeting, or leaves it.
func (a Act) people() string {
	switch {
	case a.Kind == Joins:
		return a.What + " joins"
	case a.Kind == Knocks:
		return a.What + " comes into the lobby"
	case a.Kind == Leaves:
		return a.What + " leaves"
	case a.What != "":
		return "the bot is in the lobby"
	case len(a.On) == 0:
		return "the bot is in the meeting, and nobody else"
	}
	return "the bot is in the meeting, with " + listed(a.On)
}

// platform is what the platform makes of an operation.
func (a Act) platform() string {
	what, done := a.What, "is done"
	switch a.What {
	case opPlay:
		what, done = "the prompt", "is over"
	case opTransfer:
		what, done = "the transfer", "succeeds"
	case opRecord, opFetch, opJoin:
		what = "the recording"
	case opAnswer:
		what, done = "the call", "is connected"
	case opRedirect:
		what = "the redirect"
	case opSend:
		what, done = "sending the keys", "is done"
	case opMeet:
		what = "what is asked of the meeting"
	case opEnter:
		what, done = "joining the meeting", "succeeds"
	}
	switch {
	case a.Kind == Saved && a.Short:
		return what + " is too short"
	case a.Kind == Saved:
		return what + " is saved"
	case a.Kind == Fails:
		return what + " fails"
	}
	return what + " " + done
}

func outText(out map[string]any) string {
	if len(out) == 0 {
		return ""
	}
	parts := make([]string, 0, len(out))
	for _, name := range slices.Sorted(maps.Keys(out)) {
		parts = append(parts, fmt.Sprintf("%s: %v", name, out[name]))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// fault reports something that does not happen as long as everything works.
func (a Act) fault() bool {
	switch a.Kind {
	case Fails, GivenUp, Limit:
		return true
	case Returns:
		return a.Outcome == failed
	case Refuses:
		return a.Outcome == failed
	case Rings, Presses, Waits, HangsUp, Signals, Ends, Speaks, Silent, Saved, Answers, Takes, Meets, Joins, Knocks, Leaves:
	}
	return false
}

// quiet reports something that happens although the caller says and presses
// nothing.
func (a Act) quiet() bool {
	switch a.Kind {
	case Presses, HangsUp, Speaks, Signals, Joins, Knocks:
		return false
	case Rings, Waits, Ends, Fails, Silent, Saved, Returns, Answers, Refuses, Takes, Limit, GivenUp, Meets, Leaves:
	}
	return true
}

const failed = "failed"

// The kinds of operation, as the engine calls them.
const (
	opAnswer   = "answer"
	opRedirect = "redirect"
	opPlay     = "play"
	opRecord   = "record"
	opTransfer = "transfer"
	opFetch    = "fetch"
	opJoin     = "join"
	opAction   = "action"
	opSend     = "send_tones"
	opMute     = "mute"
	opMeet     = "meeting"
	opCreate   = "create_call"
	opEnter    = "enter"
)

// choice is an act with the events that bring it.
type choice struct {
	Act
	events []ivr.Event
	index  int           // among all that may happen
	fetch  Kind          // what becomes of a recording that is fetched on the way: Saved or Fails; "": it is waited for
	late   time.Duration // how long it may take at most; 0: no longer than After
	full   bool          // the caller speaks on until the recording is as long as it may be
	slowly []ivr.Event   // keys as they are pressed if that takes as long as it may; nil: all at its end
	spare  int           // how many of the keys need not be pressed: the terminator of a full entry

	row  *row  // an item of it is read, see rows.go; nil: none is
	list []any // the list that it is meanwhile
	also bool  // it is the act before it, with another item
}

// at is the time at which a choice made at a time happens.
func (c *choice) at(now time.Time) time.Time { return now.Add(c.After) }

// timer is the first of the timers that decide what happens next; nil if none is
// armed. Deadlines of operations are not among them: what they bring is what the
// operation's failure brings.
func timer(s *engine.Session) *engine.Timer {
	var first *engine.Timer
	for i := range s.Timers {
		if t := &s.Timers[i]; inner(t.Why) && (first == nil || t.Due.Before(first.Due)) {
			first = t
		}
	}
	return first
}

// The timers that may run out at any moment of what they span: how long that is
// depends on all that happens meanwhile.
const (
	whyCallLimit = "call_limit"
	whySection   = "section_limit"
	whyEvery     = "every"
	whyMaxWait   = "max_wait"
	whyWait      = "wait"
	whyFirstKey  = "first_key"
	whyChunk     = "chunk"
	whyRing      = "ring"
	whyRoster    = "roster"
	whyAccept    = "accept"
)

// inner reports a timer that belongs to what the call waits for now.
func inner(why engine.Why) bool {
	switch why {
	case "deadline", "whole", "keep_alive", whyCallLimit, whySection, whyEvery, whyMaxWait:
		return false
	}
	return true
}
