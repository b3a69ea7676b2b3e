package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// quitter is a server that hangs up on the first requests it gets, and keeps
// what they were.
type quitter struct {
	mu    sync.Mutex
	quits int                       // how many more times it hangs up
	how   func(http.ResponseWriter) // nil for before any answer
	got   []string                  // method, key and body of each request
}

func (q *quitter) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q.mu.Lock()
	q.got = append(q.got, strings.TrimSpace(r.Method+" "+r.Header.Get("Idempotency-Key")+" "+string(body)))
	quit := q.quits > 0
	q.quits--
	q.mu.Unlock()
	switch {
	case !quit:
		w.WriteHeader(http.StatusCreated)
	case q.how != nil:
		q.how(w)
	default:
		panic(http.ErrAbortHandler)
	}
}

// midBody hangs up within the body.
func midBody(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "1000")
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"a":`)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// afterRedirect hangs up after it has sent the request elsewhere.
func afterRedirect(w http.ResponseWriter) {
	w.Header().Set("Location", "/gone")
	w.WriteHeader(http.StatusSeeOther)
}

// at once is a pause that is over at once, and keeps how long it was to be.
func atOnce(waits *[]time.Duration) func(context.Context, time.Duration) error {
	return func(_ context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return nil
	}
}

func TestRetries(t *testing.T) {
	three := func(text string) []string { return []string{text, text, text} }
	for _, tt := range []struct {
		name   string
		method string
		key    string
		max    int
		quits  int
		how    func(http.ResponseWriter)
		got    []string
		reason ivr.Reason // of the error; "" for success
	}{
		{"GET", "GET", "", 2, 2, nil, three("GET"), ""},
		{"GET that goes on failing", "GET", "", 2, 9, nil, three("GET"), "service"},
		{"GET with a key it does not need", "GET", "k", 1, 1, nil, []string{"GET", "GET"}, ""},
		{"GET without retries", "GET", "", 0, 1, nil, []string{"GET"}, "service"},
		{"GET, within the body", "GET", "", 2, 1, midBody, []string{"GET", "GET"}, ""},
		{"POST without key", "POST", "", 2, 1, nil, []string{"POST  1"}, "unknown_result"},
		{"POST without key, within the body", "POST", "", 2, 1, midBody, []string{"POST  1"}, "unknown_result"},
		{"POST with key", "POST", "op-1", 2, 2, nil, three("POST op-1 1"), ""},
		{"POST with key, within the body", "POST", "op-1", 2, 1, midBody, []string{"POST op-1 1", "POST op-1 1"}, ""},
		{"POST with key, without retries", "POST", "op-1", 0, 1, nil, []string{"POST op-1 1"}, "unknown_result"},
		{"POST with key that goes on failing", "POST", "op-1", 2, 9, nil, three("POST op-1 1"), "unknown_result"},
		{"PUT without key", "PUT", "", 2, 1, nil, []string{"PUT  1"}, "unknown_result"},
		{"PUT with key", "PUT", "op-1", 2, 1, nil, []string{"PUT op-1 1", "PUT op-1 1"}, ""},
		{"DELETE without key", "DELETE", "", 2, 1, nil, []string{"DELETE"}, "unknown_result"},
		{"DELETE with key", "DELETE", "op-1", 2, 1, nil, []string{"DELETE op-1", "DELETE op-1"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := &quitter{quits: tt.quits, how: tt.how}
			server := serve(t, q.serve)
			var waits []time.Duration
			f := fetcher(t, Config{Pause: atOnce(&waits)}, server)
			req := Request{Flow: "f", Method: tt.method, URL: []Piece{Literal(server.URL + "/")}, Key: tt.key, Retry: ivr.Retry{Max: tt.max}}
			if tt.method == "POST" || tt.method == "PUT" {
				req.JSON = 1
			}
			res, err := f.Do(t.Context(), req)
			if !slices.Equal(q.got, tt.got) || res.Tries != len(tt.got) || len(waits) != len(tt.got)-1 {
				t.Errorf("the server got %q in %d tries with waits %v, want %q", q.got, res.Tries, waits, tt.got)
			}
			if tt.reason == "" {
				if err != nil || res.Status != 201 {
					t.Errorf("got %+v, %v", res, err)
				}
			} else if e := wantKind(t, err, ErrTransport); e.Reason != tt.reason {
				t.Errorf("got %v with reason %q", e, e.Reason)
			}
		})
	}
}

// An answer of any status is no reason to ask again.
func TestNoRetryAfterAnswers(t *testing.T) {
	asked, status := 0, 0
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(status)
	})
	f := fetcher(t, Config{}, server)
	for _, status = range []int{400, 408, 409, 425, 429, 500, 502, 503, 504} {
		asked = 0
		req := with(get(server.URL+"/"), func(r *Request) { r.Retry.Max = 5 })
		if res, err := f.Do(t.Context(), req); err != nil || res.Status != status || asked != 1 {
			t.Errorf("%d: got %+v, %v after %d requests", status, res, err, asked)
		}
	}
}

// Where no connection came about nothing can have run, so even what changes
// something is tried again; unless nothing better is to be expected.
func TestRetryOfConnections(t *testing.T) {
	dials := func(t *testing.T, c Config, raw string) (int, *Error) {
		t.Helper()
		var waits []time.Duration
		c.Pause = atOnce(&waits)
		f := fetcher(t, c)
		var s spy
		s.watch(f)
		res, err := f.Do(t.Context(), with(post(raw, 1), func(r *Request) { r.Retry.Max = 3 }))
		if res.Tries != len(waits)+1 {
			t.Errorf("%d tries, %d waits", res.Tries, len(waits))
		}
		e, _ := errors.AsType[*Error](err)
		return res.Tries, e
	}
	ns := &names{hosts: map[string][][]string{"api.test": {{"8.8.8.8"}}, "inside.test": {{"10.0.0.1"}}}}
	hosts := []Host{{Origin: "https://api.test", Flows: []string{"f"}}, {Origin: "https://inside.test", Flows: []string{"f"}}, {Origin: "https://missing.test", Flows: []string{"f"}}}
	for raw, want := range map[string]int{"https://api.test/": 4, "https://inside.test/": 1, "https://missing.test/": 1} {
		if got, e := dials(t, Config{Resolver: ns.resolver(), Hosts: hosts}, raw); got != want || e.Reason == ivr.ReasonUnknownResult {
			t.Errorf("%s: %d tries, want %d; %v with reason %q", raw, got, want, e, e.Reason)
		}
	}
}

// After a 303 the request has run: that the page it names cannot be had is no
// reason to run it again.
func TestNoRetryAfterSeeOther(t *testing.T) {
	q := &quitter{quits: 9, how: afterRedirect}
	server := serve(t, q.serve)
	for key, want := range map[string]int{"": 1, "op-1": 3} {
		q.got, q.quits = nil, 9
		var waits []time.Duration
		f := fetcher(t, Config{Pause: atOnce(&waits)}, server)
		// Nothing may be dialled for the next page.
		for _, g := range f.rules.guards {
			dials := 0
			g.passed = func(netip.AddrPort) error {
				if dials++; dials%2 == 0 {
					return errSpy
				}
				return nil
			}
		}
		res, err := f.Do(t.Context(), with(post(server.URL+"/", 1), func(r *Request) { r.Retry.Max, r.Key = 2, key }))
		e := wantKind(t, err, ErrConnect)
		if len(q.got) != want || res.Tries != want || e.Reason != ivr.ReasonUnknownResult {
			t.Errorf("key %q: the server got %q in %d tries; %v with reason %q", key, q.got, res.Tries, e, e.Reason)
		}
	}
}

// The waits are a random part of a bound that doubles, up to two seconds.
func TestBackOff(t *testing.T) {
	for _, tt := range []struct {
		random  float64
		backoff time.Duration
		max     int
		want    string
	}{
		{0.5, 0, 5, "[100ms 200ms 400ms 800ms 1s]"},
		{0.25, 400 * time.Millisecond, 4, "[100ms 200ms 400ms 500ms]"},
		{0, time.Second, 3, "[0s 0s 0s]"},
		{0.5, time.Hour, 2, "[1s 1s]"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var waits []time.Duration
			f := pipeNet(t, Config{Timeout: 15 * time.Second, Random: func() float64 { return tt.random }, Pause: atOnce(&waits)},
				func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
			req := with(get(virtual), func(r *Request) { r.Retry = ivr.Retry{Max: tt.max, Backoff: ivr.Duration(tt.backoff)} })
			_, err := f.Do(t.Context(), req)
			wantKind(t, err, ErrTransport)
			if got := fmt.Sprint(waits); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// No wait leads past the whole time: the request fails as soon as that is
// clear, with the error of its last try.
func TestRetriesEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := pipeNet(t, Config{Random: func() float64 { return 0.999 }}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		began := time.Now()
		req := with(get(virtual), func(r *Request) {
			r.Timeout, r.Retry = time.Second, ivr.Retry{Max: 5, Backoff: ivr.Duration(400 * time.Millisecond)}
		})
		res, err := f.Do(t.Context(), req)
		wantKind(t, err, ErrTransport)
		if took := time.Since(began); res.Tries != 2 || took >= time.Second || took < 399*time.Millisecond {
			t.Errorf("%d tries in %s", res.Tries, took)
		}
	})
}

// A caller who hangs up does not wait for the next try.
func TestHangUpBetweenTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := pipeNet(t, Config{Random: func() float64 { return 0.9 }}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		ctx, hangUp := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, hangUp)
		began := time.Now()
		_, err := f.Do(ctx, with(get(virtual), func(r *Request) { r.Retry.Max = 3 }))
		if took := time.Since(began); err == nil || took != 50*time.Millisecond {
			t.Errorf("got %v after %s", err, took)
		}
	})
}
