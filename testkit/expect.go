package testkit

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// expectation is what must hold when the call is over.
type expectation struct {
	checks []check
	ends   bool // who ends the call is expected: the caller lets it go on
}

type check struct {
	pos diag.Pos
	run func(*talk) *Failure
}

// expect reads what must hold at the end.
func (r *reader) expect(n *tree.Node) expectation {
	var x expectation
	add := func(pos diag.Pos, run func(*talk) *Failure) { x.checks = append(x.checks, check{pos, run}) }
	for _, e := range n.Fields(&r.list, "expect", "vars", "never_hears", "ended", "do", "http", "milestones", "tags", "states") {
		v := e.Value
		switch e.Key {
		case "vars":
			r.expectVars(v, add)
		case "never_hears":
			for _, item := range v.ListItems() {
				if p, ok := r.prompt(item); ok {
					add(item.Pos, func(t *talk) *Failure { return t.neverHears(p) })
				}
			}
		case "ended":
			x.ends = true
			by := r.endedBy(v)
			add(v.Pos, func(t *talk) *Failure { return t.ends(by) })
		case "do":
			r.expectActions(v, add)
		case "http":
			r.expectHTTP(v, add)
		case "milestones", "tags":
			r.expectMarks(strings.TrimSuffix(e.Key, "s"), v, add)
		case "states":
			r.expectStates(v, add)
		}
	}
	return x
}

type adder func(diag.Pos, func(*talk) *Failure)

// expectVars reads {account: "12345674"}; nothing means unset.
func (r *reader) expectVars(n *tree.Node, add adder) {
	if n.Kind != tree.Map {
		n.Wrong(&r.list, "a map of variables")
		return
	}
	for _, e := range n.Entries {
		decl := r.flow.Vars[e.Key]
		if decl == nil {
			names := slices.Sorted(maps.Keys(r.flow.Vars))
			r.list.Errorf(e.KeyPos, ruleVariable, "the flow has no variable %q%s", e.Key, diag.DidYouMean(e.Key, names))
			continue
		}
		want, err := decl.Coerce(plainValue(e.Value))
		if err != nil {
			r.list.Errorf(e.Value.Pos, ruleValue, "the variable %s can never be that: %s", e.Key, err)
			continue
		}
		add(e.KeyPos, func(t *talk) *Failure { return t.hasVar(e.Key, want) })
	}
}

func (t *talk) hasVar(name string, want any) *Failure {
	got := t.seen.session.Vars[name]
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return t.fail("the variable "+name+" to be "+value(want), "it is "+value(got), "").couldBe(renewal{text: yamlText(got)})
}

func (t *talk) neverHears(p wanted) *Failure {
	for _, h := range t.seen.heard {
		if p.matches(h.part) {
			return t.fail("never to hear "+p.name(), "it was heard", "")
		}
	}
	return nil
}

// did is an action that is expected, perhaps with some of its inputs.
type did struct {
	name string
	in   map[string]any
}

// expectActions reads [verify, {get_balance: {account: "12345674"}}]: all
// actions that the flow did, in order.
func (r *reader) expectActions(n *tree.Node, add adder) {
	var want []did
	for _, item := range n.ListItems() {
		d := did{}
		pos := item.Pos
		switch {
		case item.Kind == tree.Map && len(item.Entries) == 1:
			e := item.Entries[0]
			d.name, pos = e.Key, e.KeyPos
			d.in = r.inputs(e)
		default:
			var ok bool
			if d.name, ok = item.Str(&r.list); !ok {
				continue
			}
		}
		if names := slices.Sorted(maps.Keys(r.flow.Actions)); !slices.Contains(names, d.name) {
			r.list.Errorf(pos, ruleAction, "the flow has no action %q%s", d.name, diag.DidYouMean(d.name, names))
		}
		want = append(want, d)
	}
	add(n.Pos, func(t *talk) *Failure { return t.hasDone(want) })
}

// inputs reads the inputs that an action is expected to get.
func (r *reader) inputs(e tree.Entry) map[string]any {
	a := r.flow.Actions[e.Key]
	if a == nil {
		return nil // said by the caller
	}
	in := map[string]any{}
	for _, i := range e.Value.Fields(&r.list, "the inputs of "+e.Key, a.In...) {
		in[i.Key] = plainValue(i.Value)
	}
	return in
}

func (t *talk) hasDone(want []did) *Failure {
	same := slices.EqualFunc(t.seen.actions(), want, func(got act, want did) bool {
		for name, v := range want.in {
			if !reflect.DeepEqual(got.in[name], v) {
				return false
			}
		}
		return got.name == want.name
	})
	if same {
		return nil
	}
	var wanted, got []string
	for _, d := range want {
		wanted = append(wanted, d.name+inputsIf(d.in, len(d.in) > 0))
	}
	for _, a := range t.seen.actions() {
		got = append(got, a.name+inputsIf(a.in, slices.ContainsFunc(want, func(d did) bool { return d.in != nil })))
	}
	return t.fail("the flow to do "+orNothing(wanted), "it did "+orNothing(got), "").couldBe(renewal{list: true, items: t.didItems(want)})
}

// didItems are the actions that the flow did, as a test expects them: with the
// inputs that it named before.
func (t *talk) didItems(want []did) []string {
	items := []string{}
	for i, a := range t.seen.actions() {
		if i >= len(want) || want[i].name != a.name || want[i].in == nil {
			items = append(items, yamlText(a.name))
			continue
		}
		in := map[string]any{}
		for name := range want[i].in {
			in[name] = a.in[name]
		}
		items = append(items, yamlText(map[string]any{a.name: in}))
	}
	return items
}

func inputsIf(in map[string]any, show bool) string {
	if !show {
		return ""
	}
	return inputs(in)
}

func orNothing(words []string) string {
	if len(words) == 0 {
		return "nothing"
	}
	return list(words)
}

// expectMarks reads the names of all milestones or tags, in order.
func (r *reader) expectMarks(kind string, n *tree.Node, add adder) {
	known := []string{}
	for _, s := range r.flow.AllSteps() {
		if m, ok := s.Spec.(*flow.Mark); ok && m.Kind == kind {
			known = append(known, m.Name)
		}
	}
	nodes, _ := n.Strings(&r.list)
	var want []string
	for _, item := range nodes {
		if !slices.Contains(known, item.Value) {
			r.list.Errorf(item.Pos, ruleValue, "the flow has no %s %q%s", kind, item.Value, diag.DidYouMean(item.Value, known))
		}
		want = append(want, item.Value)
	}
	add(n.Pos, func(t *talk) *Failure {
		if got := t.marked(kind); !slices.Equal(got, want) {
			return t.fail("the "+kind+"s "+orNothing(want), "there were "+cmp.Or(list(got), "none"), "").couldBe(namesRenewed(got))
		}
		return nil
	})
}

// marked are the names of a kind of mark, in order.
func (t *talk) marked(kind string) []string {
	var names []string
	for _, m := range t.seen.marks {
		if m.Kind == kind {
			names = append(names, m.Name)
		}
	}
	return names
}

// expectStates reads states that the call passes in this order; others may lie
// between.
func (r *reader) expectStates(n *tree.Node, add adder) {
	var known []string
	for _, s := range r.flow.AllSteps() {
		known = append(known, s.State)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	nodes, _ := n.Strings(&r.list)
	var want []string
	for _, item := range nodes {
		if !slices.Contains(known, item.Value) {
			r.list.Errorf(item.Pos, ruleState, "the flow has no state %q%s", item.Value, diag.DidYouMean(item.Value, known))
		}
		want = append(want, item.Value)
	}
	add(n.Pos, func(t *talk) *Failure {
		left := want
		for _, s := range t.seen.states {
			if len(left) > 0 && left[0] == s {
				left = left[1:]
			}
		}
		if len(left) == 0 {
			return nil
		}
		return t.fail("the call to pass "+list(want), "it passed "+orNothing(t.seen.states)+"; "+left[0]+" is missing", "").
			couldBe(namesRenewed(t.seen.states))
	})
}
