package flow

import (
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// stepParser reads one step: what its verb's parse function needs.
type stepParser struct {
	l    *loader
	d    *draft
	verb *Verb
	pos  diag.Pos              // of the verb
	opts map[string]tree.Entry // the options, the step's own before defaults
	outs map[string]tree.Entry // the step's own handlers, by outcome
	defs map[string]tree.Entry // those of defaults
	bad  bool                  // something was reported: leave out what follows from it
	open bool                  // its outcomes are not known
}

// stepKeys may stand in every step.
func stepKeys() []string { return []string{"id", "when", "outcomes"} }

func (l *loader) parseBlock(b *block) {
	if b.apart && b.node.Null() {
		return // the state of that name has steps
	}
	if len(b.node.ListItems()) == 0 || b.node.Null() {
		l.errorf(b.pos, rulePathRunsOut, "%q has no steps; write some, or take it out", b.name)
		l.unsure.anywhere = l.unsure.anywhere || b.section == InOnError
		return
	}
	if b.section == InOnHangup || b.section == InOnEnd {
		defer func(s *scope) { l.scope = s }(l.scope)
		l.scope = zeroUnset(l.scope)
	}
	b.steps = l.parseList(b.node, b, nil)
}

// parseList reads steps; one step may stand without the list. repeats is the
// step whose outcome the list handles, if any.
func (l *loader) parseList(n *tree.Node, b *block, repeats *draft) []*draft {
	var out []*draft
	for _, item := range n.ListItems() {
		d := l.parseStep(item, b, repeats)
		if d == nil {
			d = l.blankStep(item, b, repeats)
		}
		out = append(out, d)
	}
	return out
}

// parseStep reads a step; nil if it is none at all.
func (l *loader) parseStep(n *tree.Node, b *block, repeats *draft) *draft {
	if l.tooMany(n) {
		return nil
	}
	d := &draft{block: b, repeats: repeats, step: &Step{State: b.name, Section: b.section, Pos: n.Pos}}
	if n.Kind == tree.Scalar {
		return l.bareStep(n, d)
	}
	if n.Kind != tree.Map {
		n.Wrong(&l.list, "a step such as {play: welcome}")
		return nil
	}
	at, verb, ok := l.verbOf(n)
	if !ok {
		return nil
	}
	p := l.newStep(d, verb, at.KeyPos)
	if verb != at.Key {
		d.blank, d.broken, d.loose = true, true, true
	}
	if !p.usable() {
		return nil
	}
	p.collect(n, at)
	p.parse()
	return d
}

func (l *loader) newStep(d *draft, verb string, pos diag.Pos) *stepParser {
	d.verb, d.step.Pos = l.verbs[verb], pos
	return &stepParser{l: l, d: d, verb: d.verb, pos: pos,
		opts: map[string]tree.Entry{}, outs: map[string]tree.Entry{}, defs: map[string]tree.Entry{}}
}

// collect sorts the step's keys into options and outcomes, from all places
// where they may stand.
func (p *stepParser) collect(n *tree.Node, at tree.Entry) {
	p.value(at)
	for _, e := range n.Entries {
		switch e.Key {
		case at.Key, "id":
		case "when":
			if x := p.when(e.Value); x != nil {
				p.d.step.When = x
			} else {
				p.d.broken, p.d.loose = true, true
			}
		case "outcomes":
			p.outcomesMap(e)
		default:
			p.key(e)
		}
	}
	p.repeated(n)
	if p.l.unsure.anywhere && n.Hurt() {
		p.d.broken, p.d.loose = true, true
	}
	if e, ok := n.Entry("id"); ok {
		p.id(e)
	}
	p.fromDefaults()
}

// value takes the verb's value: its main option, or a map of options and
// outcomes.
func (p *stepParser) value(at tree.Entry) {
	v := at.Value
	switch {
	case v.Faulty():
		p.bad, p.open = true, true
	case v.Null() && p.verb.Bare:
	case v.Kind == tree.Map && !p.mainMap(v):
		p.repeated(v)
		for _, e := range v.Entries {
			if e.Key == "outcomes" {
				p.outcomesMap(e)
				continue
			}
			p.key(e)
		}
	case p.verb.Main == "" && p.verb.Bare:
		p.l.errorf(v.Pos, ruleWrongType, "%s takes no value", p.verb.Name)
	case p.verb.Name == "http":
		p.l.errorf(v.Pos, ruleWrongType, "http says what it asks for: {get: https://api.example.com/accounts}")
		p.bad = true
	case p.verb.Main == "": // transfer
		p.l.errorf(v.Pos, ruleWrongType, `%s says what its target is: {user: ID}, {phone: "+44..."} or {application: ID}`, p.verb.Name)
		p.bad = true
	case v.Null():
		p.l.errorf(at.KeyPos, ruleMissingKey, "%s needs a value: its %s", p.verb.Name, p.verb.Main)
		p.bad = true
	default:
		p.key(tree.Entry{Key: p.verb.Main, KeyPos: v.Pos, Value: v})
	}
}

// mainMap says that a verb's map is its main option, not its long form.
func (p *stepParser) mainMap(v *tree.Node) bool {
	switch p.option(p.verb.Main).Type {
	case OptMap:
		return true
	case OptPrompt:
		return isPart(v)
	default:
		return false
	}
}

func (p *stepParser) option(name string) Option {
	i := slices.IndexFunc(p.verb.Options, func(o Option) bool { return o.Name == name })
	if i < 0 {
		return Option{}
	}
	return p.verb.Options[i]
}

// key puts a key where it belongs.
func (p *stepParser) key(e tree.Entry) {
	if p.option(e.Key).Name != "" {
		p.put(p.opts, e)
		return
	}
	p.put(p.outs, e)
}

func (p *stepParser) put(m map[string]tree.Entry, e tree.Entry) {
	if first, ok := m[e.Key]; ok {
		p.l.errorf(e.KeyPos, ruleDuplicateKey, "%q stands twice in this step; the first is at line %d", e.Key, first.KeyPos.Line)
		return
	}
	m[e.Key] = e
	p.bad = p.bad || e.Value.Faulty()
}

func (p *stepParser) outcomesMap(at tree.Entry) {
	if at.Value.Kind != tree.Map {
		at.Value.Wrong(&p.l.list, "a map of outcomes")
		p.open = true
		return
	}
	p.repeated(at.Value)
	for _, e := range at.Value.Entries {
		p.put(p.outs, e)
	}
}

// fromDefaults takes over what the step does not say itself. Handlers of
// defaults act in states only.
func (p *stepParser) fromDefaults() {
	for key, e := range p.l.defaults[p.verb.Name] {
		m := p.opts
		if p.option(key).Name == "" {
			if p.d.block.section != InState {
				continue
			}
			m = p.defs
		}
		if _, own := m[key]; !own {
			m[key] = e
		}
	}
}

func (p *stepParser) id(e tree.Entry) {
	s, ok := e.Value.Str(&p.l.list)
	if !ok || !p.l.wellFormed(s, e.Value.Pos, "step") {
		return
	}
	if s == StateIdle || s == StateHangingUp || s == StateEnded || s == StateReturned {
		p.l.errorf(e.Value.Pos, ruleReserved, "a step cannot be named %q, which is a state of the machine", s)
		return
	}
	p.d.step.ID = s
	if first, taken := p.l.ids[s]; taken && first != e.Value.Pos {
		p.l.errorf(e.Value.Pos, ruleDuplicateID, "the id %q is taken; the first is at line %d", s, first.Line)
		return
	}
	p.l.ids[s] = e.Value.Pos
}

func (p *stepParser) when(n *tree.Node) *expression.Expr {
	e := p.l.condition(n)
	if e != nil {
		p.uses(e, n.Pos, sinkNone)
	}
	return e
}

// parse makes the step's spec and its handlers.
func (p *stepParser) parse() {
	p.d.outcomes = slices.Clone(p.verb.Outcomes)
	p.meant()
	for _, o := range p.verb.Options {
		if _, ok := p.opts[o.Name]; o.Required && !ok && !p.bad {
			if !p.l.lost(o.Name) {
				p.l.errorf(p.pos, ruleMissingKey, "%s needs %q: %s", p.verb.Name, o.Name, o.Doc)
			}
			p.bad = true
		}
	}
	p.d.step.Spec = p.verb.parse(p)
	p.parseHandlers()
	p.d.broken = p.d.broken || p.bad || p.open
	p.d.loose = p.d.loose || p.open || p.d.blank
}

// uses notes an expression of the step.
func (p *stepParser) uses(f facts, pos diag.Pos, into sink) {
	p.d.uses = append(p.d.uses, use{facts: f, pos: pos, sink: into})
	p.usedVars(f.Uses())
	p.usedVars(f.Reads())
	p.l.usedSchedules(f.Uses())
	p.l.usedSchedules(f.Reads())
}

func (p *stepParser) usedVars(names []string) {
	for _, v := range p.l.variablesOf(names) {
		p.l.used.vars[v] = true
	}
}

// reads notes that the step reads a variable as a whole.
func (p *stepParser) reads(pos diag.Pos, name string) {
	p.uses(wholeVariable(name), pos, sinkNone)
}

// wholeVariable is the use of a variable without an expression around it.
type wholeVariable string

func (w wholeVariable) Reads() []string       { return []string{string(w)} }
func (w wholeVariable) Uses() []string        { return []string{string(w)} }
func (w wholeVariable) Kind() expression.Kind { return expression.KindAny }

// knows says which words a step of this verb understands, for messages.
func (p *stepParser) knows() []string {
	var out []string
	for _, o := range p.verb.Options {
		out = append(out, o.Name)
	}
	for _, o := range p.d.outcomes {
		if !strings.HasPrefix(o.Name, "key_") && !strings.HasPrefix(o.Name, "case_") {
			out = append(out, o.Name)
		}
	}
	return append(out, stepKeys()...)
}
