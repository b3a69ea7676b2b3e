package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	ivrbot "github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// counting is a store that counts whatever is asked of it on a callback's
// behalf.
type counting struct {
	call.Store
	reads, writes, sessions atomic.Int64
	kept                    atomic.Int64 // of the writes
}

func (s *counting) Commit(ctx context.Context, c *call.Change) error {
	s.writes.Add(1)
	if c.New {
		s.sessions.Add(1)
	}
	return s.keep(s.Store.Commit(ctx, c))
}

func (s *counting) Post(ctx context.Context, m call.Mail) error {
	s.writes.Add(1)
	return s.keep(s.Store.Post(ctx, m))
}

func (s *counting) Take(ctx context.Context, id ivr.SessionID) (call.Record, error) {
	s.reads.Add(1)
	return s.Store.Take(ctx, id)
}

func (s *counting) ByCall(ctx context.Context, id ivr.CallID) (ivr.SessionID, error) {
	s.reads.Add(1)
	return s.Store.ByCall(ctx, id)
}

func (s *counting) Try(ctx context.Context, id ivr.SessionID, epoch int64) (int, error) {
	s.writes.Add(1)
	return s.Store.Try(ctx, id, epoch)
}

func (s *counting) keep(err error) error {
	if err == nil {
		s.kept.Add(1)
	}
	return err
}

func (s *counting) asked() string {
	return fmt.Sprintf("%d reads, %d writes, %d sessions", s.reads.Load(), s.writes.Load(), s.sessions.Load())
}

// wholeBot is a bot with its store, in a bubble, whose other side is a list of
// requests.
type wholeBot struct {
	*bot
	store *counting
	mu    sync.Mutex
	asked []string // "answer 57dab8b1-..." of the requests to Graph
	to    []string // the paths of the callback addresses, in the order of the calls
}

const waitingFlow = `
ivr: 1
flow: waiting
prompts: {hello: {file: hello.wav}}
start: main
states:
  main: [{play: hello}, {wait: 60s}, end]
`

// withStore runs a whole bot that admits two tenants.
func withStore(t *testing.T, run func(t *testing.T, w *wholeBot)) {
	t.Helper()
	goodTokens() // takes real time
	f, list, err := flow.Load(fstest.MapFS{"waiting.ivr.yaml": {Data: []byte(waitingFlow)},
		"hello.wav": {Data: prompt.EncodeWAV(make([]int16, prompt.SampleRate))}}, "waiting.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, nil)
		b.idp.set(forgeryKeys()...)
		w := &wholeBot{bot: b, store: &counting{Store: &store.Memory{}}}
		b.idp.misbehave(w.graph)
		profile := server.PublicCloud(appID, tenant, otherApp)
		profile.Audiences = append(profile.Audiences, otherApp)
		whole, err := ivrbot.New(ivrbot.Config{AppID: appID, Secret: ivr.NewSecret("x"), Tenants: []string{tenant}, PublicURL: "https://bot.test",
			Profiles: []server.Profile{profile}, Flows: []*flow.Flow{f}, Store: w.store, Clock: moving{b.clock}, Transport: b.idp})
		if err != nil {
			t.Fatal(err)
		}
		if err := whole.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer whole.Close()
		b.handler = whole.Handler()
		run(t, w)
	})
}

// moving is a test's clock whose timers are the bubble's.
type moving struct{ *clock }

func (moving) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
func (moving) Go(f func())                                     { go f() }

// graph answers requests to Graph and for tokens, and notes them.
func (w *wholeBot) graph(r *http.Request) (*http.Response, error) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token"):
		return reply(r, 200, object{"token_type": "Bearer", "expires_in": 3600, "access_token": "t"}), nil
	case !strings.Contains(r.URL.Path, "/communications/calls/"):
		return nil, nil
	}
	_, rest, _ := strings.Cut(r.URL.Path, "/communications/calls/")
	id, action, _ := strings.Cut(rest, "/")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, action+" "+id)
	if action == "answer" {
		var body struct{ CallbackURI string }
		raw, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(raw, &body) != nil {
			return nil, fmt.Errorf("answer: %w in %s", err, raw)
		}
		u, err := url.Parse(body.CallbackURI)
		if err != nil {
			return nil, err
		}
		w.to = append(w.to, u.Path)
	}
	return reply(r, http.StatusAccepted, ""), nil
}

func (w *wholeBot) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.asked...)
}

// sends posts a callback and waits for all that comes of it.
func (w *wholeBot) sends(t *testing.T, target, body, token string) int {
	t.Helper()
	code := w.do(request(t, target, body, bearer(token))).Code
	synctest.Wait()
	return code
}

// TestNothingUnauthenticatedReachesTheStore sends every kind of forged token, and
// what is wrong in other ways, to a whole bot: its store is not asked once. The
// unbroken token reaches it.
func TestNothingUnauthenticatedReachesTheStore(t *testing.T) {
	withStore(t, func(t *testing.T, w *wholeBot) {
		before := w.store.asked()
		sent := 0
		for kind, f := range forgeries() {
			for i := range 3 {
				values := f.forge(variantOf(kind, i))
				for _, target := range []string{server.WebhookPath, path} {
					sent++
					if got := w.do(request(t, target, incomingBody, values)).Code; got != http.StatusForbidden && got != http.StatusUnauthorized {
						t.Errorf("%s: got %d, want 401 or 403", f.kind, got)
					}
				}
			}
		}
		for name, body := range bombs() {
			sent++
			if got := w.do(request(t, path, body, bearer(w.good()))).Code; got != http.StatusBadRequest {
				t.Errorf("%s: got %d, want 400", name, got)
			}
		}
		synctest.Wait()
		if got := w.store.asked(); got != before {
			t.Errorf("the store was asked: %s, want %s as before", got, before)
		}
		t.Logf("%d requests, the store: %s", sent, before)
		if got := w.sends(t, server.WebhookPath, incomingBody, w.good()); got != http.StatusAccepted || w.store.sessions.Load() != 1 {
			t.Errorf("a good token: got %d, %s; want 202 and one session", got, w.store.asked())
		}
	})
}

// TestReplays: a good token, seen by somebody on the way, opens nothing but the
// call that it was sent for, and there a repeat does nothing.
func TestReplays(t *testing.T) {
	withStore(t, func(t *testing.T, w *wholeBot) {
		token := w.good()
		theirs := w.token(func(_, c object) { c["tid"] = otherApp })
		second := strings.Replace(incomingBody, "57DAB8B1894C409AB240BD8BEAE78896", "67DAB8B1894C409AB240BD8BEAE78896", 1)
		for _, body := range []string{incomingBody, second} {
			if got := w.sends(t, server.WebhookPath, body, token); got != http.StatusAccepted {
				t.Fatalf("a call: got %d, want 202", got)
			}
		}
		if len(w.to) != 2 || w.store.sessions.Load() != 2 {
			t.Fatalf("%d callback addresses and %d sessions, want 2", len(w.to), w.store.sessions.Load())
		}
		one, two := strings.Split(w.to[0], "/"), strings.Split(w.to[1], "/")
		address := func(session, leg, secret string) string {
			return strings.Join([]string{"", "api", "calls", session, leg, secret}, "/")
		}
		session, leg, key := one[3], one[4], one[5]
		last := "A"
		if strings.HasSuffix(key, last) {
			last = "B"
		}
		refused := map[string]struct {
			target, body, token string
			code                int
		}{
			"another secret":           {address(session, leg, key[:len(key)-1]+last), toneBody, token, 403},
			"a shorter secret":         {address(session, leg, key[:len(key)-1]), toneBody, token, 404}, // of no secret's length
			"the secret of another":    {address(session, leg, two[5]), toneBody, token, 403},
			"another session":          {address(two[3], leg, key), toneBody, token, 403},
			"another leg":              {address(session, "b", key), toneBody, token, 403},
			"a session that is not":    {address("nobody", leg, key), toneBody, token, 403},
			"a tone at the webhook":    {server.WebhookPath, toneBody, token, 202},
			"the webhook's other path": {server.WebhookPath + "/", toneBody, token, 404},
		}
		for name, tt := range refused {
			before, requests := w.store.asked(), len(w.requests())
			if got := w.sends(t, tt.target, tt.body, tt.token); got != tt.code {
				t.Errorf("%s: got %d, want %d", name, got, tt.code)
			}
			if got := w.store.asked(); got != before || len(w.requests()) != requests {
				t.Errorf("%s: the store was asked %s, want %s; requests %v", name, got, before, w.requests()[requests:])
			}
		}
		before := w.store.kept.Load()
		if got := w.sends(t, w.to[0], toneBody, theirs); got != http.StatusForbidden || w.store.kept.Load() != before {
			t.Errorf("the token of another tenant: got %d and %d changes, want 403 and none", got, w.store.kept.Load()-before)
		}
		requests := len(w.requests())
		for range 20 {
			w.sends(t, server.WebhookPath, incomingBody, token)
		}
		if got := w.store.sessions.Load(); got != 2 || len(w.requests()) != requests {
			t.Errorf("the same new call again: %d sessions, want 2; requests %v", got, w.requests()[requests:])
		}
		before = w.store.kept.Load()
		if w.sends(t, w.to[0], endBody, token); w.store.kept.Load() == before {
			t.Error("the end of the call changed nothing")
		}
		before = w.store.kept.Load()
		for range 50 {
			if got := w.sends(t, w.to[0], endBody, token); got != http.StatusAccepted {
				t.Fatalf("the same end again: got %d, want 202", got)
			}
		}
		if got := w.store.kept.Load() - before; got != 0 || len(w.requests()) != requests {
			t.Errorf("the same end again: %d changes, want none; requests %v", got, w.requests()[requests:])
		}
	})
}
