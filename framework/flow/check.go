package flow

import (
	"slices"
	"strings"
)

// check runs the rules that look at the flow as a whole. What a fault left
// unsure they take for right. What nobody uses is said of flows that are all
// there: what is missing may use it.
func (l *loader) check() {
	l.checkReach()
	l.checkUnreached()
	l.checkRunsOut()
	whole := !l.list.HasErrors()
	for _, rule := range []func(){
		l.checkSinks, l.checkKeys, l.checkGone, l.checkLoops, l.checkAnswer, l.checkLateAnswer, l.checkDialled, l.checkUnset, l.checkTargets,
		l.checkWayOut, l.checkCaller, l.checkMenus, l.checkTranslations, l.checkRecorded,
	} {
		rule()
	}
	l.summarize()
	if whole {
		l.checkUnused()
	}
}

// edgeInfo says how a move came about.
type edgeInfo struct {
	outcome string // "" for a condition that does not hold
	bounded bool   // a counted handler limits how often it is taken
}

// follows calls yield for every move out of a step that is sure.
func (d *draft) follows(yield func(Goto, edgeInfo)) {
	if d.step.When != nil && !d.next.out && !d.blank {
		yield(d.next.to, edgeInfo{})
	}
	for _, outcome := range names(d.step.Edges) {
		d.step.Edges[outcome].walk(edgeInfo{outcome: outcome}, yield)
	}
}

func (e *Edge) walk(info edgeInfo, yield func(Goto, edgeInfo)) {
	if e == nil {
		return
	}
	if e.Counter == "" {
		yield(e.To, info)
		return
	}
	bounded := info
	bounded.bounded = true
	e.Then.walk(bounded, yield)
	e.Else.walk(info, yield)
}

// step is the step a move leads to; nil if it leads to none.
func (l *loader) stepOf(to Goto) *draft {
	switch to.Kind {
	case ToStep, ToRepeat:
		return l.drafts[to.Step]
	case ToError:
		if l.flow.OnError != None {
			return l.drafts[l.flow.OnError]
		}
	case ToEnd, ToReturn, ToOver:
	}
	return nil
}

// checkUnreached reports states and steps that no path leads to; of several
// steps in a row the first.
func (l *loader) checkUnreached() {
	for _, b := range l.states {
		if e := b.entry(); e != None && !l.drafts[e].reached {
			l.errorf(b.pos, ruleUnreachable, "nothing leads to the state %q; go to it, or take it out", b.name)
		}
	}
	for _, b := range l.allBlocks() {
		l.unreachedIn(b.steps)
	}
}

func (l *loader) unreachedIn(steps []*draft) {
	for i, d := range steps {
		if !d.reached {
			if i == 0 {
				return // reported, if nothing leads to the state
			}
			l.errorf(d.step.Pos, ruleUnreachableStep, "this step is never reached: the one before it always leaves")
			for _, after := range steps[i:] {
				after.dead = true
			}
			return
		}
		for _, o := range d.outcomes {
			l.unreachedAfter(d.handlers[o.Name])
		}
	}
}

func (l *loader) unreachedAfter(h *handler) {
	switch {
	case h == nil:
	case h.counted:
		l.unreachedAfter(h.then)
		l.unreachedAfter(h.els)
	default:
		l.unreachedIn(h.steps)
	}
}

// checkRunsOut reports paths on which nothing follows.
func (l *loader) checkRunsOut() {
	for _, out := range l.out {
		switch {
		case out.d.broken || out.d.dead:
		case out.at.Line > 0:
			l.errorf(out.at, rulePathRunsOut, "an empty handler goes on with the next step, and there is none after %q; write a state, end, or steps that leave", out.after)
		default:
			l.errorf(out.d.step.Pos, rulePathRunsOut, "nothing follows this step%s; end the path with goto, transfer or end", out.after)
		}
	}
}

// waits reports whether a call rests in the step.
func (d *draft) waits() bool {
	entry := d.step.Spec.entry()
	return entry != PhaseNone
}

// checkLoops reports steps that lead back to themselves without a wait and
// without a counted handler.
func (l *loader) checkLoops() {
	const (
		unseen = iota
		open
		closed
	)
	color := make([]uint8, len(l.drafts))
	var path []*draft
	var visit func(d *draft)
	visit = func(d *draft) {
		color[d.step.Ref] = open
		path = append(path, d)
		d.follows(func(to Goto, how edgeInfo) {
			next := l.stepOf(to)
			if next == nil || how.bounded || l.rests(next) {
				return
			}
			switch color[next.step.Ref] {
			case unseen:
				visit(next)
			case open:
				l.loop(path, next)
			}
		})
		path = path[:len(path)-1]
		color[d.step.Ref] = closed
	}
	for _, d := range l.drafts {
		if d.reached && !l.rests(d) && color[d.step.Ref] == unseen {
			visit(d)
		}
	}
}

// rests reports whether a call rests in the step, or in the flow that it calls.
func (l *loader) rests(d *draft) bool {
	if call, ok := d.step.Spec.(*Call); ok {
		m := l.family.members[call.Flow]
		return m == nil || !m.loaded || !m.quick(call.At)
	}
	return d.waits()
}

// quick reports whether the flow, from a state or its start, may come back
// without a rest. One of which that is being found out is taken to rest.
func (l *loader) quick(at string) bool {
	if known, ok := l.quicks[at]; ok {
		return known
	}
	l.quicks[at] = false
	start := l.flow.Start
	if b := l.byState[at]; b != nil {
		start = b.entry()
	}
	seen := make([]bool, len(l.drafts))
	found := false
	var visit func(ref StepRef)
	visit = func(ref StepRef) {
		if ref == None || seen[ref] || found || l.rests(l.drafts[ref]) {
			return
		}
		seen[ref] = true
		l.drafts[ref].follows(func(to Goto, _ edgeInfo) {
			found = found || to.Kind == ToReturn
			if to.Kind == ToStep || to.Kind == ToRepeat {
				visit(to.Step)
			}
		})
	}
	visit(start)
	l.quicks[at] = found
	return found
}

func (l *loader) loop(path []*draft, back *draft) {
	var ids []string
	for _, d := range path[slices.Index(path, back):] {
		ids = append(ids, d.step.ID)
	}
	l.errorf(back.step.Pos, ruleEndlessLoop, "these steps go round without waiting for the caller: %s; let one of them wait, or count with up_to",
		strings.Join(ids, ", "))
}

// checkWayOut warns of states from which no path leads to a person or the
// end.
func (l *loader) checkWayOut() {
	back := make([][]StepRef, len(l.drafts))
	good := make([]bool, len(l.drafts))
	var todo []StepRef
	for _, d := range l.drafts {
		leaves := d.loose || l.leaves(d)
		d.follows(func(to Goto, _ edgeInfo) {
			leaves = leaves || to.Kind == ToEnd || to.Kind == ToOver || to.Kind == ToReturn
			if to.Kind == ToStep || to.Kind == ToRepeat {
				back[to.Step] = append(back[to.Step], d.step.Ref)
			}
		})
		if leaves {
			good[d.step.Ref] = true
			todo = append(todo, d.step.Ref)
		}
	}
	for len(todo) > 0 {
		ref := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range back[ref] {
			if !good[from] {
				good[from] = true
				todo = append(todo, from)
			}
		}
	}
	for _, b := range l.states {
		if e := b.entry(); e != None && !good[e] && l.drafts[e].reached {
			l.warnf(b.pos, ruleNoWayOut, "from the state %q no path leads to a person or to the end of the call", b.name)
		}
	}
}
