package flow

import (
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

const (
	maxMembers = 50 // of a group
	maxRounds  = 10
)

// group is a group of the flow's groups.
type group struct {
	pos     diag.Pos
	node    *tree.Node
	members []Dest
	uses    []use // of the members' expressions
	used    bool
}

// groupSection takes in the names of groups. Their members are read once the
// expressions' environment is there.
func (l *loader) groupSection(e tree.Entry) {
	l.unsure.groups = e.Value.Kind != tree.Map || e.Value.Faulty() || e.Value.Hurt()
	if e.Value.Kind != tree.Map {
		e.Value.Wrong(&l.list, "a map of groups")
		l.unreadNode(e.Value)
		return
	}
	for _, d := range e.Value.Entries {
		l.wellFormed(d.Key, d.KeyPos, "group")
		l.groups[d.Key] = &group{pos: d.KeyPos, node: d.Value}
	}
}

func (l *loader) readGroups() {
	for _, name := range names(l.groups) {
		g := l.groups[name]
		p := &stepParser{l: l, d: &draft{step: &Step{}}}
		switch items := g.node.ListItems(); {
		case g.node.Faulty():
		case g.node.Null() || len(items) == 0:
			l.errorf(g.pos, ruleTarget, `the group %q has no members; write some, such as [{user: ID}, {phone: "+44..."}]`, name)
		case len(items) > maxMembers:
			l.errorf(g.pos, ruleTarget, "the group %q has %d members; it may have %d", name, len(items), maxMembers)
		default:
			for _, item := range items {
				g.members = append(g.members, p.member(item)...)
			}
		}
		g.uses = p.d.uses
	}
}

// member reads one target.
func (p *stepParser) member(n *tree.Node) []Dest {
	if n.Kind != tree.Map {
		n.Wrong(&p.l.list, "a member such as {user: ID}")
		return nil
	}
	findings := len(p.l.list)
	fields := map[string]tree.Entry{}
	for _, f := range n.MeantFields(&p.l.list, "a member", append(targetKinds(), "dynamic")...) {
		fields[f.Key] = f
	}
	found := p.targets(fields, targetKinds())
	if len(found) != 1 && len(p.l.list) == findings {
		p.l.errorf(n.Pos, ruleTarget, `a member of a group is one target: {user: ...}, {phone: "+44..."} or {application: ...}`)
	}
	return found
}

func parseHunt(p *stepParser) Spec {
	h := &Hunt{Consult: p.consult(), Order: Order(p.word("order")), Rounds: p.int("rounds", maxRounds),
		MaxWait: p.duration("max_wait", 10*time.Second, time.Hour)}
	p.group(h)
	p.every(h)
	if e, ok := p.opts["keys"]; ok {
		h.Entries = p.singleKeys(e.Value)
	}
	if p.opts["max_wait"].Value != nil {
		return h
	}
	if !p.has("too_long") {
		p.d.outcomes = slices.DeleteFunc(p.d.outcomes, func(o Outcome) bool { return o.Name == "too_long" })
	} else if e, ok := p.outs["too_long"]; ok && !p.stray() && !p.l.lost("max_wait") {
		p.l.errorf(e.KeyPos, ruleUnknownOutcome, "this hunt has no max_wait that could be over; add max_wait: TIME")
	}
	return h
}

// group takes over the members of the group that is named.
func (p *stepParser) group(h *Hunt) {
	e, ok := p.opts["group"]
	if !ok {
		return
	}
	name, ok := e.Value.Str(&p.l.list)
	if !ok {
		p.bad = true
		return
	}
	g := p.l.groups[name]
	if g == nil {
		p.bad = true
		if !p.l.unsure.groups && !p.l.lost("groups") {
			p.l.unknown(e.Value.Pos, ruleUnknownGroup, "no group %q", name, names(p.l.groups))
		}
		return
	}
	g.used = true
	h.Group, h.Members = name, g.members
	p.d.uses = append(p.d.uses, g.uses...)
}

// every reads {30s: PROMPT}.
func (p *stepParser) every(h *Hunt) {
	e, ok := p.opts["every"]
	if !ok {
		return
	}
	if e.Value.Kind != tree.Map || len(e.Value.Entries) != 1 {
		if !e.Value.Hurt() {
			e.Value.Wrong(&p.l.list, "one time with what is heard then, such as {30s: please_wait},")
		}
		return
	}
	one := e.Value.Entries[0]
	when := &tree.Node{Kind: tree.Scalar, Tag: tree.TagString, Value: one.Key, Pos: one.KeyPos}
	if d, ok := when.Duration(&p.l.list); ok && p.l.between(when, d, 5*time.Second, 10*time.Minute) {
		h.Every = d
	}
	h.Say = p.promptNode(one.Value)
}

// unusedGroups warns of groups that nobody hunts.
func (l *loader) unusedGroups() {
	for _, name := range names(l.groups) {
		if g := l.groups[name]; !g.used {
			l.warnf(g.pos, ruleUnusedGroup, "nothing hunts the group %q", name)
		}
	}
}
