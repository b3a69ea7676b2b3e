package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Fetcher makes requests.
type Fetcher struct {
	rules   *rules
	timeout time.Duration
	random  func() float64
	pause   func(context.Context, time.Duration) error

	pooled *http.Transport // GET: connections are kept and used again
	fresh  *http.Transport // what changes something: a connection for each message
}

// New checks a configuration and makes a Fetcher of it. The error joins all
// faults.
func New(c Config) (*Fetcher, error) {
	c = c.withDefaults()
	r, err := c.check()
	if err != nil {
		return nil, fmt.Errorf("configuring HTTP requests: %w", err)
	}
	return &Fetcher{
		rules:   r,
		timeout: c.Timeout,
		random:  c.Random,
		pause:   c.Pause,
		pooled:  newTransport(c, r),
		fresh:   freshTransport(c, r),
	}, nil
}

// Close ends idle connections. The Fetcher may be used, and closed, again.
func (f *Fetcher) Close() {
	f.pooled.CloseIdleConnections()
	f.fresh.CloseIdleConnections()
}

// Check says whether a request would be sent, as far as that can be known
// without its values: whether the host is allowed to the flow, the secrets to
// the host, and all is well-formed. It is for the start of a bot, so that a
// wrong flow does not wait for a caller.
func (f *Fetcher) Check(req Request) error {
	req.URL = stand(req.URL)
	headers := make([]Header, len(req.Headers))
	for i, h := range req.Headers {
		headers[i] = Header{Name: h.Name, Value: stand(h.Value)}
	}
	req.Headers = headers
	_, err := f.plan(req)
	return located(err, req)
}

// Message is what a request looks like on the wire. It holds values and
// secrets.
type Message struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte // nil for none
}

// Message is what Do would send, for those who look at requests instead of
// sending them: tests of flows.
func (f *Fetcher) Message(req Request) (Message, error) {
	p, err := f.plan(req)
	if err != nil {
		return Message{}, located(err, req)
	}
	return Message{Method: p.first.method, URL: p.first.url.String(), Header: p.first.header, Body: p.first.body}, nil
}

// stand puts a harmless text in the place of each value.
func stand(pieces []Piece) []Piece {
	out := make([]Piece, len(pieces))
	for i, p := range pieces {
		if p.kind == valuePiece {
			p.text = "x"
		}
		out[i] = p
	}
	return out
}

// located adds the origin to a refused request's error.
func located(err error, req Request) error {
	if e, ok := errors.AsType[*Error](err); ok && len(req.URL) > 0 {
		if o, _, err := parseOrigin(req.URL[0].text); err == nil && req.URL[0].kind == literalPiece {
			return e.at(o.String())
		}
	}
	return err
}

// Do makes a request. It returns when there is an answer, when the time is
// over, or at once when ctx ends, which is for the end of the call.
//
// An answer of any status is no error; see [OutcomeOf]. With an error the
// Response has the status, if one came. All errors are of type [*Error].
func (f *Fetcher) Do(ctx context.Context, req Request) (Response, error) {
	p, err := f.plan(req)
	if err != nil {
		return Response{Method: req.Method}, located(err, req)
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	for try := 1; ; try++ {
		res, err := f.try(ctx, p)
		res.Method, res.Tries = req.Method, try
		if err == nil {
			return res, nil
		}
		e, ok := errors.AsType[*Error](err)
		if !ok {
			e = fault(ErrTransport, "unexpected: %T", err)
		}
		if !e.again || try > p.retry.Max || !f.backOff(ctx, p.retry, try) {
			return res, e.at(p.target.origin.String())
		}
	}
}

// try is one try, redirects included, in a place among the requests to the
// host.
func (f *Fetcher) try(ctx context.Context, p *plan) (res Response, err error) {
	if ctx.Err() != nil {
		return Response{}, ended(ctx)
	}
	leave, err := p.target.host.enter(ctx)
	if err != nil {
		return Response{}, err
	}
	defer func() { leave(verdict(res, err)) }()
	return f.exchange(ctx, p)
}

// exchange sends a message, and follows where it is redirected.
func (f *Fetcher) exchange(ctx context.Context, p *plan) (Response, error) {
	h := p.first
	for redirects := 0; ; redirects++ {
		answer, err := f.send(ctx, p, h)
		if err != nil {
			if redirects > 0 {
				err = p.received(err)
			}
			return Response{}, err
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			// A host that sees us go may still answer, and net/http hand that on.
			answer.Body.Close()
			return Response{Status: answer.StatusCode}, p.broke(ctx, ctx.Err(), true)
		}
		next, refused := f.redirect(p, h, answer)
		if refused == nil && next == nil {
			return read(ctx, p, answer)
		}
		answer.Body.Close()
		if refused == nil && redirects == MaxRedirects {
			refused = fault(ErrRedirects, "more than %d times", MaxRedirects)
		}
		if refused != nil {
			return Response{Status: answer.StatusCode}, p.received(refused)
		}
		h = *next
	}
}
