package fetch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Request is one request of a flow.
type Request struct {
	Flow    string // the name under which Config.Hosts knows the flow
	Step    string // of the flow that asks, for messages; may be empty
	Method  string // GET, POST, PUT or DELETE
	URL     []Piece
	Headers []Header
	JSON    any // the body of a POST or PUT; nil for none

	Timeout time.Duration // with all tries, 0 for Config.Timeout; at most MaxTimeout
	Retry   ivr.Retry     // after transport errors only; Max at most MaxRetries
	// Key makes the request one that may be sent twice: the host recognises
	// it by the Idempotency-Key header and acts once. GET needs and sends none.
	Key string
	// StatusOnly says that nobody will look at the answer's body. It is not
	// read then, so that it may be of any type and size.
	StatusOnly bool
}

// String is the request without its values.
func (r Request) String() string { return fmt.Sprintf("%s %v of flow %q", r.Method, r.URL, r.Flow) }

// LogValue is the request without its values.
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Format prints the same as String for all verbs, %#v included.
func (r Request) Format(s fmt.State, _ rune) { fmt.Fprint(s, r.String()) }

// plan is a request that was checked.
type plan struct {
	flow       string
	target     *target
	first      hop
	private    []string // headers that do not follow a redirect to another origin
	timeout    time.Duration
	retry      ivr.Retry
	statusOnly bool
	keyed      bool // the host can tell whether it has seen the request
}

// hop is one message: the request, or where it was redirected.
type hop struct {
	origin origin
	url    *url.URL
	method string
	header http.Header
	body   []byte
}

// safe reports a method that changes nothing (RFC 9110, section 9.2.1).
func safe(method string) bool { return method == http.MethodGet }

// plan checks all of a request that can be checked without a network.
func (f *Fetcher) plan(req Request) (*plan, error) {
	o, u, err := buildURL(req.URL)
	if err != nil {
		return nil, err
	}
	t := f.rules.targets[o.key()]
	if t == nil || !t.flows[req.Flow] {
		return nil, fault(ErrNotAllowed, "flow %q may not call this host", clip(req.Flow))
	}
	if err := checkRequest(req); err != nil {
		return nil, err
	}
	h, private, err := f.rules.headers(req, o)
	if err != nil {
		return nil, err
	}
	p := &plan{
		flow: req.Flow, target: t, private: private, retry: req.Retry, statusOnly: req.StatusOnly,
		timeout: cmp.Or(req.Timeout, f.timeout),
		keyed:   req.Key != "",
		first:   hop{origin: o, url: u, method: req.Method, header: h},
	}
	return p, p.first.complete(req)
}

func checkRequest(req Request) error {
	switch req.Method {
	case http.MethodGet, http.MethodDelete:
		// Content has no meaning in these, and is used to smuggle a second
		// request past a proxy (RFC 9110, sections 9.3.1 and 9.3.5).
		if req.JSON != nil {
			return fault(ErrRequest, "a %s has no body", req.Method)
		}
	case http.MethodPost, http.MethodPut:
	default:
		return fault(ErrRequest, "the method is not GET, POST, PUT or DELETE")
	}
	switch {
	case req.Timeout < 0 || req.Timeout > MaxTimeout:
		return fault(ErrRequest, "the time-out %s is not between 0 and %s", req.Timeout, MaxTimeout)
	case req.Retry.Max < 0 || req.Retry.Max > MaxRetries || req.Retry.Backoff < 0:
		return fault(ErrRequest, "there are at most %d retries", MaxRetries)
	case req.Key != "" && !isKey(req.Key):
		return fault(ErrRequest, "the idempotency key is not of letters, digits, -, _, . and :")
	}
	return nil
}

// complete adds the body, and the headers that this package sets.
func (h *hop) complete(req Request) error {
	if req.JSON != nil {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(req.JSON); err != nil {
			return fault(ErrRequest, "the body cannot be written as JSON")
		}
		h.body = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
		if len(h.body) > MaxBody {
			return fault(ErrValue, "the body is larger than %d bytes", MaxBody)
		}
		setDefault(h.header, "Content-Type", "application/json")
	}
	if t := h.header.Get("Content-Type"); t != "" && (req.JSON == nil || !isJSONType(t)) {
		return fault(ErrRequest, "the header Content-Type does not name the body's type, which is JSON or nothing")
	}
	if req.Key != "" && !safe(h.method) {
		h.header[idempotencyKey] = []string{req.Key}
	}
	setDefault(h.header, "Accept", "application/json, text/plain;q=0.5")
	setDefault(h.header, "User-Agent", "ivrflow")
	h.header["Accept-Encoding"] = []string{"identity"}
	return nil
}
