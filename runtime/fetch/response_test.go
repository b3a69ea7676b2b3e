package fetch

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// answer is what a server says.
type answer struct {
	status int
	kind   string // Content-Type
	body   string
	header http.Header
}

func (a answer) write(w http.ResponseWriter) {
	w.Header()["Content-Type"] = nil
	if a.kind != "" {
		w.Header().Set("Content-Type", a.kind)
	}
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	io.WriteString(w, a.body)
}

func TestAnswers(t *testing.T) {
	var says answer
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { says.write(w) })
	f := fetcher(t, Config{}, server)
	encoded := func(values ...string) http.Header { return http.Header{"Content-Encoding": values} }
	const j = "application/json"
	for _, tt := range []struct {
		name string
		says answer
		want Response
		kind error
	}{
		{"JSON", answer{200, j, `{"a":1}`, nil}, Response{Body: BodyJSON, JSON: map[string]any{"a": 1.0}}, nil},
		{"JSON with charset", answer{201, "Application/JSON; charset=utf-8", `[]`, nil}, Response{Body: BodyJSON, JSON: []any{}}, nil},
		{"JSON of a kind", answer{200, "application/hal+json", `null`, nil}, Response{Body: BodyJSON}, nil},
		{"text", answer{200, "text/plain", "hi", nil}, Response{Body: BodyText, Text: "hi"}, nil},
		{"text with mark", answer{200, "text/plain; charset=UTF-8", "\ufeffhi", nil}, Response{Body: BodyText, Text: "hi"}, nil},
		{"nothing", answer{204, "", "", nil}, Response{}, nil},
		{"nothing that calls itself JSON", answer{200, j, "", nil}, Response{}, nil},
		{"nothing, no type", answer{202, "", "", nil}, Response{}, nil},
		{"identity", answer{200, j, "1", encoded("Identity")}, Response{Body: BodyJSON, JSON: 1.0}, nil},
		{"page", answer{200, "text/html", "<html>", nil}, Response{}, ErrContentType},
		{"no type", answer{200, "", "{}", nil}, Response{}, ErrContentType},
		{"broken type", answer{200, "application/json; charset", "{}", nil}, Response{}, ErrContentType},
		{"text in another charset", answer{200, "text/plain; charset=iso-8859-1", "x", nil}, Response{}, ErrContentType},
		{"text that is not UTF-8", answer{200, "text/plain", "\xff", nil}, Response{}, ErrContentType},
		{"picture", answer{200, "image/png", "\x89PNG", nil}, Response{}, ErrContentType},
		{"JSON lines", answer{200, "application/x-ndjson", "{}\n{}", nil}, Response{}, ErrContentType},
		{"XML", answer{200, "application/xml", "<a/>", nil}, Response{}, ErrContentType},
		{"no JSON", answer{200, j, "<html>", nil}, Response{}, ErrNotJSON},
		{"too deep", answer{200, j, strings.Repeat("[", 60000), nil}, Response{}, ErrTooDeep},
		{"too many", answer{200, j, "[" + strings.Repeat("1,", 2000) + "1]", nil}, Response{}, ErrTooMany},
		{"largest", answer{200, "text/plain", strings.Repeat("x", MaxBody), nil}, Response{Body: BodyText, Text: strings.Repeat("x", MaxBody)}, nil},
		{"too large", answer{200, "text/plain", strings.Repeat("x", MaxBody+1), nil}, Response{}, ErrTooLarge},
		{"gzip", answer{200, j, "x", encoded("gzip")}, Response{}, ErrEncoding},
		{"two encodings", answer{200, j, "x", encoded("identity", "br")}, Response{}, ErrEncoding},
		{"encodings in a list", answer{200, j, "x", encoded("identity, gzip")}, Response{}, ErrEncoding},
		{"error with JSON", answer{404, "application/problem+json", `{"title":"no"}`, nil}, Response{Body: BodyJSON, JSON: map[string]any{"title": "no"}}, nil},
		{"error with a page", answer{502, "text/html", "<html>", nil}, Response{}, nil},
		{"error with broken JSON", answer{500, j, "{", nil}, Response{}, nil},
		{"error that is too large", answer{400, j, strings.Repeat(" ", MaxBody) + "{}", nil}, Response{}, nil},
		{"error that is compressed", answer{400, j, "x", encoded("gzip")}, Response{}, nil},
		{"not modified", answer{304, "", "", nil}, Response{}, nil},
		{"redirect without Location", answer{302, j, "{}", nil}, Response{}, nil},
		{"several choices", answer{300, j, "{}", http.Header{"Location": {"/x"}}}, Response{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			says = tt.says
			tt.want.Method, tt.want.Tries, tt.want.Status = "GET", 1, tt.says.status
			got, err := f.Do(t.Context(), get(server.URL+"/"))
			if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", tt.want) && tt.kind == nil || !errors.Is(err, tt.kind) || got.Status != tt.says.status {
				t.Errorf("got %#.200v, %v, want %#.200v, %v", got, err, tt.want, tt.kind)
			}
			if e, ok := errors.AsType[*Error](err); ok && e.Reason != ivr.ReasonService {
				t.Errorf("got reason %q", e.Reason)
			}
		})
	}
}

// A gigabyte, with and without its length, and a bomb: a few kilobytes are
// read of them.
func TestEndlessAnswers(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 4<<20))
	z.Close()
	var sent atomic.Int64
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/length":
			w.Header().Set("Content-Length", fmt.Sprint(1<<30))
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb.Bytes())
			return
		case "/hidden-bomb":
			w.Write(bomb.Bytes())
			return
		}
		block := bytes.Repeat([]byte(" "), 32<<10)
		for sent.Load() < 1<<30 {
			n, err := w.Write(block)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	})
	f := fetcher(t, Config{}, server)
	for path, kind := range map[string]error{"/": ErrTooLarge, "/length": ErrTooLarge, "/bomb": ErrEncoding, "/hidden-bomb": ErrNotJSON} {
		sent.Store(0)
		res, err := f.Do(t.Context(), get(server.URL+path))
		wantKind(t, err, kind)
		if res.Status != 200 || sent.Load() > 16<<20 {
			t.Errorf("%s: got %+v; the server sent %d bytes", path, res, sent.Load())
		}
	}
}

// Headers without end.
func TestLargeHeaders(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
		}
	})
	f := fetcher(t, Config{}, server)
	_, err := f.Do(t.Context(), get(server.URL+"/"))
	wantKind(t, err, ErrTransport)
}

// What nobody will look at is not read: it may be of any type and size.
func TestStatusOnly(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, strings.Repeat("x", 2*MaxBody))
	})
	f := fetcher(t, Config{}, server)
	req := post(server.URL+"/", 1)
	req.StatusOnly = true
	res, err := f.Do(t.Context(), req)
	if err != nil || res.Status != 200 || res.Body != BodyNone {
		t.Errorf("got %+v, %v", res, err)
	}
}

func TestOutcomes(t *testing.T) {
	for _, tt := range []struct {
		method string
		status int
		names  string
		reason ivr.Reason
	}{
		{"GET", 200, "ok", ""}, {"POST", 204, "ok", ""}, {"GET", 299, "ok", ""},
		{"GET", 101, "101 1xx failed", "service"}, {"GET", 304, "304 3xx failed", "service"},
		{"GET", 400, "400 4xx failed", "service"}, {"POST", 400, "400 4xx failed", "service"},
		{"GET", 401, "401 4xx failed", "not_allowed"}, {"GET", 403, "403 4xx failed", "not_allowed"},
		{"GET", 404, "404 4xx failed", "not_found"}, {"POST", 410, "410 4xx failed", "not_found"},
		{"GET", 408, "408 4xx failed", "timed_out"}, {"POST", 429, "429 4xx failed", "throttled"},
		{"GET", 500, "500 5xx failed", "service"}, {"GET", 502, "502 5xx failed", "service"},
		{"GET", 503, "503 5xx failed", "throttled"}, {"GET", 504, "504 5xx failed", "timed_out"},
		{"POST", 500, "500 5xx failed", "unknown_result"}, {"PUT", 502, "502 5xx failed", "unknown_result"},
		{"DELETE", 503, "503 5xx failed", "unknown_result"}, {"POST", 504, "504 5xx failed", "unknown_result"},
		{"POST", 501, "501 5xx failed", "service"}, {"GET", 599, "599 5xx failed", "service"},
	} {
		got := OutcomeOf(Response{Method: tt.method, Status: tt.status}, nil)
		if strings.Join(got.Names, " ") != tt.names || got.Reason != tt.reason {
			t.Errorf("%s %d: got %+v, want %s %q", tt.method, tt.status, got, tt.names, tt.reason)
		}
	}
	for err, reason := range map[error]ivr.Reason{
		fault(ErrConnect, ""): "unreachable", fault(ErrOpen, ""): "unreachable", fault(ErrBusy, ""): "throttled", fault(ErrTimeout, ""): "timed_out",
		fault(ErrHungUp, ""): "hung_up", fault(ErrAddress, ""): "not_allowed", fault(ErrTooDeep, ""): "service", errors.New("other"): "service",
		(&plan{first: hop{method: "POST"}}).received(fault(ErrTimeout, "")): "unknown_result",
	} {
		got := OutcomeOf(Response{Status: 200}, err)
		if len(got.Names) != 1 || got.Names[0] != "failed" || got.Reason != reason {
			t.Errorf("%v: got %+v, want %q", err, got, reason)
		}
	}
}
