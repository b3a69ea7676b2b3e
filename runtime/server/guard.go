package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

// The three wrappers stand outside the router, because gorilla/mux does not
// run its own middleware for 404 and 405.

// observed logs and counts every request.
func (s *server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w, start := &response{ResponseWriter: rw}, s.Now()
		defer func() {
			if w.status == 0 {
				w.status = http.StatusOK // net/http's own answer to a handler that wrote nothing
			}
			o := Outcome{w.route, w.status, w.note, s.Now().Sub(start)}
			s.Observe(o)
			s.logOutcome(r, o, w.err)
		}()
		next.ServeHTTP(w, r)
	})
}

// logOutcome writes no path, since it holds a secret, and no query. What
// strangers can cause is sampled.
func (s *server) logOutcome(r *http.Request, o Outcome, err error) {
	level := slog.LevelDebug
	switch {
	case o.Status >= http.StatusInternalServerError && o.Route != "readyz":
		level = slog.LevelError
	case o.Status >= http.StatusBadRequest && o.Reason != NoteNoRoute:
		level = slog.LevelWarn
	}
	if !s.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("route", o.Route), slog.String("method", clip(r.Method)),
		slog.Int("status", o.Status), slog.Duration("took", o.Took),
	}
	if level > slog.LevelDebug {
		ok, silent := s.refusal.allow(s.Now())
		if !ok {
			return
		}
		attrs = append(attrs, slog.Int("not_logged", silent))
	}
	if o.Reason != "" {
		attrs = append(attrs, slog.String("reason", o.Reason))
	}
	s.Log.LogAttrs(r.Context(), level, "request answered", append(attrs, errorAttrs(err)...)...)
}

func errorAttrs(err error) []slog.Attr {
	if err == nil {
		return nil
	}
	attrs := []slog.Attr{slog.Any("error", err)}
	if e, ok := errors.AsType[*AuthError](err); ok {
		attrs = append(attrs, slog.String("kid", e.Kid), slog.String("iss", e.Issuer), slog.String("tid", e.Tenant))
	}
	return attrs
}

// recovered makes a panic into a 500 and a log entry with the stack.
func (s *server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this
				panic(v)
			}
			s.Log.Error("handler panicked", slog.String("panic", fmt.Sprint(v)), slog.String("stack", string(debug.Stack())))
			w := noted(rw)
			if w.status != 0 {
				panic(http.ErrAbortHandler) // half an answer is out: break the connection
			}
			answer(w, &statusError{http.StatusInternalServerError, NotePanic, "", fmt.Errorf("panic: %v", v)})
		}()
		next.ServeHTTP(rw, r)
	})
}

// limited answers 503 when too many requests are under way. Health checks
// pass, so that a busy bot is not taken for a dead one.
func (s *server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			next.ServeHTTP(rw, r)
			return
		}
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
			next.ServeHTTP(rw, r)
		default:
			answer(noted(rw), &statusError{http.StatusServiceUnavailable, NoteOverloaded, "overloaded, try again", nil})
		}
	})
}

const (
	sampleWindow = 10 * time.Second
	sampleLines  = 50 // in a window
)

// sampler bounds how many log lines strangers can cause.
type sampler struct {
	mu     sync.Mutex
	begin  time.Time
	lines  int
	silent int
}

// allow says whether a line may be written, and how many were not since the
// last one that was.
func (s *sampler) allow(now time.Time) (ok bool, silent int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.begin).Abs() >= sampleWindow {
		s.begin, s.lines = now, 0
	}
	if s.lines >= sampleLines {
		s.silent++
		return false, 0
	}
	s.lines++
	silent, s.silent = s.silent, 0
	return true, silent
}
