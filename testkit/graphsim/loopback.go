package graphsim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// InMemory is a transport that hands every request to h in the caller's own
// goroutine, without a network. A handler that aborts with
// http.ErrAbortHandler is a dropped connection. Hand Sim itself to it to make
// the bot's transport, and the bot's handler to make the simulator's.
func InMemory(h http.Handler) http.RoundTripper { return inMemory{h} }

type inMemory struct{ handler http.Handler }

func (t inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.WithContext(r.Context()) // a copy; handlers read the header, and leave it as it is
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() { _ = in.Body.Close() }()
	rec := &recorder{header: http.Header{}}
	if !t.serve(rec, in) {
		return nil, fmt.Errorf("the connection was dropped before an answer came: %w", io.ErrUnexpectedEOF)
	}
	if err := r.Context().Err(); err != nil {
		return nil, errors.Join(errors.New("the answer came too late"), err)
	}
	return rec.response(r), nil
}

// serve says whether the handler answered.
func (t inMemory) serve(w http.ResponseWriter, r *http.Request) (ok bool) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // a panic's value is no error chain
			panic(p)
		} else if p != nil {
			ok = false
		}
	}()
	t.handler.ServeHTTP(w, r)
	return true
}

// maxGrow is how much memory is got on the word of a Content-Length.
const maxGrow = 16 << 20

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	sent   http.Header // header at the time of WriteHeader
	status int
	body   bytes.Buffer
	whole  *bytes.Reader // the body, if it was in memory already
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.whole != nil {
		_, _ = w.body.ReadFrom(w.whole) // it cannot fail
		w.whole = nil
	}
	return w.body.Write(b)
}

// ReadFrom writes all of src. A prompt, which the standard library's
// ServeContent copies from memory, is as large as all other messages of a call
// together: it is taken as it is.
func (w *recorder) ReadFrom(src io.Reader) (int64, error) {
	w.WriteHeader(http.StatusOK)
	if part, ok := src.(*io.LimitedReader); ok && w.body.Len() == 0 && w.whole == nil {
		if r, ok := part.R.(*bytes.Reader); ok && int64(r.Len()) <= part.N {
			w.whole = r
			return int64(r.Len()), nil
		}
	}
	return io.Copy(struct{ io.Writer }{w}, src)
}

// Flush is what a handler calls that streams.
func (w *recorder) Flush() { w.WriteHeader(http.StatusOK) }

func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	var body interface {
		io.Reader
		Len() int
	} = &w.body
	if w.whole != nil {
		body = w.whole
	}
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(body), ContentLength: int64(body.Len()), Request: r,
	}
}
