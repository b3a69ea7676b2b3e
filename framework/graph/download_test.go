package graph_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

func recording(location string) ivr.RecordingRef {
	return ivr.RecordingRef{Location: location, Token: ivr.NewSecret("recording-token")}
}

func TestDownload(t *testing.T) {
	audio := bytes.Repeat([]byte("RIFF"), 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer recording-token":
			http.Error(w, "no token", http.StatusUnauthorized)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/r1", http.StatusFound)
		case r.URL.Path == "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case r.URL.Path == "/gone":
			http.Error(w, "gone", http.StatusNotFound)
		default:
			_, _ = w.Write(audio)
		}
	}))
	defer server.Close()
	client := newClient(t, http.DefaultTransport, func(c *graph.Config) { c.BaseURL = server.URL + "/beta" })
	tests := []struct {
		path   string
		status int
		reason ivr.Reason
	}{
		{"/r1", 0, ""},
		{"/moved", 0, ""},
		{"/round", 302, "service"},
		{"/gone", 404, "not_found"},
	}
	for _, test := range tests {
		got, err := client.Download(t.Context(), recording(server.URL+test.path), nil)
		if test.status == 0 {
			if err != nil || !bytes.Equal(got, audio) {
				t.Errorf("%s: got %d bytes, error %v", test.path, len(got), err)
			}
			continue
		}
		e, ok := errors.AsType[*graph.Error](err)
		if !ok || e.Status != test.status || e.Reason() != test.reason {
			t.Errorf("%s: got %v, want status %d and reason %s", test.path, err, test.status, test.reason)
		}
	}
}

// TestDownloadHosts says which addresses of a recording are asked at all.
func TestDownloadHosts(t *testing.T) {
	hosts := []string{"media.example", "other.example:8443", "*.asm.example"}
	tests := []struct {
		location string
		message  string // "" for allowed
	}{
		{"https://media.example/r1", ""},
		{"https://MEDIA.example/r1", ""},
		{"https://other.example:8443/r1", ""},
		{"https://eu.asm.example/r1", ""},
		{"https://graph.microsoft.com/r1", ""},
		{"", "has no location"},
		{"https://evil.example/r1", `kept at "evil.example"`},
		{"https://media.example.evil/r1", "not among the allowed"},
		{"https://media.example:444/r1", "not among the allowed"},
		{"https://other.example/r1", "not among the allowed"},
		{"https://asm.example/r1", "not among the allowed"},
		{"https://evilasm.example/r1", "not among the allowed"},
		{"https://eu.asm.example:8443/r1", "not among the allowed"},
		{"http://media.example/r1", "is not https"},
		{"http://127.0.0.1/r1", "is not https"},
		{"file:///etc/passwd", "no plain absolute address"},
		{"https://media.example@evil.example/", "no plain absolute address"},
		{"//media.example/r1", "is not https"},
		{"https://media.example/\x7f", "no plain absolute address"},
	}
	for _, test := range tests {
		fake := &fakeGraph{answer: func(int, exchange) (*http.Response, error) { return reply(200, "RIFF"), nil }}
		_, err := newClient(t, fake, nil).Download(t.Context(), recording(test.location), hosts)
		_, requests := fake.seen()
		if test.message == "" {
			if err != nil || requests != 1 {
				t.Errorf("%s: %d requests, error %v", test.location, requests, err)
			}
			continue
		}
		e, ok := errors.AsType[*graph.Error](err)
		if !ok || requests != 0 || e.Sent || e.Retryable() || e.Reason() != ivr.ReasonNotAllowed || !strings.Contains(err.Error(), test.message) {
			t.Errorf("%s: %d requests, got %v, want %q", test.location, requests, err, test.message)
		}
	}
}

// TestDownloadBounds: too much, a redirect to another host and a lost
// connection, none of which shows the address or the token.
func TestDownloadBounds(t *testing.T) {
	tests := []struct {
		name      string
		answer    func() (*http.Response, error)
		message   string
		retryable bool
	}{
		{"exactly the limit", func() (*http.Response, error) { return reply(200, strings.Repeat("x", graph.MaxRecording)), nil }, "", false},
		{"one byte more", func() (*http.Response, error) { return reply(200, strings.Repeat("x", graph.MaxRecording+1)), nil }, "more than 8388608 bytes", false},
		{"to another host", func() (*http.Response, error) { return reply(302, "", "Location: https://evil.example/"), nil }, "HTTP 302", false},
		{"to http", func() (*http.Response, error) { return reply(302, "", "Location: http://media.example/"), nil }, "HTTP 302", false},
		{"no connection", func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, "unexpected EOF", true},
		{"broken off", func() (*http.Response, error) {
			r := reply(200, "")
			r.Body = io.NopCloser(failingReader{})
			return r, nil
		}, "unexpected EOF", true},
		{"no content", func() (*http.Response, error) { return reply(204, ""), nil }, "HTTP 204", false},
		{"busy", func() (*http.Response, error) { return reply(503, "", "Retry-After: 3"), nil }, "HTTP 503", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fake := &fakeGraph{answer: func(int, exchange) (*http.Response, error) { return test.answer() }}
			_, err := newClient(t, fake, nil).Download(t.Context(), recording("https://media.example/private-address"), []string{"media.example"})
			if test.message == "" {
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
				return
			}
			e, ok := errors.AsType[*graph.Error](err)
			if !ok || !strings.Contains(err.Error(), test.message) || e.Retryable() != test.retryable {
				t.Fatalf("got %v, want %q, retryable %t", err, test.message, test.retryable)
			}
			for _, hidden := range []string{"private-address", "recording-token"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("%q shows %q", err, hidden)
				}
			}
			if _, requests := fake.seen(); requests != 1 {
				t.Errorf("%d requests, want 1", requests)
			}
		})
	}
}
