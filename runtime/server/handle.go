package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// handler answers a request, or says why not. Only adapt makes an error into
// an answer.
type handler func(w *response, r *http.Request) error

// statusError is an error with its answer.
type statusError struct {
	status int
	note   string // for counters
	text   string // for the sender: one safe sentence, may be empty
	err    error  // for the log, may be nil
}

// Error is the note with its cause.
func (e *statusError) Error() string {
	if e.err != nil {
		return fmt.Sprintf("%s: %v", e.note, e.err)
	}
	return e.note
}

// Unwrap is the cause.
func (e *statusError) Unwrap() error { return e.err }

// response remembers what was answered, for the log.
type response struct {
	http.ResponseWriter
	status int
	route  string
	note   string
	err    error
}

// WriteHeader sends the status.
func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends the body, after 200 if no status was sent.
func (w *response) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// ReadFrom sends the body by the quickest way that the writer below knows,
// instead of through a buffer for each answer.
func (w *response) ReadFrom(src io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return io.Copy(w.ResponseWriter, src)
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// noted is the response that observed put around the writer.
func noted(rw http.ResponseWriter) *response {
	if w, ok := rw.(*response); ok {
		return w
	}
	return &response{ResponseWriter: rw}
}

// adapt makes a handler of the router: it checks the method, and turns an
// error into status, sentence and log entry.
func adapt(route string, methods []string, h handler) http.Handler {
	allow := strings.Join(methods, ", ")
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := noted(rw)
		w.route = route
		if methods != nil && !slices.Contains(methods, r.Method) {
			w.Header().Set("Allow", allow)
			answer(w, &statusError{http.StatusMethodNotAllowed, NoteMethod, "use " + allow, nil})
			return
		}
		if err := h(w, r); err != nil {
			answer(w, err)
		}
	})
}

// answer tells the sender no more than it needs to know.
func answer(w *response, err error) {
	w.err = err
	if refused, ok := errors.AsType[*AuthError](err); ok {
		w.note = refused.Reason
		if refused.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		unheard(w)
		w.WriteHeader(refused.Status)
		return
	}
	if e, ok := errors.AsType[*statusError](err); ok {
		w.note = e.note
		if e.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		plain(w, e.status, e.text)
		return
	}
	plain(w, http.StatusInternalServerError, "")
}

// unheard ends the connection with the answer. net/http would first read what is
// left of the body, as slowly as a stranger sends it.
func unheard(w *response) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) // a writer without a connection has nothing to read
}

// plain answers a sentence, or nothing but the status.
func plain(w http.ResponseWriter, status int, text string) {
	if text == "" {
		w.WriteHeader(status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // a sender that has gone needs no answer
}
