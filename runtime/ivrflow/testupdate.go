package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/testkit"
)

// updateTests renews what failing tests expect, file by file, after a person has
// seen it.
func updateTests(cmd *cobra.Command, o testOptions, args []string) error {
	names, err := testFiles(cmd, args)
	if err != nil {
		return err
	}
	u := &updating{testRun: newTestRun(cmd, o), answers: bufio.NewReader(cmd.InOrStdin())}
	for _, name := range names {
		if err := u.file(name); err != nil {
			return err
		}
	}
	for _, err := range u.failed {
		fmt.Fprintln(cmd.ErrOrStderr(), "ivrflow:", err)
	}
	switch {
	case len(u.failed) > 0:
		return exit(exitFailure)
	case u.left || u.list.HasErrors():
		return exit(exitFindings)
	}
	return nil
}

type updating struct {
	*testRun
	answers *bufio.Reader
	left    bool // some test fails still
}

func (u *updating) file(name string) error {
	o := testkit.Options{Audio: u.options.audio}
	if u.options.only != "" {
		o.Only = func(test string) bool { return strings.Contains(test, u.options.only) }
	}
	if hasNoTests(name) {
		u.failed = append(u.failed, untold(name))
		return nil
	}
	renewed, list, err := testkit.Renew(u.cmd.Context(), name, o)
	if err != nil {
		u.failed = append(u.failed, err)
		return nil
	}
	path := name
	if stem, isFlow := strings.CutSuffix(name, flowEnd); isFlow {
		path = stem + testEnd
	}
	if !filepath.IsLocal(name) {
		to := within(filepath.Dir(name))
		for i := range list {
			list[i].Pos.File = to(list[i].Pos.File)
		}
	}
	u.list = append(u.list, list...)
	out := u.cmd.OutOrStdout()
	if err := u.writeText(out, list, testkit.Report{}); err != nil {
		return failuref("writing the findings: %w", err)
	}
	for _, res := range renewed.Left {
		u.left = true
		fmt.Fprintf(out, "FAIL  %s\n%s", res.Name, res)
	}
	switch {
	case list.HasErrors():
		return nil
	case bytes.Equal(renewed.Before, renewed.After):
		fmt.Fprintf(out, "%s: nothing to renew\n", path)
		return nil
	}
	fmt.Fprint(out, diff(path, "renewed", string(renewed.Before), string(renewed.After)))
	if !u.agreed(path, len(renewed.Tests)) {
		u.left = true
		fmt.Fprintf(out, "%s: not changed\n", path)
		return nil
	}
	if err := replaceFile(path, renewed.After); err != nil {
		u.failed = append(u.failed, err)
		return nil
	}
	fmt.Fprintf(out, "%s: renewed %s\n", path, plural(len(renewed.Tests), "test"))
	return nil
}

// agreed asks whether to write, unless --yes says so. Nobody is there to be asked
// if standard input is no terminal.
func (u *updating) agreed(path string, tests int) bool {
	if u.options.yes {
		return true
	}
	stderr := u.cmd.ErrOrStderr()
	if in, ok := u.cmd.InOrStdin().(*os.File); ok {
		if info, err := in.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
			fmt.Fprintln(stderr, "ivrflow: nobody is there to say yes; --yes writes")
			return false
		}
	}
	fmt.Fprintf(stderr, "Is that what these tests should expect? Write %s of %s? [y/N] ", plural(tests, "test"), path)
	line, _ := u.answers.ReadString('\n') // no answer is no
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes"
}
