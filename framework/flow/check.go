package flow

// check runs the rules that look at the flow as a whole, in this order. The
// later ones rely on what the earlier ones found: they look at steps that can
// be reached only.
func (l *loader) check() {
	l.checkReach()
}

// checkReach marks the steps that some path leads to and reports the others.
func (l *loader) checkReach() {
	l.mark(l.flow.Start)
	for _, b := range l.states {
		if e := b.entry(); e != None && !l.drafts[e].reached {
			l.errorf(b.pos, ruleUnreachable, "nothing leads to the state %q; go to it, or take it out", b.name)
		}
	}
	for _, b := range l.allBlocks() {
		if b.section != InState {
			l.mark(b.entry())
		}
	}
}

func (l *loader) mark(from StepRef) {
	if from == None {
		return
	}
	todo := []StepRef{from}
	for len(todo) > 0 {
		d := l.drafts[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		if d.reached {
			continue
		}
		d.reached = true
		d.follows(func(to Goto, _ edgeInfo) {
			if to.Kind == ToStep || to.Kind == ToRepeat {
				todo = append(todo, to.Step)
			}
		})
	}
}

// edgeInfo says how a move came about.
type edgeInfo struct {
	outcome string // "" for a condition that does not hold
	bounded bool   // a counted handler limits how often it is taken
}

// follows calls yield for every move out of a step.
func (d *draft) follows(yield func(Goto, edgeInfo)) {
	if d.step.When != nil && !d.next.out {
		yield(d.next.to, edgeInfo{})
	}
	for _, outcome := range names(d.step.Edges) {
		d.step.Edges[outcome].walk(edgeInfo{outcome: outcome}, yield)
	}
}

func (e *Edge) walk(info edgeInfo, yield func(Goto, edgeInfo)) {
	if e.Counter == "" {
		yield(e.To, info)
		return
	}
	bounded := info
	bounded.bounded = true
	e.Then.walk(bounded, yield)
	e.Else.walk(info, yield)
}
