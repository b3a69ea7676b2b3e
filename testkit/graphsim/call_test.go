package graphsim_test

import (
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// A whole call: ring, answer, audio, subscription, prompt, key, cancel,
// hang-up.
func TestWholeCall(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ring(graphsim.Caller{})
	w.expect("created incoming")
	if a := w.act(c, "answer", answerBody); a.status != 202 || len(a.raw) != 0 {
		t.Fatalf("answer: %d %q, want 202 and no body", a.status, a.raw)
	}
	w.clock.forward(time.Second)
	w.expect("updated establishing", "updated established", "updated established audio=active")
	c.Press('7') // nobody has subscribed: lost
	w.must(c, "subscribeToTone", `{"clientContext":"1"}`)
	a := w.must(c, "playPrompt", play("2", w.file("menu.wav", 3*time.Second)))
	if got := a.body["status"]; got != "running" {
		t.Errorf("playPrompt: status %v, want running", got)
	}
	w.clock.forward(time.Second)
	c.Press('1')
	w.clock.forward(100 * time.Millisecond)
	w.must(c, "cancelMediaProcessing", `{"clientContext":"3"}`)
	w.clock.forward(time.Second)
	w.expect("updated established tone1", "deleted playPromptOperation failed operationCanceled 400/8508")
	heard := c.Heard()
	if len(heard) != 1 || heard[0].Played != 1100*time.Millisecond || !heard[0].Cancelled {
		t.Errorf("heard %+v, want one prompt cut off after 1.1s", heard)
	}
	w.must(c, "playPrompt", play("4", w.file("bye.wav", time.Second)))
	w.clock.forward(2 * time.Second)
	w.expect("deleted playPromptOperation completed completedSuccessfully 200/0")
	if a := w.send(w.request("DELETE", "/beta/communications/calls/"+string(c.ID()), "")); a.status != 204 {
		t.Errorf("DELETE: %d, want 204", a.status)
	}
	w.clock.forward(time.Second)
	w.expect("updated terminating", "deleted terminated 200/7000")
	if end, ok := c.Ended(); !ok || end.By != ivr.EndedByFlow {
		t.Errorf("ended %+v, want by the bot", end)
	}
}
