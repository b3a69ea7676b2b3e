package flow

import (
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

const (
	defaultActionTimeout = 5 * time.Second
	maxActionRetries     = 10
)

func (l *loader) actions(e tree.Entry) {
	if e.Value.Kind != tree.Map {
		e.Value.Wrong(&l.list, "a map of actions")
		l.unreadNode(e.Value)
		return
	}
	for _, again := range e.Value.Repeats {
		l.unsure.actions[again.Key] = true
	}
	for _, d := range e.Value.Entries {
		a := &Action{Name: d.Key, Timeout: defaultActionTimeout}
		l.flow.Actions[d.Key] = a
		l.used.actions[d.Key] = d.KeyPos
		findings := len(l.list)
		l.wellFormed(d.Key, d.KeyPos, "action")
		fields := d.Value.MeantFields(&l.list, "an action", l.keys.action...)
		for _, f := range fields {
			l.actionField(a, f)
		}
		if l.used.requests[d.Key].Value != nil {
			l.requestLimits(a, fields)
		}
		if len(l.list) > findings || d.Value.Hurt() {
			l.unsure.actions[d.Key] = true
		}
		if len(a.Outcomes) == 0 {
			a.Outcomes = []string{outcomeOK}
		}
	}
}

func (l *loader) actionField(a *Action, f tree.Entry) {
	switch f.Key {
	case "in":
		a.In = l.nameList(f.Value, "input")
	case "out":
		a.Out = l.nameList(f.Value, "output")
	case "outcomes":
		a.Outcomes = l.outcomeNames(f.Value, "do")
	case "timeout":
		if d, ok := f.Value.Duration(&l.list); ok && l.between(f.Value, d, 50*time.Millisecond, 2*time.Minute) {
			a.Timeout = d
		}
	case "retry":
		a.Retry = l.retry(f.Value, maxActionRetries)
	case "http":
		l.used.requests[a.Name] = f // read once the expressions' environment is there
	case "waiting":
		l.used.waiting[a.Name] = f.Value // read once the catalogues are there
	}
}

func (l *loader) nameList(n *tree.Node, what string) []string {
	var out []string
	items, _ := n.Strings(&l.list)
	for _, item := range items {
		if item.Tag != tree.TagString || !l.wellFormed(item.Value, item.Pos, what) {
			continue
		}
		if slices.Contains(out, item.Value) {
			l.errorf(item.Pos, ruleDuplicateKey, "the %s %q stands here a second time", what, item.Value)
			continue
		}
		out = append(out, item.Value)
	}
	return out
}

// outcomeNames reads the outcomes of an action or a flow. Their handlers stand
// beside the options of the verb that runs it, so they must not be named like
// one.
func (l *loader) outcomeNames(n *tree.Node, verb string) []string {
	return slices.DeleteFunc(l.nameList(n, "outcome"), func(name string) bool {
		if !slices.Contains(l.keys.noOutcome[verb], name) {
			return false
		}
		l.errorf(namePos(n, name), ruleReserved, "an outcome cannot be named %q, which means something in a step; try is_%s", name, name)
		return true
	})
}

// namePos is the place of a name in a list.
func namePos(n *tree.Node, name string) diag.Pos {
	for _, item := range n.ListItems() {
		if item.Value == name {
			return item.Pos
		}
	}
	return n.Pos
}

// reservedOutcomes are words that mean something else in a step of a verb.
func reservedOutcomes(verbs []Verb, verb string) []string {
	words := []string{"repeat", outcomeDone, outcomeFailed, "at"}
	for _, v := range verbs {
		words = append(words, v.Name)
		if v.Name == verb {
			words = append(words, keysOf(v.Options)...)
		}
	}
	return append(words, stepKeys()...)
}

func (l *loader) retry(n *tree.Node, most int) ivr.Retry {
	r := ivr.Retry{Backoff: ivr.Duration(200 * time.Millisecond)}
	for _, f := range n.MeantFields(&l.list, "retry", keysOf(retryFields(most))...) {
		switch f.Key {
		case "max":
			if v, ok := f.Value.Int(&l.list); ok && l.within(f.Value, v, 0, most) {
				r.Max = v
			}
		case "backoff":
			if d, ok := f.Value.Duration(&l.list); ok && l.between(f.Value, d, time.Millisecond, 10*time.Second) {
				r.Backoff = ivr.Duration(d)
			}
		}
	}
	return r
}

// actionPrompts reads what plays while actions run. It comes after the
// catalogues and the expressions' environment.
func (l *loader) actionPrompts() {
	for _, name := range names(l.used.waiting) {
		p := &stepParser{l: l, d: &draft{step: &Step{}}}
		l.flow.Actions[name].Waiting = p.promptNode(l.used.waiting[name])
		l.used.waitingUses[name] = p.d.uses
	}
}
