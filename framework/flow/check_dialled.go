package flow

import "slices"

// checkDialled reports steps of an outgoing flow or one for meetings that need a
// call on paths on which there is none, and such that dial or join on paths on
// which there is one.
func (l *loader) checkDialled() {
	if l.flow.Kind == Incoming || l.flow.Start == None {
		return
	}
	without := l.along([]*draft{l.drafts[l.flow.Start]}, func(d *draft, outcome string) bool { return !answers(d, outcome) })
	var first []*draft
	for _, d := range l.drafts {
		d.follows(func(to Goto, how edgeInfo) {
			if next := l.stepOf(to); next != nil && d.reached && answers(d, how.outcome) {
				first = append(first, next)
			}
		})
	}
	// What may lead anywhere may lead to a step that nothing else leads to.
	loose := slices.ContainsFunc(l.drafts, func(d *draft) bool { return d.reached && d.loose })
	with := l.along(first, func(*draft, string) bool { return true })
	for _, d := range l.drafts {
		switch ref := d.step.Ref; {
		case !d.reached, d.broken:
		case without[ref] && d.step.Section == InState && l.audio(d):
			missing := "nobody has answered; dial first, and come here from answered"
			if l.flow.Kind == Meeting {
				missing = "the bot is in no meeting; join first, and come here from done"
			}
			l.errorf(d.step.Pos, ruleNoCall, "%s needs a call, and a path comes here on which %s", d.verb.Name, missing)
		case (with[ref] || !without[ref] && !loose) && l.dials(d) && l.flow.Kind == Meeting:
			l.errorf(d.step.Pos, ruleNoCall, "%s joins a meeting, and a path comes here on which the bot is in one already; a flow has one call, and invite brings in others", d.verb.Name)
		case (with[ref] || !without[ref] && !loose) && l.dials(d):
			l.errorf(d.step.Pos, ruleNoCall, "%s calls somebody, and a path comes here on which there is a call already; a flow has one call, and transfer with kind: consult brings in others", d.verb.Name)
		}
	}
}

// answers reports whether there is a call once a step ends with an outcome.
func answers(d *draft, outcome string) bool {
	return d.verb.Name == "dial" && outcome == "answered" || d.verb.Name == "join" && outcome == outcomeDone
}

// along says of each step, by its number, whether a path leads to it from one of
// the first ones, on which all moves go on. A move to on_error does not.
func (l *loader) along(first []*draft, goesOn func(d *draft, outcome string) bool) []bool {
	led := make([]bool, len(l.drafts))
	var todo []*draft
	enter := func(d *draft) {
		if !led[d.step.Ref] {
			led[d.step.Ref] = true
			todo = append(todo, d)
		}
	}
	for _, d := range first {
		enter(d)
	}
	for len(todo) > 0 {
		d := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		d.follows(func(to Goto, how edgeInfo) {
			if next := l.stepOf(to); next != nil && to.Kind != ToError && goesOn(d, how.outcome) {
				enter(next)
			}
		})
	}
	return led
}

// dials reports whether a step makes the flow's call.
func (l *loader) dials(d *draft) bool {
	if call, ok := d.step.Spec.(*Call); ok {
		return l.calleeOf(call).dials
	}
	return d.verb.Name == "dial" || d.verb.Name == "join"
}
