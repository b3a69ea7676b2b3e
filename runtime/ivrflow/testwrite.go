package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/missing"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// untestedFlow is a flow of which tests are to be written.
type untestedFlow struct {
	name string // its file
	flow *flow.Flow
}

// writes reports whether tests are to be written of what none reaches.
func (o *coverOptions) writes() bool { return o.write != "" || o.beside }

// toPlay are the files to be played. If coverage is counted, a flow that has no tests is
// not one of them: it counts as not reached. If tests are to be written, a folder may
// have none either.
func (t *testRun) toPlay(args []string) ([]string, error) {
	var some []string
	for _, arg := range args {
		found, err := below(t.cmd.Context(), filepath.Clean(arg), []string{testEnd})
		if err != nil || len(found) > 0 || !t.options.cover.writes() {
			some = append(some, arg)
		}
	}
	if len(some) == 0 {
		return nil, nil
	}
	names, err := testFiles(t.cmd, some)
	if err != nil || t.tally == nil {
		return names, err
	}
	return slices.DeleteFunc(names, hasNoTests), nil
}

// hasNoTests reports whether a file is a flow, without a file of tests beside it.
func hasNoTests(name string) bool {
	stem, isFlow := strings.CutSuffix(name, flowEnd)
	if _, err := os.Stat(name); err != nil || !isFlow {
		return false
	}
	_, err := os.Stat(stem + testEnd)
	return errors.Is(err, fs.ErrNotExist)
}

// untold is what to say of a flow that has no tests.
func untold(name string) error {
	return fmt.Errorf("%[1]s has no tests: write %[2]s beside it, or make one of a call: ivrflow test --record %[1]s", name, filepath.Base(strings.TrimSuffix(name, flowEnd)+testEnd))
}

// addLacking makes the flows of which tests are to be written part of the coverage:
// those that are given, that stand in folders that are, and of which tests were played.
func (t *testRun) addLacking(args []string) error {
	o := &t.options.cover
	if !o.writes() {
		return nil
	}
	names, err := t.lackingNames(args)
	if err != nil {
		return err
	}
	if o.write != "" && len(names) != 1 {
		return usagef("--write writes the tests of one flow; name its file, and the other files of tests that it has, or write those of all flows with --write-beside")
	}
	for _, name := range names {
		f, err := t.addFlow(name)
		if err != nil {
			return err
		}
		if f != nil {
			t.lacking = append(t.lacking, untestedFlow{name, f})
		}
	}
	// What is called comes before what calls it, which then need not go there.
	slices.SortStableFunc(t.lacking, func(a, b untestedFlow) int { return cmp.Compare(len(a.flow.Members()), len(b.flow.Members())) })
	return nil
}

func (t *testRun) lackingNames(args []string) (names []string, err error) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case strings.HasSuffix(arg, flowEnd):
			add(filepath.Clean(arg))
		case err == nil && info.IsDir() && t.options.cover.beside:
			found, err := below(t.cmd.Context(), filepath.Clean(arg), []string{flowEnd})
			if err != nil {
				return nil, failuref("searching %s: %w", arg, err)
			}
			for _, name := range found {
				add(name)
			}
		}
	}
	if t.options.cover.write != "" && len(names) == 1 {
		return names, nil // the other tests reach a part of it
	}
	for _, rep := range t.reports {
		if rep.FlowFile == "" {
			continue // it could not be read
		}
		add(filepath.FromSlash(rep.FlowFile))
	}
	return names, nil
}

// writeMissing writes tests of what no test reaches of the flows, each in a file.
func (t *testRun) writeMissing() error {
	for _, one := range t.lacking {
		file := t.options.cover.write
		if file == "" {
			file = besideOf(one.name)
		}
		if err := t.writeTests(one, file); err != nil {
			return err
		}
	}
	return nil
}

// besideOf is the first file of tests beside a flow that is not there yet.
func besideOf(flowFile string) string {
	base := strings.TrimSuffix(flowFile, flowEnd)
	if _, err := os.Lstat(base + testEnd); errors.Is(err, fs.ErrNotExist) {
		return base + testEnd
	}
	return freeName(base+".more", testEnd)
}

// freeName is the first name of a file that is not there: BASE, BASE-2 and so on, with
// the end.
func freeName(base, end string) string {
	name := base + end
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name
		}
		name = fmt.Sprintf("%s-%d%s", base, n, end)
	}
}

// writeTests writes the tests of a flow, and says what is not in them.
func (t *testRun) writeTests(one untestedFlow, file string) error {
	ctx, stderr := t.cmd.Context(), t.cmd.ErrOrStderr()
	o := missing.Options{Tally: t.tally, CoverDir: coverDir(one.flow, one.name)}
	if len(missing.Of(one.flow, o)) == 0 {
		fmt.Fprintf(stderr, "%s: its tests reach every step, outcome and prompt; no more were written\n", one.name)
		return nil
	}
	proof, err := explored(ctx, one.flow, one.name, prove.Options{}, stderr)
	if err != nil {
		return err
	}
	r, err := missing.Write(ctx, one.flow, proof, o)
	if err != nil {
		return failuref("%w", err)
	}
	for _, u := range r.Without {
		fmt.Fprintln(stderr, u)
	}
	if len(r.Tests) == 0 {
		fmt.Fprintf(stderr, "%s: no tests were written\n", one.name)
		return nil
	}
	from, err := fromTests(file, one.name)
	if err != nil {
		return failuref("%w", err)
	}
	if err := os.WriteFile(file, tidyTests(file, r.File(from)), 0o644); err != nil {
		return failuref("writing the tests: %w", err)
	}
	if err := t.again(file); err != nil {
		return failuref("the tests in %s: %w", file, err)
	}
	fmt.Fprintf(stderr, "%s: %s written, which pass; with them %d of the %d are reached that calls reach and no test did\n",
		file, plural(len(r.Tests), "test"), r.Reached, r.Lacked)
	return nil
}

// coverDir is what a flow's files are named below in the coverage.
func coverDir(f *flow.Flow, name string) string {
	return filepath.ToSlash(strings.TrimSuffix(filepath.Clean(name), filepath.FromSlash(f.File)))
}

// again plays what was written, where it was written. It counts: another flow need not
// go there again.
func (t *testRun) again(file string) error {
	p := t.file(file)
	switch {
	case p.err != nil:
		return p.err
	case p.list.HasErrors():
		return fmt.Errorf("they cannot be played from there: %s", p.list[0])
	case !p.rep.Passed():
		var b strings.Builder
		_ = p.rep.Print(&b) // a Builder takes everything
		return fmt.Errorf("they do not all pass from there\n%s", b.String())
	}
	return nil
}
