package prove

import (
	"maps"
	"reflect"
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// This file finds lists of which a call sees one item at a time, so that not all lists
// need be tried.
//
// Of such a list, which whoever starts the call gives, nothing is read but its length,
// and single items into variables that are compared with constants. No step changes it.
// Then what comes of an act depends, besides the length, on the one item that is read
// meanwhile, if one is. It is what would come of it if all items were like that one. So
// in the loose exploration each act that reads an item is taken once with each list of
// equal items, one for each way in which conditions depend on an item, and then it is
// forgotten what the items were. Every call with a list of any items is among the calls
// that are so explored. There are more of them: an item may be another one when it is
// read again. So what holds of all of them is proved; in what the caller can reach, the
// items are no choice of his (see [graph.far]). What does not hold, and what is reached,
// is looked at with lists that stay as they are.

// row is such a list.
type row struct {
	name    string
	lengths []int
	items   []string              // an item for each way in which conditions depend on one
	reads   map[*flow.Step]string // the steps that read an item, and into which variable
	all     bool                  // so few that all lists are tried
	given   []any                 // lists that are tried besides
	pos     diag.Pos
}

// mostLists is up to how many lists of a parameter are all tried.
const mostLists = 32

// rowOf is the row that a variable is, nil if it is none.
func (fs *facts) rowOf(v variable) *row {
	decl := v.m.Vars[v.name]
	if fs.peer != nil || v.m != fs.root || decl == nil || decl.Type != flow.TypeList || !slices.Contains(fs.root.Params, v.name) {
		return nil
	}
	if r, known := fs.rows[v.name]; known {
		return r
	}
	fs.rows[v.name] = nil // so that none is found for it meanwhile
	r := &row{name: v.name, reads: map[*flow.Step]string{}, pos: decl.Pos}
	if !r.read(fs) || !r.judged(fs, decl) {
		return nil
	}
	fs.rows[v.name] = r
	r.measure(fs, v, decl)
	return r
}

// takes reports whether a variable takes an item of the row.
func (r *row) takes(v variable) bool {
	if r == nil {
		return false
	}
	return slices.Contains(slices.Collect(maps.Values(r.reads)), v.name)
}

// read finds the steps that read an item; false if more is done with the list.
func (r *row) read(fs *facts) bool {
	for _, m := range fs.root.Members() {
		for _, s := range m.Steps {
			if m == fs.root && !r.readBy(fs, s) {
				return false
			}
		}
	}
	for _, inv := range fs.root.Invariants {
		if inv.Holds != nil && r.reading(inv.Holds) != expression.Length {
			return false
		}
	}
	return len(r.reads) > 0
}

func (r *row) readBy(fs *facts, s *flow.Step) bool {
	if slices.Contains(assigned(s), r.name) || s.When != nil && r.reading(s.When) != expression.Length {
		return false
	}
	switch spec := s.Spec.(type) {
	case *flow.Set:
		for _, a := range spec.Assign {
			switch what := r.reading(a.Value); {
			case what == expression.Length:
			case what == expression.Item && r.reads[s] == "":
				r.reads[s] = a.Var
			default:
				return false
			}
		}
		return true
	case *flow.Switch:
		return !slices.ContainsFunc(spec.Cases, func(c flow.Case) bool { return c.When != nil && r.reading(c.When) != expression.Length })
	case *flow.Mark:
		return r.reading(spec.Text) == expression.Length
	default:
		return !slices.Contains(fs.usesOf(fs.root, &flow.Step{Spec: spec}), r.name)
	}
}

func (r *row) reading(e any) expression.Reading {
	if e == nil || reflect.ValueOf(e).Kind() == reflect.Pointer && reflect.ValueOf(e).IsNil() {
		return expression.Length
	}
	x, ok := e.(interface {
		Reading(string) expression.Reading
	})
	if !ok {
		return expression.More
	}
	return x.Reading(r.name)
}

// judged finds the items that conditions tell apart; false if that cannot be known.
func (r *row) judged(fs *facts, decl *flow.Var) bool {
	var with []expression.Comparison
	for _, name := range r.reads {
		into := variable{fs.root, name}
		d := fs.ownDepends(into)
		with = append(with, d.with...)
		to := fs.root.Vars[name]
		if len(d.own)+len(d.vague) > 0 || to == nil || to.Type != flow.TypeString || to.MaxLen > 0 || fs.spokenBeyond(into) {
			return false
		}
	}
	texts, all := textsFor(with)
	if !all {
		return false
	}
	var items []any
	if list, ok := decl.Default.([]any); ok {
		for _, x := range list {
			if _, text := x.(string); text {
				items = append(items, x) // it looks like one
			}
		}
	}
	items = append(items, someID)
	for _, text := range texts {
		items = append(items, text)
	}
	for _, x := range apart(items, with) {
		r.items = append(r.items, x.(string))
	}
	return true
}

// spokenBeyond reports whether a variable, or what is made of it, is said in a way that
// not every text can be.
func (fs *facts) spokenBeyond(v variable) bool {
	for to := range fs.reaches(v) {
		if slices.ContainsFunc(fs.said[to], func(kind string) bool { return kind != "characters" }) {
			return true
		}
	}
	return false
}

// measure finds the lengths that conditions tell apart.
func (r *row) measure(fs *facts, v variable, decl *flow.Var) {
	r.lengths = []int{1}
	if list, ok := decl.Default.([]any); ok {
		r.given = []any{list}
		r.lengths = append(r.lengths, len(list))
	}
	for _, c := range fs.dependsOn(v).with {
		if n, ok := c.Value.(float64); ok && c.Length {
			r.lengths = append(r.lengths, int(n)-1, int(n), int(n)+1)
		}
	}
	slices.Sort(r.lengths)
	r.lengths = slices.DeleteFunc(slices.Compact(r.lengths), func(n int) bool { return n < 0 || n > mostLong })
	total := 0
	for _, n := range r.lengths {
		lists := 1
		for range n {
			lists = min(lists*len(r.items), mostLists+1)
		}
		total += lists
	}
	r.all = total <= mostLists
}

// lists are the lists that are tried: one of each length if the items are loose, else
// all, or if these are too many those of equal items and those that are given.
func (r *row) lists(loose bool) []any {
	if loose || !r.all {
		all := slices.Clone(r.given)
		items := r.items
		if loose {
			all, items = nil, r.items[:1]
		}
		for _, n := range r.lengths {
			for _, x := range items {
				all = append(all, slices.Repeat([]any{x}, n))
			}
		}
		return fewer(all)
	}
	var all []any
	for _, n := range r.lengths {
		all = append(all, r.longs(n)...)
	}
	return all
}

// short are all lists of the least lengths, as long as these are not many.
func (r *row) short() []any {
	var all []any
	for _, n := range r.lengths {
		lists := r.longs(min(n, 3))
		if len(all)+len(lists) > mostListed/2 {
			break
		}
		all = append(all, lists...)
	}
	return all
}

// longs are all lists of a length.
func (r *row) longs(n int) []any {
	all := []any{[]any{}}
	for range n {
		var longer []any
		for _, list := range all {
			for _, x := range r.items {
				longer = append(longer, append(slices.Clone(list.([]any)), x))
			}
		}
		all = longer
	}
	return all
}

// looseRows are the parameters that are rows of which not all lists are tried.
func (fs *facts) looseRows() []*row {
	var all []*row
	for _, name := range fs.root.Params {
		if r := fs.rowOf(variable{fs.root, name}); r != nil && !r.all {
			all = append(all, r)
		}
	}
	return all
}

// items are the acts, those that read an item of a loose list once with each item.
func (w *world) items(st *state, acts []choice) []choice {
	if !w.facts.loose {
		return acts
	}
	rows := w.facts.looseRows()
	var all []choice
	for _, c := range acts {
		_, tr := step(w.root, *st, &c)
		r, n := w.itemsRead(rows, &tr)
		if n == 0 {
			all = append(all, c)
			continue
		}
		for i, item := range r.items {
			c.row, c.list, c.also = r, w.equal(st, r, item), i > 0
			all = append(all, c)
		}
	}
	return all
}

// itemsRead counts how many items are read in what came of an act. r is the row of the first.
func (w *world) itemsRead(rows []*row, tr *trace) (r *row, n int) {
	for _, cmd := range tr.cmds {
		mv, ok := cmd.(ivr.Moved)
		if !ok || mv.Flow != w.root.Key {
			continue
		}
		s, phase := w.root.StepAt(mv.Flow, mv.State)
		for _, x := range rows {
			if s != nil && phase != flow.PhaseWhen && x.reads[s] != "" {
				if n++; r == nil {
					r = x
				}
			}
		}
	}
	return r, n
}

// once notes that an act reads more than one item: then lists of equal items are not
// enough.
func (w *world) once(t turn) {
	if t.c.row == nil {
		return
	}
	if _, n := w.itemsRead(w.facts.looseRows(), t.tr); n > 1 {
		w.facts.doubt(t.c.row.pos, "more than one item of a list such as %s is read in one go; not all lists were tried", t.c.row.name)
	}
}

// equal is the list of a row as long as in a call, of equal items.
func (w *world) equal(st *state, r *row, item string) []any {
	list, _ := rootVars(&st.session)[r.name].([]any)
	if st.session.State == flow.StateIdle {
		list, _ = w.start.params[r.name].([]any)
	}
	return slices.Repeat([]any{item}, len(list))
}

// swap puts the list of an act in place of a row's, and answers the list that was there.
// With the act with which a call begins the list comes into it: from who starts it, or
// from the flow.
func (r *row) swap(f *flow.Flow, st *state, c *choice) (*flow.Flow, any) {
	if st.session.State != flow.StateIdle {
		return f, r.put(st, c.list)
	}
	g := *f
	g.Vars = maps.Clone(f.Vars)
	decl := *f.Vars[r.name]
	before := decl.Default
	decl.Default = c.list
	g.Vars[r.name] = &decl
	for i, ev := range c.events {
		if e, ok := ev.(ivr.CallWanted); ok {
			before, e.Params = e.Params[r.name], put(e.Params, r.name, c.list)
			c.events = slices.Clone(c.events)
			c.events[i] = e
		}
	}
	return &g, before
}

// put is the session with a list in place of a row's, and the list that was there.
func (r *row) put(st *state, list any) (before any) {
	s := &st.session
	vars := rootVars(s)
	before, ok := vars[r.name]
	if !ok {
		return nil
	}
	vars = maps.Clone(vars)
	vars[r.name] = list
	if len(s.Frames) == 0 {
		s.Vars = vars
		return before
	}
	s.Frames = slices.Clone(s.Frames)
	s.Frames[0].Vars = vars
	return before
}
