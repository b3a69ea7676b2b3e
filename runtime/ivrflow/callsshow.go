package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
)

// showOptions are the flags of calls show.
type showOptions struct {
	lookOptions
	format string
}

func newCallsShow() *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show SESSION",
		Short: "Show a call as a conversation",
		Long: `Show tells what happened in a call, live or over: what the caller heard and
pressed, what was done, which moves the flow took, and when. SESSION is the id
that calls list and the log name, or Graph's id of the call.

What is encrypted is opened as long as its key exists: for retention.keys after
the call. What may hold something sensitive is never opened. Of all that is not,
and of everything without the key of the store on this machine, the outline is
shown: how many keys were pressed, and what came of it, without the keys, values
and texts.`,
		Example:           "  ivrflow calls show fOXoPxYggsxDHiS_LHfhrQ\n  ivrflow calls show --format json fOXoPxYggsxDHiS_LHfhrQ",
		Args:              arguments(1, 1, "the id of one call"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return showCall(cmd, o, args[0]) },
	}
	o.lookFlags(cmd)
	cmd.Flags().StringVar(&o.format, "format", "text", "text or json")
	words(cmd, "format", "text", "json")
	return cmd
}

func showCall(cmd *cobra.Command, o showOptions, id string) error {
	if err := oneFormat(o.format, "text", "json"); err != nil {
		return err
	}
	return o.looking(cmd, func(ctx context.Context, l *keep.Look) error {
		h, err := findCall(ctx, l, id)
		if errors.Is(err, store.ErrNone) {
			return &exitError{exitFindings, fmt.Errorf("no call %q is in the store; ivrflow calls list shows those that are", id)}
		}
		if err != nil {
			return err
		}
		if o.format == "json" {
			err = encode(cmd.OutOrStdout(), calldoc.HistoryOf(h))
		} else {
			err = calldoc.Conversation(cmd.OutOrStdout(), h, time.Now())
		}
		if err != nil {
			return fmt.Errorf("writing the call: %w", err)
		}
		for _, why := range h.Hidden() {
			fmt.Fprintln(cmd.ErrOrStderr(), "ivrflow: not all is shown:", hidden(why, l))
		}
		return nil
	})
}

// findCall finds a call by its session, or by Graph's id.
func findCall(ctx context.Context, l *keep.Look, id string) (store.History, error) {
	h, err := l.Reader.History(ctx, ivr.SessionID(id))
	if !errors.Is(err, store.ErrNone) {
		return h, err
	}
	session, err := l.DB.ByCall(ctx, ivr.NormalizeCallID(id))
	if err != nil {
		return store.History{}, err
	}
	return l.Reader.History(ctx, session)
}

// hidden is why something is not shown, for people.
func hidden(why error, l *keep.Look) string {
	switch {
	case errors.Is(why, store.ErrNoKey) && l.NoKey != nil:
		return "without the key of the store nothing is opened: " + l.NoKey.Error()
	case errors.Is(why, store.ErrSensitive):
		return "it may hold something sensitive, which nobody but the call sees"
	case errors.Is(why, store.ErrDestroyed):
		return "the keys to it are destroyed: their time (retention.keys) is over, or it may hold something sensitive"
	case errors.Is(why, seal.ErrDamaged):
		return "some of it is damaged"
	}
	return why.Error()
}
