package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// sessionForm is what a session's id may look like: it stands in addresses.
var sessionForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// DialAs is [Bot.Dial] with a session id that the caller has chosen, and so knows
// before, for orders that must not be carried out twice: see also [Bot.DialOnce]. Whoever does not know whether his last DialAs
// came through, also of a process that has died, repeats it with the same id. The
// error wraps [call.ErrExists] if there is such a session in the store, live or
// over, which is kept for Retention.Calls; then nothing was started. [ErrOrder] says
// that the order cannot be carried out. After
// [call.ErrUncertain] nobody knows whether it was; after any other error it was
// not. An id is 16 to 64 letters, digits, "-" and "_".
func (b *Bot) DialAs(ctx context.Context, id ivr.SessionID, o Order) error {
	if !sessionForm.MatchString(string(id)) {
		return fmt.Errorf("bot: dial: %q is no id of a session; it is 16 to 64 letters, digits, - and _", clipText(string(id)))
	}
	known, err := b.known(ctx, id)
	if err == nil && known {
		err = fmt.Errorf("session %s: %w", id, call.ErrExists)
	}
	if err != nil {
		return fmt.Errorf("bot: dial: %w", err)
	}
	_, err = b.dial(ctx, id, o)
	if errors.Is(err, call.ErrLost) { // the store has it under that id
		err = fmt.Errorf("bot: dial: session %s: %w", id, call.ErrExists)
	}
	return err
}

// Outgoing is what is known of a session that [Bot.Dial] or [Bot.DialAs] started.
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
			}
		}
	}
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
