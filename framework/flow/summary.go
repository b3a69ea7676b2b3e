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
	dials    bool                // a step of it makes the call of an outgoing flow
	refuses  bool                // a step of it works only before the answer
	leaves   bool                // a step of it leads to a person or to the end of the call
	waits    time.Duration       // how long it may wait before it answers
	returned map[string][]string // outcome -> what is certainly set then, of what it returns
	typed    map[string]bool     // what it returns and the caller may have typed
	targets  map[string]bool     // parameters that decide where a call goes
	through  map[string][]string // parameter -> what it returns that is made of it
}

// calleeOf is what is known of the flow that a call step runs. A flow that calls
// itself is not known while it is loaded: it may do anything.
func (l *loader) calleeOf(c *Call) *summary {
	if m := l.family.members[c.Flow]; m != nil && m.loaded {
		return &m.sums
	}
	return &summary{audio: true, leaves: true}
}

// returnedBy is what a flow that a step calls has certainly set, of what it
// returns, when it comes back with an outcome. One that failed hands nothing over.
func (l *loader) returnedBy(c *Call, outcome string) []string {
	m := l.family.members[c.Flow]
	switch {
	case outcome == outcomeFailed || m == nil || !m.loaded:
		return nil
	case c.At == "":
		return m.sums.returned[outcome]
	}
	return m.beginsIn(c.At).sure[outcome]
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
		s.dials = s.dials || l.dials(d)
	}
	l.follow()
}

// follow finds out where what somebody outside decided goes. It reports whether
// more is known of it than before.
func (l *loader) follow() (more bool) {
	s := &l.sums
	before := s.traced()
	for _, d := range l.drafts {
		if _, ok := d.step.Spec.(*Call); !ok {
			continue
		}
		for i := range d.uses {
			if u := &d.uses[i]; u.into != nil {
				u.target = l.family.members[u.callee].sums.targets[u.into.Name]
			}
		}
	}
	s.typed, s.targets, s.through = map[string]bool{}, map[string]bool{}, map[string][]string{}
	typed := l.typedNames(typedKeys)
	for _, name := range l.flow.Returns {
		if typed[name] {
			s.typed[name] = true
		}
	}
	for _, param := range l.flow.Params {
		made := l.typedNames(param)
		if l.decides(made) {
			s.targets[param] = true
		}
		s.through[param] = slices.DeleteFunc(slices.Clone(l.flow.Returns), func(name string) bool { return !made[name] })
	}
	return s.traced() > before
}

// traced is how much is known of where values go.
func (s *summary) traced() int {
	n := len(s.typed) + len(s.targets)
	for _, returns := range s.through {
		n += len(returns)
	}
	return n
}

// decides reports whether one of the names decides where a call goes.
func (l *loader) decides(names map[string]bool) bool {
	return slices.ContainsFunc(l.drafts, func(d *draft) bool {
		return slices.ContainsFunc(d.uses, func(u use) bool { return u.target && hasName(names, u.Uses()) })
	})
}

// leaves reports whether a step itself leads to a person or to the end of the
// call.
func (l *loader) leaves(d *draft) bool {
	switch spec := d.step.Spec.(type) {
	case *Transfer, *Hunt, *Redirect, *Reject, *End, *Return:
		return true
	case *Call:
		return l.calleeOf(spec).leaves
	case *Play, *Menu, *Collect, *Record, *Answer, *Set, *Forget, *Switch, *Do, *HTTP, *Wait, *SendKeys, *Mute, *Join, *Invite, *Hold, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Dial, *Jump, *Mark:
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
	case *Play, *Menu, *Collect, *Record, *Transfer, *Hunt, *Answer, *Set, *Forget, *Switch, *Do, *HTTP, *Wait, *SendKeys, *Mute, *Join, *Invite, *Hold, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Dial, *Jump, *Return, *End, *Mark:
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
			for _, name := range l.fills(d, typed, first == typedKeys) {
				typed[name] = true
			}
		}
		changed = len(typed) > before
	}
	return typed
}

// fills are the variables that a step fills with what is made of the typed names.
// outside says that what comes from outside in the step itself counts too.
func (l *loader) fills(d *draft, typed map[string]bool, outside bool) []string {
	var filled []string
	for _, u := range d.uses {
		if u.sets != "" && hasName(typed, u.Uses()) {
			filled = append(filled, u.sets)
		}
	}
	switch spec := d.step.Spec.(type) {
	case *Collect:
		if outside {
			filled = append(filled, spec.Var)
		}
	case *HTTP, *Do:
		if outside {
			filled = append(filled, answered(spec)...)
		}
	case *Menu:
		if spec.Choices != nil && typed[spec.Choices.List] {
			filled = append(filled, spec.Choices.Into)
		}
	case *Call:
		filled = append(filled, l.handedBack(d, spec, typed, outside)...)
	case *Play, *Record, *Transfer, *Hunt, *Redirect, *Reject, *Answer, *Set, *Forget, *Switch, *Wait, *SendKeys, *Mute, *Join, *Invite, *Hold, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Dial, *Jump, *Return, *End, *Mark:
	}
	return filled
}

// handedBack is fills for what another flow returns.
func (l *loader) handedBack(d *draft, call *Call, typed map[string]bool, outside bool) []string {
	callee := l.calleeOf(call)
	var filled []string
	for result, into := range call.Into {
		made := outside && callee.typed[result]
		for _, u := range d.uses {
			made = made || u.into != nil && hasName(typed, u.Uses()) && slices.Contains(callee.through[u.into.Name], result)
		}
		if made {
			filled = append(filled, into)
		}
	}
	return filled
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
