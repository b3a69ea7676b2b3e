package prove

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

const striking = `ivr: 1
flow: generated
limits: {steps: STEPS}
prompts: {sorry: Sorry.}
vars: {n: {type: number, default: 0}}
actions: {act: {in: [n], outcomes: [good, bad, odd]}}
start: begin
states:
  begin: [answer, {goto: again}]
  again:
    - do: act
      bad: repeat
      odd: twice
      good: over
      failed: end
  twice: [{milestone: odd}, {goto: again}]
  over: [{set: {n: 1}}, {milestone: good}, {set: {n: 0}}, end]
on_error: [{switch: [{when: n > 0, then: end}]}, {play: sorry}, end]
invariants:
  - never: play(sorry) after act.good
  - always: n == 0 at end
`

// The limit of steps strikes between two steps, too. What breaks only there is not
// called proved. That it does is found by playing.
func TestLimitOfStepsBetweenSteps(t *testing.T) {
	prove := func(src string) *Report {
		f := loaded(t, src)
		if f == nil {
			t.Fatal("it is no flow")
		}
		r, err := Run(context.Background(), f, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	src := strings.Replace(striking, "STEPS", "20", 1)
	r := prove(src)
	happens := map[int]bool{}
	for bad := range 20 {
		for i := range playedBad(t, src, bad).broken {
			happens[i] = true
		}
	}
	if !happens[0] || !happens[1] {
		t.Fatalf("neither invariant breaks if the limit strikes: %v", happens)
	}
	for _, p := range r.Properties[len(r.Properties)-2:] {
		if p.Verdict != Open || !strings.Contains(p.Why, "as many steps as the flow allows") {
			t.Errorf("%s: %s, %s", p.Text, p.Verdict, p.Why)
		}
	}
	// Where so many steps cannot be taken, it is proved.
	for old, by := range map[string]string{"bad: repeat": "bad: over", "odd: twice": "odd: over"} {
		src = strings.Replace(src, old, by, 1)
	}
	r = prove(strings.Replace(src, "  twice: [{milestone: odd}, {goto: again}]\n", "", 1))
	for _, p := range r.Properties[len(r.Properties)-2:] {
		if p.Verdict != Proved {
			t.Errorf("without a way round: %s: %s, complete %t, %s", p.Text, p.Verdict, r.Complete, r.Why)
		}
	}
}

// playedBad is a call in which the action goes badly so often, and then well.
func playedBad(t *testing.T, src string, bad int) *brute {
	t.Helper()
	b := newBrute(loaded(t, src))
	do := func(text string) {
		for _, e := range b.may() {
			if e.text == text {
				b.happens(e)
				return
			}
		}
	}
	do("rings")
	do("connected")
	for range bad {
		do("act bad")
	}
	do("act good")
	if b.s.Over() || b.s.Leg.Gone {
		return b
	}
	b.tell(ivr.CallTerminated{Head: ivr.Head{At: b.now.Add(time.Second)}, Result: ivr.Result{Reason: ivr.ReasonHungUp}})
	return b
}
