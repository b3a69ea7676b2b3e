package control

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// overtakenWithin is how long a callback is held back for the next one of its
// call.
const overtakenWithin = time.Second

// carrier is the simulator's way to the bot. It writes down what goes over it,
// and loses, delays, repeats and reorders callbacks.
type carrier struct {
	world *world
	next  http.RoundTripper
}

// letter is a callback.
type letter struct {
	req   *http.Request
	body  []byte
	call  string
	tells []string // what its notifications tell
	fault string   // what was done to it
}

// RoundTrip carries a request of the simulator.
func (c *carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return c.download(r)
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close() // it is in memory
	if err != nil {
		return nil, fmt.Errorf("read a callback: %w", err)
	}
	l := letter{req: r, body: body}
	call, tells := graphsim.Tells(r.Context())
	l.call, l.tells = string(call), tells
	f, late, hit := c.world.faults.strike(l.fits)
	if !hit {
		resp, err := c.post(r.Context(), l)
		c.release(l.call)
		return resp, err
	}
	l.fault = f.told(late)
	if f.Empty {
		l.body = nil
	}
	return c.mislay(l, fault{Fault: f, late: late})
}

// fits says that a fault can strike a callback.
func (l letter) fits(f Fault) bool {
	if f.On != onCallback {
		return false
	}
	for _, t := range l.tells {
		if f.Tells == "" || strings.EqualFold(f.Tells, t) {
			return true
		}
	}
	return f.Tells == ""
}

// mislay does to a callback what a fault says. The simulator hears that it was
// taken if the bot does not get it now.
func (c *carrier) mislay(l letter, f fault) (*http.Response, error) {
	switch {
	case f.Lost:
		c.world.note(l.entry())
		return taken(l.req), nil
	case f.Reorder:
		wait := overtakenWithin
		if f.late > 0 {
			wait = f.late
		}
		c.hold(l, wait)
		return taken(l.req), nil
	case f.late > 0:
		c.world.later(f.late, func() { c.copies(l, 1+f.Repeats) })
		return taken(l.req), nil
	}
	resp, err := c.post(l.req.Context(), l)
	c.release(l.call)
	c.world.run(func() { c.copies(l, f.Repeats) })
	return resp, err
}

// copies posts a callback so often, whatever the bot says.
func (c *carrier) copies(l letter, n int) {
	for range n {
		ctx, cancel := context.WithTimeout(c.world.ctx, 10*time.Second)
		resp, err := c.post(ctx, l)
		if err == nil {
			_ = resp.Body.Close() // nobody reads it
		}
		cancel()
	}
	c.release(l.call)
}

// post posts a callback and writes down what came of it.
func (c *carrier) post(ctx context.Context, l letter) (*http.Response, error) {
	r := l.req.Clone(ctx)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(l.body)), int64(len(l.body))
	if len(l.body) == 0 {
		r.Body = http.NoBody
	}
	began := time.Now()
	resp, err := c.next.RoundTrip(r)
	e := l.entry()
	e.Millis = time.Since(began).Milliseconds()
	if err != nil {
		e.Error = err.Error()
	} else {
		e.Status = resp.StatusCode
	}
	c.world.note(e)
	return resp, err
}

func (l letter) entry() Entry {
	return Entry{Kind: kindCallback, What: strings.Join(l.tells, ","), Call: l.call, Method: l.req.Method, URL: l.req.URL.String(),
		Request: logged(l.body, false), Fault: l.fault}
}

// taken is the answer of a bot that did not get a callback, and will not know.
func taken(r *http.Request) *http.Response {
	return &http.Response{Status: "202 Accepted", StatusCode: http.StatusAccepted, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: r}
}

// held are callbacks that wait for the next one of their call.
type held struct {
	mu   sync.Mutex
	list map[string][]func() // by call; each posts one, once
}

// hold keeps a callback until release, or until the time is over.
func (c *carrier) hold(l letter, wait time.Duration) {
	post := sync.OnceFunc(func() { c.copies(l, 1) })
	h := &c.world.held
	h.mu.Lock()
	if h.list == nil {
		h.list = map[string][]func(){}
	}
	h.list[l.call] = append(h.list[l.call], post)
	h.mu.Unlock()
	c.world.later(wait, post)
}

// release posts what was held back of a call, before the next callback is
// posted.
func (c *carrier) release(call string) {
	h := &c.world.held
	h.mu.Lock()
	list := h.list[call]
	delete(h.list, call)
	h.mu.Unlock()
	for _, post := range list {
		post()
	}
}

// download fetches a prompt.
func (c *carrier) download(r *http.Request) (*http.Response, error) {
	began := time.Now()
	resp, err := c.next.RoundTrip(r)
	e := Entry{Kind: kindDownload, What: "prompt", Method: r.Method, URL: r.URL.String(), Millis: time.Since(began).Milliseconds()}
	if err != nil {
		e.Error = err.Error()
	} else {
		e.Status = resp.StatusCode
	}
	c.world.note(e)
	return resp, err
}
