package schedule_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/schedule"
)

// easter is Easter Sunday of years whose calendars are printed.
var easter = map[int]string{2024: "2024-03-31", 2025: "2025-04-20", 2026: "2026-04-05", 2027: "2027-03-28", 2028: "2028-04-16", 2029: "2029-04-01", 2030: "2030-04-21"}

// holidays is a schedule that is closed all year but for holidays.
func holidays(t *testing.T, regions string) *schedule.Schedule {
	t.Helper()
	return load(t, "{timezone: UTC, open: Jan 1 00:00-00:01, holidays: "+regions+"}", nil)
}

// of are the holidays of a year that are not on a Sunday, as months and days.
func of(s *schedule.Schedule, year int) []string {
	var out []string
	for d := time.Date(year, 1, 1, 12, 0, 0, 0, time.UTC); d.Year() == year; d = d.AddDate(0, 0, 1) {
		if s.At(d).State == schedule.Holiday && d.Weekday() != time.Sunday {
			out = append(out, d.Format("01-02"))
		}
	}
	return out
}

// expand turns "easter+1" into the date of a year.
func expand(t *testing.T, year int, word string) string {
	t.Helper()
	offset, ok := strings.CutPrefix(word, "easter")
	if !ok {
		return word
	}
	sunday, err := time.Parse("2006-01-02", easter[year])
	if err != nil {
		t.Fatal(err)
	}
	shift, err := time.ParseDuration(offset + "h")
	if err != nil {
		t.Fatal(err)
	}
	return sunday.Add(shift * 24).Format("01-02")
}

// The holidays of the regions that most callers have, in full, in years when
// few of them are on a Sunday: fixed dates, dates after Easter, and weekdays in
// their month.
func TestHolidaysOfRegions(t *testing.T) {
	const german = "01-01 easter-2 easter+1 05-01 easter+39 easter+50 10-03 12-25 12-26"
	const british = "01-01 easter-2 05-04 05-25 12-25 12-26 12-28" // Boxing Day 2026 is a Saturday
	const french = "01-01 easter+1 05-01 05-08 easter+39 easter+50 07-14 08-15 11-11 12-25"
	const canadian = "01-01 easter-2 07-01 09-07 12-25"
	const swiss = "01-01 easter+39 08-01 12-25"
	for _, tt := range []struct {
		code string
		year int
		want string
	}{
		{"DE", 2026, german},
		{"DE-BB", 2026, german + " 10-31"},
		{"DE-BE", 2024, german + " 03-08"},
		{"DE-BE", 2025, german + " 03-08 05-08"},
		{"DE-BE", 2028, strings.Replace(german, "01-01 ", "", 1) + " 01-01 03-08 06-17"}, // 1953
		{"DE-BW", 2025, german + " 01-06 easter+60 11-01"},
		{"DE-BY", 2025, german + " 01-06 easter+60 11-01"},
		{"DE-HB", 2026, german + " 10-31"},
		{"DE-HE", 2026, german + " easter+60"},
		{"DE-HH", 2026, german + " 10-31"},
		{"DE-MV", 2027, "01-01 03-08 easter-2 easter+1 05-01 easter+39 easter+50 12-25"},
		{"DE-NI", 2026, german + " 10-31"},
		{"DE-NW", 2025, german + " easter+60 11-01"},
		{"DE-RP", 2025, german + " easter+60 11-01"},
		{"DE-SH", 2026, german + " 10-31"},
		{"DE-SL", 2025, german + " easter+60 08-15 11-01"},
		{"DE-SN", 2026, german + " 10-31 11-18"}, // Wednesday before 23 November
		{"DE-SN", 2028, german + " 10-31 11-22"},
		{"DE-ST", 2026, german + " 01-06 10-31"},
		{"DE-TH", 2025, german + " 09-20 10-31"},
		{"AT", 2025, "01-01 01-06 easter+1 05-01 easter+39 easter+50 easter+60 08-15 11-01 12-08 12-25 12-26"},
		{"CH", 2026, swiss},
		{"CH-ZH", 2026, swiss + " easter-2 easter+1 05-01 easter+50 12-26"},
		{"CH-BE", 2026, swiss + " 01-02 easter-2 easter+1 easter+50 12-26"},
		{"CH-GE", 2026, swiss + " easter-2 easter+1 easter+50 09-10 12-31"},
		{"CH-VD", 2026, swiss + " 01-02 easter-2 easter+1 easter+50 09-21"},
		{"CH-TI", 2026, swiss + " 01-06 03-19 easter+1 05-01 easter+50 easter+60 06-29 08-15 12-08 12-26"},
		{"CH-GL", 2026, swiss + " easter-2 easter+1 04-09 easter+50 12-26"}, // 2 April is Maundy Thursday
		{"CH-NE", 2027, "01-01 03-01 easter-2 05-01 easter+39 12-25"},
		{"GB", 2026, british},
		{"GB-ENG", 2026, british + " easter+1 08-31"},
		{"GB-WLS", 2026, british + " easter+1 08-31"},
		{"GB-SCT", 2026, british + " 01-02 06-15 08-03 11-30"},
		{"GB-NIR", 2026, british + " 03-17 easter+1 07-13 08-31"}, // 12 July is a Sunday
		{"GB-SCT", 2028, "01-01 01-03 01-04 easter-2 05-01 05-29 08-07 11-30 12-25 12-26"},
		{"US", 2026, "01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25"},
		{"US", 2027, "01-01 01-18 02-15 05-31 06-18 06-19 07-05 09-06 10-11 11-11 11-25 12-24 12-25 12-31"}, // 1 January 2028
		{"FR", 2025, french + " 11-01"},
		{"FR-57", 2025, french + " easter-2 11-01 12-26"},
		{"ES", 2025, "01-01 01-06 easter-2 05-01 08-15 11-01 12-06 12-08 12-25"},
		{"NL", 2024, "01-01 easter+1 04-27 easter+39 easter+50 12-25 12-26"},
		{"NL", 2025, "01-01 easter+1 04-26 05-05 easter+39 easter+50 12-25 12-26"}, // 27 April is a Sunday
		{"IT", 2025, "01-01 01-06 easter+1 04-25 05-01 06-02 08-15 11-01 12-08 12-25 12-26"},
		{"IT", 2027, "01-01 01-06 easter+1 05-01 06-02 10-04 11-01 12-08 12-25"},
		{"IT-BZ", 2025, "01-01 01-06 easter+1 04-25 05-01 easter+50 06-02 08-15 11-01 12-08 12-25 12-26"},
		{"BE", 2025, "01-01 easter+1 05-01 easter+39 easter+50 07-21 08-15 11-01 11-11 12-25"},
		{"IE", 2026, "01-01 02-02 03-17 easter+1 05-04 06-01 08-03 10-26 12-25 12-26"},
		{"IE", 2030, "01-01 02-01 easter+1 05-06 06-03 08-05 10-28 12-25 12-26"}, // 1 February is a Friday
		{"AU", 2026, "01-01 01-26 easter-2 easter+1 04-25 12-25 12-26 12-28"},
		{"AU-NSW", 2026, "01-01 01-26 easter-2 easter-1 easter+1 04-25 04-27 06-08 10-05 12-25 12-26 12-28"},
		{"AU-VIC", 2025, "01-01 01-27 03-10 easter-2 easter-1 easter+1 04-25 06-09 09-26 11-04 12-25 12-26"},
		{"AU-QLD", 2025, "01-01 01-27 easter-2 easter-1 easter+1 04-25 05-05 10-06 12-25 12-26"},
		{"AU-WA", 2026, "01-01 01-26 03-02 easter-2 easter+1 04-25 04-27 06-01 09-28 12-25 12-26 12-28"},
		{"CA", 2026, canadian},
		{"CA-ON", 2026, canadian + " 02-16 05-18 10-12 12-26 12-28"},
		{"CA-QC", 2026, canadian + " 05-18 06-24 10-12"},
		{"CA-BC", 2026, canadian + " 02-16 05-18 08-03 09-30 10-12 11-11"},
		{"CA-QC", 2029, "01-01 easter-2 05-21 06-25 07-02 09-03 10-08 12-25"}, // 24 June and 1 July are Sundays
		{"NZ", 2026, "01-01 01-02 02-06 easter-2 easter+1 04-25 04-27 06-01 07-10 10-26 12-25 12-26 12-28"},
		{"LU", 2025, "01-01 easter+1 05-01 05-09 easter+39 easter+50 06-23 08-15 11-01 12-25 12-26"},
	} {
		var want []string
		for word := range strings.FieldsSeq(tt.want) {
			want = append(want, expand(t, tt.year, word))
		}
		slices.Sort(want)
		if got := of(holidays(t, tt.code), tt.year); !slices.Equal(got, want) {
			t.Errorf("%s %d:\n got %s\nwant %s", tt.code, tt.year, got, want)
		}
	}
}

// A holiday on a Saturday keeps its own day too, under the same name; what the
// law moves as such does not.
func TestObservedDays(t *testing.T) {
	for _, tt := range []struct{ code, at, want string }{
		{"GB-ENG", "2027-12-25", "holiday Christmas Day"},
		{"GB-ENG", "2027-12-26", "holiday Boxing Day"},
		{"GB-ENG", "2027-12-27", "holiday Christmas Day"},
		{"GB-ENG", "2027-12-28", "holiday Boxing Day"},
		{"US", "2027-12-31", "holiday New Year's Day"}, // across the year's turn
		{"US", "2028-01-01", "holiday New Year's Day"},
		{"NL", "2031-04-26", "holiday Koningsdag"},
		{"NL", "2031-04-27", "closed "},
		{"AU-NSW", "2030-01-26", "closed "},
		{"AU-NSW", "2030-01-28", "holiday Australia Day"},
		{"DE-BY", "2026-08-15", "closed "},                   // not in all of Bavaria
		{"[AT, DE]", "2026-05-01", "holiday Tag der Arbeit"}, // in both
		{"[DE, ES]", "2026-12-25", "holiday Weihnachtstag"},  // the first counts
		{"[ES, DE]", "2026-12-25", "holiday Navidad"},
	} {
		s := holidays(t, tt.code)
		if st := s.At(at(t, s, tt.at+" 12:00")); st.State.String()+" "+st.Name != tt.want {
			t.Errorf("%s on %s: got %s %s, want %s", tt.code, tt.at, st.State, st.Name, tt.want)
		}
	}
}

// Every region can be asked for, and has holidays in each year, at least one
// of them in December or January.
func TestRegions(t *testing.T) {
	all := schedule.Regions()
	if !slices.IsSortedFunc(all, func(a, b schedule.Region) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("the regions are not in order")
	}
	for i, r := range all {
		if i > 0 && r.Code == all[i-1].Code || r.Name == "" {
			t.Errorf("%v stands twice, or has no name", r)
		}
		s := holidays(t, r.Code)
		for _, year := range []int{2024, 2033, 2099} {
			days := of(s, year)
			if len(days) < 3 || !slices.ContainsFunc(days, func(d string) bool { return d[:2] == "12" || d[:2] == "01" }) {
				t.Errorf("%s %d: %s", r.Code, year, days)
			}
		}
	}
}
