// Package replay runs the journals of calls again: on the version of the flow on
// which a call ran, where the same must come of it ([Again]), and on another
// version ([On]), where it may go elsewhere. It is as pure as the engine: it reads
// and writes nothing, and knows no clock but the events'.
//
// # What was forgotten
//
// A journal does not hold what was sensitive, and after retention.keys it holds no
// keys and values at all: a [Row] that is Hidden is the outline, which says what
// happened and which moves the flow took, but not with which values. For these
// others are made up with which the flow does the same. From then on what is said
// and given to actions is not compared word by word, since it may be made of them,
// but operations, prompts by their names, moves and timers are.
package replay

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Journal is all that happened in a call.
type Journal struct {
	Session ivr.SessionID
	Flow    string // its name
	Version string // of the flow
	// Caller and Called are what the call's record says; they stand for those of a
	// first event that is hidden.
	Caller, Called ivr.Party
	Rows           []Row
}

// Row is one change of a call: events that were applied together, and what was
// decided. Without events it is something that the runtime had done to the call.
type Row struct {
	At       time.Time // when it was stored
	Events   []ivr.Event
	Commands []ivr.Command
	Parked   []ivr.Event // that could not be applied
	// Hidden says that Events and Commands are outlines: see runtime/store/wire.
	Hidden bool
}

// Verdict says what came of a replay.
type Verdict string

// The verdicts.
const (
	// Same says that the same came of it.
	Same Verdict = "same"
	// Outline says that the same came of it, as far as it is known.
	Outline Verdict = "same_in_outline"
	// Different says that something else came of it.
	Different Verdict = "different"
	// Undecidable says that nobody can know; Result.Why says why.
	Undecidable Verdict = "undecidable"
)

// Difference is the first row, and the first event in it, of which something else
// came than the journal says.
type Difference struct {
	Row      int       `json:"change"` // from 1
	At       time.Time `json:"at"`
	Event    string    `json:"event,omitempty"` // in words; "" if no event brought it
	State    string    `json:"state"`           // of the flow before it
	Recorded string    `json:"recorded"`        // the first command that differs; "" if there is none
	Replayed string    `json:"replayed"`        // what came in its place; "" if nothing did
}

// Result is what came of a journal on its own version.
type Result struct {
	Verdict    Verdict
	Why        string // of Undecidable
	Difference *Difference
	beats      []beat
}

// Told is the result without what [Pair.On] needs of it, which is large.
func (r Result) Told() Result {
	r.beats = nil
	return r
}

// Flow is a version of a flow with what it runs with.
type Flow struct {
	*flow.Flow
	// Config are the values of the bot's configuration. nil, of a flow that has
	// some: they are not known, and others stand for them.
	Config map[string]any

	words *words
}

// NewFlow is a flow that journals are played on. Several goroutines may use it.
func NewFlow(f *flow.Flow, config map[string]any) *Flow {
	g := &Flow{Flow: f, Config: config, words: newWords(f)}
	if config == nil && len(f.Config) > 0 {
		g.Config = g.words.config()
	}
	g.words.blind = config == nil && len(f.Config) > 0
	return g
}

// beat is one event of a call as it was played.
type beat struct {
	row    int
	nth    int // of the row's events
	at     time.Time
	ev     ivr.Event // nil: the runtime did it
	made   bool      // something in ev was made up
	by     doing     // if there is no event
	before engine.Session
	after  engine.Session
	cmds   []ivr.Command
}

// doing is what the runtime does to a session without an event.
type doing uint8

const (
	looked doing = iota
	stopped
	failed
	abandoned
	rebuilt
)
