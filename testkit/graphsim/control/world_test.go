package control_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// sharedKey is made once: that takes long.
var sharedKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// quick are settings with which calls take no time.
func quick() control.Settings {
	return control.Settings{Latency: -1, EstablishingDelay: -1, EstablishedDelay: -1, AudioDelay: -1, TransferRing: time.Millisecond}
}

// world is a simulator that runs, a bot, and a client that knows the
// simulator's OpenAPI document only.
type world struct {
	t      *testing.T
	server *control.Server
	url    string
	bot    *phoneBot
	schema *jsonschema.Compiler
	token  string
}

func newWorld(t *testing.T, change ...func(*control.Config)) *world {
	t.Helper()
	w := &world{t: t, bot: newPhoneBot(t), schema: jsonschema.NewCompiler()}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + l.Addr().String()
	w.bot.graph = w.url
	cfg := control.Config{BaseURL: w.url, Webhook: w.bot.url + "/calls", Key: sharedKey(), Setup: control.Setup{Settings: quick()}}
	for _, f := range change {
		f(&cfg)
	}
	w.token = cfg.Token
	if w.server, err = control.New(cfg); err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: w.server}}
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(w.server.Close)
	var doc any
	w.raw(t.Context(), http.MethodGet, "/openapi.json", "", &doc)
	if err := w.schema.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return w
}

// raw asks the control interface and reads JSON.
func (w *world) raw(ctx context.Context, method, path, body string, into any) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, w.url+control.Root+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if w.token != "" {
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(text) > 0 && json.Unmarshal(text, into) != nil {
		w.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	return resp.StatusCode
}

// ask asks the control interface, and checks request and answer with its
// OpenAPI document.
func (w *world) ask(method, path, body string, into any) {
	w.t.Helper()
	route := w.route(method, path)
	if body != "" {
		w.valid(route+"/requestBody/content/application~1json/schema", []byte(body))
	}
	var out json.RawMessage
	status := w.raw(w.t.Context(), method, path, body, &out)
	answer, ok := statuses[status]
	if !ok {
		w.t.Fatalf("%s %s: %d %s", method, path, status, out)
	}
	if out != nil {
		w.valid(route+"/responses/"+answer+"/content/application~1json/schema", out)
	}
	if into != nil {
		if err := json.Unmarshal(out, into); err != nil {
			w.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
}

var statuses = map[int]string{http.StatusOK: "200", http.StatusCreated: "201", http.StatusNoContent: "204"}

// route is where the document describes a request.
func (w *world) route(method, path string) string {
	w.t.Helper()
	path, _, _ = strings.Cut(path, "?")
	for _, r := range control.Routes() {
		pattern := regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(r.Path, "[^/]+")
		if r.Method == method && regexp.MustCompile("^"+pattern+"$").MatchString(path) {
			name := url.PathEscape(strings.ReplaceAll(control.Root+r.Path, "/", "~1"))
			return "openapi.json#/paths/" + name + "/" + strings.ToLower(method)
		}
	}
	w.t.Fatalf("no route %s %s", method, path)
	return ""
}

// valid checks JSON with a part of the document.
func (w *world) valid(place string, text []byte) {
	w.t.Helper()
	schema, err := w.schema.Compile(place)
	if err != nil {
		w.t.Fatalf("%s: %v", place, err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		w.t.Errorf("%s\nis not as the document says: %v", text, err)
	}
}

// ring places a call and waits until something holds.
func (w *world) ring(body, until string) control.Call {
	w.t.Helper()
	var c control.Call
	w.ask(http.MethodPost, "/calls", body, &c)
	return w.until(c.ID, until)
}

func (w *world) until(call, until string) control.Call {
	w.t.Helper()
	var c control.Call
	w.ask(http.MethodGet, "/calls/"+call+"?wait=20s&until="+until, "", &c)
	return c
}

// log waits for entries that fit.
func (w *world) log(query string) []control.Entry {
	w.t.Helper()
	var l control.Log
	w.ask(http.MethodGet, "/log?wait=20s&"+query, "", &l)
	if len(l.Entries) == 0 {
		w.t.Fatalf("no entry %s", query)
	}
	return l.Entries
}

const (
	ann = "11111111-2222-4333-8444-555555555555"
	bob = "22222222-2222-4333-8444-555555555555"
)
