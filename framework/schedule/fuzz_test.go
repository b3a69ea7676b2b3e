package schedule_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// text is a node with a text, as in a file.
func text(value string) *tree.Node {
	return &tree.Node{Kind: tree.Scalar, Tag: tree.TagString, Value: value, Pos: diag.Pos{File: "flow.yaml", Line: 1, Col: 1}}
}

// Any text gives hours that hold together, or findings about places in it.
func FuzzHours(f *testing.F) {
	for _, seed := range []string{
		"", ";", ",", "-", "24/7", "24/7; PH off", "Mo-Fr 09:00-17:00; Sa 10:00-13:00; PH off", "Mo,We,Fr-Su 09:00-12:00,13:00-17:30",
		"Fr 22:00-02:00, Sa 22:00-24:00", "Dec 24-26 off", "Nov 15-Feb 29 Mo-Fr,PH 10:00-16:00", "Jan-Mar: Sa-Mo: 00:00-24:00",
		"Mo 09:00-17:00 open; SH off", "week 1-53/2 Mo[1] sunrise-(sunset-00:30)", "\"comment\" || unknown", "Mo\u201309:00 \u00fc \xff", "24:00-24:00",
		"00:00-00:00", "9-17", "Dec 31-Jan 1 23:59-23:58", "PH,PH,PH 1:1-2:2", "Mo-Fr 09:00-12:00, Mo 11:00-13:00; Feb 29 off", "2026 Dec 24 99:99-100:00",
	} {
		f.Add(seed)
	}
	moments := []time.Time{
		time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC), time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC),
		time.Date(2026, 12, 31, 22, 59, 59, 999, time.UTC), time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC),
	}
	f.Fuzz(func(t *testing.T, hours string) {
		n := &tree.Node{Kind: tree.Map, Entries: []tree.Entry{
			{Key: "timezone", Value: text("Europe/Berlin")}, {Key: "open", Value: text(hours)}, {Key: "holidays", Value: text("./days.yaml")},
		}}
		s, list := schedule.Parse(days("- 12-25\n- {date: 2026-12-24, open: 22:00-03:00}\n"), n)
		for _, d := range list {
			if last := utf8.RuneCountInString(hours) + 1; d.Pos.Col < 1 || d.Pos.Col > last || d.EndCol > last || d.Message == "" || d.EndCol > 0 && d.EndCol < d.Pos.Col {
				t.Fatalf("%q: %+v", hours, d)
			}
		}
		if (s == nil) != list.HasErrors() {
			t.Fatalf("%q: a schedule is %t, findings %s", hours, s != nil, list)
		}
		for _, m := range moments {
			if s != nil {
				holdsTogether(t, hours, s, m)
			}
		}
	})
}

// holdsTogether asks one question in several ways.
func holdsTogether(t *testing.T, hours string, s *schedule.Schedule, m time.Time) {
	t.Helper()
	st := s.At(m)
	next, ok := s.NextOpen(m)
	switch {
	case st != s.At(m):
		t.Fatalf("%q at %s: two answers", hours, m)
	case st.State == schedule.Open && (!ok || !next.Equal(m)):
		t.Fatalf("%q at %s: open, but next is %s", hours, m, next)
	case st.State != schedule.Open && ok && !next.After(m):
		t.Fatalf("%q at %s: %s, but next is %s", hours, m, st.State, next)
	case ok && s.At(next).State != schedule.Open:
		t.Fatalf("%q: it opens at %s, but is not open then", hours, next)
	case st.Until.IsZero():
		return
	case !st.Until.After(m):
		t.Fatalf("%q at %s: until %s", hours, m, st.Until)
	}
	before, after := s.At(st.Until.Add(-1)), s.At(st.Until)
	if before != st || after.State == st.State && after.Name == st.Name {
		t.Fatalf("%q at %s: %v, before its end %v, after it %v", hours, m, st, before, after)
	}
}

// Any file of days gives days, or findings about places in it.
func FuzzDays(f *testing.F) {
	for _, seed := range []string{
		"", "-", "- 2026-12-24", "- {date: 12-24..01-06, name: x, open: [09:00-12:00, 13:00-14:00]}", "- {date: 02-29}\n- date: 2026-02-29\n",
		"a: b", "- {open: off}", "- [2026-12-24]", "- &a 2026-12-24\n- *a", "- {date: 2026-12-24, date: 2026-12-25}", "- {date: \"2026-12-24", "- 0000-00-00..9999-99-99",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		if strings.HasPrefix(file, "\ufeff") {
			return
		}
		n := &tree.Node{Kind: tree.Map, Entries: []tree.Entry{
			{Key: "timezone", Value: text("UTC")}, {Key: "open", Value: text("PH 10:00-12:00")}, {Key: "holidays", Value: text("./days.yaml")},
		}}
		s, list := schedule.Parse(days(file), n)
		if (s == nil) != list.HasErrors() {
			t.Fatalf("a schedule is %t, findings %s", s != nil, list)
		}
		for _, d := range list {
			if d.Pos.Line < 1 || d.Pos.Col < 1 || d.Message == "" {
				t.Fatalf("%+v", d)
			}
		}
		if s != nil {
			holdsTogether(t, file, s, time.Date(2026, 12, 24, 11, 0, 0, 0, time.UTC))
		}
	})
}
