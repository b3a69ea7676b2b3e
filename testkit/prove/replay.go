package prove

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Call is one call that was found, as it can be played.
type Call struct {
	Acts   []Act       `json:"acts"` // what happens from outside, in order; the first begins the call
	Lines  []Line      `json:"conversation"`
	Events []ivr.Event `json:"-"` // what the engine is told, in order
	// Again is how many of the last acts come round again and again; 0: none do.
	Again int `json:"again,omitempty"`

	states []state // after each act
	traces []trace
	begins []int // with which line each act begins
}

// Line is one thing that happens in a call, as people read it.
type Line struct {
	At   time.Duration `json:"at"`  // since the call came in
	Who  string        `json:"who"` // "caller", "flow", "graph" or "world"
	What string        `json:"what"`
	Pos  diag.Pos      `json:"pos,omitzero"` // the step of the flow; zero if none is concerned
}

// String is the line without its place.
func (l Line) String() string { return fmt.Sprintf("%8.2fs  %-6s  %s", l.At.Seconds(), l.Who, l.What) }

// errOther says that a call did not go as the exploration said. It is a mistake of
// this package, never of a flow.
var errOther = errors.New("the call went another way than the exploration")

// replay plays a call from its beginning, by the choices that were made.
func (g *graph) replay(startOf int, acts []uint16) (*Call, error) {
	w := g.worlds[startOf]
	st := g.starts[startOf].state()
	call := &Call{}
	teller := &teller{w: w, began: st.now}
	for _, act := range acts {
		all := w.choices(&st)
		if int(act) >= len(all) {
			return nil, errOther
		}
		c := &all[act]
		to, tr := step(w.root, st, c)
		call.Acts = append(call.Acts, c.Act)
		call.Events = append(call.Events, tr.events...)
		call.begins = append(call.begins, len(teller.lines))
		teller.tell(&st, &to, c, &tr)
		st = to
		call.states, call.traces = append(call.states, to), append(call.traces, tr)
	}
	call.Lines = teller.lines
	return call, g.confirm(startOf, call)
}

// confirm plays the events of a call once more, on a fresh session, as a bot
// would. A limit of steps cannot be played like that: it takes hundreds of them.
func (g *graph) confirm(startOf int, call *Call) error {
	st := g.starts[startOf].state()
	s := st.session
	for i := range call.Acts {
		if call.Acts[i].Kind == StepLimit {
			return nil
		}
	}
	n := 0
	var cmds []ivr.Command
	for i := range call.traces {
		tr := &call.traces[i]
		done := 0
		for j, ev := range tr.events {
			s, cmds, _ = engine.Step(g.starts[startOf].flow, s, ev)
			want := tr.cmds[done:tr.after[j]]
			done = tr.after[j]
			if len(cmds) != len(want) || len(cmds) > 0 && !reflect.DeepEqual(cmds, want) {
				return fmt.Errorf("%w at event %d: %d commands, not %d", errOther, n, len(cmds), len(want))
			}
			n++
		}
	}
	return nil
}

// callTo is the shortest call that leads to a node and then goes on with the
// given acts.
func (g *graph) callTo(id int32, more ...uint16) (*Call, error) {
	return g.replay(int(g.nodes[id].start), append(g.path(id), more...))
}

// teller tells a call as a conversation.
type teller struct {
	w     *world
	began time.Time
	lines []Line
	pos   diag.Pos
}

func (t *teller) say(at time.Time, who, format string, args ...any) {
	t.lines = append(t.lines, Line{at.Sub(t.began), who, fmt.Sprintf(format, args...), t.pos})
}

// The speakers of a conversation.
const (
	byCaller = "caller"
	byFlow   = "flow"
	byGraph  = "graph"
	byWorld  = "world" // the bot's own actions, and the services that it asks
)

func (t *teller) tell(from, to *state, c *choice, tr *trace) {
	step, _ := t.w.root.StepAt(from.session.Running, from.session.State)
	t.pos = diag.Pos{}
	if step != nil {
		t.pos = step.Pos
	}
	t.say(c.at(from.now), c.who(), "%s", c.Act)
	for _, cmd := range tr.cmds {
		if m, ok := cmd.(ivr.Moved); ok {
			if s, _ := t.w.root.StepAt(m.Flow, m.State); s != nil {
				t.pos = s.Pos
			}
			continue
		}
		if text := spoken(cmd); text != "" {
			t.say(to.now, byFlow, "%s", text)
		}
	}
	for _, err := range tr.errs {
		t.say(to.now, byFlow, "FAULT: %v", err)
	}
}

// who is whose doing an act is.
func (a *Act) who() string {
	switch a.Kind {
	case Rings, Presses, HangsUp, Speaks, Silent:
		return byCaller
	case Returns, Signals:
		return byWorld
	case Waits:
		if a.What == whyFirstKey || a.What == "between_keys" || a.What == "terminate" {
			return byCaller
		}
		return byGraph
	case Limit, StepLimit:
		return byFlow
	case Ends, Fails, Saved, Answers, Refuses, Takes, GivenUp:
	}
	return byGraph
}

// spoken is a command as a conversation tells it; "" for one that nobody notices.
func spoken(cmd ivr.Command) string {
	switch cmd := cmd.(type) {
	case ivr.Answer:
		return "answers"
	case ivr.Reject:
		return fmt.Sprintf("rejects the call (%s)", cmd.Reason)
	case ivr.Redirect:
		return "redirects the call to " + targetsText(cmd.Targets)
	case ivr.PlayPrompt:
		who := ""
		if cmd.Leg != ivr.CallerLeg {
			who = " to whom it called"
		}
		return "plays " + partsText(cmd.Parts) + who
	case ivr.RecordResponse:
		return "records"
	case ivr.CreateCall:
		if cmd.Meeting != nil {
			return "joins the meeting"
		}
		return "calls " + targetsText([]ivr.Target{cmd.Target})
	case ivr.Transfer:
		return "transfers the call to " + targetsText([]ivr.Target{cmd.Target})
	case ivr.SendTones:
		return "sends keys"
	case ivr.HangUp:
		if cmd.Leg == ivr.CallerLeg {
			return "hangs up"
		}
	case ivr.RunAction:
		return "does " + cmd.Name
	case ivr.HTTPRequest:
		if cmd.Action != "" {
			return "does " + cmd.Action
		}
		return "asks " + cmd.String()
	case ivr.Mark:
		if cmd.Name != "engine" {
			return cmd.Kind + " " + cmd.Name
		}
	case ivr.Finish:
		return "is over, ended by_" + string(cmd.EndedBy)
	}
	return ""
}

func targetsText(all []ivr.Target) string {
	words := make([]string, len(all))
	for i, t := range all {
		words[i] = string(t.Kind) + " " + t.ID
	}
	return listed(words)
}

// partsText are the parts of a prompt, each by its key or its words.
func partsText(parts []ivr.Part) string {
	words := make([]string, 0, len(parts))
	for _, p := range ivr.Heard(parts) {
		switch {
		case p.Key != "" && p.Words == "":
			words = append(words, p.Key)
		case p.Words != "":
			words = append(words, fmt.Sprintf("%q", p.Words))
		case p.Text != "":
			words = append(words, fmt.Sprintf("%q", p.Text))
		case p.Silence > 0:
			words = append(words, "a silence")
		case p.Recording != "":
			words = append(words, "the recording")
		default:
			words = append(words, "a file")
		}
	}
	return listed(words)
}

// stepAt is the step of a place, nil if it belongs to none.
func (g *graph) stepAt(p place) *flow.Step {
	s, _ := g.flow.StepAt(p.flow, p.state)
	return s
}

// listed is "a, b and c".
func listed(words []string) string {
	if len(words) < 2 {
		if len(words) == 0 {
			return "nothing"
		}
		return words[0]
	}
	text := words[0]
	for _, w := range words[1 : len(words)-1] {
		text += ", " + w
	}
	return text + " and " + words[len(words)-1]
}
