package flow

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// blankStep stands for a step that could not be read, so that its fault is
// said once. The steps in it are read all the same.
func (l *loader) blankStep(n *tree.Node, b *block, repeats *draft) *draft {
	d := &draft{block: b, repeats: repeats, broken: true, loose: true, blank: true, verb: l.verbs["set"],
		step: &Step{State: b.name, Section: b.section, Pos: n.Pos, Spec: &Set{}}}
	for _, e := range n.Entries {
		l.salvage(e.Value, d)
		if e.Key == "keys" || e.Key == "outcomes" {
			for _, h := range e.Value.Entries {
				l.salvage(h.Value, d)
			}
		}
	}
	return d
}

// salvage finds what is wrong with steps in a place where nobody knows what
// they are for.
func (l *loader) salvage(n *tree.Node, d *draft) {
	if l.isHandler(n) && n.Kind != tree.Scalar {
		p := &stepParser{l: l, d: d}
		p.handler(n)
	}
}

// isHandler says that a value can hardly be anything but a handler.
func (l *loader) isHandler(n *tree.Node) bool {
	switch n.Kind {
	case tree.Scalar:
		return l.byState[n.Value] != nil || slices.Contains(handlerWords[:], n.Value)
	case tree.Map:
		return isCounted(n) || slices.ContainsFunc(n.Entries, func(e tree.Entry) bool { return l.verbs[e.Key] != nil })
	case tree.List:
		return len(n.Items) > 0 && !slices.ContainsFunc(n.Items, func(item *tree.Node) bool {
			bare := l.verbs[item.Value]
			return !(item.Kind == tree.Map && l.isHandler(item)) && item.Value != "repeat" && (bare == nil || !bare.Bare)
		})
	}
	return false
}

// repeated takes in the keys that stand a second time in a map of the step.
func (p *stepParser) repeated(n *tree.Node) {
	for _, e := range n.Repeats {
		p.d.broken, p.d.loose = true, true
		p.l.salvage(e.Value, p.d)
	}
}

// meant gives options and outcomes whose names are misspelt the names that
// were probably meant.
func (p *stepParser) meant() {
	for _, key := range names(p.outs) {
		if p.isOutcome(key) || len(p.l.list) > maxHints {
			continue
		}
		meant, ok := diag.Suggest(key, p.knows())
		if !ok || p.has(meant) {
			continue
		}
		e := p.outs[key]
		p.unknownKey(e)
		delete(p.outs, key)
		switch option := p.option(meant).Name != ""; {
		case option && !p.l.isHandler(e.Value):
			p.opts[meant] = e
		case option || slices.Contains(stepKeys(), meant):
			p.d.broken, p.d.loose = true, true
		default:
			p.outs[meant] = e
			p.d.broken, p.d.loose = true, true
		}
	}
}

// stray says that the step has a key that it does not know, and that may have
// been meant for anything.
func (p *stepParser) stray() bool {
	return slices.ContainsFunc(names(p.outs), func(key string) bool { return !p.isOutcome(key) })
}

// has says that the step itself has an option or a handler.
func (p *stepParser) has(key string) bool {
	_, out := p.outs[key]
	e, opt := p.opts[key]
	return out || opt && e != p.l.defaults[p.verb.Name][key]
}

// isOutcome says that a key may be an outcome of the step's, some of which are
// known only once it is read.
func (p *stepParser) isOutcome(key string) bool {
	if slices.ContainsFunc(p.d.outcomes, func(o Outcome) bool { return o.Name == key }) {
		return true
	}
	switch p.verb.Name {
	case "menu":
		_, err := ivr.ParseKey(key)
		return err == nil
	case "http":
		return statusForm.MatchString(key) || okStatus.MatchString(key)
	case "do":
		return slices.ContainsFunc(names(p.l.flow.Actions), func(a string) bool {
			return slices.Contains(p.l.flow.Actions[a].Outcomes, key)
		})
	case "call":
		m := p.callee()
		return m != nil && slices.Contains(m.flow.Outcomes, key)
	}
	return false
}
