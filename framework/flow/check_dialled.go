package flow

// checkDialled reports steps of an outgoing flow that need a call on paths on
// which dial was not answered.
func (l *loader) checkDialled() {
	if l.flow.Kind != Outgoing || l.flow.Start == None {
		return
	}
	without := make([]bool, len(l.drafts)) // there may be no call when the step begins
	var todo []*draft
	enter := func(d *draft) {
		if !without[d.step.Ref] {
			without[d.step.Ref] = true
			todo = append(todo, d)
		}
	}
	enter(l.drafts[l.flow.Start])
	for len(todo) > 0 {
		d := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		d.follows(func(to Goto, how edgeInfo) {
			if next := l.stepOf(to); next != nil && to.Kind != ToError && (d.verb.Name != "dial" || how.outcome != "answered") {
				enter(next)
			}
		})
	}
	for _, d := range l.drafts {
		if without[d.step.Ref] && d.reached && !d.broken && d.step.Section == InState && l.audio(d) {
			l.errorf(d.step.Pos, ruleNoCall, "%s needs a call, and a path comes here on which nobody has answered; dial first, and come here from answered", d.verb.Name)
		}
	}
	for _, d := range l.drafts {
		if d.verb.Name == "dial" && d.reached && !without[d.step.Ref] && !d.broken {
			l.errorf(d.step.Pos, ruleNoCall, "there is a call already on every path that comes here; a flow has one call, and transfer with kind: consult brings in others")
		}
	}
}
