package engine_test

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
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
	case ivr.HTTPRequest:
		return c.Op, "HTTP"
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
		{"redirect", "{redirect: {user: " + user + "}, failed: end}", []ivr.Event{comes}, []string{"Redirect 12s"}},
		{"transfer", "{transfer: {user: " + user + "}, failed: end}", []ivr.Event{comes, talks}, []string{"Answer 30s", "Transfer 1m0s"}},
		{"play of a recording", "{record: message, consent: announced, empty: end, failed: end}, {play: message}, end",
			[]ivr.Event{comes, talks, recorded(8), ivr.RecordingSaved{Head: head(), Op: 10, ID: "rec", Length: ivr.Duration(time.Minute)}},
			[]string{"Answer 30s", "Subscribe 20s", "Record 1m15s", "Fetch 1m0s", "Play 10m10s"}},
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
	f := load(t, "ivr: 1\nflow: long\nstart: main\nstates:\n  main: [{play: {say: \"A text of some length, which takes a while to say.\"}}, end]\n")
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

// A transfer whose result is unknown has 10 s from then. A redirect has them too,
// but must be given up while there is still time to answer the call.
func TestUnknownDeadline(t *testing.T) {
	for _, c := range []struct {
		step        string
		after, want time.Duration
	}{
		{"transfer", 3 * time.Second, 13 * time.Second}, {"redirect", 0, 10 * time.Second},
		{"redirect", 3 * time.Second, 12 * time.Second}, {"redirect", 11500 * time.Millisecond, 12500 * time.Millisecond},
	} {
		step := c.step
		f := load(t, "ivr: 1\nflow: doubt\nstart: main\nstates:\n  main: [{"+step+": {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: end}]\n")
		s, _, _ := engine.Step(f, engine.New("s", f, nil), comes)
		s, _, _ = engine.Step(f, s, talks)
		at := ivr.Head{At: head().At.Add(c.after)}
		op := s.Ops[len(s.Ops)-1].ID
		s, _, err := engine.Step(f, s, ivr.OperationUnknown{Head: at, Op: op})
		for _, timer := range s.Timers {
			if timer.Op == op && timer.Why == "deadline" && timer.Due.Sub(head().At) != c.want || err != nil {
				t.Errorf("%s, unknown after %v: given up after %v, %v; want %v", step, c.after, timer.Due.Sub(head().At), err, c.want)
			}
		}
	}
}

// A file's length is that of its header.
func TestFileDeadline(t *testing.T) {
	wav := append([]byte("RIFF\x24\xfa\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x00\xfa\x00\x00"),
		make([]byte, 64000)...) // 2 s
	f, list, err := flow.Load(fstest.MapFS{
		"flow.ivr.yaml": {Data: []byte("ivr: 1\nflow: file\nstart: main\nstates:\n  main: [{play: {file: two.wav}}, end]\n")},
		"two.wav":       {Data: wav},
	}, "flow.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	s, _, _ := engine.Step(f, engine.New("s", f, nil), comes)
	s, cmds, _ := engine.Step(f, s, talks)
	for _, c := range cmds {
		if play, ok := c.(ivr.PlayPrompt); ok && (len(play.Parts) != 1 || play.Parts[0].Audio == "" || play.Parts[0].Length != ivr.Duration(2*time.Second)) {
			t.Errorf("the parts are %+v, want a file of 2s", play.Parts)
		}
	}
	if s.Media.Op == 0 {
		t.Errorf("nothing plays: %v", cmds)
	}
}
