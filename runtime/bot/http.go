package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/fetch"
)

// Fetcher makes the HTTP requests of flows, as [fetch.Fetcher] does.
type Fetcher interface {
	// Check says whether a request would be sent, as far as that can be known
	// without its values.
	Check(fetch.Request) error
	// Do makes a request. It ends with ctx, which is the call's life.
	Do(context.Context, fetch.Request) (fetch.Response, error)
}

// httpRequest makes a request of a flow. Its log lines hold no value.
func (b *Bot) httpRequest(ctx context.Context, to call.Address, c ivr.HTTPRequest) ivr.Event {
	begun := b.cfg.Clock.Now()
	res, err := b.settings.Load().fetch.Do(ctx, b.fetchRequest(to.Session, c))
	outcome := fetch.OutcomeOf(res, err)
	ev := ivr.ActionReturned{Head: b.head(to), Op: c.Op, Outcome: outcome.Names[0], Code: res.Status, Reason: outcome.Reason}
	if err == nil && ev.Outcome == "ok" {
		ev.Out, err = partsOf(res, c.Take)
	}
	log := b.cfg.Log.With(slog.String("session", string(to.Session)), slog.String("flow", c.Flow), slog.String("step", c.Step),
		slog.String("request", c.String()), slog.Int("status", res.Status), slog.Int("tries", res.Tries),
		slog.Duration("took", ev.At.Sub(begun).Round(time.Millisecond)))
	if err == nil {
		log.Info("HTTP request")
		return ev
	}
	ev.Outcome, ev.Out, ev.Detail = "failed", nil, err.Error()
	if ev.Reason == ivr.ReasonNone {
		ev.Reason = ivr.ReasonService
		if !c.Safe() {
			ev.Reason = ivr.ReasonUnknownResult // the host did something, and nobody understands what
		}
	}
	log.Warn("HTTP request failed", slog.String("error", err.Error()))
	return ev
}

// fetchRequest is a command in the words of package fetch.
func (b *Bot) fetchRequest(s ivr.SessionID, c ivr.HTTPRequest) fetch.Request {
	req := fetch.Request{Flow: c.Flow, Step: c.Step, Method: c.Method, URL: fetchPieces(c.URL), JSON: c.JSON,
		Timeout: c.Timeout.Std(), Retry: c.Retry, StatusOnly: len(c.Take) == 0}
	for _, h := range c.Headers {
		req.Headers = append(req.Headers, fetch.Header{Name: h.Name, Value: fetchPieces(h.Value)})
	}
	if !c.Safe() {
		req.Key = b.idempotencyKey(s, c.Op)
	}
	return req
}

func fetchPieces(list []ivr.Piece) []fetch.Piece {
	out := make([]fetch.Piece, 0, len(list))
	for _, p := range list {
		switch p.Kind {
		case ivr.PieceLiteral:
			out = append(out, fetch.Literal(p.Text))
		case ivr.PieceValue:
			out = append(out, fetch.Value(p.Text))
		case ivr.PieceSecret:
			out = append(out, fetch.Secret(p.Text))
		}
	}
	return out
}

// idempotencyKey names an operation to the host: the same for all its tries,
// and nothing that tells about the call.
func (b *Bot) idempotencyKey(s ivr.SessionID, op ivr.OpID) string {
	mac := hmac.New(sha256.New, b.derive("idempotency"))
	mac.Write([]byte(string(s) + "\n" + strconv.Itoa(int(op))))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// partsOf are the parts of an answer that the flow wants. The error names the
// part that is missing, and holds nothing of the answer.
func partsOf(res fetch.Response, take []string) (map[string]any, error) {
	if len(take) == 0 {
		return nil, nil
	}
	out := make(map[string]any, len(take))
	for _, path := range take {
		v, ok := partOf(res, path)
		if !ok || v == nil {
			return nil, fmt.Errorf("the answer has no %q", path)
		}
		out[path] = plain(v)
	}
	return out, nil
}

func partOf(res fetch.Response, path string) (any, bool) {
	v := res.JSON
	if res.Body == fetch.BodyText {
		v = res.Text
	}
	if path == "." {
		return v, res.Body != fetch.BodyNone
	}
	for name := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// plain is a copy of a value as flows know it: a number with more digits than a
// float64 keeps is a text.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = plain(v[name])
		}
		return object
	}
	return v
}

// checkRequests says which requests of a flow the configuration does not allow.
// The hosts are literal, so that this is known before anybody calls.
func checkRequests(fetcher Fetcher, f *flow.Flow) error {
	var errs []error
	for _, asking := range f.Requests() {
		if err := checkRequest(fetcher, f, asking.Request); err != nil {
			errs = append(errs, fmt.Errorf("flow %q, %s (%s): %s: %w", f.Name, asking.Step, asking.Request.Pos, shownRequest(asking.Request), err))
		}
	}
	return errors.Join(errs...)
}

func checkRequest(fetcher Fetcher, f *flow.Flow, r *flow.Request) error {
	req := fetch.Request{Flow: f.Name, Method: r.Method, URL: checkPieces(r.URL), Timeout: r.Timeout, Retry: r.Retry}
	for _, h := range r.Headers {
		req.Headers = append(req.Headers, fetch.Header{Name: h.Name, Value: checkPieces(h.Value)})
	}
	if r.JSON != nil {
		req.JSON = map[string]any{}
	}
	err := fetcher.Check(req)
	if e, ok := errors.AsType[*fetch.Error](err); ok {
		return errors.New(e.Kind.Error() + detail(e))
	}
	return err
}

// detail says what to do about a request that is refused.
func detail(e *fetch.Error) string {
	text := ""
	if e.Detail != "" {
		text = ": " + e.Detail
	}
	if errors.Is(e, fetch.ErrNotAllowed) && strings.Contains(e.Detail, "may not call this host") {
		text += fmt.Sprintf("; add %s to hosts, with this flow", e.Host)
	}
	return text
}

func checkPieces(list []flow.Piece) []fetch.Piece {
	out := make([]fetch.Piece, 0, len(list))
	for _, p := range list {
		switch {
		case p.Secret != "":
			out = append(out, fetch.Secret(p.Secret))
		case p.Value != nil:
			out = append(out, fetch.Value("x"))
		default:
			out = append(out, fetch.Literal(p.Text))
		}
	}
	return out
}

// shownRequest is a request without its expressions.
func shownRequest(r *flow.Request) string {
	var b strings.Builder
	b.WriteString(r.Method + " ")
	for _, p := range checkPieces(r.URL) {
		b.WriteString(p.String())
	}
	return b.String()
}
