package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newHelp is help for commands and the manual's topics.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "Explain a command, or show a page of the manual",
		Args:  arguments(0, -1, "a command or a topic"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return append(commandNames(root), topicNames()...), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return helpAll(cmd, root)
			}
			if c, _, err := root.Find(args); err == nil && c != root {
				c.SetOut(cmd.OutOrStdout())
				c.InitDefaultHelpFlag()
				return c.Help()
			}
			return helpTopic(cmd, root, args)
		},
	}
}

// helpAll lists the commands and the topics.
func helpAll(cmd, root *cobra.Command) error {
	if err := root.Help(); err != nil {
		return failuref("writing help: %w", err)
	}
	if names := topicNames(); len(names) > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "\nTopics of the manual, for ivrflow help TOPIC:\n  %s\n", strings.Join(names, "\n  "))
	}
	return nil
}

func helpTopic(cmd, root *cobra.Command, args []string) error {
	name := strings.Join(args, " ")
	page, ok := topicPage(name)
	if !ok {
		return usagef("no command or topic %q%s", name, hint(name, append(commandNames(root), topicNames()...), "run ivrflow help"))
	}
	fmt.Fprintln(cmd.OutOrStdout(), strings.TrimRight(page, "\n"))
	return nil
}
