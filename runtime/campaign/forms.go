package campaign

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// csv reads CSV with a line of headings. Cells are parted by commas, or by
// semicolons as spreadsheets of some countries write them.
func (l *lister) csv(text string) {
	r := csv.NewReader(strings.NewReader(text))
	first, _, _ := strings.Cut(text, "\n")
	if strings.Count(first, ";") > strings.Count(first, ",") {
		r.Comma = ';'
	}
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	names, err := r.Read()
	if errors.Is(err, io.EOF) {
		l.problem(1, "the list is empty; its first line names the columns, such as number,timezone")
		return
	}
	if err != nil {
		l.problem(1, "%v", err)
		return
	}
	if !l.headings(names) {
		return
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			l.problem(bad.Line, "%v; the rows after it were not read", bad.Err)
			return
		}
		line, _ := r.FieldPos(0)
		l.record(line, names, cells)
	}
}

// headings checks the first line.
func (l *lister) headings(names []string) bool {
	before := len(l.problems)
	for i, name := range names {
		names[i] = strings.ToLower(strings.TrimSpace(name))
		if slices.Contains(l.Keep, strings.TrimSpace(name)) {
			names[i] = strings.TrimSpace(name)
		}
		if err := l.known(names[i]); err != nil {
			l.problem(1, "%v", err)
		}
		if slices.Contains(names[:i], names[i]) {
			l.problem(1, "the column %q is there twice", names[i])
		}
	}
	if !slices.Contains(names, columnNumber) && !slices.Contains(names, columnUser) {
		l.problem(1, "there is no column number, nor user; the first line names the columns, such as number,timezone")
	}
	for _, name := range l.Keep {
		if !slices.Contains(names, name) {
			l.problem(1, "there is no column %q to be kept", name)
		}
	}
	return len(l.problems) == before
}

// record takes a line of CSV. An empty cell is one that is not there.
func (l *lister) record(line int, names, cells []string) {
	if len(cells) != len(names) {
		l.problem(line, "it has %d cells, and the first line names %d columns", len(cells), len(names))
		return
	}
	row := map[string]any{}
	for i, name := range names {
		if cells[i] != "" {
			row[name] = cells[i]
		}
	}
	l.add(line, row)
}

// jsonLines reads one object a line.
func (l *lister) jsonLines(text string) {
	n := 0
	for line := range strings.Lines(text) {
		if n++; strings.TrimSpace(line) == "" {
			continue
		}
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			l.problem(n, "this is no object of JSON on a line of its own: %v", err)
			continue
		}
		bad := false
		for name := range row {
			if err := l.known(name); err != nil {
				l.problem(n, "%v", err)
				bad = true
			}
		}
		if !bad {
			l.add(n, row)
		}
	}
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// ParseNumber is a telephone number in E.164: "+", the country's code, the number,
// 7 to 15 digits. Blanks, dots, dashes, slashes and brackets between its digits are
// taken out.
func ParseNumber(s string) (string, error) {
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-/()\t\u00a0\u202f", r) {
			return -1
		}
		return r
	}, s)
	switch {
	case strings.Contains(s, "(0)"):
		return "", fmt.Errorf("what (0) stands for is not dialled from abroad; leave it out")
	case e164.MatchString(number):
		return number, nil
	case strings.HasPrefix(number, "00"):
		return "", fmt.Errorf("write + in place of 00, such as +442071838750")
	case strings.HasPrefix(number, "0"):
		return "", fmt.Errorf("the country is missing; write it with + before, such as +442071838750")
	}
	return "", fmt.Errorf("it is no number in E.164, such as +442071838750")
}
