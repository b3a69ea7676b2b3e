package flow

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/tree"
)

func parseDo(p *stepParser) Spec {
	d := &Do{Action: &Action{}, With: map[string]Template{}, Into: map[string]string{}}
	e, ok := p.opts["action"]
	if !ok {
		p.open = true
		return d
	}
	name, ok := e.Value.Str(&p.l.list)
	a := p.l.flow.Actions[name]
	if !ok || a == nil {
		p.open = true
		if ok {
			p.l.unknown(e.Value.Pos, ruleUnknownAction, "no action %q", name, names(p.l.flow.Actions))
		}
		return d
	}
	d.Action = a
	delete(p.l.used.actions, name)
	for _, o := range a.Outcomes {
		p.d.outcomes = append(p.d.outcomes, Outcome{Name: o, Doc: "an outcome of " + name, Declared: o != "ok" && len(a.Outcomes) > 1})
	}
	if p.l.unsure.actions[name] {
		p.open = true
		return d
	}
	p.meant()
	p.inputs(d, a)
	p.outputs(d, a)
	p.d.uses = append(p.d.uses, p.l.used.waitingUses[name]...)
	return d
}

// inputs fills Do.With: what the step says, else the variable of the input's
// name.
func (p *stepParser) inputs(d *Do, a *Action) {
	if e, ok := p.opts["with"]; ok {
		for _, f := range e.Value.MeantFields(&p.l.list, "the input of "+a.Name, a.In...) {
			if t := p.l.assigned(f.Value); t != nil {
				p.uses(t, f.Value.Pos, a.sinkOf(f.Key))
				p.giveInput(d, f.Key, t)
			}
		}
	}
	for _, in := range a.In {
		if p.hasEntry("with", in) {
			continue
		}
		if p.l.flow.Vars[in] == nil && (p.l.lost(in) || p.stray()) {
			continue
		}
		if p.l.flow.Vars[in] == nil {
			p.l.errorf(p.pos, ruleUnknownVariable, "%s wants %q, and no variable has that name; write with: {%s: ...}", a.Name, in, in)
			continue
		}
		t, err := p.l.scope.text("${" + in + "}")
		if err != nil {
			p.l.errorf(p.pos, ruleExpression, "%s", err)
			continue
		}
		p.uses(t, p.pos, a.sinkOf(in))
		p.giveInput(d, in, t)
	}
}

// giveInput sets what an input is made of.
func (p *stepParser) giveInput(d *Do, in string, t *expression.Template) {
	d.With[in] = t
	for _, v := range p.l.secretsOf(t.Uses()) {
		if v.Sensitive == SensitiveOnce && p.l.flow.Vars[v.Name] == v && !slices.Contains(d.Once, v.Name) {
			d.Once = append(d.Once, v.Name)
		}
	}
}

// sinkOf says what an input becomes public with.
func (a *Action) sinkOf(in string) sink {
	if a.urlInputs[in] {
		return sinkURL
	}
	return sinkNone
}

// outputs fills Do.Into.
func (p *stepParser) outputs(d *Do, a *Action) {
	if e, ok := p.opts["into"]; ok {
		for _, f := range e.Value.MeantFields(&p.l.list, "the output of "+a.Name, a.Out...) {
			if v := p.variable(f.Value); v != nil {
				p.l.used.vars[v.Name] = true
				d.Into[f.Key] = v.Name
			}
		}
	}
	for _, out := range a.Out {
		if p.hasEntry("into", out) {
			continue
		}
		if p.l.flow.Vars[out] == nil && (p.l.lost(out) || p.stray()) {
			continue
		}
		if p.l.flow.Vars[out] == nil {
			p.l.errorf(p.pos, ruleUnknownVariable, "%s gives %q, and no variable has that name; write into: {%s: VARIABLE}", a.Name, out, out)
			continue
		}
		p.l.used.vars[out] = true
		d.Into[out] = out
	}
}

func (p *stepParser) hasEntry(option, key string) bool {
	e, ok := p.opts[option]
	if !ok {
		return false
	}
	_, ok = e.Value.Entry(key)
	return ok
}

// assigned compiles a value of set or with: a text with ${...}, or a number,
// true or false.
func (l *loader) assigned(n *tree.Node) *expression.Template {
	if n.Kind == tree.Scalar && !n.Quoted {
		switch n.Tag {
		case tree.TagBool:
			return l.templateOf(n, "${"+n.Value+"}")
		case tree.TagInt, tree.TagFloat:
			if _, ok := n.Number(&diag.List{}); ok {
				return l.templateOf(n, "${"+n.Value+"}")
			}
		}
	}
	return l.template(n)
}

func parseSet(p *stepParser) Spec {
	s := &Set{}
	e, ok := p.opts["values"]
	if !ok {
		return s
	}
	if e.Value.Kind != tree.Map {
		e.Value.Wrong(&p.l.list, "a map of variables with their values")
		return s
	}
	for _, f := range e.Value.Entries {
		if p.assign(s, f) {
			continue
		}
		p.bad = true
	}
	return s
}

func (p *stepParser) assign(s *Set, f tree.Entry) bool {
	v := p.l.flow.Vars[f.Key]
	if v == nil && f.Key != "locale" {
		p.l.unknown(f.KeyPos, ruleUnknownVariable, "no variable %q", f.Key, names(p.l.flow.Vars))
		return false
	}
	if f.Value.Null() {
		p.l.errorf(f.Value.Pos, ruleMissingKey, "a value is missing; forget: %s makes a variable unset", f.Key)
		return false
	}
	compile := p.l.template
	if v != nil && v.literals() {
		compile = p.l.assigned
	}
	t := compile(f.Value)
	if t == nil {
		return false
	}
	into := sinkVariable
	if v == nil {
		into = sinkLocale
	}
	p.uses(t, f.Value.Pos, into)
	if v != nil {
		u := &p.d.uses[len(p.d.uses)-1]
		u.sets, u.into = f.Key, v
		p.l.used.vars[f.Key] = true
	}
	s.Assign = append(s.Assign, Assign{Var: f.Key, Value: t})
	if v == nil {
		return p.locale(f.Value, t)
	}
	return p.fitsVar(v, f.Value, t)
}

func (v *Var) numeric() bool { return v.Type == TypeNumber || v.Type == TypeMoney }

// literals reports whether the variable may be given what YAML reads as a number
// or as true and false. That is so for one whose type is not known.
func (v *Var) literals() bool { return v.numeric() || v.Type == TypeBool || v.unsure }

// locale reports a language that the flow does not have.
func (p *stepParser) locale(n *tree.Node, t *expression.Template) bool {
	c, constant := t.Constant()
	if constant && !slices.Contains(p.l.flow.Locales, c) {
		p.l.errorf(n.Pos, ruleUnknownLocale, "%q is not one of the flow's locales; write %s", shorten(c), diag.OneOf(p.l.flow.Locales))
	}
	return true
}

// fitsVar reports a value that can never be one of the variable's.
func (p *stepParser) fitsVar(v *Var, n *tree.Node, t *expression.Template) bool {
	if v.unsure {
		return true
	}
	if c, constant := t.Constant(); constant {
		if _, err := v.Coerce(c); err != nil {
			p.l.errorf(n.Pos, ruleWrongType, "this is no value for %q: %s", v.Name, err)
			return false
		}
		return true
	}
	got, want := t.Kind(), v.Type.kind()
	textual := want == expression.KindString && (got == expression.KindNumber || got == expression.KindBool)
	if got != expression.KindAny && got != want && !textual {
		p.l.errorf(n.Pos, ruleExpression, "%q holds %s, and this is %s", v.Name, noun(want), noun(got))
		return false
	}
	return true
}

// noun is a kind of value as it reads in a sentence.
func noun(k expression.Kind) string {
	if k == expression.KindString {
		return "a text"
	}
	return "a " + k.String()
}

func parseForget(p *stepParser) Spec {
	f := &Forget{}
	for _, n := range itemsOf(p.opts["vars"]) {
		if v := p.variable(n); v != nil {
			p.l.used.vars[v.Name] = true
			f.Vars = append(f.Vars, v.Name)
		}
	}
	return f
}

func parseGoto(p *stepParser) Spec {
	p.d.loose = true
	if e, ok := p.opts["state"]; ok {
		if name, ok := e.Value.Str(&p.l.list); ok && p.toState(e.Value, name, &handler{}) != nil {
			p.d.state, p.d.loose = name, p.bad
		}
	}
	return &Jump{}
}

func parseEnd(*stepParser) Spec { return &End{} }

func parseMark(p *stepParser) Spec {
	m := &Mark{Kind: p.verb.Name}
	into := map[string]sink{"log": sinkLog, "tag": sinkTag, "milestone": sinkMilestone}[m.Kind]
	if e, ok := p.opts["name"]; ok {
		if s, ok := e.Value.Str(&p.l.list); ok && p.l.wellFormed(s, e.Value.Pos, m.Kind) {
			m.Name = s
		}
	}
	m.Text = p.templateOption("text", into)
	return m
}
