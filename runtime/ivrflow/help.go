package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/manual"
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
	topics := manual.Topics()
	if len(topics) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "\nThe manual:\n")
	for _, t := range topics {
		fmt.Fprintf(w, "  %s\t%s\n", t.Name, t.Title)
	}
	fmt.Fprint(w, "\nUse \"ivrflow help TOPIC\" to read a page.\n")
	if err := w.Flush(); err != nil {
		return failuref("writing help: %w", err)
	}
	return nil
}

// topicNames are the pages of the manual.
func topicNames() []string {
	var names []string
	for _, t := range manual.Topics() {
		names = append(names, t.Name)
	}
	return names
}

// helpTopic shows a page of the manual.
func helpTopic(cmd, root *cobra.Command, args []string) error {
	name := strings.Join(args, " ")
	page, ok := manual.Page(name)
	if !ok {
		return usagef("no command or topic %q%s", name, hint(name, append(commandNames(root), topicNames()...), "run ivrflow help"))
	}
	fmt.Fprintln(cmd.OutOrStdout(), strings.TrimRight(page, "\n"))
	return nil
}
