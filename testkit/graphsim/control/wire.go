package control

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// maxKept is how much of a body the log keeps.
const maxKept = 64 << 10

// serveGraph answers as Graph, writes it down, and lets it fail.
func (s *Server) serveGraph(rw http.ResponseWriter, r *http.Request) {
	w := s.now()
	e := Entry{Kind: kindRequest, Method: r.Method, URL: r.URL.Path}
	what, on := w.sim.Asks(r.Method, r.URL.Path)
	e.What, e.Call = what, string(on)
	w.tokens.exchange(w, r)
	asked := &capture{}
	r.Body = &tee{Reader: io.TeeReader(r.Body, asked), Closer: r.Body}
	out := &answer{ResponseWriter: rw, status: http.StatusOK}
	began := time.Now()
	defer func() { // also when the connection drops
		p := recover()
		e.Millis = time.Since(began).Milliseconds()
		e.Request, e.Response = asked.json(), out.body.json()
		e.Status = out.status
		if p != nil {
			e.Status = 0
		}
		e.refusal(out)
		if e.What == actionToken {
			w.tokens.learn(out.body.Bytes())
			e.App = clientIn(asked.Bytes())
			e.Request, e.Response = nil, nil // the secret, and the token
		}
		w.note(e)
		if p != nil {
			panic(p)
		}
	}()
	f, late, hit := w.faults.strike(func(f Fault) bool { return f.On == e.What || f.On == onRequest })
	if !hit {
		w.sim.ServeHTTP(out, r)
		return
	}
	e.Fault = f.told(late)
	w.fail(out, r, fault{Fault: f, late: late, token: e.What == actionToken})
}

// clientIn is the application id in a token request.
func clientIn(form []byte) string {
	values, err := url.ParseQuery(string(form))
	if err != nil {
		return "" // it is none
	}
	return values.Get("client_id")
}

// fault is one that strikes, and by how much something is late.
type fault struct {
	Fault
	late  time.Duration
	token bool // it strikes the token endpoint
}

// fail answers a request that a fault strikes.
func (w *world) fail(out *answer, r *http.Request, f fault) {
	if f.Ends != "" {
		r = r.WithContext(graphsim.EndWith(r.Context(), f.Ends))
	}
	if f.Executed {
		w.sim.ServeHTTP(&answer{ResponseWriter: nowhere{header: http.Header{}}}, r)
	} else if f.Status != 0 || f.NoAnswer {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxKept)) // for the log
	}
	w.wait(r, f.late)
	switch {
	case f.NoAnswer:
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		f.write(out, r, f.token)
	case f.Executed:
		out.WriteHeader(http.StatusOK)
	default:
		w.sim.ServeHTTP(out, r)
	}
}

// wait waits, unless the world or the bot's patience ends.
func (w *world) wait(r *http.Request, d time.Duration) {
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-w.ctx.Done():
	}
}

// write answers instead of Graph, in the form of its errors:
// https://learn.microsoft.com/graph/errors
func (f Fault) write(w http.ResponseWriter, r *http.Request, token bool) {
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Std().Seconds()))))
	}
	if f.Body != "" || f.Status < 300 {
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body)
		return
	}
	code, message := f.Code, f.Message
	if code == "" {
		code = "UnknownError"
	}
	if token {
		writeJSON(w, f.Status, map[string]any{"error": code, "error_description": message})
		return
	}
	inner := map[string]any{"date": time.Now().UTC().Format("2006-01-02T15:04:05")}
	if id := r.Header.Get("Client-Request-Id"); id != "" {
		inner["client-request-id"] = id
	}
	writeJSON(w, f.Status, map[string]any{"error": map[string]any{"code": code, "message": message, "innerError": inner}})
}

// told is what a fault does to a request or a callback, in a few words.
func (f Fault) told(late time.Duration) string {
	var words []string
	add := func(does bool, word string) {
		if does {
			words = append(words, word)
		}
	}
	add(f.Lost, faultLost)
	add(f.NoAnswer, "no answer")
	add(f.Status != 0, "answered "+strconv.Itoa(f.Status))
	add(f.Executed, "executed")
	add(f.Ends != "", "ends "+f.Ends)
	add(f.Repeats > 0, "repeated")
	add(f.Reorder, "overtaken")
	add(f.Empty, "empty")
	add(late > 0, "late by "+late.Round(time.Millisecond).String())
	return strings.Join(words, ", ")
}

// refusal reads the error of an answer.
func (e *Entry) refusal(out *answer) {
	if e.Status < 400 {
		return
	}
	var body struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
	}
	if json.Unmarshal(out.body.Bytes(), &body) != nil {
		return
	}
	var graph struct{ Code, Message string }
	if json.Unmarshal(body.Error, &graph) == nil && graph.Code != "" {
		e.Code, e.Error = graph.Code, graph.Message
		return
	}
	_ = json.Unmarshal(body.Error, &e.Code) // the token endpoint's form, or none
	e.Error = body.Description
}

// capture keeps the beginning of a body.
type capture struct {
	bytes.Buffer
	cut bool
}

func (c *capture) Write(b []byte) (int, error) {
	room := maxKept - c.Len()
	c.cut = c.cut || len(b) > room
	c.Buffer.Write(b[:min(len(b), max(room, 0))])
	return len(b), nil
}

// json is the body for the log.
func (c *capture) json() json.RawMessage { return logged(c.Bytes(), c.cut) }

// logged is a body for the log: as it is if it is JSON, else as a string.
func logged(body []byte, cut bool) json.RawMessage {
	switch {
	case len(body) == 0:
		return nil
	case !cut && json.Valid(body):
		return bytes.Clone(bytes.TrimSpace(body))
	}
	text := strings.ToValidUTF8(string(body), "?")
	if bytes.IndexByte(body, 0) >= 0 { // such as a WAV file
		text = strconv.Itoa(len(body)) + " bytes that are no text"
	}
	b, err := json.Marshal(text)
	if err != nil { // it is a string
		return nil
	}
	return b
}

// tee is a body that is copied while it is read.
type tee struct {
	io.Reader
	io.Closer
}

// answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	status int
	body   capture
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	_, _ = a.body.Write(b) // to memory
	return a.ResponseWriter.Write(b)
}

// Unwrap gives http.ResponseController what it needs.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// nowhere takes an answer that nobody gets.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n nowhere) WriteHeader(int)             {}
