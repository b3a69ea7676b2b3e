package graphsim

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// exchange is one Graph request with what the front door found out about it.
type exchange struct {
	action    string // "answer", "playPrompt", "get", "delete" ...
	version   string // "beta" or "v1.0"
	root      string // "communications" or its alias "app"
	access    access
	body      object
	requestID string
	ends      string // completionReason with which a fault ends the operation
	id        string // of what lies below the call, as the request spells it
	query     url.Values
}

func (x *exchange) beta() bool { return x.version == "beta" }

// reply is what a request is answered. First, if set, runs before the answer
// is written, without the lock.
type reply struct {
	status   int
	body     object
	location string
	text     string // a body as it is
	fail     *failure
	first    func()
}

// failure is an error answer.
type failure struct {
	status     int
	code       string
	message    string
	retryAfter time.Duration
}

func refuse(r Refusal, message string) reply {
	return reply{fail: &failure{status: r.Status, code: r.Code, message: message}}
}

// invalid is the failure of [Settings.Malformed].
func invalid(message string) *failure { return &failure{message: message} }

// ServeHTTP answers the call API, the token endpoint, the metadata of the
// callback keys and the download of recordings. It panics with
// http.ErrAbortHandler where a [Fault] drops the connection, as the standard
// library's server expects it.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seg := segments(r.URL.Path)
	switch {
	case s.isClosed():
		w.WriteHeader(http.StatusServiceUnavailable)
	case seg.isToken():
		s.unlessStruck(w, r, actionToken, func() { s.tokenEndpoint(w, r, seg[0]) })
	case seg.isTenant():
		s.unlessStruck(w, r, actionTenant, func() { s.serveTenant(w, r, seg[0]) })
	case strings.EqualFold(r.URL.Path, discoveryPath):
		s.unlessStruck(w, r, actionMetadata, func() { s.serveMetadata(w) })
	case strings.EqualFold(r.URL.Path, keysPath):
		s.unlessStruck(w, r, actionKeys, func() { s.serveKeys(w) })
	case seg.isRecording():
		s.serveRecording(w, r, seg[1])
	case seg.isCalls():
		s.serveCalls(w, r, seg)
	default:
		s.writeFailure(w, r, "", &failure{status: 404, code: "ResourceNotFound", message: "Resource not found for the segment '" + r.URL.Path + "'."})
	}
}

func (s *Sim) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// path is a request's path in segments. Names of segments ignore case, ids
// do not.
type path []string

func segments(p string) path {
	p = strings.Trim(p, "/")
	if i := strings.Index(strings.ToLower(p), "calls('"); i >= 0 { // key in parentheses, calls('id')
		if j := strings.Index(p[i:], "')"); j >= 0 {
			p = p[:i] + "calls/" + p[i+len("calls('"):i+j] + p[i+j+2:]
		}
	}
	return strings.Split(p, "/")
}

func (p path) is(i int, name string) bool { return strings.EqualFold(p[i], name) }

// isCalls says that a path is about calls. The alias /app/calls is the beta's:
// https://learn.microsoft.com/graph/api/call-answer?view=graph-rest-beta
func (p path) isCalls() bool {
	return len(p) >= 3 && p.is(2, "calls") &&
		(p.is(0, "beta") && (p.is(1, "communications") || p.is(1, "app")) || p.is(0, "v1.0") && p.is(1, "communications"))
}

func (p path) isToken() bool {
	return len(p) == 4 && p.is(1, "oauth2") && p.is(2, "v2.0") && p.is(3, "token")
}

// isTenant says that a path is that of a tenant's OpenID configuration.
func (p path) isTenant() bool {
	return len(p) == 4 && p.is(1, "v2.0") && p.is(2, ".well-known") && p.is(3, "openid-configuration")
}

func (p path) isRecording() bool { return len(p) == 2 && p.is(0, "recordings") }

// unlessStruck answers a request that is none of the call API, or lets it fail
// as a scripted fault says. Such a fault has no body in Graph's form.
func (s *Sim) unlessStruck(w http.ResponseWriter, r *http.Request, action string, serve func()) {
	f := s.fault(action)
	if f == nil {
		serve()
		return
	}
	s.report(r, "", f.status(), f.Code, "scripted fault")
	if f.NoResponse {
		panic(http.ErrAbortHandler)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", retryAfter(f.RetryAfter))
	}
	w.WriteHeader(f.status())
	_, _ = io.WriteString(w, f.Body) // the other side may be gone
}

// tokenEndpoint answers a token request.
func (s *Sim) tokenEndpoint(w http.ResponseWriter, r *http.Request, tenant string) {
	rec := &statusWriter{ResponseWriter: w}
	s.serveToken(rec, r, tenant)
	s.report(r, "", rec.status, "", "")
}

// statusWriter remembers the status for the observer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// serveCalls answers everything below /communications/calls.
func (s *Sim) serveCalls(w http.ResponseWriter, r *http.Request, seg path) {
	x := &exchange{version: strings.ToLower(seg[0]), root: strings.ToLower(seg[1]), action: s.actionName(r.Method, seg)}
	s.mu.Lock()
	x.requestID = s.chance.guid()
	s.mu.Unlock()
	w.Header().Set("Request-Id", x.requestID)
	if id := r.Header.Get("Client-Request-Id"); id != "" {
		w.Header().Set("Client-Request-Id", id)
	}
	if id := r.Header.Get("Scenario-Id"); id != "" {
		w.Header().Set("Scenario-Id", id)
	}
	w.Header().Set("X-Ms-Ags-Diagnostic", `{"ServerInfo":{"DataCenter":"Simulated","Ring":"0","RoleInstance":"SIM0001"}}`)

	f := s.fault(x.action)
	if f != nil && f.Ends != "" {
		x.ends, f = f.Ends, nil
	}
	if ends := endsIn(r.Context()); ends != "" {
		x.ends = ends
	}
	var out reply
	if f == nil || f.Accept {
		out = s.handle(r, x, seg)
	}
	s.drain()
	if out.first != nil {
		out.first()
	}
	if f != nil {
		out = f.reply()
	}
	s.answerRequest(w, r, answered{reply: out, call: callSegment(seg), dropped: f != nil && f.NoResponse})
}

// answered is a reply with what is needed to write and report it.
type answered struct {
	reply
	call    string
	dropped bool
}

func (s *Sim) answerRequest(w http.ResponseWriter, r *http.Request, a answered) {
	if a.dropped {
		s.report(r, a.call, 0, "", "connection dropped by a scripted fault")
		panic(http.ErrAbortHandler)
	}
	if a.fail != nil {
		s.writeFailure(w, r, a.call, a.fail)
		return
	}
	s.report(r, a.call, a.status, "", "")
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.text) // the other side may be gone
		return
	}
	writeJSON(w, a.status, s.guise().dress(a.body))
}

// writeFailure writes an error in Graph's form.
func (s *Sim) writeFailure(w http.ResponseWriter, r *http.Request, call string, f *failure) {
	if f.status == 0 {
		f.status, f.code = s.set.Malformed.Status, s.set.Malformed.Code
	}
	s.report(r, call, f.status, f.code, f.message)
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", retryAfter(f.retryAfter))
	}
	inner := object{"date": s.clock.Now().UTC().Format("2006-01-02T15:04:05")}
	if id := w.Header().Get("request-id"); id != "" {
		inner["request-id"], inner["client-request-id"] = id, id
	}
	if id := r.Header.Get("Client-Request-Id"); id != "" {
		inner["client-request-id"] = id
	}
	name := "innerError"
	if s.set.InnerErrorOld {
		name, inner = "innererror", object{"innererror": inner}
	}
	writeJSON(w, f.status, object{"error": object{"code": f.code, "message": f.message, name: inner}})
}

func retryAfter(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// report tells the observers about an answered request.
func (s *Sim) report(r *http.Request, call string, status int, code, message string) {
	s.do(func() {
		s.emit(Request{Head: Head{At: s.clock.Now(), Call: ivr.NormalizeCallID(call)},
			Method: r.Method, Path: r.URL.Path, Status: status, Code: code, Message: message})
	})
}

func callSegment(seg path) string {
	if len(seg) > 3 && !strings.EqualFold(unqualified(seg[3]), deviceQuality) {
		return seg[3]
	}
	return ""
}
