package prove

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
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
	// Longest says that it is the call that takes longest, not the shortest.
	Longest bool `json:"longest,omitempty"`

	start  int     // how it begins
	states []state // after each act
	traces []trace
	ahead  bool  // keys are typed ahead
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

// hop is one act on the way of a call. ahead says that the prompt which it begins
// is skipped, by keys that were typed ahead.
type hop struct {
	act   uint16
	ahead bool
	late  bool // it comes at the last moment
}

// replay plays a call from its beginning, by the choices that were made.
func (g *graph) replay(startOf int, hops []hop) (*Call, error) {
	w := g.worlds[startOf]
	p := &player{w: w, call: &Call{start: startOf}, teller: teller{w: w, began: g.starts[startOf].now}}
	p.states = []state{g.starts[startOf].state()}
	for i := 0; i < len(hops); i++ {
		if !hops[i].ahead {
			if err := p.choose(hops[i]); err != nil {
				return nil, err
			}
			continue
		}
		last, err := p.typeAhead(hops, i)
		if err != nil {
			return nil, err
		}
		i = last
	}
	p.call.Lines = p.teller.lines
	p.call.states = p.states[1:]
	return p.call, g.confirm(startOf, p.call)
}

// player plays a call.
type player struct {
	w      *world
	call   *Call
	states []state // the first is that before the call
	teller teller
}

func (p *player) choose(h hop) error {
	st := &p.states[len(p.states)-1]
	all := p.w.choices(st)
	if int(h.act) >= len(all) {
		return errOther
	}
	c := &all[h.act]
	if h.late {
		c.delay(st.now)
	}
	p.play(c)
	return nil
}

func (p *player) play(c *choice) {
	st := p.states[len(p.states)-1]
	to, tr := step(p.w.root, st, c)
	p.call.Acts = append(p.call.Acts, c.Act)
	p.call.Events = append(p.call.Events, tr.events...)
	p.call.begins = append(p.call.begins, len(p.teller.lines))
	p.teller.tell(&st, &to, c, &tr)
	p.states, p.call.traces = append(p.states, to), append(p.call.traces, tr)
}

// undo takes the last act back.
func (p *player) undo() {
	n := len(p.call.Acts) - 1
	p.call.Events = p.call.Events[:len(p.call.Events)-len(p.call.traces[n].events)]
	p.teller.lines = p.teller.lines[:p.call.begins[n]]
	p.call.Acts, p.call.begins, p.call.traces, p.states = p.call.Acts[:n], p.call.begins[:n], p.call.traces[:n], p.states[:n+1]
}

// typeAhead plays the hops from one on after which keys have been typed ahead, up
// to where these are used up. The keys are pressed before the first of them. It
// answers the last hop that was played.
func (p *player) typeAhead(hops []hop, first int) (last int, err error) {
	at := p.states[len(p.states)-1]
	var enter *choice
	var then []*choice     // what happens besides the keys
	keys, more := "", true // whether a prompt is skipped after the last of them
	for last = first; last < len(hops); last++ {
		all := p.w.choices(&at)
		if int(hops[last].act) >= len(all) {
			return 0, errOther
		}
		c := &all[hops[last].act]
		switch _, phase := p.w.root.StepAt(at.session.Running, at.session.State); {
		case last == first:
			enter = c
		case c.Kind == Presses && phase == flow.PhaseCollecting:
			keys, more = keys+c.Keys, false
		case skips(c) && p.w.skippable(&at.session):
			more = true
		default:
			then = append(then, c)
		}
		at, _ = step(p.w.root, at, c)
		if !hops[last].ahead {
			break
		}
	}
	if more {
		keys += "9" // which nobody takes any more
	}
	st := &p.states[len(p.states)-1]
	switch _, phase := p.w.root.StepAt(st.session.Running, st.session.State); {
	case enter.Kind == Presses && phase == flow.PhaseCollecting: // the keys before and these are one burst, in the prompt
		p.undo()
		p.burst(enter.Keys + keys)
	case skips(enter) && p.w.skippable(&st.session): // the first of them ends what plays
		p.burst(keys)
	default:
		p.burst(keys)
		then = append([]*choice{enter}, then...)
	}
	for _, c := range then {
		if err := p.choose(hop{act: uint16(c.index)}); err != nil {
			return 0, err
		}
	}
	return min(last, len(hops)-1), nil
}

// burst presses keys where nobody may listen.
func (p *player) burst(keys string) {
	st := &p.states[len(p.states)-1]
	m := &menu{w: p.w, s: &st.session, now: st.now}
	m.press(keys)
	p.play(&m.all[0])
	p.call.ahead = true
}

// confirm plays the events of a call once more, on a fresh session, as a bot
// would.
func (g *graph) confirm(startOf int, call *Call) error {
	st := g.starts[startOf].state()
	s := st.session
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
	var hops []hop
	for at := id; g.nodes[at].parent >= 0; at = g.nodes[at].parent {
		if g.nodes[at].struck {
			return nil, errStruck
		}
		hops = append(hops, hop{act: g.nodes[at].act, ahead: g.nodes[at].ahead})
	}
	slices.Reverse(hops)
	for _, act := range more {
		hops = append(hops, hop{act: act})
	}
	if g.facts.loose {
		g.ways = append(g.ways, path{int(g.nodes[id].start), hops})
		return nil, errLoose
	}
	return g.replay(int(g.nodes[id].start), hops)
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
			if to.session.Meeting != nil {
				text = strings.TrimSuffix(text, toCalled)
			}
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
	case Limit:
		return byFlow
	case Ends, Fails, Saved, Answers, Refuses, Takes, GivenUp, Meets, Joins, Knocks, Leaves:
	}
	return byGraph
}

const toCalled = " to whom it called"

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
			who = toCalled
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
	default:
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
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
