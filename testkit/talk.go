package testkit

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// talk is one call as a test plays it. Its methods act for the caller, and say
// what went wrong, nil if nothing did.
type talk struct {
	*world
	strict bool // prompts that the test does not name may not pass
	next   int  // the first prompt that the test has not dealt with, in seen.heard
	acted  int  // the first prompt since the caller last pressed keys or spoke, in seen.heard
	paused bool // the caller has listened or waited since the last key
	busy   bool // the caller did something that the flow may still react to
	hungUp bool
}

// longest is more than any call lasts, by the limits of flows.
const longest = flow.MaxCallLimit + time.Hour

// dial begins a call.
func dial(f *flow.Flow, g Given, o Options) (*talk, error) {
	w, err := newWorld(calledWith(withSchedules(f, g.Schedules), g.Params), g, o)
	if err != nil {
		return nil, err
	}
	return &talk{world: w}, w.ring()
}

// finish brings the call to its end: the flow may react to what the caller did
// last, then the caller hangs up.
func (t *talk) finish() *Failure {
	if t.busy {
		t.clock.RunFor(keysArrive, func() bool { return !t.seen.typing() || t.over() || t.void() != nil })
		t.until(t.seen.takesKeys)
	}
	if f := t.check(); f != nil {
		return f
	}
	if t.seen.end == nil && t.seen.connected {
		t.seen.say(byCaller, "hangs up, since the test is over")
		t.line().HangUp()
	}
	t.clock.RunFor(longest, func() bool { return t.over() || t.void() != nil })
	if f := t.check(); f != nil || t.over() {
		return f
	}
	return t.fail("the flow to end after the caller hung up", "it goes on", "")
}

// alive says that the caller cannot do something because the call is over.
func (t *talk) alive(what string) *Failure {
	if f := t.check(); f != nil {
		return f
	}
	switch {
	case t.line() == nil || !t.seen.connected:
		return t.fail("the caller to "+what, "nobody has been called", "let the test hear a prompt first")
	case t.seen.end == nil:
		return nil
	}
	return t.fail("the caller to "+what, "the call was over, ended by_"+string(t.endedBy()), "")
}

// check says what makes the test void.
func (t *talk) check() *Failure {
	err := t.void()
	if err == nil {
		return nil
	}
	if u, ok := errors.AsType[unasked](err); ok {
		return t.newFailure(u.step, "", err.Error(), u.mend())
	}
	if u, ok := errors.AsType[unanswered](err); ok {
		return t.newFailure(u.step, "", err.Error(), u.mend())
	}
	return t.newFailure(t.seen.step, "", err.Error(), "")
}

// fail is a failure at the present step of the flow, unless the test is void:
// then that is the failure.
func (t *talk) fail(expected, instead, mend string) *Failure {
	return t.failAt(t.seen.step, expected, instead, mend)
}

// failAt is fail with the step at which the test began to wait. It is the
// place that matters if the call has ended meanwhile.
func (t *talk) failAt(step *flow.Step, expected, instead, mend string) *Failure {
	if f := t.check(); f != nil {
		f.Expected = expected
		return f
	}
	switch {
	case !t.over():
		step = t.seen.step
	case step == nil:
		step = t.flow.Steps[t.flow.Start]
	}
	return t.newFailure(step, expected, instead, mend)
}

// instead tells what was heard from a prompt on, and how it ended.
func (t *talk) instead(from int) string {
	const most = 4
	all := t.seen.heard[min(from, len(t.seen.heard)):]
	var words, parts []string
	for _, h := range all[:min(most, len(all))] {
		words = append(words, called(h.part))
	}
	if n := len(all) - most; n > 0 {
		words = append(words, fmt.Sprintf("%d more", n))
	}
	if len(words) > 0 {
		parts = append(parts, "heard "+list(words))
	}
	if t.over() {
		parts = append(parts, "the call was ended by_"+string(t.endedBy()))
	}
	if len(parts) == 0 {
		return "nothing happened"
	}
	return strings.Join(parts, "; then ")
}
