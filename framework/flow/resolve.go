package flow

import (
	"slices"
	"strconv"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// maxID leaves room for the phase in the names of machine states.
const maxID = 160

// number puts all steps into one list and names them.
func (l *loader) number() {
	for _, b := range l.allBlocks() {
		l.numberList(b.steps, b.name, None, "")
	}
}

func (l *loader) numberList(steps []*draft, prefix string, parent StepRef, cause string) {
	for i, d := range steps {
		d.step.Ref = StepRef(len(l.drafts))
		d.step.Parent, d.step.Cause = parent, cause
		if d.step.ID == "" {
			d.step.ID = prefix + "." + strconv.Itoa(i+1)
		}
		if len(d.step.ID) > maxID {
			l.errorf(d.step.Pos, ruleTooLarge, "this step is nested so deep that its name has %d characters; give a step around it an id", len(d.step.ID))
		}
		l.drafts = append(l.drafts, d)
		l.flow.Steps = append(l.flow.Steps, d.step)
		for _, o := range d.outcomes {
			l.numberHandler(d.handlers[o.Name], d.step, o.Name)
		}
	}
}

func (l *loader) numberHandler(h *handler, parent *Step, cause string) {
	switch {
	case h == nil:
	case h.counted:
		l.numberHandler(h.then, parent, cause+".then")
		l.numberHandler(h.els, parent, cause+".else")
	default:
		l.numberList(h.steps, parent.ID+"."+cause, parent.Ref, cause)
	}
}

// link says for every step what follows each of its outcomes.
func (l *loader) link(start *tree.Node) {
	for _, b := range l.allBlocks() {
		l.linkList(b.steps, b.after(), false)
	}
	f := l.flow
	f.Start = l.startStep(start)
	for section, ref := range map[*block]*StepRef{l.hangup: &f.OnHangup, l.end: &f.OnEnd, l.onError: &f.OnError} {
		if section != nil && len(section.steps) > 0 {
			*ref = section.steps[0].step.Ref
		}
	}
}

func (l *loader) startStep(n *tree.Node) StepRef {
	if n == nil {
		return None
	}
	name, ok := n.Str(&l.list)
	if !ok {
		return None
	}
	b := l.byState[name]
	if b == nil {
		l.unknown(n.Pos, ruleUnknownState, "no state %q", name, names(l.byState))
		return None
	}
	return b.entry()
}

func (b *block) entry() StepRef {
	if len(b.steps) == 0 {
		return None // reported
	}
	return b.steps[0].step.Ref
}

// after is what comes when a list of steps is through.
func (b *block) after() follow {
	switch b.section {
	case InOnHangup, InOnEnd:
		return follow{to: Goto{Kind: ToOver, Step: None}}
	case InOnError:
		return follow{to: Goto{Kind: ToEnd, Step: None}}
	case InState:
	}
	return follow{out: true}
}

// linkList links steps that run in order. gone says that the caller is gone
// already: they follow a transfer that succeeded.
func (l *loader) linkList(steps []*draft, after follow, gone bool) {
	for i, d := range steps {
		d.next, d.gone = after, gone
		if i+1 < len(steps) {
			d.next = follow{to: Goto{Kind: ToStep, Step: steps[i+1].step.Ref}}
		}
		d.step.Edges = map[string]*Edge{}
		for _, o := range d.outcomes {
			if e := l.edge(d, o); e != nil && !d.blank {
				d.step.Edges[o.Name] = e
			}
		}
		if to, ok := l.ownMove(d); ok && !d.blank {
			d.step.Edges[outcomeDone] = &Edge{To: to, Pos: d.step.Pos}
		}
		if d.step.When != nil && d.next.out {
			l.runsOut(d, "when the condition does not hold")
		}
	}
}

// ownMove is where steps lead that have no outcomes to handle.
func (l *loader) ownMove(d *draft) (Goto, bool) {
	switch spec := d.step.Spec.(type) {
	case *Jump:
		if d.word == "repeat" {
			return Goto{Kind: ToRepeat, Step: d.repeats.step.Ref}, true
		}
		if b := l.byState[d.state]; b != nil && b.entry() != None {
			return Goto{Kind: ToStep, Step: b.entry()}, true
		}
		d.loose = true // reported
		return Goto{}, false
	case *End:
		return l.ending(d), true
	case *Return:
		return l.returning(d, spec.Outcome), true
	case *Set, *Forget, *Mark:
	case *Switch:
		if len(spec.Cases) > 0 && spec.Cases[len(spec.Cases)-1].When == nil {
			return Goto{}, false
		}
		if d.next.out && d.loose {
			return Goto{}, false
		}
		if d.next.out {
			l.runsOut(d, "when no case holds; add an else")
			return l.ending(d), true
		}
	case *Play, *Menu, *Collect, *Record, *Transfer, *Hunt, *Redirect, *Reject, *Answer, *Do, *HTTP, *Wait, *SendKeys, *Mute, *Join, *Invite, *Hold, *RouteAudio, *Gallery, *RecordingStatus,
		*Hours, *Dial, *Call:
		return Goto{}, false
	}
	return l.onward(d, ""), true
}

// ending is the end of the call, or of the session if the call is gone.
func (l *loader) ending(d *draft) Goto {
	if d.gone || d.block.section.Quiet() {
		return Goto{Kind: ToOver, Step: None}
	}
	return Goto{Kind: ToEnd, Step: None}
}

// returning goes back to the flow that called this one. Once the caller is gone
// nothing can go on there.
func (l *loader) returning(d *draft, outcome string) Goto {
	if d.gone || d.block.section.Quiet() {
		return Goto{Kind: ToOver, Step: None}
	}
	return Goto{Kind: ToReturn, Step: None, Outcome: outcome}
}

// onward leads to the next step, and reports a path on which there is none.
func (l *loader) onward(d *draft, outcome string) Goto {
	if !d.next.out {
		return d.next.to
	}
	after := ""
	if outcome != "" && outcome != outcomeDone {
		after = "after " + strconv.Quote(outcome)
	}
	l.runsOut(d, after)
	return l.ending(d)
}

// past is what comes after an empty handler: the next step. One after which
// there is none is reported itself.
func (l *loader) past(d *draft, h *handler, outcome string) Goto {
	if !d.next.out {
		return d.next.to
	}
	l.out = append(l.out, runOut{d: d, after: outcome, at: h.pos})
	return l.ending(d)
}

// runOut is a path on which nothing follows a step.
type runOut struct {
	d     *draft
	after string   // in words
	at    diag.Pos // of an empty handler; zero: the step's
}

func (l *loader) runsOut(d *draft, after string) {
	if after != "" {
		after = " " + after
	}
	l.out = append(l.out, runOut{d: d, after: after})
}

// edge is what follows an outcome: its handler, that of its parents, or what
// the language says. It is nil if that is not known.
func (l *loader) edge(d *draft, o Outcome) *Edge {
	for name := o.Name; name != ""; name = d.parent(name) {
		if h := d.handlers[name]; h != nil {
			return l.handled(d, h, o.Name)
		}
	}
	last := o.Name
	if o.Parent == outcomeFailed {
		last = o.Parent
	}
	return &Edge{To: l.unhandled(d, last), Pos: d.step.Pos}
}

// parent is the outcome that another goes to if nobody handles it.
func (d *draft) parent(outcome string) string {
	i := slices.IndexFunc(d.outcomes, func(o Outcome) bool { return o.Name == outcome })
	if i < 0 {
		return ""
	}
	return d.outcomes[i].Parent
}

// unhandled is where an outcome without a handler leads.
func (l *loader) unhandled(d *draft, outcome string) Goto {
	if outcome != outcomeFailed {
		if handsOver(d.step.Spec) && outcome == outcomeDone {
			return Goto{Kind: ToOver, Step: None}
		}
		return l.onward(d, outcome)
	}
	switch {
	case d.block.section.Quiet(), d.gone:
		return l.onward(d, outcome)
	case d.block.section == InOnError:
		return Goto{Kind: ToEnd, Step: None}
	}
	return Goto{Kind: ToError, Step: None}
}

// handled turns a handler into an edge; nil if where it leads is not known.
// path is the outcome, with .then and .else for each counted handler passed.
func (l *loader) handled(d *draft, h *handler, path string) *Edge {
	e := &Edge{Pos: h.pos, To: Goto{Step: None}}
	if len(path) > maxID {
		l.errorf(h.pos, ruleTooLarge, "counted handlers are nested too deep")
		e.To = l.ending(d)
		return e
	}
	switch {
	case h.counted:
		e.Counter, e.UpTo = d.step.ID+"/"+path, h.upTo
		e.Then, e.Else = l.handled(d, h.then, path+".then"), l.handled(d, h.els, path+".else")
	case h.loose:
		return nil
	case h.word == "repeat":
		e.To = Goto{Kind: ToRepeat, Step: d.step.Ref}
	case h.word == "return":
		e.To = l.returning(d, outcomeDone)
	case h.word != "":
		e.To = l.ending(d)
	case h.state != "":
		if e.To = (Goto{Kind: ToStep, Step: l.byState[h.state].entry()}); e.To.Step == None {
			d.loose = true // reported
			return nil
		}
	default:
		after, gone := d.next, d.gone
		if handsOver(d.step.Spec) && path[:min(4, len(path))] == outcomeDone {
			after, gone = follow{to: Goto{Kind: ToOver, Step: None}}, true
		}
		l.linkList(h.steps, after, gone)
		if len(h.steps) > 0 {
			e.To = Goto{Kind: ToStep, Step: h.steps[0].step.Ref}
		} else {
			e.To = l.past(d, h, path)
		}
	}
	return e
}

// follow is what comes after a step that does not leave.
type follow struct {
	to  Goto
	out bool // nothing comes: the path runs out
}
