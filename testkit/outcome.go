package testkit

import (
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// transfers waits until the call was handed over; nil is to anybody.
func (t *talk) transfers(to []ivr.Target) *Failure {
	step := t.seen.step
	if !t.until(func() bool { return t.seen.transferred != nil }) {
		return t.failAt(step, "the call to be transferred"+toWhom(to), t.instead(t.next), "")
	}
	got := t.seen.transferred.Target
	if len(to) > 0 && !slices.ContainsFunc(to, sameAs(got)) {
		return t.fail("the call to be transferred"+toWhom(to), "it was transferred to "+target(got), "").couldBe(renewal{text: targetText(got)})
	}
	return nil
}

// redirects waits until the call was sent elsewhere, unanswered; nil is to
// anybody.
func (t *talk) redirects(to []ivr.Target) *Failure {
	if !t.until(func() bool { return t.seen.redirected != nil }) {
		return t.fail("the call to be redirected"+toWhom(to), t.instead(t.next), "")
	}
	got := t.seen.redirected.Targets
	for _, want := range to {
		if !slices.ContainsFunc(got, sameAs(want)) {
			var items []string
			for _, is := range got {
				items = append(items, targetText(is))
			}
			return t.fail("the call to be redirected"+toWhom(to), "it was redirected to "+targets(got), "").couldBe(renewal{list: true, items: items})
		}
	}
	return nil
}

// rejects waits until the call was refused; an empty reason is any.
func (t *talk) rejects(why ivr.RejectReason) *Failure {
	if !t.until(func() bool { return t.seen.rejected != nil }) {
		return t.fail("the call to be rejected", t.instead(t.next), "")
	}
	if got := t.seen.rejected.Reason; why != "" && got != why {
		return t.fail("the call to be rejected as "+string(why), "it was rejected as "+string(got), "").couldBe(renewal{text: string(got)})
	}
	return nil
}

// ends waits until the call is over; an empty by is by anybody.
func (t *talk) ends(by ivr.EndedBy) *Failure {
	t.clock.RunFor(longest, func() bool { return t.over() || t.void() != nil })
	if !t.over() {
		return t.fail("the call to end", "it goes on", "")
	}
	if got := t.endedBy(); by != "" && got != by {
		return t.fail("the call to be ended by_"+string(by), "it was ended by_"+string(got), t.unended(by)).couldBe(renewal{text: "by_" + string(got)})
	}
	return t.check()
}

func (t *talk) unended(want ivr.EndedBy) string {
	if want == ivr.EndedByCaller && !t.hungUp {
		return "write hang_up where the caller hangs up"
	}
	return ""
}

// endedBy is how the flow saw the call end; the platform's word if no flow
// took the call.
func (t *talk) endedBy() ivr.EndedBy {
	if t.seen.began && t.seen.session.EndedBy != "" {
		return t.seen.session.EndedBy
	}
	if t.seen.end == nil {
		return ""
	}
	return t.seen.end.By
}

func toWhom(to []ivr.Target) string {
	if len(to) == 0 {
		return ""
	}
	return " to " + targets(to)
}

// sameAs compares targets; one without a kind fits any kind.
func sameAs(a ivr.Target) func(ivr.Target) bool {
	return func(b ivr.Target) bool {
		return strings.EqualFold(a.ID, b.ID) && (a.Kind == b.Kind || a.Kind == "" || b.Kind == "")
	}
}
