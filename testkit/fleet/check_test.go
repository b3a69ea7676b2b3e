package fleet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// tone is the callback of a key.
func tone(seq int64) []byte {
	return fmt.Appendf(nil, `{"value":[{"resourceData":{"state":"established","toneInfo":{"sequenceId":%d,"tone":"tone8"}}}]}`, seq)
}

// What must not be is found, and nothing else is.
func TestReport(t *testing.T) {
	head := graphsim.Head{At: time.Now(), Call: "c1"}
	sent := graphsim.ToneSent{Head: head, Key: keyBusy, Seq: 1}
	acked := graphsim.Notified{Head: head, Body: tone(1), Status: 202}
	handed := graphsim.Transferring{Head: head, Target: ivr.Target{Kind: ivr.PartyUser, ID: busyDesk}}
	for _, tt := range []struct {
		name   string
		events []graphsim.Event
		result Result
		notes  int
		want   string // kinds of faults
	}{
		{"all is well", []graphsim.Event{sent, acked, handed}, Well, 0, ""},
		{"handed over twice", []graphsim.Event{sent, acked, handed, handed}, Well, 0, "doubled"},
		{"handed over twice, as asked", []graphsim.Event{sent, acked, handed, graphsim.ToneSent{Head: head, Key: keyBusy, Seq: 2}, handed}, Well, 0, ""},
		{"handed over unasked", []graphsim.Event{handed}, Well, 0, "doubled"},
		{"a key in vain asks for nothing", []graphsim.Event{graphsim.ToneLost{Head: head, Key: keyBusy}, handed}, Well, 0, "doubled"},
		{"a note unasked", nil, Well, 1, "doubled"},
		{"a key forgotten", []graphsim.Event{sent, acked}, Forgotten, 0, "lost"},
		{"silence", nil, Silent, 0, "silent"},
		{"no end", nil, Endless, 0, "endless"},
		{"an early end", nil, CutOff, 0, "cut off"},
		{"the bot was away", nil, Unserved, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHistory(0)
			h.observe(graphsim.Ringing{Head: head, Caller: ivr.Party{ID: "somebody"}})
			for _, e := range tt.events {
				h.observe(e)
			}
			for range tt.notes {
				h.told("somebody", keyNote, true)
			}
			h.told("nobody", keyNote, true)
			h.change("c1", func(c *Call) { c.Result = tt.result })
			r := h.Report()
			var got []string
			for _, f := range r.Faults {
				got = append(got, f.Kind)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %q", r.Faults, tt.want)
			}
		})
	}
}

// Callbacks are told apart by what they say.
func TestCallbacks(t *testing.T) {
	h := newHistory(0)
	head := graphsim.Head{Call: "c1"}
	for _, state := range []string{"incoming", "established", "terminated"} {
		body := fmt.Appendf(nil, `{"value":[{"resourceData":{"state":%q}}]}`, state)
		h.observe(graphsim.CallbackFailed{Head: head, Body: body})
		if state == "incoming" {
			h.observe(graphsim.Notified{Head: head, Body: body})
		}
	}
	h.observe(graphsim.ToneSent{Head: head, Key: '1', Seq: 4})
	h.observe(graphsim.ToneSent{Head: head, Key: '2', Seq: 5})
	h.observe(graphsim.CallbackFailed{Head: head, Body: tone(5)})
	c := h.of("c1")
	if c.Rung != Acked || c.EndTold != Failed || c.Presses[0].Ack != Unsent || c.Presses[1].Ack != Failed {
		t.Errorf("got %s", c.story())
	}
}
