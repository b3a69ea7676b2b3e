package flow

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// handler is what follows an outcome, on its way from YAML to an Edge. One of
// word, state, counted, loose and steps says which form it has.
type handler struct {
	pos     diag.Pos
	loose   bool   // where it leads is not known
	word    string // end or repeat
	state   string
	counted bool
	upTo    int
	then    *handler
	els     *handler
	steps   []*draft
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
			p.handle(o.Name, p.handlerOrLoose(e.Value))
		} else if n := p.filledIn(o); n != nil {
			p.handle(o.Name, p.apart(n))
		}
	}
	p.unknownOutcomes()
	p.forgottenOutcomes()
	for _, o := range p.d.outcomes {
		switch {
		case p.d.handlers[o.Name] != nil, !o.Must && !p.l.unsure.handlers:
			continue
		case o.Must && !p.open && !p.l.lost(o.Name) && !p.l.unsure.handlers:
			p.l.errorf(p.pos, ruleUnhandled, "%s must say what follows %q (%s); write %s: STATE, or end", p.verb.Name, o.Name, o.Doc, o.Name)
		}
		p.handle(o.Name, &handler{pos: p.pos, loose: true})
		p.d.loose = true
	}
}

// forgottenOutcomes warns of declared outcomes of which nobody says what follows.
func (p *stepParser) forgottenOutcomes() {
	if p.bad || p.open || p.stray() || p.l.unsure.handlers || p.d.block.section.Quiet() {
		return
	}
	for _, o := range p.d.outcomes {
		if o.Declared && p.d.handlers[o.Name] == nil && !p.l.lost(o.Name) {
			p.l.warnf(p.pos, ruleForgotten, "nothing says what follows %q (%s), so the flow goes on as if all were well; write %s: STATE, or %s: [] if that is meant", o.Name, o.Doc, o.Name, o.Name)
		}
	}
}

// handlerOrLoose reads a handler. In place of a wrong one, which is reported,
// it puts one that leads nobody knows where.
func (p *stepParser) handlerOrLoose(n *tree.Node) *handler {
	if h := p.handler(n); h != nil {
		return h
	}
	p.d.loose = true
	return &handler{pos: n.Pos, loose: true}
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
	h := p.handlerOrLoose(n)
	p.l.reading = p.l.reading[:len(p.l.reading)-1]
	return h
}

func (p *stepParser) handle(outcome string, h *handler) {
	if p.d.handlers == nil {
		p.d.handlers = map[string]*handler{}
	}
	p.d.handlers[outcome] = h
}

// unknownOutcomes reports keys that are neither options nor outcomes. The
// handlers under them are read all the same.
func (p *stepParser) unknownOutcomes() {
	for _, key := range names(p.outs) {
		if slices.ContainsFunc(p.d.outcomes, func(o Outcome) bool { return o.Name == key }) {
			continue
		}
		e := p.outs[key]
		if _, ok := p.l.keypad(key); ok && p.verb.Name == "menu" {
			p.l.errorf(e.KeyPos, ruleUnknownOutcome, "the key %s belongs under keys:", key)
		} else if !p.open {
			p.unknownKey(e)
		}
		p.d.broken, p.d.loose = true, true // it may have been meant for anything
		p.l.salvage(e.Value, p.d)
	}
}

// unknownKey reports a key that the step does not have.
func (p *stepParser) unknownKey(e tree.Entry) {
	rule := ruleUnknownKey
	if p.inOutcomes(e) {
		rule = ruleUnknownOutcome
	}
	p.l.unreadText(e.Key)
	var list diag.List
	tree.UnknownKey(&list, e, p.verb.Name, p.knows())
	list[0].Rule = rule
	p.l.list.Add(list[0])
}

// inOutcomes says that a key can only have been meant as an outcome.
func (p *stepParser) inOutcomes(e tree.Entry) bool {
	if p.verb.Name == "do" || p.verb.Name == "call" || e.Value.Kind == tree.List && len(e.Value.Items) > 0 {
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
	if n.Null() {
		l.errorf(n.Pos, ruleMissingKey, "what follows is missing; write a state, end, or steps")
		return nil
	}
	word, ok := n.Str(&l.list)
	switch {
	case !ok:
		p.bad = true
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
		p.l.unknown(n.Pos, ruleUnknownState, "no state %q", name, append(names(p.l.byState), words...))
		return nil
	case p.d.block.section.Quiet():
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
	h, there := &handler{pos: n.Pos, counted: true}, map[string]bool{}
	for _, f := range n.MeantFields(&p.l.list, "a counted handler", p.l.keys.counted...) {
		there[f.Key] = true
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
		if !there[key] && !p.l.lost(key) {
			p.l.errorf(n.Pos, ruleMissingKey, "a counted handler needs %q: {up_to: 2, then: ..., else: ...}", key)
		}
	}
	if h.then == nil || h.els == nil {
		return nil // reported
	}
	return h
}
