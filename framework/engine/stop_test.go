package engine_test

import (
	"errors"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

const stopFlow = `
ivr: 1
flow: stop
prompts: {ask: "Press 1 to be put through.", bye: "Goodbye.", sorry: "Sorry."}
start: main
states:
  main: [{menu: ask, keys: {1: person}, gave_up: bye}]
  person: [{transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: bye}]
  bye: [{play: bye}, end]
on_error: [{play: sorry}, end]
on_end: [{log: "${call.ended_by}"}]
`

// reached is a session that has come to a state by these events. An operation
// without an id is the prompt that plays.
func reached(t *testing.T, evs ...ivr.Event) engine.Session {
	t.Helper()
	f := load(t, stopFlow)
	s := engine.New("s", f, nil)
	for _, ev := range evs {
		switch e := ev.(type) {
		case ivr.OperationCompleted:
			e.Op = s.Media.Op
			ev = e
		case ivr.OperationFailed:
			e.Op = s.Media.Op
			ev = e
		}
		var err error
		if s, _, err = engine.Step(f, s, ev); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func hangUps(cmds []ivr.Command) int {
	n := 0
	for _, c := range cmds {
		switch c.(type) {
		case ivr.HangUp, ivr.Reject:
			n++
		}
	}
	return n
}

var (
	comes  = ivr.CallIncoming{Head: head(), Call: "c"}
	talks  = ivr.CallChanged{Head: head(), State: ivr.StateEstablished, Audio: ivr.AudioActive}
	leaves = ivr.CallTerminated{Head: head()}
)

// A call that is stopped from outside is hung up without a word, and on_end
// tells why. A transfer, and what is ending anyway, is left alone.
func TestStop(t *testing.T) {
	one := ivr.ToneReceived{Head: head(), Key: '1', Seq: 1}
	played := ivr.OperationCompleted{Head: head()}
	broken := ivr.OperationFailed{Head: head(), Result: ivr.Result{Reason: ivr.ReasonMedia}}
	for name, c := range map[string]struct {
		events  []ivr.Event
		state   string
		hangUps int
	}{
		"not begun":    {nil, "idle", 0},
		"unanswered":   {[]ivr.Event{comes}, "main.1/prompting", 1},
		"in a prompt":  {[]ivr.Event{comes, talks}, "main.1/prompting", 1},
		"in on_error":  {[]ivr.Event{comes, talks, broken}, "on_error.1/playing", 1},
		"transferring": {[]ivr.Event{comes, talks, one, played}, "person.1/transferring", 0},
		"over":         {[]ivr.Event{comes, talks, leaves}, "ended", 0},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := load(t, stopFlow), reached(t, c.events...)
			if s.State != c.state {
				t.Fatalf("state %s, want %s", s.State, c.state)
			}
			next, cmds := engine.Stop(f, s, head().At)
			if got := hangUps(cmds); got != c.hangUps {
				t.Fatalf("in state %s: %d hang-ups, want %d: %v", s.State, got, c.hangUps, cmds)
			}
			if c.hangUps == 0 {
				if next.State != s.State || len(cmds) > 0 {
					t.Errorf("state %s became %s with %v, want nothing", s.State, next.State, cmds)
				}
				return
			}
			again, more := engine.Stop(f, next, head().At)
			if again.State != next.State || len(more) > 0 {
				t.Errorf("a second stop changes %s to %s: %v", next.State, again.State, more)
			}
			end, last, err := engine.Step(f, next, leaves)
			if err != nil || !end.Over() || end.EndedBy != ivr.EndedByShutdown || logged(last) != "shutdown" {
				t.Errorf("end %s by %q, log %q, %v; want shutdown", end.State, end.EndedBy, logged(last), err)
			}
		})
	}
}

func logged(cmds []ivr.Command) string {
	text := ""
	for _, c := range cmds {
		if m, ok := c.(ivr.Mark); ok && m.Kind == "log" && m.Name != "engine" {
			text += m.Text
		}
	}
	return text
}

// What is abandoned is over, and hung up if there is a call.
func TestAbandon(t *testing.T) {
	for name, c := range map[string]struct {
		events  []ivr.Event
		hangUps int
	}{
		"not begun":   {nil, 0},
		"in a prompt": {[]ivr.Event{comes, talks}, 1},
	} {
		s := reached(t, c.events...)
		before := len(s.Timers)
		next, cmds := engine.Abandon(s, head().At)
		if got := hangUps(cmds); !next.Over() || got != c.hangUps || next.EndedBy != ivr.EndedByError || len(next.Timers) > 0 {
			t.Errorf("%s: state %s by %q, %d hang-ups, timers %v", name, next.State, next.EndedBy, got, next.Timers)
		}
		if len(s.Timers) != before {
			t.Errorf("%s: the old session was written to", name)
		}
		if again, more := engine.Abandon(next, head().At); !again.Over() || len(more) > 0 {
			t.Errorf("%s: a second time: %v", name, more)
		}
	}
}

// Abandon needs nothing of the flow, wherever the session is.
func TestAbandonSubFlow(t *testing.T) {
	fsys := fstest.MapFS{
		"main.ivr.yaml": {Data: []byte("ivr: 1\nflow: main\nconfig: {desk: {type: string}}\nstart: s\nstates: {s: [{call: sub}, {log: '${config.desk}'}, end]}\n")},
		"sub.ivr.yaml":  {Data: []byte("ivr: 1\nflow: sub\nprompts: {hello: Hello.}\nstart: s\nstates: {s: [{play: hello}, return]}\n")},
	}
	f, list, err := flow.Load(fsys, "main.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	s, _, _ := engine.Step(f, engine.New("s", f, map[string]any{"desk": "5"}), comes)
	if len(s.Frames) != 1 {
		t.Fatalf("no sub-flow runs: %v", s)
	}
	s, cmds := engine.Abandon(s, head().At)
	if !s.Over() || !slices.ContainsFunc(cmds, func(c ivr.Command) bool { _, ok := c.(ivr.HangUp); return ok }) {
		t.Errorf("over: %v, commands %v", s.Over(), cmds)
	}
}

// A transfer that a fault left behind may yet happen: no other is sent beside it.
func TestTransferLeftBehind(t *testing.T) {
	f := load(t, `
ivr: 1
flow: main
start: main
states:
  main: [{transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: [{log: "${result.reason}"}, end]}]
on_error: {goto: main}
`)
	s := engine.New("s", f, nil)
	for _, ev := range []ivr.Event{comes, talks} {
		s, _, _ = engine.Step(f, s, ev)
	}
	s, cmds := engine.Fail(f, s, head().At, errors.New("a panic"))
	for _, c := range cmds {
		if _, again := c.(ivr.Transfer); again {
			t.Errorf("transferred twice: %v", cmds)
		}
	}
	if notes(cmds, "unknown_result") != 1 {
		t.Errorf("the second transfer does not say that the first is unknown: %v", cmds)
	}
	s, _, _ = engine.Step(f, s, ivr.CallTerminated{Head: head(), Result: ivr.Result{Subcode: 7015, Reason: ivr.ReasonTransferred}})
	if !s.Over() {
		t.Errorf("it goes on in %s", s.State)
	}
}

// So may a redirect that a fault left behind.
func TestRedirectLeftBehind(t *testing.T) {
	f := load(t, `
ivr: 1
flow: main
prompts: {sorry: "Sorry."}
start: main
states:
  main: [{redirect: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: end}]
on_error: [{play: sorry}, end]
`)
	s, cmds, _ := engine.Step(f, engine.New("s", f, nil), comes)
	var op ivr.OpID
	for _, c := range cmds {
		if c, ok := c.(ivr.Redirect); ok {
			op = c.Op
		}
	}
	s, _ = engine.Fail(f, s, head().At, errors.New("a panic"))
	s, _, err := engine.Step(f, s, ivr.OperationAccepted{Head: head(), Op: op})
	if err != nil {
		t.Error(err)
	}
	s, _, err = engine.Step(f, s, ivr.CallTerminated{Head: head(), Result: ivr.Result{Code: 302}})
	if err != nil || !s.Over() || s.EndedBy != ivr.EndedByRedirect {
		t.Errorf("ended by %s in %s, %v", s.EndedBy, s.State, err)
	}
}

// A flow that calls somebody is stopped while it waits to call again, and while a
// phone rings.
func TestStopOutgoing(t *testing.T) {
	f := family(t, callsOut)
	wanted, _, _ := engine.Step(f, engine.New("s", f, nil), ivr.CallWanted{Head: head()})
	busy := ivr.CallTerminated{Head: ivr.Head{At: head().At, Leg: wanted.Consult.Leg}, Result: ivr.Result{Code: 486, Reason: ivr.ReasonBusy}}
	waiting, _, _ := engine.Step(f, wanted, busy)
	ringing, _, _ := engine.Step(f, wanted, ivr.CallCreated{Head: ivr.Head{At: head().At, Leg: wanted.Consult.Leg}, Call: "d"})
	for what, s := range map[string]engine.Session{"waiting": waiting, "ringing": ringing} {
		next, cmds := engine.Stop(f, s, head().At)
		hungUp := slices.ContainsFunc(cmds, func(c ivr.Command) bool { _, ok := c.(ivr.HangUp); return ok })
		if !next.Over() || next.EndedBy != ivr.EndedByShutdown || hungUp != (what == "ringing") {
			t.Errorf("%s: over %v, by %s, hung up %v: %v", what, next.Over(), next.EndedBy, hungUp, cmds)
		}
	}
}
