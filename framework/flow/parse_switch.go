package flow

import (
	"strconv"

	"github.com/ivrflow/ivrflow/framework/tree"
)

func parseSwitch(p *stepParser) Spec {
	s := &Switch{}
	e, ok := p.opts["cases"]
	if !ok {
		return s
	}
	for i, item := range e.Value.ListItems() {
		p.switchCase(s, item, i)
	}
	if len(s.Cases) == 0 && !p.bad {
		p.l.errorf(e.Value.Pos, ruleMissingKey, "switch needs at least one case: {when: ..., then: ...}")
	}
	return s
}

func (p *stepParser) switchCase(s *Switch, n *tree.Node, i int) {
	fields := map[string]*tree.Node{}
	for _, f := range n.MeantFields(&p.l.list, "a case", p.l.keys.cases...) {
		fields[f.Key] = f.Value
	}
	when, then, els := fields["when"], fields["then"], fields["else"]
	c, target := Case{Outcome: "case_" + strconv.Itoa(i+1)}, then
	last := len(s.Cases) > 0 && s.Cases[len(s.Cases)-1].When == nil
	switch {
	case last:
		p.l.errorf(n.Pos, ruleUnreachableStep, "no case can follow else; make else the last")
		p.bad, p.d.loose = true, true
		return
	case els != nil && when == nil && then == nil:
		c.Outcome, target = outcomeElse, els
	case when == nil || then == nil || els != nil:
		if n.Kind == tree.Map && len(fields) == len(n.Entries) && !p.l.lost("then") && !p.l.lost("when") { // else reported
			p.l.errorf(n.Pos, ruleMissingKey, "a case is {when: ..., then: ...}, or {else: ...}")
		}
		p.badCase(then, els)
		return
	default:
		e := p.when(when)
		if e == nil {
			p.badCase(then)
			return
		}
		c.When = e
	}
	p.repeated(n)
	s.Cases = append(s.Cases, c)
	p.d.outcomes = append(p.d.outcomes, Outcome{Name: c.Outcome})
	p.handle(c.Outcome, p.handlerOrLoose(target))
}

// badCase takes in a case of which something was reported.
func (p *stepParser) badCase(handlers ...*tree.Node) {
	p.bad, p.d.loose = true, true
	for _, n := range handlers {
		if n != nil {
			p.handler(n)
		}
	}
}
