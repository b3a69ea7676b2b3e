package prove

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// variable is one of a flow's variables, or a dotted name such as config.x.
type variable struct {
	m    *flow.Flow
	name string
}

// depends is what the conditions of a flow do with a value.
type depends struct {
	with  []expression.Comparison
	own   []decision // that depend on more of it, and on nothing else that changes
	vague []decision // that depend on more of it, and of other variables
}

// dependsOn finds the conditions that depend on a variable, by its own name or
// through others that are made of it. Where the flow's configuration or a
// parameter says whom to call, that is taken to be somebody who can be called.
func (fs *facts) dependsOn(v variable) depends {
	return fs.withPeer(v, fs.ownDepends(v))
}

func (fs *facts) ownDepends(v variable) depends {
	d := depends{}
	from := map[variable]likeness{v: same}
	for queue := []variable{v}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, dec := range fs.decides {
			if dec.m == at.m && usesName(dec.expr.Uses(), at.name) && !(dec.target && fs.trusted(v)) {
				if from[at] == same && at.name != rosterName && fs.asksWho(dec.expr, at.name) {
					with, _ := dec.expr.Compares(at.name)
					d.with = append(d.with, with...)
					continue
				}
				d.add(dec, at, v, from[at])
			}
		}
		for to, like := range fs.madeOf(at) {
			if _, known := from[to]; !known && !(at == v && fs.rowOf(v).takes(to)) {
				from[to] = max(like, from[at])
				queue = append(queue, to)
			}
		}
	}
	return d
}

// likeness is how the value of a variable comes from that of another.
type likeness uint8

const (
	same likeness = iota // it is the very value
	item                 // it is one of its items
	made                 // it is made of it
)

// add takes in a condition on at, which comes from v.
func (d *depends) add(dec decision, at, v variable, like likeness) {
	uses := dec.expr.Uses()
	if dec.target && like <= item && len(uses) == 1 && dec.expr.Source() == "${"+uses[0]+"}" {
		d.with = append(d.with, expression.Comparison{Operator: isTarget})
		return
	}
	with, only := dec.expr.Compares(at.name)
	only = only && !slices.ContainsFunc(with, turned)
	d.with = append(d.with, with...)
	switch {
	case only && like == same && !hasFields(uses, at.name):
	case at == v && !dec.target && !slices.ContainsFunc(uses, func(u string) bool { return u != v.name && !steady(u) }):
		d.own = append(d.own, dec)
	default:
		d.vague = append(d.vague, dec)
	}
}

// turned reports a comparison of which it is the constant that begins with the value,
// contains it or matches it.
func turned(c expression.Comparison) bool {
	switch c.Operator {
	case "startsWith", "endsWith", "contains", "matches", "in":
		return c.Reversed
	}
	return false
}

// steady reports a name whose value does not change in a call, but for the time,
// of which the report says when it is.
func steady(name string) bool { return name == "now" || base(name) == "config" }

// trusted reports a value that whoever runs the bot gives the flow.
func (fs *facts) trusted(v variable) bool {
	return base(v.name) == "config" || v.m == fs.root && slices.Contains(v.m.Params, v.name)
}

// isTarget is the comparison of a text with the form of those who can be called.
const isTarget = "target"

var targetForm = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$`)

func usesName(uses []string, name string) bool {
	return slices.ContainsFunc(uses, func(u string) bool { return u == name || strings.HasPrefix(u, name+".") })
}

func hasFields(uses []string, name string) bool {
	return slices.ContainsFunc(uses, func(u string) bool { return strings.HasPrefix(u, name+".") })
}

// madeOf are the variables that are made of one.
func (fs *facts) madeOf(v variable) map[variable]likeness {
	all := map[variable]likeness{}
	assigned := func(to variable, t flow.Template) {
		if t != nil && usesName(t.Uses(), v.name) {
			all[to] = made
			if t.Source() == "${"+v.name+"}" {
				all[to] = same
			}
		}
	}
	for _, m := range fs.root.Members() {
		for _, s := range m.Steps {
			call, _ := s.Spec.(*flow.Call)
			if call != nil {
				callee := fs.root.Member(call.Flow)
				if m == v.m {
					for param, t := range call.With {
						assigned(variable{callee, param}, t)
					}
				}
				if into := call.Into[v.name]; into != "" && callee == v.m {
					all[variable{m, into}] = same
				}
			}
			if set, ok := s.Spec.(*flow.Set); ok && m == v.m {
				for _, a := range set.Assign {
					assigned(variable{m, a.Var}, a.Value)
				}
			}
			if menu, ok := s.Spec.(*flow.Menu); ok && m == v.m && menu.Choices != nil && menu.Choices.List == v.name {
				all[variable{m, menu.Choices.Into}] = item
			}
		}
	}
	return all
}
