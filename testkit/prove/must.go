package prove

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// must judges that every call in which nobody hangs up comes to what is promised
// in time, whatever the caller, actions and the platform do.
func (g *graph) must(p *Property, i int) {
	inv := &g.watch.all[i]
	bit := uint64(1) << i
	m := &mustWalk{g: g, inv: inv, i: i, bit: bit, going: func(e *edge) bool { return !e.kind.has(hangUp|limited) && e.hits&bit == 0 }}
	m.seen = g.reachable(g.roots(), m.going)
	if !slices.ContainsFunc(inv.Reach, func(h flow.Happening) bool { return h.Kind == flow.Ends }) {
		if id := m.ended(); id >= 0 {
			root, acts := m.seen.way(id)
			call, err := g.callTo(root, acts...)
			g.found(p, fmt.Sprintf("the call ends without %s", reached(inv)), g.posOf(id), call, err)
			return
		}
	}
	plain := *m
	plain.g = g.forgetful()
	plain.seen = plain.g.reachable(g.roots(), m.going)
	if id, acts := plain.round(); id >= 0 {
		m.seen = plain.seen
		m.unbounded(p, id, acts)
		return
	}
	m.bounded(p)
}

// reached is what an invariant promises, in words.
func reached(inv *flow.Invariant) string {
	words := make([]string, len(inv.Reach))
	for i, h := range inv.Reach {
		words[i] = h.Name
		if h.Kind == flow.Ends {
			words[i] = "the end"
		}
	}
	return strings.Join(words, " or ")
}

// mustWalk looks for the longest way before what is promised.
type mustWalk struct {
	g     *graph
	inv   *flow.Invariant
	i     int
	bit   uint64
	going func(*edge) bool // on the way, and not there yet
	seen  ways
}

// weight is what an edge from a node takes of what the promise allows.
func (m *mustWalk) weight(id int32, e *edge) int64 {
	switch {
	case m.inv.Within > 0:
		return e.long()
	case e.hits&m.bit == 0:
		return int64(e.steps)
	}
	return int64(m.g.early[reaching{id, e.act, m.i}])
}

func (m *mustWalk) most() int64 {
	if m.inv.Within > 0 {
		return int64(m.inv.Within)
	}
	return int64(m.inv.Steps)
}

func (m *mustWalk) amount(n int64) string {
	if m.inv.Within > 0 {
		return rounded(time.Duration(n)).String()
	}
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// ended is where a call is over on the way, the soonest; -1 if none is.
func (m *mustWalk) ended() int32 {
	return m.seen.soonest(func(id int32) bool { return m.g.nodes[id].over })
}

// round is the first way back to where it began that takes something, and the
// acts of it; -1 if there is none.
func (m *mustWalk) round() (int32, []uint16) { return m.roundIn(m.seen, m.going) }

// roundIn is round over some edges, of the nodes that were seen.
func (m *mustWalk) roundIn(seen ways, going func(*edge) bool) (int32, []uint16) {
	g := m.g
	comp := components(len(g.nodes), g.out, func(id int32, e *edge) bool { return seen.to(id) && going(e) })
	inner := func(id int32, e *edge) bool { return going(e) && comp[id] == comp[e.to] }
	heavy := map[int32]int32{} // by component, where an edge begins that takes something
	for i := range g.nodes {
		id := int32(i)
		if _, known := heavy[comp[id]]; !known && seen.to(id) && m.heavy(id, inner) != nil {
			heavy[comp[id]] = id
		}
	}
	at := seen.soonest(func(id int32) bool { _, ok := heavy[comp[id]]; return ok })
	if at < 0 {
		return -1, nil
	}
	within := func(e *edge) bool { return going(e) && comp[e.to] == comp[at] }
	there := heavy[comp[at]]
	e := m.heavy(there, inner)
	_, acts := g.reachable([]int32{at}, within).way(there)
	acts = append(acts, e.act)
	if e.to != at {
		_, back := g.reachable([]int32{e.to}, within).way(at)
		acts = append(acts, back...)
	}
	return at, acts
}

// heavy is an edge of a node that takes something, nil if none of some does.
func (m *mustWalk) heavy(id int32, of func(int32, *edge) bool) *edge {
	out := m.g.out(id)
	for i := range out {
		if e := &out[i]; of(id, e) && m.weight(id, e) > 0 {
			return e
		}
	}
	return nil
}

// unbounded judges a promise that only a limit of the flow keeps.
func (m *mustWalk) unbounded(p *Property, id int32, acts []uint16) {
	g, f := m.g, m.g.flow
	cap := int64(f.StepLimit) + 1
	if m.inv.Within > 0 {
		cap = int64(f.CallLimit)
	}
	if after, ok := m.afterLimit(); ok && m.everywhereLimited(id) && cap+after <= m.most() {
		p.Note = fmt.Sprintf("within %s at most, since a limit of the flow ends the call", m.amount(cap+after))
		return
	}
	root, to := m.seen.way(id)
	call, err := g.callTo(root, append(to, acts...)...)
	if call != nil {
		call.Again = len(acts)
	}
	g.found(p, fmt.Sprintf("a caller can go round and round from %s without %s, until a limit ends the call", g.nameOf(id), reached(m.inv)),
		g.posOf(id), call, err)
}

// everywhereLimited reports whether a limit can end the round. Before a call is
// answered no time is counted.
func (m *mustWalk) everywhereLimited(id int32) bool {
	if m.inv.Within == 0 {
		return true
	}
	return slices.ContainsFunc(m.g.out(id), func(e edge) bool { return e.kind.has(limited) })
}

// afterLimit is the longest way from where a limit strikes to what is promised;
// false if there is none that ends.
func (m *mustWalk) afterLimit() (int64, bool) {
	from := slices.Sorted(maps.Keys(m.g.begun))
	for i := range m.g.nodes {
		if !m.seen.to(int32(i)) {
			continue
		}
		out := m.g.out(int32(i))
		for j := range out {
			if e := &out[j]; e.kind.has(limited) && e.hits&m.bit == 0 {
				from = append(from, e.to)
			}
		}
	}
	return m.longest(from, func(e *edge) bool { return !e.kind.has(hangUp) && e.hits&m.bit == 0 && !m.again(e) })
}

// again reports an act after a limit that strikes a second time: the call is over
// then, which is shorter.
func (m *mustWalk) again(e *edge) bool { return e.kind.has(limited) }

// longest is the longest way from some nodes, the edge that is there included;
// false if it has no end.
func (m *mustWalk) longest(from []int32, allowed func(*edge) bool) (int64, bool) {
	seen := m.g.reachable(from, allowed)
	if id, _ := m.roundIn(seen, allowed); id >= 0 {
		return 0, false
	}
	f := m.g.farthest(func(e *edge) bool { return !e.kind.has(hangUp) }, allowed, m.weight)
	most := int64(0)
	for _, id := range from {
		most = max(most, f.far[f.comp[id]])
	}
	return most, true
}

// bounded judges a promise by the longest way.
func (m *mustWalk) bounded(p *Property) {
	f := m.g.farthest(func(e *edge) bool { return !e.kind.has(hangUp | limited) }, m.going, m.weight)
	for _, root := range m.g.roots() {
		far := f.far[f.comp[root]]
		if far <= m.most() {
			p.Note = "within " + m.amount(far) + " at most"
			continue
		}
		acts, last := f.way(root)
		call, err := m.g.lateCall(root, acts, 0)
		if call != nil {
			call.Longest = true
		}
		m.g.found(p, fmt.Sprintf("it takes %s to reach %s", m.amount(far), reached(m.inv)), m.g.posOf(last), call, err)
		return
	}
}
