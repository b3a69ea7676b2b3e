package schedule_test

import (
	"testing"
	"time"
)

const office = `
timezone: Europe/Berlin
open: {mon-thu: "09:00-12:00, 13:00-17:30", fri: 09:00-14:00}
holidays: [DE-BY, ./days.yaml]
closed: [2026-08-10..2026-08-14, {date: 2026-12-23, name: stock-taking}]
`

const officeDays = `
- {date: 12-24, name: Christmas Eve}
- {date: 2026-12-31, name: New Year's Eve, open: 09:00-12:00}
- {date: 02-29, name: Leap Day}
`

func TestOffice(t *testing.T) {
	s := load(t, office, days(officeDays))
	for _, tt := range []struct{ at, want string }{
		{"2026-11-23 08:59", "closed until 2026-11-23 09:00 +0100, next 2026-11-23 09:00 +0100"},
		{"2026-11-23 09:00", "open until 2026-11-23 12:00 +0100, next 2026-11-23 09:00 +0100"},
		{"2026-11-23 11:59", "open until 2026-11-23 12:00 +0100, next 2026-11-23 11:59 +0100"},
		{"2026-11-23 12:00", "closed until 2026-11-23 13:00 +0100, next 2026-11-23 13:00 +0100"},
		{"2026-11-23 17:30", "closed until 2026-11-24 09:00 +0100, next 2026-11-24 09:00 +0100"},
		// The weekend, and months and years that end.
		{"2026-11-27 14:00", "closed until 2026-11-30 09:00 +0100, next 2026-11-30 09:00 +0100"},
		{"2026-11-30 17:30", "closed until 2026-12-01 09:00 +0100, next 2026-12-01 09:00 +0100"},
		{"2027-12-31 14:00", "closed until 2028-01-01 00:00 +0100, next 2028-01-03 09:00 +0100"},
		{"2028-01-01 00:00", "holiday (Neujahrstag) until 2028-01-02 00:00 +0100, next 2028-01-03 09:00 +0100"},
		// Holidays of a region, one after the other.
		{"2026-04-02 17:30", "closed until 2026-04-03 00:00 +0200, next 2026-04-07 09:00 +0200"},
		{"2026-04-03 10:00", "holiday (Karfreitag) until 2026-04-04 00:00 +0200, next 2026-04-07 09:00 +0200"},
		{"2026-04-05 10:00", "closed until 2026-04-06 00:00 +0200, next 2026-04-07 09:00 +0200"},
		{"2026-04-06 10:00", "holiday (Ostermontag) until 2026-04-07 00:00 +0200, next 2026-04-07 09:00 +0200"},
		{"2026-12-25 23:59", "holiday (Weihnachtstag) until 2026-12-26 00:00 +0100, next 2026-12-28 09:00 +0100"},
		// Days of one's own, with and without hours; closed wins.
		{"2026-12-23 10:00", "closed (stock-taking) until 2026-12-24 00:00 +0100, next 2026-12-28 09:00 +0100"},
		{"2026-12-24 10:00", "holiday (Christmas Eve) until 2026-12-25 00:00 +0100, next 2026-12-28 09:00 +0100"},
		{"2026-12-31 08:00", "holiday (New Year's Eve) until 2026-12-31 09:00 +0100, next 2026-12-31 09:00 +0100"},
		{"2026-12-31 09:00", "open until 2026-12-31 12:00 +0100, next 2026-12-31 09:00 +0100"},
		{"2026-12-31 12:00", "holiday (New Year's Eve) until 2027-01-01 00:00 +0100, next 2027-01-04 09:00 +0100"},
		{"2026-08-07 14:00", "closed until 2026-08-17 09:00 +0200, next 2026-08-17 09:00 +0200"},
		{"2026-08-12 10:00", "closed until 2026-08-17 09:00 +0200, next 2026-08-17 09:00 +0200"},
		// 29 February, which 2027 does not have; 1 March stays what it is.
		{"2028-02-29 10:00", "holiday (Leap Day) until 2028-03-01 00:00 +0100, next 2028-03-01 09:00 +0100"},
		{"2027-03-01 10:00", "open until 2027-03-01 12:00 +0100, next 2027-03-01 10:00 +0100"},
		{"2027-02-28 10:00", "closed until 2027-03-01 09:00 +0100, next 2027-03-01 09:00 +0100"},
	} {
		if got := describe(s, at(t, s, tt.at)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.at, got, tt.want)
		}
	}
}

// What goes on past midnight belongs to the day on which it began.
func TestPastMidnight(t *testing.T) {
	const text = `
timezone: Europe/Berlin
open: {fri: 22:00-02:00, sat: 18:00-24:00, sun: 00:00-04:00, thu: 20:00-00:00}
holidays: [DE]
closed: [2026-05-23]
`
	s := load(t, text, nil)
	for _, tt := range []struct{ at, want string }{
		{"2026-11-20 22:00", "open until 2026-11-21 02:00 +0100, next 2026-11-20 22:00 +0100"},
		{"2026-11-21 00:00", "open until 2026-11-21 02:00 +0100, next 2026-11-21 00:00 +0100"},
		{"2026-11-21 02:00", "closed until 2026-11-21 18:00 +0100, next 2026-11-21 18:00 +0100"},
		// Spans that meet at midnight are one.
		{"2026-11-21 18:00", "open until 2026-11-22 04:00 +0100, next 2026-11-21 18:00 +0100"},
		{"2026-11-19 23:59", "open until 2026-11-20 00:00 +0100, next 2026-11-19 23:59 +0100"},
		{"2026-11-20 00:00", "closed until 2026-11-20 22:00 +0100, next 2026-11-20 22:00 +0100"},
		// Into a holiday, 3 October, and out of one: what begins on it is off.
		{"2025-10-03 00:00", "holiday (Tag der Deutschen Einheit) until 2025-10-04 00:00 +0200, next 2025-10-04 18:00 +0200"},
		{"2026-10-02 23:00", "open until 2026-10-03 02:00 +0200, next 2026-10-02 23:00 +0200"},
		{"2026-10-03 01:00", "open until 2026-10-03 02:00 +0200, next 2026-10-03 01:00 +0200"},
		{"2026-10-03 02:00", "holiday (Tag der Deutschen Einheit) until 2026-10-04 00:00 +0200, next 2026-10-04 00:00 +0200"},
		// Into a day that is closed.
		{"2026-05-23 01:59", "open until 2026-05-23 02:00 +0200, next 2026-05-23 01:59 +0200"},
		{"2026-05-23 20:00", "closed until 2026-05-24 00:00 +0200, next 2026-05-24 00:00 +0200"},
	} {
		if got := describe(s, at(t, s, tt.at)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.at, got, tt.want)
		}
	}
}

func TestNeverAndAlways(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"always", "{timezone: UTC, open: 24/7}", "open until never, next 2026-11-23 10:00 +0000"},
		{"always but on holidays", "{timezone: UTC, open: 24/7, holidays: AT}", "open until 2026-12-08 00:00 +0000, next 2026-11-23 10:00 +0000"},
		{"on holidays too", `{timezone: UTC, open: "24/7; PH 00:00-24:00", holidays: AT}`, "open until never, next 2026-11-23 10:00 +0000"},
		{"always, in shifts", `{timezone: Europe/Berlin, open: "06:00-18:00, 18:00-06:00"}`, "open until never, next 2026-11-23 10:00 +0100"},
		{"always, in halves", `{timezone: Europe/Berlin, open: "00:00-12:00, 12:00-24:00"}`, "open until never, next 2026-11-23 10:00 +0100"},
		{"closed for good", "{timezone: UTC, open: 24/7, closed: 2026-01-01..2099-12-31}", "closed until never, next never"},
		{"on leap days", "{timezone: UTC, open: Feb 29 10:00-12:00}", "closed until 2028-02-29 10:00 +0000, next 2028-02-29 10:00 +0000"},
	} {
		s := load(t, tt.text, nil)
		if got := describe(s, at(t, s, "2026-11-23 10:00")); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	// 2100 is no leap year: it is eight years from one 29 February to the next.
	s := load(t, "{timezone: UTC, open: Feb 29 10:00-12:00}", nil)
	if next, ok := s.NextOpen(at(t, s, "2096-02-29 12:00")); !ok || show(s, next) != "2104-02-29 10:00 +0000" {
		t.Errorf("after 2096: %s %v", show(s, next), ok)
	}
}

// Seconds count: a span ends with its last nanosecond.
func TestWithinTheMinute(t *testing.T) {
	s := load(t, "{timezone: Europe/Berlin, open: 09:00-17:00}", nil)
	end := at(t, s, "2026-11-23 17:00")
	if st := s.At(end.Add(-1)); st.State.String() != "open" || !st.Until.Equal(end) {
		t.Errorf("before the end: %v", st)
	}
	if st := s.At(end); st.State.String() != "closed" {
		t.Errorf("at the end: %v", st)
	}
	m := at(t, s, "2026-11-23 12:00").Add(123456789).UTC()
	if next, ok := s.NextOpen(m); !ok || !next.Equal(m) || next.Location() != s.Location() {
		t.Errorf("next of %s is %s", m, next)
	}
}

// The same words give the same schedule, and the same schedule the same
// answers, whatever zone the question is in.
func TestDeterminism(t *testing.T) {
	a, b := load(t, office, days(officeDays)), load(t, office, days(officeDays))
	tokyo := time.FixedZone("", 9*3600)
	for m := at(t, a, "2026-11-01 00:00"); m.Year() < 2028; m = m.Add(97 * time.Minute) {
		if x, y := describe(a, m), describe(b, m.In(tokyo)); x != y {
			t.Fatalf("%s: %s, then %s", m, x, y)
		}
	}
}
