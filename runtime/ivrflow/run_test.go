package main

import (
	"bytes"
	"context"
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

// The whole program behind a proxy with TLS: it takes a call, answers health
// checks, and drains at a signal.
func TestRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	w := newWorld(t)
	config := w.config(t)
	stderr, done := newWatched(), make(chan int, 1)
	go func() {
		done <- Main(ctx, []string{"run", "--config", config}, strings.NewReader(""), &bytes.Buffer{}, stderr)
	}()
	w.backend(stderr.find(ctx, t, `msg="taking calls" listen=(\S+)`))
	for _, path := range []string{"/healthz", "/readyz"} {
		if status := w.get(t, path); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	call, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-w.over:
	case <-ctx.Done():
		t.Fatalf("the call did not end:\n%s", stderr)
	}
	if end, ok := call.Ended(); !ok || end.By != ivr.EndedByFlow {
		t.Errorf("the call ended by %q (%t), want the bot", end.By, ok)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-done:
		if code != exitFine {
			t.Errorf("exit code %d, want 0", code)
		}
	case <-ctx.Done():
		t.Fatalf("it did not end:\n%s", stderr)
	}
	for _, want := range []string{"msg=draining", "msg=ended"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %s in the log:\n%s", want, stderr)
		}
	}
	// The web service is asked, and not believed: nobody known has signed its
	// certificate.
	for _, want := range []string{`step=ask request="GET ` + w.api.URL + `/who/${…}"`, `request="POST ` + w.api.URL + `/note"`, "its certificate is signed by nobody known"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %s in the log:\n%s", want, stderr)
		}
	}
	if strings.Contains(stderr.String(), graphsim.DefaultSecret) || strings.Contains(stderr.String(), "canary") {
		t.Errorf("the log holds the secret:\n%s", stderr)
	}
}

// world is a simulated Graph, and a proxy through which it reaches the bot.
type world struct {
	sim   *graphsim.Sim
	graph *httptest.Server
	proxy *httptest.Server
	api   *httptest.Server // a web service
	over  chan struct{}    // closed when a call has ended

	mu     sync.Mutex
	target *url.URL // the bot
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{over: make(chan struct{})}
	w.proxy = httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		w.mu.Lock()
		defer w.mu.Unlock()
		r.SetURL(w.target)
	}})
	t.Cleanup(w.proxy.Close)
	w.api = httptest.NewUnstartedServer(http.NotFoundHandler())
	w.api.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	w.api.StartTLS()
	t.Cleanup(w.api.Close)
	w.graph = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.sim.ServeHTTP(rw, r) }))
	t.Cleanup(w.graph.Close)
	var err error
	w.sim, err = graphsim.New(graphsim.Config{BaseURL: w.graph.URL, Webhook: w.proxy.URL + "/api/calls", Transport: w.proxy.Client().Transport})
	if err != nil {
		t.Fatal(err)
	}
	var closing atomic.Bool // what it still has to tell then, nobody takes
	t.Cleanup(func() {
		closing.Store(true)
		w.sim.Close()
	})
	var once sync.Once
	w.sim.Observe(func(e graphsim.Event) {
		switch e := e.(type) {
		case graphsim.Ended:
			once.Do(func() { close(w.over) })
		case graphsim.CallbackFailed:
			if !closing.Load() {
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

// config writes a configuration and its flow.
func (w *world) config(t *testing.T) string {
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
`, w.sim.AppID(), w.sim.Tenant(), w.proxy.URL, w.graph.URL, w.graph.URL, w.sim.Discovery(), w.api.URL, w.api.URL),
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
	config := w.config(t)
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
