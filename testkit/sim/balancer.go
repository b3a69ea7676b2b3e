package sim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// balancer is Graph's way to the nodes: any of them takes any request.
type balancer struct{ w *world }

// RoundTrip delivers a request of Graph's.
func (b balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	w := b.w
	l := letter{Request: r, sent: w.clock.Now()}
	if r.Body != nil {
		var err error
		if l.body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	if r.Method != http.MethodPost {
		return w.download(l)
	}
	w.judge.captured(l)
	return w.callback(l)
}

// download is Graph fetching a prompt.
func (w *world) download(l letter) (*http.Response, error) {
	n := w.pick()
	switch {
	case n == nil || w.struck(NoPrompt, n):
		return nil, errRefused
	case w.struck(SlowPrompt, n):
		if !w.sleep(l.Context(), time.Duration(w.net.Int64N(int64(8*time.Second)))) {
			return nil, context.Cause(l.Context())
		}
	}
	for range w.times(ManyPrompts, n, 4) {
		if resp, err := n.proc.handler.RoundTrip(l.copied(context.Background())); err == nil {
			_ = resp.Body.Close() // in memory
		}
	}
	if !n.up() {
		return nil, errReset
	}
	return n.proc.handler.RoundTrip(l.copied(l.Context()))
}

// callback is a notification on its way: it may be lost, come twice, late or
// altered.
func (w *world) callback(l letter) (*http.Response, error) {
	what := w.about(l)
	if w.muted(l) {
		w.trace.add("net", "is silent about "+what)
		return answer(l.Request, http.StatusAccepted, ""), nil
	}
	if w.struck(LoseCallback, nil) {
		w.trace.add("net", "loses the callback "+what)
		return nil, w.expire(l.Context(), l.sent)
	}
	for range w.times(Duplicate, nil, 3) {
		w.again(l, time.Duration(w.net.Int64N(int64(20*time.Second))))
	}
	if w.struck(Twins, nil) {
		w.again(l, 0)
	}
	if w.struck(Late, nil) {
		w.again(l, time.Duration(w.net.Int64N(int64(3*time.Minute))))
	}
	l = w.alter(l)
	there := w.latency()
	if w.struck(Shuffle, nil) {
		there += time.Duration(w.net.Int64N(int64(2 * time.Second)))
	}
	if !w.sleep(l.Context(), there) {
		return nil, context.Cause(l.Context())
	}
	resp, err := w.deliver(l, what)
	if err == nil && w.struck(LoseAnswer, nil) {
		return nil, w.expire(l.Context(), l.sent)
	}
	return resp, err
}

// again delivers a callback once more, for nobody to see the answer.
func (w *world) again(l letter, after time.Duration) {
	w.clock.AfterFunc(after, func() {
		w.clock.Go(func() { _, _ = w.deliver(l, w.about(l)) }) //nolint:bodyclose // it is in memory
	})
}

// pick is a node that takes connections.
func (w *world) pick() *node {
	var up []*node
	for _, n := range w.nodes {
		if n.up() && !n.leaving {
			up = append(up, n)
		}
	}
	if len(up) == 0 {
		for _, n := range w.nodes {
			if n.up() {
				up = append(up, n)
			}
		}
	}
	if len(up) == 0 {
		return nil
	}
	return up[w.net.IntN(len(up))]
}

// deliver hands a callback to some node and waits for its answer, as long as
// Graph would.
func (w *world) deliver(l letter, what string) (*http.Response, error) {
	n := w.pick()
	if n == nil {
		return nil, errRefused
	}
	p := n.proc
	if !w.at(p, AtAccept, what) {
		return nil, errReset
	}
	var resp *http.Response
	var err error
	done := false
	w.clock.Go(func() {
		p.enter(func() {
			resp, err = p.take(l, what) //nolint:bodyclose // it is in memory
			done = true
		})
	})
	w.clock.Sleep(requestTime, func() bool { return done || p.dead })
	switch {
	case p.dead:
		return nil, errReset
	case !done:
		return nil, timeout{}
	}
	return resp, err
}

// take is a process answering a callback.
func (p *proc) take(l letter, what string) (*http.Response, error) {
	w := p.w
	resp, err := p.handler.RoundTrip(l.copied(context.WithValue(context.Background(), callback{}, true)))
	if !p.gate() {
		return nil, errReset
	}
	if err != nil {
		return nil, err
	}
	if !w.at(p, AtAnswering, what) {
		return nil, errReset
	}
	w.trace.addf(p.node.String(), "answers %d to %s", resp.StatusCode, what)
	w.judge.answered(p, l, resp.StatusCode)
	w.at(p, AtAnswered, what)
	return resp, nil
}

// about names a callback in the trace.
func (w *world) about(l letter) string {
	if w.trace.quiet {
		return ""
	}
	return strings.Join(w.judge.words(l), ", ") + " " + hexed(l.body)
}

// muted reports whether a callback is about an operation of which nothing is
// told.
func (w *world) muted(l letter) bool {
	for _, c := range w.silent {
		if strings.Contains(string(l.body), c) {
			return true
		}
	}
	return false
}

var errNoNode = errors.New("no node is up")

// dial has the outgoing flow run, on some node.
func (w *world) order(do func(*proc) (ivr.SessionID, error)) (ivr.SessionID, error) {
	n := w.pick()
	if n == nil {
		return "", errNoNode
	}
	return do(n.proc)
}
