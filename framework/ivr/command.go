package ivr

// Command is something the engine wants done. Commands are data: whoever
// receives them sends them, and reports the result as an [Event] that carries
// the same Op. The set is closed: a type switch over it is complete.
//
//sumtype:decl
type Command interface{ isCommand() }

// Answer takes the call with service-hosted media.
type Answer struct {
	Op       OpID   `json:"op"`
	Leg      LegID  `json:"leg"`
	Prefetch []Part `json:"prefetch,omitempty"` // audio the platform may fetch early
}

// RejectReason is why a call is refused, in Graph's words.
type RejectReason string

// Graph's reject reasons.
const (
	RejectNone      RejectReason = "none"
	RejectBusy      RejectReason = "busy"
	RejectForbidden RejectReason = "forbidden"
)

// Reject refuses a call that was not answered.
type Reject struct {
	Op     OpID         `json:"op"`
	Leg    LegID        `json:"leg"`
	Reason RejectReason `json:"reason"`
}

// Redirect sends a call that was not answered to 1 to 25 targets.
type Redirect struct {
	Op      OpID     `json:"op"`
	Leg     LegID    `json:"leg"`
	Targets []Target `json:"targets"`
	Ring    Duration `json:"ring,omitempty"` // 15s to 90s in whole seconds, 0 for the platform's default
	// Dynamic says that a target was computed from what the caller typed.
	Dynamic bool `json:"dynamic,omitempty"`
}

// SubscribeToTone asks for the call's keys. One subscription serves the call.
type SubscribeToTone struct {
	Op  OpID  `json:"op"`
	Leg LegID `json:"leg"`
}

// PlayPrompt plays parts in order. With Loop it repeats until it is
// cancelled, and never completes by itself.
type PlayPrompt struct {
	Op    OpID   `json:"op"`
	Leg   LegID  `json:"leg"`
	Parts []Part `json:"parts"`
	Loop  bool   `json:"loop,omitempty"`
}

// RecordResponse records the caller. Times are whole seconds from 1 to 120.
type RecordResponse struct {
	Op             OpID     `json:"op"`
	Leg            LegID    `json:"leg"`
	Max            Duration `json:"max"`
	Silence        Duration `json:"silence"`
	InitialSilence Duration `json:"initial_silence"`
	StopKeys       []Key    `json:"stop_keys,omitempty"`
	Beep           bool     `json:"beep,omitempty"`
}

// CancelMedia cancels the running and all queued prompts and recordings of a
// leg (Graph: cancelMediaProcessing).
type CancelMedia struct {
	Op  OpID  `json:"op"`
	Leg LegID `json:"leg"`
}

// CreateCall calls somebody, or joins a meeting, on a leg of its own (Graph:
// create call). Its
// response is [CallCreated]; how the call goes on is told by the leg's events.
type CreateCall struct {
	Op     OpID   `json:"op"`
	Leg    LegID  `json:"leg"` // the new one
	Target Target `json:"target"`
	// Meeting is joined in the place of calling a target; nil: a target is called.
	Meeting *Meeting `json:"meeting,omitempty"`
	// Source is who calls: an application instance, which a telephone needs. The
	// zero Party is the bot.
	Source  Party    `json:"source,omitzero"`
	Ring    Duration `json:"ring,omitempty"`    // 1s to 115s in whole seconds, 0 for the platform's default
	Dynamic bool     `json:"dynamic,omitempty"` // the target was computed from what the caller typed
}

// Transfer hands the call to somebody else.
type Transfer struct {
	Op      OpID   `json:"op"`
	Leg     LegID  `json:"leg"`
	Target  Target `json:"target"`
	Dynamic bool   `json:"dynamic,omitempty"` // the target was computed from what the caller typed
	// Replaces is the bot's own call with the target, whose place the caller
	// takes (consult); empty: the platform rings the target (blind).
	Replaces CallID `json:"replaces,omitempty"`
}

// SendTones plays DTMF into the call (Graph: sendDtmfTones).
type SendTones struct {
	Op      OpID     `json:"op"`
	Leg     LegID    `json:"leg"`
	Keys    []Key    `json:"keys"`
	Between Duration `json:"between"` // from one key to the next
}

// Mute mutes the bot itself on the leg, or ends that (Graph: mute, unmute). With
// Who it mutes participants of a meeting instead, which nobody but themselves can
// end (Graph: participant mute, muteAll).
type Mute struct {
	Op  OpID     `json:"op"`
	Leg LegID    `json:"leg"`
	Off bool     `json:"off,omitempty"` // unmute; of the bot only
	Who []string `json:"who,omitempty"` // participant ids; none: the bot itself
}

// HangUp ends the leg.
type HangUp struct {
	Op  OpID  `json:"op"`
	Leg LegID `json:"leg"`
}

// KeepAlive tells the platform that the call is still wanted.
type KeepAlive struct {
	Op  OpID  `json:"op"`
	Leg LegID `json:"leg"`
}

// ReadCall asks the platform for the call's true state.
type ReadCall struct {
	Op   OpID     `json:"op"`
	Leg  LegID    `json:"leg"`
	Also ReadAlso `json:"also,omitempty"`
}

// ReadAlso is what is read besides a call's state; empty: nothing.
type ReadAlso string

// What can be read of a meeting.
const (
	ReadPeople ReadAlso = "people" // who is there
	ReadRoutes ReadAlso = "routes" // the routes of audio that were made on the call
)

// FetchRecording downloads a finished recording before the platform discards
// it.
type FetchRecording struct {
	Op        OpID         `json:"op"`
	Leg       LegID        `json:"leg"`
	Recording RecordingRef `json:"recording"`
}

// JoinRecordings makes one recording of several, in order, and reports
// [RecordingSaved].
type JoinRecordings struct {
	Op    OpID     `json:"op"`
	Parts []string `json:"parts"` // ids of saved recordings
}

// CountUp adds one to a counter that all sessions share, and reports [Counted].
type CountUp struct {
	Op   OpID   `json:"op"`
	Name string `json:"name"`
}

// RunAction calls the bot's own code.
type RunAction struct {
	Op      OpID           `json:"op"`
	Name    string         `json:"name"`
	In      map[string]any `json:"in,omitempty"`
	Timeout Duration       `json:"timeout"`
	Retry   Retry          `json:"retry,omitzero"`
	// Sensitive names the inputs that must not be logged.
	Sensitive []string `json:"sensitive,omitempty"`
}

// Retry is how often, and after what wait, an action is tried again after a
// transport error.
type Retry struct {
	Max     int      `json:"max,omitempty"`
	Backoff Duration `json:"backoff,omitempty"` // doubles with each try
}

// CancelAction stops an action, or a request, whose result is no longer wanted.
type CancelAction struct {
	Op OpID `json:"op"` // the RunAction's or HTTPRequest's
}

// StartTimer asks for [TimerExpired] after a time.
type StartTimer struct {
	Timer TimerID  `json:"timer"`
	After Duration `json:"after"`
	Why   string   `json:"why"` // what it waits for, for people
}

// StopTimer takes a timer back.
type StopTimer struct {
	Timer TimerID `json:"timer"`
}

// Moved says that the flow's machine took a move. It is a record, not
// something to be done: call records and coverage are made of it.
type Moved struct {
	Flow    string `json:"flow,omitempty"` // key of the sub-flow whose machine it is; empty: the flow itself
	Trigger string `json:"trigger"`
	State   string `json:"state"` // where the move led
}

// Mark writes a line into the call's record: a milestone, a tag or a log
// entry of the flow.
type Mark struct {
	Kind string `json:"kind"` // "milestone", "tag" or "log"
	Name string `json:"name,omitempty"`
	Text string `json:"text,omitempty"`
}

// Finish says that the session is over and needs nothing any more. It is the
// last command of a session.
type Finish struct {
	EndedBy EndedBy `json:"ended_by"`
	Result  Result  `json:"result"`
}

func (Answer) isCommand()          {}
func (Reject) isCommand()          {}
func (Redirect) isCommand()        {}
func (SubscribeToTone) isCommand() {}
func (PlayPrompt) isCommand()      {}
func (RecordResponse) isCommand()  {}
func (CancelMedia) isCommand()     {}
func (CreateCall) isCommand()      {}
func (Transfer) isCommand()        {}
func (SendTones) isCommand()       {}
func (Mute) isCommand()            {}
func (HangUp) isCommand()          {}
func (KeepAlive) isCommand()       {}
func (ReadCall) isCommand()        {}
func (FetchRecording) isCommand()  {}
func (JoinRecordings) isCommand()  {}
func (CountUp) isCommand()         {}
func (RunAction) isCommand()       {}
func (CancelAction) isCommand()    {}
func (StartTimer) isCommand()      {}
func (StopTimer) isCommand()       {}
func (Moved) isCommand()           {}
func (Mark) isCommand()            {}
func (Finish) isCommand()          {}
