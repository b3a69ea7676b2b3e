package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit"
)

// testOptions are the flags of test.
type testOptions struct {
	format  string
	output  string
	only    string
	convert string
	verbose bool
	watch   bool
	update  bool
	yes     bool
	record  bool
	cover   coverOptions

	audio prompt.Importer // by convert
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
the flow. --format json and junit are for programs; with --output they go to a
file, and the text is printed all the same.

--watch stays, and plays again what a change touches: a test file, its flow, the
flows that it calls, their prompts and audio.

--update renews what failing tests expect, after you have seen what would change
and said yes; --yes says it for you. Only values are replaced: comments and the
form of the file stay.

--record puts you on the phone, as dev does, and makes a test of each call. It
takes one flow; "ivrflow dev --record" does the same with all of dev's flags.

--cover counts which steps, outcomes, transitions and prompts the tests reach; the
other flags of coverage do so too. --missing lists what they do not reach. With
--write it makes tests that do, of the shortest calls that get there, and with
--write-beside of each flow: in NAME.ivr-test.yaml, or NAME.more.ivr-test.yaml if
that is there. Nothing is overwritten. What no call reaches is said.`,
		Example: "  ivrflow test\n  ivrflow test flows/support.ivr-test.yaml --run \"wrong pins\"\n" +
			"  ivrflow test --watch\n  ivrflow test --format junit -o tests.xml\n  ivrflow test --missing --cover-min 100\n" +
			"  ivrflow test --missing --write more.ivr-test.yaml support.ivr.yaml\n  ivrflow test --missing --write-beside flows\n" +
			"  ivrflow test --update support.ivr.yaml\n  ivrflow test --record support.ivr.yaml",
		RunE: func(cmd *cobra.Command, args []string) error { return test(cmd, o, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "text", "text, json or junit")
	f.StringVarP(&o.output, "output", "o", "", "write json or junit to this file, and text to standard output")
	f.StringVar(&o.only, "run", "", "play only the tests whose name holds this text")
	convertFlag(cmd, &o.convert)
	f.BoolVarP(&o.verbose, "verbose", "v", false, "print the conversation of tests that pass, too")
	f.BoolVar(&o.watch, "watch", false, "stay, and play again what a change of a file touches")
	f.BoolVar(&o.update, "update", false, "renew what failing tests expect, after showing what would change")
	f.BoolVar(&o.yes, "yes", false, "with --update, write without asking")
	f.BoolVar(&o.record, "record", false, "make a test of each call that you play by hand")
	o.cover.flags(cmd)
	words(cmd, "format", testFormats()...)
	return cmd
}

func testFormats() []string { return []string{"text", "json", "junit"} }

func test(cmd *cobra.Command, o testOptions, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.record {
		return recordTest(cmd, o, args)
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	}
	switch {
	case o.watch:
		return watchTests(cmd, o, args)
	case o.update:
		return updateTests(cmd, o, args)
	}
	t := newTestRun(cmd, o)
	names, err := t.toPlay(args)
	if err != nil {
		return err
	}
	if err := t.play(names); err != nil {
		return err
	}
	if err := t.addLacking(args); err != nil {
		return err
	}
	if err := t.addUntested(args); err != nil {
		return err
	}
	return t.finish()
}

// check refuses flags that do not fit each other.
func (o *testOptions) check() (err error) {
	if err := oneFormat(o.format, testFormats()...); err != nil {
		return err
	}
	if o.audio, err = audioBy(o.convert); err != nil {
		return err
	}
	if err := o.cover.check(); err != nil {
		return err
	}
	switch {
	case o.watch && o.update, o.watch && o.record, o.update && o.record:
		return usagef("--watch, --update and --record exclude each other")
	case (o.watch || o.update || o.record) && (o.format != "text" || o.output != ""):
		return usagef("--watch, --update and --record are for people; leave --format and --output out")
	case o.output != "" && o.format == "text":
		return usagef("--output is for --format json or junit; text goes to standard output")
	case o.yes && !o.update:
		return usagef("--yes belongs to --update")
	case o.cover.writes() && o.watch:
		return usagef("tests are written once; leave --watch out")
	case (o.update || o.record) && o.cover.on():
		return usagef("coverage is counted when tests are played; leave --update and --record out")
	}
	return nil
}

// testFiles are the test files that arguments mean.
func testFiles(cmd *cobra.Command, args []string) ([]string, error) {
	names, err := files(cmd.Context(), args, testEnd)
	if err != nil {
		return nil, err
	}
	if slices.Contains(names, standardInput) {
		return nil, usagef("test reads files, not standard input: tests name the flow beside them")
	}
	return names, nil
}

// gcPercent is GOGC while tests are played. A test call takes some megabytes and
// dies within milliseconds, beside some 4 MB that live on: by default the
// collector runs after every few calls and takes a quarter of the time. The
// process holds some 40 MB for it.
const gcPercent = 800

// finish writes the reports.
func (t *testRun) finish() error {
	if t.options.format != "text" {
		if err := t.writeReport(); err != nil {
			return failuref("writing the report: %w", err)
		}
	}
	if err := t.finishCover(); err != nil {
		return err
	}
	for _, err := range t.failed {
		fmt.Fprintln(t.cmd.ErrOrStderr(), "ivrflow:", err)
	}
	if t.renewable() {
		fmt.Fprintln(t.text(), "if the flow is right, ivrflow test --update renews what such tests expect")
	}
	played, failed := t.totals()
	switch {
	case len(t.failed) > 0:
		return exit(exitFailure)
	case failed > 0, t.list.HasErrors(), t.below:
		return exit(exitFindings)
	case played == 0 && t.options.only != "":
		return usagef("no test's name holds %q", t.options.only)
	}
	return nil
}

// renewable reports whether --update could renew what some test expects.
func (t *testRun) renewable() bool {
	for _, r := range t.reports {
		for _, test := range r.Tests {
			if slices.ContainsFunc(test.Failures, (*testkit.Failure).Renewable) {
				return true
			}
		}
	}
	return false
}

func (t *testRun) totals() (played, failed int) {
	for _, r := range t.reports {
		played, failed = played+len(r.Tests), failed+r.Failed()
	}
	return played, failed
}

// writeText writes what came of one file.
func (t *testRun) writeText(w io.Writer, list diag.List, rep testkit.Report) error {
	list.Sort()
	list.Settle(t.source)
	if err := t.print(w, list); err != nil {
		return err
	}
	if len(rep.Tests) == 0 {
		return nil
	}
	if t.options.verbose {
		for _, test := range rep.Tests {
			writePassed(w, test)
		}
	}
	return rep.Print(w)
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
