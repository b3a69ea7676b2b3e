package prove

import (
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// ends judges that every call ends: whatever the caller does, if he does nothing,
// and if he hangs up.
func (g *graph) ends() []Property {
	return []Property{g.wayOut(), g.silence(), g.hangUps(), g.faultless()}
}

// natural reports an act that is no emergency exit: as long as only such an exit
// ends a call, the flow has no way out.
func natural(e *edge) bool { return !e.kind.has(hangUp | limited | fault) }

// wayOut judges that from everywhere the call can come to an end without the
// caller hanging up, a limit or a failure.
func (g *graph) wayOut() Property {
	p := Property{Name: "way_out", Text: "from everywhere the caller can bring the call to an end without hanging up"}
	ends := g.every(func(n *node) bool { return n.gone || n.open }) // what is not explored is not blamed
	far := g.far(ends, func(*edge) bool { return false }, func(*edge) int64 { return 0 })
	blamed := map[string]bool{}
	for i := range g.nodes {
		id := int32(i)
		name := g.nameOf(id)
		if far[i] >= 0 || blamed[name] || len(blamed) > 0 && g.fromTrap(id, far) {
			continue
		}
		blamed[name] = true
		call, err := g.callTo(id)
		g.found(&p, fmt.Sprintf("from %s on, nothing but hanging up, a limit or a failure ends the call", name), g.posOf(id), call, err)
	}
	g.judge(&p)
	return p
}

// fromTrap reports whether the shortest call to a node has been in the trap
// before.
func (g *graph) fromTrap(id int32, far []int64) bool {
	parent := g.nodes[id].parent
	return parent >= 0 && far[parent] < 0
}

// silence judges that the call of somebody who says and presses nothing any more
// ends, from wherever that is, whatever actions and the platform do, and not only
// by a limit.
func (g *graph) silence() Property {
	if g.flow.Kind == flow.Meeting {
		return g.leavesAlone()
	}
	p := Property{Name: "silence", Text: "a call ends by itself once the caller says and presses nothing any more"}
	still := func(e *edge) bool { return e.kind.has(quiet) && !e.kind.has(hangUp|limited|after) }
	g.endless(&p, g.every(func(n *node) bool { return !n.gone }), still, "a caller who says and presses nothing is kept on the line until a limit ends the call")
	g.judge(&p)
	return p
}

// leavesAlone judges that the bot leaves a meeting in which nobody else is and that
// nobody joins any more, and does not try for ever to join one.
func (g *graph) leavesAlone() Property {
	p := Property{Name: "silence", Text: "the bot leaves by itself once nobody else is in the meeting and nobody joins any more"}
	still := func(e *edge) bool {
		to := &g.nodes[e.to]
		return e.kind.has(quiet) && !e.kind.has(hangUp|limited|after) && (to.alone || to.gone)
	}
	g.endless(&p, g.every(func(n *node) bool { return n.alone && !n.gone }), still, "a bot that is alone in the meeting stays there until a limit ends the call")
	p.Note = "" // it may be alone before: see commute.go
	g.judge(&p)
	return p
}

// every are the nodes of which something holds.
func (g *graph) every(holds func(*node) bool) []int32 {
	var ids []int32
	for i := range g.nodes {
		if holds(&g.nodes[i]) {
			ids = append(ids, int32(i))
		}
	}
	return ids
}

// hangUps judges that everything ends once the caller is gone.
func (g *graph) hangUps() Property {
	p := Property{Name: "hang_up", Text: "everything ends once the caller has hung up, wherever that is"}
	g.endless(&p, g.every(func(n *node) bool { return n.gone }), func(e *edge) bool { return !e.kind.has(limited) }, "what follows the call goes on until a limit ends it")
	g.judge(&p)
	return p
}

// endless finds the rounds that a call may make for ever over the allowed edges,
// the one that is reached first before others, and if there are none, the longest way.
func (g *graph) endless(p *Property, from []int32, allowed func(*edge) bool, text string) {
	plain := g.forgetful()
	reached := plain.reachable(from, allowed)
	comp := components(len(g.nodes), plain.out, func(id int32, e *edge) bool { return reached.to(id) && allowed(e) })
	blamed, names := map[int32]bool{}, map[string]bool{}
	for i := range g.nodes {
		id := int32(i)
		if !reached.to(id) || blamed[comp[id]] || len(p.Findings) >= mostFindings {
			continue
		}
		around := plain.around(id, func(e *edge) bool { return allowed(e) && comp[e.to] == comp[id] })
		if len(around) == 0 {
			continue
		}
		blamed[comp[id]] = true
		if name := g.nameOf(id); names[name] {
			continue
		} else {
			names[name] = true
		}
		call, err := g.callTo(id, around...)
		if call != nil {
			call.Again = len(around)
		}
		g.found(p, text, g.posOf(id), call, err)
	}
	if len(blamed) > 0 || len(from) == 0 {
		return
	}
	w := &walk{g: g, allowed: allowed, mark: make([]byte, len(g.nodes)), took: make([]time.Duration, len(g.nodes)), steps: make([]int, len(g.nodes))}
	long, steps := time.Duration(0), 0
	for _, root := range from {
		w.from(root)
		long, steps = max(long, w.took[root]), max(steps, w.steps[root])
	}
	p.Note = fmt.Sprintf("after %s and %s at most", rounded(long), count(steps, "step"))
	if long == 0 && steps == 0 {
		p.Note = "at once"
	}
}

// mostFindings bounds how many findings of a kind are shown.
const mostFindings = 5

// count is "1 step" or "2 steps".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func rounded(d time.Duration) time.Duration {
	if d > 10*time.Second {
		return d.Round(time.Second)
	}
	return d.Round(100 * time.Millisecond)
}

// around are the acts of the shortest way from a node back to itself; none if there is no
// such way.
func (g *graph) around(id int32, allowed func(*edge) bool) []uint16 {
	var first []int32
	by := map[int32]uint16{}
	out := g.out(id)
	for i := range out {
		e := &out[i]
		if !allowed(e) {
			continue
		}
		if e.to == id {
			return []uint16{e.act}
		}
		if !slices.Contains(first, e.to) {
			first = append(first, e.to)
			by[e.to] = e.act
		}
	}
	if len(first) == 0 {
		return nil
	}
	seen := g.reachable(first, allowed)
	if !seen.to(id) {
		return nil
	}
	start, acts := seen.way(id)
	return append([]uint16{by[start]}, acts...)
}

// walk goes through the graph in depth.
type walk struct {
	g       *graph
	allowed func(*edge) bool
	mark    []byte          // 0 unseen, 1 on the way, 2 done
	rounds  bool            // one of the ways comes back to where it began
	took    []time.Duration // of the longest way from a node on
	steps   []int
}

// frame is a node on the way.
type frame struct {
	id   int32
	next int
}

// from visits all that can be reached from a node, without recursion: a flow may
// be deep.
func (w *walk) from(root int32) {
	if w.mark[root] != 0 {
		return
	}
	stack := []frame{{root, 0}}
	w.mark[root] = 1
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		out := w.g.out(f.id)
		if f.next == len(out) {
			w.done(f.id, out)
			stack = stack[:len(stack)-1]
			continue
		}
		e := &out[f.next]
		f.next++
		if !w.allowed(e) {
			continue
		}
		switch w.mark[e.to] {
		case 0:
			w.mark[e.to] = 1
			stack = append(stack, frame{e.to, 0})
		case 1:
			w.rounds = true
		}
	}
}

func (w *walk) done(id int32, out []edge) {
	w.mark[id] = 2
	for i := range out {
		if e := &out[i]; w.allowed(e) {
			w.took[id] = max(w.took[id], time.Duration(e.long())+w.took[e.to])
			w.steps[id] = max(w.steps[id], int(e.steps)+w.steps[e.to])
		}
	}
}

// faultless judges that no expression fails at run time.
func (g *graph) faultless() Property {
	p := Property{Name: "faults", Text: "nothing of the flow fails at run time"}
	g.told(&p, g.faults)
	return p
}
