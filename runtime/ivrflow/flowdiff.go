package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/flowdiff"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// diffOptions are the flags of diff.
type diffOptions struct {
	format  string
	output  string
	convert string
	picture string
	rev     string
	nodes   int
	time    time.Duration
	times   bool
	noAhead bool
}

func newDiff() *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show how two versions of a flow differ, and whether callers can tell",
		Long: `Diff compares two versions of a flow as graphs, and not as text: prompts, times,
routing, what calls come to, invariants. And it finds out whether callers can tell
the two apart: it lets all calls that there may be come to both, on the engine that
answers real calls, and shows the shortest call that sounds otherwise. "ivrflow help
diff" says what is explored, and what is taken for granted.

OLD and NEW are flow files, or folders, of which the flows with the same names are
compared; one of them may be - for standard input. With --rev the flow, or folder, is
compared with itself as it was in a revision of git.

It exits with 0 if callers cannot tell the two apart, with 1 if they can, or if a
folder has a flow that the other does not have, and with 3 if no call was found that
tells them apart, but not all could be explored.`,
		Example: "  ivrflow diff old.ivr.yaml support.ivr.yaml\n  ivrflow diff --rev HEAD~1 support.ivr.yaml --picture changes.svg\n  ivrflow diff --rev main flows --format markdown -o review.md",
		Args:    arguments(1, 2, "two flows, or one with --rev"),
		RunE:    func(cmd *cobra.Command, args []string) error { return runDiff(cmd, o, args) },
	}
	cmd.Flags().StringVar(&o.format, "format", "text", "text, markdown or json")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write to this file, not to standard output")
	convertFlag(cmd, &o.convert)
	cmd.Flags().StringVar(&o.picture, "picture", "", "draw what changed into this file: NAME.svg, NAME.dot, or Mermaid")
	cmd.Flags().StringVar(&o.rev, "rev", "", "compare with this revision of git, such as HEAD~1")
	cmd.Flags().BoolVar(&o.times, "times", false, "callers have a clock: compare how long the flows wait, too")
	cmd.Flags().BoolVar(&o.noAhead, "no-type-ahead", false, "callers press keys only when they are asked")
	cmd.Flags().IntVar(&o.nodes, "nodes", prove.DefaultNodes, "explore at most so many states of the calls")
	cmd.Flags().DurationVar(&o.time, "time", 0, "explore each pair for at most this long; 0 for as long as it takes")
	words(cmd, "format", "text", "markdown", "json")
	return cmd
}

// check says what is wrong with how diff is used.
func (o *diffOptions) check(args []string) error {
	switch err := oneFormat(o.format, "text", "markdown", "json"); {
	case err != nil:
		return err
	case o.nodes < 1:
		return usagef("--nodes is a number from 1, not %d", o.nodes)
	case o.time < 0:
		return usagef("--time is a time such as 30s, not %s", o.time)
	case o.rev == "" && len(args) == 1:
		return usagef("diff needs two flows, or one with --rev; run ivrflow diff --help")
	case o.rev != "" && len(args) == 2:
		return usagef("diff takes one flow with --rev, and got 2 arguments")
	case o.rev != "" && args[0] == standardInput:
		return usagef("--rev needs the name of a file that git knows, not standard input")
	case len(args) == 2 && args[0] == standardInput && args[1] == standardInput:
		return usagef("only one of the two can be standard input")
	}
	for _, name := range args {
		if sameFile(name, o.output) || sameFile(name, o.picture) {
			return usagef("the result would be written over %s, which would be lost", name)
		}
	}
	return nil
}

func runDiff(cmd *cobra.Command, o diffOptions, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	old, next := args[0], args[len(args)-1]
	c := &comparison{options: o, report: report{stdin: cmd.InOrStdin()}, stderr: cmd.ErrOrStderr(), watched: terminal(cmd.ErrOrStderr())}
	if o.rev != "" {
		folder, name, err := checkedOut(cmd.Context(), o.rev, next)
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }() // else it stays among the temporary files
		old, c.folder, c.within = name, folder, next
		if strings.HasSuffix(next, flowEnd) {
			c.within = filepath.Dir(next)
		}
	}
	pairs, err := pairsOf(cmd.Context(), old, next)
	switch {
	case err != nil:
		return err
	case o.picture != "" && len(pairs) > 1:
		return usagef("--picture is of one flow, and there are %d", len(pairs))
	}
	if c.audio, err = audioBy(o.convert); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	}
	for _, p := range pairs {
		if err := c.pair(cmd.Context(), p); err != nil {
			c.failed = append(c.failed, err)
		}
		if cmd.Context().Err() != nil {
			return failuref("interrupted")
		}
	}
	return c.finish(cmd)
}

// flowPair are the files of two versions; one is empty if there is none.
type flowPair struct{ old, next, name string }

// pairsOf are two files, or the flows of two folders by their names there.
func pairsOf(ctx context.Context, old, next string) ([]flowPair, error) {
	folders := 0
	for _, name := range []string{old, next} {
		if info, err := os.Stat(name); err == nil && info.IsDir() && name != standardInput {
			folders++
		}
	}
	switch folders {
	case 0:
		for _, name := range []string{old, next} {
			if err := rightKind(name); err != nil {
				return nil, err
			}
		}
		return []flowPair{{old, next, next}}, nil
	case 1:
		return nil, usagef("%s and %s are a flow and a folder; give two of one kind", old, next)
	}
	var all []flowPair
	for i, folder := range []string{old, next} {
		names, err := files(ctx, []string{folder}, flowEnd)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			within, err := filepath.Rel(folder, name)
			if err != nil {
				return nil, failuref("%w", err)
			}
			at := slices.IndexFunc(all, func(p flowPair) bool { return p.name == within })
			if at < 0 {
				at = len(all)
				all = append(all, flowPair{name: within})
			}
			if i == 0 {
				all[at].old = name
			} else {
				all[at].next = name
			}
		}
	}
	slices.SortFunc(all, func(a, b flowPair) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// comparison is what is known of some pairs of flows.
type comparison struct {
	report
	options diffOptions
	reports []*flowdiff.Report
	added   []string // flows that are only in the new folder
	removed []string
	folder  string // with what a revision has; empty: there is none
	within  string // the folder of which it has it
	stderr  io.Writer
	watched bool // somebody looks at how it goes on
}

// pair compares two versions of a flow.
func (c *comparison) pair(ctx context.Context, p flowPair) error {
	switch {
	case p.old == "":
		c.added = append(c.added, p.name)
		return nil
	case p.next == "":
		c.removed = append(c.removed, p.name)
		return nil
	}
	old, err := c.open(p.old)
	if err != nil {
		return err
	}
	next, err := c.open(p.next)
	if err != nil || old == nil || next == nil {
		return err
	}
	o := flowdiff.Options{Nodes: c.options.nodes, Time: c.options.time, Times: c.options.times, NoAhead: c.options.noAhead}
	if c.watched {
		o.Progress = func(states, waiting int) {
			fmt.Fprintf(c.stderr, "\r%s: %d states of both, %d of them to be explored \x1b[K", p.name, states, waiting)
		}
	}
	r, err := flowdiff.Run(ctx, old, next, o)
	if c.watched {
		fmt.Fprint(c.stderr, "\r\x1b[K")
	}
	if err != nil {
		return err
	}
	r.Move(func(pos diag.Pos) diag.Pos { return c.shown(pos, old, p.old) }, func(pos diag.Pos) diag.Pos { return c.shown(pos, next, p.next) })
	c.reports = append(c.reports, r)
	return nil
}

// open loads a flow. It is nil if it has faults, which are kept.
func (c *comparison) open(name string) (*flow.Flow, error) {
	f, list, err := c.load(name)
	if err != nil {
		return nil, err
	}
	if f == nil {
		for i := range list {
			at := &list[i].Pos.File
			src := c.source(*at)
			*at = c.named(*at)
			c.keep(*at, src)
		}
		c.list = append(c.list, list...)
	}
	return f, nil
}

// named is a file's name as people know it: in a revision, with that.
func (c *comparison) named(file string) string {
	if c.folder == "" {
		return file
	}
	within, err := filepath.Rel(c.folder, file)
	if err != nil || strings.HasPrefix(within, "..") {
		return file
	}
	return c.options.rev + ":" + filepath.ToSlash(filepath.Join(c.within, within))
}

// shown is a place with the file's name as it was given; in a revision, with that.
func (c *comparison) shown(pos diag.Pos, f *flow.Flow, name string) diag.Pos {
	pos = displayed(pos, f, name)
	pos.File = c.named(pos.File)
	return pos
}

func (c *comparison) finish(cmd *cobra.Command) error {
	c.list.Sort()
	c.list.Settle(c.source)
	if len(c.list) > 0 {
		if err := c.print(cmd.ErrOrStderr(), c.list); err != nil {
			return failuref("writing the findings: %w", err)
		}
	}
	for _, err := range c.failed {
		fmt.Fprintln(cmd.ErrOrStderr(), "ivrflow:", err)
	}
	var b strings.Builder
	if err := c.write(&b); err != nil {
		return failuref("writing the report: %w", err)
	}
	if b.Len() > 0 {
		if err := writeOut(cmd, c.options.output, []byte(b.String())); err != nil {
			return err
		}
	}
	if c.options.picture != "" && len(c.reports) == 1 {
		format, err := formatOf(c.options.picture)
		if err != nil {
			return err
		}
		text, err := pictureText(cmd.Context(), c.reports[0].Picture(), format)
		if err != nil {
			return err
		}
		if err := writeOut(cmd, c.options.picture, text); err != nil {
			return err
		}
	}
	return exit(c.code())
}

// code is the exit code: what failed, then what callers can tell, then what is not
// known.
func (c *comparison) code() int {
	if len(c.failed) > 0 || len(c.list) > 0 {
		return exitFailure
	}
	code := exitFine
	if len(c.added)+len(c.removed) > 0 {
		code = exitFindings
	}
	for _, r := range c.reports {
		switch {
		case r.Verdict == flowdiff.Apart:
			code = exitFindings
		case r.Verdict == flowdiff.Open && code == exitFine:
			code = exitFailure
		}
	}
	return code
}

func (c *comparison) write(w io.Writer) error {
	if c.options.format == "json" {
		return encode(w, struct {
			Flows   []*flowdiff.Report `json:"flows"`
			Added   []string           `json:"added"`
			Removed []string           `json:"removed"`
		}{append([]*flowdiff.Report{}, c.reports...), append([]string{}, c.added...), append([]string{}, c.removed...)})
	}
	mark := ""
	if c.options.format == "markdown" {
		mark = "- "
	}
	for _, name := range c.added {
		fmt.Fprintf(w, "%snew flow: %s\n", mark, name)
	}
	for _, name := range c.removed {
		fmt.Fprintf(w, "%sflow that is gone: %s\n", mark, name)
	}
	for i, r := range c.reports {
		if i > 0 || len(c.added)+len(c.removed) > 0 {
			fmt.Fprintln(w)
		}
		write := r.Print
		if c.options.format == "markdown" {
			write = r.Markdown
		}
		if err := write(w); err != nil {
			return err
		}
	}
	return nil
}
