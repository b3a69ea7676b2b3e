package flow

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// HTTP makes one HTTPS request. Outcomes: ok (2xx), each status or class that
// the author wrote ("404", "4xx"), failed.
type HTTP struct {
	Request *Request
	Into    map[string]string // part of the answer -> variable
	Waiting Prompt            // played in a loop while the request runs longer than 1 s
}

// Request is an HTTPS request as a flow writes it. Whether the bot may make it
// is for the bot's configuration to say.
type Request struct {
	Pos     diag.Pos
	Method  string  // GET, POST, PUT or DELETE
	URL     []Piece // the first is text and holds the whole host
	Headers []Header
	JSON    *Body         // nil: no body
	Timeout time.Duration // with all tries
	Retry   ivr.Retry
	// Once are the variables, or inputs, that are forgotten after the request.
	Once []string
	// Sensitive says that it is made of a sensitive value, of a variable or of
	// the configuration. Of an action's inputs it knows nothing.
	Sensitive bool
}

// Limits of a request, which are those of the runtime that makes it.
const (
	MaxRequestTimeout = 15 * time.Second
	MaxRequestRetries = 5
)

// Piece is a part of a URL or of a header. One of Text, Value and Secret is
// set.
type Piece struct {
	Text   string
	Value  Template // exactly one ${...}
	Secret string   // a secret's name; in headers only
}

// Header is a header of a request.
type Header struct {
	Name  string
	Value []Piece
}

// Body is a JSON value with templates in it. If nothing is set it is null.
type Body struct {
	Value  Template
	Fields map[string]*Body // not nil: an object
	Items  []*Body          // not nil: an array
}

// Eval is the body's value.
func (b *Body) Eval(env Env) (any, error) {
	switch {
	case b.Value != nil:
		return b.Value.Eval(env)
	case b.Fields != nil:
		object := make(map[string]any, len(b.Fields))
		for _, name := range names(b.Fields) {
			v, err := b.Fields[name].Eval(env)
			if err != nil {
				return nil, err
			}
			object[name] = v
		}
		return object, nil
	case b.Items != nil:
		list := make([]any, len(b.Items))
		for i, item := range b.Items {
			v, err := item.Eval(env)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	return nil, nil
}

// HTTPAction says how an action is done over HTTP. The expressions of its
// request read the action's inputs by name, and call, config and now.
type HTTPAction struct {
	Request  *Request
	Into     map[string]string // part of the answer -> output
	Outcomes map[string]string // status or class -> outcome; any other leads to failed
}

// Asking is a request with the place that makes it.
type Asking struct {
	Step    string // its name as of NameOf, or "action NAME"
	Request *Request
}

// Requests lists the requests that the flow can make, those of the flows that
// it calls included: of steps, in their order, then of actions.
func (f *Flow) Requests() []Asking {
	var all []Asking
	seen := map[*HTTPAction]bool{}
	for _, m := range f.Members() {
		for _, s := range m.Steps {
			if h, ok := s.Spec.(*HTTP); ok {
				all = append(all, Asking{f.NameOf(m, s), h.Request})
			}
		}
	}
	for _, m := range f.Members() {
		for _, name := range names(m.Actions) {
			if h := m.Actions[name].HTTP; h != nil && !seen[h] {
				seen[h] = true
				all = append(all, Asking{"action " + name, h.Request})
			}
		}
	}
	return all
}

// NameOf tells the steps of all members apart: a step's id, for one of another
// member with that flow's name before it: "ask_code/main.1".
func (f *Flow) NameOf(m *Flow, s *Step) string {
	if m == f {
		return s.ID
	}
	return m.Name + "/" + s.ID
}

// Named is the step with a name as of NameOf, and the member it belongs to; nil
// if there is none.
func (f *Flow) Named(name string) (*Flow, *Step) {
	for _, m := range f.Members() {
		for _, s := range m.Steps {
			if f.NameOf(m, s) == name {
				return m, s
			}
		}
	}
	return nil, nil
}

// Safe reports a request that changes nothing.
func (r *Request) Safe() bool { return ivr.SafeMethod(r.Method) }

// Verb is the word that starts the step.
func (*HTTP) Verb() string { return "http" }
func (*HTTP) entry() Phase { return PhaseActing }
