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
	for _, v := range []any{
		ivr.StartTimer{Timer: 7, After: ivr.Duration(1500 * time.Millisecond), Why: "first_key"}, ivr.StartTimer{}, ivr.StartTimer{Why: `a "quoted" \ word`},
		ivr.StartTimer{Why: "é\n"}, ivr.StopTimer{Timer: -1}, ivr.Moved{Trigger: "ok", State: "main.1/prompting"},
		ivr.Moved{Flow: "flows/pin", Trigger: "<b>&", State: "x"}, ivr.Moved{Flow: "\x00"},
		ivr.TimerExpired{Head: ivr.Head{At: at, Leg: "b7"}, Timer: 3}, ivr.TimerExpired{}, ivr.TimerExpired{Head: ivr.Head{At: at.UTC()}},
	} {
		var quicker, plain bytes.Buffer
		done := quick(&quicker, v)
		name := ""
		switch v := v.(type) {
		case ivr.Command:
			name = commandName(v)
		case ivr.Event:
			name = eventName(v)
		}
		enc := json.NewEncoder(&plain)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(map[string]any{name: v}); err != nil {
			t.Fatal(err)
		}
		if want := plain.String(); done && quicker.String()+"\n" != want {
			t.Errorf("%#v\n is %s\nwant %s", v, quicker.String(), want)
		}
		if !done && quicker.Len() > 0 {
			t.Errorf("%#v: half written", v)
		}
	}
	var buf bytes.Buffer
	if !quick(&buf, ivr.StartTimer{Why: "first_key"}) || quick(&buf, ivr.Mark{}) {
		t.Error("quick does not do what it is for, or more")
	}
}
