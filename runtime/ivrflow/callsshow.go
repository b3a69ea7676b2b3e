package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/ivrflow/tell"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
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
			err = encode(cmd.OutOrStdout(), historyOf(h))
		} else {
			err = writeHistory(cmd.OutOrStdout(), h)
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

// shownMoment is a moment in JSON.
type shownMoment struct {
	Version  int64         `json:"version"`
	At       time.Time     `json:"at"`
	Hidden   string        `json:"hidden,omitempty"`
	Events   wire.Events   `json:"events,omitempty"`
	Commands wire.Commands `json:"commands,omitempty"`
	Parked   wire.Events   `json:"parked,omitempty"`
}

// shownHistory is a history in JSON.
type shownHistory struct {
	callRecord
	Live    bool          `json:"live"`
	Node    string        `json:"node,omitempty"`
	Moments []shownMoment `json:"moments"`
}

func historyOf(h store.History) shownHistory {
	doc := shownHistory{callRecord: recordOf(h.Summary), Live: h.Ended.IsZero(), Node: string(h.Node), Moments: []shownMoment{}}
	for _, m := range h.Moments {
		s := shownMoment{Version: m.Version, At: m.At, Events: withoutTokens(m.Events), Commands: withoutToken(m.Commands), Parked: withoutTokens(m.Parked)}
		if m.Hidden != nil {
			s.Hidden = m.Hidden.Error()
		}
		doc.Moments = append(doc.Moments, s)
	}
	return doc
}

// withoutTokens takes out what lets people fetch recordings.
func withoutTokens(list []ivr.Event) []ivr.Event {
	var out []ivr.Event
	for _, ev := range list {
		if e, ok := ev.(ivr.OperationCompleted); ok && e.Recording != nil {
			e.Recording = &ivr.RecordingRef{Why: e.Recording.Why}
			ev = e
		}
		out = append(out, ev)
	}
	return out
}

func withoutToken(list []ivr.Command) []ivr.Command {
	var out []ivr.Command
	for _, cmd := range list {
		if c, ok := cmd.(ivr.FetchRecording); ok {
			c.Recording = ivr.RecordingRef{Why: c.Recording.Why}
			cmd = c
		}
		out = append(out, cmd)
	}
	return out
}

// writeHistory writes a call for people.
func writeHistory(out io.Writer, h store.History) error {
	row := func(name, text string) { fmt.Fprintf(out, "%-9s %s\n", name, tell.Clean(text)) }
	row("session", string(h.Session))
	row("flow", fmt.Sprintf("%s, version %.12s", h.Flow, h.Version))
	row("caller", party(h.Caller, h.Damaged))
	row("called", party(h.Called, h.Damaged))
	row("rang", stamp(h.Started))
	if h.Ended.IsZero() {
		row("live", "for "+lasted(h.Summary, time.Now())+" so far")
	} else {
		row("ended", endedBy(h.Summary)+", after "+lasted(h.Summary, time.Now()))
	}
	if h.Damaged {
		row("record", "damaged: what is known is what the journal tells")
	}
	if h.Ended.IsZero() && h.Node != "" {
		row("node", string(h.Node))
	}
	fmt.Fprintln(out)
	c := conversation{began: beginning(h), caller: h.Caller, called: h.Called, damaged: h.Damaged, words: map[ivr.OpID]string{}}
	for _, m := range h.Moments {
		c.moment(m)
	}
	c.flush()
	_, err := io.WriteString(out, c.text.String())
	return err
}

// party is who somebody is, or why nobody knows.
func party(p ivr.Party, damaged bool) string {
	if damaged && p.ID == "" {
		return "unknown, since the record is damaged"
	}
	return tell.Party(p)
}

// beginning is when a call began, also if its record was damaged and made anew.
func beginning(h store.History) time.Time {
	if len(h.Moments) > 0 && len(h.Moments[0].Events) > 0 {
		if at := h.Moments[0].Events[0].When(); at.Before(h.Started) {
			return at
		}
	}
	return h.Started
}
