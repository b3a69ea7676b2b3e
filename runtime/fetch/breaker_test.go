package fetch

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// flaky is a host that fails while it is told to, and counts.
type flaky struct {
	failing atomic.Bool
	asked   atomic.Int64
}

func (h *flaky) serve(w http.ResponseWriter, _ *http.Request) {
	if h.asked.Add(1); h.failing.Load() {
		w.WriteHeader(http.StatusBadGateway)
	}
}

// ask makes n requests and returns how many the breaker refused.
func ask(t *testing.T, f *Fetcher, n int) int {
	t.Helper()
	refused := 0
	for range n {
		if _, err := f.Do(t.Context(), get(virtual)); errors.Is(err, ErrOpen) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return refused
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h flaky
		var log bytes.Buffer
		f := pipeNet(t, Config{Log: slog.New(slog.NewTextHandler(&log, nil))}, h.serve)
		ask(t, f, 10)
		h.failing.Store(true)
		// The twentieth request makes it ten of twenty.
		if refused := ask(t, f, 10); refused != 0 {
			t.Fatalf("%d of the first twenty refused", refused)
		}
		if refused := ask(t, f, 5); refused != 5 || h.asked.Load() != 20 {
			t.Fatalf("open: %d of 5 refused, the host was asked %d times", refused, h.asked.Load())
		}
		<-time.After(breakerRest + time.Millisecond)
		if refused := ask(t, f, 5); refused != 4 || h.asked.Load() != 21 {
			t.Fatalf("half open, failing: %d of 5 refused, the host was asked %d times", refused, h.asked.Load())
		}
		<-time.After(breakerRest - time.Millisecond)
		if refused := ask(t, f, 1); refused != 1 {
			t.Fatal("half open too soon")
		}
		<-time.After(2 * time.Millisecond)
		h.failing.Store(false)
		if refused := ask(t, f, 30); refused != 0 || h.asked.Load() != 51 {
			t.Fatalf("closed: %d of 30 refused, the host was asked %d times", refused, h.asked.Load())
		}
		if got := strings.Count(log.String(), "breaker of a host changed"); got != 5 {
			t.Errorf("%d changes were logged, want 5:\n%s", got, &log)
		}
	})
}

func TestBreakerStaysClosed(t *testing.T) {
	for name, act := range map[string]func(*testing.T, *Fetcher, *flaky){
		"nineteen failures": func(t *testing.T, f *Fetcher, h *flaky) {
			h.failing.Store(true)
			ask(t, f, 19)
		},
		"nine of twenty": func(t *testing.T, f *Fetcher, h *flaky) {
			ask(t, f, 11)
			h.failing.Store(true)
			ask(t, f, 9)
		},
		"failures long ago": func(t *testing.T, f *Fetcher, h *flaky) {
			h.failing.Store(true)
			ask(t, f, 19)
			<-time.After(breakerWindow + breakerBucket)
			ask(t, f, 19)
			<-time.After(breakerWindow + breakerBucket)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var h flaky
				f := pipeNet(t, Config{}, h.serve)
				act(t, f, &h)
				h.failing.Store(false)
				if refused := ask(t, f, 5); refused != 0 {
					t.Errorf("%d refused", refused)
				}
			})
		})
	}
}

// Callers who hang up say nothing about the host, also when theirs was the
// request that tried it.
func TestBreakerAndHangUps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failing atomic.Bool
		f := pipeNet(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			if failing.Load() {
				w.WriteHeader(http.StatusInternalServerError)
			} else if r.URL.Path == "/slow" {
				hang(w, r)
			}
		})
		hangUp := func() error {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			_, err := f.Do(ctx, get(virtual+"slow"))
			return err
		}
		for range 2 * breakerRequests {
			wantKind(t, hangUp(), ErrHungUp)
		}
		if refused := ask(t, f, 1); refused != 0 {
			t.Fatal("hang-ups opened the breaker")
		}
		failing.Store(true)
		ask(t, f, 5*breakerRequests)
		failing.Store(false)
		<-time.After(breakerRest + time.Millisecond)
		wantKind(t, hangUp(), ErrHungUp)
		if refused := ask(t, f, 5); refused != 0 {
			t.Errorf("%d refused after a hang-up", refused)
		}
	})
}

// Half open, one request tries the host; the others do not wait for it.
func TestBreakerLetsOneThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow atomic.Bool
		f := pipeNet(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
			if slow.Load() {
				<-time.After(2 * time.Second)
				return
			}
			w.WriteHeader(http.StatusInternalServerError)
		})
		ask(t, f, 20)
		<-time.After(breakerRest + time.Millisecond)
		slow.Store(true)
		refused := 0
		for _, err := range doAll(t, f, 10) {
			if errors.Is(err, ErrOpen) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if refused != 9 {
			t.Errorf("%d of 10 refused, want 9", refused)
		}
		for _, err := range doAll(t, f, MaxInFlight) {
			if err != nil {
				t.Errorf("those that were refused kept their places: %v", err)
			}
		}
	})
}

// What says nothing about the host's health does not open its breaker; what
// says it is ill does.
func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		res  Response
		err  error
		bad  bool
		none bool
	}{
		{Response{Status: 200}, nil, false, false},
		{Response{Status: 404}, nil, false, false},
		{Response{Status: 429}, nil, false, false},
		{Response{Status: 500}, nil, true, false},
		{Response{Status: 503}, nil, true, false},
		{Response{Status: 200}, fault(ErrTooLarge, ""), false, false},
		{Response{Status: 302}, fault(ErrRedirect, ""), false, false},
		{Response{Status: 200}, fault(ErrTransport, ""), true, false},
		{Response{Status: 200}, fault(ErrTimeout, ""), true, false},
		{Response{}, fault(ErrTimeout, ""), true, false},
		{Response{}, fault(ErrConnect, ""), true, false},
		{Response{}, fault(ErrTransport, ""), true, false},
		{Response{}, fault(ErrHungUp, ""), true, true},
		{Response{}, fault(ErrAddress, ""), true, true},
	} {
		got := verdict(tt.res, tt.err)
		if (got != nil) != tt.bad || errors.Is(got, errNoVerdict) != tt.none {
			t.Errorf("%d, %v: got %v", tt.res.Status, tt.err, got)
		}
	}
}

// Hosts do not share a breaker; the ports and flows of a host do.
func TestBreakerIsTheHosts(t *testing.T) {
	r, err := Config{Hosts: []Host{
		{Origin: "https://a.test", Flows: []string{"f"}}, {Origin: "https://A.test:8443", Flows: []string{"g"}}, {Origin: "https://b.test", Flows: []string{"f"}},
	}}.withDefaults().check()
	if err != nil {
		t.Fatal(err)
	}
	a, a2, b := r.targets["https://a.test:443"].host, r.targets["https://a.test:8443"].host, r.targets["https://b.test:443"].host
	if a != a2 || a == b {
		t.Error("the wrong hosts share")
	}
}
