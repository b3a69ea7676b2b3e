package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/cover"
)

// testRun is what came of the test files.
type testRun struct {
	cmd     *cobra.Command
	options testOptions
	reports []testkit.Report // in the order of the files
	tally   *cover.Tally     // nil: coverage is not asked for
	below   bool             // some flow's coverage is below what is wanted
	opened  func(file, path string)
	lacking []untestedFlow // of which tests are written
	report
}

func newTestRun(cmd *cobra.Command, o testOptions) *testRun {
	t := &testRun{cmd: cmd, options: o}
	t.audio = o.audio
	if o.cover.on() {
		t.tally = &cover.Tally{ReadyMade: o.cover.ready}
	}
	return t
}

// played is what came of one file.
type played struct {
	rep  testkit.Report
	list diag.List
	err  error
}

// play plays files, several at once, and writes what came of each in their order,
// as soon as it is known.
func (t *testRun) play(names []string) error {
	results := make([]chan played, len(names))
	for i := range results {
		results[i] = make(chan played, 1)
	}
	var all sync.WaitGroup
	defer all.Wait()
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	all.Go(func() {
		for i, name := range names {
			slots <- struct{}{}
			all.Go(func() {
				defer func() { <-slots }()
				results[i] <- t.file(name)
			})
		}
	})
	for i := range names {
		if err := t.take(<-results[i]); err != nil {
			return failuref("writing the report: %w", err)
		}
	}
	if len(names) > 1 {
		t.summary()
	}
	return nil
}

// summary is what to read if there is much above it.
func (t *testRun) summary() {
	played, failed := t.totals()
	fmt.Fprintf(t.text(), "%s: %d of %d tests passed", plural(len(t.reports)+len(t.failed), "file"), played-failed, played)
	if failed == 0 {
		fmt.Fprintln(t.text())
		return
	}
	fmt.Fprintln(t.text(), "; not these:")
	for _, rep := range t.reports {
		for _, test := range rep.Tests {
			if !test.Passed {
				fmt.Fprintf(t.text(), "  %s: %s\n", test.Pos, test.Name)
			}
		}
	}
}

// file plays one file.
func (t *testRun) file(name string) (p played) {
	o := testkit.Options{Audio: t.options.audio, Cover: t.tally}
	if hasNoTests(name) {
		return played{err: untold(name)}
	}
	if t.options.only != "" {
		o.Only = func(test string) bool { return strings.Contains(test, t.options.only) }
	}
	if t.opened != nil {
		o.Opened = func(path string) { t.opened(name, path) }
	}
	if !filepath.IsLocal(name) {
		o.CoverDir = filepath.ToSlash(filepath.Dir(name))
	}
	p.rep, p.list, p.err = testkit.RunFile(t.cmd.Context(), name, o)
	if !filepath.IsLocal(name) && p.err == nil {
		to := within(filepath.Dir(name))
		if p.rep.FlowFile != "" {
			p.rep.Move(to)
		}
		for i := range p.list {
			p.list[i].Pos.File = to(p.list[i].Pos.File)
		}
	}
	return p
}

// within names files by the folder that they are in. Those of ready-made flows are in none.
func within(dir string) func(string) string {
	return func(file string) string {
		name := filepath.Join(dir, filepath.FromSlash(file))
		if _, err := os.Stat(name); err != nil {
			return file
		}
		return name
	}
}

// take keeps what came of a file, and writes it.
func (t *testRun) take(p played) error {
	if p.err != nil {
		t.failed = append(t.failed, p.err)
		return nil //nolint:nilerr // finish tells it, after the others
	}
	t.files++
	t.list = append(t.list, p.list...)
	t.reports = append(t.reports, p.rep)
	return t.writeText(t.text(), p.list, p.rep)
}

// text is where the text for people goes.
func (t *testRun) text() io.Writer {
	if t.options.format != "text" && t.options.output == "" {
		return io.Discard
	}
	return t.cmd.OutOrStdout()
}
