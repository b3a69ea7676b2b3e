package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// checkOptions are the flags of check.
type checkOptions struct {
	format  string
	config  string
	convert string
	verbose bool
	strict  bool
	fix     bool
	rights  bool
}

func newCheck() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Find what is wrong with flows",
		Long: `Check reads flows and everything they name, and reports all faults with file,
line and column. In a folder it checks every *.ivr.yaml. - is standard input.

What a flow names, such as its prompts, must be below the working directory,
or below the flow's own folder if the flow is not.

With --config it checks a bot's configuration and its flows. The secrets need
not be on this machine: those that are not are noted. Audio files are converted
as it says, unless --convert says otherwise.

Warnings alone are no findings, unless --strict says so; notes never are.

--fix mends what is certain: names that can only have been meant to be one
other, and texts and keys without quotes. It says what it changed, checks the
flow again, and reports what remains. A mend that would bring another error is
not made. "ivrflow help diagnostics" says which rules have mends.`,
		Example: "  ivrflow check flows\n  ivrflow check -v support.ivr.yaml\n  ivrflow check --fix flows\n  ivrflow check --format json - <support.ivr.yaml\n  ivrflow check --config bot.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && o.config == "" {
				return arguments(1, -1, "a flow file, a folder, or --config")(cmd, args)
			}
			return check(cmd, o, args)
		},
	}
	cmd.Flags().StringVar(&o.format, "format", "text", "text, json, sarif or github")
	cmd.Flags().StringVar(&o.config, "config", "", "check a bot's configuration file, and its flows")
	convertFlag(cmd, &o.convert)
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "list what follows outcomes that a step does not handle itself, and the words to be recorded for spoken values")
	cmd.Flags().BoolVar(&o.rights, "permissions", false, "list the Graph permissions and licences that the flows need")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "warnings are findings")
	cmd.Flags().BoolVar(&o.fix, "fix", false, "mend in the files what can be mended with certainty")
	words(cmd, "format", checkFormats()...)
	return cmd
}

func check(cmd *cobra.Command, o checkOptions, args []string) error {
	if err := oneFormat(o.format, checkFormats()...); err != nil {
		return err
	}
	names, err := files(cmd.Context(), args, flowEnd)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := rightKind(name); err != nil {
			return err
		}
		if name == standardInput && o.fix {
			return usagef("--fix changes files; give one instead of -")
		}
	}
	if len(names) == 0 && o.fix {
		return usagef("--fix mends flows; name one, or their folder")
	}
	r := &report{stdin: cmd.InOrStdin()}
	if err := r.convertBy(o, len(names) > 0); err != nil {
		return err
	}
	for _, name := range names {
		if cmd.Context().Err() != nil {
			return failuref("interrupted")
		}
		if o.fix {
			if err := r.mend(cmd.Context(), name); err != nil {
				r.failed = append(r.failed, err)
				continue
			}
		}
		r.flow(name, o)
	}
	if o.config != "" {
		r.configuration(o.config)
	}
	r.list.Sort()
	r.list.Settle(r.source)
	if o.fix { // what was not mended would bring other errors
		for i := range r.list {
			r.list[i].Fix = diag.Fix{}
		}
	}
	return r.finish(cmd, o)
}

// convertBy finds out how the audio files of the flows that are named are
// converted: as --convert says, or as the configuration does.
func (r *report) convertBy(o checkOptions, named bool) (err error) {
	switch {
	case o.convert != "":
		r.audio, err = audioBy(o.convert)
	case o.config != "" && named:
		// What is wrong with it is said when it is checked.
		cfg, _, _ := bot.ConfigLoader{CheckOnly: true}.Load(o.config)
		r.audio = cfg.Audio
	}
	return err
}

// rightKind refuses files that other commands read.
func rightKind(name string) error {
	switch {
	case strings.HasSuffix(name, testEnd):
		return usagef("%s holds tests, not a flow; run ivrflow test %s", name, name)
	case strings.HasSuffix(name, catalogueEnd):
		return usagef("%s is a catalogue of prompts; check the flow that uses it", name)
	case !strings.HasSuffix(name, flowEnd) && name != standardInput && isConfig(name):
		return usagef("%s is a bot's configuration, not a flow; run ivrflow check --config %s", name, name)
	}
	return nil
}

var configKey = regexp.MustCompile(`(?m)^(?:app_id|public_url)\s*:`)

// isConfig says that a file looks like a bot's configuration.
func isConfig(name string) bool {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return false // a pipe can be read only once
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	start, err := io.ReadAll(io.LimitReader(f, 4<<10))
	return err == nil && configKey.Match(start)
}

// report is what check found.
type report struct {
	stdin  io.Reader
	audio  prompt.Importer
	files  int
	list   diag.List
	filled []filledIn
	record []toRecord
	mended []mend
	needs  []needed
	failed []error
	// sources are the texts that are not to be read from a file once more.
	sources map[string][]byte
}

func (r *report) flow(name string, o checkOptions) {
	f, list, err := r.load(name)
	if err != nil {
		r.failed = append(r.failed, err)
		return
	}
	r.files++
	r.list = append(r.list, list...)
	if f != nil && o.rights {
		r.needs = append(r.needs, needs(f, displayed(diag.Pos{File: f.File}, f, name).File)...)
	}
	if f != nil && o.verbose {
		at := displayed(diag.Pos{File: f.File}, f, name).File
		r.filled = append(r.filled, filled(f, r.source(at), name)...)
		for _, words := range f.ToRecord() {
			r.record = append(r.record, toRecord{at, words})
		}
	}
}

// load reads a flow from a file or from standard input.
func (r *report) load(name string) (*flow.Flow, diag.List, error) {
	if name != standardInput {
		f, list, err := bot.LoadFlowWith(bot.LoadOptions{Audio: r.audio}, "", name)
		return f, list, withHint(err, name)
	}
	const shown = "stdin"
	src, err := io.ReadAll(io.LimitReader(r.stdin, tree.MaxSize+1))
	if err != nil {
		return nil, nil, fmt.Errorf("reading standard input: %w", err)
	}
	r.keep(shown, src)
	return bot.LoadFlowWith(bot.LoadOptions{Texts: map[string][]byte{shown: src}, Audio: r.audio}, "", shown)
}

func (r *report) keep(name string, src []byte) {
	if r.sources == nil {
		r.sources = map[string][]byte{}
	}
	r.sources[name] = src
}

func (r *report) configuration(name string) {
	_, list, err := bot.ConfigLoader{CheckOnly: true}.Load(name)
	if err != nil {
		r.failed = append(r.failed, err)
		return
	}
	for i := range list {
		list[i].Fix = diag.Fix{} // it may hold a secret
	}
	r.files++
	r.list = append(r.list, list...)
	if src, err := os.ReadFile(name); err == nil {
		r.keep(name, bot.MaskSecrets(name, src, list))
	}
}

// source is the text of a file, nil if there is none.
func (r *report) source(name string) []byte {
	src, ok := r.sources[name]
	if !ok {
		src, _ = os.ReadFile(name) // without it a finding is shown without its line
		r.keep(name, src)
	}
	return src
}

// checkFormats are the forms in which findings are written.
func checkFormats() []string { return []string{"text", "json", "sarif", "github"} }

// write writes the findings in the form that was asked for.
func (r *report) write(out io.Writer, o checkOptions) error {
	switch o.format {
	case "json":
		return r.writeJSON(out, o)
	case "sarif":
		number := ""
		if info, ok := debug.ReadBuildInfo(); ok {
			number = info.Main.Version
		}
		return diag.WriteSARIF(out, r.list, "ivrflow", number)
	case "github":
		return diag.WriteGitHub(out, r.list)
	}
	return r.writeText(out)
}

// finish writes the report.
func (r *report) finish(cmd *cobra.Command, o checkOptions) error {
	out, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	if err := r.write(out, o); err != nil {
		return failuref("writing the findings: %w", err)
	}
	for _, err := range r.failed {
		fmt.Fprintln(stderr, "ivrflow:", err)
	}
	if o.format == "text" {
		fmt.Fprintln(stderr, r.summary())
	}
	switch {
	case len(r.failed) > 0:
		return exit(exitFailure)
	case r.list.HasErrors(), o.strict && r.list.Count(diag.Warning) > 0:
		return exit(exitFindings)
	}
	return nil
}

// displayed is a place in a flow with the file's name as it was given.
func displayed(pos diag.Pos, f *flow.Flow, name string) diag.Pos {
	if name != standardInput {
		pos.File = filepath.Join(strings.TrimSuffix(filepath.Clean(name), filepath.FromSlash(f.File)), filepath.FromSlash(pos.File))
	}
	return pos
}
