package server_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/server"
)

// Anybody may ask whether the bot is ready, and learns one word why not; the
// log has the rest.
func TestReadiness(t *testing.T) {
	for _, tt := range []struct {
		name   string
		own    error
		noKeys bool
		want   string
		log    string
	}{
		{"ready", nil, false, "ready", ""},
		{"an error", errors.New("dial tcp 10.0.0.7:5432"), false, "not ready: bot", "10.0.0.7"},
		{"a word", &server.NotReadyError{Word: "store", Err: errors.New("dial tcp 10.0.0.7:5432")}, false, "not ready: store", "store: dial tcp 10.0.0.7"},
		{"a word alone", &server.NotReadyError{Word: "draining"}, false, "not ready: draining", "draining"},
		{"no keys", nil, true, "not ready: keys", "no route to host"},
		{"both", errors.New("disk full"), true, "not ready: keys, bot", "disk full"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			b := newBot(t, func(c *server.Config) {
				c.Ready = func() error { return tt.own }
				c.Log = slog.New(slog.NewTextHandler(&log, nil))
			})
			if tt.noKeys {
				b.idp.misbehave(func(*http.Request) (*http.Response, error) { return nil, errors.New("no route to host") })
			}
			ask := func(path string) *httptest.ResponseRecorder {
				return b.do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			}
			w, status := ask("/readyz"), http.StatusServiceUnavailable
			if tt.want == "ready" {
				status = http.StatusOK
			}
			if got := strings.TrimSpace(w.Body.String()); w.Code != status || got != tt.want {
				t.Errorf("got %d %q, want %d %q", w.Code, got, status, tt.want)
			}
			if !strings.Contains(log.String(), tt.log) {
				t.Errorf("the log is\n%swant %q in it", &log, tt.log)
			}
			if w := ask("/healthz"); w.Code != http.StatusOK {
				t.Errorf("alive: got %d, want 200", w.Code)
			}
		})
	}
}
