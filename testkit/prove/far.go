package prove

// far is what it costs at least to come from each node, while everything works, to one of
// some others, or to an edge that is there, that edge included; -1 if there is no way.
// The caller chooses among acts. The items of a list he does not choose: of the edges of
// one act that differ in an item the dearest counts.
func (g *graph) far(to []int32, there func(*edge) bool, cost func(*edge) int64) []int64 {
	type act struct {
		from int32
		left int32 // edges from which it is not known yet how far it is
		most int64 // from those of which it is
	}
	type link struct {
		act  int32
		cost int64
	}
	far, back := make([]int64, len(g.nodes)), make([][]link, len(g.nodes))
	var acts []act
	var known []link
	for id := range g.nodes {
		far[id] = -1
		out := g.out(int32(id))
		for j := range out {
			e := &out[j]
			if !natural(e) {
				continue
			}
			if !e.also {
				acts = append(acts, act{from: int32(id)})
			}
			l := link{int32(len(acts) - 1), cost(e)}
			acts[l.act].left++
			if there(e) {
				known = append(known, l)
			} else {
				back[e.to] = append(back[e.to], l)
			}
		}
	}
	h := &heap64{}
	arrive := func(l link, far int64) {
		a := &acts[l.act]
		a.left, a.most = a.left-1, max(a.most, l.cost+far)
		if a.left == 0 {
			h.push(a.most, a.from)
		}
	}
	for _, id := range to {
		h.push(0, id)
	}
	for _, l := range known {
		arrive(l, 0)
	}
	for len(*h) > 0 {
		d, id := h.pop()
		if far[id] >= 0 {
			continue
		}
		far[id] = d
		for _, l := range back[id] {
			arrive(l, d)
		}
	}
	return far
}
