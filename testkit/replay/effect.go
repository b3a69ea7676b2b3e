package replay

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
)

// effect is something that a call comes to: what the caller hears, a question, an
// action, somebody else, the end.
type effect struct {
	what  string // in words
	key   string // of a prompt that has one
	text  string // of one that has none
	heard bool   // it is a part of a prompt
	op    ivr.OpID
	in    map[string]any // of an action
	hides []string       // inputs of it that are sensitive
	place place
	trail []hop // on which the flow came here from the effect before
}

// hop is a state of the flow, and how it was reached.
type hop struct{ flow, state, trigger string }

// side is a call on one of the versions.
type side struct {
	f       *Flow
	s       engine.Session
	at      hop
	last    map[string]hop // of each flow
	trail   []hop
	effects []effect
	ops     map[ivr.OpID]sent
	talk    talk
}

// sent is an operation, and the step that sent it.
type sent struct {
	cmd   ivr.Command
	place place
}

func newSide(f *Flow, s engine.Session) *side {
	return &side{f: f, s: s, at: hop{state: s.State}, last: map[string]hop{}, trail: []hop{{state: s.State}}, ops: map[ivr.OpID]sent{}}
}

// take notes what was decided.
func (d *side) take(at time.Time, cmds []ivr.Command) {
	for _, cmd := range cmds {
		if op, _ := tell.Operation(cmd); op != 0 {
			d.ops[op] = sent{cmd, d.place()}
		}
		d.talk.command(at, cmd)
		if m, ok := cmd.(ivr.Moved); ok {
			d.move(m)
			continue
		}
		d.effect(cmd)
	}
}

// move notes a move. A flow that comes back is seen where it called the other.
func (d *side) move(m ivr.Moved) {
	if back, ok := d.last[m.Flow]; ok && m.Flow != d.at.flow && m.Trigger != flow.TriggerStart {
		d.trail = append(d.trail, back)
	}
	d.at = hop{m.Flow, m.State, m.Trigger}
	d.last[m.Flow] = d.at
	d.trail = append(d.trail, d.at)
	d.asks()
}

// place is the step that the call is in.
func (d *side) place() place {
	step, _ := d.f.StepAt(d.at.flow, d.at.state)
	return place{d.at.flow, step}
}

// asks is the effect of a state in which the caller is waited for.
func (d *side) asks() {
	step, phase := d.f.StepAt(d.at.flow, d.at.state)
	switch {
	case phase == flow.PhaseCollecting:
		d.add(effect{what: "asks"})
	case phase == flow.PhaseAsking:
		d.add(effect{what: "asks whether it may record"})
	case phase == flow.PhaseWaiting:
		d.add(effect{what: "waits"})
	case step == nil && d.at.state == flow.StateHangingUp:
		d.add(effect{what: "hangs up"})
	}
}

func (d *side) add(e effect) {
	e.place, e.trail = d.place(), d.trail
	d.effects = append(d.effects, e)
	d.trail = []hop{d.at}
}

// effect is what a command comes to. What the engine does for itself is nothing.
func (d *side) effect(cmd ivr.Command) {
	switch c := cmd.(type) {
	case ivr.PlayPrompt:
		if c.Loop { // music: it depends on how long something takes
			return
		}
		for _, p := range ivr.Heard(c.Parts) {
			if p.Silence > 0 && p.Key == "" {
				continue
			}
			e := effect{what: "speaks", text: p.Text, heard: true, op: c.Op}
			if p.Words == "" && p.Key != "" {
				e.key, e.what = p.Key, "plays "+p.Key
			}
			d.add(e)
		}
	case ivr.RunAction:
		d.add(effect{what: "does " + c.Name, op: c.Op, in: c.In, hides: c.Sensitive})
	case ivr.HTTPRequest:
		if c.Action != "" {
			d.add(effect{what: "does " + c.Action, op: c.Op, in: c.In})
			return
		}
		d.add(effect{what: "asks " + c.String(), op: c.Op})
	case ivr.RecordResponse:
		if n := len(d.effects); n == 0 || d.effects[n-1].what != "records" || len(d.trail) > 1 {
			d.add(effect{what: "records"})
		}
	case ivr.Transfer:
		d.add(effect{what: "transfers to " + whom(c.Target)})
	case ivr.Redirect:
		d.add(effect{what: "redirects to " + whom(c.Targets...)})
	case ivr.Reject, ivr.CreateCall, ivr.SendTones, ivr.Invite, ivr.Hold, ivr.RouteAudio, ivr.AddGallery, ivr.TellRecording:
		_, what := tell.Operation(cmd)
		d.add(effect{what: what})
	case ivr.Finish:
		d.add(effect{what: "ends, by " + string(c.EndedBy)})
	default:
	}
}

// compare goes on along two lists of effects, as long as both are the same call.
type compare struct {
	pair     *Pair
	old, new *side
	i, j     int
	others   bool   // something else is heard at the same place
	asked    string // an action that is given something else
}

// on compares what came meanwhile. It is false where the two part. What only one of
// them says may still be said by the other, unless it is time.
func (c *compare) on(time bool) bool {
	for c.i < len(c.old.effects) && c.j < len(c.new.effects) {
		a, b := &c.old.effects[c.i], &c.new.effects[c.j]
		switch {
		case c.same(a, b):
			if asked := given(a, b); asked != "" {
				if n := c.pair.together(a.trail, b.trail); n < len(a.trail) || n < len(b.trail) {
					return false
				}
				c.asked = cmp.Or(c.asked, asked)
			}
			c.i, c.j = c.i+1, c.j+1
		case a.heard && b.heard && c.twins(a, b):
			c.others = true
			c.i, c.j = past(c.old.effects, c.i), past(c.new.effects, c.j)
		case c.onlyOld(a):
			c.others = true
			c.i++
		case c.onlyNew(b):
			c.others = true
			c.j++
		default:
			return false
		}
	}
	for time && c.i < len(c.old.effects) && c.onlyOld(&c.old.effects[c.i]) {
		c.others = true
		c.i++
	}
	for time && c.j < len(c.new.effects) && c.onlyNew(&c.new.effects[c.j]) {
		c.others = true
		c.j++
	}
	return true
}

// level reports whether both have come to the same.
func (c *compare) level() bool { return c.i == len(c.old.effects) && c.j == len(c.new.effects) }

func (c *compare) same(a, b *effect) bool {
	switch {
	case a.heard && b.heard && (a.key != "" || b.key != ""):
		return a.key == b.key
	case a.what != b.what || a.text != b.text && a.key == "":
		return false
	case strings.HasPrefix(a.what, "asks") || a.what == "waits":
		return c.twins(a, b)
	}
	return true
}

// given is an action that is given something else.
func given(a, b *effect) string {
	for _, name := range slices.Sorted(maps.Keys(b.in)) {
		was, ok := a.in[name]
		if !ok || !slices.Contains(b.hides, name) && fmt.Sprint(was) != fmt.Sprint(b.in[name]) {
			return fmt.Sprintf("%s with another %s", strings.TrimPrefix(b.what, "does "), name)
		}
	}
	return ""
}

func (c *compare) twins(a, b *effect) bool {
	if a.place.step == nil || b.place.step == nil {
		return a.place.step == b.place.step
	}
	return c.pair.twins[b.place.step] == a.place.step
}

// onlyOld reports whether a part is heard that the other version has not: of a step
// that it has not, or more than it has in the same step.
func (c *compare) onlyOld(a *effect) bool {
	return a.heard && (a.place.step != nil && c.pair.twins[a.place.step] == nil ||
		c.i > 0 && c.j > 0 && c.old.effects[c.i-1].op == a.op && c.twins(a, &c.new.effects[c.j-1]))
}

func (c *compare) onlyNew(b *effect) bool {
	return b.heard && (b.place.step != nil && c.pair.twins[b.place.step] == nil ||
		c.i > 0 && c.j > 0 && c.new.effects[c.j-1].op == b.op && c.twins(&c.old.effects[c.i-1], b))
}

// past is the effect after those of a prompt.
func past(list []effect, i int) int {
	op := list[i].op
	for i < len(list) && list[i].heard && list[i].op == op {
		i++
	}
	return i
}
