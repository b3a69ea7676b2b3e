package store

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
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
	Steps    int           `json:"steps,omitempty"`
	Marks    []Mark        `json:"marks,omitempty"` // milestones and tags, in order
}

// Mark is a milestone or a tag of the flow.
type Mark struct {
	Kind string    `json:"kind"`
	Name string    `json:"name,omitempty"`
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at,omitzero"`
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

func summary(c *call.Change, marks []Mark) ([]byte, error) {
	s := &c.Session
	return json.Marshal(Summary{Session: s.ID, Calls: callsOf(s), Flow: s.Flow, Version: s.Version, Outgoing: s.Outgoing, Caller: s.Caller,
		Called: s.Called, Tenant: s.Tenant, Started: s.Started, Answered: s.Answered, Ended: s.Ended, EndedBy: s.EndedBy, Result: s.End,
		Steps: s.Steps, Marks: marks})
}

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
