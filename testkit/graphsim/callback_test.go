package graphsim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Notifications of one call are posted one after the other: what happens
// while the bot answers waits for that answer.
func TestOneAfterTheOther(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	depth := 0
	w.onPost = func(told) {
		if depth++; depth > 1 {
			t.Error("a callback was posted while another one was being answered")
		}
		if w.posts == 1 {
			c.Press('3')
		}
		w.clock.forward(time.Second) // the answer takes a second
		depth--
	}
	c.Press('1', '2')
	w.clock.forward(10 * time.Second)
	w.expect("updated established tone1", "updated established tone2", "updated established tone3")
}

// A bot that takes too long is not waited for.
func TestCallbackTimeout(t *testing.T) {
	for limit, failed := range map[time.Duration]bool{0: true, 20 * time.Second: false, -1: false} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.CallbackTimeout = limit })
		w.onPost = func(told) { w.clock.forward(11 * time.Second) }
		w.ring(graphsim.Caller{})
		e, got := find[graphsim.CallbackFailed](w)
		if got != failed || failed && e.Err == nil {
			t.Errorf("limit %v: failed %v (%v), want %v", limit, got, e.Err, failed)
		}
	}
}

// Repeats come after a gap, each with a message id of its own or all with one.
func TestCallbackRepeats(t *testing.T) {
	for _, same := range []bool{false, true} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Settings.CallbackRetries, c.Settings.CallbackRetryGap, c.Settings.SameMessageID = 2, 3*time.Second, same
			c.Oddities = []graphsim.Oddity{graphsim.Duplicates}
		})
		w.status = func(n int) int { return map[bool]int{true: 503, false: 202}[n == 1 || n == 3] }
		start := w.clock.now
		w.ring(graphsim.Caller{})
		w.clock.forward(7 * time.Second)
		var at []time.Duration
		ids := map[string]bool{}
		for _, n := range w.heard {
			at = append(at, n.at.Sub(start).Round(time.Second))
			ids[n.header.Get("X-Microsoft-Skype-Message-Id")] = true
		}
		if len(at) != 4 || at[0] != 0 || at[1] != 0 || at[2] != 3*time.Second || at[3] != 6*time.Second {
			t.Errorf("posted at %v, want twice at once and again after 3s and 6s", at)
		}
		if len(ids) != map[bool]int{true: 1, false: 4}[same] {
			t.Errorf("same %v: %d message ids", same, len(ids))
		}
	}
}

// What follows when nobody takes the first notification.
func TestUnacknowledged(t *testing.T) {
	end := graphsim.Result{Code: 408, Subcode: 8586, Message: "x"}
	for _, tt := range []struct {
		name    string
		result  graphsim.Result
		retries int
		status  int
		over    bool
	}{
		{"rings on", graphsim.Result{}, 0, 503, false},
		{"ends", end, 0, 503, true},
		{"ends after repeats", end, 2, 503, true},
		{"taken", end, 0, 202, false},
	} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Settings.Unacknowledged, c.Settings.CallbackRetries = tt.result, tt.retries
		})
		w.status = func(int) int { return tt.status }
		c := w.ring(graphsim.Caller{})
		w.clock.forward(time.Second)
		if _, over := c.Ended(); tt.retries > 0 && over {
			t.Errorf("%s: over before the last repeat", tt.name)
		}
		w.clock.forward(5 * time.Second)
		got, over := c.Ended()
		if over != tt.over || over && got.Result != end {
			t.Errorf("%s: ended %v %+v", tt.name, over, got)
		}
	}
}

// The token's issuer is one of the two that are known; the keys may be
// published twice.
func TestTokenIssuer(t *testing.T) {
	for set, want := range map[string]string{"": "https://api.botframework.com", "https://graph.microsoft.com": "https://graph.microsoft.com"} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.TokenIssuer, c.Settings.TwinKeys = set, true })
		w.ring(graphsim.Caller{})
		claims, err := verify(w, w.heard[0].header)
		if err != nil || claims["iss"] != want || w.sim.Issuer() != want {
			t.Errorf("issuer %v of %s, %v; want %s", claims["iss"], w.sim.Issuer(), err, want)
		}
		if issued := int64(claims["nbf"].(float64)); issued > w.clock.now.Unix() {
			t.Errorf("nbf is in the future: %d", issued)
		}
		keys, _ := w.send(w.request(http.MethodGet, "/v1/.well-known/keys", "")).body["keys"].([]any)
		if len(keys) != 2 {
			t.Errorf("%d keys, want the same twice", len(keys))
		}
	}
	w := newWorld(t, nil)
	keys, _ := w.send(w.request(http.MethodGet, "/v1/.well-known/keys", "")).body["keys"].([]any)
	if len(keys) != 1 {
		t.Errorf("%d keys, want one", len(keys))
	}
}

// Where the callbacks of reject and redirect go: to the request's address, or
// to the registered one.
func TestCallbackOfUnansweredCalls(t *testing.T) {
	for _, action := range []string{"reject", "redirect"} {
		for uri, want := range map[string]string{"": "/calls", leg: "/leg"} {
			w := newWorld(t, nil)
			c := w.ring(graphsim.Caller{})
			w.heard = nil
			body := map[string]string{"reject": `{"reason":"none"`, "redirect": `{"targets":[` + target + `]`}[action]
			if uri != "" {
				body += `,"callbackUri":"` + uri + `"`
			}
			w.must(c, action, body+"}")
			w.clock.forward(time.Minute)
			if len(w.heard) != 1 || w.heard[0].path != want {
				t.Errorf("%s with %q: %v at %s, want %s", action, uri, w.heard, w.heard[0].path, want)
			}
		}
	}
}

// Plain http on loopback can be refused as the service does, for callbacks and
// prompts alike.
func TestHTTPSOnly(t *testing.T) {
	body := strings.Replace(answerBody, leg, "http://127.0.0.1:80/leg", 1)
	for only, want := range map[bool]int{false: 202, true: 400} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.HTTPSOnly = only })
		if a := w.act(w.ring(graphsim.Caller{}), "answer", body); a.status != want {
			t.Errorf("https only %v: %d, want %d", only, a.status, want)
		}
		c := w.connected()
		w.file("a.wav", time.Second)
		w.must(c, "playPrompt", play("1", "http://localhost/audio/a.wav"))
		w.clock.forward(2 * time.Second)
		if h := c.Heard(); len(h) != 1 || (h[0].Problem != "") != only {
			t.Errorf("https only %v: heard %+v", only, h)
		}
	}
}

// Limits that are none: a negative time.
func TestNoLimits(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) {
		c.Settings.AnswerWithin, c.Settings.KeepAliveWithin, c.Settings.PromptTimeout = -1, -1, -1
	})
	c := w.ring(graphsim.Caller{})
	w.clock.forward(time.Hour)
	w.token = w.fetchToken()
	w.must(c, "answer", answerBody)
	w.clock.forward(50 * time.Minute)
	if c.State() != ivr.StateEstablished {
		t.Errorf("the call is %v, want established", c.State())
	}
}

// To the second: 15 s to answer, 45 min between keepAlives.
func TestTimes(t *testing.T) {
	w := newWorld(t, nil)
	c, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.forward(15*time.Second - time.Millisecond)
	if c.State() != ivr.StateIncoming {
		t.Errorf("just before 15 s the call is %v", c.State())
	}
	w.clock.forward(time.Millisecond)
	if c.State() != ivr.StateTerminated {
		t.Errorf("after 15 s the call is %v", c.State())
	}
	c = w.ring(graphsim.Caller{})
	w.must(c, "answer", answerBody)
	w.clock.forward(45*time.Minute - time.Millisecond)
	if c.State() != ivr.StateEstablished {
		t.Errorf("just before 45 min the call is %v", c.State())
	}
	w.token = w.fetchToken()
	if a := w.must(c, "keepAlive", ""); a.status != 200 || len(a.raw) != 0 {
		t.Errorf("keepAlive: %d %q, want 200 and no body", a.status, a.raw)
	}
	w.clock.forward(45*time.Minute - time.Millisecond)
	if c.State() != ivr.StateEstablished {
		t.Errorf("just before 45 min more the call is %v", c.State())
	}
	w.clock.forward(time.Millisecond)
	if c.State() != ivr.StateTerminated {
		t.Errorf("after 45 min more the call is %v", c.State())
	}
}
