package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/machine"
)

// drawOptions are the flags of draw.
type drawOptions struct {
	format  string
	output  string
	convert string
	hangUp  bool
	errors  bool
}

func newDraw() *cobra.Command {
	var o drawOptions
	cmd := &cobra.Command{
		Use:   "draw PATH",
		Short: "Draw a flow's state machine",
		Long: `Draw writes the compiled state machine of a flow as text that Mermaid or
Graphviz makes a picture of. Each state of the flow is a box, with the phases
of its steps in it. PATH is a flow file, or a folder with one; - is standard
input.

Every state can be left by a hang-up or by an error. These moves, and what
follows them, are left out unless --hang-up and --errors ask for them.`,
		Example: "  ivrflow draw support.ivr.yaml -o support.mmd\n  ivrflow draw --format graphviz support.ivr.yaml | dot -Tsvg -o support.svg",
		Args:    arguments(1, 1, "one flow file or folder"),
		RunE:    func(cmd *cobra.Command, args []string) error { return draw(cmd, o, args[0]) },
	}
	cmd.Flags().StringVar(&o.format, "format", "mermaid", "mermaid or graphviz")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write to this file, not to standard output")
	convertFlag(cmd, &o.convert)
	cmd.Flags().BoolVar(&o.hangUp, "hang-up", false, "show what a hang-up leads to")
	cmd.Flags().BoolVar(&o.errors, "errors", false, "show what an error leads to")
	words(cmd, "format", "mermaid", "graphviz")
	return cmd
}

func draw(cmd *cobra.Command, o drawOptions, name string) error {
	if err := oneFormat(o.format, "mermaid", "graphviz"); err != nil {
		return err
	}
	name, err := oneFlow(cmd.Context(), name)
	if err != nil {
		return err
	}
	if sameFile(name, o.output) {
		return usagef("--output %s is the flow itself, which would be lost", o.output)
	}
	r := &report{stdin: cmd.InOrStdin()}
	if r.audio, err = audioBy(o.convert); err != nil {
		return err
	}
	f, list, err := r.load(name)
	if err != nil {
		return failuref("%w", err)
	}
	if f == nil {
		if err := r.print(cmd.ErrOrStderr(), list); err != nil {
			return failuref("writing the findings: %w", err)
		}
		return exit(exitFindings)
	}
	text := f.Machine.Mermaid(picture(f, o))
	if o.format == "graphviz" {
		text = f.Machine.Graphviz(picture(f, o))
	}
	if o.output == "" {
		_, err = io.WriteString(cmd.OutOrStdout(), text)
	} else {
		err = os.WriteFile(o.output, []byte(text), 0o644)
	}
	if err != nil {
		return failuref("writing the picture: %w", err)
	}
	return nil
}

// oneFlow is a flow file, or the only one in a folder.
func oneFlow(ctx context.Context, path string) (string, error) {
	names, err := files(ctx, []string{path}, flowEnd)
	switch {
	case err != nil:
		return "", err
	case len(names) > 1:
		return "", usagef("the folder %s has %d flows (%s); name one of them", path, len(names), shortList(names))
	}
	return names[0], rightKind(names[0])
}

// shortList is a list for a message, cut short.
func shortList(names []string) string {
	const most = 5
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// sameFile reports two names of one file that is there.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// picture says what a flow's drawing shows.
func picture(f *flow.Flow, o drawOptions) machine.Picture {
	section := func(state string) (flow.Section, bool) {
		place, ok := f.At(state)
		if !ok || place.Step == flow.None {
			return flow.InState, false
		}
		return f.Steps[place.Step].Section, true
	}
	title := f.Name
	if f.Description != "" {
		title = fmt.Sprintf("%s: %s", f.Name, f.Description)
	}
	return machine.Picture{
		Title: title,
		Group: func(state string) string {
			place, ok := f.At(state)
			if !ok || place.Step == flow.None {
				return ""
			}
			return f.Steps[place.Step].State
		},
		Hide: func(m machine.Move) bool {
			from, _ := section(m.From)
			to, _ := section(m.To)
			onHangUp := m.Trigger == flow.TriggerHangUp || from == flow.InOnHangup
			onError := m.Trigger == flow.TriggerError || from == flow.InOnError || to == flow.InOnError
			return onHangUp && !o.hangUp || onError && !o.errors
		},
	}
}
