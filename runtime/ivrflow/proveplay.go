package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// play plays the calls that were found, as tests of a file that is not written, and
// writes them as ivrflow test -v does.
func (p *proof) play(cmd *cobra.Command, r *prove.Report, name string) error {
	stderr := cmd.ErrOrStderr()
	all, without := r.Calls()
	for _, err := range without {
		fmt.Fprintln(stderr, "ivrflow: not played:", err)
	}
	if len(all) == 0 {
		return nil
	}
	file := filepath.Join(filepath.Dir(name), "found"+testEnd)
	text := tidyTests(file, prove.File("./"+filepath.Base(name), all))
	o := testkit.Options{Audio: p.audio}
	o.FS = oneMore{os.DirFS("."), filepath.ToSlash(file), text}
	if !filepath.IsLocal(file) {
		file = filepath.Base(file)
		o.FS = oneMore{os.DirFS(filepath.Dir(name)), file, text}
	}
	rep, list, err := testkit.RunFile(cmd.Context(), filepath.ToSlash(file), o)
	if err != nil {
		return fmt.Errorf("playing what was found: %w", err)
	}
	fmt.Fprintln(cmd.OutOrStdout())
	t := newTestRun(cmd, testOptions{verbose: true})
	if err := t.writeText(cmd.OutOrStdout(), list, rep); err != nil {
		return err
	}
	for _, test := range rep.Tests {
		if test.Passed {
			fmt.Fprintf(stderr, "ivrflow: the call of %q was played, and as a test it passes: a test cannot say what is wrong in it, or it goes another way\n", test.Name)
		}
	}
	return nil
}

// plays checks that what is found can be played.
func (o proveOptions) plays(names []string) error {
	for _, name := range names {
		if o.play && name == standardInput {
			return usagef("--play plays the calls of flow files, not of standard input")
		}
	}
	if o.play && (o.format != "text" || o.output != "") {
		return usagef("--play is for people; leave --format and --output out")
	}
	return nil
}

// oneMore is a file system with one file more.
type oneMore struct {
	fs.FS
	name string
	text []byte
}

// ReadFile reads the file, or one of the others.
func (o oneMore) ReadFile(name string) ([]byte, error) {
	if name == o.name {
		return o.text, nil
	}
	return fs.ReadFile(o.FS, name)
}
