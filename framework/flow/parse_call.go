package flow

import (
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/tree"
)

func parseCall(p *stepParser) Spec {
	c := &Call{With: map[string]Template{}, Into: map[string]string{}}
	e := p.opts["flow"]
	m := p.callee()
	if m == nil {
		p.open = true
		if e.Value != nil {
			if name, ok := e.Value.Str(&p.l.list); ok {
				p.l.noFlow(e.Value, name)
			}
		}
		return c
	}
	c.Flow = m.flow.Key
	p.l.calls = append(p.l.calls, madeCall{p.pos, c.Flow})
	for _, o := range m.flow.Outcomes {
		p.d.outcomes = append(p.d.outcomes, Outcome{Name: o, Doc: "an outcome of " + m.flow.Name, Declared: true})
	}
	if m.broken() {
		p.open = true
		return c
	}
	p.meant()
	p.arguments(c, m.flow)
	p.results(c, m.flow)
	if e, ok := p.opts["at"]; ok {
		c.At = p.beginsAt(m, e.Value)
	}
	return c
}

// callee is the flow that the step calls, nil if it is not known.
func (p *stepParser) callee() *loader {
	e, ok := p.opts["flow"]
	if !ok || e.Value.Kind != tree.Scalar || e.Value.Tag != tree.TagString {
		return nil
	}
	return p.l.called(e.Value.Value)
}

// broken reports whether something is wrong with a flow, so that not all is
// known of it.
func (l *loader) broken() bool { return l.list.HasErrors() || l.callsBroken() }

func (l *loader) callsBroken() bool {
	return slices.ContainsFunc(l.reach(nil), func(key string) bool { return l.family.members[key].list.HasErrors() })
}

// beginsAt is the state in which the other flow begins.
func (p *stepParser) beginsAt(m *loader, n *tree.Node) string {
	name, ok := n.Str(&p.l.list)
	if ok && m.byState[name] == nil {
		p.bad = true
		p.l.unknown(n.Pos, ruleUnknownState, "the flow "+m.flow.Name+" has no state %q", name, names(m.byState))
	}
	return name
}

// arguments fills Call.With: what the step says, else the variable of the name
// of a parameter that has no default.
func (p *stepParser) arguments(c *Call, f *Flow) {
	given := map[string]bool{}
	if e, ok := p.opts["with"]; ok {
		for _, a := range e.Value.MeantFields(&p.l.list, "the map of parameters of "+f.Name, f.Params...) {
			given[a.Key] = true
			p.argument(c, f.Vars[a.Key], a.Value)
		}
	}
	for _, name := range f.Params {
		param, own := f.Vars[name], p.l.flow.Vars[name]
		switch {
		case given[name], param.Default != nil:
		case own == nil && (p.l.lost(name) || p.stray()):
		case own == nil:
			p.l.errorf(p.pos, ruleMissingKey, "the flow %s needs %q; write with: {%s: ...}", f.Name, name, name)
		default:
			t, err := p.l.scope.text("${" + name + "}")
			if err != nil {
				p.l.errorf(p.pos, ruleExpression, "%s", err)
				continue
			}
			p.passes(c, param, t, &tree.Node{Pos: p.pos})
		}
	}
}

func (p *stepParser) argument(c *Call, param *Var, n *tree.Node) {
	compile := p.l.template
	if param.literals() {
		compile = p.l.assigned
	}
	if t := compile(n); t != nil {
		p.passes(c, param, t, n)
	}
}

func (p *stepParser) passes(c *Call, param *Var, t *expression.Template, n *tree.Node) {
	p.uses(t, n.Pos, sinkVariable)
	u := &p.d.uses[len(p.d.uses)-1]
	u.into, u.callee = param, c.Flow
	u.target = p.l.family.members[c.Flow].sums.targets[param.Name]
	if p.fitsVar(param, n, t) {
		c.With[param.Name] = t
	}
}

// results fills Call.Into: what the step says, else the variable of the result's
// name if there is one.
func (p *stepParser) results(c *Call, f *Flow) {
	given := map[string]bool{}
	if e, ok := p.opts["into"]; ok {
		for _, r := range e.Value.MeantFields(&p.l.list, "the results of "+f.Name, f.Returns...) {
			given[r.Key] = true
			if v := p.variable(r.Value); v != nil {
				p.result(c, f.Vars[r.Key], v, r.Value.Pos, "")
			}
		}
	}
	for _, name := range f.Returns {
		if v := p.l.flow.Vars[name]; v != nil && !given[name] {
			p.result(c, f.Vars[name], v, p.pos, fmt.Sprintf("; write into: {%s: VARIABLE}", name))
		}
	}
}

// result takes what the flow returns into a variable. hint is the mend of one
// that nobody named.
func (p *stepParser) result(c *Call, from, to *Var, pos diag.Pos, hint string) {
	got, want := from.kind(), to.kind()
	textual := want == expression.KindString && (got == expression.KindNumber || got == expression.KindBool)
	switch {
	case from.unsure || to.unsure:
	case got != want && !textual, (from.Type == TypeRecording) != (to.Type == TypeRecording):
		p.l.errorf(pos, ruleWrongType, "%q is a %s, and the flow returns a %s%s", to.Name, to.Type, from.Type, hint)
	case from.Type == TypeMoney && to.Type == TypeMoney && from.Currency != to.Currency:
		p.l.errorf(pos, ruleWrongType, "%q is an amount in %s, and the flow returns one in %s%s", to.Name, to.Currency, from.Currency, hint)
	default:
		p.l.checkInto(pos, from, to, " in the flow that returns it", hint)
	}
	p.l.used.vars[to.Name] = true
	c.Into[from.Name] = to.Name
}

func parseReturn(p *stepParser) Spec {
	r := &Return{Outcome: outcomeDone}
	e, ok := p.opts["outcome"]
	if !ok {
		return r
	}
	name, ok := e.Value.Str(&p.l.list)
	known := append(slices.Clone(p.l.flow.Outcomes), outcomeDone, outcomeFailed)
	switch {
	case !ok || p.l.lost(name):
	case !slices.Contains(known, name):
		p.bad = true
		p.l.errorf(e.Value.Pos, ruleUnknownOutcome, "the flow declares no outcome %q%s; write outcomes: [%s] at its top", shorten(name), p.l.didYouMean(name, known), snake(shorten(name)))
	default:
		r.Outcome = name
	}
	return r
}
