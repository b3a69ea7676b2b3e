package prove

import (
	"cmp"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// Exit is one way in which calls end without the caller hanging up, and how long it
// takes to get there while everything works. Actions take no time.
type Exit struct {
	Name string `json:"name"` // the state in which it ends, and how: "bye: end", "agent: transfer"
	// Keys are how many keys must be pressed at least.
	Keys int `json:"keys"`
	// Fastest is for somebody who knows the flow and types ahead, Listening for one
	// who hears every prompt to its end before he presses a key.
	Fastest   time.Duration `json:"fastest"`
	Listening time.Duration `json:"listening"`
	// Worst is the longest that it can take as long as nobody hangs up, whatever the
	// caller, actions and the platform do, and Silence the longest time on any way there
	// in which nothing plays; see [edge.still]. Neither is longer than the call's limit.
	Worst   time.Duration `json:"worst"`
	Silence time.Duration `json:"silence"`
	// Limited says that nothing but the call's limit bounds Worst, mostly since a caller
	// can go round and round, and Mute that of Silence.
	Limited bool `json:"limited,omitempty"`
	Mute    bool `json:"mute,omitempty"`
}

// leaving is an edge with which a call ends.
type leaving struct {
	from int32
	e    edge
}

// exitOf is the exit of an act with which the call ends; "" if it does not, or
// because somebody hung up or a limit struck.
func (g *graph) exitOf(n node, t turn, moves []move) string {
	w := g.worlds[n.start]
	if n.gone || n.ahead || !w.gone(&t.to.session) || kindOf(t.c).has(hangUp|limited) {
		return ""
	}
	at, how := place{t.from.session.Running, t.from.session.State}, ""
	for _, mv := range moves {
		if mv.to == flow.StateHangingUp && mv.from != "" {
			at, how = place{mv.flow, mv.from}, "end"
			break
		}
	}
	s := g.stepAt(at)
	if s == nil {
		return ""
	}
	if how == "" {
		how = s.Spec.Verb()
	}
	return g.named(g.flow.Member(at.flow), s.State) + ": " + how
}

// exits are all ways in which calls end, sorted by name.
func (g *graph) exits() []Exit {
	fastest := g.soonest(func(e *edge) int64 {
		if e.kind.has(cut) || e.keys > 0 {
			return 0
		}
		return int64(e.took)
	})
	listening := g.soonest(func(e *edge) int64 { return int64(e.took) })
	keys := g.soonest(func(e *edge) int64 { return int64(e.keys) })
	late := g.latest()
	all := make([]Exit, 0, len(g.leaves))
	for name, ways := range g.leaves {
		x := Exit{Name: name, Keys: -1}
		for i := range ways {
			from, e := ways[i].from, &ways[i].e
			late.add(&x, from, e)
			if fastest[from] < 0 || !natural(e) {
				continue // only something that does not work leads there
			}
			quick, slow, n := time.Duration(fastest[from]), time.Duration(listening[from]), int(keys[from])+int(e.keys)
			if e.keys == 0 && !e.kind.has(cut) {
				quick += e.took
			}
			slow += e.took
			if x.Keys < 0 {
				x.Fastest, x.Listening, x.Keys = quick, slow, n
			}
			x.Fastest, x.Listening, x.Keys = min(x.Fastest, quick), min(x.Listening, slow), min(x.Keys, n)
		}
		if x.Keys >= 0 {
			x.bound(g.flow.CallLimit)
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b Exit) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// soonest is what it costs to reach each node from the beginning of a call while
// everything works; -1 for one that cannot be reached so.
func (g *graph) soonest(cost func(*edge) int64) []int64 {
	far := make([]int64, len(g.nodes))
	for i := range far {
		far[i] = -1
	}
	h := &heap64{}
	for _, root := range g.roots() {
		h.push(0, root)
	}
	for len(*h) > 0 {
		c, id := h.pop()
		if far[id] >= 0 {
			continue
		}
		far[id] = c
		out := g.out(id)
		for i := range out {
			if e := &out[i]; natural(e) && far[e.to] < 0 {
				h.push(c+cost(e), e.to)
			}
		}
	}
	return far
}
