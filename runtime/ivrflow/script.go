package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/studio"
)

// scriptOptions are the flags of script.
type scriptOptions struct {
	format  string
	output  string
	convert string
	locale  string
	guide   bool
}

func newScript() *cobra.Command {
	var o scriptOptions
	cmd := &cobra.Command{
		Use:   "script PATH...",
		Short: "List what callers can hear, for the studio and the translator",
		Long: `Script lists all that callers of flows can hear: each text once, in each language,
with its length, what is missing, when it is heard, and what comes before and after
it; the values that are spoken, with examples; and the words that are still to be
recorded for them. PATH is a flow file or a folder with flows; - is standard input.
Flows that a flow calls are in its script.

csv is a table for studios and translators, a row for each text in each language.

--guide writes a manual for callers instead: what they hear, and which keys lead
where.`,
		Example: "  ivrflow script support.ivr.yaml -o support.md\n  ivrflow script --format csv flows -o texts.csv\n  ivrflow script --guide --locale de-DE support.ivr.yaml -o anleitung.md",
		Args:    arguments(1, -1, "a flow file or a folder"),
		RunE:    func(cmd *cobra.Command, args []string) error { return script(cmd, o, args) },
	}
	cmd.Flags().StringVar(&o.format, "format", "markdown", "markdown, csv or json")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write to this file, not to standard output")
	convertFlag(cmd, &o.convert)
	cmd.Flags().StringVar(&o.locale, "locale", "", "only this language; of --guide, its texts (default: the flow's first)")
	cmd.Flags().BoolVar(&o.guide, "guide", false, "write a manual for callers")
	words(cmd, "format", "markdown", "csv", "json")
	return cmd
}

func script(cmd *cobra.Command, o scriptOptions, args []string) error {
	if err := oneFormat(o.format, "markdown", "csv", "json"); err != nil {
		return err
	}
	if o.guide && o.format != "markdown" {
		return usagef("--guide is Markdown; leave out --format %s", o.format)
	}
	names, err := files(cmd.Context(), args, flowEnd)
	if err != nil {
		return err
	}
	var guides []byte
	var scripts []*studio.Script
	for _, name := range names {
		if err := rightKind(name); err != nil {
			return err
		}
		if sameFile(name, o.output) {
			return usagef("--output %s is one of the flows, which would be lost", o.output)
		}
		f, err := openFlow(cmd, o.convert, name)
		if err != nil {
			return err
		}
		if o.locale != "" && !slices.Contains(f.Locales, o.locale) {
			return usagef("--locale %s: the languages of %s are %s%s", o.locale, f.Name, diag.OneOf(f.Locales), diag.DidYouMean(o.locale, f.Locales))
		}
		guides = append(guides, guideOf(f, o.locale, len(guides) > 0)...)
		s := studio.Of(f, displayed(diag.Pos{File: f.File}, f, name).File)
		if o.locale != "" {
			s.Only(o.locale)
		}
		scripts = append(scripts, s)
	}
	text := guides
	if !o.guide {
		if text, err = scriptText(scripts, o.format); err != nil {
			return failuref("writing the script: %w", err)
		}
	}
	return writeOut(cmd, o.output, text)
}

// guideOf is a flow's manual for callers.
func guideOf(f *flow.Flow, locale string, more bool) string {
	text := studio.Guide(f, cmp.Or(locale, f.Locales[0]))
	if more {
		text = "\n" + text
	}
	return text
}

func scriptText(scripts []*studio.Script, format string) ([]byte, error) {
	var b bytes.Buffer
	switch format {
	case "json":
		err := encode(&b, scripts)
		return b.Bytes(), err
	case "csv":
		w := csv.NewWriter(&b)
		rows := [][]string{studio.Columns()}
		for _, s := range scripts {
			rows = append(rows, s.Rows()...)
		}
		for _, row := range rows {
			if err := w.Write(cells(row)); err != nil {
				return nil, err
			}
		}
		w.Flush()
		return b.Bytes(), w.Error()
	}
	for i, s := range scripts {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(s.Markdown())
	}
	return b.Bytes(), nil
}
