package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/picture"
	"github.com/ivrflow/ivrflow/testkit/picture/svg"
)

// drawOptions are the flags of draw.
type drawOptions struct {
	format  string
	output  string
	convert string
	called  string
	call    string
	full    bool
	hangUp  bool
	errors  bool
}

func newDraw() *cobra.Command {
	var o drawOptions
	cmd := &cobra.Command{
		Use:   "draw PATH",
		Short: "Draw a flow",
		Long: `Draw makes a picture of a flow: a box for each state with what it does, and
arrows with the keys and outcomes that lead from one to another. --format svg, or
an output file NAME.svg, is a picture for browsers and printers; mermaid and
graphviz are text for other programs. PATH is a flow file, or a folder with one; -
is standard input. "ivrflow help draw" says how to read the picture.

--full draws the machine that runs: a box for each phase of each step.

Every state can be left by a hang-up or by an error. These ways, and what follows
them, are left out unless --hang-up and --errors ask for them.

--call lays calls over the picture, so that one sees where they went. FILE is what
"ivrflow calls show --format json" prints, of one call or of several; - is standard
input.`,
		Example: "  ivrflow draw support.ivr.yaml -o support.svg\n  ivrflow draw --full --format graphviz support.ivr.yaml | dot -Tpdf -o support.pdf\n" +
			"  ivrflow calls show --format json fOXoPxYggsxDHiS_LHfhrQ | ivrflow draw support.ivr.yaml --call - -o call.svg\n  ivrflow draw invoices.ivr.yaml --flow flows/card -o card.svg",
		Args: arguments(1, 1, "one flow file or folder"),
		RunE: func(cmd *cobra.Command, args []string) error { return draw(cmd, o, args[0]) },
	}
	cmd.Flags().StringVar(&o.format, "format", "", "mermaid, graphviz or svg; without it as the output file is called, else mermaid")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write to this file, not to standard output")
	convertFlag(cmd, &o.convert)
	cmd.Flags().StringVar(&o.called, "flow", "", "draw a flow that this one calls, by the name that the call has")
	cmd.Flags().StringVar(&o.call, "call", "", "lay the calls in this file over the picture")
	cmd.Flags().BoolVar(&o.full, "full", false, "draw the phases of the steps")
	cmd.Flags().BoolVar(&o.hangUp, "hang-up", false, "show what a hang-up leads to")
	cmd.Flags().BoolVar(&o.errors, "errors", false, "show what an error leads to")
	words(cmd, "format", "mermaid", "graphviz", "svg")
	return cmd
}

func draw(cmd *cobra.Command, o drawOptions, name string) error {
	if o.format == "" {
		var err error
		if o.format, err = formatOf(o.output); err != nil {
			return err
		}
	}
	if err := oneFormat(o.format, "mermaid", "graphviz", "svg"); err != nil {
		return err
	}
	name, err := oneFlow(cmd.Context(), name)
	switch {
	case err != nil:
		return err
	case sameFile(name, o.output):
		return usagef("--output %s is the flow itself, which would be lost", o.output)
	case name == standardInput && o.call == standardInput:
		return usagef("the flow and --call cannot both be standard input; give one of them as a file")
	}
	f, err := openFlow(cmd, o.convert, name)
	if err != nil {
		return err
	}
	file := displayed(diag.Pos{File: f.File}, f, name).File
	if f, err = calledFlow(f, o.called); err != nil {
		return err
	}
	if f.Key != "" {
		file = ""
	}
	how := picture.Options{Full: o.full, HangUp: o.hangUp, Errors: o.errors, File: file}
	if o.call != "" {
		if how.Overlay, err = callOverlay(cmd, o.call, f); err != nil {
			return err
		}
	}
	text, err := pictureText(cmd.Context(), picture.Of(f, how), o.format)
	if err != nil {
		return err
	}
	return writeOut(cmd, o.output, text)
}

// formatOf is the format that the name of an output file asks for.
func formatOf(output string) (string, error) {
	switch ext := strings.ToLower(filepath.Ext(output)); ext {
	case ".svg":
		return "svg", nil
	case ".dot", ".gv":
		return "graphviz", nil
	case ".png", ".pdf", ".jpg", ".jpeg", ".gif", ".webp":
		return "", usagef("%s: pictures are not drawn as %s; write NAME.svg, NAME.gv or NAME.mmd", output, ext[1:])
	}
	return "mermaid", nil
}

func pictureText(ctx context.Context, p *picture.Picture, format string) ([]byte, error) {
	switch format {
	case "graphviz":
		return []byte(p.Graphviz()), nil
	case "mermaid":
		return []byte(p.Mermaid()), nil
	}
	image, err := svg.Draw(ctx, p)
	if err != nil {
		return nil, failuref("%w", err)
	}
	return image, nil
}

// openFlow loads one flow, and prints what is wrong with it if it cannot.
func openFlow(cmd *cobra.Command, convert, name string) (*flow.Flow, error) {
	r := &report{stdin: cmd.InOrStdin()}
	var err error
	if r.audio, err = audioBy(convert); err != nil {
		return nil, err
	}
	f, list, err := r.load(name)
	if err != nil {
		return nil, failuref("%w", err)
	}
	if f == nil {
		if err := r.print(cmd.ErrOrStderr(), list); err != nil {
			return nil, failuref("writing the findings: %w", err)
		}
		return nil, exit(exitFindings)
	}
	return f, nil
}

// calledFlow is a flow of those that a flow calls, by the name of the call; the flow
// itself for none.
func calledFlow(f *flow.Flow, name string) (*flow.Flow, error) {
	if name == "" {
		return f, nil
	}
	var known []string
	for _, m := range f.Members() {
		called := m.Key
		if !strings.HasPrefix(called, "flows/") {
			called = m.Name
		}
		if called == name {
			return m, nil
		}
		if m != f {
			known = append(known, called)
		}
	}
	if len(known) == 0 {
		return nil, usagef("--flow %s: %s calls no other flow", name, f.Name)
	}
	return nil, usagef("--flow %s: %s calls %s%s", name, f.Name, diag.OneOf(known), diag.DidYouMean(name, known))
}

// writeOut writes a result to a file, or to standard output.
func writeOut(cmd *cobra.Command, output string, text []byte) error {
	var err error
	if output == "" {
		_, err = cmd.OutOrStdout().Write(text)
	} else {
		err = os.WriteFile(output, text, 0o644)
	}
	if err != nil {
		return failuref("writing the result: %w", err)
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
