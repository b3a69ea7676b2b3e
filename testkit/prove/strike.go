package prove

import (
	"errors"
	"slices"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// A call that takes too many steps goes to on_error between two steps. Nearly always
// that is as if its time were over where it waits before or after, which is tried. It
// is not if something happened, or a value changed, since it waited before, and more does
// before it waits again. Where that may be, and so many steps may have been taken, it is
// explored what comes of it. A call that shows it would be very long, and how long it may
// last is not known: what is found only so is no finding, but not proved either.

// strike explores what comes of the limit of steps between the steps of acts.
func (g *graph) strike(run func()) {
	for more := g.whole && len(g.struck) > 0; more && g.whole; {
		counts := g.counts()
		if counts == nil {
			g.whole, g.why = false, "what comes of it that a call takes too many steps between two steps was not explored"
			return
		}
		more = false
		var call *Call
		at := int32(-1)
		for _, b := range g.struck {
			steps := counts.before(g, b)
			if len(steps) == 0 {
				continue
			}
			if g.nodes[b.node].struck {
				g.whole, g.why = false, "what comes of it that a call twice takes too many steps between two steps was not explored"
				return
			}
			if b.node != at {
				hops, err := g.hopsTo(b.node)
				if err == nil {
					call, err = g.play(int(g.nodes[b.node].start), hops)
				}
				if err != nil || !g.isAt(b.node, call) {
					continue // keys that cannot be typed ahead there lead to it
				}
				at = b.node
			}
			for _, n := range steps {
				more = g.strikes(b, call, n) || more
			}
		}
		run()
	}
}

// isAt reports whether a call comes to a node.
func (g *graph) isAt(id int32, call *Call) bool {
	n := g.nodes[id]
	st := g.starts[n.start].state()
	if len(call.states) > 0 {
		st = call.states[len(call.states)-1]
	}
	return g.index[g.worlds[n.start].keyOf(&st, uint64(n.start), n.past, 0)] == id
}

// strikes adds what comes of an act after a call that has taken so many steps. It reports
// whether that is new.
func (g *graph) strikes(b breach, call *Call, steps int) bool {
	n := g.nodes[b.node]
	w := g.worlds[n.start]
	from := g.starts[n.start].state()
	if len(call.states) > 0 {
		from = call.states[len(call.states)-1]
	}
	all := w.choices(&from)
	from.session.Steps = steps
	t := turnOf(w.root, &from, &all[b.act])
	s := &t.to.session
	if s.EndedBy != ivr.EndedByLimit {
		return false // these steps are not counted
	}
	said := g.watch.follow(w, n.past, t, -1)
	b.struck = true
	g.watch.note(&said, b)
	s.Timers = slices.DeleteFunc(slices.Clone(s.Timers), func(t engine.Timer) bool { return t.Why == whyCallLimit })
	id, known := g.add(node{parent: b.node, act: b.act, start: n.start, past: said.past, struck: true}, t.to)
	if !known {
		g.begun[id] = s.Steps
	}
	return !known
}

// errStruck says that a call is not shown, since it takes too many steps in the midst of
// an act.
var errStruck = errors.New("it takes a call of as many steps as the flow allows")

// between reports whether it matters where an act is cut off: something is remembered
// since it began, or something changed that is read when the flow is left.
func (g *graph) between(w *world, n node, said *noticed) bool {
	if n.gone || n.ahead {
		return false
	}
	if said.past != n.past {
		return true
	}
	live := w.facts.live[w.root.Key]
	for _, mv := range said.moves {
		step, _ := w.root.StepAt(mv.flow, mv.from)
		if step == nil || mv.flow != "" {
			continue // the values of flows that are called are gone then
		}
		for _, name := range assigned(step) {
			if g.watch.always || readBySections(w.root, live, name) {
				return true
			}
		}
		for e := step.Edges[outcomeOf(mv.trigger)]; e != nil && e.Counter != ""; e = e.Else {
			if readBySections(w.root, live, counterOf(e.Counter)) {
				return true
			}
		}
	}
	return false
}

// stepCounts are, for each node, how many steps may have been begun when a call comes
// there: a bit each, up to the flow's limit.
type stepCounts struct {
	words int
	bits  []uint64
}

func (c *stepCounts) has(id int32, steps int) bool {
	return c.bits[int(id)*c.words+steps/64]&(1<<(steps%64)) != 0
}

// mostSteps is how many steps a call may take that is at a node.
func (g *graph) mostSteps(id int32) int {
	if g.nodes[id].late {
		return g.flow.StepLimit + flow.SilentStepLimit
	}
	return g.flow.StepLimit
}

// before are the numbers of steps before an act with which the limit strikes in it.
func (c *stepCounts) before(g *graph, b breach) []int {
	out := g.out(b.node)
	i := slices.IndexFunc(out, func(e edge) bool { return e.act == b.act })
	if i < 0 {
		return nil
	}
	var all []int
	for j := range int(out[i].steps) {
		if n := g.mostSteps(b.node) - j; n >= 0 && c.has(b.node, n) {
			all = append(all, n)
		}
	}
	return all
}

// mostCounts bounds how many bits are worth it.
const mostCounts = 1 << 30

// counts finds how many steps there may have been at each node; nil if there are too
// many nodes.
func (g *graph) counts() *stepCounts {
	c := &stepCounts{words: (g.flow.StepLimit+flow.SilentStepLimit)/64 + 1}
	if len(g.nodes)*c.words*64 > mostCounts {
		return nil
	}
	c.bits = make([]uint64, len(g.nodes)*c.words)
	type been struct {
		node  int32
		steps int
	}
	var todo []been
	come := func(b been) {
		if b.steps <= g.mostSteps(b.node) && !c.has(b.node, b.steps) {
			c.bits[int(b.node)*c.words+b.steps/64] |= 1 << (b.steps % 64)
			todo = append(todo, b)
		}
	}
	for _, id := range g.roots() {
		come(been{id, 0})
	}
	for id, steps := range g.begun {
		come(been{id, steps})
	}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		out := g.out(b.node)
		for i := range out {
			come(been{out[i].to, b.steps + int(out[i].steps)})
		}
	}
	return c
}
