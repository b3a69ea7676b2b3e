package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/testkit/replay"
)

// replayOptions are the flags of replay.
type replayOptions struct {
	lookOptions
	filterOptions
	on, was []string
	format  string
	output  string
	convert string
}

func newReplay() *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use:   "replay [JOURNALS...]",
		Short: "Play journals of calls again, on their own version or on another one",
		Long: `Replay plays what happened in calls again: all events, without a network, as
fast as it goes. JOURNALS are files that calls export --journal has written, or
what calls show --format json has; - is standard input. Without them the calls
of the store are played that are over.

Without --on each call is played on the version of the flow on which it ran.
The same must come of every event; where it does not, the first difference is
shown.

With --on the calls are also played on another version of their flow. It says
how many would have gone elsewhere, where they part, and shows for each such
place the conversation of one of them before and after. What happened is told
by its meaning: keys in their order at the questions, and what actions returned
by their names. "ivrflow help replay" says how, and what nobody can know.

The configuration gives the values that flows read from it. It exits with 1 if
a call differs or would have gone elsewhere, and with 3 if one cannot be read.`,
		Example: "  ivrflow replay --since 24h\n  ivrflow replay --on support.ivr.yaml journals.jsonl\n  ivrflow calls export --since 7d --journal | ivrflow replay --on support.ivr.yaml --format json -",
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return replayCalls(cmd, o, args) },
	}
	o.lookFlags(cmd)
	o.filterFlags(cmd)
	cmd.Flags().StringArrayVar(&o.on, "on", nil, "play the calls of this flow on this version of it (may be repeated)")
	cmd.Flags().StringArrayVar(&o.was, "was", nil, "flow file of a version that calls ran, if neither the journals nor the store have it (may be repeated)")
	cmd.Flags().StringVar(&o.format, "format", "text", "text or json")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write to this file, not to standard output")
	convertFlag(cmd, &o.convert)
	words(cmd, "format", "text", "json")
	return cmd
}

func replayCalls(cmd *cobra.Command, o replayOptions, names []string) error {
	if err := oneFormat(o.format, "text", "json"); err != nil {
		return err
	}
	if i := slices.IndexFunc([]string{"store", "flow", "since", "until"}, func(flag string) bool { return cmd.Flags().Changed(flag) }); i >= 0 && len(names) > 0 {
		return usagef("--store, --flow, --since and --until choose calls of a store; leave them out, or leave out %s", names[0])
	}
	if i := slices.IndexFunc(names, func(name string) bool { return strings.HasSuffix(name, flowEnd) }); i >= 0 {
		return usagef("%[1]s is a flow and no journal; --on %[1]s plays calls on it", names[i])
	}
	if len(names) > 1 && slices.Contains(names, standardInput) {
		return usagef("- is standard input; give it alone, or give files")
	}
	r := &replayRun{options: o, on: map[string]*replay.Flow{}, files: map[string]string{}, guessed: map[string]bool{}, errs: cmd.ErrOrStderr()}
	if err := r.load(cmd); err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	if len(names) > 0 {
		next, all := openExports(cmd.InOrStdin(), names)
		r.versions.kept = all.version
		r.play(cmd.Context(), next)
		return r.finish(cmd, all.fail)
	}
	f, err := o.filter(time.Now())
	if err != nil {
		return err
	}
	f.Over = true
	return o.looking(cmd, func(ctx context.Context, l *keep.Look) error {
		s := &stored{look: l, f: f}
		r.versions.kept = func(hash string) (*flow.Flow, error) { return s.version(ctx, hash) }
		r.play(ctx, func() (toPlay, bool) { return s.next(ctx) })
		if l.NoKey != nil {
			fmt.Fprintln(r.errs, "ivrflow: only outlines are played: without the key of the store nothing is opened:", l.NoKey)
		}
		return r.finish(cmd, s.fail)
	})
}

// replayRun is what comes of the journals.
type replayRun struct {
	options  replayOptions
	versions ranVersions
	on       map[string]*replay.Flow // by the flow's name
	files    map[string]string       // of those, as they were named
	sum      replay.Summary
	errs     io.Writer
	guessed  map[string]bool // flows whose configuration is not known
	shown    int             // journals that could not be played and were told of
}

// load loads the flows that are named, and the values of the configuration.
func (r *replayRun) load(cmd *cobra.Command) error {
	cfg, list, err := bot.ConfigLoader{CheckOnly: true}.Load(r.options.config)
	if err != nil && cmd.Flags().Changed("config") {
		return failuref("%w", err)
	}
	values := cfg.FlowConfig
	r.versions = ranVersions{known: map[string]*ranVersion{}, values: func(f *flow.Flow) map[string]any {
		if values[f.Name] == nil && len(f.Config) > 0 {
			r.unknownValues(f.Name, list)
		}
		return values[f.Name]
	}}
	rep := &report{}
	if rep.audio, err = audioBy(r.options.convert); err != nil {
		return err
	}
	for _, name := range r.options.was {
		f, _, err := r.flow(cmd, rep, name)
		if err != nil {
			return err
		}
		r.versions.add(f)
	}
	for _, name := range r.options.on {
		f, file, err := r.flow(cmd, rep, name)
		if err != nil {
			return err
		}
		if r.on[f.Name] != nil {
			return usagef("--on %s and --on %s are both of the flow %q; give one of them", r.files[f.Name], file, f.Name)
		}
		r.on[f.Name], r.files[f.Name] = replay.NewFlow(f, withDefaults(f, values[f.Name])), file
	}
	return nil
}

// unknownValues tells once that values of the configuration are not known. What is
// wrong with it is not said here: check does.
func (r *replayRun) unknownValues(name string, list diag.List) {
	if r.guessed[name] {
		return
	}
	r.guessed[name] = true
	why := "name the bot's configuration with --config"
	if list.HasErrors() {
		why = fmt.Sprintf("there are errors in %s, which ivrflow check --config %s tells", r.options.config, r.options.config)
	}
	fmt.Fprintf(r.errs, "ivrflow: what %s reads from the configuration is not known, and others stand for it: %s\n", name, why)
}

// withDefaults are the values of a configuration for a version that may declare
// others; nil if they are not known.
func withDefaults(f *flow.Flow, known map[string]any) map[string]any {
	if known == nil {
		return nil
	}
	values := map[string]any{}
	for name, decl := range f.Config {
		v, ok := known[name]
		if !ok && decl.Default == nil {
			return nil
		}
		if values[name] = v; !ok {
			values[name] = decl.Default
		}
	}
	return values
}

func (r *replayRun) flow(cmd *cobra.Command, rep *report, name string) (*flow.Flow, string, error) {
	file, err := oneFlow(cmd.Context(), name)
	if err != nil {
		return nil, file, err
	}
	if file == standardInput {
		return nil, file, usagef("a flow is not read from standard input here; name its file")
	}
	f, list, err := rep.load(file)
	switch {
	case err != nil:
		return nil, file, failuref("%w", err)
	case f == nil:
		if err := rep.print(cmd.ErrOrStderr(), list); err != nil {
			return nil, file, failuref("writing the findings: %w", err)
		}
		return nil, file, exit(exitFindings)
	}
	return f, file, nil
}

// play plays the journals, several at once.
func (r *replayRun) play(ctx context.Context, next func() (toPlay, bool)) {
	watched := terminal(r.errs)
	told := time.Now()
	replay.Each(runtime.GOMAXPROCS(0), func() (toPlay, bool) {
		if ctx.Err() != nil {
			return toPlay{}, false
		}
		return next()
	}, r.one, func(o replay.Outcome) {
		r.sum.Add(o)
		if o.Err != nil {
			r.cannot(o)
		}
		if now := time.Now(); watched && now.Sub(told) > 200*time.Millisecond {
			told = now
			fmt.Fprintf(r.errs, "\r%d calls replayed\x1b[K", r.sum.Calls)
		}
	})
	if watched {
		fmt.Fprint(r.errs, "\r\x1b[K")
	}
	r.sum.Sort()
	for _, g := range r.sum.Groups {
		f := r.on[g.Flow]
		g.New.At, g.New.ToAt = displayed(g.New.At, f.Flow, r.files[g.Flow]), displayed(g.New.ToAt, f.Flow, r.files[g.Flow])
	}
}

// mostTold bounds the journals that are told of one by one.
const mostTold = 20

// cannot tells of a journal that cannot be played.
func (r *replayRun) cannot(o replay.Outcome) {
	if r.shown++; r.shown > mostTold {
		return
	}
	fmt.Fprintf(r.errs, "ivrflow: %s: %v\n", o.Source, o.Err)
	if r.shown == mostTold {
		fmt.Fprintln(r.errs, "ivrflow: further journals that cannot be played are only counted")
	}
}

// one plays one journal.
func (r *replayRun) one(in toPlay) (o replay.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			o.Err = fmt.Errorf("it cannot be played: %v", p)
		}
	}()
	o.Source = in.source
	if o.Journal, o.Err = in.read(); o.Err != nil {
		return o
	}
	if len(r.on) > 0 && r.on[o.Journal.Flow] == nil {
		o.Other = true
		return o
	}
	v := r.versions.get(o.Journal.Version, r.on)
	if o.Err = v.err; o.Err != nil {
		return o
	}
	if o.Own, o.Err = replay.Again(v.flow, o.Journal); o.Err != nil {
		return o
	}
	if v.pair != nil && (o.Own.Verdict == replay.Same || o.Own.Verdict == replay.Outline) {
		e := v.pair.On(o.Own)
		o.On = &e
	}
	o.Own = o.Own.Told()
	return o
}

// finish writes the report.
func (r *replayRun) finish(cmd *cobra.Command, fail error) error {
	if fail != nil {
		fmt.Fprintln(r.errs, "ivrflow:", fail)
	}
	write := r.write
	if r.options.format == "json" {
		write = func(out io.Writer) error { return encode(out, &r.sum) }
	}
	var err error
	if r.options.output == "" {
		err = write(cmd.OutOrStdout())
	} else {
		err = writePrivate(r.options.output, write)
	}
	switch {
	case err != nil:
		return failuref("writing the report: %w", err)
	case cmd.Context().Err() != nil:
		return failuref("interrupted")
	case fail != nil, r.sum.Damaged > 0:
		return exit(exitFailure)
	case !r.sum.Fine():
		return exit(exitFindings)
	}
	return nil
}
