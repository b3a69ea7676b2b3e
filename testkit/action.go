package testkit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// addActions registers what the embedder brings, and fakes the rest of the
// flow's actions.
func (w *world) addActions(o Options) error {
	if o.Register != nil {
		if err := o.Register(w.bot); err != nil {
			return fmt.Errorf("register actions: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.flow.Actions)) {
		if w.flow.Actions[name].HTTP != nil {
			continue // its requests are faked
		}
		err := w.fake(w.flow.Actions[name])
		if err != nil && (o.Register == nil || len(w.given.Actions[name]) > 0) {
			return fmt.Errorf("action %s: %w", name, err)
		}
	}
	return nil
}

// fake registers an action that answers as the test says. It fails if the
// action is there already.
func (w *world) fake(a *flow.Action) error {
	outcomes := a.Outcomes
	if len(outcomes) == 0 {
		outcomes = []string{"ok"}
	}
	return bot.RegisterAction(w.bot, bot.Action[map[string]any, map[string]any]{
		Name: a.Name, Outcomes: outcomes,
		Do: func(ctx context.Context, _ map[string]any) (map[string]any, string, error) {
			return w.reply(ctx, a)
		},
	})
}

// reply is what a faked action returns this time.
func (w *world) reply(ctx context.Context, a *flow.Action) (map[string]any, string, error) {
	replies := w.given.Actions[a.Name]
	if len(replies) == 0 {
		w.wrong = unanswered{a.Name, a.Outcomes, w.seen.step}
		return nil, "", w.wrong
	}
	r := replies[min(w.calls[a.Name], len(replies)-1)]
	w.calls[a.Name]++
	late := r.Timeout || r.After >= a.Timeout && a.Timeout > 0
	wait := r.After
	if late {
		wait = a.Timeout
	}
	if wait > 0 && !w.clock.Sleep(wait, func() bool { return ctx.Err() != nil }) {
		return nil, "", cmp.Or(context.Cause(ctx), errTestOver)
	}
	switch {
	case late:
		return nil, "", fmt.Errorf("the test lets it take too long: %w", context.DeadlineExceeded)
	case r.outcome() == failed:
		return nil, "", errors.New("the test lets it fail")
	}
	return r.Out, r.outcome(), nil
}

// errTestOver ends an action that is still at work when the test is over.
var errTestOver = errors.New("the test is over")

// unanswered is an action that the flow does and the test knows nothing of.
type unanswered struct {
	action   string
	outcomes []string
	step     *flow.Step // that does it
}

func (u unanswered) Error() string {
	return fmt.Sprintf("the flow does %s, and the test does not say what comes of it", u.action)
}

// mend is what the test should say.
func (u unanswered) mend() string {
	outcome := "ok"
	if len(u.outcomes) > 0 {
		outcome = u.outcomes[0]
	}
	return fmt.Sprintf("add given: {%s: %s}", u.action, outcome)
}
