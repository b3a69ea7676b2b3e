package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Outgoing is what is known of a session that [Bot.Dial] started.
type Outgoing struct {
	store.Summary
	// Dialled is the outcome of the last dial step that has one: "answered", "busy",
	// "no_answer", "declined" or "failed". Empty: none has, or the journal of the call
	// cannot be read.
	Dialled string
	// Reason says more of a dial that was not answered: unknown_result if the phone may
	// have rung, or even been answered, and nobody knows.
	Reason ivr.Reason
}

// Outgoing finds a session in the bot's database, live or over. The error wraps
// [store.ErrNone] if there is none, or not any more. Dialled and Reason are known
// once the session is over.
func (b *Bot) Outgoing(ctx context.Context, id ivr.SessionID) (Outgoing, error) {
	db := b.db()
	if db == nil {
		return Outgoing{}, errors.New("bot: the bot keeps its calls in memory, where none is found again; give it a DB")
	}
	r, err := store.NewReader(db, nil) // outlines do
	if err != nil {
		return Outgoing{}, fmt.Errorf("bot: %w", err)
	}
	h, err := r.History(ctx, id)
	if err != nil {
		return Outgoing{}, fmt.Errorf("bot: %w", err)
	}
	o := Outgoing{Summary: h.Summary}
	if o.Ended.IsZero() {
		return o, nil
	}
	f, err := b.flowVersion(ctx, h.Version)
	switch {
	case errors.Is(err, flow.ErrUnusable):
		return o, nil
	case err != nil:
		return Outgoing{}, fmt.Errorf("bot: session %s: %w", id, err)
	}
	o.follow(f, h.Moments)
	return o, nil
}

// follow finds the last dial's outcome in a journal.
func (o *Outgoing) follow(f *flow.Flow, moments []store.Moment) {
	states := map[string]string{} // by flow: where its machine was
	for _, m := range moments {
		for _, cmd := range m.Commands {
			move, ok := cmd.(ivr.Moved)
			if !ok {
				continue
			}
			step, _ := f.StepAt(move.Flow, states[move.Flow])
			states[move.Flow] = move.State
			outcome, _, _ := strings.Cut(move.Trigger, ".")
			if step == nil || step.Edges[outcome] == nil {
				continue
			}
			if _, dial := step.Spec.(*flow.Dial); dial {
				o.Dialled, o.Reason = outcome, reasonIn(m.Events)
				if outcome == "failed" && slices.ContainsFunc(m.Events, isExpiry) {
					o.Reason = ivr.ReasonUnknownResult // nothing was heard of it in time
				}
			}
		}
	}
}

func isExpiry(ev ivr.Event) bool {
	_, ok := ev.(ivr.TimerExpired)
	return ok
}

// reasonIn is why something failed, as the platform told it.
func reasonIn(events []ivr.Event) ivr.Reason {
	for _, ev := range events {
		switch e := ev.(type) {
		case ivr.OperationFailed:
			return e.Result.Reason
		case ivr.OperationUnknown:
			return ivr.ReasonUnknownResult
		case ivr.CallTerminated:
			return e.Result.Reason
		case ivr.CallRead:
			if e.Gone {
				return ivr.ReasonUnknownResult // it ended while no process could hear how
			}
		default: // tells nothing of it
		}
	}
	return ivr.ReasonNone
}

// MayCall says why the configuration forbids calls to a telephone number in E.164,
// as every call to one is checked before it is made: its prefix is not in Phones, or
// it is one that nobody is connected to, such as premium rate.
func (c *Config) MayCall(number string) error {
	switch {
	case premium(number):
		return errors.New("it is of a kind that is never called: premium rate, satellite or a global network")
	case len(c.Phones) == 0:
		return errors.New("the configuration allows no telephone numbers; list prefixes under phones")
	case !allowed(c.Phones, number):
		return fmt.Errorf("the configuration allows only numbers that begin with %s; add its prefix to phones", strings.Join(c.Phones, ", "))
	}
	return nil
}
