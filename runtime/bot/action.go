package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// Action is Go code that flows call with do. In and Out are structs whose
// JSON names are the names of the inputs and outputs in the flow; either may
// be a map[string]any or struct{}.
type Action[In, Out any] struct {
	Name     string
	Outcomes []string // all that Do can return; at least one
	// Do does the work. It must end soon after ctx is over, which happens when
	// the caller hangs up or the flow's time-out has passed. An error takes
	// the flow to the outcome failed; one that wraps ErrTryAgain is tried again
	// as the flow says. Inputs that are not set are left at their zero value.
	//
	// If the process dies while it runs, it is not run again: the flow goes on with
	// failed, and its result.reason is unknown_result.
	Do func(ctx context.Context, in In) (out Out, outcome string, err error)
}

// ErrTryAgain marks an action's error as one that may pass: the network, or a
// service that is overloaded. Wrap it.
var ErrTryAgain = errors.New("try again")

// action is an Action without its types.
type action struct {
	outcomes []string
	run      func(ctx context.Context, in map[string]any) (map[string]any, string, error)
}

// RegisterAction makes Go code callable from flows. It is an error if the name
// is taken or the action has no outcome.
func RegisterAction[In, Out any](b *Bot, a Action[In, Out]) error {
	switch {
	case a.Name == "" || a.Do == nil:
		return errors.New("bot: an action needs a name and a function")
	case len(a.Outcomes) == 0:
		return fmt.Errorf("bot: action %q has no outcomes; name all that its function can return, such as \"ok\"", a.Name)
	}
	return b.addAction(a.Name, action{outcomes: a.Outcomes, run: func(ctx context.Context, in map[string]any) (map[string]any, string, error) {
		var typed In
		if err := convert(in, &typed); err != nil {
			return nil, "", fmt.Errorf("inputs: %w", err)
		}
		out, outcome, err := a.Do(ctx, typed)
		if err != nil {
			return nil, "", err
		}
		var plain map[string]any
		if err := convert(out, &plain); err != nil {
			return nil, "", fmt.Errorf("outputs: %w", err)
		}
		return plain, outcome, nil
	}})
}

// convert copies by JSON names.
func convert(from, to any) error {
	b, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, to)
}

func (b *Bot) addAction(name string, a action) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, taken := b.actions[name]; taken {
		return fmt.Errorf("bot: action %q is registered twice", name)
	}
	b.actions[name] = a
	return nil
}

// checkActions compares what the flows declare with what is registered.
func (b *Bot) checkActions() error { return b.checkActionsOf(b.settings.Load()) }

func (b *Bot) checkActionsOf(now *settings) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var errs []error
	for _, s := range now.flows {
		for _, decl := range s.flow.Actions {
			errs = append(errs, b.checkAction(s.flow, decl))
		}
	}
	slices.SortFunc(errs, func(x, y error) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
	return errors.Join(errs...)
}

func (b *Bot) checkAction(f *flow.Flow, decl *flow.Action) error {
	a, ok := b.actions[decl.Name]
	switch {
	case ok && decl.HTTP != nil:
		return fmt.Errorf("flow %q does the action %q over HTTP, and Go code is registered for it too; take one of the two out", f.Name, decl.Name)
	case decl.HTTP != nil:
		return nil
	case !ok:
		return fmt.Errorf("flow %q needs action %q, which is not registered; call bot.RegisterAction before serving", f.Name, decl.Name)
	}
	for _, o := range decl.Outcomes {
		if !slices.Contains(a.outcomes, o) {
			return fmt.Errorf("flow %q expects outcome %q of action %q, which knows only %s", f.Name, o, decl.Name, strings.Join(a.outcomes, ", "))
		}
	}
	for _, o := range a.outcomes {
		if !slices.Contains(decl.Outcomes, o) {
			return fmt.Errorf("action %q can return %q, which flow %q does not declare; add it to the action's outcomes", decl.Name, o, f.Name)
		}
	}
	return nil
}

// runAction runs an action with its time-out and its retries.
func (b *Bot) runAction(ctx context.Context, to call.Address, c ivr.RunAction) ivr.Event {
	b.mu.RLock()
	a, ok := b.actions[c.Name]
	b.mu.RUnlock()
	ev := ivr.ActionReturned{Op: c.Op, Outcome: "failed", Reason: ivr.ReasonService}
	running := b.running.Add(1)
	defer b.running.Add(-1)
	if running > int64(b.cfg.Limits.Actions) {
		b.counts.throttled.Add(1)
		b.cfg.Log.Error("action not run: too many run already", slog.String("session", string(to.Session)), slog.String("action", c.Name),
			slog.Int64("running", running-1))
		ev.Head, ev.Reason, ev.Detail = b.head(to), ivr.ReasonThrottled, fmt.Sprintf("%d actions run already", running-1)
		return ev
	}
	if !ok {
		ev.Head, ev.Detail = b.head(to), "action "+c.Name+" is not registered"
		return ev
	}
	var err error
	wait := c.Retry.Backoff.Std()
	for try := 0; ; try++ {
		ev.Out, ev.Outcome, err = b.tryAction(ctx, a, c)
		if !errors.Is(err, ErrTryAgain) || try >= c.Retry.Max || !pause(ctx, wait) {
			break
		}
		wait *= 2
	}
	ev.Head = b.head(to)
	if err == nil {
		ev.Reason = ivr.ReasonNone
		return ev
	}
	ev.Outcome, ev.Detail = "failed", ivr.Mask(err.Error(), secretInputs(c)...)
	if errors.Is(err, context.DeadlineExceeded) {
		ev.Reason = ivr.ReasonTimedOut
	}
	b.cfg.Log.Warn("action failed", slog.String("session", string(to.Session)), slog.String("action", c.Name), slog.String("error", ev.Detail))
	return ev
}

// secretInputs are the values that must not be shown. Errors of the bot's own
// code, and panics, may tell what it was given.
func secretInputs(c ivr.RunAction) []any {
	values := make([]any, 0, len(c.Sensitive))
	for _, name := range c.Sensitive {
		values = append(values, c.In[name])
	}
	return values
}

// tryAction runs an action once. A panic is a failure of this step only. Go
// cannot stop a function that does not heed ctx: it goes on here, beside the
// call, and the flow goes on without it when the engine's deadline passes.
func (b *Bot) tryAction(ctx context.Context, a action, c ivr.RunAction) (out map[string]any, outcome string, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout.Std())
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("action %s panicked: %v", c.Name, p)
		}
	}()
	return a.run(ctx, c.In)
}

// pause waits between tries; it is false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// flowConfig is a flow's part of the configuration, in the types that the flow
// declares and with its defaults. The error names every fault.
func flowConfig(f *flow.Flow, given map[string]any) (map[string]any, error) {
	var errs []error
	values := make(map[string]any, len(f.Config))
	for name, decl := range f.Config {
		v, ok := given[name]
		if !ok {
			v = decl.Default
		}
		v, err := decl.Coerce(v)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("flow %q, configuration value %q: %w", f.Name, name, err))
		case v == nil:
			errs = append(errs, fmt.Errorf("flow %q needs the configuration value %q", f.Name, name))
		}
		values[name] = v
	}
	for name := range given {
		if f.Config[name] == nil {
			errs = append(errs, fmt.Errorf("flow %q does not declare the configuration value %q", f.Name, name))
		}
	}
	slices.SortFunc(errs, func(x, y error) int { return strings.Compare(x.Error(), y.Error()) })
	return values, errors.Join(errs...)
}
