package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/server"
)

func mediaStub(c *server.Config) {
	c.Media = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "RIFF") })
}

func TestRoutes(t *testing.T) {
	b := newBot(t, mediaStub)
	hash := strings.Repeat("0a", 32)
	id := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		method, path string
		want         int
		allow        string
	}{
		{"POST", "/api/calls", 202, ""},
		{"POST", "/api/calls?x=1", 202, ""},
		{"POST", path, 202, ""},
		{"POST", "/api/calls/" + id(128) + "/" + id(32) + "/" + id(128), 202, ""},
		{"GET", "/healthz", 200, ""}, {"HEAD", "/healthz", 200, ""},
		{"GET", "/readyz", 200, ""}, {"HEAD", "/readyz", 200, ""},
		{"GET", "/media/" + hash + ".wav", 200, ""}, {"HEAD", "/media/" + hash + ".wav", 200, ""},

		{"GET", "/api/calls", 405, "POST"}, {"HEAD", "/api/calls", 405, "POST"}, {"PUT", path, 405, "POST"},
		{"OPTIONS", path, 405, "POST"}, {"TRACE", path, 405, "POST"}, {"post", path, 405, "POST"}, {"DELETE", path, 405, "POST"},
		{"POST", "/healthz", 405, "GET, HEAD"}, {"POST", "/readyz", 405, "GET, HEAD"}, {"POST", "/media/" + hash + ".wav", 405, "GET, HEAD"},

		{"POST", "/", 404, ""}, {"GET", "/", 404, ""}, {"POST", "", 404, ""},
		{"POST", "//api/calls", 404, ""}, {"POST", "/api//calls", 404, ""}, {"POST", "/api/calls/", 404, ""}, {"POST", "/api/calls//", 404, ""},
		{"POST", "/API/CALLS", 404, ""}, {"POST", "/api/calls.json", 404, ""}, {"POST", "/x/api/calls", 404, ""}, {"POST", "/api/callsx", 404, ""},
		{"POST", "/api/./calls", 404, ""}, {"POST", "/x/../api/calls", 404, ""}, {"POST", "/api/calls/../calls", 404, ""},
		{"POST", "/api%2fcalls", 404, ""}, {"POST", "/api%2Fcalls", 404, ""}, {"POST", "/%61pi/calls", 404, ""}, {"POST", "/api/calls%00", 404, ""}, {"POST", "/api/calls%0a", 404, ""},
		{"POST", "/api/calls;x=1", 404, ""}, {"POST", "/api/calls%3fx", 404, ""}, {"POST", "/api\\calls", 404, ""},
		{"POST", path + "/", 404, ""}, {"POST", path + "/x", 404, ""}, {"POST", "/" + path, 404, ""},
		{"POST", "/api/calls/s1/a", 404, ""}, {"POST", "/api/calls/s1", 404, ""}, {"POST", "/api/calls//a/" + secret, 404, ""}, {"POST", "/api/calls/s1//" + secret, 404, ""},
		{"POST", "/api/calls/s1/a/short", 404, ""}, {"POST", "/api/calls/s1/a/" + id(21), 404, ""},
		{"POST", "/api/calls/s%2f1/a/" + secret, 404, ""}, {"POST", "/api/calls/../a/" + secret, 404, ""}, {"POST", "/api/calls/%2e%2e/a/" + secret, 404, ""},
		{"POST", "/api/calls/s1%00/a/" + secret, 404, ""}, {"POST", "/api/calls/s1/a/" + secret + "%00", 404, ""}, {"POST", "/api/calls/s1/a/" + secret + "%0a", 404, ""},
		{"POST", "/api/calls/sé/a/" + secret, 404, ""}, {"POST", "/api/calls/s+1/a/" + secret, 404, ""}, {"POST", "/api/calls/s 1/a/" + secret, 404, ""},
		{"POST", "/api/calls/" + id(129) + "/a/" + secret, 404, ""}, {"POST", "/api/calls/s1/" + id(33) + "/" + secret, 404, ""},
		{"POST", "/api/calls/s1/a/" + id(129), 404, ""}, {"POST", "/api/calls/" + id(1<<16) + "/a/" + secret, 404, ""},
		{"GET", "/media/", 404, ""}, {"GET", "/media", 404, ""}, {"GET", "/media/x.wav", 404, ""}, {"GET", "/media/../media/" + hash + ".wav", 404, ""},
		{"GET", "/media/" + strings.ToUpper(hash) + ".wav", 404, ""}, {"GET", "/media/" + hash + "xwav", 404, ""}, {"GET", "/media/" + hash + ".wav/", 404, ""},
		{"GET", "/media//" + hash + ".wav", 404, ""}, {"GET", "/media/%2e%2e%2fetc%2fpasswd", 404, ""}, {"GET", "/media/" + hash + "%2ewav", 404, ""},
		{"GET", "/healthz/", 404, ""}, {"GET", "//healthz", 404, ""}, {"GET", "/debug/pprof/", 404, ""}, {"GET", "/metrics", 404, ""},
	}
	for _, tt := range tests {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(incomingBody))
		r.Method, r.URL = tt.method, rawURL(tt.path)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+b.good())
		w := b.do(r)
		if w.Code != tt.want || w.Header().Get("Allow") != tt.allow || w.Header().Get("Location") != "" {
			t.Errorf("%s %.80q: got %d, Allow %q, Location %q; want %d, Allow %q and no Location",
				tt.method, tt.path, w.Code, w.Header().Get("Allow"), w.Header().Get("Location"), tt.want, tt.allow)
		}
	}
}

// rawURL is a path as net/http takes it from the wire. What it would not take
// is put in as it is.
func rawURL(path string) *url.URL {
	u, err := url.ParseRequestURI(path)
	if err == nil && !strings.HasPrefix(path, "//") {
		return u
	}
	path, query, _ := strings.Cut(path, "?")
	return &url.URL{Path: path, RawQuery: query}
}

func TestBadConfigurations(t *testing.T) {
	_, err := server.New(server.Config{MaxInFlight: -1})
	for _, want := range []string{"Verifier", "Intake", "AppID", "MaxInFlight"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to name %s", err, want)
		}
	}
}

func TestWithoutMedia(t *testing.T) {
	b := newBot(t, nil)
	if w := b.do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/media/"+strings.Repeat("0", 64)+".wav", nil)); w.Code != http.StatusNotFound {
		t.Errorf("got %d, want 404", w.Code)
	}
}
