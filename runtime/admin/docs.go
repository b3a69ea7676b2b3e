package admin

import (
	"time"

	"github.com/ivrflow/ivrflow/runtime/calldoc"
)

// CallList is a page of calls, the newest first.
type CallList struct {
	Calls []calldoc.Record `json:"calls"`
	// Next is for ?before= of the next page; empty: there is none.
	Next string `json:"next,omitempty"`
}

// Call is a call with its history.
type Call struct {
	calldoc.History
	State     string         `json:"state,omitempty"` // of the flow, while it lives
	Legs      []Leg          `json:"legs,omitempty"`  // while it lives, the caller's first
	Variables map[string]any `json:"variables,omitempty"`
}

// Leg is one call of a session.
type Leg struct {
	ID    string `json:"id"`
	Call  string `json:"call,omitempty"` // Graph's id
	State string `json:"state"`
	Audio bool   `json:"audio"`
}

// Done says on which session a wish is stored.
type Done struct {
	Session string `json:"session"`
}

// TransferRequest is a transfer; one of To is set.
type TransferRequest struct {
	To Target `json:"to"`
}

// Target is somebody to whom a call is handed over.
type Target struct {
	User        string `json:"user,omitempty"`        // object id
	Phone       string `json:"phone,omitempty"`       // E.164
	Application string `json:"application,omitempty"` // object id of a resource account
	Voicemail   string `json:"voicemail,omitempty"`   // object id of the user
}

// SignalRequest is a signal.
type SignalRequest struct {
	Name string `json:"name"`
}

// Order is an outgoing flow that is to run.
type Order struct {
	Flow   string         `json:"flow"`
	Params map[string]any `json:"params,omitempty"`
	From   string         `json:"from,omitempty"`   // object id of the resource account that calls
	Tenant string         `json:"tenant,omitempty"` // the only one of the bot, if it has one
}

// Dialled is what came of an order.
type Dialled struct {
	Session string `json:"session"`
	Fresh   bool   `json:"fresh"` // false: the order had been carried out before
}

// NodeList are the processes of the bot.
type NodeList struct {
	Nodes []Node `json:"nodes"`
}

// Node is a process of the bot.
type Node struct {
	ID       string    `json:"id"`
	Host     string    `json:"host"`
	Started  time.Time `json:"started"`
	Until    time.Time `json:"until"` // end of its lease
	Calls    int       `json:"calls"`
	Draining bool      `json:"draining"`
	Gone     bool      `json:"gone"`
	Self     bool      `json:"self"` // it answers this
}

// Draining says which node was asked to drain.
type Draining struct {
	Node string `json:"node"`
}

// FlowList are versions of flows.
type FlowList struct {
	Flows []Flow `json:"flows"`
}

// Flow is a version of a flow.
type Flow struct {
	Name    string    `json:"name"`
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	Live    int       `json:"live"`
	Current bool      `json:"current"` // new calls run it
}

// Health is how the process is that answers.
type Health struct {
	Ready   bool   `json:"ready"`
	Why     string `json:"why,omitempty"` // it is not: store, draining, keys, bot
	Node    string `json:"node"`
	Live    int    `json:"live"`    // calls
	Waiting int    `json:"waiting"` // calls that came in and have not begun
}
