package prove

// farthest is the longest way on from each node. Rounds on which nothing that counts
// is taken, such as people who come into a meeting and leave it, are no way on.
type farthest struct {
	g    *graph
	on   func(*edge) bool // the way goes on after the edge
	comp []int32
	far  []int64 // by component
	from []int32 // by component: from where the longest way leaves it; -1: there is none
	by   []*edge // ... and with which edge
}

// farthest finds the longest ways over edges of some weight. counts says which edges
// count at all, and on which of these a way goes on. No round may have any weight.
func (g *graph) farthest(counts, on func(*edge) bool, weight func(int32, *edge) int64) *farthest {
	comp := components(len(g.nodes), g.out, func(_ int32, e *edge) bool { return counts(e) && on(e) })
	f := &farthest{g: g, on: on, comp: comp, far: make([]int64, len(g.nodes)), from: make([]int32, len(g.nodes)), by: make([]*edge, len(g.nodes))}
	for i := range f.from {
		f.from[i] = -1
	}
	for _, id := range ordered(comp) { // those to which a component leads come first
		out := g.out(id)
		c := comp[id]
		for i := range out {
			e := &out[i]
			if !counts(e) || on(e) && comp[e.to] == c {
				continue
			}
			there := weight(id, e)
			if on(e) {
				there += f.far[comp[e.to]]
			}
			if there > f.far[c] || f.by[c] == nil {
				f.far[c], f.from[c], f.by[c] = there, id, e
			}
		}
	}
	return f
}

// ordered are the nodes by the number of their component.
func ordered(comp []int32) []int32 {
	first := make([]int32, len(comp)+1)
	for _, c := range comp {
		first[c+1]++
	}
	for c := range comp {
		first[c+1] += first[c]
	}
	all := make([]int32, len(comp))
	for id, c := range comp {
		all[first[c]] = int32(id)
		first[c]++
	}
	return all
}

// way are the acts of the longest way from a node, and the node to which it leads.
func (f *farthest) way(id int32) (acts []uint16, last int32) {
	for {
		c := f.comp[id]
		e := f.by[c]
		if e == nil {
			return acts, id
		}
		if from := f.from[c]; from != id {
			within := func(e *edge) bool { return f.on(e) && f.comp[e.to] == c }
			_, to := f.g.reachable([]int32{id}, within).way(from)
			acts = append(acts, to...)
		}
		acts, id = append(acts, e.act), e.to
		if !f.on(e) {
			return acts, id
		}
	}
}
