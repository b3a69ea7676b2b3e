package flow

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

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
		l.unsure.handlers = true
		return
	}
	l.unsure.handlers = l.unsure.handlers || len(e.Value.Repeats) > 0
	for _, d := range e.Value.Entries {
		v := l.defaultsVerb(e.Value, d)
		switch {
		case v == nil: // reported
		case d.Value.Kind != tree.Map:
			d.Value.Wrong(&l.list, "a map of what "+v.Name+" does by default")
			l.unsure.handlers = true
		default:
			l.verbDefaults(v, d.Value)
		}
	}
}

// defaultsVerb is the verb of an entry of defaults, perhaps misspelt.
func (l *loader) defaultsVerb(n *tree.Node, d tree.Entry) *Verb {
	if v := l.verbs[d.Key]; v != nil {
		return v
	}
	l.errorf(d.KeyPos, ruleUnknownVerb, "no verb %q%s", shorten(d.Key), l.didYouMean(d.Key, l.verbNames))
	l.mendName(d.KeyPos, d.Key, l.verbNames)
	meant, ok := n.Meant(d.Key, l.verbNames)
	if !ok {
		l.unsure.handlers = true
		return nil
	}
	return l.verbs[meant]
}

func (l *loader) verbDefaults(v *Verb, n *tree.Node) {
	known := []string{}
	for _, o := range v.Options {
		if !o.own(v.Name) {
			known = append(known, o.Name)
		}
	}
	for _, o := range v.Outcomes {
		known = append(known, o.Name)
	}
	for _, e := range n.Entries {
		switch {
		case v.Name != "http":
		case okStatus.MatchString(e.Key):
			l.everyOK(e.KeyPos)
			known = append(known, e.Key)
		case statusForm.MatchString(e.Key):
			known = append(known, e.Key)
		}
	}
	l.strays(n, known)
	l.defaults[v.Name] = map[string]tree.Entry{}
	for _, f := range n.MeantFields(&l.list, v.Name, known...) {
		l.defaults[v.Name][f.Key] = f
	}
}

// strays takes in the keys of shared handlers that are unknown, which is
// reported elsewhere: what they were meant for is not missing.
func (l *loader) strays(n *tree.Node, known []string) {
	for _, e := range n.Entries {
		if !slices.Contains(known, e.Key) {
			l.unreadText(e.Key)
		}
	}
}

// own options are what a step is about, so that no default makes sense.
func (o Option) own(verb string) bool {
	request := verb == "http" && (slices.Contains(methods(), o.Name) || o.Name == "json" || o.Name == "into")
	return o.Required && o.Type != OptWord || verb == "do" || request
}

// flowHandlers keeps the flow's handlers. They are read with each step that
// uses them.
func (l *loader) flowHandlers(e tree.Entry) {
	l.unsure.handlers = l.unsure.handlers || e.Value.Kind != tree.Map || len(e.Value.Repeats) > 0
	l.strays(e.Value, l.anyOutcome())
	for _, f := range e.Value.MeantFields(&l.list, "handlers", l.anyOutcome()...) {
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
