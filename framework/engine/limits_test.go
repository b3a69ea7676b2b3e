package engine_test

import (
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// notes counts the engine's remarks that hold a text.
func notes(cmds []ivr.Command, text string) int {
	n := 0
	for _, c := range cmds {
		if m, ok := c.(ivr.Mark); ok && strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

// pressing is a call whose audio is active, and a function that presses a key
// and lets a prompt that it cancels report.
func pressing(t *testing.T, f *flow.Flow) (engine.Session, func(engine.Session, ivr.Key, []ivr.Command) (engine.Session, []ivr.Command)) {
	t.Helper()
	seq := int64(0)
	step := func(s engine.Session, ev ivr.Event, all []ivr.Command) (engine.Session, []ivr.Command) {
		t.Helper()
		next, cmds, err := engine.Step(f, s, ev)
		if err != nil {
			t.Fatal(err)
		}
		return next, append(all, cmds...)
	}
	press := func(s engine.Session, k ivr.Key, all []ivr.Command) (engine.Session, []ivr.Command) {
		t.Helper()
		seq++
		s, all = step(s, ivr.ToneReceived{Head: head(), Key: k, Seq: seq}, all)
		if s.Media.Cancelled {
			s, all = step(s, ivr.OperationCompleted{Head: head(), Op: s.Media.Op}, all)
		}
		return s, all
	}
	s, _ := step(engine.New("s", f, nil), ivr.CallIncoming{Head: head(), Call: "c"}, nil)
	s, _ = step(s, ivr.CallChanged{Head: head(), State: ivr.StateEstablished, Audio: ivr.AudioActive}, nil)
	return s, press
}

// A step that fails without a wait and is repeated for ever must not keep Step
// from returning.
func TestRepeatWithoutWait(t *testing.T) {
	for name, main := range map[string]string{
		"transfer": `[{transfer: {user: "${who}", dynamic: true}, failed: repeat}]`,
		"guarded":  `[{transfer: {user: "${who}", dynamic: true}, when: "who != ''", failed: repeat}, end]`,
		"redirect": `[{redirect: {user: "${who}"}, dynamic: true, failed: repeat}]`,
	} {
		t.Run(name, func(t *testing.T) {
			f := load(t, "ivr: 1\nflow: again\nvars: {who: {type: string, default: nobody}}\nstart: main\nstates:\n  main: "+main+"\n")
			s := engine.New("s", f, nil)
			var all []ivr.Command
			for _, ev := range []ivr.Event{
				ivr.CallIncoming{Head: head(), Call: "c"},
				ivr.CallChanged{Head: head(), State: ivr.StateEstablished, Audio: ivr.AudioActive},
			} {
				next, cmds, err := engine.Step(f, s, ev)
				if err != nil {
					t.Fatal(err)
				}
				s, all = next, append(all, cmds...)
			}
			if got := notes(all, "refused"); got < 100 || got > 101 { // one more if the first try waited for audio
				t.Errorf("%d tries, want the 100 steps without a wait", got)
			}
			if got := notes(all, "limit reached"); got != 1 || s.EndedBy != ivr.EndedByLimit {
				t.Errorf("%d limits, ended by %q; want one limit", got, s.EndedBy)
			}
		})
	}
}

// A handler that says repeat counts as a step even if the step waits each time.
func TestRepeatCountsSteps(t *testing.T) {
	f := load(t, `
ivr: 1
flow: again
limits: {steps: 10}
prompts: {ask: "Press 1.", bye: "Goodbye."}
start: main
states:
  main: [{menu: ask, tries: 20, keys: {1: end, 2: repeat}, gave_up: end}]
`)
	s, press := pressing(t, f)
	var all []ivr.Command
	for range 15 {
		s, all = press(s, '2', all)
	}
	if got := notes(all, "10 steps"); got != 1 {
		t.Errorf("15 repeats with a limit of 10 steps met %d limits, want 1", got)
	}
	s, press = pressing(t, f)
	all = nil
	for range 15 {
		s, all = press(s, '9', all) // a failed try is no new step
	}
	if got := notes(all, "limit"); got != 0 {
		t.Errorf("15 failed tries met %d limits, want none", got)
	}
}

// What follows a repeat in the same event begins anew, and counts as a step.
func TestRepeatThenNext(t *testing.T) {
	f := load(t, `
ivr: 1
flow: again
prompts: {hello: "Hello.", ask: "Press 1."}
start: main
states:
  main: [{play: hello}, {goto: first}]
  first: [{menu: ask, keys: {1: second, 9: repeat}, gave_up: end}]
  second: [{menu: ask, tries: 3, keys: {1: first, 2: second}, gave_up: end}]
`)
	s, press := pressing(t, f)
	for _, k := range []ivr.Key{'9', '1', '7', '2', '7', '1', '9', '1'} {
		s, _ = press(s, k, nil)
	}
	s, _, err := engine.Step(f, s, ivr.OperationCompleted{Head: head(), Op: s.Media.Op})
	// play, goto, first, repeat, second, again second, first, repeat, second
	if err != nil || s.Steps != 9 || s.Input.NoMatches != 0 || s.State != "second.1/prompting" {
		t.Errorf("%d steps, %d failed tries in %s, %v; want 9 and none", s.Steps, s.Input.NoMatches, s.State, err)
	}
}

// Thirty keys that were typed ahead are thirty waits, however many steps each
// of them leads through.
func TestTypedAheadIsNoLoop(t *testing.T) {
	f := load(t, `
ivr: 1
flow: ahead
prompts: {hello: "Hello.", ask: "Press 1.", bye: "Goodbye."}
vars: {n: {type: number, default: 0}}
start: first
states:
  first: [{play: hello}, {goto: main}]
  main:
    - menu: ask
      keys: {1: count}
      gave_up: end
  count: [{set: {n: "${n + 1}"}}, {tag: a}, {tag: b}, {tag: c}, {goto: main}]
`)
	s, press := pressing(t, f)
	var all []ivr.Command
	for range 30 {
		s, all = press(s, '1', all)
	}
	next, cmds, err := engine.Step(f, s, ivr.OperationCompleted{Head: head(), Op: s.Media.Op})
	if err != nil || notes(cmds, "limit") > 0 || next.Vars["n"] != 30.0 {
		t.Errorf("30 keys: n = %v, %d limits, %v; want 30 and no limit", next.Vars["n"], notes(cmds, "limit"), err)
	}
}
