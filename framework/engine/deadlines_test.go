package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// deadlines plays a call and gives the deadline of each command that is an
// operation, in the form "Play 11s".
func deadlines(t *testing.T, steps string, evs ...ivr.Event) []string {
	t.Helper()
	f := load(t, `
ivr: 1
flow: deadlines
prompts: {pause: "Wait."}
vars: {message: {type: recording}, long_one: {type: recording}}
actions:
  quick: {outcomes: [ok], timeout: 3s}
  again: {outcomes: [ok], timeout: 3s, retry: {max: 2, backoff: 500ms}, waiting: {silence: 4s}}
start: main
states:
  main: [`+steps+`]
`)
	s := engine.New("s", f, nil)
	var got []string
	for _, ev := range evs {
		var cmds []ivr.Command
		var err error
		if s, cmds, err = engine.Step(f, s, ev); err != nil {
			t.Fatal(err)
		}
		for _, c := range cmds {
			op, name := operation(c)
			for _, timer := range s.Timers {
				if op != 0 && timer.Op == op && timer.Why == "deadline" {
					got = append(got, fmt.Sprint(name, " ", timer.Due.Sub(head().At)))
				}
			}
		}
	}
	return got
}

// operation is the id of a command that reports how it ended.
func operation(cmd ivr.Command) (ivr.OpID, string) {
	switch c := cmd.(type) {
	case ivr.Answer:
		return c.Op, "Answer"
	case ivr.Reject:
		return c.Op, "Reject"
	case ivr.Redirect:
		return c.Op, "Redirect"
	case ivr.SubscribeToTone:
		return c.Op, "Subscribe"
	case ivr.PlayPrompt:
		return c.Op, "Play"
	case ivr.RecordResponse:
		return c.Op, "Record"
	case ivr.CancelMedia:
		return c.Op, "Cancel"
	case ivr.Transfer:
		return c.Op, "Transfer"
	case ivr.HangUp:
		return c.Op, "HangUp"
	case ivr.KeepAlive:
		return c.Op, "KeepAlive"
	case ivr.ReadCall:
		return c.Op, "Read"
	case ivr.FetchRecording:
		return c.Op, "Fetch"
	case ivr.JoinRecordings:
		return c.Op, "Join"
	case ivr.RunAction:
		return c.Op, "Action"
	case ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
	}
	return 0, ""
}

// Every operation has a deadline: a prompt its length and 10 s, a recording its
// most and 15 s, a chunk of one also the time that the chunk before it may take.
func TestDeadlines(t *testing.T) {
	const user = "5f0c7c7e-0000-4000-8000-000000000001"
	recorded := func(op ivr.OpID) ivr.Event {
		return ivr.OperationCompleted{Head: head(), Op: op, Recording: &ivr.RecordingRef{Location: "x", Why: ivr.RecordMaxDuration}}
	}
	for _, c := range []struct {
		name, steps string
		events      []ivr.Event
		want        []string
	}{
		{"answer, play", "{play: {silence: 7s}}, end", []ivr.Event{comes, talks}, []string{"Answer 30s", "Play 17s"}},
		{"several parts", "{play: [{silence: 7s}, {silence: 500ms}, {silence: 1s}]}, end", []ivr.Event{comes, talks}, []string{"Answer 30s", "Play 18.5s"}},
		{"hang up", "{play: {silence: 1s}}, end", []ivr.Event{comes, talks, ivr.OperationCompleted{Head: head(), Op: 6}}, []string{"Answer 30s", "Play 11s", "HangUp 10s"}},
		{"reject", "reject", []ivr.Event{comes}, []string{"Reject 20s"}},
		{"redirect", "{redirect: {user: " + user + "}, failed: end}", []ivr.Event{comes}, []string{"Redirect 15s"}},
		{"transfer", "{transfer: {user: " + user + "}, failed: end}", []ivr.Event{comes, talks}, []string{"Answer 30s", "Transfer 1m0s"}},
		{"record", "{record: message, consent: announced, max: 40s, initial_silence: 9s, empty: end, failed: end}, end", []ivr.Event{comes, talks},
			[]string{"Answer 30s", "Subscribe 20s", "Record 55s"}},
		{"chunks", "{record: message, consent: announced, max: 40s, keep_on_hangup: {every: 12s}, empty: end, failed: end}, end",
			[]ivr.Event{comes, talks, recorded(8)}, []string{"Answer 30s", "Subscribe 20s", "Record 27s", "Fetch 1m0s", "Record 39s"}},
		{"action", "{do: quick, failed: end}, end", []ivr.Event{comes}, []string{"Action 5s"}},
		{"action with retries", "answer, {do: again, failed: end}, end", []ivr.Event{comes, talks}, []string{"Answer 30s", "Action 12.5s"}},
	} {
		if got := deadlines(t, c.steps, c.events...); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// A prompt's deadline counts from when the platform took it, with the length
// that was measured then; a text's is estimated before.
func TestPlayDeadline(t *testing.T) {
	f := load(t, "ivr: 1\nflow: long\nprompts: {hello: \"A text of some length, which takes a while to say.\"}\nstart: main\nstates:\n  main: [{play: hello}, end]\n")
	s, _ := pressing(t, f)
	due := func() time.Duration {
		for _, timer := range s.Timers {
			if timer.Op == s.Media.Op {
				return timer.Due.Sub(head().At)
			}
		}
		return 0
	}
	if d := due(); d < 12*time.Second || d > 16*time.Second {
		t.Errorf("a text of some four seconds has %v", d)
	}
	taken := ivr.Head{At: head().At.Add(2 * time.Second)}
	s, _, _ = engine.Step(f, s, ivr.OperationAccepted{Head: taken, Op: s.Media.Op, Length: ivr.Duration(30 * time.Second)})
	if d := due(); d != 42*time.Second {
		t.Errorf("a prompt of 30s that was taken after 2s has %v, want 42s", d)
	}
}
