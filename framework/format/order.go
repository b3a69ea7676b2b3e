package format

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// orders says which maps have an order, and which are set apart by blank lines
// all or not at all.
type orders struct {
	rank   map[*tree.Node]func(key string) int
	spaced map[*tree.Node]bool
	verbs  map[string]flow.Verb
}

// sections is the order of a flow's keys: what the flow is, what it takes,
// what its steps use, the steps, and what holds for all of them.
func sections() []string {
	return []string{"ivr", "flow", "kind", "description", "locales", "dtmf", "limits", "params", "returns", "outcomes",
		"config", "schedules", "groups", "defaults", "vars", "actions", "prompts", "handlers", "start", "states",
		"on_hangup", "on_end", "on_error", "invariants"}
}

// ordersOf finds the maps of a file that have an order.
func ordersOf(root *tree.Node, kind Kind) orders {
	o := orders{rank: map[*tree.Node]func(string) int{}, spaced: map[*tree.Node]bool{}, verbs: map[string]flow.Verb{}}
	for _, v := range flow.Verbs() {
		o.verbs[v.Name] = v
	}
	switch kind {
	case Flow:
		o.flow(root)
	case Tests:
		o.tests(root)
	case Prompts:
	}
	return o
}

// byName ranks keys as they are listed; others come after them.
func byName(order ...string) func(string) int {
	return func(key string) int {
		if i := slices.Index(order, key); i >= 0 {
			return i
		}
		return len(order)
	}
}

func (o orders) tests(root *tree.Node) {
	o.rank[root] = byName("flow", "given", "tests")
	if e, ok := root.Entry("tests"); ok {
		o.spaced[e.Value] = true
		for _, test := range e.Value.Entries {
			o.rank[test.Value] = byName("given", "strict", "call", "expect")
		}
	}
}

func (o orders) flow(root *tree.Node) {
	o.rank[root] = byName(sections()...)
	for _, e := range root.Entries {
		switch e.Key {
		case "states":
			o.spaced[e.Value] = true
			o.handlers(e.Value)
		case "handlers":
			o.handlers(e.Value)
		case "defaults":
			for _, verb := range e.Value.Entries {
				o.options(o.verbs[verb.Key], verb.Value)
			}
		case "on_hangup", "on_end", "on_error":
			o.handler(e.Value)
		}
	}
}

// handlers are maps from a name to steps. In a flow's handlers, keys has a map
// of its own.
func (o orders) handlers(n *tree.Node) {
	for _, e := range n.Entries {
		if e.Key == "keys" && len(e.Value.Entries) > 0 {
			o.handlers(e.Value)
			continue
		}
		o.handler(e.Value)
	}
}

// handler is a step, a list of steps, or a counted handler.
func (o orders) handler(n *tree.Node) {
	for _, item := range n.ListItems() {
		if _, counted := item.Entry("up_to"); counted {
			o.branches(item, "up_to", "then", "else")
			continue
		}
		o.step(item)
	}
}

// branches is a map whose then and else are handlers.
func (o orders) branches(n *tree.Node, order ...string) {
	o.rank[n] = byName(order...)
	for _, e := range n.Entries {
		if e.Key == "then" || e.Key == "else" {
			o.handler(e.Value)
		}
	}
}

// step has its verb first, then its name and condition, then options, then
// outcomes. Options and outcomes stay in the author's order.
func (o orders) step(n *tree.Node) {
	var verbs []flow.Verb
	for _, e := range n.Entries {
		if v, ok := o.verbs[e.Key]; ok {
			verbs = append(verbs, v)
		}
	}
	if len(verbs) != 1 {
		return
	}
	verb := verbs[0]
	o.rank[n] = func(key string) int {
		switch i := slices.Index([]string{verb.Name, "id", "when"}, key); {
		case i >= 0:
			return i
		case isOption(verb, key):
			return 3
		}
		return 4
	}
	o.options(verb, n)
}

// options looks for handlers in what belongs to a verb.
func (o orders) options(verb flow.Verb, n *tree.Node) {
	for _, e := range n.Entries {
		switch {
		case e.Key == "id", e.Key == "when":
		case e.Key == verb.Name:
			o.value(verb, e.Value)
		case e.Key == "outcomes":
			o.handlers(e.Value)
		case isOption(verb, e.Key):
			if typeOf(verb, e.Key) == flow.OptKeyMap {
				o.handlers(e.Value)
			}
		default:
			o.handler(e.Value)
		}
	}
}

// value is what stands at a verb itself.
func (o orders) value(verb flow.Verb, n *tree.Node) {
	switch typeOf(verb, verb.Main) {
	case flow.OptCases:
		for _, item := range n.ListItems() {
			o.branches(item, "when", "then", "else")
		}
	case flow.OptMap: // an author's own keys
	default:
		o.options(verb, n)
	}
}

func isOption(verb flow.Verb, key string) bool { return typeOf(verb, key) != "" }

func typeOf(verb flow.Verb, key string) flow.OptionType {
	for _, option := range verb.Options {
		if option.Name == key {
			return option.Type
		}
	}
	return ""
}

// arrange puts the pieces of a block in their order.
func (f *formatter) arrange(n *tree.Node, pieces []piece) []piece {
	if rank := f.rank[n]; rank != nil && n.Kind == tree.Map {
		index := make([]int, len(pieces))
		for i := range index {
			index[i] = i
		}
		slices.SortStableFunc(index, func(a, b int) int { return rank(pieces[a].key) - rank(pieces[b].key) })
		f.moved[n] = index
		sorted := make([]piece, 0, len(pieces))
		for _, i := range index {
			sorted = append(sorted, pieces[i])
		}
		pieces = sorted
	}
	isBlank := func(l line) bool { return l.text == "" }
	apart := func(p piece) bool { return slices.ContainsFunc(p.lead, isBlank) }
	if f.spaced[n] && len(pieces) > 1 && slices.ContainsFunc(pieces[1:], apart) {
		for i := range pieces[1:] {
			if p := &pieces[i+1]; !apart(*p) {
				p.lead = slices.Insert(p.lead, 0, line{})
			}
		}
	}
	return pieces
}
