package flow

import (
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/tree"
)

const mostWait = time.Hour

func parseWait(p *stepParser) Spec {
	w := &Wait{For: p.duration("for", shortest, mostWait)}
	if e, ok := p.opts["keys"]; ok {
		p.waitKeys(w, e.Value)
	}
	if e, ok := p.opts["signal"]; ok {
		if s, ok := e.Value.Str(&p.l.list); ok && p.l.wellFormed(s, e.Value.Pos, "signal") {
			w.Signal = s
		}
	}
	if e, ok := p.outs["signalled"]; ok && p.opts["signal"].Value == nil && !p.stray() && !p.l.lost("signal") {
		p.l.errorf(e.KeyPos, ruleUnknownOutcome, "this wait has no signal that could come; add signal: NAME")
	}
	return w
}

// waitKeys reads the keys that end a wait: single ones, since nothing says how
// long to wait for a second.
func (p *stepParser) waitKeys(w *Wait, n *tree.Node) {
	if n.Kind != tree.Map || len(n.Entries) == 0 {
		p.d.loose = true
		n.Wrong(&p.l.list, "a map of keys with what follows, such as {1: agent},")
		return
	}
	p.repeated(n)
	for _, e := range n.Entries {
		entry, ok := p.l.menuEntry(e)
		switch {
		case !ok:
		case len(entry.Keys) > 1:
			p.l.errorf(e.KeyPos, ruleRange, "a key of wait is a single key, not %q; a menu can have several", e.Key)
		case slices.Contains(w.Entries, entry):
			p.l.errorf(e.KeyPos, ruleDuplicateKey, "the key %s stands here a second time", e.Key)
		default:
			w.Entries = append(w.Entries, entry)
			p.keyHandler(entry, p.handlerOrLoose(e.Value))
			continue
		}
		p.d.loose = true
		p.l.salvage(e.Value, p.d)
	}
}
