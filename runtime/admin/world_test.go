package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Tokens of the tests. Each is what it says.
const (
	readToken     = "read-read-read-read-read-read-read"
	operateToken  = "operate-operate-operate-operate-operate"
	discloseToken = "disclose-disclose-disclose-disclose"
)

const tokenFile = `# who may use it
ann  read             ` + readToken + `
bob  operate          ` + operateToken + `

carl read,disclose    ` + discloseToken + "\n"

const (
	aGUID  = "5f0c7c7e-0000-4000-8000-000000000001"
	number = "+442071838750"

	manualID = "fOXoPxYggsxDHiS_LHfhrQ" // of the manual's examples; it lives
)

// fake is a bot with one call that lives and one that is over.
type fake struct {
	mu    sync.Mutex
	did   []string
	keys  map[string]admin.Order
	fail  error // what every method says; nil: nothing
	panic bool
}

func (f *fake) note(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.panic {
		panic("the fake panics")
	}
	f.did = append(f.did, fmt.Sprintf(format, args...))
	return f.fail
}

func (f *fake) done() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.did...)
}

func began() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

func summary(id string) store.Summary {
	return store.Summary{Session: ivr.SessionID(id), Flow: "support", Version: "abc", Caller: ivr.Party{Kind: ivr.PartyPhone, ID: number},
		Called: ivr.Party{Kind: ivr.PartyBot, ID: aGUID}, Started: began(), Calls: []ivr.CallID{aGUID}}
}

func (f *fake) Calls(_ context.Context, filter store.Filter) ([]store.Summary, error) {
	err := f.note("calls %+v", filter)
	all := []store.Summary{summary("live"), summary("over"), summary("older")}
	all[1].Ended, all[1].EndedBy = began().Add(time.Minute), ivr.EndedByCaller
	return all[:min(filter.Max, len(all))], err
}

func (f *fake) Find(_ context.Context, id string, open bool) (admin.Found, error) {
	err := f.note("find %s open=%t", id, open)
	if id != "live" && id != "over" && id != manualID {
		return admin.Found{}, fmt.Errorf("%w %s", call.ErrUnknown, id)
	}
	h := store.History{Summary: summary(id), Moments: []store.Moment{{Version: 1, At: began(),
		Events:   []ivr.Event{ivr.CallIncoming{Head: ivr.Head{At: began()}, Call: aGUID}, ivr.ToneReceived{Head: ivr.Head{At: began()}}},
		Commands: []ivr.Command{ivr.Answer{Op: 1}}}}}
	if !open {
		h.Moments[0].Hidden = store.ErrNoKey
	}
	if id == "over" {
		h.Ended = began().Add(time.Minute)
		return admin.Found{History: h}, err
	}
	return admin.Found{History: h, Live: &admin.Live{State: "main.1/playing", Vars: map[string]any{"code": "4711"},
		Legs: []admin.Leg{{ID: "caller", Call: aGUID, State: "established", Audio: true}}}}, err
}

func (f *fake) act(id, format string, args ...any) (ivr.SessionID, error) {
	err := f.note(format, args...)
	if id != "live" && id != manualID {
		return "", fmt.Errorf("%w %s", call.ErrUnknown, id)
	}
	return ivr.SessionID(id), err
}

func (f *fake) HangUp(_ context.Context, id, by string) (ivr.SessionID, error) {
	return f.act(id, "hang up %s by %s", id, by)
}

func (f *fake) Transfer(_ context.Context, id string, to ivr.Target, by string) (ivr.SessionID, error) {
	return f.act(id, "transfer %s to %s %s by %s", id, to.Kind, to.ID, by)
}

func (f *fake) Signal(_ context.Context, id, name string) (ivr.SessionID, error) {
	return f.act(id, "signal %s %s", id, name)
}

func (f *fake) Dial(_ context.Context, key string, o admin.Order) (ivr.SessionID, bool, error) {
	if err := f.note("dial %q %s", key, o.Flow); err != nil {
		return "", false, err
	}
	_, known := f.keys[key]
	if f.keys == nil {
		f.keys = map[string]admin.Order{}
	}
	f.keys[key] = o
	return "dialled", !known, nil
}

func (f *fake) Nodes(context.Context) ([]admin.Node, error) {
	return []admin.Node{{ID: "N1", Host: "host:1", Started: began(), Until: began(), Calls: 3, Self: true}}, f.note("nodes")
}

func (f *fake) Drain(_ context.Context, node string) error {
	if err := f.note("drain %s", node); err != nil {
		return err
	}
	if node != "N1" && node != admin.AllNodes {
		return store.ErrNone
	}
	return nil
}

func (f *fake) Flows(context.Context) ([]admin.Flow, error) {
	return []admin.Flow{{Name: "support", Version: "abc", Since: began(), Live: 3, Current: true}}, f.note("flows")
}

func (f *fake) Health(context.Context) admin.Health {
	_ = f.note("health")
	return admin.Health{Ready: true, Node: "N1", Live: 3}
}

// world is an API over a fake, with a clock that stands until it is moved.
type world struct {
	t    *testing.T
	bot  *fake
	h    http.Handler
	log  *bytes.Buffer
	now  time.Time
	spec *spec
}

func newWorld(t *testing.T) *world {
	t.Helper()
	tokens, err := admin.ParseTokens(tokenFile)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, bot: &fake{}, log: &bytes.Buffer{}, now: began(), spec: readSpec(t)}
	w.h, err = admin.New(admin.Config{Bot: w.bot, Tokens: func() []admin.Token { return tokens },
		Log: slog.New(slog.NewTextHandler(w.log, nil)), Now: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// header is one of a request; "" takes it out.
type header struct{ name, value string }

// ask makes a request, and compares it and its answer with the OpenAPI document. A
// body is JSON. Time passes, so that nobody asks too often.
func (w *world) ask(method, path, token, body string, headers ...header) *httptest.ResponseRecorder {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	return w.askNow(method, path, token, body, headers...)
}

func (w *world) askNow(method, path, token, body string, headers ...header) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		r.Header.Set(h.name, h.value)
		if h.value == "" {
			r.Header.Del(h.name)
		}
	}
	rec := httptest.NewRecorder()
	w.h.ServeHTTP(rec, r)
	w.spec.check(w.t, r, body, rec)
	return rec
}

// problem is an answer that is one, with this status and name.
func (w *world) problem(rec *httptest.ResponseRecorder, status int, name string) map[string]any {
	w.t.Helper()
	var p map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || rec.Code != status || p["type"] != "urn:ivrflow:problem:"+name {
		w.t.Fatalf("got %d %s, %v; want %d %s", rec.Code, rec.Body, err, status, name)
	}
	if ct := rec.Header().Get("Content-Type"); ct != "application/problem+json" {
		w.t.Errorf("%s: Content-Type %q", name, ct)
	}
	return p
}

// spec is the OpenAPI document.
type spec struct {
	doc  map[string]any
	all  *jsonschema.Compiler
	seen map[string]bool // operations and the statuses of their answers
}

func readSpec(t *testing.T) *spec {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(admin.OpenAPI()))
	if err != nil {
		t.Fatal(err)
	}
	s := &spec{doc: parsed.(map[string]any), all: jsonschema.NewCompiler(), seen: map[string]bool{}}
	s.all.AssertFormat()
	if err := s.all.AddResource("openapi.json", parsed); err != nil {
		t.Fatal(err)
	}
	return s
}

// at is what stands at a path of members; nil: nothing.
func at(v any, names ...string) any {
	for _, name := range names {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// operation finds the path of the document that fits, and what it says of a method.
func (s *spec) operation(method, path string) (pattern string, op map[string]any) {
	for pattern, ops := range s.doc["paths"].(map[string]any) {
		if matches(pattern, path) {
			op, _ := at(ops, strings.ToLower(method)).(map[string]any)
			return pattern, op
		}
	}
	return "", nil
}

func matches(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && want[i] != "{id}" {
			return false
		}
	}
	return true
}

// check compares an exchange with the document: the answer, and the request if it was
// taken.
func (s *spec) check(t *testing.T, r *http.Request, body string, rec *httptest.ResponseRecorder) {
	t.Helper()
	method := r.Method
	if method == http.MethodHead {
		return
	}
	pattern, op := s.operation(method, r.URL.EscapedPath())
	if op == nil {
		if rec.Code < 400 {
			t.Errorf("%s %s: %d, and the document does not know it", method, r.URL, rec.Code)
		}
		return
	}
	if rec.Code < 400 {
		s.checkRequest(t, op, pattern, r, body)
	}
	status := fmt.Sprint(rec.Code)
	s.seen[at(op, "operationId").(string)+" "+status] = true
	pointer := []string{"paths", pattern, strings.ToLower(method), "responses", status}
	if at(op, "responses", status) == nil {
		if rec.Code < 400 {
			t.Errorf("%s %s: the document has no answer %d", method, r.URL, rec.Code)
			return
		}
		pointer = []string{"components", "responses", "Problem"}
	}
	kind, _, _ := strings.Cut(rec.Header().Get("Content-Type"), ";")
	pointer = append(pointer, "content", kind, "schema")
	if at(s.doc, pointer...) == nil {
		t.Errorf("%s %s: %d: the document has no answer of type %q", method, r.URL, rec.Code, kind)
		return
	}
	if kind == "text/plain" {
		return
	}
	s.valid(t, fmt.Sprintf("answer of %s %s: %d", method, r.URL, rec.Code), pointer, rec.Body.Bytes())
}

func (s *spec) checkRequest(t *testing.T, op map[string]any, pattern string, r *http.Request, body string) {
	t.Helper()
	if at(op, "requestBody") == nil {
		if body != "" {
			t.Errorf("%s %s: taken with a body, which the document does not have", r.Method, r.URL)
		}
	} else {
		s.valid(t, "body of "+r.Method+" "+r.URL.String(), []string{"paths", pattern, strings.ToLower(r.Method), "requestBody", "content", "application/json", "schema"}, []byte(body))
	}
	params := map[string]bool{}
	list, _ := at(op, "parameters").([]any)
	for _, p := range list {
		name := at(p, "name").(string)
		params[name] = true
		if at(p, "in") == "header" && r.Header.Get(name) == "" {
			t.Errorf("%s %s: taken without the header %s", r.Method, r.URL, name)
		}
	}
	for name := range r.URL.Query() {
		if !params[name] {
			t.Errorf("%s %s: taken with the parameter %s, which the document does not have", r.Method, r.URL, name)
		}
	}
}

// valid compares JSON with the schema at a pointer.
func (s *spec) valid(t *testing.T, what string, pointer []string, text []byte) {
	t.Helper()
	for i, name := range pointer {
		pointer[i] = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(name)
	}
	schema, err := s.all.Compile("openapi.json#/" + strings.Join(pointer, "/"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", what, err, text)
	}
}
