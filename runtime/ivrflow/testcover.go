package main

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/cover"
	"github.com/ivrflow/ivrflow/testkit/picture"
	"github.com/ivrflow/ivrflow/testkit/picture/svg"
)

// coverOptions are the flags of coverage.
type coverOptions struct {
	sums    bool
	missing bool
	html    string
	lcov    string
	min     string
	ready   bool
	write   string
	beside  bool

	least cover.Least // by min
}

func (o *coverOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.sums, "cover", false, "count what the tests reach, and print the shares")
	f.BoolVar(&o.ready, "cover-ready-made", false, "count the ready-made flows that flows call, too")
	f.BoolVar(&o.missing, "missing", false, "list the steps, outcomes and prompts that no test reaches")
	f.StringVar(&o.write, "write", "", "with --missing, write tests of a flow that reach it to this new file")
	f.BoolVar(&o.beside, "write-beside", false, "with --missing, write tests of each flow that reach it to a new file beside it")
	f.StringVar(&o.html, "cover-html", "", "write a page with the flows' pictures and source, coloured, to this file")
	f.StringVar(&o.lcov, "cover-lcov", "", "write an lcov tracefile to this file")
	f.StringVar(&o.min, "cover-min", "", "exit with 1 if a flow's share is below this percentage of outcomes; or steps=90,outcomes=100, also transitions and prompts")
}

// on reports whether anything of coverage is asked for.
func (o coverOptions) on() bool {
	return o.sums || o.missing || o.html != "" || o.lcov != "" || o.min != "" || o.ready
}

func (o *coverOptions) check() (err error) {
	switch {
	case o.writes() && !o.missing:
		return usagef("--write and --write-beside belong to --missing")
	case o.write != "" && o.beside:
		return usagef("--write names one file, --write-beside writes one beside each flow; leave one of them out")
	}
	if o.write != "" {
		if err := newTests(o.write); err != nil {
			return err
		}
	}
	if o.min == "" {
		return nil
	}
	if o.least, err = cover.ParseLeast(o.min); err != nil {
		return usagef("--cover-min: %w", err)
	}
	return nil
}

// addUntested makes flows part of the coverage that no test file is for, those of folders
// too. They count as not reached.
func (t *testRun) addUntested(args []string) error {
	if t.tally == nil {
		return nil
	}
	known := map[string]bool{}
	for _, f := range t.tally.Report().Files {
		known[filepath.FromSlash(f.Name)] = true
	}
	for _, arg := range args {
		if info, err := os.Stat(arg); err != nil || !info.IsDir() && !hasNoTests(arg) {
			continue
		}
		names, err := below(t.cmd.Context(), filepath.Clean(arg), []string{flowEnd})
		if err != nil {
			return failuref("searching %s: %w", arg, err)
		}
		for _, name := range names {
			if known[name] {
				continue
			}
			if _, err := t.addFlow(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// addFlow makes a flow part of the coverage. It is nil if it cannot be loaded, which is
// told.
func (t *testRun) addFlow(name string) (*flow.Flow, error) {
	f, list, err := t.load(name)
	switch {
	case err != nil:
		t.failed = append(t.failed, err)
	case f == nil:
		list = slices.DeleteFunc(list, func(d diag.Diagnostic) bool { return slices.Contains(t.list, d) }) // its tests have said it
		t.list = append(t.list, list...)
		if err := t.print(t.text(), list); err != nil {
			return nil, failuref("writing the report: %w", err)
		}
	default:
		t.tally.Add(f, coverDir(f, name))
	}
	return f, nil
}

// finishCover writes what the tests reach.
func (t *testRun) finishCover() error {
	if t.tally == nil {
		return nil
	}
	o, rep := t.options.cover, t.tally.Report()
	write := func(name string, to func(io.Writer) error) error {
		if name == "" {
			return nil
		}
		if err := writeFile(name, to); err != nil {
			return failuref("writing the coverage: %w", err)
		}
		return nil
	}
	page := func(w io.Writer) error {
		return rep.WriteHTML(w, cover.HTMLOptions{Source: t.coveredSource, Picture: t.coveredPicture})
	}
	if err := write(o.html, page); err != nil {
		return err
	}
	if err := write(o.lcov, rep.WriteLCOV); err != nil {
		return err
	}
	err := rep.Print(t.text())
	if err == nil && o.missing {
		err = rep.PrintMissing(t.text())
	}
	if err != nil {
		return failuref("writing the coverage: %w", err)
	}
	if err := t.writeMissing(); err != nil {
		return err
	}
	lacks := rep.Below(o.least)
	t.below = len(lacks) > 0
	for _, line := range lacks {
		fmt.Fprintln(t.cmd.ErrOrStderr(), "ivrflow:", line)
	}
	return nil
}

// coveredSource is the text of a file, which a ready-made flow's may be.
func (t *testRun) coveredSource(name string) []byte {
	if src := t.source(name); src != nil {
		return src
	}
	rest, _ := strings.CutPrefix(name, "flows/")
	src, _ := fs.ReadFile(flows.FS, rest) // without it the page has no source
	return src
}

// coveredPicture is the flow with what tests play laid over it. A flow that cannot be
// drawn has the reason in its place.
func (t *testRun) coveredPicture(f *flow.Flow, of cover.File) (template.HTML, error) {
	image, err := svg.Draw(t.cmd.Context(), picture.Of(f, picture.Options{File: of.Name, Overlay: picture.Covered(of.Moves())}))
	if err != nil {
		return template.HTML("<p>No picture: " + template.HTMLEscapeString(err.Error()) + "</p>"), nil
	}
	return template.HTML(image), nil //nolint:gosec // it is made here, and its texts are escaped
}
