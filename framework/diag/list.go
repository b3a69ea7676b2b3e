package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says how bad a finding is.
type Severity uint8

// The severities. Files with an Error are not used; a Note is no fault of the
// file.
const (
	Error Severity = iota
	Warning
	Note
)

// String is "error", "warning" or "note".
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Note:
		return "note"
	default:
		return "error"
	}
}

// MarshalText writes "error", "warning" or "note".
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Diagnostic is one finding: what is wrong at a place, and by which rule.
type Diagnostic struct {
	Pos      Pos
	Severity Severity
	Rule     string // its heading in the manual, such as "unknown-state"
	Message  string // lower case; names the thing, the cause and the mend
	EndCol   int    // column after the marked text on Pos.Line; 0 if unknown
	Fix      Fix    // the mend, if it is certain
}

// String is "file:line:col: error: message [rule]".
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s: %s: %s [%s]", d.Pos, d.Severity, d.Message, d.Rule)
}

// List collects findings in any order. Its zero value is empty and ready.
type List []Diagnostic

// Add appends one finding.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// Errorf appends an error.
func (l *List) Errorf(pos Pos, rule, format string, args ...any) {
	l.Add(Diagnostic{Pos: pos, Severity: Error, Rule: rule, Message: fmt.Sprintf(format, args...)})
}

// Warnf appends a warning.
func (l *List) Warnf(pos Pos, rule, format string, args ...any) {
	l.Add(Diagnostic{Pos: pos, Severity: Warning, Rule: rule, Message: fmt.Sprintf(format, args...)})
}

// Notef appends a note.
func (l *List) Notef(pos Pos, rule, format string, args ...any) {
	l.Add(Diagnostic{Pos: pos, Severity: Note, Rule: rule, Message: fmt.Sprintf(format, args...)})
}

// HasErrors reports whether any finding is an error.
func (l List) HasErrors() bool { return l.Count(Error) > 0 }

// Count is the number of findings of a severity.
func (l List) Count(s Severity) int {
	n := 0
	for _, d := range l {
		if d.Severity == s {
			n++
		}
	}
	return n
}

// Sort orders the findings by file, line and column, and takes out repeats.
func (l *List) Sort() {
	slices.SortStableFunc(*l, func(a, b Diagnostic) int {
		return cmp.Or(strings.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.Severity, b.Severity),
			strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message, b.Message))
	})
	*l = slices.Compact(*l)
}

// String is one finding a line.
func (l List) String() string {
	var b strings.Builder
	for _, d := range l {
		b.WriteString(d.String())
		b.WriteByte('\n')
	}
	return b.String()
}
