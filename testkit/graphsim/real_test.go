package graphsim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// A whole call over two real servers and in real time, with short audio: the
// bot answers, plays, and hangs up when a key comes.
func TestRealHTTP(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	real := &realBot{t: t}
	bot := httptest.NewServer(http.HandlerFunc(real.serve))
	defer bot.Close()
	real.url = bot.URL
	sim, err := graphsim.New(graphsim.Config{BaseURL: "http://" + listener.Addr().String(), Webhook: bot.URL + "/calls",
		Key: sharedKey(), Settings: graphsim.Settings{EstablishingDelay: time.Millisecond, EstablishedDelay: time.Millisecond, AudioDelay: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: sim}}
	server.Start()
	defer server.Close()
	defer sim.Close()
	real.client, err = graph.NewClient(graph.Config{BaseURL: "http://" + listener.Addr().String() + "/beta", LoginURL: "http://" + listener.Addr().String(),
		ClientID: graphsim.DefaultAppID, ClientSecret: ivr.NewSecret(graphsim.DefaultSecret)})
	if err != nil {
		t.Fatal(err)
	}
	sim.Observe(func(e graphsim.Event) {
		switch e := e.(type) {
		case graphsim.PromptStarted:
			if e.Problem != "" {
				t.Errorf("prompt: %s", e.Problem)
			}
			sim.Call(e.Call).Press('1')
		case graphsim.Notified:
			if bytes.Contains(e.Body, []byte(`"terminated"`)) {
				close(over)
			}
		case graphsim.CallbackFailed:
			t.Errorf("callback: %d %v", e.Status, e.Err)
		}
	})
	c, err := sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-over:
	case <-time.After(20 * time.Second):
		t.Fatalf("the call is still %v after 20 s", c.State())
	}
	real.own.Wait()
	if end, ok := c.Ended(); !ok || end.By != ivr.EndedByFlow {
		t.Errorf("ended %+v, want by the bot", end)
	}
	if h := c.Heard(); len(h) != 1 || !h[0].Cancelled {
		t.Errorf("heard %+v, want one prompt cut off by the end", h)
	}
}

// realBot is a bot in a few lines.
type realBot struct {
	t       *testing.T
	url     string
	own     sync.WaitGroup // the bot's work besides its answers
	client  *graph.Client
	mu      sync.Mutex
	started bool
}

func (b *realBot) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		if r.Header.Get("Authorization") != "" {
			b.t.Error("the prompt was fetched with credentials")
		}
		http.ServeContent(w, r, "a.wav", time.Time{}, bytes.NewReader(wav(10*time.Second)))
		return
	}
	body, err := io.ReadAll(r.Body)
	list, bad := graph.DecodeNotifications(body)
	if err != nil || bad != nil {
		b.t.Errorf("callback %s: %v %v", body, err, bad)
	}
	w.WriteHeader(http.StatusAccepted)
	b.own.Go(func() { // after the answer
		for _, n := range list {
			b.react(n)
		}
	})
}

func (b *realBot) react(n graph.Notification) {
	e, _ := n.Event(time.Now(), ivr.CallerLeg)
	switch e := e.(type) {
	case ivr.CallIncoming:
		b.send(n.CallID, ivr.Answer{Op: 1})
	case ivr.CallChanged:
		b.mu.Lock()
		first := e.Audio == ivr.AudioActive && !b.started
		b.started = b.started || first
		b.mu.Unlock()
		if first {
			b.send(n.CallID, ivr.SubscribeToTone{Op: 2})
			b.send(n.CallID, ivr.PlayPrompt{Op: 3})
		}
	case ivr.ToneReceived:
		b.send(n.CallID, ivr.HangUp{Op: 4})
	}
}

func (b *realBot) send(call ivr.CallID, cmd ivr.Command) {
	p := graph.Params{CallID: call, CallbackURI: b.url + "/leg", Session: "s1"}
	if _, ok := cmd.(ivr.PlayPrompt); ok {
		p.Media = []graph.MediaInfo{{URI: b.url + "/a.wav"}}
	}
	r, err := graph.Build(cmd, p)
	if err == nil {
		_, err = b.client.Send(context.Background(), graphsim.DefaultTenant, "", r)
	}
	if err != nil {
		b.t.Errorf("%T: %v", cmd, err)
	}
}

// BenchmarkCall is a call of ten prompts and keys, in memory and in virtual
// time.
func BenchmarkCall(b *testing.B) {
	clock := newVirtual()
	file := wav(time.Second)
	posts := 0
	bot := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = w.Write(file)
			return
		}
		posts++
		w.WriteHeader(http.StatusAccepted)
	})
	sim, err := graphsim.New(graphsim.Config{Clock: clock, BaseURL: base, Webhook: webhook, Key: sharedKey(), Transport: graphsim.InMemory(bot)})
	if err != nil {
		b.Fatal(err)
	}
	transport := graphsim.InMemory(sim)
	post := func(kind, path, body, token string) []byte {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, base+path, bytes.NewReader([]byte(body)))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := transport.RoundTrip(r)
		if err != nil || resp.StatusCode >= 300 {
			b.Fatalf("%s: %v %v", path, resp, err)
		}
		defer func() { _ = resp.Body.Close() }()
		out, _ := io.ReadAll(resp.Body)
		return out
	}
	var token struct {
		Text string `json:"access_token"`
	}
	renew := func() {
		raw := post("application/x-www-form-urlencoded", "/"+sim.Tenant()+"/oauth2/v2.0/token", tokenForm().Encode(), "")
		if err := json.Unmarshal(raw, &token); err != nil {
			b.Fatal(err)
		}
	}
	calls := 0
	b.ReportAllocs()
	for b.Loop() {
		if calls++; calls%50 == 1 {
			renew()
		}
		c, err := sim.Ring(graphsim.Caller{})
		if err != nil {
			b.Fatal(err)
		}
		act := func(action, body string) {
			post("application/json", "/beta/communications/calls/"+string(c.ID())+"/"+action, body, token.Text)
		}
		clock.forward(20 * time.Millisecond)
		act("answer", answerBody)
		clock.forward(time.Second)
		act("subscribeToTone", "{}")
		for range 10 {
			act("playPrompt", play("1", "https://bot.test/a.wav"))
			clock.forward(500 * time.Millisecond)
			c.Press('1')
			clock.forward(20 * time.Millisecond)
			act("cancelMediaProcessing", "{}")
			clock.forward(20 * time.Millisecond)
		}
		c.HangUp()
		clock.forward(time.Minute)
	}
	b.ReportMetric(float64(posts)/float64(calls), "posts/call")
}
