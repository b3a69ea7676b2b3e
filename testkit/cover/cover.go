// Package cover counts what the tests of flows reach: steps, outcomes, transitions
// and prompts, each with its place in the YAML.
//
//	var tally cover.Tally
//	testkit.RunFile(ctx, "bank.ivr.yaml", testkit.Options{Cover: &tally})
//	tally.Report().Print(os.Stdout)
//
// # What counts
//
// A step is what somebody wrote. A handler of defaults or handlers that acts in
// several steps is one step for all of them.
//
// An outcome is what follows a step: each of its handlers, written there or filled
// in from defaults or handlers, .then and .else of a counted one apart, and
// going on without a handler. Outcomes that go to a parent (busy to failed)
// count with it. A failed that nobody handles is no outcome of the step: on_error
// has steps of its own. A step with a condition has the outcome skip, too.
//
// A transition is a move of the compiled machine, all but those of a hang-up and
// of an error, which every state has.
//
// A prompt is a key of the catalogue that a step plays. It is reached when the flow
// asks for it, even if the caller interrupts it.
//
// Ready-made flows that a flow calls are left out, unless the tally asks for them:
// they have tests of their own.
package cover

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/machine"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// Kind is what is counted.
type Kind string

// The kinds, in the order of reports.
const (
	Step       Kind = "step"
	Outcome    Kind = "outcome"
	Transition Kind = "transition"
	Prompt     Kind = "prompt"
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Step, Outcome, Transition, Prompt} }

// Item is one thing that tests can reach.
type Item struct {
	Kind  Kind     `json:"kind"`
	Pos   diag.Pos `json:"pos"`
	State string   `json:"state,omitempty"` // of the flow, in which the step stands
	Step  string   `json:"step,omitempty"`  // the step's id; of a transition the machine's state
	Name  string   `json:"name,omitempty"`  // of the outcome, the transition, or the prompt
	Count int      `json:"count"`           // how often it was reached
}

// String names the item, without its place.
func (i Item) String() string {
	switch i.Kind {
	case Step:
		return "step " + i.Step
	case Outcome:
		return "outcome " + i.Name + " of " + i.Step
	case Transition:
		return "transition " + i.Name
	case Prompt:
	}
	return "prompt " + i.Name
}

// Tally counts. The zero Tally is ready. It is safe for concurrent use.
type Tally struct {
	// ReadyMade counts ready-made flows that are called, too. Their files are named
	// flows/NAME/NAME.ivr.yaml.
	ReadyMade bool

	mu    sync.Mutex
	flows map[string]*counts // by file
	known map[version]*index
}

// version is a flow as it was loaded from a folder.
type version struct{ dir, hash, file string }

// counts are those of one flow's file.
type counts struct {
	flow  *flow.Flow
	items map[string]*Item
	order []*Item
	moves map[machine.Move]int
}

// Add makes a flow, and those that it calls, part of the report, even if no call
// comes. Its files are named as they are, below dir; empty: as they are.
func (t *Tally) Add(f *flow.Flow, dir string) *Counter {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := version{dir, f.Version, f.File}
	if t.known == nil {
		t.known, t.flows = map[version]*index{}, map[string]*counts{}
	}
	x := t.known[v]
	if x == nil {
		x = t.newIndex(f, dir)
		t.known[v] = x
	}
	return &Counter{t: t, x: x}
}

// Counter counts the calls of one flow. It is safe for concurrent use.
type Counter struct {
	t *Tally
	x *index
}

// Way is a move that reaches an item: of the machine of the flow with that key, "" for
// the flow itself.
type Way struct {
	Flow string
	machine.Move
}

// Ways are the moves of the flow, and of those that it calls, that reach an item, in
// the order of their names.
func (c *Counter) Ways(item Item) []Way {
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	var all []Way
	for key, moves := range c.x.moves {
		f := c.x.root.Member(key)
		for m, items := range moves {
			to, err := f.Machine.Next(m.from, m.trigger)
			if err == nil && slices.ContainsFunc(items, func(i *Item) bool { return i.same(item) }) {
				all = append(all, Way{key, machine.Move{From: m.from, Trigger: m.trigger, To: to}})
			}
		}
	}
	slices.SortFunc(all, func(a, b Way) int {
		return strings.Compare(a.Flow+" "+a.From+" "+a.Trigger, b.Flow+" "+b.From+" "+b.Trigger)
	})
	return all
}

// same reports whether two items are one, however often they were reached.
func (i *Item) same(other Item) bool {
	other.Count = i.Count
	return *i == other
}

// Observe takes a change of a call; see call.Config.
func (c *Counter) Observe(ch call.Change) {
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	at := placeOf(ch.Before)
	for _, cmd := range ch.Commands {
		switch cmd := cmd.(type) {
		case ivr.Moved:
			c.moved(&at, cmd)
		case ivr.PlayPrompt:
			c.played(at.top().flow, cmd.Parts)
		case ivr.Hold:
			c.played(at.top().flow, cmd.Music)
		default:
		}
	}
}

func (c *Counter) played(key string, parts []ivr.Part) {
	for _, one := range ivr.Heard(parts) {
		if item := c.x.prompts[key][one.Key]; item != nil {
			item.Count++
		}
	}
}

// place is where a session is: the flow that runs, on top of those that called it.
type place []frame

type frame struct{ flow, state string }

func placeOf(s *engine.Session) place {
	if s == nil {
		return place{{"", flow.StateIdle}}
	}
	at := make(place, 0, len(s.Frames)+1)
	for _, f := range s.Frames {
		at = append(at, frame{f.Flow, f.State})
	}
	state := s.State
	if state == "" {
		state = flow.StateIdle
	}
	return append(at, frame{s.Running, state})
}

func (p place) top() frame { return p[len(p)-1] }

// moved counts a move. A flow that has begun lies on its caller; one that is over
// is taken off.
func (c *Counter) moved(at *place, m ivr.Moved) {
	if m.Trigger == flow.TriggerStart && at.top().state != flow.StateIdle {
		*at = append(*at, frame{m.Flow, flow.StateIdle})
	}
	if top := at.top(); len(*at) > 1 && top.flow != m.Flow {
		c.hit(top, c.x.leaving(top, m))
	}
	for len(*at) > 1 && !c.x.fits(at.top(), m) {
		*at = (*at)[:len(*at)-1]
	}
	c.hit(frame{m.Flow, at.top().state}, m.Trigger)
	(*at)[len(*at)-1] = frame{m.Flow, m.State}
}

// hit counts a move from a place.
func (c *Counter) hit(at frame, trigger string) {
	for _, item := range c.x.moves[at.flow][move{at.state, trigger}] {
		item.Count++
	}
	n, f := c.x.files[at.flow], c.x.root.Member(at.flow)
	if n == nil || f == nil || !f.Machine.Can(at.state, trigger) {
		return
	}
	if to, err := f.Machine.Next(at.state, trigger); err == nil {
		n.moves[machine.Move{From: at.state, Trigger: trigger, To: to}]++
	}
}

// Report is what was counted so far.
func (t *Tally) Report() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	var r Report
	for _, name := range slices.Sorted(maps.Keys(t.flows)) {
		n := t.flows[name]
		f := File{Name: name, Flow: n.flow.Name, flow: n.flow, moves: maps.Clone(n.moves)}
		for _, item := range n.order {
			f.Items = append(f.Items, *item)
		}
		slices.SortStableFunc(f.Items, func(a, b Item) int {
			if a.Kind != b.Kind {
				return slices.Index(Kinds(), a.Kind) - slices.Index(Kinds(), b.Kind)
			}
			return comparePlaces(a.Pos, b.Pos)
		})
		r.Files = append(r.Files, f)
	}
	return r
}

func comparePlaces(a, b diag.Pos) int {
	if a.File != b.File {
		return strings.Compare(a.File, b.File)
	}
	if a.Line != b.Line {
		return a.Line - b.Line
	}
	return a.Col - b.Col
}
