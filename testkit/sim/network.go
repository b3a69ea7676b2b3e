package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// The addresses of the two sides, of which neither exists.
const (
	botHost   = "bot.test"
	graphHost = "graph.test"
	botURL    = "https://" + botHost
	graphURL  = "https://" + graphHost
)

// requestTime is how long an HTTP client waits for an answer, in virtual time:
// the time-out of the Graph client.
const requestTime = 10 * time.Second

var (
	errDead    = errors.New("the process is dead")
	errRefused = errors.New("connection refused")
	errReset   = errors.New("connection reset by peer")
)

// timeout is the error of a client that has waited long enough.
type timeout struct{}

func (timeout) Error() string   { return "no answer in time" }
func (timeout) Timeout() bool   { return true }
func (timeout) Unwrap() error   { return context.DeadlineExceeded }
func (timeout) Temporary() bool { return true }

// letter is a request on its way, with its body read.
type letter struct {
	*http.Request
	body   []byte
	action string     // of the call API: "transfer", "create", "get", "delete", "invite" ...; "recording"
	call   ivr.CallID // that it is about
	sent   time.Time
	forged bool // Graph has not sent it
}

func read(r *http.Request) (letter, error) {
	l := letter{Request: r}
	if r.Body != nil {
		var err error
		if l.body, err = io.ReadAll(r.Body); err != nil {
			return l, fmt.Errorf("sim: reading a request: %w", err)
		}
		_ = r.Body.Close() // it is in memory
	}
	seg := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case seg[0] != "beta" && seg[0] != "v1.0" && seg[0] != "recordings":
		return l, nil // tokens and keys
	case seg[0] == "recordings":
		l.action = "recording"
	case len(seg) == 3: // version/communications/calls
		l.action = "create"
	case len(seg) == 4:
		l.action = strings.ToLower(r.Method)
	case r.Method == http.MethodGet:
		l.action = "get"
	case len(seg) == 6 && seg[4] == "audioRoutingGroups":
		l.action = strings.ToLower(r.Method) + " " + seg[4]
	default: // below the call, or one of its participants
		l.action = strings.TrimPrefix(seg[len(seg)-1], "microsoft.graph.")
	}
	if len(seg) > 3 {
		l.call = ivr.NormalizeCallID(seg[3])
	}
	return l, nil
}

// copied is the request for one delivery of it.
func (l letter) copied(ctx context.Context) *http.Request {
	r := l.Clone(ctx)
	r.Body = io.NopCloser(bytes.NewReader(l.body))
	r.ContentLength = int64(len(l.body))
	return r
}

func (l letter) String() string { return l.action + " " + short(l.call) }

func short(id ivr.CallID) string {
	if len(id) > 8 {
		id = id[:8]
	}
	return string(id)
}

// sleep lets d pass for the function that calls it; it is false if ctx was
// cancelled before. Deadlines of contexts are real time, which means nothing here:
// whoever waits too long is told so by the handles, in virtual time.
func (w *world) sleep(ctx context.Context, d time.Duration) bool {
	if cancelled(ctx) {
		return false
	}
	if d <= 0 {
		return true
	}
	w.clock.Sleep(d, func() bool { return cancelled(ctx) })
	return !cancelled(ctx)
}

func cancelled(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// latency is how long a message takes on the wire.
func (w *world) latency() time.Duration {
	return 2*time.Millisecond + time.Duration(w.net.Int64N(int64(20*time.Millisecond)))
}

// toGraph is a process's way to Graph.
type toGraph struct{ p *proc }

// RoundTrip sends a request and waits for the answer, in virtual time.
func (t toGraph) RoundTrip(r *http.Request) (*http.Response, error) {
	p, w := t.p, t.p.w
	l, err := read(r)
	switch {
	case err != nil:
		return nil, err
	case p.dead:
		return nil, errDead
	case r.URL.Host != graphHost:
		return nil, fmt.Errorf("sim: nobody is at %s", r.URL.Host)
	case l.action == "":
		return w.plumbing(p, l)
	}
	l.sent = w.clock.Now()
	w.judge.tries(l)
	before := p.stops
	if l.action == "recording" {
		if !w.at(p, AtRecording, l.String()) {
			return nil, errDead
		}
	} else if !w.at(p, AtSending, l.String()) {
		return nil, errDead
	}
	if w.struck(Refused, p.node) || w.struck(Cut, p.node) && w.net.IntN(2) == 0 {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errRefused}
	}
	w.trace.addf(p.node.String(), "-> %s %x", l, sum(l.body))
	w.judge.sent(p, l, p.stops > before)
	resp, err := w.exchange(p, l)
	if resp != nil && !w.judge.certain(resp.StatusCode) || err != nil {
		w.judge.uncertain(l)
	}
	if !p.gate() || !w.at(p, AtResponded, l.String()) {
		return nil, errDead
	}
	return resp, err
}

// exchange is a request's way there and the answer's back.
func (w *world) exchange(p *proc, l letter) (*http.Response, error) {
	ctx := l.Context()
	there := w.latency()
	if w.struck(SlowGraph, p.node) {
		there += time.Duration(w.net.Int64N(int64(12 * time.Second)))
	}
	if w.struck(Cut, p.node) || w.struck(LoseRequest, p.node) {
		return nil, w.expire(ctx, l.sent)
	}
	if there >= requestTime || !w.sleep(ctx, there) {
		if w.net.IntN(2) == 0 { // the bytes are on their way all the same
			w.after(l.sent.Add(there).Sub(w.clock.Now()), func() { _, _ = w.atGraph(p, l) }) //nolint:bodyclose // it is in memory
		}
		return nil, w.expire(ctx, l.sent)
	}
	resp, err := w.atGraph(p, l)
	if !p.dead && !w.at(p, AtExecuted, l.String()) {
		return nil, errDead
	}
	back := w.latency()
	if w.struck(LateResponse, p.node) {
		back += time.Duration(w.net.Int64N(int64(6 * time.Second)))
	}
	if w.struck(LoseResponse, p.node) || w.clock.Now().Add(back).Sub(l.sent) >= requestTime {
		return nil, w.expire(ctx, l.sent)
	}
	if !w.sleep(ctx, back) {
		return nil, context.Cause(ctx)
	}
	return resp, err
}

// expire waits until the client has waited long enough, or does not want to any
// more.
func (w *world) expire(ctx context.Context, since time.Time) error {
	if !w.sleep(ctx, since.Add(requestTime).Sub(w.clock.Now())) {
		return context.Cause(ctx)
	}
	return timeout{}
}

// atGraph is what Graph answers a request. It may be in a bad mood.
func (w *world) atGraph(p *proc, l letter) (*http.Response, error) {
	if resp := w.refusal(p, l); resp != nil {
		w.trace.addf("graph", "%s: %d, a fault", l, resp.StatusCode)
		return resp, nil
	}
	resp, err := graphsim.InMemory(w.graph).RoundTrip(l.copied(context.Background()))
	if err != nil {
		w.trace.addf("graph", "%s: %v", l, err)
		return nil, err
	}
	w.trace.addf("graph", "%s: %d", l, resp.StatusCode)
	w.judge.executed(p, l, resp.StatusCode)
	if resp.StatusCode < 300 {
		return w.spoilt(p, l, resp), nil
	}
	return resp, nil
}

// plumbing answers requests for tokens and keys, at once: others wait for them.
// When a bot asks is not decided by the seed (it shortens times by chance), so
// that the trace tells nothing of it.
func (w *world) plumbing(p *proc, l letter) (*http.Response, error) {
	token := strings.Contains(l.URL.Path, "/oauth2/")
	if token && w.strikesQuietly(TokenDown, p.node) || !token && w.strikesQuietly(KeysDown, p.node) {
		return answer(l.Request, http.StatusServiceUnavailable, "<html>down</html>"), nil
	}
	return graphsim.InMemory(w.graph).RoundTrip(l.copied(context.Background()))
}

// answer is an answer that somebody makes in another's place.
func answer(r *http.Request, status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h, Body: io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)), Request: r}
}
