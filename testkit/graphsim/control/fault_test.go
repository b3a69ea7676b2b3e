package control_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// statusesOf are the answers that the bot got to an action.
func (b *phoneBot) statusesOf(action string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for _, s := range b.statuses {
		if name, status, _ := strings.Cut(s, " "); name == action {
			all = append(all, status)
		}
	}
	return all
}

// Requests fail as they were told to: with a status, without an answer, only
// once, executed all the same.
func TestRequestFaults(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		fault, status, log string
		played             bool
	}{
		{`{"on": "playPrompt", "status": 429, "retry_after": "1500ms", "code": "TooMany", "message": "slow down", "times": 1}`, "429", "answered 429", false},
		{`{"on": "playPrompt", "no_answer": true, "times": 1}`, "0", "no answer", false},
		{`{"on": "playPrompt", "no_answer": true, "executed": true, "times": 1}`, "0", "no answer, executed", true},
		{`{"on": "request", "nth": 3, "status": 503, "body": "<html>"}`, "503", "answered 503", false},
		{`{"on": "playPrompt", "delay": "10ms"}`, "200", "late by 10ms", true},
		{`{"on": "playPrompt", "chance": 0.000000001, "status": 500}`, "200", "", true},
	} {
		w.ask(http.MethodDelete, "/faults", "", nil)
		var f control.Fault
		w.ask(http.MethodPost, "/faults", tt.fault, &f)
		before := len(w.bot.statusesOf("playPrompt"))
		c := w.ring("", "audio")
		if tt.played {
			w.until(c.ID, "prompt")
		}
		e := w.log("kind=request&what=playPrompt&call=" + c.ID)[0]
		w.ask(http.MethodPost, "/calls/"+c.ID+"/hang_up", "", &c)
		w.bot.own.Wait()
		if got := w.bot.statusesOf("playPrompt")[before:]; !slices.Equal(got, []string{tt.status}) {
			t.Errorf("%s: the bot got %q", tt.fault, got)
		}
		if e.Fault != tt.log || fmt.Sprint(e.Status) != tt.status || len(c.Prompts) > 0 != tt.played {
			t.Errorf("%s: the log has %+v, and %d prompts were heard", tt.fault, e, len(c.Prompts))
		}
	}
	e := w.log("kind=request&what=playPrompt")[0]
	if e.Code != "TooMany" || e.Error != "slow down" {
		t.Errorf("the first fault is told as %+v", e)
	}
}

// A fault's answer has Graph's form and header.
func TestFaultAnswer(t *testing.T) {
	w := newWorld(t)
	w.ask(http.MethodPost, "/faults", `{"on": "get", "status": 429, "retry_after": "1500ms"}`, nil)
	w.ask(http.MethodPost, "/faults", `{"on": "token", "status": 500, "code": "server_error", "message": "again"}`, nil)
	for path, want := range map[string]string{
		"/v1.0/communications/calls/" + ann: `{"error":{"code":"UnknownError","innerError":`,
		"/tenant/oauth2/v2.0/token":         `{"error":"server_error","error_description":"again"}`,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := resp.Write(&text); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if !strings.Contains(text.String(), want) || resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") != "2" {
			t.Errorf("%s: %s", path, text.String())
		}
	}
}

// Callbacks are lost, repeated, late, empty, and overtake each other.
func TestCallbackFaults(t *testing.T) {
	w := newWorld(t)
	told := func(fault, keys, last string) []string {
		t.Helper()
		w.ask(http.MethodDelete, "/faults", "", nil)
		c := w.ring("", "prompt")
		w.ask(http.MethodPost, "/faults", fault, nil)
		before := len(w.bot.told())
		w.ask(http.MethodPost, "/calls/"+c.ID+"/press", `{"keys": "`+keys+`"}`, nil)
		n := w.log("call=" + c.ID + "&kind=event&what=tone_sent")[0].N
		w.log(fmt.Sprintf("call=%s&kind=callback&after=%d&%s", c.ID, n, last))
		for !strings.Contains(strings.Join(w.bot.told()[before:], " "), "tone"+keys[len(keys)-1:]) {
			n = w.log(fmt.Sprintf("kind=callback&after=%d", n))[0].N
		}
		w.ask(http.MethodPost, "/calls/"+c.ID+"/hang_up", "", nil)
		w.log(fmt.Sprintf("call=%s&kind=callback&what=terminated", c.ID))
		return w.bot.told()[before:]
	}
	tones := func(all []string) string {
		return strings.Join(slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, "tone") }), " ")
	}
	for _, tt := range []struct{ fault, want string }{
		{`{"on": "callback", "tells": "tone", "nth": 1, "lost": true}`, "tone5 tone6"},
		{`{"on": "callback", "tells": "tone", "nth": 1, "reorder": true}`, "tone5 tone4 tone6"},
		{`{"on": "callback", "tells": "tone", "nth": 2, "empty": true}`, "tone4 tone6"},
	} {
		if got := tones(told(tt.fault, "456", "what=tone")); got != tt.want {
			t.Errorf("%s: the bot heard %s, want %s", tt.fault, got, tt.want)
		}
	}
	w.ask(http.MethodDelete, "/faults", "", nil)
	c := w.ring("", "prompt")
	w.ask(http.MethodPost, "/faults", `{"on": "callback", "tells": "tone", "repeats": 2, "delay": "5ms"}`, nil)
	w.ask(http.MethodPost, "/calls/"+c.ID+"/press", `{"keys": "7"}`, nil)
	for list := []control.Entry(nil); len(list) < 3; {
		list = w.log("kind=callback&what=tone&call=" + c.ID)
	}
	if got := tones(w.bot.told()); !strings.HasSuffix(got, "tone7 tone7 tone7") {
		t.Errorf("the bot heard %s", got)
	}
	var info control.Info
	w.ask(http.MethodGet, "", "", &info)
	if info.Sum.Faults != 6 {
		t.Errorf("the sum is %+v", info.Sum)
	}
}

// The same seed lets the same callbacks fail.
func TestFaultSeed(t *testing.T) {
	run := func(seed string) string {
		w := newWorld(t)
		w.ask(http.MethodPost, "/reset", `{"seed": `+seed+`, "settings": {"latency": "0s", "establishing_delay": "0s", "established_delay": "0s", "audio_delay": "0s"},
			"faults": [{"on": "callback", "tells": "tone", "chance": 0.5, "lost": true}]}`, nil)
		c := w.ring("", "prompt")
		w.ask(http.MethodPost, "/calls/"+c.ID+"/press", `{"keys": "0456789045678904567890"}`, nil)
		var got strings.Builder
		for n := int64(0); got.Len() < 22; {
			for _, e := range w.log(fmt.Sprintf("kind=callback&what=tone&after=%d", n)) {
				got.WriteString(map[bool]string{true: "x", false: "."}[e.Fault == "lost"])
				n = e.N
			}
		}
		return got.String()
	}
	first := run("3")
	if again := run("3"); again != first || !strings.Contains(first, "x") || !strings.Contains(first, ".") {
		t.Errorf("with one seed %s and %s", first, again)
	}
	if other := run("4"); other == first {
		t.Errorf("with two seeds %s", other)
	}
}
