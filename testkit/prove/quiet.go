package prove

import (
	"fmt"
	"slices"
	"time"
)

// hushed judges that there is no longer silence in a call than is promised, as long as
// nobody hangs up and no limit strikes. What silence is says [world.still].
func (g *graph) hushed(p *Property, i int) {
	most := int64(g.watch.all[i].Within)
	longest := int64(0)
	l := g.latest()
	for id := range g.nodes {
		if l.worst[id] < 0 {
			continue
		}
		out := g.out(int32(id))
		for j := range out {
			if e := &out[j]; lasting(e) && e.kind.has(mute) {
				longest = max(longest, l.silence(int32(id), e))
			}
		}
	}
	if longest <= most {
		p.Note = fmt.Sprintf("%s at most", rounded(time.Duration(longest)))
		return
	}
	root, acts, still, long := g.silent(most)
	call, err := g.lateCall(root, acts, len(acts)-still)
	g.found(p, fmt.Sprintf("nothing plays for %s", rounded(time.Duration(long))), g.posOf(g.whereTo(root, acts[:len(acts)-still])), call, err)
}

// hush is a way to a node, with how long it has been silent there at most.
type hush struct {
	node  int32
	act   uint16
	still int32 // how many of the last acts are silent
	long  int64
	from  int // the way before the last act; -1: the call begins
}

// silent is the way of fewest acts after which it has been silent for longer than so
// long: from where, by which acts, in how many of the last it was silent, and for how
// long. There must be one.
func (g *graph) silent(most int64) (root int32, acts []uint16, still int, long int64) {
	best := make([]int64, len(g.nodes)) // the longest silence there of the ways so far
	for i := range best {
		best[i] = -1
	}
	var all []hush
	for _, id := range g.roots() {
		all = append(all, hush{node: id, from: -1})
		best[id] = 0
	}
	for n := 0; n < len(all); n++ {
		out := g.out(all[n].node)
		for j := range out {
			e := &out[j]
			if !lasting(e) {
				continue
			}
			h := hush{node: e.to, act: e.act, from: n}
			if e.kind.has(mute) {
				h.still, h.long = all[n].still+1, all[n].long+e.long()
			}
			if h.long <= best[e.to] {
				continue
			}
			best[e.to] = h.long
			all = append(all, h)
			if h.long <= most {
				continue
			}
			for at := h; at.from >= 0; at = all[at.from] {
				acts = append(acts, at.act)
				root = all[at.from].node
			}
			slices.Reverse(acts)
			return root, acts, int(h.still), h.long
		}
	}
	return 0, nil, 0, 0
}

// whereTo is the node to which acts lead from another.
func (g *graph) whereTo(id int32, acts []uint16) int32 {
	for _, act := range acts {
		out := g.out(id)
		id = out[slices.IndexFunc(out, func(e edge) bool { return e.act == act })].to
	}
	return id
}
