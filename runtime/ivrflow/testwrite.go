package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/format"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/cover"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// exploring is how long calls are looked for that reach what no test does.
const exploring = time.Minute

// writeMissing writes a new file of tests, one for each step and outcome that no test
// reaches and that some call does.
func (t *testRun) writeMissing() error {
	name := t.options.cover.write
	if len(t.reports) != 1 || t.reports[0].FlowFile == "" {
		return usagef("--write writes tests of one flow; name one test file, or one flow")
	}
	rep := t.reports[0]
	missing := t.tally.Report().Missing(cover.Step, cover.Outcome)
	if len(missing) == 0 {
		fmt.Fprintln(t.cmd.ErrOrStderr(), "ivrflow: nothing is missing, so nothing is written")
		return nil
	}
	w := &missingTests{testRun: t, flowFile: rep.FlowFile}
	if !filepath.IsLocal(rep.File) {
		w.flowFile = filepath.Join(filepath.Dir(rep.File), rep.FlowFile)
	}
	if err := w.explore(); err != nil {
		return err
	}
	left := 0
	for _, item := range missing {
		if !w.write(item) {
			left++
		}
	}
	if w.text.Len() > 0 {
		text := w.head() + w.text.String()
		if tidy, list, err := format.Source(name, []byte(text), format.Tests); err == nil && !list.HasErrors() {
			text = string(tidy)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return failuref("writing the tests: %w", err)
		}
	}
	fmt.Fprintf(t.cmd.ErrOrStderr(), "ivrflow: %s: wrote %s; read them, and say what each expects\n", name, plural(w.tests, "test"))
	if left > 0 {
		fmt.Fprintf(t.cmd.ErrOrStderr(), "ivrflow: no call was found, or none that a test can say, for %d of %d; ivrflow prove says what nothing reaches\n", left, len(missing))
	}
	return nil
}

// missingTests are the tests that are written.
type missingTests struct {
	*testRun
	flowFile string
	proof    *prove.Report
	counter  *cover.Counter
	dir      string
	tally    cover.Tally // of the tests that are written
	text     strings.Builder
	tests    int
}

// explore looks at all calls of the flow.
func (w *missingTests) explore() error {
	f, _, err := w.load(w.flowFile)
	if err != nil || f == nil {
		return failuref("the flow %s cannot be read any more", w.flowFile)
	}
	w.dir = filepath.ToSlash(strings.TrimSuffix(w.flowFile, filepath.FromSlash(f.File)))
	w.counter = w.testRun.tally.Add(f, w.dir)
	w.tally.ReadyMade = w.options.cover.ready
	if w.proof, err = prove.Run(w.cmd.Context(), f, prove.Options{Time: exploring}); err != nil {
		return failuref("exploring %s: %w", w.flowFile, err)
	}
	return nil
}

// head begins the file of tests.
func (w *missingTests) head() string {
	rel, err := filepath.Rel(filepath.Dir(w.options.cover.write), w.flowFile)
	if err != nil {
		rel = w.flowFile
	}
	return "flow: ./" + filepath.ToSlash(rel) + "\ntests:\n"
}

// write adds a test that reaches an item, unless one before does. Each is played
// before it is kept.
func (w *missingTests) write(item cover.Item) bool {
	if w.tally.Report().Reaches(item) {
		return true
	}
	for _, way := range w.counter.Ways(item) {
		test, err := w.proof.TestTo(prove.Move{Flow: way.Flow, From: way.From, Trigger: way.Trigger, To: way.To}, item.String())
		if test == nil || err != nil {
			continue
		}
		var played cover.Tally
		played.ReadyMade = w.options.cover.ready
		file := strings.TrimSuffix(w.flowFile, flowEnd) + testEnd
		alone := "flow: ./" + filepath.Base(w.flowFile) + "\ntests:\n" + test.Text()
		o := testkit.Options{Audio: w.options.audio, Cover: &played, CoverDir: w.dir}
		res, err := testkit.Try(w.cmd.Context(), file, []byte(alone), item.String(), o)
		if err != nil || !res.Passed || !played.Report().Reaches(item) {
			continue
		}
		// Once more, for what the written tests reach together.
		o.Cover = &w.tally
		if _, err := testkit.Try(w.cmd.Context(), file, []byte(alone), item.String(), o); err != nil {
			continue
		}
		w.text.WriteString(test.Text())
		w.tests++
		return true
	}
	return false
}
