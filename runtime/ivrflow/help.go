package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/manual"
)

// newHelp is help for commands and the manual's topics.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC | VERB | RULE | flows/NAME]",
		Short: "Explain a command, a verb or a finding, or show a page of the manual",
		Args:  arguments(0, -1, "a command, a topic, a verb, a rule or a ready-made flow"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return helpWords(root), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return helpAll(cmd, root)
			}
			if c, _, err := root.Find(args); err == nil && c != root {
				c.SetOut(cmd.OutOrStdout())
				c.InitDefaultHelpFlag()
				if err := c.Help(); err != nil || !slices.Contains(topicNames(), args[0]) || len(args) > 1 {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout())
				return helpTopic(cmd, root, args) // "flows" is a page, too
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
	fmt.Fprint(w, "\nUse \"ivrflow help TOPIC\" to read a page, and \"ivrflow help menu\" or \"ivrflow help unset-variable\"\nto read about a verb, or about a rule that check names, and \"ivrflow help\nflows/pin\" about a ready-made flow.\n")
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

// verbNames are the verbs of the language.
func verbNames() []string {
	var names []string
	for _, v := range flow.Verbs() {
		names = append(names, v.Name)
	}
	return names
}

// verbCompletions are the verbs with what they do.
func verbCompletions() []cobra.Completion {
	var all []cobra.Completion
	for _, v := range flow.Verbs() {
		all = append(all, cobra.CompletionWithDesc(v.Name, v.Doc))
	}
	return all
}

// helpWords are what help explains, each once: "http" is a topic, a verb and a
// rule.
func helpWords(root *cobra.Command) []cobra.Completion {
	var all []cobra.Completion
	seen := map[string]bool{}
	for _, c := range slices.Concat(verbCompletions(), commandNames(root), topicNames(), manual.Rules(), flows.Names()) {
		if name, _, _ := strings.Cut(c, "\t"); !seen[name] {
			seen[name] = true
			all = append(all, c)
		}
	}
	return all
}

// explanation is all that the manual says of a topic, a verb, a rule or a
// ready-made flow; empty for another word.
func explanation(name string) string {
	var all []string
	add := func(text string, ok bool) {
		if ok {
			all = append(all, strings.TrimRight(text, "\n")+"\n")
		}
	}
	add(manual.Page(name))
	if slices.Contains(verbNames(), name) {
		add(manual.Section("language", name))
	}
	if slices.Contains(manual.Rules(), name) {
		add(manual.Section("diagnostics", name))
	}
	if page := flows.Page(name); page != "" {
		add(page, true)
	}
	return strings.Join(all, "\n")
}

// helpTopic shows a page of the manual, or parts of pages.
func helpTopic(cmd, root *cobra.Command, args []string) error {
	name := strings.Join(args, " ")
	text := explanation(name)
	if text == "" {
		known := slices.Concat(commandNames(root), topicNames(), verbNames(), manual.Rules(), flows.Names())
		return usagef("no command, topic, verb, rule or ready-made flow %q%s", name, hint(name, known, "run ivrflow help"))
	}
	fmt.Fprint(cmd.OutOrStdout(), text)
	return nil
}
