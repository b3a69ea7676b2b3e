package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// recordColumns are the columns of the CSV form.
func recordColumns() []string {
	return []string{"session", "flow", "version", "direction", "caller_kind", "caller", "called_kind", "called", "tenant", "started", "answered", "ended",
		"seconds", "ended_by", "code", "subcode", "reason", "steps", "calls", "milestones", "tags", "transfer", "damaged"}
}

// rowOf is a record as a row of CSV.
func rowOf(r calldoc.Record) []string {
	return []string{r.Session, r.Flow, r.Version, r.Direction, r.CallerKind, r.Caller, r.CalledKind, r.Called, r.Tenant, r.Started, r.Answered, r.Ended,
		strconv.FormatFloat(r.Seconds, 'f', 3, 64), r.EndedBy, strconv.Itoa(r.Code), strconv.Itoa(r.Subcode), r.Reason, strconv.Itoa(r.Steps),
		strings.Join(r.Calls, " "), strings.Join(r.Milestones, "; "), strings.Join(r.Tags, "; "), r.Transfer, strconv.FormatBool(r.Damaged)}
}

// harmless is what begins with a sign and is no formula that does anything: a
// number, a phone number, an id.
var harmless = regexp.MustCompile(`^[+-][0-9A-Za-z_.-]*$`)

// cells are a row of CSV in which no spreadsheet finds a formula: what it would run
// as one has "'" before it.
func cells(row []string) []string {
	for i, c := range row {
		first, _ := utf8.DecodeRuneInString(c)
		if strings.ContainsRune("=@\t\r\n＝＠＋－", first) || (first == '+' || first == '-') && !harmless.MatchString(c) {
			row[i] = "'" + c
		}
	}
	return row
}

// recordWriter writes records in one of the forms jsonl and csv.
type recordWriter struct {
	json *json.Encoder
	csv  *csv.Writer
}

func newRecordWriter(out io.Writer, format string) (*recordWriter, error) {
	w := &recordWriter{}
	if format == "csv" {
		w.csv = csv.NewWriter(out)
		return w, w.csv.Write(recordColumns())
	}
	w.json = json.NewEncoder(out)
	w.json.SetEscapeHTML(false)
	return w, nil
}

func (w *recordWriter) write(list []store.Summary) error {
	for _, s := range list {
		var err error
		if w.csv != nil {
			err = w.csv.Write(cells(rowOf(calldoc.RecordOf(s))))
		} else {
			err = w.json.Encode(calldoc.RecordOf(s))
		}
		if err != nil {
			return err
		}
	}
	return w.flush()
}

func (w *recordWriter) flush() error {
	if w.csv == nil {
		return nil
	}
	w.csv.Flush()
	return w.csv.Error()
}

// writeRecords writes a list of records.
func writeRecords(out io.Writer, format string, list []store.Summary) error {
	if format == "json" {
		all := make([]calldoc.Record, 0, len(list))
		for _, s := range list {
			all = append(all, calldoc.RecordOf(s))
		}
		return encode(out, all)
	}
	w, err := newRecordWriter(out, format)
	if err != nil {
		return err
	}
	if err := w.write(list); err != nil {
		return err
	}
	return w.flush()
}

// exportOptions are the flags of calls export.
type exportOptions struct {
	lookOptions
	filterOptions
	format  string
	output  string
	journal bool
}

func newCallsExport() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the detail records of all calls that are over",
		Long: `Export writes one record for each call that is over, the newest first, as JSON
lines or CSV with a line of headings. ivrflow help store lists the columns; they
stay. A record says who called whom, when, how it ended, and the milestones and
tags of the flow. It holds nothing that a caller typed or said. The database has
the same as rows of the view call_records, for queries in SQL.

In CSV, a text that a spreadsheet would run as a formula has ' before it.

With --journal it writes all that happened in each call, as calls show --format
json does, and the versions of the flows that they ran: what ivrflow replay
plays again. As long as the keys of the store open it, keys that callers pressed
are in it, so it is as private as the store; what is sensitive is not.`,
		Example: "  ivrflow calls export --since 24h >calls.jsonl\n  ivrflow calls export --since 2026-11-01 --until 2026-12-01 --format csv -o november.csv\n  ivrflow calls export --since 24h --journal -o journals.jsonl",
		Args:    arguments(0, 0, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return exportCalls(cmd, o) },
	}
	o.lookFlags(cmd)
	o.filterFlags(cmd)
	cmd.Flags().StringVar(&o.format, "format", "jsonl", "jsonl or csv")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write to this file, not to standard output")
	cmd.Flags().BoolVar(&o.journal, "journal", false, "write all that happened in each call, for ivrflow replay")
	words(cmd, "format", "jsonl", "csv")
	return cmd
}

func exportCalls(cmd *cobra.Command, o exportOptions) error {
	if err := oneFormat(o.format, "jsonl", "csv"); err != nil {
		return err
	}
	f, err := o.filter(time.Now())
	if err != nil {
		return err
	}
	if o.journal && o.format != "jsonl" {
		return usagef("--journal writes lines of JSON; leave out --format %s", o.format)
	}
	f.Over = true
	return o.looking(cmd, func(ctx context.Context, l *keep.Look) error {
		write := func(out io.Writer) error { return exportTo(ctx, out, o.format, l.Reader, f) }
		if o.journal {
			write = func(out io.Writer) error { return exportJournals(ctx, out, cmd.ErrOrStderr(), l, f) }
		}
		if o.output == "" {
			return write(cmd.OutOrStdout())
		}
		return writePrivate(o.output, write)
	})
}

// exportTo writes the records page by page.
func exportTo(ctx context.Context, out io.Writer, format string, r *store.Reader, f store.Filter) error {
	w, err := newRecordWriter(out, format)
	if err != nil {
		return err
	}
	if err := pages(ctx, r, f, 0, w.write); err != nil {
		return fmt.Errorf("exporting calls: %w", err)
	}
	return w.flush()
}

// who is the other party of a call in a table.
func who(s store.Summary) string {
	switch {
	case s.Damaged:
		return "record damaged"
	case s.Outgoing:
		return "to " + cmp.Or(s.Called.ID, "nobody") // none was called
	}
	return cmp.Or(s.Caller.ID, "hidden")
}
