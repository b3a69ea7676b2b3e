package control

import (
	"strings"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Call is a call as the person on the phone knows it.
type Call struct {
	ID         string      `json:"id"`
	App        string      `json:"app" doc:"application id of the bot whose call it is"`
	Direction  string      `json:"direction" enum:"incoming,outgoing" doc:"as the bot sees it: incoming calls ring at the bot"`
	State      string      `json:"state" doc:"Graph's callState"`
	Audio      string      `json:"audio" doc:"active while audio flows, else inactive or unknown"`
	Person     ivr.Party   `json:"person" doc:"who rings the bot, or whom it calls; nobody in a call of several"`
	Called     *ivr.Party  `json:"called,omitempty" doc:"what an incoming call dialled"`
	Began      time.Time   `json:"began"`
	Prompts    []Prompt    `json:"prompts" doc:"what was played, in order"`
	Recordings []Recording `json:"recordings" doc:"what the bot recorded, in order"`
	Keys       string      `json:"keys" doc:"the keys that were told to the bot"`
	KeysLost   string      `json:"keys_lost" doc:"the keys that were pressed in vain; the log says why"`
	KeysSent   string      `json:"keys_sent" doc:"the keys that the bot played into the call"`
	Subscribed bool        `json:"subscribed" doc:"keys are told to the bot"`
	Muted      bool        `json:"muted" doc:"nobody hears the bot"`
	Moves      []Move      `json:"moves" doc:"where the bot sent the call: its redirects and transfers, in order"`
	Ended      *End        `json:"ended,omitempty"`
}

// Prompt is one file that was played.
type Prompt struct {
	N             int          `json:"n" doc:"counts from 1"`
	URI           string       `json:"uri"`
	ResourceID    string       `json:"resource_id,omitempty"`
	Operation     string       `json:"operation"`
	ClientContext string       `json:"client_context,omitempty"`
	At            time.Time    `json:"at" doc:"when it began"`
	Length        ivr.Duration `json:"length" doc:"of the file"`
	Played        ivr.Duration `json:"played" doc:"how much was heard"`
	Playing       bool         `json:"playing" doc:"it is heard now"`
	Cancelled     bool         `json:"cancelled" doc:"it was cut off before its end"`
	Problem       string       `json:"problem,omitempty" doc:"why nothing was heard in its place"`

	audio []byte
	index int
}

// Recording is one recording of the person's voice.
type Recording struct {
	N             int          `json:"n" doc:"counts from 1"`
	Operation     string       `json:"operation"`
	ClientContext string       `json:"client_context,omitempty"`
	At            time.Time    `json:"at" doc:"when the bot began to listen"`
	Runs          bool         `json:"runs"`
	Why           string       `json:"why,omitempty" doc:"what ended it, in Graph's words in lower case with underscores"`
	Length        ivr.Duration `json:"length"`
	Lost          bool         `json:"lost" doc:"the bot will not get it"`

	audio []byte
}

// Move is a redirect or a transfer.
type Move struct {
	Kind   string       `json:"kind" enum:"redirect,transfer,consultative_transfer"`
	To     []ivr.Target `json:"to"`
	State  string       `json:"state" enum:"under_way,done,failed"`
	Result *Result      `json:"result,omitempty"`
}

// End is how a call ended.
type End struct {
	At time.Time `json:"at"`
	By string    `json:"by" doc:"person: who was on the phone; bot; service: Graph itself; or transfer, redirect, reject"`
	Result
}

// calls are the calls of a world, in the order in which they began.
type calls struct {
	mu    sync.Mutex
	byID  map[ivr.CallID]*Call
	order []ivr.CallID
}

func newCalls() *calls { return &calls{byID: map[ivr.CallID]*Call{}} }

// begin notes a new call.
func (a *calls) begin(c Call) {
	id := ivr.CallID(c.ID)
	if a.byID[id] != nil { // a call of several, of which it knows
		return
	}
	c.Prompts, c.Recordings, c.Moves = []Prompt{}, []Recording{}, []Move{}
	a.byID[id] = &c
	a.order = append(a.order, id)
}

// last is the call that began last; "" if there was none.
func (a *calls) last() ivr.CallID {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.order) == 0 {
		return ""
	}
	return a.order[len(a.order)-1]
}

// observe keeps up with what happens.
func (a *calls) observe(e graphsim.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch e := e.(type) {
	case graphsim.Ringing:
		a.begin(Call{ID: string(e.Call), Direction: "incoming", Person: e.Caller, Called: &e.Called, Began: e.At.UTC()})
	case graphsim.Calling:
		a.begin(Call{ID: string(e.Call), Direction: "outgoing", Person: ivr.Party{Kind: e.Target.Kind, ID: e.Target.ID}, Began: e.At.UTC()})
	case graphsim.Joining:
		a.begin(Call{ID: string(e.Call), Direction: "outgoing", Began: e.At.UTC()})
	case graphsim.Inviting: // of a new call of several, or into one
		a.begin(Call{ID: string(e.Call), Direction: "outgoing", Began: e.At.UTC()})
	default:
		if c := a.byID[e.CallID()]; c != nil {
			c.observe(e)
		}
	}
}

// observe keeps up with one call.
func (c *Call) observe(e graphsim.Event) {
	switch e := e.(type) {
	case graphsim.Subscribed:
		c.Subscribed = true
	case graphsim.Muted:
		c.Muted = e.Muted
	case graphsim.ToneSent:
		c.Keys += e.Key.String()
	case graphsim.ToneLost:
		c.KeysLost += e.Key.String()
	case graphsim.TonesSent:
		c.KeysSent += keysText(e.Keys)
	case graphsim.PromptStarted:
		c.Prompts = append(c.Prompts, Prompt{N: len(c.Prompts) + 1, URI: e.URI, ResourceID: e.ResourceID, Operation: e.Operation,
			ClientContext: e.ClientContext, At: e.At.UTC(), Length: ivr.Duration(e.Length), Playing: e.Problem == "", Problem: e.Problem,
			audio: e.Audio, index: e.Index})
	case graphsim.PromptEnded:
		c.promptEnded(e)
	case graphsim.RecordingStarted:
		c.Recordings = append(c.Recordings, Recording{N: len(c.Recordings) + 1, Operation: e.Operation, ClientContext: e.ClientContext, At: e.At.UTC(), Runs: true})
	case graphsim.RecordingEnded:
		c.recordingEnded(e)
	case graphsim.Redirected:
		c.Moves = append(c.Moves, Move{Kind: "redirect", To: e.Targets, State: "done"})
	case graphsim.Transferring:
		kind := "transfer"
		if e.Replaces != "" {
			kind = "consultative_transfer"
		}
		c.Moves = append(c.Moves, Move{Kind: kind, To: []ivr.Target{e.Target}, State: "under_way"})
	case graphsim.Transferred:
		c.moved("done", nil)
	case graphsim.TransferFailed:
		c.moved("failed", new(result(e.Result)))
	case graphsim.Ended:
		c.Ended = &End{At: e.At.UTC(), By: endedBy(e.By), Result: result(e.Result)}
	default:
	}
}

func (c *Call) promptEnded(e graphsim.PromptEnded) {
	for i := len(c.Prompts) - 1; i >= 0; i-- {
		if p := &c.Prompts[i]; p.Operation == e.Operation && p.index == e.Index {
			p.Playing, p.Cancelled, p.Played = false, e.Cancelled, ivr.Duration(e.Played)
			return
		}
	}
}

func (c *Call) recordingEnded(e graphsim.RecordingEnded) {
	for i := len(c.Recordings) - 1; i >= 0; i-- {
		if r := &c.Recordings[i]; r.Operation == e.Operation {
			r.Runs, r.Why, r.Length, r.Lost, r.audio = false, string(e.Why), ivr.Duration(e.Length), e.Lost, e.Audio
			return
		}
	}
}

func (c *Call) moved(state string, r *Result) {
	if len(c.Moves) > 0 {
		last := &c.Moves[len(c.Moves)-1]
		last.State, last.Result = state, r
	}
}

// list is a copy of all calls, as they are now.
func (w *world) list() []Call {
	w.calls.mu.Lock()
	order := w.calls.order
	w.calls.mu.Unlock()
	all := make([]Call, 0, len(order))
	for _, id := range order {
		if c, ok := w.call(id); ok {
			all = append(all, c)
		}
	}
	return all
}

// call is a copy of a call as it is now.
func (w *world) call(id ivr.CallID) (Call, bool) {
	on := w.sim.Call(id)
	w.calls.mu.Lock()
	defer w.calls.mu.Unlock()
	c := w.calls.byID[id]
	if c == nil || on == nil {
		return Call{}, false
	}
	now := *c
	now.Prompts = append([]Prompt{}, c.Prompts...)
	now.Recordings = append([]Recording{}, c.Recordings...)
	now.Moves = append([]Move{}, c.Moves...)
	now.App, now.State, now.Audio = on.App(), on.State().String(), on.Audio().String()
	return now, true
}

// playing says that a prompt is heard now whose address or resource id holds a
// text.
func (c Call) playing(text string) bool {
	for _, p := range c.Prompts {
		if p.Playing && p.is(text) {
			return true
		}
	}
	return false
}

// heard says that such a prompt has begun.
func (c Call) heard(text string) bool {
	for _, p := range c.Prompts {
		if p.Problem == "" && p.is(text) {
			return true
		}
	}
	return false
}

// is says that a prompt is the one meant.
func (p Prompt) is(text string) bool {
	return strings.Contains(p.URI, text) || strings.Contains(p.ResourceID, text)
}
