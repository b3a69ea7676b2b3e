package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// httpSlack is how much longer than its own time-out an HTTP request is
// waited for.
const httpSlack = 2 * time.Second

func httpDeadline(req *flow.Request) time.Duration { return req.Timeout + httpSlack }

// request is the command that makes a request. Its expressions read env.
func (r *run) request(step *flow.Step, req *flow.Request, into map[string]string, env flow.Env) (cmd ivr.HTTPRequest, err error) {
	cmd = ivr.HTTPRequest{Flow: r.root.Name, Step: r.root.NameOf(r.f, step), Method: req.Method, Timeout: ivr.Duration(req.Timeout), Retry: req.Retry,
		Take: slices.Sorted(maps.Keys(into))}
	if cmd.URL, err = pieces(req.URL, env); err != nil {
		return cmd, fmt.Errorf("URL: %w", err)
	}
	for _, h := range req.Headers {
		value, err := pieces(h.Value, env)
		if err != nil {
			return cmd, fmt.Errorf("header %s: %w", h.Name, err)
		}
		cmd.Headers = append(cmd.Headers, ivr.Header{Name: h.Name, Value: value})
	}
	if req.JSON != nil {
		if cmd.JSON, err = req.JSON.Eval(env); err != nil {
			return cmd, fmt.Errorf("json: %w", err)
		}
	}
	return cmd, nil
}

func pieces(list []flow.Piece, env flow.Env) ([]ivr.Piece, error) {
	out := make([]ivr.Piece, 0, len(list))
	for _, p := range list {
		switch {
		case p.Secret != "":
			out = append(out, ivr.Piece{Kind: ivr.PieceSecret, Text: p.Secret})
		case p.Value != nil:
			text, err := p.Value.Text(env)
			if err != nil {
				return nil, err
			}
			out = append(out, ivr.Piece{Kind: ivr.PieceValue, Text: text})
		default:
			out = append(out, ivr.Piece{Kind: ivr.PieceLiteral, Text: p.Text})
		}
	}
	return out, nil
}

// inputEnv is what the request of an HTTP action reads: its inputs in the place
// of the flow's variables.
func (r *run) inputEnv(in map[string]any) flow.Env {
	env := r.env()
	for name := range r.f.Vars {
		delete(env, name)
	}
	maps.Copy(env, in)
	return env
}

// complete is a result in which no part of the answer is missing: without one
// the request has failed. The answer is somebody else's word.
func complete(step *flow.Step, into map[string]string, e ivr.ActionReturned) ivr.ActionReturned {
	if e.Outcome != "ok" {
		return e
	}
	for _, part := range slices.Sorted(maps.Keys(into)) {
		if e.Out[part] == nil {
			e.Outcome, e.Reason, e.Detail = "failed", badAnswer(step), fmt.Sprintf("the answer has no %q", part)
			return e
		}
	}
	return e
}

// badAnswer is the reason of an answer that cannot be taken. If the request
// changes something, nobody knows what was changed.
func badAnswer(step *flow.Step) ivr.Reason {
	if e, _ := errandOf(step); e.unsafe {
		return ivr.ReasonUnknownResult
	}
	return ivr.ReasonService
}

// answered takes what came of a request.
func (r *run) answered(step *flow.Step, h *flow.HTTP, e ivr.ActionReturned) {
	v := View{Code: e.Code, Reason: e.Reason}
	if e.Outcome == "ok" {
		if err := r.takeParts(h.Into, e.Out); err != nil {
			e.Outcome, e.Detail, v.Reason = "failed", err.Error(), badAnswer(step)
		}
	}
	if e.Outcome == "failed" {
		r.note("%s failed: %s", step.ID, e.Detail)
		r.leave("failed", v)
		return
	}
	outcome := firstOf(statusNames(e.Outcome), func(name string) bool { return step.Edges[name] != nil })
	if outcome == "failed" {
		r.note("%s failed: the host answered %d", step.ID, e.Code)
	}
	r.leave(outcome, v)
}

// statusNames are the outcomes that a request's may be, the most exact first:
// "ok", or "404", "4xx", "failed".
func statusNames(outcome string) []string {
	if len(outcome) == len("404") {
		return []string{outcome, outcome[:1] + "xx", "failed"}
	}
	return []string{outcome, "failed"}
}

// firstOf is the first of the names that is known, "failed" if none is.
func firstOf(names []string, known func(string) bool) string {
	if i := slices.IndexFunc(names, known); i >= 0 {
		return names[i]
	}
	return "failed"
}

// takeParts assigns parts of an answer, all of them or none.
func (r *run) takeParts(into map[string]string, out map[string]any) error {
	values := map[string]any{}
	for _, part := range slices.Sorted(maps.Keys(into)) {
		v, err := r.f.Vars[into[part]].Coerce(out[part])
		if err != nil {
			return fmt.Errorf("%q of the answer does not fit %q: %w", part, into[part], err)
		}
		values[into[part]] = v
	}
	for name, v := range values {
		r.setVar(name, v)
	}
	return nil
}

// meaning is what a request's result means as that of the action that made it.
func meaning(h *flow.HTTPAction, e ivr.ActionReturned) ivr.ActionReturned {
	if e.Outcome != "ok" {
		name := firstOf(statusNames(e.Outcome), func(name string) bool { return h.Outcomes[name] != "" })
		e.Out = nil
		if e.Outcome = h.Outcomes[name]; e.Outcome == "" {
			e.Outcome = "failed"
		}
		if e.Code != 0 && e.Detail == "" {
			e.Detail = fmt.Sprintf("the host answered %d", e.Code)
		}
		return e
	}
	out := map[string]any{}
	for part, name := range h.Into {
		out[name] = e.Out[part]
	}
	e.Out = out
	return e
}
