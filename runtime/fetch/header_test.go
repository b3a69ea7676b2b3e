package fetch

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// No value of a header begins another header or a body, and none of the
// headers that say where a message goes and how long it is can be set. None of
// these requests is sent.
func TestHostileHeaders(t *testing.T) {
	var hits atomic.Int64
	server := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	f := fetcher(t, Config{}, server)
	for _, value := range []string{
		"a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\r\n\r\nGET /evil HTTP/1.1", "\r\n", "\n", "a\x00b", "a\x01b", "a\x7fb", "a\x1bb",
		"a\u0085b", "a\u2028b", "a\u560a\u560dX-Evil: 1", "ü", "\xff\xfe", "a\u010aX-Evil: 1", strings.Repeat("x", maxHeader+1),
	} {
		req := get(server.URL + "/")
		req.Headers = []Header{{Name: "X-Value", Value: []Piece{Literal("v="), Value(value)}}}
		if _, err := f.Do(t.Context(), req); !errors.Is(err, ErrValue) {
			t.Errorf("value %q: got %v", value, err)
		}
	}
	for _, name := range []string{
		"Host", "host", "HOST", "Content-Length", "content-length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "proxy-anything",
		"TE", "te", "Trailer", "Upgrade", "HTTP2-Settings", "Expect", "Cookie", "Cookie2", "Accept-Encoding", "Content-Encoding", "Idempotency-Key", "idempotency-key",
		"", " Host", "Host ", "Host:", "X Y", "X\r\nHost", "X\nHost", "X\x00", "X:Y", "Ü", "X\u2028", ":authority", ":path", strings.Repeat("x", 101), "Content-Type",
	} {
		req := get(server.URL + "/")
		req.Headers = []Header{{Name: name, Value: []Piece{Literal("1")}}}
		if _, err := f.Do(t.Context(), req); !errors.Is(err, ErrRequest) {
			t.Errorf("name %q: got %v", name, err)
		}
	}
	twice := get(server.URL + "/")
	twice.Headers = []Header{{Name: "X-A"}, {Name: "x-a"}}
	many := get(server.URL + "/")
	many.Headers = make([]Header, maxHeaders+1)
	for _, req := range []Request{twice, many} {
		if _, err := f.Do(t.Context(), req); !errors.Is(err, ErrRequest) {
			t.Errorf("got %v", err)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests were sent", hits.Load())
	}
}

// What is sent is what was asked for, and nothing that net/http adds by
// itself.
func TestWhatIsSent(t *testing.T) {
	var got *http.Request
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = r })
	f := fetcher(t, Config{Secrets: map[string]BoundSecret{"crm": {Value: ivr.NewSecret("s3cret"), Hosts: []string{server.URL}}}}, server)
	for _, tt := range []struct {
		method string
		body   any
		want   http.Header
	}{
		{"GET", nil, http.Header{}},
		{"DELETE", nil, http.Header{"Idempotency-Key": {"op-7"}, "Connection": {"close"}}},
		{"POST", nil, http.Header{"Idempotency-Key": {"op-7"}, "Content-Length": {"0"}, "Connection": {"close"}}},
		{"POST", map[string]any{"a": "<&>"}, http.Header{"Idempotency-Key": {"op-7"}, "Content-Type": {"application/json"}, "Content-Length": {"11"}, "Connection": {"close"}}},
		{"PUT", []int{1}, http.Header{"Idempotency-Key": {"op-7"}, "Content-Type": {"application/json"}, "Content-Length": {"3"}, "Connection": {"close"}}},
	} {
		req := Request{Flow: "f", Method: tt.method, URL: []Piece{Literal(server.URL + "/a/"), Value("b c"), Literal("?d="), Value("e&f")}, JSON: tt.body, Key: "op-7"}
		req.Headers = []Header{{Name: "authorization", Value: []Piece{Literal("Bearer "), Secret("crm")}}, {Name: "X-Id", Value: []Piece{Value("a\tb c")}}}
		res, err := f.Do(t.Context(), req)
		if err != nil || res.Status != 200 || res.Tries != 1 || res.Method != tt.method {
			t.Fatalf("%s: got %+v, %v", tt.method, res, err)
		}
		want := tt.want.Clone()
		want["Accept"] = []string{"application/json, text/plain;q=0.5"}
		want["Accept-Encoding"] = []string{"identity"}
		want["User-Agent"] = []string{"ivrflow"}
		want["Authorization"] = []string{"Bearer s3cret"}
		want["X-Id"] = []string{"a\tb c"}
		if got.Method != tt.method || got.RequestURI != "/a/b%20c?d=e%26f" || !sameHeaders(got.Header, want) {
			t.Errorf("%s %s: got %v, want %v", got.Method, got.RequestURI, got.Header, want)
		}
	}
}

func sameHeaders(a, b http.Header) bool {
	if len(a) != len(b) {
		return false
	}
	for name, v := range a {
		if strings.Join(v, ",") != strings.Join(b[name], ",") {
			return false
		}
	}
	return true
}

// Another host changes nothing of an answer: what it sets is not sent back.
func TestNoCookies(t *testing.T) {
	cookies := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cookies += len(r.Cookies())
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/next", http.StatusFound)
		}
	})
	f := fetcher(t, Config{}, server)
	for range 3 {
		if res, err := f.Do(t.Context(), get(server.URL+"/")); err != nil || res.Status != 200 {
			t.Fatalf("got %+v, %v", res, err)
		}
	}
	if cookies != 0 {
		t.Errorf("%d cookies were sent back", cookies)
	}
}
