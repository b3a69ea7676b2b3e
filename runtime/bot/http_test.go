package bot_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/fetch"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// flowOf loads a flow of a text in which some words stand for others.
func flowOf(t *testing.T, text string, replace ...string) *flow.Flow {
	t.Helper()
	text = strings.NewReplacer(replace...).Replace(text)
	f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte(text)}}, "f.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// api is a web service with TLS on loopback. It keeps what it was asked.
type api struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
	keys  []string // idempotency keys
}

func serveAPI(t *testing.T, answer func(http.ResponseWriter, *http.Request)) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.asked = append(a.asked, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Authorization")+" "+string(body))
		if key := r.Header.Get("Idempotency-Key"); key != "" {
			a.keys = append(a.keys, key)
		}
		a.mu.Unlock()
		answer(w, r)
	}))
	a.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	a.StartTLS()
	t.Cleanup(a.Close)
	return a
}

func (a *api) requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.asked...)
}

// allow is a configuration that allows a flow some hosts on loopback.
func allow(name string, hosts ...*api) fetch.Config {
	c := fetch.Config{RootCAs: x509.NewCertPool()}
	for _, a := range hosts {
		c.RootCAs.AddCert(a.Certificate())
		c.Hosts = append(c.Hosts, fetch.Host{Origin: a.URL, Flows: []string{name}, Networks: []string{"127.0.0.0/8"}})
	}
	return c
}

const asksFlow = `
ivr: 1
flow: asks
vars:
  account: {type: digits, default: "12345674"}
  pin: {type: digits, default: "47110815", sensitive: true}
  balance: {type: money, currency: GBP}
  id: {type: string}
  iban: {type: string}
  long: {type: digits}
  order: {type: string}
  climbed: {type: string}
  moved: {type: string}
  inside: {type: string}
  inside_code: {type: number}
  refused: {type: string}
actions:
  order:
    in: [account, pin]
    out: [order]
    outcomes: [ok, no_money]
    retry: {max: 1, backoff: 1ms}
    http:
      post: HOST/orders
      headers: {Authorization: "Bearer ${secret.crm}"}
      json: {account: "${account}", pin: "${pin}", lines: [{n: 2}]}
      into: {order.id: order}
      outcomes: {402: no_money}
start: main
states:
  main:
    - answer
    - http: {get: "HOST/accounts/${account}?currency=${'G&B=P'}", into: {account.balance: balance, account.id: id, account.ibans.0: iban, long: long}}
      headers: {Authorization: "Bearer ${secret.crm}"}
      failed: end
    - {do: order, no_money: end, failed: end}
    - {do: order, no_money: [{set: {refused: "${result.outcome} ${result.code}"}}], failed: end}
    - http: {get: "HOST/things/${id}"}
      failed: [{set: {climbed: "${result.reason}"}}]
    - http: {get: HOST/moved}
      failed: [{set: {moved: "${result.reason}"}}]
    - http: {get: "INSIDE/latest/meta-data"}
      failed: [{set: {inside: "${result.reason}", inside_code: "${result.code}"}}]
    - end
`

// A flow reaches the host that it is allowed, with a secret that it does not
// see, and is refused every other: what an answer holds does not climb in a
// path, a redirect does not lead to another host, and a name that leads inside
// is not dialled. Nothing of it is in the log.
func TestFlowAsksOverHTTPS(t *testing.T) {
	other := serveAPI(t, func(http.ResponseWriter, *http.Request) {})
	var orders atomic.Int32
	host := serveAPI(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/accounts/12345674":
			_, _ = io.WriteString(w, `{"account": {"balance": 9876543.25, "id": "../admin", "ibans": ["GB-canary"]}, "long": 123456789012345678901234567890}`)
		case "/orders":
			switch orders.Add(1) {
			case 1:
				panic(http.ErrAbortHandler) // the connection breaks: it may be tried again, under the same key
			case 2:
				_, _ = io.WriteString(w, `{"order": {"id": "order-canary"}}`)
			default:
				w.WriteHeader(http.StatusPaymentRequired)
				_, _ = io.WriteString(w, `{"why": "canary-body"}`)
			}
		case "/moved":
			http.Redirect(w, r, other.URL+"/stolen", http.StatusFound)
		}
	})
	inside := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	f := flowOf(t, asksFlow, "HOST", host.URL, "INSIDE", inside)
	var log syncBuffer
	w := connect(t, func(c *bot.Config) {
		c.Flows, c.Log = []*flow.Flow{f}, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.HTTP = allow("asks", host)
		c.HTTP.Hosts = append(c.HTTP.Hosts, fetch.Host{Origin: inside, Flows: []string{"asks"}}) // and no network of it
		c.HTTP.Secrets = map[string]fetch.BoundSecret{"crm": {Value: ivr.NewSecret("canary-secret"), Hosts: []string{host.URL}}}
	})
	if _, err := w.sim.Ring(graphsim.Caller{}); err != nil {
		t.Fatal(err)
	}
	await(t, w, anyOf[graphsim.Ended])
	w.finished(t, ivr.EndedByFlow)
	want := map[string]any{"account": "12345674", "pin": "47110815", "balance": "9876543.25 GBP", "id": "../admin", "iban": "GB-canary", "order": "order-canary",
		"long": "123456789012345678901234567890", "climbed": "not_allowed", "moved": "not_allowed", "inside": "not_allowed", "inside_code": 0.0, "refused": "no_money 402"}
	if got := w.last().Vars; !reflect.DeepEqual(got, want) {
		t.Errorf("variables\n%v\nwant\n%v", got, want)
	}
	body := `{"account":"12345674","lines":[{"n":2}],"pin":"47110815"}`
	wantAsked := []string{
		"GET /accounts/12345674?currency=G%26B%3DP Bearer canary-secret ",
		"POST /orders Bearer canary-secret " + body, "POST /orders Bearer canary-secret " + body, "POST /orders Bearer canary-secret " + body,
		"GET /moved  ",
	}
	if got := host.requests(); !reflect.DeepEqual(got, wantAsked) {
		t.Errorf("the host was asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wantAsked, "\n"))
	}
	if k := host.keys; len(k) != 3 || k[0] != k[1] || k[1] == k[2] {
		t.Errorf("idempotency keys %q: want one for both tries, and another for the second order", k)
	}
	if got := other.requests(); len(got) != 0 {
		t.Errorf("the other host was asked %q", got)
	}
	for _, secret := range []string{"canary", "47110815", "12345674", "9876543", "admin"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log shows %q:\n%s", secret, log.String())
		}
	}
	if !strings.Contains(log.String(), "/accounts/${…}") {
		t.Errorf("the log does not tell of requests:\n%s", log.String())
	}
}

// syncBuffer is a buffer for a log.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// A hang-up cancels a request that is under way.
func TestHangUpCancelsRequest(t *testing.T) {
	begun, gone := make(chan struct{}), make(chan struct{})
	host := serveAPI(t, func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		close(gone)
	})
	f := flowOf(t, `
ivr: 1
flow: slow
start: main
states:
  main: [answer, {http: {get: HOST/slow}, timeout: 15s, failed: end}, end]
`, "HOST", host.URL)
	w := connect(t, func(c *bot.Config) { c.Flows, c.HTTP = []*flow.Flow{f}, allow("slow", host) })
	caller, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	<-begun
	caller.HangUp()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Fatal("the request goes on without its caller")
	}
	w.finished(t, ivr.EndedByCaller)
}

// A bot does not start with a flow that asks what the configuration does not
// allow: that is known before anybody calls.
func TestNewRefusesRequests(t *testing.T) {
	const text = `
ivr: 1
flow: asks
actions: {note: {http: {post: "https://notes.example.com/", headers: {X: "${secret.notes}"}}}}
start: main
states:
  main: [{http: {get: "https://api.example.com/a/${call.id}", headers: {Authorization: "Bearer ${secret.crm}"}}, timeout: 1s, failed: end}, {do: note, failed: end}, end]
`
	both := []fetch.Host{{Origin: "https://api.example.com", Flows: []string{"asks"}}, {Origin: "https://notes.example.com", Flows: []string{"asks"}}}
	secret := func(hosts ...string) fetch.BoundSecret {
		return fetch.BoundSecret{Value: ivr.NewSecret("canary"), Hosts: hosts}
	}
	for name, c := range map[string]struct {
		http fetch.Config
		want []string // parts of the error; none: it starts
	}{
		"nothing allowed": {fetch.Config{}, []string{
			`flow "asks", main.1 (f.ivr.yaml:7:11): GET https://api.example.com/a/${…}: the configuration does not allow it: flow "asks" may not call this host; add https://api.example.com to hosts`,
			`action note (f.ivr.yaml:4:18): POST https://notes.example.com/`}},
		"another flow's host": {fetch.Config{Hosts: []fetch.Host{{Origin: "https://api.example.com", Flows: []string{"other"}}, both[1]},
			Secrets: map[string]fetch.BoundSecret{"notes": secret("https://notes.example.com")}}, []string{`flow "asks" may not call this host`}},
		"another port": {fetch.Config{Hosts: []fetch.Host{{Origin: "https://api.example.com:8443", Flows: []string{"asks"}}, both[1]},
			Secrets: map[string]fetch.BoundSecret{"notes": secret("https://notes.example.com")}}, []string{"may not call this host"}},
		"no secret": {fetch.Config{Hosts: both}, []string{`wants a secret "crm", which the configuration does not have`, `wants a secret "notes"`}},
		"another host's secret": {fetch.Config{Hosts: both, Secrets: map[string]fetch.BoundSecret{"crm": secret("https://notes.example.com"), "notes": secret("https://notes.example.com")}},
			[]string{`the secret "crm" is not for this host`}},
		"a bad host":  {fetch.Config{Hosts: []fetch.Host{{Origin: "https://api.example.com/x", Flows: []string{"asks"}}}}, []string{"write scheme, host and port only"}},
		"all allowed": {fetch.Config{Hosts: both, Secrets: map[string]fetch.BoundSecret{"crm": secret("https://api.example.com"), "notes": secret("https://notes.example.com")}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bot.New(bot.Config{AppID: "app", Secret: ivr.NewSecret("s"), PublicURL: "https://bot.example.com", Tenants: []string{graphsim.DefaultTenant},
				Flows: []*flow.Flow{flowOf(t, text)}, HTTP: c.http})
			if (err == nil) != (c.want == nil) {
				t.Fatalf("got %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got\n%v\nwithout\n%s", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

// An action is done in one way: over HTTP, or by Go code.
func TestActionOverHTTPAndInGo(t *testing.T) {
	f := flowOf(t, `
ivr: 1
flow: both
actions: {greet: {http: {get: "https://api.example.com/"}}}
start: main
states: {main: [{do: greet, failed: end}, end]}
`)
	b, err := bot.New(bot.Config{AppID: "app", Secret: ivr.NewSecret("s"), PublicURL: "https://bot.example.com", Tenants: []string{graphsim.DefaultTenant},
		Flows: []*flow.Flow{f}, HTTP: fetch.Config{Hosts: []fetch.Host{{Origin: "https://api.example.com", Flows: []string{"both"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Ready(); err != nil {
		t.Errorf("an HTTP action needs Go code: %v", err)
	}
	err = bot.RegisterAction(b, bot.Action[struct{}, struct{}]{Name: "greet", Outcomes: []string{"ok"},
		Do: func(context.Context, struct{}) (struct{}, string, error) { return struct{}{}, "ok", nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Ready(); err == nil || !strings.Contains(err.Error(), "over HTTP, and Go code is registered for it too") {
		t.Errorf("got %v", err)
	}
}

// What commands hold for the wire is in no text of them.
func TestRequestPrintsNoValue(t *testing.T) {
	c := ivr.HTTPRequest{Method: "POST", URL: []ivr.Piece{{Kind: ivr.PieceLiteral, Text: "https://api.example.com/"}, {Kind: ivr.PieceValue, Text: "canary"}},
		Headers: []ivr.Header{{Name: "X", Value: []ivr.Piece{{Kind: ivr.PieceValue, Text: "canary"}}}}, JSON: map[string]any{"pin": "canary"}, In: map[string]any{"pin": "canary"}}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "cmd", c)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "cmd", ivr.Command(c), "url", c.URL)
	if b, err := json.Marshal(c); err != nil || !strings.Contains(string(b), "canary") {
		t.Errorf("the command does not survive JSON: %s %v", b, err)
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("a log shows a value:\n%s", log.String())
	}
}
