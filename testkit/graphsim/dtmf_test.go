package graphsim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const (
	tonesSent = "deleted sendDtmfTonesOperation completed completedSuccessfully"
	tonesCut  = "deleted sendDtmfTonesOperation completed mediaOperationCanceled"
)

// The tones take their time, and come after what was queued before.
func TestSendTones(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	var sent []string
	w.sim.Observe(func(e graphsim.Event) {
		if e, ok := e.(graphsim.TonesSent); ok {
			sent = append(sent, fmt.Sprintf("%s %v %s", e.ClientContext, e.Keys, e.Between))
		}
	})
	w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
	a := w.must(c, "sendDtmfTones", `{"tones":["tone1","tone0","star","pound","d","flash"],"delayBetweenTonesMs":400,"clientContext":"2"}`)
	if a.status != 200 || a.body["status"] != "running" || a.body["clientContext"] != "2" || a.header.Get("Location") == "" {
		t.Errorf("answer %d %s", a.status, a.raw)
	}
	w.clock.forward(1100 * time.Millisecond)
	w.expect(completed)
	if got := strings.Join(sent, ", "); got != "2 [1 0 * # d] 500ms" {
		t.Errorf("sent %s", got)
	}
	w.clock.forward(2800 * time.Millisecond)
	w.expect()
	w.clock.forward(200 * time.Millisecond)
	w.expect(tonesSent)
}

func TestSendTonesCancelled(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.must(c, "sendDtmfTones", `{"tones":["tone1","tone2"],"delayBetweenTonesMs":1000}`)
	w.clock.forward(time.Second)
	w.must(c, "cancelMediaProcessing", "")
	w.clock.forward(10 * time.Second)
	w.expect(tonesCut)
}

func TestSendTonesRefused(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	for _, body := range []string{"", `{}`, `{"tones":[]}`, `{"tones":["1"]}`, `{"tones":["Tone1"]}`, `{"tones":[{"tone":"tone1"}]}`, `{"tones":"tone1"}`,
		`{"tones":["tone1"],"delayBetweenTonesMs":-1}`, `{"tones":["tone1"],"delayBetweenTonesMs":"300"}`, `{"tones":["tone1"],"delay":1}`,
		`{"tones":["tone1"],"clientContext":"` + strings.Repeat("x", 257) + `"}`} {
		if a := w.act(c, "sendDtmfTones", body); a.status != 400 {
			t.Errorf("%s: %d, want 400", body, a.status)
		}
	}
	w.clock.forward(10 * time.Second)
	w.expect()
}

// v1.0 has the action and its completionReason, too.
func TestSendTonesV1(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.version = "v1.0"
	w.must(c, "sendDtmfTones", `{"tones":["tone1"]}`)
	w.clock.forward(time.Second)
	w.expect(tonesSent)
}
