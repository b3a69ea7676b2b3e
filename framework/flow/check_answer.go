package flow

import "time"

// maxUnanswered is how long steps before the answer may wait in all. The
// platform gives up after 15 s, the runtime answers after 10.
const maxUnanswered = 8 * time.Second

// checkAnswer reports redirect and reject on paths that may have answered.
func (l *loader) checkAnswer() {
	answered := make([]bool, len(l.drafts)) // maybe, when the step begins
	var todo []*draft
	enter := func(d *draft) {
		if !answered[d.step.Ref] {
			answered[d.step.Ref] = true
			todo = append(todo, d)
		}
	}
	for _, d := range l.drafts {
		if d.reached && d.block.section == InOnError {
			enter(d)
		}
	}
	for _, d := range l.drafts {
		if !d.reached || !l.audio(d) {
			continue
		}
		d.follows(func(to Goto, how edgeInfo) {
			if next := l.stepOf(to); next != nil && how.outcome != "" {
				enter(next)
			}
		})
	}
	for len(todo) > 0 {
		d := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		d.follows(func(to Goto, _ edgeInfo) {
			if next := l.stepOf(to); next != nil {
				enter(next)
			}
		})
	}
	for _, d := range l.drafts {
		if !answered[d.step.Ref] || !d.reached || !l.refuses(d) {
			continue
		}
		what := d.verb.Name
		if c, ok := d.step.Spec.(*Call); ok {
			what = l.flow.Member(c.Flow).Name + ", which redirects or rejects,"
		}
		l.errorf(d.step.Pos, ruleAfterAnswer, "%s works only before the call is answered, and a path comes here that has answered it; use transfer or end", what)
	}
}

// checkLateAnswer adds up what the steps before the answer may wait.
func (l *loader) checkLateAnswer() {
	if l.flow.Start == None || l.flow.Kind != Incoming || l.unsure.kind {
		return
	}
	worst := make([]time.Duration, len(l.drafts)) // when the step begins, plus one
	start := l.drafts[l.flow.Start]
	worst[start.step.Ref] = 1
	for todo := []*draft{start}; len(todo) > 0; {
		d := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		call, calls := d.step.Spec.(*Call)
		if l.audio(d) && !calls {
			continue // the call is answered from here on
		}
		before := worst[d.step.Ref]
		after := before + d.unanswered()
		if calls {
			after += l.calleeOf(call).waits
		}
		l.sums.waits = max(l.sums.waits, after-1)
		if after-1 > maxUnanswered {
			l.errorf(d.step.Pos, ruleAnswerLate, "steps before the answer may wait %s in all, and this makes it %s; answer first, or lower the time-outs",
				short(maxUnanswered), short((after - 1).Round(time.Millisecond)))
			return
		}
		if l.audio(d) {
			continue
		}
		d.follows(func(to Goto, how edgeInfo) {
			at := after
			if how.outcome == "" {
				at = before
			}
			if next := l.stepOf(to); next != nil && at > worst[next.step.Ref] {
				worst[next.step.Ref] = at
				todo = append(todo, next)
			}
		})
	}
}

// audio reports whether a step takes the call first.
func (l *loader) audio(d *draft) bool {
	if call, ok := d.step.Spec.(*Call); ok {
		return l.calleeOf(call).audio
	}
	wait, ok := d.step.Spec.(*Wait)
	return d.verb.Audio || ok && (len(wait.Entries) > 0 || wait.People)
}

// unanswered is the longest time that a step may take before the answer.
func (d *draft) unanswered() time.Duration {
	if wait, ok := d.step.Spec.(*Wait); ok {
		return wait.For
	}
	if h, ok := d.step.Spec.(*HTTP); ok {
		return h.Request.Timeout
	}
	do, ok := d.step.Spec.(*Do)
	if !ok {
		return 0
	}
	a := do.Action
	if a.HTTP != nil {
		return a.Timeout // with all tries
	}
	total, wait := a.Timeout, a.Retry.Backoff.Std()
	for range a.Retry.Max {
		total += wait + a.Timeout
		wait *= 2
	}
	return total
}

// checkGone reports steps after a successful transfer that need the caller.
func (l *loader) checkGone() {
	for _, d := range l.drafts {
		if !d.gone {
			continue
		}
		if l.audio(d) || d.verb.Name == "redirect" || d.verb.Name == "reject" {
			l.errorf(d.step.Pos, ruleNoAudio, "%s cannot follow a transfer that succeeded: the caller is gone", d.verb.Name)
		}
		d.follows(func(to Goto, _ edgeInfo) {
			if next := l.stepOf(to); next != nil && !next.gone && to.Kind != ToError {
				l.errorf(d.step.Pos, ruleNoAudio, "after a transfer that succeeded the flow cannot go on to %s: the caller is gone", next.step.ID)
			}
		})
	}
	for _, d := range l.drafts {
		if !handsOver(d.step.Spec) || d.step.Edges[outcomeDone] == nil {
			continue
		}
		d.step.Edges[outcomeDone].walk(edgeInfo{}, func(to Goto, _ edgeInfo) {
			if next := l.stepOf(to); next != nil && !next.gone && !d.broken {
				l.errorf(d.step.Edges[outcomeDone].Pos, ruleNoAudio, "after a transfer that succeeded the flow cannot go on to %s: the caller is gone", next.step.ID)
			}
		})
	}
}
