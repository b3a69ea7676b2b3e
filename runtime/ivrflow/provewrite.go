package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/format"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// writes checks the file into which tests are written.
func (o proveOptions) writes(names []string) error {
	switch {
	case o.write != "" && o.beside:
		return usagef("--write names one file, --write-beside writes one beside each flow; leave one of them out")
	case o.beside && slices.Contains(names, standardInput):
		return usagef("--write-beside writes beside the flow's file, and standard input has none")
	case o.write == "":
		return nil
	case len(names) != 1 || names[0] == standardInput:
		return usagef("--write writes the tests of one flow, whose file they name; give one, or write those of all with --write-beside")
	}
	return newTests(o.write)
}

// newTests refuses a file of tests that is there already, or no such file.
func newTests(name string) error {
	if !strings.HasSuffix(name, testEnd) {
		return usagef("--write %s is no file of tests; those end with %s", name, testEnd)
	}
	if _, err := os.Stat(name); err == nil {
		return usagef("--write %s is there already; give another name", name)
	}
	return nil
}

// tests writes the calls that were found in a flow as tests, if they are wanted. Those
// that pass show nothing, and are left out.
func (p *proof) tests(cmd *cobra.Command, i int) error {
	name, file, stderr := p.names[i], p.options.write, cmd.ErrOrStderr()
	switch {
	case p.options.beside:
		file = freeName(strings.TrimSuffix(name, flowEnd)+".found", testEnd)
	case file == "":
		return nil
	}
	all, without := p.reports[i].Tests()
	for _, err := range without {
		fmt.Fprintln(stderr, "ivrflow: no test of this:", err)
	}
	player := testkit.NewPlayer(p.flows[i], file, testkit.Options{Audio: p.audio})
	var fail []*prove.Test
	for _, t := range all {
		results, err := player.Play(prove.File("./"+filepath.Base(name), []*prove.Test{t}))
		switch {
		case err != nil:
			return fmt.Errorf("playing what was found: %w", err)
		case results[0].Passed:
			fmt.Fprintf(stderr, "ivrflow: no test of this: %s: as a test the call passes; it goes another way, or a test cannot say what is wrong in it\n", t.Name)
		default:
			fail = append(fail, t)
		}
	}
	switch {
	case len(fail) == 0 && p.options.beside && len(all)+len(without) == 0:
		return nil // nothing was found
	case len(fail) == 0:
		fmt.Fprintf(stderr, "ivrflow: %s: no tests were written\n", name)
		return nil
	}
	rel, err := fromTests(file, name)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, tidyTests(file, prove.File(rel, fail)), 0o644); err != nil {
		return fmt.Errorf("writing the tests: %w", err)
	}
	fmt.Fprintf(stderr, "%s: %s written; to play what was found: ivrflow test %s\n", file, plural(len(fail), "test"), file)
	return nil
}

// fromTests is a flow's file as a file of tests names it.
func fromTests(tests, name string) (string, error) {
	rel, err := filepath.Rel(filepath.Dir(tests), name)
	if err != nil {
		return "", fmt.Errorf("naming the flow in %s: %w", tests, err)
	}
	return "./" + filepath.ToSlash(rel), nil
}

// tidyTests are tests in their form, if they are in order.
func tidyTests(name string, text []byte) []byte {
	if tidy, list, err := format.Source(name, text, format.Tests); err == nil && !list.HasErrors() {
		return tidy
	}
	return text
}
