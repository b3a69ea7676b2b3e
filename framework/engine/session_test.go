package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// The keys of a sensitive entry are in its variable and nowhere else.
func TestSensitiveKeysAreForgotten(t *testing.T) {
	for decl, want := range map[string]string{
		"{type: digits, length: 2}":                     "12",
		"{type: digits, length: 2, sensitive: true}":    "",
		"{type: digits, length: 2, sensitive: last4}":   "",
		"{type: digits, length: 2, sensitive: once}":    "",
		"{type: digits, length: 2..3, sensitive: once}": "",
	} {
		f := load(t, `
ivr: 1
flow: pin
prompts: {ask: "Enter it.", bye: "Goodbye."}
vars: {pin: `+decl+`}
start: main
states:
  main: [{collect: pin, prompt: ask, gave_up: end}, {play: bye}, end]
`)
		s, press := pressing(t, f)
		for _, k := range []ivr.Key{'1', '2', '#'} {
			s, _ = press(s, k, nil)
		}
		if s.Vars["pin"] != "12" || s.Result.Keys != want || len(s.Input.Keys) > 0 {
			t.Errorf("%s: pin %v, result.keys %q, input %v; want 12, %q and none", decl, s.Vars["pin"], s.Result.Keys, s.Input.Keys, want)
		}
	}
}

// The keys of a sensitive entry do not outlive it in the session, whatever
// follows.
func TestSensitiveKeysBeforeAction(t *testing.T) {
	f := load(t, `
ivr: 1
flow: pin
vars: {pin: {type: digits, length: 2, sensitive: true}}
actions: {look: {in: [pin], outcomes: [ok], timeout: 3s}}
start: main
states:
  main: [{collect: pin, gave_up: end}, {do: look, failed: end}, end]
`)
	s, press := pressing(t, f)
	s, _ = press(s, '1', nil)
	s, _ = press(s, '2', nil)
	if len(s.Input.Keys) > 0 || s.State != "main.2/acting" {
		t.Errorf("in %s the session holds the keys %v", s.State, s.Input.Keys)
	}
}

// The session knows when the call was answered, when it ended and how.
func TestTimes(t *testing.T) {
	f := load(t, pinFlow)
	s := engine.New("s", f, nil)
	at := func(d time.Duration) ivr.Head { return ivr.Head{At: head().At.Add(d)} }
	gone := ivr.Result{Code: 200, Subcode: 4521, Reason: ivr.ReasonHungUp}
	var cmds []ivr.Command
	for _, ev := range []ivr.Event{
		ivr.CallIncoming{Head: at(0), Call: "c", ChainID: "chain", Scenario: "scenario", Tenant: "t", Caller: ivr.Party{ID: "a"}, Called: ivr.Party{ID: "b"}},
		ivr.CallChanged{Head: at(2 * time.Second), State: ivr.StateEstablished, Audio: ivr.AudioActive},
		ivr.CallTerminated{Head: at(9 * time.Second), Result: gone},
	} {
		var err error
		if s, cmds, err = engine.Step(f, s, ev); err != nil {
			t.Fatal(err)
		}
	}
	if s.Started != at(0).At || s.Answered != at(2*time.Second).At || s.Ended != at(9*time.Second).At {
		t.Errorf("started %v, answered %v, ended %v; want 0 s, 2 s and 9 s", s.Started, s.Answered, s.Ended)
	}
	if s.Leg.Call != "c" || s.ChainID != "chain" || s.Scenario != "scenario" || s.Tenant != "t" || s.Caller.ID != "a" || s.Called.ID != "b" {
		t.Errorf("the session does not know its call: %+v", s)
	}
	if last, ok := cmds[len(cmds)-1].(ivr.Finish); !ok || s.End != gone || last.Result != gone {
		t.Errorf("the session ended with %v, and said %+v", s.End, cmds[len(cmds)-1])
	}
}

// What is no telephone number in E.164 form, and no object id, never reaches the
// platform as a target.
func TestTargets(t *testing.T) {
	const id = "5f0c7c7e-0000-4000-8000-000000000001"
	for _, c := range []struct {
		kind, to string
		sent     bool
	}{
		{"phone", "+442071838750", true}, {"phone", "+1234567", true}, {"phone", "+123456789012345", true},
		{"phone", "442071838750", false}, {"phone", "00442071838750", false}, {"phone", "+042071838750", false},
		{"phone", "+123456", false}, {"phone", "+1234567890123456", false}, {"phone", "+44 2071838750", false},
		{"phone", "+44207183875x", false}, {"phone", "x+442071838750", false}, {"phone", id, false}, {"phone", "", false},
		{"user", id, true}, {"user", strings.ToUpper(id), true}, {"application", id, true},
		{"user", "+442071838750", false}, {"user", id + "0", false}, {"user", "x" + id, false}, {"user", id[1:], false}, {"user", "", false},
	} {
		f := load(t, `
ivr: 1
flow: target
vars: {to: {type: string, default: "`+c.to+`"}}
start: main
states:
  main: [{transfer: {`+c.kind+`: "${to}", dynamic: true}, failed: end}]
`)
		s, _, _ := engine.Step(f, engine.New("s", f, nil), comes)
		s, cmds, err := engine.Step(f, s, talks)
		sent := slices.ContainsFunc(cmds, func(cmd ivr.Command) bool {
			to, ok := cmd.(ivr.Transfer)
			return ok && to.Target == (ivr.Target{Kind: ivr.PartyKind(c.kind), ID: c.to}) && to.Dynamic
		})
		if err != nil || sent != c.sent || !sent && s.Result.Reason != ivr.ReasonNotAllowed {
			t.Errorf("%s %q: sent %t, %s, %v; want %t", c.kind, c.to, sent, s.Result.Reason, err, c.sent)
		}
	}
}

// Expressions see the flow's part of the configuration; what is not there is a
// fault of the flow.
func TestConfig(t *testing.T) {
	const user = "5f0c7c7e-0000-4000-8000-000000000001"
	f := load(t, `
ivr: 1
flow: desk
config: {desk: {type: string, default: ""}}
start: main
states:
  main: [{transfer: {user: "${config.desk}"}, failed: end}]
`)
	for name, config := range map[string]map[string]any{"set": {"desk": user}, "none": nil} {
		s := engine.New("s", f, config)
		s, _, _ = engine.Step(f, s, comes)
		s, cmds, err := engine.Step(f, s, talks)
		i := slices.IndexFunc(cmds, func(c ivr.Command) bool { _, ok := c.(ivr.Transfer); return ok })
		switch {
		case (err == nil) != (config != nil), (i >= 0) != (config != nil):
			t.Errorf("%s: %v, %v in %s", name, cmds, err, s.State)
		case i >= 0 && cmds[i].(ivr.Transfer).Target.ID != user:
			t.Errorf("%s: %v", name, cmds[i])
		}
	}
}

// What is said of an operation that has neither our id nor a name of the
// platform's is said of none.
func TestOperationWithoutName(t *testing.T) {
	f := load(t, pinFlow)
	s, _ := pressing(t, f)
	for _, ev := range []ivr.Event{ivr.OperationCompleted{Head: head()}, ivr.OperationFailed{Head: head(), Result: ivr.Result{Code: 500}}} {
		if next, cmds, err := engine.Step(f, s, ev); len(cmds) > 0 || err != nil || len(next.Parked) > 0 {
			t.Errorf("%T brought %v, %v and parked %v", ev, cmds, err, next.Parked)
		}
	}
}

// A tone that is no key is none: its number tells nothing.
func TestToneWithoutKey(t *testing.T) {
	f := load(t, pinFlow)
	s, _ := pressing(t, f)
	if next, cmds, err := engine.Step(f, s, ivr.ToneReceived{Head: head(), Seq: 7}); len(cmds) > 0 || err != nil || len(next.Tones.Seen) > 0 {
		t.Errorf("it brought %v, %v and was seen as %v", cmds, err, next.Tones.Seen)
	}
}

// A flow of another version is not run.
func TestOtherVersion(t *testing.T) {
	f, other := load(t, pinFlow), load(t, stopFlow)
	s, _ := pressing(t, f)
	next, cmds, err := engine.Step(other, s, leaves)
	if err == nil || len(cmds) > 0 || next.State != s.State {
		t.Errorf("state %s, %v, %v; want an error and nothing else", next.State, cmds, err)
	}
}

// Fail is what follows when an event could not be applied: on_error.
func TestFail(t *testing.T) {
	f := load(t, stopFlow)
	for name, evs := range map[string][]ivr.Event{"in a call": {comes, talks}, "over": {comes, leaves}} {
		s := reached(t, evs...)
		over := s.Over()
		next, cmds := engine.Fail(f, s, head().At, errors.New("nil map"))
		if over {
			if len(cmds) > 0 || next.State != s.State {
				t.Errorf("%s: %v, state %s", name, cmds, next.State)
			}
			continue
		}
		if next.State != "on_error.1/playing" || next.Media.Op == 0 || notes(cmds, "event parked: nil map") != 1 || next.Result.Reason != ivr.ReasonService {
			t.Errorf("%s: state %s, %v, %+v", name, next.State, cmds, next.Result)
		}
	}
}

// Ends of operations that nobody knows are kept for a while, not for ever.
func TestParkedIsBounded(t *testing.T) {
	f := load(t, pinFlow)
	s, _ := pressing(t, f)
	for i := range 50 {
		var err error
		if s, _, err = engine.Step(f, s, ivr.OperationCompleted{Head: head(), Remote: string(rune('A' + i))}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Parked); n != 4 {
		t.Errorf("%d ends are parked, want the last 4", n)
	}
}
