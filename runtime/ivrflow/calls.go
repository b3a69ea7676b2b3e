package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
)

func newCalls() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "calls",
		Short: "Look at calls, and act on them: list, show, export, hang up, transfer, dial",
		Long: `Calls reads the store in which a bot keeps its calls, also while the bot runs.
It is the one that the configuration names, unless --store names another.

Who called whom is shown in clear; what callers typed and said is encrypted, and
only calls show opens it, with the key of the store.

Hangup, transfer, signal and dial ask a running bot, by its admin API.`,
		Example: "  ivrflow calls list --since 24h\n  ivrflow calls show SESSION\n  ivrflow calls export --since 2026-11-01 --format csv >calls.csv",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				cmd.SetOut(cmd.ErrOrStderr())
				return errors.Join(cmd.Help(), exit(exitUsage))
			}
			var names []string
			for _, c := range cmd.Commands() {
				names = append(names, c.Name())
			}
			return usagef("calls cannot %q%s", args[0], hint(args[0], names, "run ivrflow calls --help"))
		},
	}
	cmd.AddCommand(newCallsList(), newCallsShow(), newCallsExport(), newCallsRecording(),
		newCallsHangUp(), newCallsTransfer(), newCallsSignal(), newCallsDial())
	return cmd
}

// listOptions are the flags of calls list.
type listOptions struct {
	lookOptions
	filterOptions
	live, over bool
	limit      uint64
	format     string
}

func newCallsList() *cobra.Command {
	o := listOptions{limit: 50}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List calls, the newest first",
		Long: `List lists calls, the newest first: those that live and those that are over.
The forms json, jsonl and csv have the columns that ivrflow help store lists;
calls export writes them of all calls.`,
		Example: "  ivrflow calls list --live\n  ivrflow calls list --flow support --since 7d --limit 200",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listCalls(cmd, o)
		},
	}
	o.lookFlags(cmd)
	o.filterFlags(cmd)
	cmd.Flags().BoolVar(&o.live, "live", false, "only calls that live")
	cmd.Flags().BoolVar(&o.over, "over", false, "only calls that are over")
	cmd.Flags().Uint64Var(&o.limit, "limit", o.limit, "at most so many")
	cmd.Flags().StringVar(&o.format, "format", "text", "text, json, jsonl or csv")
	words(cmd, "format", "text", "json", "jsonl", "csv")
	return cmd
}

func listCalls(cmd *cobra.Command, o listOptions) error {
	if err := oneFormat(o.format, "text", "json", "jsonl", "csv"); err != nil {
		return err
	}
	if o.live && o.over {
		return usagef("--live and --over leave nothing; give one of them, or none for all calls")
	}
	if o.limit == 0 || o.limit > 100_000 {
		return usagef("--limit is 1 to 100000, not %d; calls export writes all", o.limit)
	}
	now := time.Now()
	f, err := o.filter(now)
	if err != nil {
		return err
	}
	f.Live, f.Over = o.live, o.over
	return o.looking(cmd, func(ctx context.Context, l *keep.Look) error {
		var list []store.Summary
		err := pages(ctx, l.Reader, f, int(o.limit), func(page []store.Summary) error {
			list = append(list, page...)
			return nil
		})
		if err != nil {
			return err
		}
		if o.format == "text" {
			return writeCalls(cmd.OutOrStdout(), list, now)
		}
		return writeRecords(cmd.OutOrStdout(), o.format, list)
	})
}

// pageSize is how many calls are read at once.
const pageSize = 500

// pages reads calls page by page, at most so many; 0: all.
func pages(ctx context.Context, r *store.Reader, f store.Filter, most int, do func([]store.Summary) error) error {
	for n := 0; most == 0 || n < most; {
		f.Max = pageSize
		if most > 0 {
			f.Max = min(pageSize, most-n)
		}
		page, err := r.Calls(ctx, f)
		if errors.Is(err, store.ErrNone) && f.Before != "" {
			return nil // the last one was deleted meanwhile, and with it the older ones
		}
		if err != nil || len(page) == 0 {
			return err
		}
		if err := do(page); err != nil {
			return err
		}
		n += len(page)
		f.Before = page[len(page)-1].Session
	}
	return nil
}

// writeCalls writes a table for people.
func writeCalls(out io.Writer, list []store.Summary, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STARTED\tLASTED\tFLOW\tCALLER\tENDED BY\tSESSION")
	for _, s := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", calldoc.Stamp(s.Started), calldoc.Lasted(s, now), tell.Clean(s.Flow), tell.Clean(who(s)), calldoc.EndedBy(s), s.Session)
	}
	return w.Flush()
}
