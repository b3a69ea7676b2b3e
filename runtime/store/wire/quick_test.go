package wire

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// What is written without encoding/json is what that would write.
func TestQuick(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 123456789, time.FixedZone("", 3600))
	head := ivr.Head{At: at, Leg: "b7"}
	quickly := 0
	for _, v := range []any{
		ivr.StartTimer{Timer: 7, After: ivr.Duration(1500 * time.Millisecond), Why: "first_key"}, ivr.StartTimer{}, ivr.StartTimer{Why: `a "quoted" \ word`},
		ivr.StartTimer{Why: "é\n", After: 1500}, ivr.StopTimer{Timer: -1}, ivr.Moved{Trigger: "ok", State: "main.1/prompting"},
		ivr.Moved{Flow: "flows/pin", Trigger: "<b>&", State: "x"}, ivr.Moved{Flow: "\x00"},
		ivr.TimerExpired{Head: head, Timer: 3}, ivr.TimerExpired{}, ivr.TimerExpired{Head: ivr.Head{At: at.UTC()}},
		ivr.ToneReceived{Head: head, Key: '#', Seq: 4}, ivr.ToneReceived{}, ivr.ToneReceived{Key: 'é'},
		ivr.OperationAccepted{Head: head, Op: 3, Remote: "0fe0", Length: ivr.Duration(time.Minute)}, ivr.OperationAccepted{},
		ivr.OperationCompleted{Head: head, Op: 3, Remote: "0fe0", Result: ivr.Result{Code: 200, Subcode: 1, Reason: "x", Message: "\"Done\" <\xff>."}},
		ivr.OperationCompleted{}, ivr.OperationCompleted{Recording: &ivr.RecordingRef{Location: "x"}},
		ivr.PlayPrompt{}, ivr.PlayPrompt{Parts: []ivr.Part{}}, ivr.PlayPrompt{Op: 1, Leg: "l", Loop: true, Parts: []ivr.Part{{}, {Key: "k", Text: "é", SSML: true,
			Audio: "a", Silence: 5, Recording: "r", Joined: []ivr.Part{{Key: "j"}, {}}, Locale: "de", Voice: "v", Length: 6, Sensitive: true, Words: "w", Continued: true}}},
	} {
		name := ""
		switch v := v.(type) {
		case ivr.Command:
			name = commandName(v)
		case ivr.Event:
			name = eventName(v)
		}
		got, done, err := quick(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			quickly++
		}
		if want := plainly(t, map[string]any{name: v}); done && string(got) != want {
			t.Errorf("%#v\n is %s\nwant %s", v, got, want)
		}
		if !done && len(got) > 0 {
			t.Errorf("%#v: half written", v)
		}
	}
	if quickly < 20 {
		t.Errorf("only %d were written quickly", quickly)
	}
	if _, done, _ := quick(nil, ivr.Mark{}); done {
		t.Error("quick does more than it is for")
	}
}

// A time that JSON cannot hold is an error, and nothing is half written.
func TestQuickTime(t *testing.T) {
	for _, at := range []time.Time{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 24*3600))} {
		b, err := AppendEvents([]byte("x"), []ivr.Event{ivr.TimerExpired{}, ivr.TimerExpired{Head: ivr.Head{At: at}}})
		if err == nil {
			t.Errorf("%s was stored as %s", at, b)
		}
	}
}

// plainly is what encoding/json writes, without escapes for HTML.
func plainly(t *testing.T, v any) string {
	t.Helper()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return buf.String()[:buf.Len()-1]
}
