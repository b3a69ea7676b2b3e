package testkit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/fetch"
)

// HTTPReply is what a web service answers once. The zero HTTPReply is a 200
// without a body.
type HTTPReply struct {
	Status  int           // 0: 200
	JSON    any           // the body, as encoding/json decodes it
	Text    string        // a body of plain text, if JSON is nil
	After   time.Duration // how long it takes
	Failed  bool          // the service cannot be reached, in none of the tries
	Timeout bool          // no answer in time
}

// fakeHTTP answers the flow's requests as the test says. Requests are built and
// checked as those that are sent; then nothing is sent.
type fakeHTTP struct {
	w    *world
	real *fetch.Fetcher
	used map[string]int // replies by key of Given.HTTP
}

// newFakeHTTP allows the flow what it asks for: a test has no configuration.
// The secret "crm" is "secret-crm".
func newFakeHTTP(w *world) (*fakeHTTP, error) {
	cfg := fetch.Config{Secrets: map[string]fetch.BoundSecret{}}
	secrets := map[string]bool{}
	origins := map[string]bool{}
	for _, asking := range w.flow.Requests() {
		origins[originOf(asking.Request)] = true
		for _, h := range asking.Request.Headers {
			for _, p := range h.Value {
				secrets[p.Secret] = p.Secret != ""
			}
		}
	}
	hosts := slices.Sorted(maps.Keys(origins))
	for _, o := range hosts {
		cfg.Hosts = append(cfg.Hosts, fetch.Host{Origin: o, Flows: []string{w.flow.Name}, Networks: networkOf(o)})
	}
	for name, is := range secrets {
		if is {
			cfg.Secrets[name] = fetch.BoundSecret{Value: ivr.NewSecret("secret-" + name), Hosts: hosts}
		}
	}
	f, err := fetch.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("the flow's requests: %w", err)
	}
	return &fakeHTTP{w: w, real: f, used: map[string]int{}}, nil
}

// originOf is scheme, host and port of a request, in lower case.
func originOf(r *flow.Request) string {
	u, err := url.Parse(r.URL[0].Text)
	if err != nil {
		return r.URL[0].Text
	}
	return strings.ToLower(u.Scheme + "://" + strings.TrimSuffix(u.Host, ":443"))
}

// networkOf is the network of an origin that names a private address.
func networkOf(origin string) []string {
	_, host, _ := strings.Cut(origin, "://")
	if ap, err := netip.ParseAddrPort(host); err == nil {
		host = ap.Addr().String()
	}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []string{netip.PrefixFrom(a, a.BitLen()).String()}
	}
	return nil
}

func (h *fakeHTTP) Check(r fetch.Request) error { return h.real.Check(r) }

func (h *fakeHTTP) Do(ctx context.Context, r fetch.Request) (fetch.Response, error) {
	res := fetch.Response{Method: r.Method, Tries: 1}
	msg, err := h.real.Message(r)
	if err != nil {
		return res, err
	}
	h.w.seen.asked = append(h.w.seen.asked, msg)
	reply, err := h.reply(r, msg)
	if err != nil {
		h.w.wrong = err
		return res, err
	}
	late := reply.Timeout || reply.After >= r.Timeout
	wait := reply.After
	if late {
		wait = r.Timeout
	}
	if wait > 0 && !h.w.clock.Sleep(wait, func() bool { return ctx.Err() != nil }) {
		return res, fail(fetch.ErrHungUp, ivr.ReasonHungUp, msg)
	}
	switch {
	case late:
		return res, fail(fetch.ErrTimeout, ivr.ReasonTimedOut, msg)
	case reply.Failed:
		return res, fail(fetch.ErrConnect, ivr.ReasonUnreachable, msg)
	}
	res.Status = cmp.Or(reply.Status, 200)
	switch {
	case r.StatusOnly:
	case reply.JSON != nil:
		res.Body, res.JSON = fetch.BodyJSON, reply.JSON
	case reply.Text != "":
		res.Body, res.Text = fetch.BodyText, reply.Text
	}
	return res, nil
}

// fail is the error of a request that may have arrived.
func fail(kind error, reason ivr.Reason, msg fetch.Message) error {
	if !ivr.SafeMethod(msg.Method) && errors.Is(kind, fetch.ErrTimeout) {
		reason = ivr.ReasonUnknownResult
	}
	return &fetch.Error{Kind: kind, Reason: reason, Detail: "as the test says"}
}

// reply is what comes of a request: what the test says of its action, of its
// step, or of its address.
func (h *fakeHTTP) reply(r fetch.Request, msg fetch.Message) (HTTPReply, error) {
	_, step := h.w.flow.Named(r.Step)
	if a := httpActionOf(step); a != nil {
		if replies := h.w.given.Actions[a.Name]; len(replies) > 0 {
			n := h.w.calls[a.Name]
			h.w.calls[a.Name]++
			return AnswerOf(a, replies[min(n, len(replies)-1)]), nil
		}
	}
	key, ok := r.Step, len(h.w.given.HTTP[r.Step]) > 0
	for _, k := range slices.Sorted(maps.Keys(h.w.given.HTTP)) {
		if !ok && asks(k, msg) {
			key, ok = k, true
		}
	}
	if !ok {
		return HTTPReply{}, unasked{step, r.Step, msg}
	}
	replies := h.w.given.HTTP[key]
	n := h.used[key]
	h.used[key]++
	return replies[min(n, len(replies)-1)], nil
}

func httpActionOf(s *flow.Step) *flow.Action {
	if s == nil {
		return nil
	}
	if do, ok := s.Spec.(*flow.Do); ok && do.Action.HTTP != nil {
		return do.Action
	}
	return nil
}

// asks reports whether a pattern of an address fits a message.
func asks(pattern string, msg fetch.Message) bool {
	u, err := url.Parse(msg.URL)
	if err != nil {
		return false
	}
	fits, err := path.Match(pattern, u.Host+u.EscapedPath())
	return err == nil && fits
}

// AnswerOf is the HTTP answer that means to an HTTP action what it is to return.
func AnswerOf(a *flow.Action, r Reply) HTTPReply {
	answer := HTTPReply{After: r.After, Timeout: r.Timeout}
	switch outcome := r.outcome(); {
	case r.Timeout:
	case outcome == failed:
		answer.Failed = true
	case outcome == "ok":
		parts := map[string]any{}
		for part, out := range a.HTTP.Into {
			parts[part] = r.Out[out]
		}
		answer.JSON = BodyOf(parts)
	default:
		answer.Status = statusFor(a, outcome)
	}
	return answer
}

// statusFor is a status that leads to an outcome.
func statusFor(a *flow.Action, outcome string) int {
	for _, word := range slices.Sorted(maps.Keys(a.HTTP.Outcomes)) {
		if a.HTTP.Outcomes[word] != outcome {
			continue
		}
		if status, err := strconv.Atoi(word); err == nil {
			return status
		}
		// A class: a status of it that has no outcome of its own.
		first := int(word[0]-'0') * 100
		for status := first; status < first+100; status++ {
			if a.HTTP.Outcomes[strconv.Itoa(status)] == "" {
				return status
			}
		}
	}
	return 500
}

// BodyOf is a body with the given parts, named as in the option into of http.
func BodyOf(parts map[string]any) any {
	var body any
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		body = put(body, part, parts[part])
	}
	return body
}

// put is a body with a value at a part of it. Numbers are places in a list.
func put(body any, part string, v any) any {
	if part == "." {
		return v
	}
	name, rest, more := strings.Cut(part, ".")
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < 1000 {
		list, _ := body.([]any)
		for len(list) <= i {
			list = append(list, nil)
		}
		if more {
			v = put(list[i], rest, v)
		}
		list[i] = v
		return list
	}
	object, ok := body.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	if more {
		v = put(object[name], rest, v)
	}
	object[name] = v
	return object
}

// unasked is a request of which the test says nothing.
type unasked struct {
	step *flow.Step
	name string // of the step
	msg  fetch.Message
}

func (u unasked) Error() string {
	return fmt.Sprintf("the flow asks %s %s, and the test does not say what comes of it", u.msg.Method, u.msg.URL)
}

// mend is what the test should say.
func (u unasked) mend() string {
	if a := httpActionOf(u.step); a != nil {
		return fmt.Sprintf("add given: {%s: %s}", a.Name, a.Outcomes[0])
	}
	return fmt.Sprintf("add given: {http: {%s: 200}}, or {%s: {json: {...}}}", u.name, u.name)
}

// httpKeyFault says what is wrong with a key of the given answers: it is the id
// of a step that asks, or an address that the flow asks.
func httpKeyFault(f *flow.Flow, key string) string {
	var known []string
	for _, m := range f.Members() {
		for _, s := range m.Steps {
			if _, ok := s.Spec.(*flow.HTTP); ok || httpActionOf(s) != nil {
				known = append(known, f.NameOf(m, s))
			}
		}
	}
	for _, asking := range f.Requests() {
		host := strings.TrimPrefix(originOf(asking.Request), "https://")
		known = append(known, host+"/*")
		if strings.HasPrefix(key, host+"/") || key == host {
			if _, err := path.Match(key, ""); err != nil {
				return fmt.Sprintf("%q is no pattern of an address", key)
			}
			return ""
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	if slices.Contains(known, key) {
		return ""
	}
	if len(known) == 0 {
		return fmt.Sprintf("the flow makes no request, so nothing answers for %q", key)
	}
	return fmt.Sprintf("no step of the flow that asks is named %q, and it asks no such host%s", key,
		cmp.Or(diag.DidYouMean(key, known), "; there is "+diag.OneOf(known)))
}
