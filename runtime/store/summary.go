package store

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// Summary is a call's detail record. It holds nothing that the caller said or
// typed; who called whom is in the clear.
type Summary struct {
	Session  ivr.SessionID `json:"session"`
	Calls    []ivr.CallID  `json:"calls,omitempty"`
	Flow     string        `json:"flow"`
	Version  string        `json:"version"`
	Outgoing bool          `json:"outgoing,omitempty"`
	Caller   ivr.Party     `json:"caller,omitzero"`
	Called   ivr.Party     `json:"called,omitzero"`
	Tenant   string        `json:"tenant,omitempty"`
	Started  time.Time     `json:"started,omitzero"`
	Answered time.Time     `json:"answered,omitzero"`
	Ended    time.Time     `json:"ended,omitzero"`
	EndedBy  ivr.EndedBy   `json:"ended_by,omitempty"`
	Result   ivr.Result    `json:"result,omitzero"`
	// Transfer is the outcome of the last step that was to hand the caller over:
	// "done", "busy", "failed". Empty if there was none.
	Transfer string `json:"transfer,omitempty"`
	Steps    int    `json:"steps,omitempty"`
	Marks    []Mark `json:"marks,omitempty"` // milestones and tags, in order
	// Returned are the results that a flow which the bot's program started declares
	// (returns), as they were at its end, without those that are sensitive or longer
	// than maxReturned bytes of JSON.
	Returned map[string]any `json:"returned,omitempty"`
	// Damaged says that the record could not be read: it has Session, Calls, Flow,
	// Version, Tenant, Started and Ended, and nothing else.
	Damaged bool `json:"-"`
}

// Mark is a milestone or a tag of the flow.
type Mark struct {
	Kind string    `json:"kind"`
	Name string    `json:"name,omitempty"`
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at,omitzero"`
}

// Told are the call's milestones and tags, each with its text behind its name.
func (s Summary) Told() (milestones, tags []string) {
	for _, m := range s.Marks {
		text := strings.TrimSpace(m.Name + " " + m.Text)
		if m.Kind == "tag" {
			tags = append(tags, text)
		} else {
			milestones = append(milestones, text)
		}
	}
	return milestones, tags
}

// withMarks adds what a change marked. The list is another one then.
func withMarks(list []Mark, c *call.Change) []Mark {
	for _, cmd := range c.Commands {
		m, ok := cmd.(ivr.Mark)
		if !ok || m.Kind == "log" {
			continue
		}
		var at time.Time
		if len(c.Events) > 0 {
			at = c.Events[0].When()
		}
		list = append(slices.Clip(list), Mark{Kind: m.Kind, Name: m.Name, Text: m.Text, At: at})
	}
	return list
}

// withTransfer is the outcome of the last transfer after a change.
func withTransfer(last string, c *call.Change) string {
	if c.Flow == nil {
		return last
	}
	states := map[string]string{c.Before.Running: c.Before.State} // by flow: where its machine was
	for i := range c.Before.Frames {
		states[c.Before.Frames[i].Flow] = c.Before.Frames[i].State
	}
	for _, cmd := range c.Commands {
		m, ok := cmd.(ivr.Moved)
		if !ok {
			continue
		}
		step, _ := c.Flow.StepAt(m.Flow, states[m.Flow])
		states[m.Flow] = m.State
		if outcome, _, _ := strings.Cut(m.Trigger, "."); step != nil && handsOver(step.Spec) && step.Edges[outcome] != nil {
			last = outcome
		}
	}
	if c.Session.EndedBy == ivr.EndedByTransfer || c.Session.EndedBy == ivr.EndedByRedirect {
		return "done" // also one of which that was learnt late
	}
	return last
}

func handsOver(s flow.Spec) bool {
	switch s.(type) {
	case *flow.Transfer, *flow.Hunt, *flow.Redirect:
		return true
	default:
		return false
	}
}

func (h *held) summary(c *call.Change) ([]byte, error) {
	s := c.Session
	return json.Marshal(Summary{Session: s.ID, Calls: callsOf(s), Flow: s.Flow, Version: s.Version, Outgoing: s.Outgoing, Caller: shown(s.Caller),
		Called: shown(s.Called), Tenant: s.Tenant, Started: s.Started, Answered: s.Answered, Ended: s.Ended, EndedBy: s.EndedBy,
		Result:   ivr.Result{Code: s.End.Code, Subcode: s.End.Subcode, Reason: s.End.Reason},
		Transfer: h.transfer, Steps: s.Steps, Marks: h.marks, Returned: returned(c)})
}

// maxReturned is how long one result of a flow may be to be kept, as JSON.
const maxReturned = 4 << 10

// returned are the results of a flow that has ended, as far as they may be shown.
func returned(c *call.Change) map[string]any {
	if c.Flow == nil || !c.Session.Outgoing || len(c.Flow.Returns) == 0 || !c.Session.Over() || c.Session.Running != c.Flow.Key {
		return nil
	}
	all := c.Session.Shown(c.Flow)
	maps.DeleteFunc(all, func(name string, v any) bool {
		text, err := json.Marshal(v)
		return !slices.Contains(c.Flow.Returns, name) || err != nil || len(text) > maxReturned
	})
	return all
}

// summaryOf is a row's record. One that cannot be read is made of the row.
func summaryOf(row Row) Summary {
	var s Summary
	if json.Unmarshal(row.Summary, &s) != nil || s.Session != row.Session {
		s = Summary{Session: row.Session, Damaged: true}
	}
	s.Calls, s.Flow, s.Version, s.Tenant, s.Started, s.Ended = row.Calls, row.Name, row.Flow, row.Tenant, row.Started, row.Ended
	return s
}

// shown is who somebody is, without the name that he goes by.
func shown(p ivr.Party) ivr.Party { return ivr.Party{Kind: p.Kind, ID: p.ID} }

func callsOf(s *engine.Session) []ivr.CallID {
	var ids []ivr.CallID
	for _, l := range append([]engine.Leg{s.Leg}, s.Others...) {
		if l.Call != "" {
			ids = append(ids, l.Call)
		}
	}
	return ids
}

// NewNode is this process, as a node that begins now.
func NewNode(now time.Time) Node {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return Node{ID: NodeID(rand.Text()), Host: host + ":" + strconv.Itoa(os.Getpid()), Started: now}
}
