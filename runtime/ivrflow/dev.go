package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/runtime/ivrflow/dev"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

func newDev() *cobra.Command {
	var o dev.Options
	var speech, convert string
	cmd := &cobra.Command{
		Use:   "dev [PATH]",
		Short: "Ring a flow from the terminal",
		Long: `Dev starts the bot and a simulated Graph in this process, on a loopback address,
and puts you on the phone: hear the prompts, press keys, be recorded, hang up.
PATH is a flow file, or a folder with one; without it you ring a demo. The flow
is read again when its file changes. Nothing leaves this machine: actions and
HTTP requests are answered here, as --given says. Only with --config are
requests sent, to the hosts that the configuration allows the flow.

` + dev.ScriptHelp,
		Example: "  ivrflow dev\n  ivrflow dev support.ivr.yaml --given verify=ok\n  ivrflow dev support.ivr.yaml --fast --script '1#,wait 3s,2'\n  ivrflow dev --record support.ivr.yaml",
		Args:    arguments(0, 1, "one flow file or folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Path = args[0]
			}
			if slices.Contains(o.Oddities, "list") {
				fmt.Fprint(cmd.OutOrStdout(), dev.OddityHelp())
				return nil
			}
			var err error
			if o.Speech, err = splitWords(speech); err != nil {
				return usagef("dev: --speech %s: %w", speech, err)
			}
			if o.Audio, err = audioBy(convert); err != nil {
				return err
			}
			return runDev(cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Caller, "caller", "", "who rings: a number such as +442071838750, or a user's object id")
	f.StringVar(&o.Called, "called", "", "what is dialled: a number, or the object id of a resource account")
	f.StringVar(&o.Script, "script", "", "what the caller does, such as '1#,wait 3s,2'")
	f.BoolVar(&o.Fast, "fast", false, "play the script in virtual time")
	f.StringArrayVar(&o.Given, "given", nil, "the outcome of an action, such as verify=wrong, or the status that answers an http step, such as STEP=404; may be given again")
	f.StringArrayVar(&o.Config, "set", nil, "a value of the flow's config, such as desk=ID; may be given again")
	f.StringVar(&o.Bot, "config", "", "a bot's configuration file: HTTP requests are sent to the hosts that it allows")
	f.StringArrayVar(&o.Targets, "target", nil, "what a target does, such as ID=busy; may be given again")
	f.StringArrayVar(&o.Oddities, "oddity", nil, "an odd behaviour of Graph, such as duplicates; \"list\" shows all; may be given again")
	f.Uint64Var(&o.Seed, "seed", 0, "of ids and of what is left to chance")
	f.StringVar(&speech, "speech", "", "command that speaks texts; its arguments may hold {locale} and {voice}, and be quoted; \"tones\": nobody speaks")
	convertFlag(cmd, &convert)
	f.BoolVar(&o.Mute, "mute", false, "play no sound")
	f.BoolVar(&o.Record, "record", false, "make a test of each call, in NAME.ivr-test.yaml beside the flow")
	f.StringVar(&o.WAV, "wav", "", "write what the caller hears to this file")
	words(cmd, "oddity", oddityNames()...)
	words(cmd, "speech", "tones")
	return cmd
}

// oddityNames complete --oddity.
func oddityNames() []string {
	names := []string{"list", dev.SomeOddities}
	for _, o := range graphsim.Oddities() {
		names = append(names, cobra.CompletionWithDesc(string(o.Name), o.Doc))
	}
	return names
}

// splitWords is a command line's words, as a shell splits it: at blanks, except
// between quotes of either kind. Nothing is expanded or escaped.
func splitWords(line string) ([]string, error) {
	var list []string
	var word strings.Builder
	var quote rune // that is open
	begun := false // a word, perhaps an empty one in quotes
	for _, r := range line {
		switch {
		case quote == r:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, begun = r, true
		case quote == 0 && unicode.IsSpace(r):
			if begun {
				list = append(list, word.String())
				word.Reset()
			}
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the quote %c is not closed", quote)
	}
	if begun {
		list = append(list, word.String())
	}
	return list, nil
}

// runDev runs the phone. It gets the terminal itself, not a wrapper of it.
func runDev(cmd *cobra.Command, o dev.Options) error {
	out := cmd.OutOrStdout()
	if checked, ok := out.(*checkedWriter); ok {
		out = checked.w
	}
	return exit(dev.Run(cmd.Context(), o, cmd.InOrStdin(), out, cmd.ErrOrStderr()))
}
