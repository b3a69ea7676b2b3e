package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Query is an OData query option. A method takes them where its documentation
// page says so.
type Query struct{ name, value string }

// Select asks for these properties only.
func Select(names ...string) Query { return Query{"$select", strings.Join(names, ",")} }

// Expand asks for the resources behind these relationships, too: participants
// of a call, for example.
func Expand(names ...string) Query { return Query{"$expand", strings.Join(names, ",")} }

// invocation is one use of a method.
type invocation struct {
	tenant, scenario string
	call             ivr.CallID
	id               string // what the path's {id} stands for
	body             any    // nil for none
	query            []Query
	userAgent        string
	fault            error // of the body: it keeps the request from being sent
}

// invoke sends a request and reads the answer's body into a value, unless that
// is nil. Every error is an [*Error].
func (c *Client) invoke(ctx context.Context, m methodID, in invocation, to any) error {
	r, err := c.request(m, in)
	if err != nil {
		return err
	}
	answer, err := c.exchange(ctx, in.tenant, in.scenario, r)
	if err != nil || to == nil {
		return err
	}
	return answer.into(r, to)
}

// request is the request of a method, or why it must not be sent.
func (c *Client) request(m methodID, in invocation) (Request, error) {
	method := methods[m]
	r := Request{Name: method.Name, CallID: in.call, Class: method.Class, Method: method.HTTP, userAgent: in.userAgent}
	if err := errors.Join(c.missing(method, in.body), in.faults(method)); err != nil {
		return r, &Error{Op: r.Name, CallID: in.call, Err: err, final: ivr.ReasonService}
	}
	r.Path = strings.NewReplacer("{call}", url.PathEscape(string(in.call)), "{id}", url.PathEscape(in.id)).Replace(method.Path)
	separator := "?"
	for _, q := range in.query {
		r.Path += separator + q.name + "=" + strings.ReplaceAll(url.QueryEscape(q.value), "%2C", ",")
		separator = "&"
	}
	if in.body != nil {
		r.Body = openBody{in.body}
	}
	return r, nil
}

// missing says what of a request /v1.0 does not have.
func (c *Client) missing(m Method, body any) error {
	if !c.v1 {
		return nil
	}
	if m.Beta {
		return fmt.Errorf("%s is not part of /v1.0; set the client's BaseURL to a root that ends in /beta", m.Name)
	}
	if body == nil {
		return nil
	}
	if name := betaOnly(reflect.ValueOf(body)); name != "" {
		return fmt.Errorf("the property %s is not part of /v1.0; leave it out, or set the client's BaseURL to a root that ends in /beta", name)
	}
	return nil
}

func (in invocation) faults(m Method) error {
	faults := []error{in.fault}
	for _, p := range []struct{ place, value, what string }{{"{call}", string(in.call), "call id"}, {"{id}", in.id, "id"}} {
		switch {
		case !strings.Contains(m.Path, p.place):
		case p.value == "":
			faults = append(faults, fmt.Errorf("the %s is empty", p.what))
		case p.value == ".", p.value == "..":
			faults = append(faults, fmt.Errorf("the %s %q is a step in a path", p.what, p.value))
		}
	}
	for _, q := range in.query {
		if q.value == "" {
			faults = append(faults, fmt.Errorf("the query option %s names nothing", q.name))
		}
	}
	return errors.Join(faults...)
}

// into reads the body of a success. What was asked for was done, whatever the
// error says.
func (a answer) into(r Request, to any) error {
	err := a.readable()
	if err == nil {
		err = json.Unmarshal(a.body, to)
	}
	if err == nil {
		return nil
	}
	return &Error{Op: r.Name, CallID: r.CallID, Status: a.Status, Message: "the answer cannot be read", RequestID: a.RequestID,
		ClientRequestID: a.ClientRequestID, Sent: true, Err: err, final: ivr.ReasonService}
}

func (a answer) readable() error {
	switch {
	case len(a.body) == 0:
		return errors.New("it has no body")
	case len(a.body) > MaxBody:
		return fmt.Errorf("it has more than %d bytes", MaxBody)
	}
	return checkShape(a.body)
}

// operation sends a request whose answer is an operation. An answer without a
// body is one whose outcome comes as a notification.
func (c *Client) operation(ctx context.Context, m methodID, in invocation) (OperationResource, error) {
	r, err := c.request(m, in)
	if err != nil {
		return OperationResource{}, err
	}
	answer, err := c.exchange(ctx, in.tenant, in.scenario, r)
	if err != nil {
		return OperationResource{}, err
	}
	var o OperationResource
	if len(answer.body) > 0 {
		if err := answer.into(r, &o); err != nil {
			return OperationResource{}, err
		}
	}
	if o.ID == "" {
		o.ID = answer.Remote
	}
	return o, nil
}

// MaxPages is how many pages of a list are read.
const MaxPages = 50

// page is one page of a list.
type page[T any] struct {
	Value []T    `json:"value"`
	Next  string `json:"@odata.nextLink"`
}

// list sends a request for a list and for its further pages. The pages are
// below the same root: the token goes nowhere else.
func list[T any](ctx context.Context, c *Client, m methodID, in invocation) ([]T, error) {
	r, err := c.request(m, in)
	if err != nil {
		return nil, err
	}
	var all []T
	for range MaxPages {
		answer, err := c.exchange(ctx, in.tenant, in.scenario, r)
		if err != nil {
			return nil, err
		}
		var p page[T]
		if err := answer.into(r, &p); err != nil {
			return nil, err
		}
		all = append(all, p.Value...)
		if p.Next == "" {
			return all, nil
		}
		if r.Path, err = c.below(p.Next); err != nil {
			return nil, &Error{Op: r.Name, CallID: r.CallID, Status: http.StatusOK, Message: "the next page is not read", Sent: true, Err: err, final: ivr.ReasonService}
		}
	}
	return nil, &Error{Op: r.Name, CallID: r.CallID, Status: http.StatusOK, Message: "the list does not end", Sent: true,
		Err: fmt.Errorf("it has more than %d pages", MaxPages), final: ivr.ReasonService}
}

// below is the path of an address below the root.
func (c *Client) below(address string) (string, error) {
	path, ok := strings.CutPrefix(address, c.root)
	if !ok || !strings.HasPrefix(path, callsPath+"/") || strings.Contains(path, "/../") {
		return "", errors.New("@odata.nextLink leads to another place than " + c.root + callsPath)
	}
	return path, nil
}
