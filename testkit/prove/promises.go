package prove

import (
	"errors"
	"fmt"
	"time"
)

// promises judges the flow's invariants.
func (g *graph) promises() []Property {
	var all []Property
	for i := range g.watch.all {
		inv := &g.watch.all[i]
		p := Property{Name: "invariant", Text: inv.String(), Pos: inv.Pos}
		switch inv.Kind {
		case "requires", "never", "always":
			g.kept(&p, i)
		case "can":
			g.can(&p, i)
		case "must":
			g.must(&p, i)
		case "silence":
			g.hushed(&p, i)
		}
		g.judge(&p)
		if g.watch.unsure[i] && p.Verdict == Proved {
			p.Verdict, p.own, p.Why = Open, true, "a variable of the expression changes more than once in one go, and what it is between is not known"
		}
		all = append(all, p)
	}
	if n := len(g.flow.Invariants) - len(g.watch.all); n > 0 {
		p := Property{Name: "invariant", Text: fmt.Sprintf("%d more invariants", n), Verdict: Open, Why: fmt.Sprintf("only the first %d are looked at", mostWatched)}
		all = append(all, p)
	}
	return all
}

// kept judges requires, never and always, of which a breach is one act.
func (g *graph) kept(p *Property, i int) {
	b, broken := g.watch.found[i]
	if !broken {
		return
	}
	inv := &g.watch.all[i]
	text := ""
	switch inv.Kind {
	case "requires":
		text = fmt.Sprintf("%s without %s before it", inv.A, inv.B)
	case "never":
		text = fmt.Sprintf("%s after %s", inv.A, inv.B)
	case "always":
		text = fmt.Sprintf("%s does not hold at %s", inv.Holds.Source(), inv.A)
	}
	call, err := g.broken(i, b)
	for _, other := range g.watch.others[i] {
		if !errors.Is(err, errOther) {
			break
		}
		if call, err = g.broken(i, other); err == nil {
			b = other
		}
	}
	g.found(p, text, g.posOf(b.node), call, err)
}

// broken is the shortest call in which an invariant does not hold at an act.
func (g *graph) broken(i int, b breach) (*Call, error) {
	call, err := g.callTo(b.node, b.act)
	switch {
	case b.struck:
		return nil, errStruck
	case err == nil && !g.breaks(i, int(g.nodes[b.node].start), call):
		return nil, errOther
	}
	return call, err
}

// breaks reports whether a call that was played breaks an invariant.
func (g *graph) breaks(i, startOf int, call *Call) bool {
	w := g.worlds[startOf]
	said := noticed{}
	from := g.starts[startOf].state()
	for n := range call.states {
		said = g.watch.follow(w, said.past, turn{from: &from, to: &call.states[n], tr: &call.traces[n], ahead: call.ahead}, -1)
		if said.broken&(1<<i) != 0 {
			return true
		}
		from = call.states[n]
	}
	return false
}

// can judges that from wherever the caller may press keys, he can reach what is
// promised, if everything works.
func (g *graph) can(p *Property, i int) {
	inv := &g.watch.all[i]
	timed := inv.Within > 0
	far := g.distances(i, timed)
	most := int64(inv.Keys)
	if timed {
		most = int64(inv.Within)
	}
	worst, at := int64(-1), int32(-1)
	for id := range g.nodes {
		n := &g.nodes[id]
		if !n.listens || n.gone || n.open {
			continue
		}
		if d := far[id]; d < 0 || d > most {
			if at < 0 {
				at, worst = int32(id), d
			}
		} else if at < 0 && d > worst {
			worst = d
		}
	}
	if at < 0 {
		if worst >= 0 {
			p.Note = "within " + amount(worst, timed) + " at most"
		}
		return
	}
	text := fmt.Sprintf("from %s %s cannot be reached at all", g.nameOf(at), inv.Reach[0])
	if worst >= 0 {
		text = fmt.Sprintf("from %s it takes %s to reach %s", g.nameOf(at), amount(worst, timed), inv.Reach[0])
	}
	call, err := g.callTo(at)
	g.found(p, text, g.posOf(at), call, err)
}

func amount(n int64, timed bool) string {
	if timed {
		return rounded(time.Duration(n)).String()
	}
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprintf("%d keys", n)
}

// distances are how far each node is from what an invariant promises, in keys or
// in time, over the acts of callers who want to get there while everything works;
// -1 if there is no way.
func (g *graph) distances(i int, timed bool) []int64 {
	return g.far(nil, func(e *edge) bool { return e.hits&(1<<i) != 0 }, func(e *edge) int64 {
		switch {
		case !timed:
			return int64(e.keys)
		case e.kind.has(cut):
			return 0
		}
		return int64(e.took)
	})
}
