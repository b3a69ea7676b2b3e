package flow

import (
	"slices"
	"strings"
)

// hiddenCaller is null if the platform hides who calls.
const hiddenCaller = "call.caller"

// checkCaller warns of expressions that fail when the platform hides who
// calls. An action may be given nothing for the caller.
func (l *loader) checkCaller() {
	for _, d := range l.drafts {
		_, do := d.step.Spec.(*Do)
		for i, u := range d.uses {
			condition := i == 0 && d.step.When != nil
			guarded := slices.Contains(u.guards, hiddenCaller) ||
				!condition && d.step.When != nil && slices.Contains(guardsOf(d.step.When, true), hiddenCaller)
			if slices.Contains(u.Reads(), hiddenCaller) && !guarded && !d.broken && (condition || !do && !isNullable(u)) {
				l.warnf(u.pos, ruleHiddenCaller, "this fails when the platform hides who calls; ask has(call.caller) first, or write call.caller ?? \"unknown\"")
			}
		}
	}
}

func isNullable(u use) bool {
	_, ok := u.facts.(nullable)
	return ok
}

// bits is a set of variables by number.
type bits []uint64

func (b bits) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bits) clear(i int)    { b[i/64] &^= 1 << (i % 64) }
func (b bits) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }

// meet keeps what both have and reports whether that is less than before.
func (b bits) meet(c bits) (changed bool) {
	for i := range b {
		if kept := b[i] & c[i]; kept != b[i] {
			b[i], changed = kept, true
		}
	}
	return changed
}

// unsetCheck finds out which variables are certainly set where a step begins.
// Every path is looked at: what is set on all of them is set.
type unsetCheck struct {
	l      *loader
	number map[string]int
	in     []bits // by step; nil: not yet reached
	todo   []*draft
	every  bool                // all states were entered
	sure   map[string][]string // outcome -> what is certainly set when the flow returns with it
}

// checkUnset reports variables that are read where some path has not set
// them. on_hangup and on_end read unset variables as zero.
func (l *loader) checkUnset() {
	c := l.pathsFrom(l.flow.Start)
	l.sums.returned = c.sure
	for _, d := range l.drafts {
		if in := c.in[d.step.Ref]; in != nil && !d.broken && !d.step.Section.Quiet() {
			c.report(d, slices.Clone(in), func(u use, name string) {
				l.errorf(u.pos, ruleUnset, "%q may not be set here; set it on every path before, give it a default, or ask has(%s)", name, name)
			})
		}
	}
}

// pathsFrom looks at all paths from the step with which the flow begins.
func (l *loader) pathsFrom(start StepRef) *unsetCheck {
	c := &unsetCheck{l: l, number: map[string]int{}, in: make([]bits, len(l.drafts)), sure: map[string][]string{}}
	for i, name := range names(l.flow.Vars) {
		c.number[name] = i
	}
	c.enterRef(start, c.defaults())
	if start == None || l.unsure.anywhere {
		c.everywhere()
	}
	for _, b := range l.states {
		if b.apart {
			c.enterRef(b.entry(), c.all())
		}
	}
	if l.flow.OnError != None {
		sure := c.defaults()
		for _, d := range l.drafts {
			c.forgotten(d, sure)
		}
		c.enter(l.drafts[l.flow.OnError], sure) // it may be entered from anywhere
	}
	for len(c.todo) > 0 {
		d := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.leave(d)
	}
	return c
}

// beginning is what is known of a flow that begins in another state than its
// start.
type beginning struct {
	sure  map[string][]string // outcome -> what is certainly set when it returns
	unset []string            // what is read that may not be set
}

// beginsIn looks at the flow from one of its states. Of flows that call each
// other so, what is being looked at already has set nothing.
func (l *loader) beginsIn(state string) *beginning {
	if known := l.begins[state]; known != nil {
		return known
	}
	found := &beginning{}
	l.begins[state] = found
	b := l.byState[state]
	if b == nil {
		return found
	}
	c := l.pathsFrom(b.entry())
	for _, d := range l.drafts {
		if in := c.in[d.step.Ref]; in != nil && !d.step.Section.Quiet() {
			c.report(d, slices.Clone(in), func(_ use, name string) { found.unset = append(found.unset, name) })
		}
	}
	found.sure = c.sure
	return found
}

// checkBeginnings reports calls of flows that begin in a state in which they read
// what may not be set.
func (l *loader) checkBeginnings() {
	for _, d := range l.drafts {
		call, ok := d.step.Spec.(*Call)
		if !ok || call.At == "" {
			continue
		}
		callee := l.family.members[call.Flow]
		if unset := callee.beginsIn(call.At).unset; len(unset) > 0 {
			l.errorf(d.step.Pos, ruleUnset, "the flow %s reads %q, which may not be set if it begins in %q; begin elsewhere, or give it a default or has(%s) there", callee.flow.Name, unset[0], call.At, unset[0])
		}
	}
}

func (c *unsetCheck) none() bits { return make(bits, (len(c.number)+63)/64) }

func (c *unsetCheck) defaults() bits {
	b := c.none()
	for name, v := range c.l.flow.Vars {
		if v.Default != nil || v.unsure || v.given {
			b.set(c.number[name])
		}
	}
	c.add(b, c.l.flow.Params)
	return b
}

func (c *unsetCheck) add(b bits, names []string) {
	for _, name := range names {
		base, _, _ := strings.Cut(name, ".")
		if i, ok := c.number[base]; ok {
			b.set(i)
		}
	}
}

func (c *unsetCheck) enter(d *draft, b bits) {
	ref := d.step.Ref
	if c.in[ref] == nil {
		c.in[ref] = slices.Clone(b)
		c.todo = append(c.todo, d)
		return
	}
	if c.in[ref].meet(b) {
		c.todo = append(c.todo, d)
	}
}

// all is for paths of which nobody knows what they set.
func (c *unsetCheck) all() bits {
	b := c.none()
	for _, i := range c.number {
		b.set(i)
	}
	return b
}

func (c *unsetCheck) enterRef(ref StepRef, b bits) {
	if ref != None {
		c.enter(c.l.drafts[ref], b)
	}
}

// everywhere enters all states after a fault.
func (c *unsetCheck) everywhere() {
	if c.every {
		return
	}
	c.every = true
	for _, b := range c.l.states {
		c.enterRef(b.entry(), c.all())
	}
}

// leave carries what is set after a step to the steps that follow.
func (c *unsetCheck) leave(d *draft) {
	in := c.in[d.step.Ref]
	if d.broken {
		in = c.all()
	}
	if d.loose {
		c.everywhere()
		c.enterRef(d.next.step(), c.all())
	}
	d.follows(func(to Goto, how edgeInfo) {
		next := c.l.stepOf(to)
		if next == nil && to.Kind != ToReturn || to.Kind == ToError {
			return
		}
		out := slices.Clone(in)
		if d.step.When != nil {
			c.add(out, guardsOf(d.step.When, how.outcome != ""))
		}
		if how.outcome != "" {
			c.effect(d, how.outcome, out)
		}
		if next == nil {
			c.returns(to.Outcome, out)
			return
		}
		c.enter(next, out)
	})
}

// returns notes what is set when the flow returns.
func (c *unsetCheck) returns(outcome string, b bits) {
	before, known := c.sure[outcome]
	if !known {
		before = c.l.flow.Returns
	}
	c.sure[outcome] = slices.DeleteFunc(slices.Clone(before), func(name string) bool { return !b.has(c.number[name]) })
}

// effect is what a step that ends with an outcome does to the variables.
func (c *unsetCheck) effect(d *draft, outcome string, b bits) {
	c.forgotten(d, b)
	switch spec := d.step.Spec.(type) {
	case *Collect:
		if outcome == outcomeDone {
			c.add(b, []string{spec.Var})
		}
	case *Record:
		if outcome == outcomeDone {
			c.add(b, []string{spec.Var})
		}
	case *Menu:
		if spec.Choices != nil && outcome == outcomeDone {
			c.add(b, []string{spec.Choices.Into})
		}
	case *Do:
		if outcome != outcomeFailed && (spec.Action.HTTP == nil || outcome == outcomeOK) {
			for _, name := range spec.Into {
				c.add(b, []string{name})
			}
		}
	case *HTTP:
		if outcome == outcomeOK {
			for _, name := range spec.Into {
				c.add(b, []string{name})
			}
		}
	case *Set:
		for _, a := range spec.Assign {
			c.add(b, []string{a.Var})
		}
	case *Switch:
		c.add(b, caseGuards(spec, outcome))
	case *Call:
		for _, name := range c.l.returnedBy(spec, outcome) {
			c.add(b, []string{spec.Into[name]})
		}
	case *Forget, *Play, *Transfer, *Hunt, *Redirect, *Reject, *Answer, *Wait, *SendKeys, *Mute, *Join, *Invite, *Hold, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Dial, *Jump, *Return, *End, *Mark:
	}
}

// forgotten takes out what a step makes unset.
func (c *unsetCheck) forgotten(d *draft, b bits) {
	switch spec := d.step.Spec.(type) {
	case *Forget:
		for _, name := range spec.Vars {
			b.clear(c.number[name])
		}
	case *HTTP:
		for _, name := range spec.Request.Once {
			b.clear(c.number[name])
		}
	case *Do:
		for _, name := range spec.Once {
			b.clear(c.number[name])
		}
	case *Play, *Menu, *Collect, *Record, *Transfer, *Hunt, *Redirect, *Reject, *Answer, *Set, *Switch, *Wait, *SendKeys, *Mute, *Join, *Invite, *Hold, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Dial, *Call, *Jump, *Return, *End, *Mark:
	}
}

// caseGuards are the names that are set when a switch ends with an outcome:
// its case held, and none before it.
func caseGuards(s *Switch, outcome string) []string {
	var sure []string
	for _, c := range s.Cases {
		if c.When == nil {
			break
		}
		if c.Outcome == outcome {
			return append(sure, guardsOf(c.When, true)...)
		}
		sure = append(sure, guardsOf(c.When, false)...)
	}
	return sure
}

// guardsOf are the names that are certainly set if a condition is true, or
// false.
func guardsOf(e Expr, holds bool) []string {
	g, ok := e.(interface {
		GuardsTrue() []string
		GuardsFalse() []string
	})
	switch {
	case !ok:
		return nil
	case holds:
		return g.GuardsTrue()
	}
	return g.GuardsFalse()
}

// report looks at a step's expressions in their order. set is what is set when
// it begins.
func (c *unsetCheck) report(d *draft, set bits, found func(u use, name string)) {
	for i, u := range d.uses {
		now := slices.Clone(set)
		if i > 0 || d.step.When == nil {
			c.add(now, u.guards)
		}
		for _, name := range c.l.variablesOf(u.Reads()) {
			if !now.has(c.number[name]) && !c.tested(u, name) {
				found(u, name)
				set.set(c.number[name])
			}
		}
		if i == 0 && d.step.When != nil {
			c.add(set, guardsOf(d.step.When, true))
		}
		if u.sets != "" {
			c.add(set, []string{u.sets})
		}
		if s, ok := d.step.Spec.(*Switch); ok && i < len(d.uses) {
			c.add(set, c.earlier(s, u))
		}
	}
}

// tested says that the use is itself the condition that guards the name.
func (c *unsetCheck) tested(u use, name string) bool { return slices.Contains(u.guards, name) }

// earlier are the names that are set once a case of a switch did not hold.
func (c *unsetCheck) earlier(s *Switch, u use) []string {
	for _, cs := range s.Cases {
		if cs.When != nil && any(cs.When) == any(u.facts) {
			return guardsOf(cs.When, false)
		}
	}
	return nil
}
