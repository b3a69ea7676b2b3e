package prove

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// errLoose says that a call of a loose exploration cannot be played: its lists change.
var errLoose = errors.New("an item of a list was not always the same")

// otherLists is why a property is open that would fail, or be kept, only if an item were
// another one when it is read again.
const otherLists = "it may be otherwise with lists that were not tried"

// path is the way of a call: how it begins, and what happens.
type path struct {
	start int
	hops  []hop
}

// factsFor are a flow's facts for an exploration.
func factsFor(f *flow.Flow, o Options) *facts {
	fs := newFacts(f)
	fs.loose, fs.listed = o.loose, len(o.lists) > 0
	for _, r := range fs.looseRows() {
		r.given = append(r.given, o.lists[r.name]...)
	}
	return fs
}

// loosely is the report with what a loose exploration adds: what holds of all lists is
// proved. What it cannot prove is looked at once more with the lists for which it seems
// not to hold.
func (r *Report) loosely(ctx context.Context, o Options) *Report {
	o.loose = true
	g := explore(ctx, r.graph.flow, o)
	q := g.report()
	more := map[string][]any{}
	for i := range q.Properties {
		if q.Properties[i].Verdict == Broken && r.Properties[i].Verdict != Broken {
			for _, way := range g.ways {
				g.lists(way, more)
			}
			break
		}
	}
	for mv, at := range g.taken {
		if _, known := r.graph.taken[mv]; !known {
			_, _ = g.callTo(at.node, at.act)
			g.lists(g.ways[len(g.ways)-1], more)
		}
	}
	if len(more) > 0 {
		for _, x := range g.facts.looseRows() {
			more[x.name] = append(more[x.name], x.short()...)
		}
		o.loose, o.lists = false, more
		r = explore(ctx, r.graph.flow, o).report()
	}
	r.join(q)
	if slices.ContainsFunc(r.Properties, func(p Property) bool { return p.Why == otherLists }) {
		for _, x := range g.facts.looseRows() {
			r.Doubts = append(r.Doubts, Doubt{x.pos, "items of " + x.name + " are read again, and not all lists were tried"})
		}
	}
	return r
}

// join takes over what another report says of all lists.
func (r *Report) join(loose *Report) {
	for i := range r.Properties {
		p, q := &r.Properties[i], loose.Properties[i]
		switch {
		case p.Name == "reach" && p.Verdict == Proved, p.Name != "reach" && p.Verdict == Broken:
		case p.Name == "reach" && len(q.Findings) == 0:
			p.Verdict, p.Why = Open, otherLists
		case p.Name != "reach" && q.Verdict == Broken:
			p.Verdict, p.Why = Open, otherLists
		default:
			*p = q
		}
	}
	r.Complete, r.Exits = r.Complete && loose.Complete, loose.Exits
	if r.Why == "" {
		r.Why = loose.Why
	}
	r.States, r.Moves, r.Starts = r.States+loose.States, r.Moves+loose.Moves, r.Starts+loose.Starts
	for _, d := range loose.Doubts {
		if !slices.Contains(r.Doubts, d) {
			r.Doubts = append(r.Doubts, d)
		}
	}
}

// lists adds the lists with which a call of a loose exploration may be a real one: what it
// does not read is all alike.
func (g *graph) lists(way path, to map[string][]any) {
	w, st := g.worlds[way.start], g.starts[way.start].state()
	items := map[*row][]any{} // those that are read
	for _, h := range way.hops {
		all := w.choices(&st)
		if int(h.act) >= len(all) {
			return
		}
		c := &all[h.act]
		if c.row != nil {
			if items[c.row] == nil {
				items[c.row] = make([]any, len(c.list))
			}
			if i := w.whichItem(&st, c); i >= 0 && items[c.row][i] == nil {
				items[c.row][i] = c.list[0]
			}
		}
		st, _ = step(w.root, st, c)
	}
	for r, read := range items {
		for _, rest := range r.items {
			list := slices.Clone(read)
			for i := range list {
				if list[i] == nil {
					list[i] = rest
				}
			}
			if !slices.ContainsFunc(to[r.name], func(x any) bool { return reflect.DeepEqual(x, list) }) {
				to[r.name] = append(to[r.name], list)
			}
		}
	}
}

// whichItem is the item that an act reads, -1 if nothing depends on it.
func (w *world) whichItem(st *state, c *choice) int {
	comes := func(list []any) (key, []ivr.Command) {
		d := *c
		d.list = list
		to, tr := step(w.root, *st, &d)
		return w.keyOf(&to), tr.cmds
	}
	key, cmds := comes(c.list)
	same := func(list []any) bool {
		k, all := comes(list)
		return k == key && reflect.DeepEqual(all, cmds)
	}
	for _, other := range c.row.items {
		list := w.equal(st, c.row, other)
		if same(list) {
			continue
		}
		for i := range list {
			one := slices.Clone(list)
			one[i] = c.list[0]
			if same(one) {
				return i
			}
		}
	}
	return -1
}
