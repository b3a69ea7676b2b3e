package bot

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

var (
	metricLine = regexp.MustCompile(`^ivrflow_[a-z_]+(\{[a-z]+="[a-z0-9_]+"(,[a-z]+="[a-z0-9_]+")*\})? [0-9.e+-]+$`)
	helpLine   = regexp.MustCompile(`^# (HELP ivrflow_[a-z_]+ [A-Z].*\.|TYPE ivrflow_[a-z_]+ (counter|gauge))$`)
)

// Each number that a store tells of itself is explained.
func TestStoreHelp(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "calls.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	p := &page{}
	p.store(db.Numbers())
	if text := p.String(); strings.Contains(text, "What the store tells of itself.") || !strings.Contains(text, "# HELP ivrflow_store_queue Changes that wait") {
		t.Errorf("the page says\n%s", text)
	}
}

// The page of metrics is in the form that Prometheus reads; each series is there
// once, with few of them, and nothing in it is about a single call.
func TestMetrics(t *testing.T) {
	b, _, _ := overloadedBot(t, &store.MemoryDB{}, nil)
	if err := ring(t, b, "+442071838750"); err != nil {
		t.Fatal(err)
	}
	for _, o := range []server.Outcome{{Route: "callback", Status: 202}, {Route: "callback", Status: 202}, {Status: 404}} {
		b.counts.requests.count(o)
	}
	c := b.Counts()
	c.Store = map[string]float64{}
	for i := range 5000 {
		c.Store[fmt.Sprintf("n%04d_total", i)] = 1
	}
	page := c.metrics()
	seen, series := map[string]bool{}, 0
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "ivrflow_store_n") || strings.Contains(line, " ivrflow_store_n") {
			series++
			continue
		}
		if !metricLine.MatchString(line) && !helpLine.MatchString(line) {
			t.Errorf("not in the form: %s", line)
		}
		name, _, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(line, "#") {
			if seen[name] {
				t.Errorf("twice: %s", name)
			}
			seen[name] = true
			series++
		}
	}
	if series > 1000 || series < 30 {
		t.Errorf("%d series", series)
	}
	for _, want := range []string{"ivrflow_calls_begun_total 1\n", "ivrflow_calls_live 1\n", `ivrflow_http_requests_total{route="callback",status="202"} 2`,
		`ivrflow_http_requests_total{route="none",status="404"} 1`, `ivrflow_calls_away_total{reason="limit"} 0`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if strings.Contains(page, "7183") || strings.Contains(page, overloadTenant) {
		t.Error("the page holds something of a call")
	}
}

// Who has not the token sees nothing; and without one only this machine could ask.
func TestMetricsToken(t *testing.T) {
	b, _, _ := overloadedBot(t, &store.MemoryDB{}, func(c *Config) { c.MetricsToken = ivr.NewSecret("0123456789abcdef") })
	h := b.MetricsHandler()
	for header, want := range map[string]int{"": 401, "Bearer x": 401, "Basic 0123456789abcdef": 401, "Bearer 0123456789abcdef": 200} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || want != 200 && w.Body.Len() > 0 {
			t.Errorf("%q: %d with %d bytes, want %d", header, w.Code, w.Body.Len(), want)
		}
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("the public side answers %d to /metrics", w.Code)
	}
	for addr, ok := range map[string]bool{"127.0.0.1:1": true, "localhost:1": true, "[::1]:1": true, ":1": false, "0.0.0.0:1": false, "10.0.0.1:1": false, "x": false} {
		if err := checkMetrics(addr, ivr.Secret{}); (err == nil) != ok {
			t.Errorf("%s without a token: %v", addr, err)
		}
	}
}

// Serve serves metrics on a listener of their own, and ends it.
func TestServeMetrics(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	b, _, _ := overloadedBot(t, &store.MemoryDB{}, func(c *Config) { c.Metrics = addr })
	wait, err := b.serveMetrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	get := func() (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/metrics", nil)
		if err != nil {
			return "", err
		}
		res, err := client.Do(r)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return string(body), err
	}
	if page, err := get(); err != nil || !strings.Contains(page, "ivrflow_calls_live 0") {
		t.Errorf("%v:\n%s", err, page)
	}
	wait()
	if _, err := get(); err == nil {
		t.Error("metrics are served after the end")
	}
}

// Serve bounds the connections, and counts those that were too many.
func TestServeLimitsConnections(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b, _, _ := overloadedBot(t, &store.MemoryDB{}, func(c *Config) { c.Limits.Connections.PerAddress = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- b.Serve(ctx, l) }()
	dial := func() net.Conn {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	dial()
	second := dial()
	if err := second.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Error("a connection too many was answered")
	}
	if c := b.Counts(); c.ConnectionsCut != 1 || c.Connections != 1 || !strings.Contains(c.metrics(), "ivrflow_connections_cut_total 1\n") {
		t.Errorf("counted %d connections, %d cut", c.Connections, c.ConnectionsCut)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
