package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/format"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// fmtOptions are the flags of fmt.
type fmtOptions struct {
	diff  bool
	check bool
}

func newFmt() *cobra.Command {
	var o fmtOptions
	cmd := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Write flows, tests and catalogues in one form",
		Long: `Fmt brings files into the form that all flows have: *.ivr.yaml, *.ivr-test.yaml
and *.prompts.yaml. In a folder it takes all of them; without an argument those
of the working directory. It names the files that it changed. - is standard
input, whose form is written to standard output.

The sections of a flow get their order, and so do the keys of a step: the verb,
id, when, options, outcomes. Everything is indented by 2, blank lines never come
in twos. States, steps, options and outcomes stay in your order, and comments,
quotes, line breaks and maps in { } as they are.

What a file means never changes. A file that is not valid YAML is left alone.

With --check or --diff no file is changed. --check names the files whose form is
another, and ends with 1 if there are any; --diff shows what would change.`,
		Example: "  ivrflow fmt flows\n  ivrflow fmt --check .\n  ivrflow fmt -d support.ivr.yaml\n  ivrflow fmt - <support.ivr.yaml",
		RunE:    func(cmd *cobra.Command, args []string) error { return runFmt(cmd, o, args) },
	}
	cmd.Flags().BoolVarP(&o.diff, "diff", "d", false, "show what would change, and change nothing")
	cmd.Flags().BoolVar(&o.check, "check", false, "name the files that would change, change nothing, and exit with 1 if there are any")
	return cmd
}

func runFmt(cmd *cobra.Command, o fmtOptions, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	names, err := files(cmd.Context(), args, flowEnd, testEnd, catalogueEnd)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasSuffix(name, flowEnd) && name != standardInput && isConfig(name) {
			return usagef("%s is a bot's configuration; fmt is for flows, their tests, and catalogues", name)
		}
	}
	f := &fmtRun{cmd: cmd, options: o}
	for _, name := range names {
		if cmd.Context().Err() != nil {
			return failuref("interrupted")
		}
		if err := f.file(name); err != nil {
			f.failed = true
			fmt.Fprintln(cmd.ErrOrStderr(), "ivrflow:", withHint(err, name))
		}
	}
	switch {
	case f.failed:
		return exit(exitFailure)
	case f.invalid, f.changed && o.check:
		return exit(exitFindings)
	}
	return nil
}

// fmtRun is what came of the files.
type fmtRun struct {
	cmd     *cobra.Command
	options fmtOptions
	changed bool // some file has another form
	invalid bool // some file is not valid YAML
	failed  bool
}

func (f *fmtRun) file(name string) error {
	src, shown, err := f.read(name)
	if err != nil {
		return err
	}
	out, list, err := format.Source(shown, src, kindOf(name, src))
	if err != nil {
		return err
	}
	if list.HasErrors() {
		f.invalid = true
		list.Sort()
		return diag.Print(f.cmd.ErrOrStderr(), list, map[string][]byte{shown: src})
	}
	same := bytes.Equal(src, out)
	f.changed = f.changed || !same
	if name == standardInput && !f.options.check && !f.options.diff {
		_, err := f.cmd.OutOrStdout().Write(out)
		return err
	}
	if same {
		return nil
	}
	return f.show(shown, src, out)
}

// show names a file that changes, and changes it unless an option keeps it from
// doing so.
func (f *fmtRun) show(name string, src, out []byte) error {
	if !f.options.check && !f.options.diff {
		if err := replaceFile(name, out); err != nil {
			return err
		}
	}
	if !f.options.diff || f.options.check {
		fmt.Fprintln(f.cmd.OutOrStdout(), name)
	}
	if f.options.diff {
		fmt.Fprint(f.cmd.OutOrStdout(), diff(name, "formatted", string(src), string(out)))
	}
	return nil
}

// read is a file's text, and its name in messages.
func (f *fmtRun) read(name string) (src []byte, shown string, err error) {
	if name != standardInput {
		src, err = readLimited(name)
		return src, name, err
	}
	src, err = io.ReadAll(io.LimitReader(f.cmd.InOrStdin(), tree.MaxSize+1))
	if err != nil {
		err = fmt.Errorf("reading standard input: %w", err)
	}
	return src, "stdin", err
}

// readLimited reads at most one byte more than is formatted.
func readLimited(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	src, err := io.ReadAll(io.LimitReader(file, tree.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return src, nil
}

// kindOf is what a file holds, by its name if that tells.
func kindOf(name string, src []byte) format.Kind {
	switch {
	case strings.HasSuffix(name, flowEnd):
		return format.Flow
	case strings.HasSuffix(name, testEnd):
		return format.Tests
	case strings.HasSuffix(name, catalogueEnd):
		return format.Prompts
	}
	return format.KindOf(src)
}

// replaceFile gives a file a new content, at once or not at all. The file
// keeps its mode, and a link stays a link.
func replaceFile(name string, content []byte) error {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file that can be replaced", name)
	}
	temp, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Chmod(info.Mode().Perm()), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), target)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), os.Remove(temp.Name()))
	}
	return nil
}
