package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/machine"
)

// drawOptions are the flags of draw.
type drawOptions struct {
	format string
	output string
	hangUp bool
	errors bool
}

func newDraw() *cobra.Command {
	var o drawOptions
	cmd := &cobra.Command{
		Use:   "draw FILE",
		Short: "Draw a flow's state machine",
		Long: `Draw writes the compiled state machine of a flow as text that Mermaid or
Graphviz makes a picture of. Each state of the flow is a box, with the phases
of its steps in it.

Every state can be left by a hang-up or by an error. These moves, and what
follows them, are left out unless --hang-up and --errors ask for them.`,
		Example: "  ivrflow draw support.ivr.yaml -o support.mmd\n  ivrflow draw --format graphviz support.ivr.yaml | dot -Tsvg -o support.svg",
		Args:    arguments(1, 1, "one flow file"),
		RunE:    func(cmd *cobra.Command, args []string) error { return draw(cmd, o, args[0]) },
	}
	cmd.Flags().StringVar(&o.format, "format", "mermaid", "mermaid or graphviz")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write to this file, not to standard output")
	cmd.Flags().BoolVar(&o.hangUp, "hang-up", false, "show what a hang-up leads to")
	cmd.Flags().BoolVar(&o.errors, "errors", false, "show what an error leads to")
	words(cmd, "format", "mermaid", "graphviz")
	return cmd
}

func draw(cmd *cobra.Command, o drawOptions, name string) error {
	if err := oneOf("format", o.format, "mermaid", "graphviz"); err != nil {
		return err
	}
	if err := rightKind(name); err != nil {
		return err
	}
	r := &report{stdin: cmd.InOrStdin()}
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
