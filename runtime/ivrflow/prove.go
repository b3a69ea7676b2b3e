package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// proveOptions are the flags of prove.
type proveOptions struct {
	format  string
	output  string
	convert string
	write   string
	beside  bool
	picture string
	exits   bool
	play    bool
	nodes   int
	time    time.Duration
}

func newProve() *cobra.Command {
	var o proveOptions
	cmd := &cobra.Command{
		Use:   "prove PATH...",
		Short: "Find out what holds of all calls of a flow",
		Long: `Prove explores all calls that a flow may have, on the engine that answers real
calls: every key, silence and hang-up, every outcome of every action, whatever
the platform does, schedules open and closed. It finds out that

  every call ends, if the caller is silent, and if he hangs up anywhere;
  nothing fails at run time;
  every state, outcome and handler is of use to some call;
  the flow's invariants hold;

or it shows the shortest call in which that is not so. "proved" is said only if
all calls were explored. "ivrflow help proving" says what is explored, and how.

In a folder it proves every *.ivr.yaml; - is standard input. It exits with 0 if
all is proved, with 1 if something does not hold, and with 3 if nothing was
found, but not all calls could be explored.`,
		Example: "  ivrflow prove support.ivr.yaml\n  ivrflow prove flows --time 1m\n  ivrflow prove support.ivr.yaml --exits\n  ivrflow prove support.ivr.yaml --play\n  ivrflow prove support.ivr.yaml --write found.ivr-test.yaml\n  ivrflow prove flows --write-beside\n  ivrflow prove support.ivr.yaml --picture proof.svg\n  ivrflow prove --format json - <support.ivr.yaml",
		Args:    arguments(1, -1, "a flow file or a folder"),
		RunE:    func(cmd *cobra.Command, args []string) error { return runProve(cmd, o, args) },
	}
	cmd.Flags().StringVar(&o.format, "format", "text", "text or json")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write to this file, not to standard output")
	cmd.Flags().StringVar(&o.write, "write", "", "write the calls that were found as failing tests into this file, NAME.ivr-test.yaml")
	cmd.Flags().BoolVar(&o.beside, "write-beside", false, "write those of each flow into a new file beside it, NAME.found.ivr-test.yaml")
	cmd.Flags().StringVar(&o.picture, "picture", "", "draw the flow into this file, with what calls reach, what none does, and the first call that was found")
	cmd.Flags().BoolVar(&o.exits, "exits", false, "say, too, how many keys and how long it takes to get to where calls end, and how long nothing plays on the way")
	cmd.Flags().BoolVar(&o.play, "play", false, "play the calls that were found, too, through the whole bot, as \"ivrflow test -v\" does")
	convertFlag(cmd, &o.convert)
	cmd.Flags().IntVar(&o.nodes, "nodes", prove.DefaultNodes, "explore at most so many states of the call")
	cmd.Flags().DurationVar(&o.time, "time", 0, "explore each flow for at most this long; 0 for as long as it takes")
	words(cmd, "format", "text", "json")
	return cmd
}

func runProve(cmd *cobra.Command, o proveOptions, args []string) error {
	if err := oneFormat(o.format, "text", "json"); err != nil {
		return err
	}
	if o.nodes < 1 {
		return usagef("--nodes is a number from 1, not %d", o.nodes)
	}
	if o.time < 0 {
		return usagef("--time is a time such as 30s, not %s", o.time)
	}
	names, err := files(cmd.Context(), args, flowEnd)
	if err != nil {
		return err
	}
	if err := cmp.Or(o.writes(names), o.plays(names)); err != nil {
		return err
	}
	if o.picture != "" && (len(names) != 1 || sameFile(names[0], o.picture)) {
		return usagef("--picture draws one flow, into a file of its own; give one flow")
	}
	for _, name := range names {
		if err := rightKind(name); err != nil {
			return err
		}
		if sameFile(name, o.output) {
			return usagef("--output %s is the flow itself, which would be lost", o.output)
		}
	}
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	}
	p := &proof{options: o, report: report{stdin: cmd.InOrStdin()}}
	if p.audio, err = audioBy(o.convert); err != nil {
		return err
	}
	for _, name := range names {
		if err := p.flow(cmd.Context(), name, cmd.ErrOrStderr()); err != nil {
			p.failed = append(p.failed, err)
		}
		if cmd.Context().Err() != nil {
			return failuref("interrupted")
		}
	}
	for i := range p.reports {
		if err := p.tests(cmd, i); err != nil {
			p.failed = append(p.failed, err)
		}
	}
	return p.finish(cmd)
}

// proof is what was proved of some flows.
type proof struct {
	report
	options proveOptions
	reports []*prove.Report
	names   []string // of their files
	flows   []*flow.Flow
}

// flow proves one flow.
func (p *proof) flow(ctx context.Context, name string, stderr io.Writer) error {
	f, list, err := p.load(name)
	if err != nil {
		return err
	}
	p.files++
	p.list = append(p.list, list...)
	if f == nil {
		return nil
	}
	r, err := explored(ctx, f, name, prove.Options{Nodes: p.options.nodes, Time: p.options.time}, stderr)
	if err != nil {
		return err
	}
	r.Move(func(pos diag.Pos) diag.Pos { return p.shown(pos, f, name) })
	p.reports, p.names, p.flows = append(p.reports, r), append(p.names, name), append(p.flows, f)
	if p.options.picture != "" {
		return p.draw(ctx, f, r)
	}
	return nil
}

// explored is what is known of a flow's calls. Somebody who looks at it sees how it
// goes on.
func explored(ctx context.Context, f *flow.Flow, name string, o prove.Options, stderr io.Writer) (*prove.Report, error) {
	if terminal(stderr) {
		o.Progress = func(states, waiting int) {
			fmt.Fprintf(stderr, "\r%s: %d states of the call, %d of them to be explored \x1b[K", name, states, waiting)
		}
		defer fmt.Fprint(stderr, "\r\x1b[K")
	}
	return prove.Run(ctx, f, o)
}

// shown is a place in a flow with the file's name as it was given. A ready-made
// flow has no file.
func (p *proof) shown(pos diag.Pos, f *flow.Flow, name string) diag.Pos {
	there := displayed(pos, f, name)
	if p.source(there.File) == nil && pos.File != f.File {
		pos.File = "flows/" + pos.File
		return pos
	}
	return there
}

func (p *proof) finish(cmd *cobra.Command) error {
	p.list.Sort()
	p.list.Settle(p.source)
	if err := p.write(cmd.OutOrStdout()); err != nil {
		return failuref("writing the report: %w", err)
	}
	for i, r := range p.reports {
		if !p.options.play {
			break
		}
		if err := p.play(cmd, r, p.names[i]); err != nil {
			p.failed = append(p.failed, err)
		}
	}
	for _, err := range p.failed {
		fmt.Fprintln(cmd.ErrOrStderr(), "ivrflow:", err)
	}
	code := exitFine
	for _, r := range p.reports {
		switch r.Verdict() {
		case prove.Broken:
			code = exitFindings
		case prove.Open:
			if code == exitFine {
				code = exitFailure
			}
		case prove.Proved:
		}
	}
	switch {
	case len(p.failed) > 0:
		return exit(exitFailure)
	case p.list.HasErrors():
		return exit(exitFindings)
	}
	return exit(code)
}

func (p *proof) write(out io.Writer) error {
	var b strings.Builder
	write := p.writeText
	if p.options.format == "json" {
		write = p.writeJSON
	}
	if err := write(&b); err != nil {
		return err
	}
	if p.options.output != "" {
		return os.WriteFile(p.options.output, []byte(b.String()), 0o644)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (p *proof) writeText(w io.Writer) error {
	if err := p.print(w, p.list); err != nil {
		return err
	}
	for i, r := range p.reports {
		if i > 0 {
			fmt.Fprintln(w)
		}
		sources := map[string][]byte{}
		r.Move(func(pos diag.Pos) diag.Pos {
			if src := p.source(pos.File); src != nil {
				sources[pos.File] = src
			}
			return pos
		})
		if err := r.Print(w, sources); err != nil {
			return err
		}
		if p.options.exits {
			if err := r.PrintExits(w); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *proof) writeJSON(w io.Writer) error {
	doc := struct {
		Findings []finding       `json:"findings"`
		Flows    []*prove.Report `json:"flows"`
	}{findings(p.list), append([]*prove.Report{}, p.reports...)}
	return encode(w, doc)
}
