package manual_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

var aside = regexp.MustCompile(` *\([^)]*\)`)

// The tables of spoken values are what say_as says: rows of a kind and a value,
// columns of locales.
func TestSpokenValues(t *testing.T) {
	var locales []string
	checked := 0
	for line := range strings.Lines(source(t, "values")) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		label := strings.TrimSpace(cells[0])
		kind, value, ok := strings.Cut(label, " ")
		switch {
		case !strings.HasPrefix(line, "|"):
			locales = nil
		case label == "":
			locales = cells[1:]
		case locales != nil && ok && slices.Contains(prompt.Kinds(), kind):
			before := ""
			for i, cell := range cells[1:] {
				want := strings.TrimSpace(aside.ReplaceAllString(cell, ""))
				if want == "the same" {
					want = before
				}
				before = want
				locale := strings.TrimSpace(locales[i])
				if got, err := prompt.SayAs(kind, value, locale); err != nil || got != want {
					t.Errorf("%s in %s: the page says %q, say_as %q, %v", label, locale, want, got, err)
				}
				checked++
			}
		}
	}
	if checked < 80 {
		t.Errorf("only %d cells were found", checked)
	}
}

// So is the table of the kinds: the first of their values, in British English.
func TestSpokenKinds(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| [^`|]*`(\"?)([^\"`]+)\"?`[^|]*\\| ([^|]+) \\|$")
	rows := row.FindAllStringSubmatch(source(t, "values"), -1)
	for _, m := range rows {
		var value any = m[3]
		if number, err := strconv.ParseFloat(m[3], 64); m[2] == "" && err == nil {
			value = number
		}
		got, err := prompt.SayAs(m[1], value, "en-GB")
		if err != nil || got == "" || !strings.HasPrefix(m[4], got) {
			t.Errorf("%s of %s: the page says %q, say_as %q, %v", m[1], m[3], m[4], got, err)
		}
	}
	if len(rows) != len(prompt.Kinds()) {
		t.Errorf("the page has %d kinds, there are %d", len(rows), len(prompt.Kinds()))
	}
}
