package schedule_test

import (
	"strings"
	"testing"
	"time"
)

// week is the hours of a schedule from a Monday on, day by day, by asking it.
func week(t *testing.T, text, monday string) string {
	t.Helper()
	s, list := findings(t, text, nil)
	if list.HasErrors() {
		t.Fatalf("%s\n%s", text, list)
	}
	var out []string
	start := at(t, s, monday+" 00:00")
	for i := range 7 {
		day, end := start.AddDate(0, 0, i), start.AddDate(0, 0, i+1)
		var spans []string
		for m := day; m.Before(end); {
			st := s.At(m)
			until := st.Until
			if until.IsZero() || until.After(end) {
				until = end
			}
			if st.State.String() == "open" {
				spans = append(spans, m.Format("15:04")+"-"+until.Format("15:04"))
			}
			m = until
		}
		out = append(out, start.AddDate(0, 0, i).Weekday().String()[:2]+" "+strings.Join(spans, ","))
	}
	return strings.Join(out, "; ")
}

func TestHoursForms(t *testing.T) {
	const busy = "Mo 09:00-17:00; Tu 09:00-17:00; We 09:00-17:00; Th 09:00-17:00; Fr 09:00-17:00; Sa ; Su "
	for _, tt := range []struct{ open, want string }{
		{"Mo-Fr 09:00-17:00", busy},
		{"Mo-Fr 09:00-17:00; PH off", busy},
		{"Mo-Fr 09:00-17:00; Sa-Su off", busy},
		{"Mo-Fr 9:00-17:00", busy},
		{"Mo,Tu,We-Fr 09:00-17:00 open", busy},
		{"Mo-Fr: 09:00-17:00;", busy},
		{"  Mo - Fr  09:00 – 17:00  ", busy},
		{"09:00-17:00; Sa,Su closed", busy},
		{"Jan-Dec: Mo-Fr 09:00-17:00", busy},
		{"Mo-Fr 09:00-12:00, Mo-Fr 12:00-17:00", busy},
		{"Mo-Fr 08:00-09:00; Mo-Fr 09:00-17:00", busy}, // the last part counts
		{"{mon-fri: 09:00-17:00}", busy},
		{"{mon: 09:00-17:00, tue - fri: [09:00-17:00], sat: closed, sun: off}", busy},
		{"{mon-fri: [09:00-12:00, 12:00-14:00, 14:00-17:00]}", busy},
		{`{mon-fri: "09:00-12:00,12:00-17:00"}`, busy},
		{"24/7", "Mo 00:00-00:00; Tu 00:00-00:00; We 00:00-00:00; Th 00:00-00:00; Fr 00:00-00:00; Sa 00:00-00:00; Su 00:00-00:00"},
		{"24/7; We 10:00-12:00,13:00-14:00; Sa off", "Mo 00:00-00:00; Tu 00:00-00:00; We 10:00-12:00,13:00-14:00; Th 00:00-00:00; Fr 00:00-00:00; Sa ; Su 00:00-00:00"},
		{"Sa-Mo 10:00-12:00", "Mo 10:00-12:00; Tu ; We ; Th ; Fr ; Sa 10:00-12:00; Su 10:00-12:00"},
		{"{sat-mon: 10:00-12:00}", "Mo 10:00-12:00; Tu ; We ; Th ; Fr ; Sa 10:00-12:00; Su 10:00-12:00"},
		{"Fr-Fr 10:00-24:00", "Mo ; Tu ; We ; Th ; Fr 10:00-00:00; Sa ; Su "},
		{"Fr 22:00-02:00", "Mo ; Tu ; We ; Th ; Fr 22:00-00:00; Sa 00:00-02:00; Su "},
		{"Su 22:00-02:00", "Mo 00:00-02:00; Tu ; We ; Th ; Fr ; Sa ; Su 22:00-00:00"},
		{"Fr 22:00-00:00", "Mo ; Tu ; We ; Th ; Fr 22:00-00:00; Sa ; Su "},
		{"Mo-Fr 09:00-12:00, We 14:00-17:00", "Mo 09:00-12:00; Tu 09:00-12:00; We 09:00-12:00,14:00-17:00; Th 09:00-12:00; Fr 09:00-12:00; Sa ; Su "},
		{"Mo-Fr 09:00-12:00; We 14:00-17:00", "Mo 09:00-12:00; Tu 09:00-12:00; We 14:00-17:00; Th 09:00-12:00; Fr 09:00-12:00; Sa ; Su "},
		{"Nov 24 10:00-11:00", "Mo ; Tu 10:00-11:00; We ; Th ; Fr ; Sa ; Su "},
		{"Nov 24-26 10:00-11:00", "Mo ; Tu 10:00-11:00; We 10:00-11:00; Th 10:00-11:00; Fr ; Sa ; Su "},
		{"Nov 28-Feb 3 10:00-11:00", "Mo ; Tu ; We ; Th ; Fr ; Sa 10:00-11:00; Su 10:00-11:00"},
		{"Nov 23,Nov 25 We-Th 10:00-11:00", "Mo ; Tu ; We 10:00-11:00; Th ; Fr ; Sa ; Su "},
		{"Dec-Oct 10:00-11:00; Su off", "Mo ; Tu ; We ; Th ; Fr ; Sa ; Su "},
		{"Oct-Nov We 10:00-11:00", "Mo ; Tu ; We 10:00-11:00; Th ; Fr ; Sa ; Su "},
	} {
		if got := week(t, "{timezone: Europe/Berlin, open: "+quote(tt.open)+"}", "2026-11-23"); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.open, got, tt.want)
		}
	}
}

// quote puts a text in quotes, but for a table.
func quote(open string) string {
	if strings.HasPrefix(open, "{") {
		return open
	}
	return `"` + open + `"`
}

// Holidays have the hours that the text gives them, whether they come from a
// region or from a file; a day's own hours win.
func TestHolidayHours(t *testing.T) {
	const list = "- {date: 2026-12-24, name: eve}\n- {date: 12-25, name: own}\n- {date: 2026-12-25, name: this year, open: 20:00-21:00}\n" +
		"- {date: 2026-12-31, name: shut, open: closed}\n"
	for _, tt := range []struct{ open, at, want string }{
		{"Mo-Fr 09:00-17:00", "2026-12-24 10:00", "holiday"},
		{"Mo-Fr 09:00-17:00; PH off", "2026-12-24 10:00", "holiday"},
		{"Mo-Fr,PH 09:00-17:00", "2026-12-24 10:00", "open"},
		{"PH 12:00-13:00; Mo-Fr 09:00-17:00", "2026-12-24 10:00", "holiday"},
		{"PH 12:00-13:00; Mo-Fr 09:00-17:00", "2026-12-24 12:00", "open"},
		{"Mo-Fr 09:00-17:00; PH,Su 12:00-13:00", "2026-01-01 12:00", "open"}, // of the region
		{"Mo-Fr 09:00-17:00; PH,Su 12:00-13:00", "2026-01-01 13:00", "holiday"},
		{"Mo-Fr 09:00-17:00; Dec PH 12:00-13:00", "2026-01-01 12:00", "holiday"},
		{"Mo-Fr 09:00-17:00; Dec PH 12:00-13:00", "2026-12-24 12:00", "open"},
		{"Mo-Fr,PH 09:00-17:00; Dec 24 off", "2026-12-24 10:00", "open"}, // that is about days that are no holidays
		{"Mo-Su,PH 09:00-17:00", "2026-12-25 10:00", "holiday"},          // with hours of its own
		{"Mo-Su,PH 09:00-17:00", "2026-12-25 20:30", "open"},
		{"Mo-Su,PH 09:00-17:00", "2025-12-25 10:00", "open"}, // in other years
		{"Mo-Su,PH 09:00-17:00", "2026-12-31 10:00", "holiday"},
		{"PH 22:00-02:00", "2026-12-25 01:00", "open"}, // of the evening before
	} {
		s, list := findings(t, "{timezone: Europe/Berlin, open: "+quote(tt.open)+", holidays: [DE, days.yaml]}", days(list))
		if list.HasErrors() {
			t.Fatal(list)
		}
		if got := s.At(at(t, s, tt.at)).State.String(); got != tt.want {
			t.Errorf("%s at %s: got %s, want %s", tt.open, tt.at, got, tt.want)
		}
	}
}

// In leap years February has a day more, in hours by month, too.
func TestFebruary(t *testing.T) {
	for _, tt := range []struct{ open, at, want string }{
		{"Feb 10:00-12:00", "2028-02-29", "open"},
		{"Feb 28-Mar 1 10:00-12:00", "2028-02-29", "open"},
		{"Feb 28,Mar 1 10:00-12:00", "2028-02-29", "closed"},
		{"Feb 29 10:00-12:00", "2028-02-29", "open"},
		{"Feb 29 10:00-12:00", "2027-03-01", "closed"},
		{"Feb 29 10:00-12:00", "2027-02-28", "closed"},
		{"Jan 31-Feb 29 10:00-12:00", "2027-02-28", "open"},
	} {
		s := load(t, "{timezone: UTC, open: "+quote(tt.open)+"}", nil)
		if got := s.At(at(t, s, tt.at+" 11:00")).State.String(); got != tt.want {
			t.Errorf("%s on %s: got %s, want %s", tt.open, tt.at, got, tt.want)
		}
	}
}

// A schedule with everything answers in microseconds.
func BenchmarkAt(b *testing.B) {
	s := load(b, office, days(officeDays))
	m := time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC)
	for b.Loop() {
		s.At(m)
	}
}

// The longest search is the one that finds nothing in ten years.
func BenchmarkNeverChanges(b *testing.B) {
	s := load(b, "{timezone: Europe/Berlin, open: 24/7}", nil)
	m := time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC)
	for b.Loop() {
		s.At(m)
	}
}

func BenchmarkParse(b *testing.B) {
	files := days(officeDays)
	for b.Loop() {
		load(b, office, files)
	}
}
