// Command ivrflow checks, draws, tests, tries and runs phone menus that are
// written as flow files.
//
//	ivrflow dev                     ring a demo flow from the terminal
//	ivrflow dev support.ivr.yaml    ring your own
//	ivrflow check flows             find what is wrong with flows
//	ivrflow test flows              play their tests
//	ivrflow prove flows             find out what holds of all their calls
//	ivrflow fmt flows               write them in one form
//	ivrflow draw support.ivr.yaml   draw a flow's state machine
//	ivrflow diff OLD NEW            find out whether callers can tell two versions apart
//	ivrflow script flows            list what callers can hear
//	ivrflow schema                  print the JSON Schema of flows, for editors
//	ivrflow run --config bot.yaml   answer calls
//	ivrflow campaign run FILE       call the people on a list
//	ivrflow calls list              look at calls
//	ivrflow replay                  play calls again, on their version or another one
//	ivrflow graphsim                run the simulated Graph, for bots in any language
//
// It exits with 0 if all is fine, 1 if it found faults or a test failed, 2 if
// it was used wrongly and 3 if it could not do its work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Exit codes.
const (
	exitFine     = 0
	exitFindings = 1 // of check, or tests that failed
	exitUsage    = 2 // unknown command or flag, wrong argument
	exitFailure  = 3 // a file that cannot be read, a port that is taken
)

// Main runs the command with its arguments, without the program's name, and
// answers its exit code. It ends soon after ctx is over or the process got
// SIGINT or SIGTERM; a second signal ends the process at once.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	out := &checkedWriter{w: stdout}
	root := newRoot(stdin, out, stderr)
	root.SetArgs(append([]string{}, args...)) // nil would stand for the process's own
	code := exitCode(root.ExecuteContext(ctx), stderr)
	if out.err != nil && code == exitFine {
		fmt.Fprintln(stderr, "ivrflow: writing the output:", out.err)
		return exitFailure
	}
	return code
}

// exitError ends the command with a code. Without an error, all has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usagef is wrong use.
func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// failuref is a failure of the command itself.
func failuref(format string, args ...any) error {
	return &exitError{exitFailure, fmt.Errorf(format, args...)}
}

// exit ends the command with a code and without a word.
func exit(code int) error {
	if code == exitFine {
		return nil
	}
	return &exitError{code: code}
}

// exitCode says what went wrong. An error that is not ours is the flag
// parser's.
func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return exitFine
	}
	code := exitUsage
	if e, ok := errors.AsType[*exitError](err); ok {
		if e.err == nil {
			return e.code
		}
		code = e.code
	}
	fmt.Fprintln(stderr, "ivrflow:", err)
	return code
}

func newRoot(stdin io.Reader, stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "ivrflow",
		Short: "Phone menus for Microsoft Teams calls, written as flow files",
		Long: `Ivrflow checks, draws, tests, tries and runs phone menus that are written as
flow files, NAME.ivr.yaml.

Exit codes: 0 all is fine, 1 findings or failed tests, 2 wrong use, 3 failure.`,
		Args:               cobra.ArbitraryArgs,
		SilenceErrors:      true,
		SilenceUsage:       true,
		DisableSuggestions: true,
		RunE:               noCommand,
	}
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newCalls(), newCampaign(), newCheck(), newDev(), newDiff(), newDrain(), newDraw(), newFlows(), newFmt(), newGraphsim(), newNodes(), newProve(), newReplay(), newRun(), newSchema(), newScript(), newTest(), newVersion())
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultHelpCmd()
	addCompletion(root)
	info, _ := debug.ReadBuildInfo()
	root.Version = version(info)
	root.SetVersionTemplate("{{.Version}}")
	return root
}

// addCompletion adds cobra's command, which by itself takes any word for a
// shell.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(cmd *cobra.Command, args []string) error {
			var shells []string
			for _, s := range cmd.Commands() {
				shells = append(shells, s.Name())
			}
			if len(args) == 0 {
				return usagef("completion needs the name of a shell: %s", diag.OneOf(shells))
			}
			return usagef("no completion for %q%s", args[0], hint(args[0], shells, "there is "+diag.OneOf(shells)))
		}
	}
}

// noCommand is what happens without a command, or with an unknown one.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		cmd.SetOut(cmd.ErrOrStderr())
		return errors.Join(cmd.Help(), exit(exitUsage))
	}
	return usagef("no command %q%s", args[0], hint(args[0], commandNames(cmd.Root()), "run ivrflow help"))
}

// commandNames are the names that can follow ivrflow.
func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			names = append(names, c.Name())
		}
	}
	return names
}

// hint is what to do about an unknown word: take the one that was probably
// meant, or else.
func hint(word string, known []string, otherwise string) string {
	if h := diag.DidYouMean(word, known); h != "" {
		return h
	}
	return "; " + otherwise
}

// flagError explains a wrong flag, with the one that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	more := "run " + cmd.CommandPath() + " --help"
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := invalid.GetFlag()
		want := "a " + f.Value.Type()
		switch f.Value.Type() {
		case "bool":
			want = "true or false"
		case "uint64":
			want = "a whole number from 0"
		}
		return usagef("%s: --%s takes %s, not %q; %s", cmd.Name(), f.Name, want, invalid.GetValue(), more)
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return usagef("%s: %w; %s", cmd.Name(), err, more)
	}
	if short := unknown.GetSpecifiedShortnames(); short != "" {
		return usagef("%s has no flag -%s; %s", cmd.Name(), unknown.GetSpecifiedName(), more)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	name := "--" + unknown.GetSpecifiedName()
	return usagef("%s has no flag %s%s", cmd.Name(), name, hint(name, names, more))
}

// arguments checks the number of arguments.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef("%s needs %s; run %s --help", cmd.Name(), what, cmd.CommandPath())
		case most >= 0 && len(args) > most:
			return usagef("%s takes %s, and got %s", cmd.Name(), what, plural(len(args), "argument"))
		}
		return nil
	}
}

// oneFormat checks the value of --format.
func oneFormat(value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return usagef("--format is %s, not %q%s", diag.OneOf(words), value, diag.DidYouMean(value, words))
}

// words completes a flag's value.
func words(cmd *cobra.Command, flag string, choices ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("completion of --" + flag + ": " + err.Error()) // the flag is not defined: a mistake in this package
	}
}

// checkedWriter remembers the first failure, such as a full disk.
type checkedWriter struct {
	w   io.Writer
	err error
}

func (c *checkedWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

// plural is "1 file" or "2 files".
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %s", n, strings.TrimSuffix(word, "s")+"s")
}
