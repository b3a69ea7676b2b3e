package control_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// Wrong requests are refused, and the refusal names place, cause and mend.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	if status := w.raw(t.Context(), http.MethodGet, "/calls/last", "", new(any)); status != http.StatusNotFound {
		t.Errorf("the last call before the first: %d", status)
	}
	c := w.ring("", "prompt")
	for _, tt := range []struct {
		method, path, body string
		status             int
		place, mend        string
	}{
		{"GET", "/nothing", "", 404, "path", "openapi.json"},
		{"PATCH", "/calls", "", 405, "method", `"GET" or "POST"`},
		{"GET", "/calls/" + ann, "", 404, "path", "GET /control/calls"},
		{"GET", "/calls?colour=red", "", 400, "query.colour", "leave it out"},
		{"GET", "/log?afte=1", "", 400, "query.afte", `did you mean "after"`},
		{"GET", "/log?after=x", "", 400, "query.after", "next"},
		{"GET", "/log?kind=x", "", 400, "query.kind", "request"},
		{"GET", "/log?limit=0", "", 400, "query.limit", "1 or more"},
		{"GET", "/log/stream?after=-1", "", 400, "query.after", "next"},
		{"POST", "/calls", `{"caller": {"id": "+44"`, 400, "body", "JSON"},
		{"POST", "/calls", `{"caller": 1}`, 400, "caller", "an object"},
		{"POST", "/calls", `{"scirpt": []}`, 400, "scirpt", `did you mean "script"`},
		{"POST", "/calls", `{} {}`, 400, "body", "one value"},
		{"POST", "/calls", "{\n}}", 400, "body", ""},
		{"POST", "/calls", `{"caller": {"kind": "bot", "id": "x"}}`, 400, "caller", "number"},
		{"POST", "/calls", `{"hang_up_after": "soon"}`, 400, "body", "1.5s"},
		{"POST", "/calls", `{"hang_up_after": "-1s"}`, 400, "hang_up_after", "0s"},
		{"POST", "/calls", `{"script": [{"press": "1"}, {"when": "later", "press": "1"}]}`, 400, "script[1].when", "audio"},
		{"POST", "/calls", `{"script": [{"prompt": "x", "press": "1"}]}`, 400, "script[0].prompt", "when"},
		{"POST", "/calls", `{"script": [{"press": "1", "hang_up": true}]}`, 400, "script[0].press", "one of"},
		{"POST", "/calls", `{"script": [{"press": "x"}]}`, 400, "script[0].press", "keys"},
		{"POST", "/calls", `{"script": [{"after": "-1s", "press": "1"}]}`, 400, "script[0].after", "0s"},
		{"POST", "/calls/" + c.ID + "/press", `{"keys": "1x"}`, 400, "keys", "0 to 9"},
		{"POST", "/calls/" + c.ID + "/press", `{}`, 400, "keys", "give keys"},
		{"POST", "/calls/" + c.ID + "/press", ``, 400, "body", "JSON"},
		{"POST", "/calls/" + c.ID + "/speak", `{"for": "0s"}`, 400, "for", "0s"},
		{"POST", "/calls/" + c.ID + "/speak", `{"for": "11m"}`, 400, "for", "10m"},
		{"GET", "/calls/" + c.ID + "/prompts/9/audio", "", 404, "path", "count from 1"},
		{"PUT", "/people/ann", `{}`, 400, "id", "E.164"},
		{"PUT", "/people/" + ann, `{"id": "` + bob + `"}`, 400, "id", "leave it out"},
		{"PUT", "/people/" + ann, `{"behaviour": "bussy"}`, 400, "behaviour", `did you mean "busy"`},
		{"PUT", "/people/" + ann, `{"answers_in": "-1s"}`, 400, "answers_in", "0s"},
		{"DELETE", "/people/" + bob, "", 404, "path", "GET /control/people"},
		{"POST", "/faults", `{"on": "plaPrompt", "status": 500}`, 400, "on", `did you mean "playPrompt"`},
		{"POST", "/faults", `{"on": "playPrompt"}`, 400, "on", "say what happens"},
		{"POST", "/faults", `{"on": "playPrompt", "lost": true}`, 400, "on", "callback"},
		{"POST", "/faults", `{"on": "callback", "status": 500}`, 400, "on", "request"},
		{"POST", "/faults", `{"on": "callback", "tells": "tones", "lost": true}`, 400, "tells", `did you mean "tone"`},
		{"POST", "/faults", `{"on": "get", "status": 999}`, 400, "status", "429"},
		{"POST", "/faults", `{"on": "get", "status": 500, "chance": 2}`, 400, "chance", "0 to 1"},
		{"POST", "/faults", `{"on": "get", "status": 500, "nth": -1}`, 400, "nth", "count"},
		{"POST", "/faults", `{"on": "get", "delay": "1s", "delay_up_to": "1s"}`, 400, "delay_up_to", "keep one"},
		{"POST", "/faults", `{"on": "get", "delay": "-1s"}`, 400, "delay", "0s"},
		{"POST", "/faults", `{"on": "callback", "repeats": 101}`, 400, "repeats", "100"},
		{"DELETE", "/faults/7", "", 404, "path", "GET /control/faults"},
		{"POST", "/reset", `{"settings": {"latencie": "1s"}}`, 400, "settings.latencie", `did you mean "latency"`},
		{"POST", "/reset", `{"settings": {"latency": 1}}`, 400, "settings.latency", "300ms"},
		{"POST", "/reset", `{"settings": {"audio": "before"}}`, 400, "settings.audio", "merged"},
		{"POST", "/reset", `{"settings": {"roster": "yes"}}`, 400, "settings.roster", "true or false"},
		{"POST", "/reset", `{"settings": {"hang_up_by_user": 5002}}`, 400, "settings.hang_up_by_user", "subcode"},
		{"POST", "/reset", `{"settings": {"no_audio": 5002}}`, 400, "settings.no_audio", "8585"},
		{"POST", "/reset", `{"settings": []}`, 400, "settings", "{"},
		{"POST", "/reset", `{"settings": {"odd_chance": 2}}`, 400, "the set-up", "change"},
		{"POST", "/reset", `{"oddities": ["twice"]}`, 400, "oddities[0]", "duplicates"},
		{"POST", "/reset", `{"faults": [{"on": "x"}]}`, 400, "faults[0].on", "answer"},
		{"POST", "/reset", `{"faults": [{"on": "playPrompt", "ends": "unknown", "status": 500}]}`, 400, "faults[0].ends", "leave"},
		{"POST", "/reset", `{"faults": [{"on": "answer", "ends": "unknown"}]}`, 400, "faults[0].ends", "leave"},
		{"POST", "/reset", `{"apps": [{"id": "x", "bot": "http://127.0.0.1:1/"}]}`, 400, "apps[0].id", "GUID"},
		{"POST", "/reset", `{"apps": [{"id": "` + ann + `"}]}`, 400, "apps[0].bot", "callback"},
		{"POST", "/reset", `{"apps": [{"id": "` + ann + `", "bot": "http://127.0.0.1:1/", "certificate": "x"}]}`, 400, "apps[0].certificate", "BEGIN CERTIFICATE"},
		{"POST", "/reset", `{"apps": [{"id": "` + ann + `", "bot": "http://example.com/"}]}`, 400, "the set-up", "change"},
		{"POST", "/calls", `{"app": "` + ann + `"}`, 400, "app", "first"},
		{"POST", "/calls", `{"meeting": 1}`, 400, "meeting", "/meetings"},
		{"POST", "/reset", `{"people": [{"id": "x"}]}`, 400, "people[0].id", "E.164"},
		{"POST", "/reset", `{"bot": "http://example.com/"}`, 400, "the set-up", "change"},
		{"POST", "/reset", `{"seed": "one"}`, 400, "seed", "whole number"},
		{"POST", "/reset", strings.Repeat(" ", 1<<20+1), 413, "body", "less"},
	} {
		var got control.Failure
		status := w.raw(t.Context(), tt.method, tt.path, tt.body, &got)
		if status != tt.status || got.Error.Place != tt.place && !strings.HasPrefix(got.Error.Place, tt.place+",") || got.Error.Cause == "" || !strings.Contains(got.Error.Mend, tt.mend) {
			t.Errorf("%s %s %.60s: %d %+v", tt.method, tt.path, tt.body, status, got.Error)
		}
	}
	if now := w.until(c.ID, "prompt"); now.ID != c.ID { // nothing above did anything
		t.Errorf("the call is now %+v", now)
	}
}

// Without a token only this machine is let in, by a loopback name; with one,
// whoever has it. A page of another site never is.
func TestAdmission(t *testing.T) {
	for _, tt := range []struct {
		token, auth, host, origin string
		want                      int
	}{
		{"", "", "", "", 200},
		{"", "", "localhost:8080", "", 200},
		{"", "", "[::1]:8080", "", 200},
		{"", "", "evil.example.com", "", 403},
		{"", "", "", "https://evil.example.com", 403},
		{"secret", "", "", "", 401},
		{"secret", "Bearer secre", "", "", 401},
		{"secret", "secret", "", "", 401},
		{"secret", "Bearer secret", "", "", 200},
		{"secret", "Bearer secret", "sim.example.com", "", 200},
		{"secret", "Bearer secret", "", "https://evil.example.com", 403},
	} {
		w := newWorld(t, func(c *control.Config) { c.Token = "secret" })
		if tt.token == "" {
			w = newWorld(t)
		}
		for _, path := range []string{"/rotate_key", "/nothing"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/control"+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if tt.host != "" {
				r.Host = tt.host
			}
			for name, value := range map[string]string{"Authorization": tt.auth, "Origin": tt.origin} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			want := tt.want
			if want == 200 && path == "/nothing" {
				want = 404
			}
			if resp.StatusCode != want || (want == 401) != (resp.Header.Get("WWW-Authenticate") == "Bearer") && path != "/nothing" {
				t.Errorf("%+v: %s: %d", tt, path, resp.StatusCode)
			}
		}
	}
}

// What is not below /control is Graph's, also with a token.
func TestGraphNeedsNoControlToken(t *testing.T) {
	w := newWorld(t, func(c *control.Config) { c.Token = "secret" })
	for path, want := range map[string]int{"/v1/.well-known/OpenIdConfiguration": 200, "/v1.0/communications/calls/" + ann: 401, "/controls": 404} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
	w.log("kind=request&what=metadata")
}

// Speech may be a WAV file, and nothing else.
func TestSpeakWAV(t *testing.T) {
	w := newWorld(t)
	c := w.ring("", "prompt")
	for body, want := range map[string]int{"no sound": 400, string(wav()): 200} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/control/calls/"+c.ID+"/speak", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "audio/wav")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%.10q: %d, want %d", body, resp.StatusCode, want)
		}
	}
}
