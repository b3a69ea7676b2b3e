package prove

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Verdict is what is known of a property.
type Verdict string

// The verdicts.
const (
	Proved Verdict = "proved"
	Broken Verdict = "broken" // there is a call in which it does not hold
	Open   Verdict = "open"   // no such call was found, but not all were looked at
)

// Property is something that should hold of all calls of a flow.
type Property struct {
	Name     string    `json:"name"` // ends, silence, hang_up, way_out, faults, reach or invariant
	Text     string    `json:"text"` // what should hold
	Pos      diag.Pos  `json:"pos,omitzero"`
	Verdict  Verdict   `json:"verdict"`
	Why      string    `json:"why,omitempty"`  // Open: what was not looked at
	Note     string    `json:"note,omitempty"` // what else is known, such as the longest call
	Findings []Finding `json:"findings,omitempty"`

	own bool // Why is about this property alone
}

// Finding is one way in which a property does not hold.
type Finding struct {
	Text string   `json:"text"`
	Pos  diag.Pos `json:"pos,omitzero"` // where in the flow
	// Call is the shortest call that shows it, or the one that takes longest if it is
	// that which takes too long; nil if what is missing is that any call does.
	Call *Call `json:"call,omitempty"`
}

// judge settles a property's verdict.
func (g *graph) judge(p *Property) {
	switch {
	case len(p.Findings) > 0:
		p.Verdict = Broken
	case p.own:
		p.Verdict = Open
	case !g.whole:
		p.Verdict, p.Why = Open, g.why
	case len(g.facts.doubts) > 0:
		p.Verdict, p.Why = Open, "the values that were tried may not stand for all others"
	default:
		p.Verdict = Proved
	}
}

// found adds a finding with the call that shows it. A call that cannot be played
// is a mistake of this package, and is told as such.
func (g *graph) found(p *Property, text string, pos diag.Pos, call *Call, err error) {
	if errors.Is(err, errStruck) {
		p.own = true
		p.Why = fmt.Sprintf("%s if a call takes as many steps as the flow allows just there; whether one can is not known", text)
		return
	}
	if err != nil && !errors.Is(err, errLoose) {
		g.whole, g.why = false, fmt.Sprintf("a call that was found could not be played (%s, %s): %v", p.Text, text, err)
		return
	}
	p.Findings = append(p.Findings, Finding{text, pos, call})
}

// posOf is the place in the flow's file of the step that a node is in.
func (g *graph) posOf(id int32) diag.Pos {
	if s := g.stepAt(g.nodes[id].place); s != nil {
		return s.Pos
	}
	return diag.Pos{}
}

// nameOf is the step that a node is in, for people.
func (g *graph) nameOf(id int32) string {
	p := g.nodes[id].place
	s := g.stepAt(p)
	if s == nil {
		return p.state
	}
	return g.flow.NameOf(g.flow.Member(p.flow), s)
}

// out are the edges of a node.
func (g *graph) out(id int32) []edge {
	n := &g.nodes[id]
	return g.edges[n.first : n.first+n.edges]
}

// forgetful is the graph without what invariants remember: where it is looked for
// rounds, one that is made after something happened is the same as before it.
func (g *graph) forgetful() *graph {
	if len(g.plains) == 0 && !slices.ContainsFunc(g.nodes, func(n node) bool { return n.past != 0 }) {
		return g
	}
	plain := *g
	plain.edges = slices.Clone(g.edges)
	for i := range plain.edges {
		if e := &plain.edges[i]; e.to >= 0 {
			e.to = g.nodes[e.to].plain
		}
	}
	return &plain
}

// ways are how nodes can be reached from some others.
type ways []arrival

// arrival is the edge by which a node was first reached, with the node before it:
// itself for one to begin with, -1 if it cannot be reached.
type arrival struct {
	from int32
	act  uint16
	far  int32 // how many acts it takes
}

// to reports whether a node can be reached.
func (w ways) to(id int32) bool { return w[id].from >= 0 }

// soonest is the node that is reached first of some; -1 if none is.
func (w ways) soonest(of func(int32) bool) int32 {
	first := int32(-1)
	for i := range w {
		if id := int32(i); w.to(id) && of(id) && (first < 0 || w[id].far < w[first].far) {
			first = id
		}
	}
	return first
}

// reachable finds the ways from some nodes, over edges that are allowed.
func (g *graph) reachable(from []int32, allowed func(*edge) bool) ways {
	seen := make(ways, len(g.nodes))
	for i := range seen {
		seen[i].from = -1
	}
	var queue []int32
	for _, id := range from {
		if !seen.to(id) {
			seen[id].from = id
			queue = append(queue, id)
		}
	}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		out := g.out(id)
		for i := range out {
			e := &out[i]
			if !seen.to(e.to) && allowed(e) {
				seen[e.to] = arrival{id, e.act, seen[id].far + 1}
				queue = append(queue, e.to)
			}
		}
	}
	return seen
}

// way are the acts on the way to a node that can be reached, and the node from which
// it begins.
func (w ways) way(id int32) (from int32, acts []uint16) {
	for w[id].from != id {
		acts = append(acts, w[id].act)
		id = w[id].from
	}
	slices.Reverse(acts)
	return id, acts
}

// roots are the nodes in which calls begin.
func (g *graph) roots() []int32 {
	var ids []int32
	for i := range g.nodes {
		if g.nodes[i].parent < 0 {
			ids = append(ids, int32(i))
		}
	}
	return ids
}
