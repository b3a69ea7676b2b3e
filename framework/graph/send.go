package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Send makes one attempt at a request, in the name of the call's tenant. Only
// if the service refuses the token it is renewed and the request sent again,
// once. A scenario (Graph's Scenario-Id, "" for none) ties the requests of one
// call together. Every error is an [*Error].
//
// A success whose body cannot be read is a success with an unknown id: the
// operation is known by its clientContext.
func (c *Client) Send(ctx context.Context, tenant, scenario string, r Request) (Response, error) {
	answer, err := c.exchange(ctx, tenant, scenario, r)
	if err != nil {
		return Response{}, err
	}
	answer.read(r, answer.body)
	return answer.Response, nil
}

// answer is a success whose body has not been read.
type answer struct {
	Response
	body []byte
}

// exchange is Send without reading the answer's body.
func (c *Client) exchange(ctx context.Context, tenant, scenario string, r Request) (answer, error) {
	failed := &Error{Op: r.Name, CallID: r.CallID}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = json.Marshal(r.Body); err != nil {
			failed.final, failed.Err = ivr.ReasonService, fmt.Errorf("writing the body: %w", err)
			return answer{}, failed
		}
	}
	token, err := c.tokens.get(ctx, tenant, "")
	if err != nil {
		failed.Err = err
		return answer{}, failed
	}
	response, refused := c.attempt(ctx, r, body, header(token, scenario, body != nil))
	if refused == nil || refused.Status != http.StatusUnauthorized {
		return response, asError(refused)
	}
	if token, err = c.tokens.get(ctx, tenant, token); err != nil {
		refused.Err = err
		return answer{}, refused
	}
	response, refused = c.attempt(ctx, r, body, header(token, scenario, body != nil))
	return response, asError(refused)
}

// asError keeps a nil *Error from becoming an error that is not nil.
func asError(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}

// header is what every request says, with a body or without. The values of all
// keys share one array.
func header(token, scenario string, body bool) http.Header {
	v := []string{token, "application/json", newID(), scenario}
	h := http.Header{
		"Authorization":     v[0:1:1],
		"Accept":            v[1:2:2],
		"Client-Request-Id": v[2:3:3],
	}
	if body {
		h["Content-Type"] = v[1:2:2]
	}
	if scenario != "" {
		h["Scenario-Id"] = v[3:4:4]
	}
	return h
}

// attempt sends a request once.
func (c *Client) attempt(ctx context.Context, r Request, body []byte, h http.Header) (answer, *Error) {
	failed := &Error{Op: r.Name, CallID: r.CallID, ClientRequestID: h["Client-Request-Id"][0]}
	if r.userAgent != "" {
		h.Set("User-Agent", r.userAgent)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	if c.before != nil {
		if failed.Err = c.before(ctx); failed.Err != nil {
			return answer{}, failed
		}
	}
	began := c.now()
	reply, err := c.do(ctx, c.requests.RoundTrip, outgoing{r.Method, c.root + r.Path, content, h}, failed)
	if err != nil {
		return answer{}, failed
	}
	defer func() { _ = reply.Body.Close() }()
	data := readAnswer(reply)
	failed.answered(reply, c.now())
	if c.log.Enabled(ctx, slog.LevelDebug) {
		c.log.LogAttrs(ctx, slog.LevelDebug, "graph request", slog.String("op", r.Name), slog.String("call_id", string(r.CallID)),
			slog.Int("status", reply.StatusCode), slog.String("request_id", failed.RequestID),
			slog.String("client_request_id", failed.ClientRequestID), slog.Duration("took", c.now().Sub(began)))
	}
	if reply.StatusCode/100 != 2 {
		failed.readBody(data)
		return answer{}, failed
	}
	head := newResponse(reply)
	head.ClientRequestID = failed.ClientRequestID
	return answer{head, data}, nil
}

// readAnswer reads at most one byte more than may be read. Half a body says
// nothing that can be trusted, and is none.
func readAnswer(answer *http.Response) []byte {
	if answer.Body == http.NoBody {
		return nil
	}
	room := int64(512)
	if n := answer.ContentLength; n >= 0 {
		room = min(n, MaxBody) + 1 // the end is found without more
	}
	body := make([]byte, 0, room)
	for len(body) <= MaxBody {
		n, err := answer.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body
		case err != nil:
			return nil
		case len(body) == cap(body):
			body = slices.Grow(body, len(body))
		}
	}
	return body[:MaxBody+1]
}
