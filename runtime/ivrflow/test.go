package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/testkit"
)

// testOptions are the flags of test.
type testOptions struct {
	format  string
	only    string
	convert string
	verbose bool
}

func newTest() *cobra.Command {
	var o testOptions
	cmd := &cobra.Command{
		Use:   "test [FILE...]",
		Short: "Play the tests of flows",
		Long: `Test plays the tests of NAME.ivr-test.yaml files on the engine that answers real
calls, in virtual time. In a folder it plays every such file; without an
argument those of the working directory. A flow's file stands for the tests
beside it.

A test that fails prints the conversation, what was expected, and the place in
the flow.`,
		Example: "  ivrflow test\n  ivrflow test flows/support.ivr-test.yaml --run \"wrong pins\"",
		RunE:    func(cmd *cobra.Command, args []string) error { return test(cmd, o, args) },
	}
	cmd.Flags().StringVar(&o.format, "format", "text", "text or json")
	cmd.Flags().StringVar(&o.only, "run", "", "play only the tests whose name holds this text")
	convertFlag(cmd, &o.convert)
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "print the conversation of tests that pass, too")
	words(cmd, "format", "text", "json")
	return cmd
}

func test(cmd *cobra.Command, o testOptions, args []string) error {
	if err := oneFormat(o.format, "text", "json"); err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	names, err := files(cmd.Context(), args, testEnd)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	}
	t := &testRun{options: o}
	if t.audio, err = audioBy(o.convert); err != nil {
		return err
	}
	for _, name := range names {
		if name == standardInput {
			return usagef("test reads files, not standard input: tests name the flow beside them")
		}
		t.file(cmd, name)
	}
	return t.finish(cmd)
}

// gcPercent is GOGC while tests are played. A test call takes some megabytes and
// dies within milliseconds, beside some 4 MB that live on: by default the
// collector runs after every few calls and takes a quarter of the time. The
// process holds a few times those 4 MB for it.
const gcPercent = 400

// testRun is what came of the test files.
type testRun struct {
	options testOptions
	reports []testkit.Report
	report
}

func (t *testRun) file(cmd *cobra.Command, name string) {
	o := testkit.Options{Audio: t.audio}
	if t.options.only != "" {
		o.Only = func(test string) bool { return strings.Contains(test, t.options.only) }
	}
	rep, list, err := testkit.RunFile(cmd.Context(), name, o)
	if !filepath.IsLocal(name) {
		for i := range list {
			list[i].Pos.File = filepath.Join(filepath.Dir(name), filepath.FromSlash(list[i].Pos.File))
		}
	}
	if err != nil {
		t.failed = append(t.failed, err)
		return
	}
	t.files++
	t.list = append(t.list, list...)
	t.reports = append(t.reports, rep)
}

// finish writes the reports.
func (t *testRun) finish(cmd *cobra.Command) error {
	t.list.Sort()
	t.list.Settle(t.source)
	write := t.writeText
	if t.options.format == "json" {
		write = t.writeJSON
	}
	if err := write(cmd.OutOrStdout()); err != nil {
		return failuref("writing the report: %w", err)
	}
	for _, err := range t.failed {
		fmt.Fprintln(cmd.ErrOrStderr(), "ivrflow:", err)
	}
	played, failed := 0, 0
	for _, r := range t.reports {
		played, failed = played+len(r.Tests), failed+r.Failed()
	}
	switch {
	case len(t.failed) > 0:
		return exit(exitFailure)
	case failed > 0, t.list.HasErrors():
		return exit(exitFindings)
	case played == 0 && t.options.only != "":
		return usagef("no test's name holds %q", t.options.only)
	}
	return nil
}

func (t *testRun) writeText(w io.Writer) error {
	if err := t.print(w, t.list); err != nil {
		return err
	}
	for _, r := range t.reports {
		if len(r.Tests) == 0 {
			continue
		}
		if t.options.verbose {
			for _, test := range r.Tests {
				writePassed(w, test)
			}
		}
		if err := r.Print(w); err != nil {
			return err
		}
	}
	return nil
}

// writePassed writes the conversation of a test that passed.
func writePassed(w io.Writer, test testkit.Result) {
	if !test.Passed {
		return
	}
	fmt.Fprintf(w, "the conversation of %q:\n", test.Name)
	for _, line := range test.Conversation {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

func (t *testRun) writeJSON(w io.Writer) error {
	doc := struct {
		Findings []finding        `json:"findings"`
		Files    []testkit.Report `json:"files"`
	}{findings(t.list), append([]testkit.Report{}, t.reports...)}
	return encode(w, doc)
}
