package flow

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// handler is what follows an outcome, on its way from YAML to an Edge. One of
// word, state, counted and steps says which form it has.
type handler struct {
	pos     diag.Pos
	word    string // end or repeat
	state   string
	counted bool
	upTo    int
	then    *handler
	els     *handler
	steps   []*draft
}

// globalKey is a key of the flow's handlers.
type globalKey struct {
	entry Entry
	node  *tree.Node
	pos   diag.Pos
}

// stepDefaults keeps the defaults of each verb. They are read with each step
// that uses them.
func (l *loader) stepDefaults(e tree.Entry) {
	if e.Value.Kind != tree.Map {
		e.Value.Wrong(&l.list, "a map of verbs with their defaults")
		return
	}
	for _, d := range e.Value.Entries {
		v := l.verbs[d.Key]
		switch {
		case v == nil:
			l.errorf(d.KeyPos, ruleUnknownVerb, "no verb %q%s", d.Key, l.didYouMean(d.Key, l.verbNames))
			continue
		case !v.Ready:
			l.errorf(d.KeyPos, ruleNotYet, "the verb %s is not part of this version", v.Name)
			continue
		}
		known := []string{}
		for _, o := range v.Options {
			if !o.Later && !o.own(v.Name) {
				known = append(known, o.Name)
			}
		}
		for _, o := range v.Outcomes {
			known = append(known, o.Name)
		}
		l.defaults[v.Name] = map[string]tree.Entry{}
		for _, f := range d.Value.Fields(&l.list, v.Name, known...) {
			l.defaults[v.Name][f.Key] = f
		}
	}
}

// own options are what a step is about, so that no default makes sense.
func (o Option) own(verb string) bool { return o.Required && o.Type != OptWord || verb == "do" }

// flowHandlers keeps the flow's handlers. They are read with each step that
// uses them.
func (l *loader) flowHandlers(e tree.Entry) {
	for _, f := range e.Value.Fields(&l.list, "handlers", l.anyOutcome()...) {
		if f.Key == "keys" {
			l.globalKeys(f.Value)
			continue
		}
		l.handlers[f.Key] = f
	}
}

// anyOutcome lists the outcomes that steps of this flow can have, but done.
func (l *loader) anyOutcome() []string {
	all := []string{"keys"}
	add := func(name string) {
		if name != outcomeDone && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	for _, name := range l.verbNames {
		for _, o := range l.verbs[name].Outcomes {
			add(o.Name)
		}
	}
	for _, name := range names(l.flow.Actions) {
		for _, o := range l.flow.Actions[name].Outcomes {
			add(o)
		}
	}
	return all
}

func (l *loader) globalKeys(n *tree.Node) {
	if n.Kind != tree.Map {
		n.Wrong(&l.list, "a map of keys with their handlers")
		return
	}
	for _, e := range n.Entries {
		entry, ok := l.menuEntry(e)
		switch {
		case !ok:
		case len(entry.Keys) != 1:
			l.errorf(e.KeyPos, ruleRange, "a key of handlers is a single key, not %q", e.Key)
		case slices.ContainsFunc(l.globals, func(g globalKey) bool { return g.entry == entry }):
			l.errorf(e.KeyPos, ruleDuplicateKey, "the key %s stands here a second time", e.Key)
		default:
			l.globals = append(l.globals, globalKey{entry, e.Value, e.KeyPos})
		}
	}
}

// menuEntry reads a key of a menu: "1", star, or several as in "12".
func (l *loader) menuEntry(e tree.Entry) (Entry, bool) {
	keys, ok := l.keypad(e.Key)
	if !ok || keys == "" {
		l.errorf(e.KeyPos, ruleName, "%q is no key; keys are 0 to 9, star, pound and a to d, or several such as \"12\"", shorten(e.Key))
		return Entry{}, false
	}
	return Entry{Keys: keys, Outcome: "key_" + keyName(keys)}, true
}

// keypad reads one key, or several characters of the keypad.
func (l *loader) keypad(s string) (string, bool) {
	if k, err := ivr.ParseKey(s); err == nil {
		return k.String(), true
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		k, err := ivr.ParseKey(s[i : i+1])
		if err != nil {
			return "", false
		}
		out = append(out, byte(k))
	}
	return string(out), true
}

// keyName is an entry's keys in the letters of a trigger: 12, star, star_12.
func keyName(keys string) string {
	name, word := "", false
	for i := range len(keys) {
		k := ivr.Key(keys[i])
		isWord := len(k.Name()) > 1
		if name != "" && (isWord || word) {
			name += "_"
		}
		name, word = name+k.Name(), isWord
	}
	return name
}

// parseHandlers reads what follows each outcome: the step's own handler, that
// of defaults, or the flow's.
func (p *stepParser) parseHandlers() {
	for _, o := range p.d.outcomes {
		if e, ok := p.outs[o.Name]; ok {
			p.handle(o.Name, p.handlerOrEnd(e.Value))
		} else if n := p.filledIn(o); n != nil {
			p.handle(o.Name, p.apart(n))
		}
	}
	p.unknownOutcomes()
	for _, o := range p.d.outcomes {
		if o.Must && !p.bad && p.d.handlers[o.Name] == nil {
			p.l.errorf(p.pos, ruleUnhandled, "%s must say what follows %q (%s); write %s: STATE, or end", p.verb.Name, o.Name, o.Doc, o.Name)
		}
	}
}

// handlerOrEnd reads a handler. In place of a wrong one, which is reported, it
// puts one from which nothing follows.
func (p *stepParser) handlerOrEnd(n *tree.Node) *handler {
	if h := p.handler(n); h != nil {
		return h
	}
	return &handler{pos: n.Pos, word: "end"}
}

// filledIn is the handler that defaults or the flow's handlers have for an
// outcome; nil if there is none. Such a handler does not act within itself: a
// prompt that says sorry because a prompt failed may fail too.
func (p *stepParser) filledIn(o Outcome) *tree.Node {
	e, ok := p.defs[o.Name]
	if !ok && p.d.block.section == InState && o.Name != outcomeDone {
		e, ok = p.l.handlers[o.Name]
	}
	if !ok || slices.Contains(p.l.reading, e.Value) {
		return nil
	}
	return e.Value
}

// apart reads a handler that stands outside the step.
func (p *stepParser) apart(n *tree.Node) *handler {
	p.l.reading = append(p.l.reading, n)
	h := p.handlerOrEnd(n)
	p.l.reading = p.l.reading[:len(p.l.reading)-1]
	return h
}

func (p *stepParser) handle(outcome string, h *handler) {
	if p.d.handlers == nil {
		p.d.handlers = map[string]*handler{}
	}
	p.d.handlers[outcome] = h
}

// unknownOutcomes reports keys that are neither options nor outcomes.
func (p *stepParser) unknownOutcomes() {
	if p.bad {
		return
	}
	for _, key := range names(p.outs) {
		if slices.ContainsFunc(p.d.outcomes, func(o Outcome) bool { return o.Name == key }) {
			continue
		}
		e := p.outs[key]
		if _, menu := p.d.step.Spec.(*Menu); menu {
			if _, ok := p.l.keypad(key); ok {
				p.l.errorf(e.KeyPos, ruleUnknownOutcome, "the key %s belongs under keys:", key)
				continue
			}
		}
		rule := ruleUnknownKey
		if p.inOutcomes(e) {
			rule = ruleUnknownOutcome
		}
		var list diag.List
		tree.UnknownKey(&list, e, p.verb.Name, p.knows())
		p.l.errorf(e.KeyPos, rule, "%s", list[0].Message)
	}
}

// inOutcomes says that a key can only have been meant as an outcome.
func (p *stepParser) inOutcomes(e tree.Entry) bool {
	if p.verb.Name == "do" || e.Value.Kind == tree.List && len(e.Value.Items) > 0 {
		return true
	}
	return p.l.byState[e.Value.Value] != nil || slices.Contains(handlerWords[:], e.Value.Value)
}

// handler reads a handler; nil if it is wrong.
func (p *stepParser) handler(n *tree.Node) *handler {
	l, h := p.l, &handler{pos: n.Pos}
	switch {
	case n.Kind == tree.Map && isCounted(n):
		return p.countedHandler(n)
	case n.Kind != tree.Scalar:
		h.steps = l.parseList(n, p.d.block, p.d)
		return h
	}
	word, ok := n.Str(&l.list)
	switch {
	case !ok:
		p.bad = true
		return nil
	case word == "return":
		l.errorf(n.Pos, ruleNotYet, "return is not part of this version; write end")
		return nil
	case slices.Contains(handlerWords[:], word):
		h.word = word
		return h
	}
	h.state = word
	return p.toState(n, word, h, handlerWords[:]...)
}

// toState reports a state that does not exist, or cannot be gone to from here.
// The words may stand in its place.
func (p *stepParser) toState(n *tree.Node, name string, h *handler, words ...string) *handler {
	switch {
	case p.l.byState[name] == nil && slices.Contains(handlerWords[:], name):
		p.l.errorf(n.Pos, ruleUnknownState, "%s is no state but a step of its own; leave goto out", name)
		return nil
	case p.l.byState[name] == nil:
		p.l.errorf(n.Pos, ruleUnknownState, "no state %q%s", shorten(name), p.l.didYouMean(name, append(names(p.l.byState), words...)))
		return nil
	case p.d.block.section.quiet():
		p.l.errorf(n.Pos, ruleNoAudio, "%s cannot go to a state: the call is over", p.d.block.name)
		return nil
	}
	return h
}

func isCounted(n *tree.Node) bool {
	return slices.ContainsFunc(n.Entries, func(e tree.Entry) bool { return e.Key == "up_to" })
}

// countedHandler reads {up_to, then, else}.
func (p *stepParser) countedHandler(n *tree.Node) *handler {
	h := &handler{pos: n.Pos, counted: true}
	for _, f := range n.Fields(&p.l.list, "a counted handler", "up_to", "then", "else") {
		switch f.Key {
		case "up_to":
			if v, ok := f.Value.Int(&p.l.list); ok && p.l.within(f.Value, v, 1, 100) {
				h.upTo = v
			}
		case "then":
			h.then = p.handler(f.Value)
		case "else":
			h.els = p.handler(f.Value)
		}
	}
	for _, key := range []string{"then", "else"} {
		if _, ok := n.Entry(key); !ok {
			p.l.errorf(n.Pos, ruleMissingKey, "a counted handler needs %q: {up_to: 2, then: ..., else: ...}", key)
		}
	}
	if h.then == nil || h.els == nil {
		return nil // reported
	}
	return h
}
