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
		w.Entries = p.singleKeys(e.Value)
	}
	if e, ok := p.opts["signal"]; ok {
		if s, ok := e.Value.Str(&p.l.list); ok && p.l.wellFormed(s, e.Value.Pos, "signal") {
			w.Signal = s
		}
	}
	p.news(w)
	if e, ok := p.outs["signalled"]; ok && p.opts["signal"].Value == nil && !p.stray() && !p.l.lost("signal") {
		p.l.errorf(e.KeyPos, ruleUnknownOutcome, "this wait has no signal that could come; add signal: NAME")
	}
	return w
}

// singleKeys reads the keys that end a wait or a hunt: single ones, since nothing
// says how long to wait for a second.
func (p *stepParser) singleKeys(n *tree.Node) (entries []Entry) {
	if n.Kind != tree.Map || len(n.Entries) == 0 {
		p.d.loose = true
		n.Wrong(&p.l.list, "a map of keys with what follows, such as {1: agent},")
		return nil
	}
	p.repeated(n)
	for _, e := range n.Entries {
		entry, ok := p.l.menuEntry(e)
		switch {
		case !ok:
		case len(entry.Keys) > 1:
			p.l.errorf(e.KeyPos, ruleRange, "a key of %s is a single key, not %q; a menu can have several", p.verb.Name, e.Key)
		case slices.Contains(entries, entry):
			p.l.errorf(e.KeyPos, ruleDuplicateKey, "the key %s stands here a second time", e.Key)
		default:
			entries = append(entries, entry)
			p.keyHandler(entry, p.handlerOrLoose(e.Value))
			continue
		}
		p.d.loose = true
		p.l.salvage(e.Value, p.d)
	}
	return entries
}
