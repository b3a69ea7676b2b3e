package flow

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Env is what an expression sees: variables by name, and call, config,
// result, now. Values are nil, bool, float64, string, []any or
// map[string]any. An unset variable is nil.
type Env = map[string]any

// Expr is a compiled, type-checked expression without side effects.
type Expr interface {
	// Eval is the expression's value.
	Eval(Env) (any, error)
	// Bool is the value of an expression that was compiled as a condition.
	Bool(Env) (bool, error)
	// Source is the expression as written.
	Source() string
	// Reads lists the names it reads, sorted: "account", "call.caller".
	Reads() []string
}

// Template is a string with ${...} in it. One that is exactly one ${...}
// keeps the expression's type.
type Template interface {
	Eval(Env) (any, error)
	// Text is the value as text.
	Text(Env) (string, error)
	// Constant is the text of a template without expressions.
	Constant() (string, bool)
	// Fixed is the text around the expressions.
	Fixed() string
	Source() string
	Reads() []string
	// Uses lists every name that the value depends on, read or only tested with
	// a default behind it, sorted.
	Uses() []string
}

// Prompt is a sequence of parts, perhaps empty.
type Prompt []PromptPart

// PromptPart is one part of a prompt. Exactly one of Key, Say, File, SayAs,
// Silence and Recording is set.
type PromptPart struct {
	Key    string        // catalogue key
	Say    Template      // text to be spoken
	File   string        // content hash of a WAV file named inline; Length is its length
	Length time.Duration // of File
	SayAs  string        // kind: digits, characters, number, ordinal, money, date, time, duration, phone
	Value  Expr          // of SayAs
	// Currencies are those that a Value of money may have, as far as that is
	// known from the variables in it; none if it is not.
	Currencies []string
	Silence    time.Duration
	Recording  string // name of a recording variable
	When       Expr   // nil: always
	Locale     string // the flow's locale for whose callers it is; empty: for all
	// Sensitive says that the part speaks a sensitive value.
	Sensitive bool
}

// BargeIn says what a key does while a prompt plays.
type BargeIn uint8

// The values of barge_in.
const (
	BargeUnset BargeIn = iota // play: keys go into the type-ahead buffer, the prompt goes on
	BargeOn                   // a key ends the prompt and is kept
	BargeOff                  // keys are dropped, and the buffer is emptied when the prompt starts
)

// Spec is what a step does. The set is closed.
//
//sumtype:decl
type Spec interface {
	// Verb is the word that starts the step in a flow file.
	Verb() string
	entry() Phase
}

// Play plays prompts to the end. Outcomes: done, failed.
type Play struct {
	Prompt  Prompt
	BargeIn BargeIn
	Loop    int // how often the whole is played, at least 1
}

// Input holds what menu and collect have in common: how often and how long a
// caller is asked.
type Input struct {
	Prompt      Prompt
	FirstKey    time.Duration // from the end of the prompt
	BetweenKeys time.Duration // restarts with each key
	Tries       int           // failed tries until gave_up, at least 1
	BargeIn     BargeIn       // BargeOn or BargeOff
	NoInput     []Prompt      // one a try, the last repeats; empty: nothing is said
	NoMatch     []Prompt
	Reprompt    bool // the step's prompt follows the error prompt
	Flush       bool // forget the keys pressed before
}

// Menu waits for one of its entries. Outcomes: each entry's, gave_up, failed. It
// is what menu and confirm are.
type Menu struct {
	Input
	Word    string   // menu or confirm
	Entries []Entry  // own entries first, then the flow's global keys it does not define
	Choices *Choices // nil: the entries are all
}

// Choices are the items of a list, each with a key: what a menu offers that is
// not known when the flow is written.
type Choices struct {
	List      string   // a variable
	Label     Template // over item and key
	Max       int      // how many are offered, 1 to 9
	Into      string   // the variable that gets the item
	Sensitive bool     // what is said of the items is
}

// Entry is one choice of a menu, or a global key.
type Entry struct {
	Keys    string // "1", "10", "*": characters as on the keypad
	Outcome string // "key_1", "key_star", "key_10"
}

// Collect takes digits into a variable. Outcomes: done, gave_up, failed, and
// those of GlobalKeys.
type Collect struct {
	Input
	Var        string
	Min, Max   int           // digits, without the terminator; 1 <= Min <= Max
	EndsWith   ivr.Key       // 0: no terminator
	Terminate  time.Duration // wait for the terminator once all digits are there
	Whole      time.Duration // for the whole entry, from its first key
	Allowed    string        // keys that count, as on the keypad; never the terminator
	GlobalKeys []Entry       // single keys that act as first key
}

// Consent says how the caller agreed to be recorded.
type Consent string

// The values of consent.
const (
	ConsentAnnounced   Consent = "announced"    // a prompt said so
	ConsentAsked       Consent = "asked"        // the step asks: 1 agrees, anything else refuses
	ConsentNotRequired Consent = "not_required" // the author's responsibility
)

// Record records the caller. Outcomes: done, empty, refused (with
// ConsentAsked), failed.
type Record struct {
	Var            string
	Prompt         Prompt
	BargeIn        BargeIn
	FirstKey       time.Duration // ConsentAsked: how long to wait for the answer
	Max            time.Duration
	Silence        time.Duration
	InitialSilence time.Duration
	StopKeys       []ivr.Key
	Beep           bool
	Consent        Consent
	Every          time.Duration // length of a chunk with keep_on_hangup; 0: one recording
}

// Reject refuses an unanswered call. It has no outcome.
type Reject struct{ Reason ivr.RejectReason }

// Answer takes the call and waits for audio. Outcomes: done, failed.
type Answer struct{ Prefetch Prompt }

// Assign is one assignment of a set step.
type Assign struct {
	Var   string // "locale" sets the caller's language unless a variable has that name
	Value Template
}

// Set assigns values. Outcome: done.
type Set struct{ Assign []Assign }

// Forget makes variables unset and forgets their values. Outcome: done.
type Forget struct{ Vars []string }

// Case is one case of a switch.
type Case struct {
	When    Expr   // nil for else
	Outcome string // "case_1", "else"
}

// Switch takes the first case that holds. Outcomes: the cases', and done if
// none holds.
type Switch struct{ Cases []Case }

// Do runs an action. Outcomes: the action's, failed.
type Do struct {
	Action *Action
	With   map[string]Template // input -> value; default: the variable of that name
	Into   map[string]string   // output -> variable; default: the variable of that name
	// Once lists the variables with sensitive: once that the inputs are made
	// of. The action consumes them: they are forgotten whatever its outcome.
	Once []string
}

// Action is an action's declaration.
type Action struct {
	Name     string
	In       []string
	Out      []string
	Outcomes []string // at least one; "ok" if none were declared
	Timeout  time.Duration
	Retry    ivr.Retry
	Waiting  Prompt      // played in a loop while the action runs longer than 1 s
	HTTP     *HTTPAction // how it is done over HTTP; nil: by Go code of the bot

	urlInputs map[string]bool // that stand in the URL of HTTP
}

// Wait waits for a time, a key, a signal of the bot or news of who is in the
// meeting, whatever comes first. Outcomes: done, each entry's, signalled; with
// People also joined and left.
type Wait struct {
	For     time.Duration
	Entries []Entry // single keys
	Signal  string  // empty: none
	People  bool
}

// SendKeys plays DTMF into the call. Outcomes: done, failed.
type SendKeys struct {
	Keys    Template // as on the keypad
	Between time.Duration
}

// Hours asks a schedule. Outcomes: open, closed, holiday.
type Hours struct{ Schedule string }

// Call runs another flow and comes back. Outcomes: those of the flow, done,
// failed.
type Call struct {
	Flow string              // key of the flow
	At   string              // the state in which it begins; empty: its start
	With map[string]Template // parameter -> value; those that are missing have their default
	Into map[string]string   // what the flow returns -> variable
}

// Return goes back to the flow that called this one, with an outcome.
type Return struct{ Outcome string }

// Jump is goto: it leads where its edge done says.
type Jump struct{}

// End hangs up.
type End struct{}

// Mark is milestone, log and tag.
type Mark struct {
	Kind string // "milestone", "log" or "tag"
	Name string // of a milestone or tag
	Text Template
}

// Verb names, in the words of flow files.
func (*Play) Verb() string     { return "play" }
func (m *Menu) Verb() string   { return m.Word }
func (*Collect) Verb() string  { return "collect" }
func (*Record) Verb() string   { return "record" }
func (*Transfer) Verb() string { return "transfer" }
func (*Dial) Verb() string     { return "dial" }
func (*Hunt) Verb() string     { return "hunt" }
func (*Redirect) Verb() string { return "redirect" }
func (*Reject) Verb() string   { return "reject" }
func (*Answer) Verb() string   { return "answer" }
func (*Set) Verb() string      { return "set" }
func (*Forget) Verb() string   { return "forget" }
func (*Switch) Verb() string   { return "switch" }
func (*Do) Verb() string       { return "do" }
func (*Wait) Verb() string     { return "wait" }
func (*SendKeys) Verb() string { return "send_keys" }
func (*Hours) Verb() string    { return "hours" }
func (*Call) Verb() string     { return "call" }
func (*Return) Verb() string   { return "return" }
func (*Jump) Verb() string     { return "goto" }
func (*End) Verb() string      { return "end" }
func (m *Mark) Verb() string   { return m.Kind }

func (*Play) entry() Phase    { return PhasePlaying }
func (*Menu) entry() Phase    { return PhasePrompting }
func (*Collect) entry() Phase { return PhasePrompting }
func (*Record) entry() Phase  { return PhasePrompting }
func (*Hunt) entry() Phase    { return PhaseDialling }
func (t *Transfer) entry() Phase {
	if t.Consult != nil {
		return PhaseDialling
	}
	return PhaseTransferring
}
func (*Dial) entry() Phase     { return PhaseDialling }
func (*Redirect) entry() Phase { return PhaseRedirecting }
func (*Reject) entry() Phase   { return PhaseRejecting }
func (*Answer) entry() Phase   { return PhaseAnswering }
func (*Set) entry() Phase      { return PhaseNone }
func (*Forget) entry() Phase   { return PhaseNone }
func (*Switch) entry() Phase   { return PhaseNone }
func (*Do) entry() Phase       { return PhaseActing }
func (*Wait) entry() Phase     { return PhaseWaiting }
func (*SendKeys) entry() Phase { return PhaseSending }
func (*Hours) entry() Phase    { return PhaseNone }
func (*Call) entry() Phase     { return PhaseCalling }
func (*Return) entry() Phase   { return PhaseNone }
func (*Jump) entry() Phase     { return PhaseNone }
func (*End) entry() Phase      { return PhaseNone }
func (*Mark) entry() Phase     { return PhaseNone }
