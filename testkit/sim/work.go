package sim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/fetch"
)

// work is the bot's own code doing something that others see.
func (p *proc) work(ctx context.Context, name string) error {
	w := p.w
	if !w.at(p, AtAction, name) {
		return errDead
	}
	if w.struck(Panics, p.node) {
		panic("a fault of the simulation")
	}
	d := time.Duration(w.net.Int64N(int64(400 * time.Millisecond)))
	if w.struck(Hangs, p.node) {
		d += 15 * time.Second // it does not heed its context
	}
	w.clock.Sleep(d, func() bool { return false })
	if !p.gate() {
		return errDead
	}
	w.trace.add(p.node.String(), "does "+name)
	w.done[name]++
	w.judge.works(name)
	if !w.at(p, AtActed, name) {
		return errDead
	}
	return ctx.Err()
}

// webService answers the requests of flows.
type webService struct{ p *proc }

// Check allows all.
func (webService) Check(fetch.Request) error { return nil }

// Do makes a request.
func (s webService) Do(ctx context.Context, r fetch.Request) (fetch.Response, error) {
	p, w := s.p, s.p.w
	res := fetch.Response{Method: r.Method, Tries: 1}
	what := fmt.Sprintf("%s %s", r.Method, r.Step)
	if !w.at(p, AtRequest, what) {
		return res, errDead
	}
	w.judge.asked(p, r)
	w.trace.add(p.node.String(), "asks "+what)
	late := w.struck(SlowWeb, p.node)
	took := w.latency() + w.latency()
	if late {
		took += r.Timeout / 2 * time.Duration(1+w.net.IntN(3))
	}
	if took >= r.Timeout {
		if !w.sleep(ctx, r.Timeout) {
			return res, webError(fetch.ErrHungUp, ivr.ReasonHungUp)
		}
		return res, webError(fetch.ErrTimeout, lost(r))
	}
	if !w.sleep(ctx, took) {
		return res, webError(fetch.ErrHungUp, ivr.ReasonHungUp)
	}
	if !w.at(p, AtRequested, what) {
		return res, errDead
	}
	switch {
	case w.struck(LoseWeb, p.node):
		w.sleep(ctx, r.Timeout-took)
		return res, webError(fetch.ErrTimeout, lost(r))
	case w.struck(FailWeb, p.node):
		res.Status = 500
		return res, nil
	}
	res.Status = 200
	if !r.StatusOnly {
		res.Body, res.JSON = fetch.BodyJSON, map[string]any{"state": "ready"}
	}
	return res, nil
}

// lost is the reason of a request without an answer.
func lost(r fetch.Request) ivr.Reason {
	if ivr.SafeMethod(r.Method) {
		return ivr.ReasonTimedOut
	}
	return ivr.ReasonUnknownResult
}

func webError(kind error, reason ivr.Reason) error {
	return &fetch.Error{Kind: kind, Reason: reason, Detail: "a fault of the simulation"}
}

// shelf keeps recordings, for all nodes.
type shelf struct{ p *proc }

// Save keeps a recording, whole or not at all.
func (s *shelf) Save(_ context.Context, id string, wav []byte) error {
	w := s.p.w
	if !w.at(s.p, AtSaving, id) {
		return errDead
	}
	w.recordings[id] = wav
	if !w.at(s.p, AtSaved, id) {
		return errDead
	}
	return nil
}

// Load finds a recording.
func (s *shelf) Load(_ context.Context, id string) ([]byte, error) {
	wav, ok := s.p.w.recordings[id]
	if s.p.dead {
		return nil, errDead
	}
	if !ok {
		return nil, fmt.Errorf("recording %s: %w", id, fs.ErrNotExist)
	}
	return wav, nil
}

// ear hears the log: no secret may be in it.
type ear struct {
	p    *proc
	more []slog.Attr
}

var errBlocked = errors.New("the log takes nothing")

// Enabled hears all but what is for debugging.
func (e *ear) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

// Handle searches a line for secrets.
func (e *ear) Handle(_ context.Context, r slog.Record) error {
	w := e.p.w
	if w.struck(NoLog, e.p.node) {
		return errBlocked
	}
	var b strings.Builder
	b.WriteString(r.Message)
	add := func(a slog.Attr) bool {
		fmt.Fprintf(&b, " %s=%v", a.Key, a.Value)
		return true
	}
	for _, a := range e.more {
		add(a)
	}
	r.Attrs(add)
	text := b.String()
	w.judge.canary("the log", text)
	if w.o.Log != nil {
		w.o.Log(fmt.Sprintf("%s %s %s", w.clock.Now().Sub(w.trace.start), e.p.node, text))
	}
	return nil
}

// WithAttrs is an ear that knows more.
func (e *ear) WithAttrs(a []slog.Attr) slog.Handler {
	return &ear{p: e.p, more: append(slices.Clip(e.more), a...)}
}

// WithGroup does nothing: names do not matter.
func (e *ear) WithGroup(string) slog.Handler { return e }
