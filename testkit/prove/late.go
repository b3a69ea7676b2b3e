package prove

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// endless is how long it takes if one can go round and round on the way.
const endless = math.MaxInt64

// lasting is an edge on which the call goes on: nobody hangs up, and no limit strikes.
func lasting(e *edge) bool { return !e.kind.has(hangUp | limited) }

// long is how long an edge takes at most.
func (e *edge) long() int64 { return int64(max(e.took, e.late)) }

// still reports an act before which nothing plays in a call that lives: the caller is
// listened to, or made to wait. A prompt that fails is not heard. While he is recorded,
// he speaks; what he hears before the call is answered, and while the platform hands it
// over, is not known here.
func (w *world) still(t turn) bool {
	s := &t.from.session
	if !s.Leg.Audio || w.gone(s) {
		return false
	}
	if _, phase := w.root.StepAt(s.Running, s.State); phase == flow.PhaseTransferring || phase == flow.PhaseRecording {
		return false
	}
	return s.Media.Op == 0 || t.c.Kind == Fails && t.c.What == opPlay
}

// latest is the longest that may go before each node, in nanoseconds: endless if one
// can go round on the way, -1 if no call comes there.
type latest struct {
	worst []int64 // since the call came in
	quiet []int64 // since something played last
	peak  []int64 // the longest silence on the way that is over
}

func (g *graph) latest() *latest {
	l := &latest{}
	l.worst = g.spread(g.roots(), lasting, func(_ int32, most int64, e *edge) int64 { return plus(most, e.long()) })
	var all []int32
	for i, far := range l.worst {
		if far >= 0 {
			all = append(all, int32(i))
		}
	}
	quiet := func(e *edge) bool { return lasting(e) && e.kind.has(mute) }
	l.quiet = g.spread(all, quiet, func(_ int32, most int64, e *edge) int64 { return plus(most, e.long()) })
	l.peak = g.spread(g.roots(), lasting, func(id int32, most int64, e *edge) int64 { return max(most, l.silence(id, e)) })
	return l
}

// silence is how long nothing has played at most when an edge is over.
func (l *latest) silence(from int32, e *edge) int64 {
	if !e.kind.has(mute) {
		return l.quiet[from]
	}
	return plus(l.quiet[from], e.long())
}

// add adds to an exit what the way there with an edge from a node takes at most.
func (l *latest) add(x *Exit, from int32, e *edge) {
	if l.worst[from] < 0 {
		return // keys that were typed ahead lead there, which is sooner
	}
	x.Worst = max(x.Worst, time.Duration(plus(l.worst[from], e.long())))
	x.Silence = max(x.Silence, time.Duration(max(l.peak[from], l.silence(from, e))))
}

// bound cuts off what the call's limit does.
func (x *Exit) bound(limit time.Duration) {
	x.Limited, x.Mute = x.Worst > limit, x.Silence > limit
	x.Worst, x.Silence = min(x.Worst, limit), min(x.Silence, limit)
}

func plus(a, b int64) int64 {
	if a == endless || b == endless {
		return endless
	}
	return a + b
}

// spread is the most that can be gathered on the ways from some nodes to each, over
// edges that are allowed; -1 where no way leads. gather is what there is after an edge
// from a node, of what there was before it; it never is less. If it is more each time
// round, it is endless.
func (g *graph) spread(from []int32, allowed func(*edge) bool, gather func(int32, int64, *edge) int64) []int64 {
	comp := components(len(g.nodes), g.out, func(_ int32, e *edge) bool { return allowed(e) })
	most := make([]int64, len(g.nodes)) // by component
	order := make([]int32, len(g.nodes))
	for i := range order {
		most[i], order[i] = -1, int32(i)
	}
	for _, id := range from {
		most[comp[id]] = 0
	}
	// A component has a higher number than those to which it leads.
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(comp[b], comp[a]) })
	for first := 0; first < len(order); {
		c := comp[order[first]]
		last := first
		for ; last < len(order) && comp[order[last]] == c; last++ {
		}
		if most[c] >= 0 {
			g.gather(order[first:last], comp, most, allowed, gather)
		}
		first = last
	}
	far := make([]int64, len(g.nodes))
	for i := range far {
		far[i] = most[comp[i]]
	}
	return far
}

// gather spreads what there is in a component, within it and then to those to which it
// leads.
func (g *graph) gather(ids, comp []int32, most []int64, allowed func(*edge) bool, gather func(int32, int64, *edge) int64) {
	c := comp[ids[0]]
	each := func(inside bool, do func(int32, *edge)) {
		for _, id := range ids {
			out := g.out(id)
			for i := range out {
				if e := &out[i]; allowed(e) && (comp[e.to] == c) == inside {
					do(id, e)
				}
			}
		}
	}
	each(true, func(id int32, e *edge) {
		once := gather(id, most[c], e)
		if gather(id, once, e) > once {
			once = endless
		}
		most[c] = max(most[c], once)
	})
	each(false, func(id int32, e *edge) { most[comp[e.to]] = max(most[comp[e.to]], gather(id, most[c], e)) })
}
