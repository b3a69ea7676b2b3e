package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
)

func newFlows() *cobra.Command {
	var look lookOptions
	format := "text"
	cmd := &cobra.Command{
		Use:   "flows",
		Short: "List the versions of flows, and the calls that run them",
		Long: `Flows lists the versions of flows that the bot's store has: each with the
beginning of its hash, since when it is there, and how many live calls run it. New
calls run the versions that are current; a version that is not stays until its last
call has ended, and some time after that.

The bot may run meanwhile.`,
		Example: "  ivrflow flows --config bot.yaml\n  ivrflow flows --format json",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneFormat(format, "text", "json"); err != nil {
				return err
			}
			return look.looking(cmd, func(ctx context.Context, l *keep.Look) error {
				return listFlows(ctx, cmd.OutOrStdout(), l.DB, format)
			})
		},
	}
	look.lookFlags(cmd)
	cmd.Flags().StringVar(&format, "format", format, "text or json")
	words(cmd, "format", "text", "json")
	return cmd
}

// keptFlow is a line of the list.
type keptFlow struct {
	Name    string    `json:"name"`
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	Live    int       `json:"live"`
	Current bool      `json:"current"`
}

func listFlows(ctx context.Context, w io.Writer, db store.DB, format string) error {
	all, err := keptFlows(ctx, db)
	if err != nil {
		return err
	}
	if format == "json" {
		return encode(w, struct {
			Flows []keptFlow `json:"flows"`
		}{all})
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "the store has no flows: no bot has run with it")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "flow\tversion\tsince\tcalls\t")
	for _, f := range all {
		state := ""
		if f.Current {
			state = "current"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\n", f.Name, flow.Short(f.Version), calldoc.Stamp(f.Since), f.Live, state)
	}
	return table.Flush()
}

// keptFlows are the versions in a store: by name, of each flow the current one
// first, then the newest.
func keptFlows(ctx context.Context, db store.DB) ([]keptFlow, error) {
	rows, err := db.Flows(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the flows: %w", err)
	}
	current, err := bot.CurrentVersions(ctx, db)
	if err != nil {
		return nil, err
	}
	all := make([]keptFlow, 0, len(rows))
	for _, r := range rows {
		all = append(all, keptFlow{Name: r.Name, Version: r.Version, Since: r.Added.UTC(), Live: r.Live, Current: current[r.Name].Version == r.Version})
	}
	slices.SortFunc(all, func(a, b keptFlow) int {
		if order := strings.Compare(a.Name, b.Name); order != 0 {
			return order
		}
		if a.Current != b.Current {
			if a.Current {
				return -1
			}
			return 1
		}
		return cmp.Or(b.Since.Compare(a.Since), strings.Compare(a.Version, b.Version))
	})
	return all, nil
}
