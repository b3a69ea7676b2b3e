package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

func (r *report) writeText(w io.Writer) error {
	for _, m := range r.mended {
		if _, err := fmt.Fprintln(w, m); err != nil {
			return err
		}
	}
	if err := r.print(w, r.list); err != nil {
		return err
	}
	for _, f := range r.filled {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
	}
	for _, words := range r.record {
		if _, err := fmt.Fprintln(w, words); err != nil {
			return err
		}
	}
	for _, n := range r.needs {
		if _, err := fmt.Fprintln(w, n); err != nil {
			return err
		}
	}
	return nil
}

// toRecord is what is still to be recorded for a flow.
type toRecord struct {
	File string `json:"file"`
	flow.ToRecord
}

// String is a line of check -v.
func (r toRecord) String() string {
	kind := strings.Join(append([]string{r.Kind}, r.Currencies...), " ")
	return fmt.Sprintf("%s: to be recorded for say_as: %s in %s: %s", r.File, kind, r.Locale, strings.Join(r.Words, ", "))
}

// print writes findings with their source lines.
func (r *report) print(w io.Writer, list diag.List) error {
	sources := map[string][]byte{}
	for _, d := range list {
		if src := r.source(d.Pos.File); src != nil {
			sources[d.Pos.File] = src
		}
	}
	return diag.Print(w, list, sources)
}

// finding is a finding in JSON.
type finding struct {
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Col      int           `json:"col"`
	EndCol   int           `json:"end_col,omitempty"`
	Severity diag.Severity `json:"severity"`
	Rule     string        `json:"rule"`
	Message  string        `json:"message"`
	Fix      *fix          `json:"fix,omitempty"`
}

// fix is a mend in JSON: text in the place of the columns from col to before
// end_col.
type fix struct {
	Line   int    `json:"line"`
	Col    int    `json:"col"`
	EndCol int    `json:"end_col"`
	Text   string `json:"text"`
}

func fixOf(d diag.Diagnostic) *fix {
	if d.Fix.Old == "" {
		return nil
	}
	return &fix{d.Fix.Line, d.Fix.Col, d.Fix.EndCol(), d.Fix.Text}
}

func (r *report) writeJSON(w io.Writer, o checkOptions) error {
	doc := struct {
		Files    int         `json:"files"`
		Findings []finding   `json:"findings"`
		Filled   *[]filledIn `json:"filled_in,omitempty"`
		Record   *[]toRecord `json:"to_record,omitempty"`
		Mended   []mend      `json:"mended,omitempty"`
		Needs    *[]needed   `json:"permissions,omitempty"`
	}{Files: r.files, Findings: findings(r.list), Mended: r.mended}
	if o.rights {
		all := append([]needed{}, r.needs...)
		doc.Needs = &all
	}
	if o.verbose {
		all := append([]filledIn{}, r.filled...)
		record := append([]toRecord{}, r.record...)
		doc.Filled, doc.Record = &all, &record
	}
	return encode(w, doc)
}

// findings is a list in JSON, [] if it is empty.
func findings(list diag.List) []finding {
	all := make([]finding, 0, len(list))
	for _, d := range list {
		all = append(all, finding{d.Pos.File, d.Pos.Line, d.Pos.Col, d.EndCol, d.Severity, d.Rule, d.Message, fixOf(d)})
	}
	return all
}

func encode(w io.Writer, doc any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

// summary is "2 files: 1 error, 3 warnings".
func (r *report) summary() string {
	var parts []string
	for _, s := range []diag.Severity{diag.Error, diag.Warning, diag.Note} {
		if n := r.list.Count(s); n > 0 {
			parts = append(parts, plural(n, s.String()))
		}
	}
	if len(r.failed) > 0 {
		parts = append(parts, plural(len(r.failed), "file")+" not read")
	}
	if len(parts) == 0 {
		parts = append(parts, "no findings")
	}
	text := plural(r.files, "file") + ": " + strings.Join(parts, ", ")
	if n := len(r.mended); n > 0 {
		text += fmt.Sprintf("; mended %d", n)
	} else if n := r.list.Fixes(); n > 0 {
		text += fmt.Sprintf("; --fix can mend %d", n)
	}
	return text
}
