// Package engine runs flows. It is pure: [Step] takes a flow, a session and
// one event, and gives back the new session and the commands that follow.
// There is no clock, no goroutine, no lock and no I/O in it; time comes with
// the events, and a timer is a command whose result is an event.
//
//	s := engine.New("s1", f, config)
//	s, commands, err := engine.Step(f, s, ivr.CallIncoming{...})
//
// Step never writes to the session it was given, so a caller may keep the old
// one until the new one is stored. Late, repeated and reordered events are
// normal input: they change nothing, or what they should.
package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Session is one caller's run through one version of a flow. It is plain data
// that survives JSON between any two events.
type Session struct {
	ID      ivr.SessionID `json:"id"`
	Flow    string        `json:"flow"`
	Version string        `json:"version"`           // of the flow; it never changes
	Running string        `json:"running,omitempty"` // key of the sub-flow that runs; empty: the flow itself
	State   string        `json:"state"`             // of the machine of the flow that runs
	Seq     int           `json:"seq"`               // the last operation or timer id given out

	Outgoing bool      `json:"outgoing,omitempty"` // the bot calls: Caller is its own identity
	Caller   ivr.Party `json:"caller,omitzero"`
	Called   ivr.Party `json:"called,omitzero"`
	Tenant   string    `json:"tenant,omitempty"`
	ChainID  string    `json:"chain_id,omitempty"`
	Scenario string    `json:"scenario,omitempty"`
	Locale   string    `json:"locale"`

	Started  time.Time   `json:"started,omitzero"`
	Answered time.Time   `json:"answered,omitzero"` // when audio became active
	Ended    time.Time   `json:"ended,omitzero"`
	EndedBy  ivr.EndedBy `json:"ended_by,omitempty"`
	End      ivr.Result  `json:"end,omitzero"` // what the platform said at the end

	Leg    Leg            `json:"leg"`              // the caller's
	Others []Leg          `json:"others,omitempty"` // further legs, until their calls are over
	Ops    []Op           `json:"ops,omitempty"`    // operations without a result
	Timers []Timer        `json:"timers,omitempty"` // armed timers
	Vars   map[string]any `json:"vars,omitempty"`   // set variables only
	Config map[string]any `json:"config,omitempty"` // shared by all sessions; never written
	Counts map[string]int `json:"counts,omitempty"` // of counted handlers, and of the failed tries of steps

	// Frames are the flows that wait for a sub-flow, the outermost first. Vars
	// and Counts are those of the flow that runs.
	Frames []Frame `json:"frames,omitempty"`

	Steps  int      `json:"steps"` // entered so far
	Parked []Parked `json:"parked,omitempty"`

	Media   Media   `json:"media,omitzero"`
	Input   Input   `json:"input,omitzero"`
	Consult Consult `json:"consult,omitzero"`
	Record  Record  `json:"record,omitzero"`
	// Meeting is what is known of the meeting; nil in flows of other kinds.
	Meeting *Meeting `json:"meeting,omitempty"`
	// Signals are the bot's last ones, the newest last.
	Signals []Signal `json:"signals,omitempty"`
	Tones   Tones    `json:"tones,omitzero"`
	Outside Outside  `json:"outside,omitzero"`
	Result  View     `json:"result,omitzero"`
}

// String names the session and where it is. What the caller typed is not in
// it; the session's JSON is whole, and as secret as that.
func (s Session) String() string { return fmt.Sprintf("session %s of %s in %s", s.ID, s.Flow, s.State) }

// Leg is one Graph call of the session.
type Leg struct {
	ID         ivr.LegID      `json:"id"`
	Call       ivr.CallID     `json:"call,omitempty"`
	State      ivr.CallState  `json:"state"`
	Answering  bool           `json:"answering,omitempty"` // answer was sent
	AudioNow   ivr.AudioState `json:"audio_now,omitempty"` // as last reported
	Audio      bool           `json:"audio,omitempty"`     // audio was active while established, once: latched
	Subscribed bool           `json:"subscribed,omitempty"`
	Mute       bool           `json:"mute,omitempty"`  // it could not be answered: there will be no audio
	Back       bool           `json:"back,omitempty"`  // a transfer of it has failed
	Doubt      bool           `json:"doubt,omitempty"` // a redirect of it was given up, and may yet happen
	Stays      bool           `json:"stays,omitempty"` // it could not be hung up
	Gone       bool           `json:"gone,omitempty"`

	// Of further legs only.
	Target  ivr.Target `json:"target,omitzero"`   // whom it calls
	Leaving bool       `json:"leaving,omitempty"` // it is not wanted any more: it is hung up as soon as its call is known
}

// Op is an operation that was sent and has no result yet.
type Op struct {
	ID       ivr.OpID    `json:"id"`
	Leg      ivr.LegID   `json:"leg,omitempty"` // of a further leg; empty for the caller's
	Kind     OpKind      `json:"kind"`
	Remote   string      `json:"remote,omitempty"` // Graph's id, once known
	Accepted bool        `json:"accepted,omitempty"`
	Unknown  bool        `json:"unknown,omitempty"` // sent, result unknown, being reconciled
	Refused  *ivr.Result `json:"refused,omitempty"` // by the platform; the call is read to learn why
	Deadline ivr.TimerID `json:"deadline,omitempty"`
	For      ivr.OpID    `json:"for,omitempty"`    // read: the operation that is in question; 0: none is
	Moving   bool        `json:"moving,omitempty"` // read: the call was being handed over
	Tries    int         `json:"tries,omitempty"`
	Repeat   bool        `json:"repeat,omitempty"` // of one whose result stayed unknown
}

// OpKind is the kind of an operation.
type OpKind string

// The kinds of operation.
const (
	opAnswer    OpKind = "answer"
	opReject    OpKind = "reject"
	opRedirect  OpKind = "redirect"
	opSubscribe OpKind = "subscribe"
	opPlay      OpKind = "play"
	opRecord    OpKind = "record"
	opCancel    OpKind = "cancel"
	opTransfer  OpKind = "transfer"
	opHangUp    OpKind = "hang_up"
	opKeepAlive OpKind = "keep_alive"
	opRead      OpKind = "read"
	opFetch     OpKind = "fetch"
	opJoin      OpKind = "join"
	opAction    OpKind = "action"
	opSend      OpKind = "send_tones"
	opMute      OpKind = "mute"
	opMeet      OpKind = "meeting" // something about the meeting; what, its step says
	opCreate    OpKind = "create_call"
	opCount     OpKind = "count"
)

// Timer is an armed timer.
type Timer struct {
	ID  ivr.TimerID `json:"id"`
	Why Why         `json:"why"`
	Due time.Time   `json:"due"`
	Op  ivr.OpID    `json:"op,omitempty"` // a deadline's operation
}

// Why says what a timer waits for.
type Why string

// What timers wait for. The step's timers end with the step's phase.
const (
	whyFirstKey    Why = "first_key"
	whyBetweenKeys Why = "between_keys"
	whyTerminate   Why = "terminate"
	whyWhole       Why = "whole"
	whyWaiting     Why = "waiting" // an action runs long enough for music
	whyWait        Why = "wait"    // a wait step
	whyDeadline    Why = "deadline"
	whyReconcile   Why = "reconcile" // read the call again
	whyGate        Why = "gate"      // a cancelled operation did not report
	whyAudio       Why = "audio"     // audio went away
	whyChunk       Why = "chunk"     // queue the next recordResponse
	whyToneGap     Why = "tone_gap"
	whyCallLimit   Why = "call_limit"
	whySection     Why = "section_limit" // of on_error, on_hangup, on_end
	whyAnswerBy    Why = "answer_by"
	whyKeepAlive   Why = "keep_alive"
	whyGone        Why = "gone"   // the call's end is on its way
	whyRing        Why = "ring"   // somebody's phone rings
	whyAccept      Why = "accept" // the callee is to press a key
	whyRound       Why = "round"  // a hunt begins anew
	whyEvery       Why = "every"  // a hunt says something now and then
	whyMaxWait     Why = "max_wait"
	whyHangUp      Why = "hang_up" // again
	whyRoster      Why = "roster"  // who is in the meeting is not known yet
)

// Media is the gate before the platform's media queue: one prompt or recording
// at a time, none before audio is active, none between a cancel and the
// cancelled operation's report.
type Media struct {
	Op        ivr.OpID `json:"op,omitempty"`        // the prompt that plays
	Cancelled bool     `json:"cancelled,omitempty"` // a cancel was sent for what ran
	Refused   int      `json:"refused,omitempty"`   // how often the platform refused to cancel it
	Waiting   bool     `json:"waiting,omitempty"`   // the current phase's media starts when the gate opens
	Again     bool     `json:"again,omitempty"`     // the prompt is being repeated after an unknown result
	Deaths    int      `json:"deaths,omitempty"`    // how many processes have ended over what plays or records
	Loops     int      `json:"loops,omitempty"`     // how often play was completed
	Music     bool     `json:"music,omitempty"`     // Op is an action's waiting music
}

// Consult is what has come of calling somebody to whom the caller is to be
// handed over.
type Consult struct {
	Begun    bool      `json:"begun,omitempty"`
	Leg      ivr.LegID `json:"leg,omitempty"` // the callee's; empty: nobody is called
	Announce ivr.OpID  `json:"announce,omitempty"`

	// Of a hunt.
	Order []int `json:"order,omitempty"` // the members by number, in the order in which they are called; empty before the first
	Tried int   `json:"tried,omitempty"` // members that were called, in all rounds
	Say   bool  `json:"say,omitempty"`   // every: it is time to say something instead of the music
	Said  bool  `json:"said,omitempty"`  // that is being played
}

// Input is the state of the menu, collect or consent question that runs.
type Input struct {
	Keys      []Tone `json:"keys,omitempty"` // pressed so far, without the terminator
	NoInputs  int    `json:"no_inputs,omitempty"`
	NoMatches int    `json:"no_matches,omitempty"`
	Failed    string `json:"failed,omitempty"`  // how the last try failed: no_input, no_match
	Dropped   bool   `json:"dropped,omitempty"` // a key was pressed that does not count
}

// Tone is a key that was pressed.
type Tone struct {
	Key ivr.Key `json:"key"`
	Seq int64   `json:"seq"`
}

// Tones is what is known of the call's keys as a whole.
type Tones struct {
	Seen   []int64   `json:"seen,omitempty"`   // the last sequence numbers, ascending
	Count  int       `json:"count,omitempty"`  // of different tones
	Gaps   bool      `json:"gaps,omitempty"`   // the platform leaves gaps: never wait for one
	Held   []Tone    `json:"held,omitempty"`   // beyond a gap, waiting for what is missing
	Ahead  []Tone    `json:"ahead,omitempty"`  // type-ahead buffer
	Drop   ivr.Key   `json:"drop,omitempty"`   // a terminator that is dropped if it is the next key ...
	DropBy time.Time `json:"drop_by,omitzero"` // ... before this time
	Stops  []ivr.Key `json:"stops,omitempty"`  // stop keys of the recording that ended ...
	StopBy time.Time `json:"stop_by,omitzero"` // ... swallowed before this time
}

// Signal is one that the bot sent.
type Signal struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Taken bool   `json:"taken,omitempty"` // by a wait
}

// Record is the state of the record step that runs.
type Record struct {
	Op      ivr.OpID      `json:"op,omitempty"`     // the recording that runs
	Queued  ivr.OpID      `json:"queued,omitempty"` // the chunk behind it
	Begun   time.Time     `json:"begun,omitzero"`
	Planned time.Duration `json:"planned,omitempty"` // length of all chunks sent so far
	Chunks  []Chunk       `json:"chunks,omitempty"`
	Over    bool          `json:"over,omitempty"`  // no further chunk
	Last    bool          `json:"last,omitempty"`  // the chunk behind the one that runs has ended already
	Again   bool          `json:"again,omitempty"` // the recording is being repeated after an unknown result
	Lost    ivr.Reason    `json:"lost,omitempty"`  // why a part is missing
}

// Chunk is one finished recording of a record step.
type Chunk struct {
	Op    ivr.OpID     `json:"op"` // the recording
	Fetch ivr.OpID     `json:"fetch"`
	ID    string       `json:"id,omitempty"` // empty until it is saved
	Len   ivr.Duration `json:"len,omitempty"`
}

// Parked is an operation's end that came before anything told us which
// operation it is: the platform did not echo our context, and its response is
// still on the way.
type Parked struct {
	Remote    string     `json:"remote"`
	Failed    bool       `json:"failed,omitempty"`
	Result    ivr.Result `json:"result,omitzero"`
	Recording *ParkedRef `json:"recording,omitempty"`
}

// ParkedRef is an [ivr.RecordingRef] that survives JSON, its token included: a
// session is as secret as what the caller typed into it.
type ParkedRef struct {
	Location string        `json:"location"`
	Token    string        `json:"token"`
	Why      ivr.RecordEnd `json:"why,omitempty"`
}

// View is what expressions see as result.
type View struct {
	Outcome string     `json:"outcome,omitempty"`
	Code    int        `json:"code,omitempty"`
	Subcode int        `json:"subcode,omitempty"`
	Reason  ivr.Reason `json:"reason,omitempty"`
	Keys    string     `json:"keys,omitempty"` // of a menu, or of a value that is not sensitive
	Tries   int        `json:"tries,omitempty"`
	Seconds float64    `json:"seconds,omitempty"`
}

// New is a session that waits for its [ivr.CallIncoming]. config is the flow's
// part of the bot's configuration; it is shared and must not be changed.
func New(id ivr.SessionID, f *flow.Flow, config map[string]any) Session {
	return Session{
		ID: id, Flow: f.Name, Version: f.Version, State: flow.StateIdle,
		Locale: f.Locales[0], Config: config, Leg: Leg{ID: ivr.CallerLeg}, Meeting: newMeeting(f),
	}
}

// Wants reports whether the session still waits for an operation. One that it
// gave up, or that has ended, need not be sent any more.
func (s *Session) Wants(op ivr.OpID) bool {
	return slices.ContainsFunc(s.Ops, func(o Op) bool { return o.ID == op })
}

// Deadline is when the session gives an operation up, false if it does not wait
// for it.
func (s *Session) Deadline(op ivr.OpID) (time.Time, bool) {
	i := slices.IndexFunc(s.Ops, func(o Op) bool { return o.ID == op })
	if i < 0 {
		return time.Time{}, false
	}
	for _, t := range s.Timers {
		if t.ID == s.Ops[i].Deadline {
			return t.Due, true
		}
	}
	return time.Time{}, false
}

// Over reports whether the session has ended. Events change nothing then.
func (s *Session) Over() bool { return s.State == flow.StateEnded }

// Main reports whether an event is about the session's own call, not about a
// further leg.
func (s *Session) Main(id ivr.LegID) bool { return id == "" || id == s.Leg.ID }

// CallOf is Graph's id of a leg's call, empty if it is not known.
func (s *Session) CallOf(id ivr.LegID) ivr.CallID {
	if id == s.Leg.ID {
		return s.Leg.Call
	}
	for _, l := range s.Others {
		if l.ID == id {
			return l.Call
		}
	}
	return ""
}
