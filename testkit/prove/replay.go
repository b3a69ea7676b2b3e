package prove

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
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

// replay plays a call from its beginning, by the choices that were made, and then
// once more on a fresh session.
func (g *graph) replay(startOf int, hops []hop) (*Call, error) {
	if g.facts.loose {
		g.ways = append(g.ways, path{startOf, hops})
		return nil, errLoose
	}
	call, err := g.play(startOf, hops)
	if err != nil {
		return nil, err
	}
	return call, g.confirm(startOf, call)
}

// play is replay without the fresh session.
func (g *graph) play(startOf int, hops []hop) (*Call, error) {
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
	return p.call, nil
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
	hops, err := g.hopsTo(id)
	if err != nil {
		return nil, err
	}
	for _, act := range more {
		hops = append(hops, hop{act: act})
	}
	return g.replay(int(g.nodes[id].start), hops)
}

// hopsTo is the shortest way to a node.
func (g *graph) hopsTo(id int32) ([]hop, error) {
	var hops []hop
	for at := id; g.nodes[at].parent >= 0; at = g.nodes[at].parent {
		if g.nodes[at].struck {
			return nil, errStruck
		}
		hops = append(hops, hop{act: g.nodes[at].act, ahead: g.nodes[at].ahead})
	}
	slices.Reverse(hops)
	return hops, nil
}

// stepAt is the step of a place, nil if it belongs to none.
func (g *graph) stepAt(p place) *flow.Step {
	s, _ := g.flow.StepAt(p.flow, p.state)
	return s
}
