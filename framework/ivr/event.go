package ivr

import "time"

// Event is a fact that happened to a session. Events are the only input of
// the engine. The set is closed: a type switch over it is complete.
//
//sumtype:decl
type Event interface {
	// When is the time at which the event was received.
	When() time.Time
	isEvent()
}

// Head is what every event carries.
type Head struct {
	At  time.Time `json:"at"`
	Leg LegID     `json:"leg,omitempty"` // empty means CallerLeg
}

// When is the time at which the event was received.
func (h Head) When() time.Time { return h.At }

// CallIncoming says that somebody calls the bot. It starts a session.
type CallIncoming struct {
	Head
	Call     CallID `json:"call"`
	Caller   Party  `json:"caller"`
	Called   Party  `json:"called"`
	Tenant   string `json:"tenant,omitempty"`
	ChainID  string `json:"chain_id,omitempty"`
	Scenario string `json:"scenario,omitempty"` // Graph's Scenario-Id header, for correlation
}

// CallWanted says that the bot's program wants a flow of kind outgoing or meeting
// to run. Whom it calls is the flow's business.
type CallWanted struct {
	Head
	Params map[string]any `json:"params,omitempty"` // of the flow, in the form of its variables
	From   Party          `json:"from,omitzero"`    // the application instance that calls; zero: the bot itself
	Tenant string         `json:"tenant"`
	// Meeting is the one that a flow of kind meeting is to join; nil: the flow
	// says so itself.
	Meeting *Meeting `json:"meeting,omitempty"`
}

// CallCreated says that the platform took a [CreateCall] and gave the leg its
// id. The callee's phone does not ring yet.
type CallCreated struct {
	Head
	Op   OpID   `json:"op"`
	Call CallID `json:"call"`
	Me   string `json:"me,omitempty"` // the bot's participant id in a meeting, "" if it was not said
}

// CallChanged says that the platform reported a call's state. Updates are
// partial: StateUnknown and AudioUnknown mean "not mentioned".
type CallChanged struct {
	Head
	Call   CallID     `json:"call,omitempty"`
	State  CallState  `json:"state,omitempty"`
	Audio  AudioState `json:"audio,omitempty"`
	Result *Result    `json:"result,omitempty"` // with StateEstablished: a transfer failed
}

// CallTerminated says that a call is over.
type CallTerminated struct {
	Head
	Call   CallID `json:"call,omitempty"`
	Result Result `json:"result"`
}

// ToneReceived says that a key was pressed on the call. The platform does not
// say by whom.
type ToneReceived struct {
	Head
	Key Key   `json:"key"`
	Seq int64 `json:"seq"` // Graph's sequenceId: orders tones and makes them unique in a call
}

// OperationAccepted says that the platform took a command and works on it.
type OperationAccepted struct {
	Head
	Op     OpID     `json:"op"`
	Remote string   `json:"remote,omitempty"` // Graph's operation id, normalised
	Length Duration `json:"length,omitempty"` // measured length of the prompts, 0 if unknown
}

// OperationCompleted says that an operation ended well. Op is 0 if the
// platform did not echo our context; Remote then names it.
type OperationCompleted struct {
	Head
	Op     OpID   `json:"op,omitempty"`
	Remote string `json:"remote,omitempty"`
	Result Result `json:"result"`
	// Recording is set for a record operation.
	Recording *RecordingRef `json:"recording,omitempty"`
}

// OperationFailed says that an operation ended badly, or was refused. With
// ReasonCancelled it was cancelled by us, which is no error.
type OperationFailed struct {
	Head
	Op     OpID   `json:"op,omitempty"`
	Remote string `json:"remote,omitempty"`
	Result Result `json:"result"`
}

// OperationUnknown says that nobody can tell whether the platform executed an
// operation: the request was sent and no answer came.
type OperationUnknown struct {
	Head
	Op     OpID   `json:"op"`
	Detail string `json:"detail,omitempty"`
	Died   bool   `json:"died,omitempty"` // no answer could come: the process that sent it, if it did, has ended
}

// RecordingRef is where the platform keeps a finished recording.
type RecordingRef struct {
	Location string    `json:"location"`
	Token    Secret    `json:"token"` // bearer token of this recording only
	Why      RecordEnd `json:"why,omitempty"`
}

// RecordEnd says why a recording ended.
type RecordEnd string

// The ends of a recording, in the words of Graph's recordCompletionReason.
const (
	RecordStopTone       RecordEnd = "stop_tone"
	RecordMaxDuration    RecordEnd = "max_duration"
	RecordMaxSilence     RecordEnd = "max_silence"
	RecordInitialSilence RecordEnd = "initial_silence"
	RecordCancelled      RecordEnd = "cancelled"
	RecordFailed         RecordEnd = "failed"
)

// CallRead is the answer to [ReadCall]: the call's true state.
type CallRead struct {
	Head
	Op    OpID       `json:"op"`
	Gone  bool       `json:"gone,omitempty"` // the platform does not know the call any more
	State CallState  `json:"state,omitempty"`
	Audio AudioState `json:"audio,omitempty"`
	// Also is what People or Routes tell of. Empty: it was not asked for, or could
	// not be read.
	Also   ReadAlso      `json:"also,omitempty"`
	People []Participant `json:"people,omitempty"`
	Routes []Route       `json:"routes,omitempty"`
}

// Route is a route of audio, see [RouteAudio].
type Route struct {
	ID        string   `json:"id"` // the platform's
	Source    string   `json:"source"`
	Receivers []string `json:"receivers"`
}

// ActionReturned is the result of [RunAction] and of [HTTPRequest]. Outcome
// "failed" carries Reason and Detail.
//
// A request's outcome is "ok" for a status 2xx, any other status ("404", with
// a Reason), or "failed" if no usable answer came. Out holds what it was to
// take, by the words of HTTPRequest.Take.
type ActionReturned struct {
	Head
	Op      OpID           `json:"op"`
	Outcome string         `json:"outcome"`
	Out     map[string]any `json:"out,omitempty"`
	Code    int            `json:"code,omitempty"` // a request's HTTP status, 0 if no answer came
	Reason  Reason         `json:"reason,omitempty"`
	Detail  string         `json:"detail,omitempty"` // for the log only
}

// Counted is the result of [CountUp].
type Counted struct {
	Head
	Op OpID  `json:"op"`
	N  int64 `json:"n"` // the counter's new value, from 1
}

// RecordingSaved is the good result of [FetchRecording].
type RecordingSaved struct {
	Head
	Op     OpID     `json:"op"`
	ID     string   `json:"id"` // the saved recording's name in the bot's recordings folder
	Length Duration `json:"length"`
}

// Signalled says that the bot's own program sent the session a signal.
type Signalled struct {
	Head
	ID   string `json:"id"` // unique: a signal that is told again changes nothing
	Name string `json:"name"`
}

// Intervened says that somebody outside the flow, such as an operator, ends the
// call, or hands it over. The flow cannot refuse.
type Intervened struct {
	Head
	ID     string `json:"id"`              // unique: what is told again changes nothing
	Target Target `json:"target,omitzero"` // whom the caller is handed to; zero: the call is hung up
	By     string `json:"by,omitempty"`    // who wants it, for the record
}

// TimerExpired says that a timer ran out.
type TimerExpired struct {
	Head
	Timer TimerID `json:"timer"`
}

func (CallIncoming) isEvent()       {}
func (CallWanted) isEvent()         {}
func (CallCreated) isEvent()        {}
func (CallChanged) isEvent()        {}
func (CallTerminated) isEvent()     {}
func (ToneReceived) isEvent()       {}
func (OperationAccepted) isEvent()  {}
func (OperationCompleted) isEvent() {}
func (OperationFailed) isEvent()    {}
func (OperationUnknown) isEvent()   {}
func (CallRead) isEvent()           {}
func (ActionReturned) isEvent()     {}
func (Counted) isEvent()            {}
func (RecordingSaved) isEvent()     {}
func (Signalled) isEvent()          {}
func (Intervened) isEvent()         {}
func (TimerExpired) isEvent()       {}
