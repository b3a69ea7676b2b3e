package schedule_test

import (
	"testing"
	"time"
)

// The nights on which clocks are changed: what begins or ends in the gap does
// so when the clocks jump, and of a time that comes twice the first counts.
func TestClocksChange(t *testing.T) {
	const schedules = "{timezone: %, open: &}"
	for _, tt := range []struct{ zone, open, at, want string }{
		// Berlin, forward on 29 March 2026 from 02:00 to 03:00.
		{"Europe/Berlin", "02:30-06:00", "2026-03-29 01:59 +0100", "closed until 2026-03-29 03:00 +0200"},
		{"Europe/Berlin", "02:30-06:00", "2026-03-29 03:00 +0200", "open until 2026-03-29 06:00 +0200"},
		{"Europe/Berlin", "01:00-02:30", "2026-03-29 01:59 +0100", "open until 2026-03-29 03:00 +0200"},
		{"Europe/Berlin", "02:10-02:50", "2026-03-29 01:00 +0100", "closed until 2026-03-30 02:10 +0200"},
		{"Europe/Berlin", "02:00-03:00", "2026-03-29 01:00 +0100", "closed until 2026-03-30 02:00 +0200"},
		{"Europe/Berlin", "22:00-02:30", "2026-03-28 23:00 +0100", "open until 2026-03-29 03:00 +0200"},
		{"Europe/Berlin", `"22:00-02:30, 02:30-06:00"`, "2026-03-28 23:00 +0100", "open until 2026-03-29 06:00 +0200"},
		// Back on 25 October 2026 from 03:00 to 02:00.
		{"Europe/Berlin", "02:30-06:00", "2026-10-25 02:29 +0200", "closed until 2026-10-25 02:30 +0200"},
		{"Europe/Berlin", "02:30-06:00", "2026-10-25 02:00 +0100", "open until 2026-10-25 06:00 +0100"},
		{"Europe/Berlin", "22:00-02:30", "2026-10-24 23:00 +0200", "open until 2026-10-25 02:30 +0200"},
		{"Europe/Berlin", "22:00-02:30", "2026-10-25 02:15 +0100", "closed until 2026-10-25 22:00 +0100"},
		{"Europe/Berlin", "22:00-03:00", "2026-10-24 23:00 +0200", "open until 2026-10-25 03:00 +0100"},
		{"Europe/Berlin", "02:10-02:50", "2026-10-25 02:00 +0200", "closed until 2026-10-25 02:10 +0200"},
		{"Europe/Berlin", "02:10-02:50", "2026-10-25 02:20 +0100", "closed until 2026-10-26 02:10 +0100"},
		{"Europe/Berlin", `"22:00-02:30, 02:30-06:00"`, "2026-10-24 23:00 +0200", "open until 2026-10-25 06:00 +0100"},
		{"Europe/Berlin", "00:00-24:00", "2026-10-25 02:30 +0100", "open until never"},
		// New York, forward on 8 March, back on 1 November 2026.
		{"America/New_York", "02:30-05:00", "2026-03-08 01:59 -0500", "closed until 2026-03-08 03:00 -0400"},
		{"America/New_York", "20:00-01:30", "2026-11-01 01:29 -0400", "open until 2026-11-01 01:30 -0400"},
		{"America/New_York", "20:00-01:30", "2026-11-01 01:00 -0500", "closed until 2026-11-01 20:00 -0500"},
		// Lord Howe changes by half an hour: forward on 4 October 2026 from 02:00
		// to 02:30, back on 5 April from 02:00 to 01:30.
		{"Australia/Lord_Howe", "02:15-04:00", "2026-10-04 01:59 +1030", "closed until 2026-10-04 02:30 +1100"},
		{"Australia/Lord_Howe", "22:00-02:15", "2026-10-04 01:59 +1030", "open until 2026-10-04 02:30 +1100"},
		{"Australia/Lord_Howe", "01:45-04:00", "2026-04-05 01:44 +1100", "closed until 2026-04-05 01:45 +1100"},
		{"Australia/Lord_Howe", "22:00-01:45", "2026-04-05 01:30 +1030", "closed until 2026-04-05 22:00 +1030"},
		// Casablanca goes back for Ramadan on 15 February 2026 from 03:00 to
		// 02:00, and forward after it on 22 March.
		{"Africa/Casablanca", "02:30-06:00", "2026-02-15 02:10 +0000", "open until 2026-02-15 06:00 +0000"},
		{"Africa/Casablanca", "02:30-06:00", "2026-03-22 01:59 +0000", "closed until 2026-03-22 03:00 +0100"},
		// Kolkata changes nothing, and is half an hour off.
		{"Asia/Kolkata", "02:30-06:00", "2026-03-29 02:00 +0530", "closed until 2026-03-29 02:30 +0530"},
		{"Asia/Kolkata", "22:00-02:30", "2026-10-24 23:00 +0530", "open until 2026-10-25 02:30 +0530"},
		// Havana puts the clocks back over midnight, Santiago forward over it.
		{"America/Havana", "00:30-06:00", "2026-11-01 00:10 -0500", "open until 2026-11-01 06:00 -0500"},
		{"America/Santiago", "00:00-06:00", "2026-09-05 23:59 -0400", "closed until 2026-09-06 01:00 -0300"},
		{"America/Santiago", "18:00-24:00", "2026-09-05 23:59 -0400", "open until 2026-09-06 01:00 -0300"},
		// On both sides of the date line it is another day.
		{"Pacific/Kiritimati", "We 09:00-17:00", "2026-11-25 08:00 +1400", "closed until 2026-11-25 09:00 +1400"},
		{"Pacific/Pago_Pago", "We 09:00-17:00", "2026-11-24 07:00 -1100", "closed until 2026-11-25 09:00 -1100"},
		// Samoa skipped 30 December 2011, a Friday.
		{"Pacific/Apia", "Fr 09:00-17:00", "2011-12-29 23:59 -1000", "closed until 2012-01-06 09:00 +1400"},
		{"Pacific/Apia", "Sa 00:00-17:00", "2011-12-29 23:59 -1000", "closed until 2011-12-31 00:00 +1400"},
	} {
		s := load(t, replace(schedules, tt.zone, tt.open), nil)
		m := at(t, s, tt.at)
		if show(s, m) != tt.at {
			t.Fatalf("%s: the clocks of %s show %s", tt.at, tt.zone, show(s, m))
		}
		st := s.At(m)
		if got := st.State.String() + " until " + show(s, st.Until); got != tt.want {
			t.Errorf("%s, %s, at %s:\n got %s\nwant %s", tt.zone, tt.open, tt.at, got, tt.want)
		}
	}
}

// The days of places: a holiday begins and ends with its midnights.
func TestDaysChange(t *testing.T) {
	const list = "- {date: 2026-11-01, name: All Saints}\n- {date: 2026-09-06, name: Sunday}\n- {date: 2011-12-30, name: skipped}\n"
	for _, tt := range []struct{ zone, at, want string }{
		// Havana shows 00:00 to 00:59 of 1 November twice: both are that day.
		{"America/Havana", "2026-10-31 23:59 -0400", "closed until 2026-11-01 00:00 -0400"},
		{"America/Havana", "2026-11-01 00:30 -0500", "holiday until 2026-11-02 00:00 -0500"},
		// In Santiago 6 September begins at 01:00.
		{"America/Santiago", "2026-09-05 23:59 -0400", "closed until 2026-09-06 01:00 -0300"},
		{"America/Santiago", "2026-09-06 01:00 -0300", "holiday until 2026-09-07 00:00 -0300"},
		// Samoa had no 30 December.
		{"Pacific/Apia", "2011-12-29 12:00 -1000", "closed until never"}, // within ten years
		{"Pacific/Apia", "2020-01-01 12:00 +1400", "closed until 2026-09-06 00:00 +1300"},
	} {
		s, findings := findings(t, "{timezone: "+tt.zone+", open: Jan 1 off, holidays: ./days.yaml}", days(list))
		if findings.HasErrors() {
			t.Fatal(findings)
		}
		st := s.At(at(t, s, tt.at))
		got := st.State.String() + " until " + show(s, st.Until)
		if got != tt.want {
			t.Errorf("%s, at %s:\n got %s\nwant %s", tt.zone, tt.at, got, tt.want)
		}
	}
}

// St. John's put the clocks back at 00:01 until 2010: what was the new day for
// a minute stays it, although the clocks show the old one for another hour.
func TestBackOverMidnight(t *testing.T) {
	s := load(t, `{timezone: America/St_Johns, open: "Su 00:00-24:00", holidays: ./days.yaml}`, days("- {date: 2010-11-08, name: Monday}\n"))
	for _, tt := range []struct{ at, want string }{
		{"2010-11-06 23:59 -0230", "closed until 2010-11-07 00:00 -0230"},
		{"2010-11-07 00:00 -0230", "open until 2010-11-08 00:00 -0330"},
		{"2010-11-06 23:30 -0330", "open until 2010-11-08 00:00 -0330"},
		{"2010-11-07 12:00 -0330", "open until 2010-11-08 00:00 -0330"},
	} {
		m := at(t, s, tt.at)
		if st := s.At(m); show(s, m) != tt.at || st.State.String()+" until "+show(s, st.Until) != tt.want {
			t.Errorf("%s: got %s until %s, want %s", tt.at, st.State, show(s, st.Until), tt.want)
		}
	}
}

// Every zone of the list can be loaded, and takes part in time.
func TestBeforeTheCalendar(t *testing.T) {
	s := load(t, "{timezone: Europe/Berlin, open: Mo-Fr 09:00-17:00, holidays: DE}", nil)
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(1969, 12, 31, 10, 0, 0, 0, time.UTC), "open until 1969-12-31 17:00 +0100, next 1969-12-31 11:00 +0100"},
		{time.Date(1880, 1, 1, 22, 0, 0, 0, time.UTC), "closed until 1880-01-02 09:00 +0053, next 1880-01-02 09:00 +0053"},
		{time.Date(2150, 12, 25, 10, 0, 0, 0, time.UTC), "open until 2150-12-25 17:00 +0100, next 2150-12-25 11:00 +0100"},
	} {
		if got := describe(s, tt.at); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.at, got, tt.want)
		}
	}
}
