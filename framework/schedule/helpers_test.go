package schedule_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// findings are those of a schedule in a file flow.yaml, with what was read.
func findings(t testing.TB, text string, files fs.FS) (*schedule.Schedule, diag.List) {
	t.Helper()
	root, list := tree.Parse("flow.yaml", []byte(text))
	if root == nil {
		t.Fatalf("the file cannot be read:\n%s", list)
	}
	if files == nil {
		files = fstest.MapFS{}
	}
	s, more := schedule.Parse(files, root)
	list = append(list, more...)
	list.Sort()
	return s, list
}

// load is a schedule without findings.
func load(t testing.TB, text string, files fs.FS) *schedule.Schedule {
	t.Helper()
	s, list := findings(t, text, files)
	if len(list) > 0 || s == nil {
		t.Fatalf("findings:\n%sin\n%s", list, text)
	}
	return s
}

// days is a file system with one file of days.
func days(text string) fs.FS { return fstest.MapFS{"days.yaml": {Data: []byte(text)}} }

// at is a moment written as the clocks of the schedule show it, with their
// offset if they show it twice.
func at(t testing.TB, s *schedule.Schedule, text string) time.Time {
	t.Helper()
	for _, form := range []string{"2006-01-02 15:04 -0700", "2006-01-02 15:04:05 -0700"} {
		if m, err := time.Parse(form, text); err == nil {
			return m
		}
	}
	m, err := time.ParseInLocation("2006-01-02 15:04", text, s.Location())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const shown = "2006-01-02 15:04 -0700"

// show is a moment in the clocks of a schedule; "never" is none.
func show(s *schedule.Schedule, m time.Time) string {
	if m.IsZero() {
		return "never"
	}
	return m.In(s.Location()).Format(shown)
}

// describe is what a schedule says of a moment.
func describe(s *schedule.Schedule, m time.Time) string {
	st := s.At(m)
	text := st.State.String()
	if st.Name != "" {
		text += " (" + st.Name + ")"
	}
	next := "never"
	if n, ok := s.NextOpen(m); ok {
		next = show(s, n)
	}
	return text + " until " + show(s, st.Until) + ", next " + next
}

// replace fills the places % and & of a text.
func replace(text, zone, open string) string {
	return strings.NewReplacer("%", zone, "&", open).Replace(text)
}
