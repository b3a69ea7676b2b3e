package graphsim_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Answers carry the headers by which a request can be traced, whether it
// succeeds or not.
func TestCorrelationHeaders(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	seen := map[string]bool{}
	for _, action := range []string{"keepAlive", "answer", "nothing", "keepAlive"} {
		r := w.request(http.MethodPost, w.path(c)+"/"+action, "")
		r.Header.Set("Client-Request-Id", "mine")
		r.Header.Set("Scenario-Id", "scenario")
		h := w.send(r).header
		id := h.Get("request-id")
		if len(id) != 36 || seen[id] {
			t.Errorf("%s: request-id %q, want a GUID of its own", action, id)
		}
		seen[id] = true
		if h.Get("client-request-id") != "mine" || h.Get("scenario-id") != "scenario" || !json.Valid([]byte(h.Get("x-ms-ags-diagnostic"))) {
			t.Errorf("%s: headers %v", action, h)
		}
	}
}

// Errors have Graph's form; pages of old show another spelling.
func TestErrorForm(t *testing.T) {
	for old, path := range map[bool][]string{false: {"error", "innerError"}, true: {"error", "innererror", "innererror"}} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.InnerErrorOld = old })
		c := w.connected()
		r := w.request(http.MethodPost, w.path(c)+"/answer", answerBody)
		r.Header.Set("Client-Request-Id", "mine")
		a := w.send(r)
		m := a.body
		for _, name := range path {
			var ok bool
			if m, ok = m[name].(map[string]any); !ok {
				t.Fatalf("no %s in %s", name, a.raw)
			}
		}
		date, _ := m["date"].(string)
		if _, err := time.Parse("2006-01-02T15:04:05", date); err != nil || m["request-id"] != a.header.Get("request-id") || m["client-request-id"] != "mine" {
			t.Errorf("inner error %v", m)
		}
		if a.message() == "" || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			t.Errorf("answer %v %s", a.header, a.raw)
		}
	}
}

// Names in paths ignore case, and an action may be qualified. The alias
// /app/calls is the beta's, and keepAlive is not listed below it.
func TestPaths(t *testing.T) {
	for _, tt := range []struct {
		path   string
		onApp  bool
		status int
	}{
		{"/beta/communications/calls/ID/keepAlive", false, 200},
		{"/v1.0/communications/calls/ID/keepAlive", false, 200},
		{"/BETA/Communications/CALLS/ID/KEEPALIVE", false, 200},
		{"/V1.0/communications/calls/ID/keepalive", false, 200},
		{"/beta/communications/calls/ID/microsoft.graph.keepAlive", false, 200},
		{"/beta/communications/calls/ID/Microsoft.Graph.KeepAlive", false, 200},
		{"/beta/communications/calls('ID')/keepAlive", false, 200},
		{"/beta/communications/Calls('ID')/microsoft.graph.keepAlive", false, 200},
		{"/beta/communications/calls/ID/graph.keepAlive", false, 404},
		{"/beta/app/calls/ID/subscribeToTone", false, 200},
		{"/Beta/App/Calls/ID/microsoft.graph.subscribeToTone", false, 200},
		{"/v1.0/app/calls/ID/subscribeToTone", false, 404},
		{"/beta/app/calls/ID/keepAlive", false, 404},
		{"/beta/app/calls/ID/keepAlive", true, 200},
		{"/v1.0/app/calls/ID/keepAlive", true, 404},
	} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.KeepAliveOnApp = tt.onApp })
		c := w.connected()
		path := strings.Replace(tt.path, "ID", string(c.ID()), 1)
		if a := w.send(w.request(http.MethodPost, path, "")); a.status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.path, a.status, a.raw, tt.status)
		}
	}
}

// A client that writes an empty id gets the answer that users report.
func TestPathWithoutID(t *testing.T) {
	for _, path := range []string{"('microsoft.graph.playPrompt')", "/microsoft.graph.playPrompt", "/playPrompt", "//playPrompt", "('')/playPrompt"} {
		w := newWorld(t, nil)
		a := w.send(w.request(http.MethodPost, "/beta/communications/calls"+path, play("1", "https://bot.test/a.wav")))
		if a.status != 404 || a.code() != "UnknownError" || !strings.Contains(a.message(), "No HTTP resource was found that matches the request URI") {
			t.Errorf("%s: %d %s", path, a.status, a.raw)
		}
		if !json.Valid([]byte(a.message())) {
			t.Errorf("%s: the message %s is no JSON of its own", path, a.message())
		}
	}
}

// Ids are case-sensitive: a call has the spelling of its bodies and that of
// its URLs, and no other.
func TestIDsInRequests(t *testing.T) {
	for _, tt := range []struct {
		urls                graphsim.Spelling
		ignoreCase          bool
		dashed, upper, both int
	}{
		{graphsim.SpellUpper, false, 200, 200, 404},
		{graphsim.SpellDashed, false, 200, 404, 404},
		{graphsim.SpellDashed, true, 200, 200, 200},
	} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.IDs, c.Settings.IDsIgnoreCase = tt.urls, tt.ignoreCase })
		c := w.connected()
		id := string(c.ID())
		for spelled, want := range map[string]int{id: tt.dashed, strings.ToUpper(strings.ReplaceAll(id, "-", "")): tt.upper, strings.ToUpper(id): tt.both} {
			a := w.send(w.request(http.MethodGet, "/beta/communications/calls/"+spelled, ""))
			if a.status != want || want == 404 && a.code() != "8522" {
				t.Errorf("URLs %d, ignore case %v, %s: %d %q, want %d", tt.urls, tt.ignoreCase, spelled, a.status, a.code(), want)
			}
		}
	}
}

func TestAccept(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	for accept, want := range map[string]int{"": 200, "*/*": 200, "application/json": 200, "text/html, application/json;q=0.9": 200,
		"application/*": 200, "text/plain": 406, "application/xml": 406} {
		r := w.request(http.MethodPost, w.path(c)+"/keepAlive", "")
		r.Header.Set("Accept", accept)
		if a := w.send(r); a.status != want {
			t.Errorf("Accept %q: %d, want %d", accept, a.status, want)
		}
	}
}

// Names of parameters ignore case according to the documentation; by default
// the simulator wants them as they are written there.
func TestNamesIgnoreCase(t *testing.T) {
	body := strings.NewReplacer("callbackUri", "CallbackURI", "acceptedModalities", "AcceptedModalities", "mediaConfig", "mediaconfig").Replace(answerBody)
	for ignore, want := range map[bool]int{false: 400, true: 202} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.NamesIgnoreCase = ignore })
		c := w.ring(graphsim.Caller{})
		if a := w.act(c, "answer", body); a.status != want {
			t.Errorf("ignore case %v: %d %s, want %d", ignore, a.status, a.raw, want)
		}
	}
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.NamesIgnoreCase = true })
	c := w.connected()
	w.file("a.wav", time.Second)
	w.must(c, "playPrompt", strings.NewReplacer("mediaInfo\"", "MediaInfo\"", "uri", "URI", "prompts", "Prompts").Replace(`{"prompts":[`+prompt+`]}`))
	w.must(c, "transfer", strings.NewReplacer("identity", "Identity", "user", "User", `"id"`, `"ID"`).Replace(`{"transferTarget":`+target+`}`))
}

// What nobody documents about refusals is a setting.
func TestRefusalsAreSettings(t *testing.T) {
	odd := graphsim.Refusal{Status: 418, Code: "teapot"}
	phone := `{"transferTarget":{"identity":{"phone":{"id":"+14255550177"}}}}`
	other := `{"transferTarget":{"identity":{"user":{"id":"u","tenantId":"22222222-2222-4222-8222-222222222222"}}}}`
	transfer := `{"transferTarget":` + target + `}`
	audio := play("1", "https://bot.test/audio/a.wav")
	for name, tt := range map[string]struct {
		usual string
		set   func(*graphsim.Settings)
		act   func(*world, *graphsim.Call) answer
	}{
		"Malformed": {"400 BadRequest", func(s *graphsim.Settings) { s.Malformed = odd },
			func(w *world, c *graphsim.Call) answer { return w.act(c, "playPrompt", "{}") }},
		"NoCallID": {"404 UnknownError", func(s *graphsim.Settings) { s.NoCallID = odd },
			func(w *world, _ *graphsim.Call) answer {
				return w.send(w.request("POST", "/beta/communications/calls//answer", ""))
			}},
		"CallNotFound": {"404 8522", func(s *graphsim.Settings) { s.CallNotFound = odd },
			func(w *world, c *graphsim.Call) answer { c.HangUp(); return w.act(c, "keepAlive", "") }},
		"WrongState": {"400 8585", func(s *graphsim.Settings) { s.WrongState = odd },
			func(w *world, c *graphsim.Call) answer { return w.act(c, "answer", answerBody) }},
		"NotEstablished": {"400 8501", func(s *graphsim.Settings) { s.NotEstablished = odd },
			func(w *world, _ *graphsim.Call) answer {
				return w.act(w.ring(graphsim.Caller{}), "subscribeToTone", "")
			}},
		"NoAudio": {"400 8503", func(s *graphsim.Settings) { s.NoAudio = odd },
			func(w *world, _ *graphsim.Call) answer {
				c := w.ring(graphsim.Caller{})
				w.must(c, "answer", answerBody)
				w.clock.forward(350 * time.Millisecond)
				return w.act(c, "playPrompt", audio)
			}},
		"QueueFull": {"429 8516", func(s *graphsim.Settings) { s.QueueFull = odd },
			func(w *world, c *graphsim.Call) answer {
				w.must(c, "recordResponse", "{}")
				w.must(c, "playPrompt", audio)
				return w.act(c, "playPrompt", audio)
			}},
		"TransferRuns": {"409 8607", func(s *graphsim.Settings) { s.TransferRuns = odd },
			func(w *world, c *graphsim.Call) answer {
				w.must(c, "transfer", transfer)
				return w.act(c, "transfer", transfer)
			}},
		"TransferGroup": {"400 8523", func(s *graphsim.Settings) { s.TransferGroup = odd },
			func(w *world, c *graphsim.Call) answer {
				return w.act(c, "transfer", strings.Replace(transfer, "{", `{"transferee":{},`, 1))
			}},
		"NoInstance": {"403 7507", func(s *graphsim.Settings) { s.NoInstance = odd },
			func(w *world, c *graphsim.Call) answer { return w.act(c, "transfer", phone) }},
		"OtherTenant": {"403 8517", func(s *graphsim.Settings) { s.OtherTenant = odd },
			func(w *world, c *graphsim.Call) answer { return w.act(c, "transfer", other) }},
	} {
		for want, set := range map[string]func(*graphsim.Settings){tt.usual: func(*graphsim.Settings) {}, "418 teapot": tt.set} {
			w := newWorld(t, func(c *graphsim.Config) { c.Settings.QueueLimit = 1; set(&c.Settings) })
			a := tt.act(w, w.connected())
			if statusAndCode(a) != want {
				t.Errorf("%s: %s, want %s", name, statusAndCode(a), want)
			}
		}
	}
}

// Which permissions each action needs, and that it needs no other.
func TestPermissions(t *testing.T) {
	needs := map[string]string{"redirect": "Calls.Initiate.All", "transfer": "Calls.Initiate.All",
		"recordResponse": "Calls.AccessMedia.All", "subscribeToTone": "Calls.AccessMedia.All"}
	bodies := map[string]string{"answer": answerBody, "reject": "{}", "redirect": `{"targets":[` + target + `]}`,
		"transfer": `{"transferTarget":` + target + `}`, "playPrompt": `{"prompts":[` + prompt + `]}`,
		"recordResponse": "{}", "subscribeToTone": "{}", "cancelMediaProcessing": "{}", "keepAlive": ""}
	for action, body := range bodies {
		for _, has := range []string{"", "Calls.Initiate.All", "Calls.AccessMedia.All", "Calls.JoinGroupCalls.All", "Calls.JoinGroupCall.All"} {
			w := newWorld(t, func(c *graphsim.Config) { c.Permissions = []string{has} })
			c := w.ring(graphsim.Caller{})
			if action != "answer" && action != "reject" && action != "redirect" {
				w.must(c, "answer", answerBody)
				w.clock.forward(time.Second)
			}
			a := w.act(c, action, body)
			if allowed := needs[action] == "" || needs[action] == has; allowed != (a.status < 300) || !allowed && statusAndCode(a) != "403 7504" {
				t.Errorf("%s with %q: %d %s", action, has, a.status, a.raw)
			}
		}
	}
	w := newWorld(t, func(c *graphsim.Config) { c.Permissions = []string{} })
	c := w.connected()
	if a := w.call("GET", c); a.status != 200 {
		t.Errorf("GET without permissions: %d, want 200", a.status)
	}
	if a := w.call("DELETE", c); a.status != 204 || len(a.raw) != 0 {
		t.Errorf("DELETE without permissions: %d %q, want 204 and no body", a.status, a.raw)
	}
	if c.State() != ivr.StateTerminated {
		t.Errorf("the call is %v", c.State())
	}
}

// A body may be large, but not without end.
func TestBodySize(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ring(graphsim.Caller{})
	pad := strings.Repeat(" ", 1<<20-len(answerBody))
	if a := w.act(c, "answer", answerBody+pad+" "); a.status != 413 {
		t.Errorf("a body of more than 1 MiB: %d, want 413", a.status)
	}
	if a := w.act(c, "answer", answerBody+pad); a.status != 202 {
		t.Errorf("a body of 1 MiB: %d %s, want 202", a.status, a.raw)
	}
}
