package bot_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const (
	annToken = "ann-ann-ann-ann-ann-ann-ann-ann-ann"
	bobToken = "bob-bob-bob-bob-bob-bob-bob-bob-bob"
)

// looked after adds an admin API to a configuration.
func lookedAfter(t *testing.T) func(*bot.Config) {
	t.Helper()
	tokens, err := admin.ParseTokens("ann operate,disclose " + annToken + "\nbob operate " + bobToken)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *bot.Config) { c.Admin = bot.Admin{Listen: "127.0.0.1:0", Tokens: tokens} }
}

// asks is somebody with a token who uses a bot's admin API.
type asks struct {
	t     *testing.T
	h     http.Handler
	token string
}

func asking(t *testing.T, b *bot.Bot, token string) asks {
	t.Helper()
	h, err := b.AdminHandler()
	if err != nil {
		t.Fatal(err)
	}
	return asks{t, h, token}
}

// do makes a request, reads the answer, and returns its status.
func (a asks) do(method, path, body string, answer any, headers ...string) int {
	a.t.Helper()
	r := httptest.NewRequestWithContext(a.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	a.h.ServeHTTP(rec, r)
	if text, ok := answer.(*string); ok {
		*text = rec.Body.String()
	} else if err := json.Unmarshal(rec.Body.Bytes(), answer); err != nil {
		a.t.Fatalf("%s %s: %d %s: %v", method, path, rec.Code, rec.Body, err)
	}
	return rec.Code
}

// Two nodes, each with the whole API: what one is asked the other does.
func TestAdminOfTwoNodes(t *testing.T) {
	w, other := twoNodes(t, lookedAfter(t))
	caller := waits(t, w)
	for name, b := range map[string]*bot.Bot{"its node": w.bot, "another": other} {
		ann, bob := asking(t, b, annToken), asking(t, b, bobToken)
		var list admin.CallList
		if status := ann.do("GET", "/v1/calls?state=live&flow=held", "", &list); status != 200 || len(list.Calls) != 1 || list.Calls[0].Calls[0] != string(caller.ID()) {
			t.Fatalf("%s: live calls: %d %+v", name, status, list)
		}
		var one, outline admin.Call
		if status := ann.do("GET", "/v1/calls/"+string(caller.ID()), "", &one); status != 200 {
			var text string
			ann.do("GET", "/v1/calls/"+string(caller.ID()), "", &text)
			t.Fatalf("%s: the call: %d %s", name, status, text)
		}
		bob.do("GET", "/v1/calls/"+list.Calls[0].Session, "", &outline)
		if !one.Live || one.Node == "" || one.Session != outline.Session || len(one.Legs) != 1 || one.Variables["code"] != "42" || one.Variables["pin"] != nil {
			t.Errorf("%s: the call: %+v", name, one)
		}
		if outline.Variables != nil || len(outline.Moments) == 0 || outline.Moments[0].Hidden == "" {
			t.Errorf("%s: without the role disclose: %+v", name, outline)
		}
		var text string
		if status := bob.do("GET", "/v1/calls/"+one.Session+"/conversation", "", &text); status != 200 || !strings.Contains(text, "hear") || !strings.Contains(text, "live") {
			t.Errorf("%s: the conversation: %d %s", name, status, text)
		}
		var nodes admin.NodeList
		if ann.do("GET", "/v1/nodes", "", &nodes); len(nodes.Nodes) != 2 || nodes.Nodes[0].Self == nodes.Nodes[1].Self {
			t.Errorf("%s: nodes %+v", name, nodes)
		}
		var flows admin.FlowList
		if ann.do("GET", "/v1/flows", "", &flows); len(flows.Flows) != 2 || flows.Flows[0].Name != "held" || flows.Flows[0].Live != 1 || !flows.Flows[0].Current {
			t.Errorf("%s: flows %+v", name, flows)
		}
		var health admin.Health
		if ann.do("GET", "/v1/health", "", &health); !health.Ready || health.Node == "" {
			t.Errorf("%s: health %+v", name, health)
		}
	}
	bob := asking(t, other, bobToken)
	var done admin.Done
	if status := bob.do("POST", "/v1/calls/"+string(caller.ID())+"/hangup", "", &done); status != 202 || done.Session == "" {
		t.Fatalf("hang up: %d %+v", status, done)
	}
	await(t, w, anyOf[graphsim.Ended])
	w.finished(t, ivr.EndedByOperator)
	var over admin.Call
	if status := bob.do("GET", "/v1/calls/"+done.Session, "", &over); status != 200 || over.Live || over.EndedBy != string(ivr.EndedByOperator) || over.State != "" {
		t.Errorf("after the end: %d %+v", status, over)
	}
	var text string
	if bob.do("GET", "/v1/calls/"+done.Session+"/conversation", "", &text); !strings.Contains(text, "outside  hang up, by bob") {
		t.Errorf("the record does not say who hung up:\n%s", text)
	}
	var problem admin.Document
	if status := bob.do("POST", "/v1/calls/"+done.Session+"/hangup", "", &problem); status != 404 {
		t.Errorf("hung up twice: %d %+v", status, problem)
	}
}

// A transfer and a signal by the API, and what it refuses.
func TestAdminActs(t *testing.T) {
	w, other := twoNodes(t, lookedAfter(t))
	ann := asking(t, other, annToken)
	caller := waits(t, w)
	var problem admin.Document
	path := "/v1/calls/" + string(caller.ID())
	if status := ann.do("POST", path+"/transfer", `{"to": {"phone": "+442071838750"}}`, &problem); status != 422 || problem.Cause != "the configuration does not allow this telephone number; add its prefix to phones" {
		t.Errorf("a number that is not allowed: %d %+v", status, problem)
	}
	var done admin.Done
	if status := ann.do("POST", path+"/transfer", `{"to": {"user": "`+someUser+`"}}`, &done); status != 202 {
		t.Fatalf("transfer: %d", status)
	}
	if to := await(t, w, anyOf[graphsim.Transferred]); to.Target.ID != someUser {
		t.Errorf("transferred to %v", to.Target)
	}
	await(t, w, anyOf[graphsim.Ended])
	caller = waits(t, w)
	if status := ann.do("POST", "/v1/calls/"+string(caller.ID())+"/signal", `{"name": "go"}`, &done); status != 202 {
		t.Fatalf("signal: %d", status)
	}
	await(t, w, anyOf[graphsim.Ended])
	w.finished(t, ivr.EndedByFlow)
}

// An order that is told to both nodes, many times and at the same time, calls somebody
// once.
func TestAdminDialsOnce(t *testing.T) {
	log := &safeLog{}
	w, other := twoNodes(t, lookedAfter(t), func(c *bot.Config) { c.Log = slog.New(slog.NewTextHandler(log, nil)) })
	order := `{"flow": "out", "params": {"whom": "` + someUser + `"}}`
	waits(t, w) // it serves
	const many = 8
	var wg sync.WaitGroup
	fresh := make(chan int, many)
	for i := range many {
		ann := asking(t, []*bot.Bot{w.bot, other}[i%2], annToken)
		wg.Go(func() {
			var d admin.Dialled
			fresh <- ann.do("POST", "/v1/calls", order, &d, "Idempotency-Key", `"2026-11-28/17"`)
		})
	}
	wg.Wait()
	close(fresh)
	statuses := map[int]int{}
	for status := range fresh {
		statuses[status]++
	}
	if statuses[201] != 1 || statuses[200] != many-1 {
		t.Errorf("answers %v, want one 201, else 200\n%s", statuses, log)
	}
	await(t, w, anyOf[graphsim.PickedUp])
	ann, bob := asking(t, other, annToken), asking(t, other, bobToken)
	var list admin.CallList
	if ann.do("GET", "/v1/calls?flow=out", "", &list); len(list.Calls) != 1 {
		t.Errorf("%d sessions, want 1", len(list.Calls))
	}
	var problem admin.Document
	if status := ann.do("POST", "/v1/calls", `{"flow": "out", "params": {"whom": "`+otherUser+`"}}`, &problem, "Idempotency-Key", "2026-11-28/17"); status != 422 || !strings.HasSuffix(problem.Type, "key-used") {
		t.Errorf("another order with the key: %d %+v", status, problem)
	}
	if status := ann.do("POST", "/v1/calls", `{"flow": "held"}`, &problem, "Idempotency-Key", "x"); status != 422 || !strings.Contains(problem.Cause, "it is of kind incoming") {
		t.Errorf("a flow that takes calls: %d %+v", status, problem)
	}
	var d admin.Dialled
	if status := bob.do("POST", "/v1/calls", order, &d, "Idempotency-Key", "2026-11-28/17"); status != 201 {
		t.Errorf("the same key of another token: %d, want an order of its own", status)
	}
}

// Without a database the API tells of the calls that live.
func TestAdminInMemory(t *testing.T) {
	w := connect(t, lookedAfter(t), func(c *bot.Config) {
		c.Flows, c.Routes, c.DrainFor = heldFlows(t), []bot.Route{{Flow: "held"}}, time.Millisecond
	})
	first, second := waits(t, w), waits(t, w)
	ann := asking(t, w.bot, annToken)
	var page, rest, none admin.CallList
	ann.do("GET", "/v1/calls?limit=1", "", &page)
	if len(page.Calls) != 1 || page.Calls[0].Calls[0] != string(second.ID()) || page.Next == "" {
		t.Fatalf("the first page: %+v", page)
	}
	ann.do("GET", "/v1/calls?limit=1&before="+page.Next, "", &rest)
	if len(rest.Calls) != 1 || rest.Calls[0].Calls[0] != string(first.ID()) || rest.Next != "" {
		t.Errorf("the second page: %+v", rest)
	}
	for _, query := range []string{"state=over", "flow=out", "until=2026-01-01T00:00:00Z", "since=2999-01-01T00:00:00Z"} {
		if ann.do("GET", "/v1/calls?"+query, "", &none); len(none.Calls) > 0 {
			t.Errorf("%s: %+v", query, none)
		}
	}
	var one admin.Call
	if status := ann.do("GET", "/v1/calls/"+string(first.ID()), "", &one); status != 200 || !one.Live || one.Variables["code"] != "42" {
		t.Errorf("a call: %d %+v", status, one)
	}
	var flows admin.FlowList
	if ann.do("GET", "/v1/flows", "", &flows); len(flows.Flows) != 2 || flows.Flows[0].Live != 2 {
		t.Errorf("flows %+v", flows)
	}
	var problem admin.Document
	if status := ann.do("POST", "/v1/nodes/other/drain", "", &problem); status != 404 {
		t.Errorf("draining nobody: %d", status)
	}
	var draining admin.Draining
	if status := ann.do("POST", "/v1/nodes/local/drain", "", &draining); status != 202 {
		t.Errorf("draining: %d", status)
	}
	for _, c := range []*graphsim.Call{first, second} {
		c.HangUp()
	}
	if err := <-w.served; err != nil { // it ends with its last call
		t.Error(err)
	}
	w.served <- nil
}

// The API is served on its listener, over TLS if that is no loopback one, and on no
// other; tokens are changed without a restart.
func TestAdminServed(t *testing.T) {
	var cfg bot.Config
	log := &safeLog{}
	w := connect(t, lookedAfter(t), func(c *bot.Config) {
		c.Admin.Listen, c.Log, c.DrainFor = "127.0.0.1:0", slog.New(slog.NewTextHandler(log, nil)), time.Millisecond
		cfg = *c
	})
	ask := func(url, token string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode
	}
	if _, err := w.sim.Ring(graphsim.Caller{}); err != nil {
		t.Fatal(err)
	}
	await(t, w, anyOf[graphsim.PromptStarted]) // it serves
	said := regexp.MustCompile(`msg="admin API" listen=(\S+)`).FindStringSubmatch(log.String())
	if said == nil {
		t.Fatalf("it does not say where the admin API is:\n%s", log.String())
	}
	addr := said[1]
	if status := ask("http://"+addr+"/v1/calls", annToken); status != 200 {
		t.Errorf("on its listener: %d", status)
	}
	if status := ask(cfg.PublicURL+"/v1/calls", annToken); status != 404 {
		t.Errorf("on the public listener: %d", status)
	}
	now := w.bot.Config()
	now.Admin.Tokens = now.Admin.Tokens[1:]
	changes, err := w.bot.Reconfigure(t.Context(), now)
	if err != nil || fmt.Sprint(changes.Other) != "[admin.tokens]" || len(changes.Restart) > 0 {
		t.Fatalf("tokens changed: %+v, %v", changes, err)
	}
	if gone, kept := ask("http://"+addr+"/v1/calls", annToken), ask("http://"+addr+"/v1/calls", bobToken); gone != 401 || kept != 200 {
		t.Errorf("after the change: %d and %d", gone, kept)
	}
	if text := log.String(); strings.Contains(text, annToken) || strings.Contains(text, bobToken) || !strings.Contains(text, "refused=unauthorized") {
		t.Errorf("the log: %s", text)
	}
}

// safeLog is a log that a test reads while others write.
type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// An API that anybody could use, or that would give its tokens away, is refused.
func TestAdminRefused(t *testing.T) {
	f, _, err := flow.Load(shortFiles(), "short.ivr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(*bot.Config)
		want  string
	}{
		"no tokens":    {func(c *bot.Config) { c.Admin.Tokens = nil }, "has no tokens"},
		"in the clear": {func(c *bot.Config) { c.Admin.Listen = "0.0.0.0:9444" }, "in the clear"},
		"everywhere":   {func(c *bot.Config) { c.Admin.Listen = ":9444" }, "in the clear"},
		"no address":   {func(c *bot.Config) { c.Admin.Listen = "9444" }, "address of the admin API"},
	} {
		cfg := bot.Config{AppID: "app", Secret: ivr.NewSecret("s"), PublicURL: "https://bot.example.com", Flows: []*flow.Flow{f},
			Tenants: []string{graphsim.DefaultTenant}, Speech: blip{}}
		lookedAfter(t)(&cfg)
		c.spoil(&cfg)
		if _, err := bot.New(cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// The tokens of a configuration file are those of the API.
func TestAdminOfAFile(t *testing.T) {
	dir := t.TempDir()
	text := `app_id: 6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11
secret: {env: BOT_SECRET}
tenants: [b41b72d0-4e9f-4c26-8a69-f949f367c91d]
public_url: https://bot.example.com
store: memory
flows: [f.ivr.yaml]
admin: {tokens: {file: tokens}}
`
	for name, text := range map[string]string{"bot.yaml": text, "tokens": "ann read " + annToken + "\n",
		"f.ivr.yaml": "ivr: 1\nflow: f\nstart: main\nstates: {main: [{wait: 1s}, end]}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load := func() (bot.Config, string) {
		cfg, list, err := loader(new(bytes.Buffer)).Load(filepath.Join(dir, "bot.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return cfg, list.String()
	}
	cfg, findings := load()
	if findings != "" || cfg.Admin.Listen != bot.DefaultAdmin || len(cfg.Admin.Tokens) != 1 {
		t.Fatalf("got %+v, %s", cfg.Admin, findings)
	}
	b, err := bot.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var health admin.Health
	if status := asking(t, b, annToken).do("GET", "/v1/health", "", &health); status != 200 || health.Ready {
		t.Errorf("health before it serves: %d %+v", status, health)
	}
	if err := os.Chmod(filepath.Join(dir, "tokens"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, findings := load(); !strings.Contains(findings, "can be read by others") {
		t.Errorf("a file of tokens that others read: %s", findings)
	}
}
