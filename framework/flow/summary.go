package flow

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// summary is what the flows that call a flow must know of it.
type summary struct {
	audio    bool                // a step of it needs the answered call
	refuses  bool                // a step of it works only before the answer
	leaves   bool                // a step of it leads to a person or to the end of the call
	waits    time.Duration       // how long it may wait before it answers
	returned map[string][]string // outcome -> what is certainly set then, of what it returns
	typed    map[string]bool     // what it returns and the caller may have typed
	targets  map[string]bool     // parameters that decide where a call goes
}

// calleeOf is what is known of the flow that a call step runs. A flow that calls
// itself is not known while it is loaded: it may do anything.
func (l *loader) calleeOf(c *Call) *summary {
	if m := l.family.members[c.Flow]; m != nil && m.loaded {
		return &m.sums
	}
	return &summary{audio: true, leaves: true}
}

// summarize is the last of the checks, but for what other checks have noted.
func (l *loader) summarize() {
	s := &l.sums
	for _, d := range l.drafts {
		if !d.reached {
			continue
		}
		s.audio = s.audio || l.audio(d)
		s.leaves = s.leaves || l.leaves(d)
		s.refuses = s.refuses || l.refuses(d)
	}
	s.typed = map[string]bool{}
	typed := l.typedNames(typedKeys)
	for _, name := range l.flow.Returns {
		s.typed[name] = typed[name]
	}
	s.targets = map[string]bool{}
	for _, name := range l.flow.Params {
		typed := l.typedNames(name)
		s.targets[name] = slices.ContainsFunc(l.drafts, func(d *draft) bool {
			return slices.ContainsFunc(d.uses, func(u use) bool { return u.target && hasName(typed, u.Uses()) })
		})
	}
}

// leaves reports whether a step itself leads to a person or to the end of the
// call.
func (l *loader) leaves(d *draft) bool {
	switch spec := d.step.Spec.(type) {
	case *Transfer, *Hunt, *Redirect, *Reject, *End, *Return:
		return true
	case *Call:
		return l.calleeOf(spec).leaves
	case *Play, *Menu, *Collect, *Record, *Answer, *Set, *Forget, *Switch, *Do, *HTTP, *Wait, *SendKeys, *Mute, *Hours, *Dial, *Jump, *Mark:
	}
	return false
}

// refuses reports whether a step works only before the call is answered.
func (l *loader) refuses(d *draft) bool {
	switch spec := d.step.Spec.(type) {
	case *Redirect, *Reject:
		return true
	case *Call:
		return l.calleeOf(spec).refuses
	case *Play, *Menu, *Collect, *Record, *Transfer, *Hunt, *Answer, *Set, *Forget, *Switch, *Do, *HTTP, *Wait, *SendKeys, *Mute, *Hours, *Dial, *Jump, *Return, *End, *Mark:
	}
	return false
}

// typedNames are the names that may hold what somebody outside decided: one from
// which all begins, what the caller typed (collect), what web services answered,
// and what is made of these.
func (l *loader) typedNames(first string) map[string]bool {
	typed := map[string]bool{first: true}
	for changed := true; changed; {
		before := len(typed)
		for _, d := range l.drafts {
			if c, ok := d.step.Spec.(*Collect); ok && first == typedKeys {
				typed[c.Var] = true
			}
			if first == typedKeys {
				for _, name := range answered(d.step.Spec) {
					typed[name] = true
				}
			}
			if c, ok := d.step.Spec.(*Call); ok && first == typedKeys {
				for from, to := range c.Into {
					if l.calleeOf(c).typed[from] {
						typed[to] = true
					}
				}
			}
			for _, u := range d.uses {
				if u.sets != "" && hasName(typed, u.Uses()) {
					typed[u.sets] = true
				}
			}
		}
		changed = len(typed) > before
	}
	return typed
}

// answered are the variables that a step fills with what a web service answered.
func answered(spec Spec) []string {
	if h, ok := spec.(*HTTP); ok {
		return slices.Collect(maps.Values(h.Into))
	}
	if do, ok := spec.(*Do); ok && do.Action.HTTP != nil {
		return slices.Collect(maps.Values(do.Into))
	}
	return nil
}

// hasName reports whether one of the names, or what it is a field of, is in the
// set.
func hasName(set map[string]bool, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		base, _, _ := strings.Cut(n, ".")
		return set[n] || set[base]
	})
}
