package control_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// The log can be followed as lines of JSON and as server-sent events, from
// wherever the reader was, and ends with the simulator.
func TestStream(t *testing.T) {
	w := newWorld(t)
	c := w.ring("", "prompt")
	w.ask(http.MethodPost, "/calls/"+c.ID+"/hang_up", "", nil)
	first := w.log("kind=event&what=ended")[0]
	for _, accept := range []string{"", "text/event-stream"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/control/log/stream?kind=event", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", accept)
		r.Header.Set("Last-Event-ID", fmt.Sprint(first.N-1))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		next := func() control.Entry {
			t.Helper()
			for lines.Scan() {
				text, ok := strings.CutPrefix(lines.Text(), "data: ")
				if accept != "" && !ok {
					continue
				}
				var e control.Entry
				if err := json.Unmarshal([]byte(text), &e); err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				w.valid("openapi.json#/components/schemas/Entry", []byte(text))
				return e
			}
			t.Fatalf("the stream ended: %v", lines.Err())
			return control.Entry{}
		}
		if got := next(); got.N != first.N || got.What != "ended" {
			t.Errorf("the stream begins with %+v", got)
		}
		w.ring("", "prompt")
		for got := next(); got.What != "prompt_started"; got = next() {
			if got.Kind != "event" {
				t.Errorf("the stream has %+v", got)
			}
		}
		if accept != "" {
			w.server.Close()
			for lines.Scan() {
			}
			if lines.Err() != nil {
				t.Errorf("the stream ended with %v", lines.Err())
			}
		}
	}
}

// The log counts without a gap, tells every event, and is read on from where
// the last answer ended.
func TestLog(t *testing.T) {
	w := newWorld(t)
	c := w.ring(`{"script": [{"when": "prompt", "press": "3"}]}`, "ended")
	if c.Ended.By != "bot" {
		t.Errorf("ended %+v", c.Ended)
	}
	w.log("kind=callback&what=terminated")
	var all control.Log
	var names []string
	for after := int64(0); ; after = all.Next {
		w.ask(http.MethodGet, fmt.Sprintf("/log?limit=3&after=%d", after), "", &all)
		if len(all.Entries) == 0 {
			break
		}
		for i, e := range all.Entries {
			if e.N != after+int64(i)+1 || len(all.Entries) > 3 {
				t.Errorf("after %d comes %+v", after, e)
			}
			names = append(names, e.Kind+" "+e.What)
		}
	}
	for _, want := range []string{"event ringing", "callback incoming", "request token", "request answer", "event answered", "callback establishing", "callback established",
		"callback audio", "event audio_active", "request subscribeToTone", "event subscribed", "request playPrompt", "download prompt", "event prompt_started",
		"event tone_sent", "callback tone", "request delete", "event prompt_ended", "event ended", "callback terminated", "control ring"} {
		if !slices.Contains(names, want) {
			t.Errorf("the log has no %q in %q", want, names)
		}
	}
}

// What is told of an entry fits on a line, whatever the bot sent.
func TestLines(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	w := newWorld(t, func(c *control.Config) {
		c.Tell = func(e control.Entry) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, e.Line())
		}
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/%1b[2Jx%0ay", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	c := w.ring(`{"caller": {"id": "+441632960123"}}`, "prompt")
	mu.Lock()
	defer mu.Unlock()
	all := strings.Join(lines, "\n")
	if strings.ContainsAny(all, "\x1b") || strings.Count(all, "\n") != len(lines)-1 {
		t.Errorf("%q", all)
	}
	for _, want := range []string{"request unknown 404 ResourceNotFound", "<- request answer 202", "-> callback incoming 202", "prompt started", "welcome.wav", c.ID[:8], "+441632960123"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
}

// A token that another simulator of this bot gave is good until its end, and
// none that is forged or over.
func TestTokensOverRestart(t *testing.T) {
	first := newWorld(t)
	token := first.bot.bearer(t.Context())
	first.server.Close()
	second := newWorld(t)
	over := newWorld(t, func(c *control.Config) { c.Setup.Settings.AccessTokenLife = time.Nanosecond }).bot
	parts := strings.Split(token, ".")
	for _, tt := range []struct {
		token string
		want  int
	}{
		{token, http.StatusNotFound}, // of the call
		{token + "x", http.StatusUnauthorized},
		{parts[0] + "." + parts[1] + ".", http.StatusUnauthorized},
		{over.bearer(t.Context()), http.StatusUnauthorized},
		{"x.y.z", http.StatusUnauthorized},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, second.url+"/v1.0/communications/calls/"+ann, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+tt.token)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("the token %s: %d, want %d", tt.token, resp.StatusCode, tt.want)
		}
	}
}

// People are named, and addresses are as they were sent.
func TestLinesOfEvents(t *testing.T) {
	for want, detail := range map[string]map[string]any{
		"prompt started, uri https://bot.example/a.wav?e=1&k=2": {"uri": "https://bot.example/a.wav?e=1&k=2"},
		"prompt started, who user ann":                          {"who": map[string]any{"id": "p1", "party": ivr.Party{Kind: ivr.PartyUser, ID: "ann"}}},
		"prompt started, uri a?b":                               {"uri": "a\x1bb"},
	} {
		if got := (control.Entry{Kind: "event", What: "prompt_started", Detail: detail}).Line(); !strings.HasSuffix(got, want) {
			t.Errorf("got %q, want %q at its end", got, want)
		}
	}
}
