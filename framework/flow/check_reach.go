package flow

// checkReach marks the steps that some path leads to, or may lead to after a
// fault.
func (l *loader) checkReach() {
	r := &reach{l: l}
	r.enter(l.flow.Start)
	for _, b := range l.allBlocks() {
		if b.section != InState || b.apart {
			r.enter(b.entry())
		}
	}
	if l.flow.Start == None || l.unsure.anywhere {
		r.everywhere()
	}
	r.run()
}

// reach is a walk over all paths.
type reach struct {
	l     *loader
	todo  []*draft
	every bool // all states were entered
}

func (r *reach) enter(ref StepRef) {
	if ref != None && !r.l.drafts[ref].reached {
		r.l.drafts[ref].reached = true
		r.todo = append(r.todo, r.l.drafts[ref])
	}
}

// everywhere enters all states.
func (r *reach) everywhere() {
	if r.every {
		return
	}
	r.every = true
	for _, b := range r.l.states {
		r.enter(b.entry())
	}
}

func (r *reach) run() {
	for len(r.todo) > 0 {
		d := r.todo[len(r.todo)-1]
		r.todo = r.todo[:len(r.todo)-1]
		d.follows(func(to Goto, _ edgeInfo) {
			if next := r.l.stepOf(to); next != nil {
				r.enter(next.step.Ref)
			}
		})
		if d.loose {
			r.everywhere()
			r.enter(d.next.step())
		}
	}
}

// step is the step that follows; None if there is none.
func (f follow) step() StepRef {
	if f.out || f.to.Kind != ToStep {
		return None
	}
	return f.to.Step
}
