package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// watched is a log that can be waited for.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed with each line
}

func newWatched() *watched { return &watched{more: make(chan struct{})} }

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.more)
	w.more = make(chan struct{})
	return w.text.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// find waits for a line and returns what its group matched.
func (w *watched) find(ctx context.Context, t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for {
		w.mu.Lock()
		m, more := re.FindStringSubmatch(w.text.String()), w.more
		w.mu.Unlock()
		if m != nil {
			return m[1]
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("no line %s in\n%s", pattern, w)
		}
	}
}

// running is a bot that runs as a command.
type running struct {
	stderr *watched
	done   chan int
}

// start runs the command until ctx is over or it gets a signal, and waits until
// it takes calls.
func (w *world) start(ctx context.Context, t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{stderr: newWatched(), done: make(chan int, 1)}
	go func() {
		r.done <- Main(ctx, append([]string{"run"}, args...), strings.NewReader(""), &bytes.Buffer{}, r.stderr)
	}()
	w.backend(r.stderr.find(ctx, t, `msg="taking calls" listen=(\S+)`))
	return r
}

// end waits for the exit code.
func (r *running) end(ctx context.Context, t *testing.T, want int) {
	t.Helper()
	select {
	case code := <-r.done:
		if code != want {
			t.Errorf("exit code %d, want %d; it said\n%s", code, want, r.stderr)
		}
	case <-ctx.Done():
		t.Fatalf("it did not end:\n%s", r.stderr)
	}
}

// terminate sends this process the signal of process managers.
func terminate(t *testing.T) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// ring calls the bot and waits until the call is over.
func (w *world) ring(ctx context.Context, t *testing.T, r *running) {
	t.Helper()
	call, err := w.sim.Ring(graphsim.Caller{ID: ivr.Party{Kind: ivr.PartyPhone, ID: "+442079460000"}})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-w.over:
	case <-ctx.Done():
		t.Fatalf("the call did not end:\n%s", r.stderr)
	}
	if end, ok := call.Ended(); !ok || end.By != ivr.EndedByFlow {
		t.Errorf("the call ended by %q (%t), want the bot", end.By, ok)
	}
}

// The whole program behind a proxy with TLS: it takes a call, answers health
// checks, and ends at a signal: with calls in memory it drains.
func TestRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	w := newWorld(t)
	r := w.start(ctx, t, "--config", w.config(t, "store: memory"))
	for _, path := range []string{"/healthz", "/readyz"} {
		if status := w.get(t, path); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	w.ring(ctx, t, r)
	terminate(t)
	r.end(ctx, t, exitFine)
	stderr := r.stderr.String()
	// The web service is asked, and not believed: nobody known has signed its
	// certificate.
	for _, want := range []string{"msg=draining", "msg=ended", `step=ask request="GET ` + w.api.URL + `/who/${…}"`, `request="POST ` + w.api.URL + `/note"`, "its certificate is signed by nobody known"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %s in the log:\n%s", want, stderr)
		}
	}
	if strings.Contains(stderr, graphsim.DefaultSecret) || strings.Contains(stderr, "canary") {
		t.Errorf("the log holds the secret:\n%s", stderr)
	}
}

// Without a word calls are kept in a file beside the configuration, with a key
// of its own. They can be looked at while it runs, and afterwards; another
// process does not get at it.
func TestRunKeeps(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	w := newWorld(t)
	config := w.config(t, "")
	r := w.start(ctx, t, "--config", config)
	w.ring(ctx, t, r)

	file := filepath.Join(filepath.Dir(config), "ivrflow.db")
	_, stderr, code := invoke(t, "", "run", "--config", config)
	if want := "stop that process, or give this one a file of its own; several processes that answer for one bot need PostgreSQL (ivrflow help store)\n"; code != exitFailure || !strings.HasSuffix(stderr, want) {
		t.Errorf("the second process: exit code %d, and it said %q, want %q", code, stderr, want)
	}
	stdout, stderr, code := invoke(t, "", "calls", "list", "--config", config)
	if code != exitFine || !strings.Contains(stdout, "+442079460000") || !strings.Contains(stdout, "short") {
		t.Errorf("the list while it runs: exit code %d, %s\n%s", code, stderr, stdout)
	}
	nodes, _, _ := invoke(t, "", "nodes", "--config", config)
	if !strings.Contains(nodes, "taking calls") {
		t.Errorf("the nodes while it runs:\n%s", nodes)
	}
	w.closing.Store(true)
	terminate(t)
	r.end(ctx, t, exitFine)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	session := lines[1][strings.LastIndex(lines[1], " ")+1:]
	stdout, stderr, code = invoke(t, "", "calls", "show", session, "--store", file)
	for _, want := range []string{"phone +442079460000 calls", "hear     silence", "do       POST " + w.api.URL + "/note"} {
		if code != exitFine || !strings.Contains(stdout, want) {
			t.Errorf("the call afterwards: exit code %d, %s, no %q in\n%s", code, stderr, want, stdout)
		}
	}
	for _, name := range []string{file, file + ".key"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	t.Setenv("IVRFLOW_TEST_KEY", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	src, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(filepath.Dir(config), "other.yaml")
	if err := os.WriteFile(other, append(src, "key: {env: IVRFLOW_TEST_KEY}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr, code = invoke(t, "", "run", "--config", other)
	if code != exitFailure || !strings.Contains(stderr, "the database was begun with another key") {
		t.Errorf("with another key: exit code %d, and it said %q", code, stderr)
	}
	if err := os.Remove(file + ".key"); err != nil {
		t.Fatal(err)
	}
	_, stderr, code = invoke(t, "", "run", "--config", config)
	if code != exitFailure || !strings.Contains(stderr, `ivrflow.db.key" back, or move the store away to begin anew`) {
		t.Errorf("without its key: exit code %d, and it said %q", code, stderr)
	}
}

// A call goes on when the program starts again, at the address that the platform
// has: the key beside the store is the same.
func TestRunAgain(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	w := newWorld(t)
	config := w.config(t, "")
	flow := filepath.Join(filepath.Dir(config), "short.ivr.yaml")
	src, err := os.ReadFile(flow)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(flow, bytes.Replace(src, []byte("300ms"), []byte("3s"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	first := w.start(ctx, t, "--config", config)
	call, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	first.stderr.find(ctx, t, `(op=playPrompt)`)
	w.closing.Store(true) // what comes meanwhile, the platform tells again
	terminate(t)
	first.end(ctx, t, exitFine)
	second := w.start(ctx, t, "--config", config)
	select {
	case <-w.over:
	case <-ctx.Done():
		t.Fatalf("the call did not end:\n%s", second.stderr)
	}
	if end, ok := call.Ended(); !ok || end.By != ivr.EndedByFlow {
		t.Errorf("the call ended by %q (%t), want the bot:\n%s", end.By, ok, second.stderr)
	}
	terminate(t)
	second.end(ctx, t, exitFine)
	if !strings.Contains(second.stderr.String(), `msg="sessions taken up" sessions=1`) {
		t.Errorf("nothing was taken up:\n%s", second.stderr)
	}
	if strings.Contains(second.stderr.String(), "status=404") || strings.Contains(second.stderr.String(), "status=403") {
		t.Errorf("the address was refused:\n%s", second.stderr)
	}
}

// world is a simulated Graph, and a proxy through which it reaches the bot.
type world struct {
	sim   *graphsim.Sim
	graph *httptest.Server
	proxy *httptest.Server
	api   *httptest.Server // a web service
	over  chan struct{}    // closed when a call has ended
	// closing says that nobody need take what the platform still has to tell.
	closing atomic.Bool

	mu     sync.Mutex
	target *url.URL // the bot
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{over: make(chan struct{})}
	silent := slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	w.proxy = httptest.NewTLSServer(&httputil.ReverseProxy{ErrorLog: silent, Rewrite: func(r *httputil.ProxyRequest) {
		w.mu.Lock()
		defer w.mu.Unlock()
		r.SetURL(w.target)
	}})
	t.Cleanup(w.proxy.Close)
	w.api = httptest.NewUnstartedServer(http.NotFoundHandler())
	w.api.Config.ErrorLog = silent
	w.api.StartTLS()
	t.Cleanup(w.api.Close)
	w.graph = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.sim.ServeHTTP(rw, r) }))
	t.Cleanup(w.graph.Close)
	var err error
	w.sim, err = graphsim.New(graphsim.Config{BaseURL: w.graph.URL, Webhook: w.proxy.URL + "/api/calls", Transport: w.proxy.Client().Transport})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.closing.Store(true)
		w.sim.Close()
	})
	var once sync.Once
	w.sim.Observe(func(e graphsim.Event) {
		switch e := e.(type) {
		case graphsim.Ended:
			once.Do(func() { close(w.over) })
		case graphsim.CallbackFailed:
			if !w.closing.Load() {
				t.Errorf("callback: %d %v", e.Status, e.Err)
			}
		}
	})
	return w
}

func (w *world) backend(addr string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.target = &url.URL{Scheme: "http", Host: addr}
}

func (w *world) get(t *testing.T, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.proxy.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.proxy.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// config writes a configuration, with more lines, and its flow.
func (w *world) config(t *testing.T, more string) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("IVRFLOW_TEST_SECRET", graphsim.DefaultSecret)
	t.Setenv("IVRFLOW_TEST_CRM", "canary")
	files := map[string]string{
		"short.ivr.yaml": strings.ReplaceAll(`ivr: 1
flow: short
start: main
states:
  main:
    - http: {get: "%s/who/${call.id}", headers: {Authorization: "Bearer ${secret.crm}"}}
      id: ask
      failed: []
    - play: {silence: 300ms}
    - do: note
      failed: end
    - end
actions: {note: {http: {post: "%s/note"}}}
on_error: [end]
`, "%s", w.api.URL),
		"bot.yaml": fmt.Sprintf(`app_id: %s
secret: {env: IVRFLOW_TEST_SECRET}
tenants: [%s]
public_url: %s
listen: 127.0.0.1:0
graph: {url: %s/beta, login_url: %s, metadata_url: %s}
flows: [short.ivr.yaml]
drain: 5s
log: {level: debug}
hosts: [{url: "%s", networks: [127.0.0.0/8]}]
secrets: {crm: {env: IVRFLOW_TEST_CRM, hosts: ["%s"]}}
%s
`, w.sim.AppID(), w.sim.Tenant(), w.proxy.URL, w.graph.URL, w.graph.URL, w.sim.Discovery(), w.api.URL, w.api.URL, more),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "bot.yaml")
}

// A port that is taken is a failure.
func TestRunPortTaken(t *testing.T) {
	w := newWorld(t)
	config := w.config(t, "store: memory")
	src, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	taken := w.graph.Listener.Addr().String()
	if err := os.WriteFile(config, bytes.Replace(src, []byte("127.0.0.1:0"), []byte(taken), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := invoke(t, "", "run", "--config", config)
	if code != exitFailure || !strings.Contains(stderr, "address already in use") {
		t.Errorf("exit code %d, and it said %q", code, stderr)
	}
}

// Without a configuration it says how to get one.
func TestRunNoConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	_, stderr, code := invoke(t, "", "run")
	want := "ivrflow: reading configuration: open bot.yaml: no such file or directory; write one (ivrflow help configuration), or name one with --config\n"
	if code != exitFailure || stderr != want {
		t.Errorf("exit code %d, and it said %q, want %q", code, stderr, want)
	}
	if _, stderr, _ := invoke(t, "", "run", "--config", "bot.yaml"); strings.Contains(stderr, "write one") {
		t.Errorf("it said %q of a name that was given", stderr)
	}
}
