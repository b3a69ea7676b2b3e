package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// Each text has the findings below it, all at once.
func TestFindings(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"{}", `
1:1: error: the schedule has no open; write its hours, as in open: {mon: 09:00-17:00} or open: Mo-Fr 09:00-17:00 [missing-key]
1:1: error: the schedule has no timezone; write where its clocks are, as in timezone: Europe/Berlin [missing-key]`},
		{"Mo-Fr 09:00-17:00", `
1:1: error: want a map such as {timezone: ...} here, not "Mo-Fr 09:00-17:00" [wrong-type]`},
		{"timezone: Europe/Berlin\nopens: Mo-Fr 09:00-17:00\nholiday: DE\ncolour: red\n", `
2:1: error: a schedule has no key "opens"; did you mean "open"? [unknown-key]
3:1: error: a schedule has no key "holiday"; did you mean "holidays"? [unknown-key]
4:1: error: a schedule has no key "colour"; it has "timezone", "open", "holidays" and "closed" [unknown-key]`},
		// All four parts at once.
		{"timezone: Berlin\nopen: Mo-Fr 9-17\nholidays: [DE-BW, DE-XY]\nclosed: 24.12.2026\n", `
1:11: error: "Berlin" is not the name of a time zone; did you mean "Europe/Berlin"? [unknown-timezone]
2:13: error: a time has hours and minutes: 09:00 [bad-schedule]
3:19: error: no holidays are known for "DE-XY"; did you mean "DE-BY"? [unknown-holiday-region]
4:9: error: "24.12.2026" is no date; write 2026-12-24 [bad-schedule]`},
	} {
		_, list := findings(t, tt.text, nil)
		want := ""
		for line := range strings.Lines(strings.TrimPrefix(tt.want, "\n")) {
			want += "flow.yaml:" + strings.TrimSuffix(line, "\n") + "\n"
		}
		got := list.String()
		if strings.Contains(want, `did you mean "DE-BY"?`) { // and then the list
			got = strings.Replace(got, " Of DE there are DE, DE-BB, DE-BE, DE-BW, DE-BY, DE-HB, DE-HE, DE-HH, DE-MV, DE-NI, DE-NW, DE-RP, "+
				"DE-SH, DE-SL, DE-SN, DE-ST, DE-TH; write other days in a file, as in holidays: [./days.yaml]", "", 1)
		}
		if got != want {
			t.Errorf("%s\n got\n%swant\n%s", tt.text, got, want)
		}
	}
}

// one is the only finding about a schedule that is right but for one part:
// "column-end message", the columns counted from the value's first character.
func one(t *testing.T, key, value string, rule string) string {
	t.Helper()
	parts := map[string]string{"timezone": "Europe/Berlin", "open": "Mo-Fr 09:00-17:00", "holidays": "DE", "closed": "2026-12-24"}
	parts[key] = value
	text := ""
	for _, k := range []string{"timezone", "open", "holidays", "closed"} {
		text += k + ": " + parts[k] + "\n"
	}
	s, list := findings(t, text, fstest.MapFS{"empty.yaml": {}, "map.yaml": {Data: []byte("a: b")}})
	if len(list) != 1 || s != nil || list[0].Rule != rule {
		return fmt.Sprintf("%d findings, want one of %s: %s", len(list), rule, list)
	}
	first := len(key) + 3 // of the value
	if value[0] == '"' {
		first++
	}
	d := list[0]
	if d.EndCol == 0 {
		return fmt.Sprintf("%d %s", d.Pos.Col-first, d.Message)
	}
	return fmt.Sprintf("%d-%d %s", d.Pos.Col-first, d.EndCol-first, d.Message)
}

func TestHoursFindings(t *testing.T) {
	for _, tt := range []struct{ open, want string }{
		// Beyond the plain part of the form.
		{`"Mo-Fr 09:00-17:00; SH off"`, `19-21 "SH": school holidays are not known; list them under closed:, or in a file of days under holidays:`},
		{`Mo-Fr sunrise-sunset`, `6-13 "sunrise": the sun rises and sets at other times in other places, and a schedule has no place; write a time such as 07:00`},
		{`Mo-Fr 09:00-dusk`, `12-16 "dusk": the sun rises and sets at other times in other places, and a schedule has no place; write a time such as 07:00`},
		{`"easter off"`, `0-6 "easter": days counted from Easter are not understood; take them from holidays:, or list them under closed:`},
		{`week 1-53/2 Mo 09:00-17:00`, `0-4 "week": weeks of the year are not understood; write dates such as Jan 1-Mar 31, or list the days under closed:`},
		{`Mo 09:00-17:00 || unknown`, `15-16 "|": what stands after || depends on what nobody knows; write one part after the other, with ; between them`},
		{`Mo unknown`, `3-10 "unknown": a caller hears that it is open or closed, and nothing between; write hours, or off`},
		{`Mo[1] 09:00-17:00`, `2-3 "[": weekdays counted in their month, such as Mo[1], are not understood; list the days under closed:`},
		{`Mo 17:00+`, `8-9 "+": hours that end some time, such as 17:00+, are not understood; write the end, as in 17:00-22:00`},
		{`Mo 17:00-19:00+`, `14-15 "+": hours that end some time, such as 17:00+, are not understood; write the end, as in 17:00-22:00`},
		{`Mo 10:00-16:00/90`, `14-15 "/": times that repeat, such as 10:00-16:00/90, are not understood; write from when to when it is open`},
		{`Mo (sunrise+01:00)-17:00`, `3-4 "(": reckoning in brackets is not understood; write the times`},
		{`2026 Dec 24 off`, `0-4 "2026": hours for one year are not understood; list its days in a file under holidays:, with hours of their own`},
		{`Dec 24 2026 off`, `7-11 "2026": hours for one year are not understood; list its days in a file under holidays:, with hours of their own`},
		{`PH +1 day off`, `3-4 days counted from a holiday are not understood; list them under closed:, or in a file of days under holidays:`},
		{`PH Mo-Fr 10:00-12:00`, `3-5 "Mo" right after other days means days that are both, which is not understood; put a comma before it`},
		{`Mo-Fr PH 10:00-12:00`, `6-8 "PH" right after other days means days that are both, which is not understood; put a comma before it`},
		{`'Mo 10:00-12:00 "by appointment"'`, `16-32 "\"by appointment\"": comments are not understood; leave it out`},
		{`Mo 09:00-17:00 off`, `15-18 "off" after hours takes them away, which is not understood; write the hours at which it is open`},
		// Spelling.
		{`Mon-Fri 09:00-17:00`, `0-3 "Mon" is written Mo here`},
		{`mo-fr 09:00-17:00`, `0-2 "mo" is written Mo here`},
		{`Mo-Do 09:00-17:00`, `3-5 "Do" is written Th here`},
		{`Di,Mi 09:00-17:00`, `0-2 "Di" is written Tu here`},
		{`December 24 off`, `0-8 "December" is written Dec here`},
		{`Dec 24-Jänner 6 off`, `7-13 want a day such as 24 here, not "Jänner"`},
		{`Sa OFF`, `3-6 "OFF" is written off here`},
		{`ph off`, `0-2 "ph" is written PH here`},
		{`Mo,09:00-17:00`, `3-8 want a weekday such as Mo, or PH for public holidays, here, not "09:00"`},
		{`Mo-09:00`, `3-8 want a weekday such as Fr here, not "09:00"`},
		{`Mo-Fr 24/7`, `6-8 24/7 stands alone; the whole of certain days is 00:00-24:00`},
		{`always`, `0-6 want hours such as 09:00-17:00, or off, here, not "always"`},
		{`""`, `0-0 want hours such as 09:00-17:00, or off, here, not the end`},
		{`Mo-Fr 09:00-17:00 Uhr`, `18-21 want a comma, a semicolon or the end here, not "Uhr"`},
		// Days without hours.
		{`Mo-Fr`, `0-5 these days have no hours; write them, as in 09:00-17:00, or 00:00-24:00, or off`},
		{`Mo-Fr open`, `0-5 these days have no hours; write them, as in 09:00-17:00, or 00:00-24:00, or off`},
		{`Mo-Fr 09:00-17:00; Dec 24`, `19-25 these days have no hours; write them, as in 09:00-17:00, or 00:00-24:00, or off`},
		// Times.
		{`Mo 9am-5pm`, `3-4 a time has hours and minutes: 09:00`},
		{`Mo 10:00`, `3-8 "10:00" has no end; write from when to when it is open, as in 10:00-17:00`},
		{`Mo 10:00-`, `9-9 want a time such as 09:00 here, not the end`},
		{`Mo 10:0-12:00`, `3-7 "10:0" is no time; write it as 09:00 or 17:30`},
		{`Mo 10:00-12:60`, `9-14 "12:60" is no time; write it as 09:00 or 17:30`},
		{`Mo 10:00-100:00`, `9-15 "100:00" is no time; write it as 09:00 or 17:30`},
		{`Mo 22:00-26:00`, `9-14 "26:00" is no time of a day; write 02:00, which after a later time means the next day`},
		{`Mo 22:00-24:01`, `9-14 "24:01" is no time of a day; write 00:01, which after a later time means the next day`},
		{`Mo 24:00-02:00`, `3-8 "24:00" is the end of a day; what begins then belongs to the next day, at 00:00`},
		{`Mo 09:00-09:00`, `9-14 this begins and ends at 09:00; a whole day is 00:00-24:00`},
		{`Mo 09:00-12:00,11:00-14:00`, `15-26 09:00-12:00 and 11:00-14:00 overlap; write them as one`},
		{`Mo 22:00-02:00,23:00-23:30`, `15-26 22:00-02:00 and 23:00-23:30 overlap; write them as one`},
		// Dates.
		{`Feb 30 off`, `4-6 Feb has no day 30`},
		{`Apr 29-31 off`, `7-9 Apr has no day 31`},
		{`Dec 0 off`, `4-5 Dec has no day 0`},
		{`Dec 24,26 off`, `7-9 say the month again before "26", as in Dec 24,Dec 31`},
		{`Dec 24,Mo 09:00-12:00`, `7-9 want a month such as Jan here, not "Mo"`},
		{`Dec-Jan 6 off`, `8-9 a range from a month to a day is not clear; write both days, as in Jan 1-Mar 6`},
		{`Dec-24 off`, `4-6 want a month such as Mar here, not "24"`},
		{`~`, `0 want a weekly table such as {mon: 09:00-17:00}, or hours such as Mo-Fr 09:00-17:00 here, not nothing`},
		{`[Mo 09:00-17:00]`, `0 want a weekly table such as {mon: 09:00-17:00}, or hours such as Mo-Fr 09:00-17:00 here, not a list`},
		{`17`, `0 digits are a text here and need quotes: "17"`},
		// Tables.
		{`{monday: 09:00-17:00}`, `1 a weekly table has no key "monday"; write mon`},
		{`{Mo: 09:00-17:00}`, `1 a weekly table has no key "Mo"; write mon`},
		{`{PH: 09:00-17:00}`, `1 a weekly table has no hours for holidays; write the hours in one text, as in open: Mo-Fr 09:00-17:00; PH 10:00-12:00`},
		{`{every: 09:00-17:00}`, `1 a weekly table has no key "every"; it has "mon", "tue", "wed", "thu", "fri", "sat" and "sun"`},
		{`{mon-fri: 09:00-17:00, wed: 09:00-12:00}`, `23 wed has hours already, at line 2`},
		{`{mon: 09:00-17:00 Uhr}`, `18-21 want a comma and further hours, or the end, here, not "Uhr"`},
		{`{mon: ["09:00-12:00", "11:00-13:00"]}`, `23-34 09:00-12:00 and 11:00-13:00 overlap; write them as one`},
		{`{mon: []}`, `6 want hours such as 09:00-17:00, or closed, here, not a list`},
		{`{mon: }`, `6 want hours such as 09:00-17:00, or closed, here, not nothing`},
	} {
		rule := schedule.RuleBad
		for key, r := range map[string]string{"has no key": "unknown-key", "no hours for holidays": "unknown-key", "not nothing": "wrong-type", "not a list": "wrong-type", "need quotes": "unquoted-digits", "already": "duplicate-key"} {
			if strings.Contains(tt.want, key) {
				rule = r
			}
		}
		if got := one(t, "open", tt.open, rule); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.open, got, tt.want)
		}
	}
}

func TestDateFindings(t *testing.T) {
	const forms = "write 2026-12-24, or 12-24 for every year, or a range such as 2026-12-24..2027-01-01"
	for _, tt := range []struct{ closed, rule, want string }{
		{"24.12.2026", "bad-schedule", `0-10 "24.12.2026" is no date; write 2026-12-24`},
		{"24.12.", "bad-schedule", `0-6 "24.12." is no date; write 12-24`},
		{"31.2.2026", "bad-schedule", `0-9 "31.2.2026" is no date; ` + forms},
		{"2026-12-24/2026-12-26", "bad-schedule", `0-21 "2026-12-24/2026-12-26" is no date; write a range with two dots: 2026-12-24..2026-12-26`},
		{"2026-12-24 - 2026-12-26", "bad-schedule", `0-23 "2026-12-24 - 2026-12-26" is no date; write a range with two dots: 2026-12-24..2026-12-26`},
		{"2026-12-24 to 2026-12-26", "bad-schedule", `0-24 "2026-12-24 to 2026-12-26" is no date; write a range with two dots: 2026-12-24..2026-12-26`},
		{"2026-1-1", "bad-schedule", `0-8 "2026-1-1" is no date; ` + forms},
		{"2026", "bad-schedule", `0-4 "2026" is no date; ` + forms},
		{"2026-13-01", "bad-schedule", `0-10 there is no day "2026-13-01" in the calendar; ` + forms},
		{"2026-00-10", "bad-schedule", `0-10 there is no day "2026-00-10" in the calendar; ` + forms},
		{"2026-06-31", "bad-schedule", `0-10 there is no day "2026-06-31" in the calendar; ` + forms},
		{"02-30", "bad-schedule", `0-5 there is no day "02-30" in the calendar; ` + forms},
		{"2027-02-29", "bad-schedule", `0-10 there is no 2027-02-29: 2027 is no leap year`},
		{"1999-12-24", "bad-schedule", `0-10 the year of "1999-12-24" is out of range: 2000 to 2099`},
		{"2126-12-24", "bad-schedule", `0-10 the year of "2126-12-24" is out of range: 2000 to 2099`},
		{"2026-12-24..2026-12-23", "bad-schedule", `0-22 "2026-12-24..2026-12-23" ends before it begins`},
		{"2026-12-24..12-26", "bad-schedule", `0-17 "2026-12-24..12-26" has the year on one side only; write it on both, or on none for every year`},
		{"{name: works outing}", "missing-key", `0 this day has no date; write date: 2026-12-24, or 12-24 for every year, or a range such as 2026-12-24..2027-01-01`},
		{"{date: 2026-12-24, open: 09:00-12:00}", "unknown-key", `19 a day has no key "open"; it has "date" and "name"`},
		{"{date: [2026-12-24]}", "wrong-type", `7 want a date such as 2026-12-24 here, not a list`},
		{"[[2026-12-24]]", "wrong-type", `1 want a date such as 2026-12-24 here, not a list`},
		{"[2026-12-24, ]", "", ""},
		{"~", "wrong-type", `0 want a date such as 2026-12-24 here, not nothing`},
		{"{date: 2026-12-24, name: [a]}", "wrong-type", `25 want a text here, not a list`},
	} {
		if tt.rule == "" {
			load(t, "{timezone: UTC, open: 24/7, closed: "+tt.closed+"}", nil)
		} else if got := one(t, "closed", tt.closed, tt.rule); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.closed, got, tt.want)
		}
	}
}

func TestZoneFindings(t *testing.T) {
	const place = "; write a place, so that summer time is known"
	for _, tt := range []struct{ zone, want string }{
		{"CET", place + `; did you mean "Europe/Berlin"?`},
		{"EST", place + `; did you mean "America/New_York"?`},
		{"est5edt", place + `; did you mean "America/New_York"?`},
		{"europe/berlin", `; did you mean "Europe/Berlin"?`},
		{"Europe/Berln", `; did you mean "Europe/Berlin"?`},
		{"new york", `; did you mean "America/New_York"?`},
		{"Londn", `; did you mean "Europe/London"?`},
		{"utc", `; did you mean "UTC"?`},
		{"Local", "; zones are named after places, such as Europe/Berlin, America/New_York, or UTC"},
		{"UTC+1", "; zones are named after places, such as Europe/Berlin, America/New_York, or UTC"},
		{"Etc/GMT-1", "; zones are named after places, such as Europe/Berlin, America/New_York, or UTC"},
		{"posix/Europe/Berlin", `; did you mean "Europe/Berlin"?`},
		{"../../etc/passwd", "; zones are named after places, such as Europe/Berlin, America/New_York, or UTC"},
	} {
		want := fmt.Sprintf("0 %q is not the name of a time zone%s", tt.zone, tt.want)
		if got := one(t, "timezone", tt.zone, schedule.RuleZone); got != want {
			t.Errorf("%s:\n got %s\nwant %s", tt.zone, got, want)
		}
	}
}

func TestHolidayFindings(t *testing.T) {
	const own = "; write other days in a file, as in holidays: [./days.yaml]"
	for _, tt := range []struct{ holidays, rule, want string }{
		{"de-by", "unknown-holiday-region", `0 no holidays are known for "de-by"; did you mean "DE-BY"?`},
		{"DE_BY", "unknown-holiday-region", `0 no holidays are known for "DE_BY"; did you mean "DE-BY"?`},
		{"Germany", "unknown-holiday-region", `0 no holidays are known for "Germany"; did you mean "DE"?`},
		{"bavaria", "unknown-holiday-region", `0 no holidays are known for "bavaria"; did you mean "DE-BY"?`},
		{"US-CA", "unknown-holiday-region", `0 no holidays are known for "US-CA"; those of US are not told apart by region: write US and the other days in a file, as in holidays: [US, ./days.yaml]`},
		{"GB-XYZ", "unknown-holiday-region", `0 no holidays are known for "GB-XYZ"; of GB there are GB, GB-ENG, GB-NIR, GB-SCT, GB-WLS` + own},
		{"CH-AG", "unknown-holiday-region", `0 no holidays are known for "CH-AG": they differ by district or commune; write CH and the other days in a file, as in holidays: [CH, ./days.yaml]`},
		{"CH-XX", "unknown-holiday-region", `0 no holidays are known for "CH-XX"; of CH there are CH, CH-AR, CH-BE, CH-BL, CH-BS, CH-GE, CH-GL, CH-GR, ` +
			"CH-JU, CH-LU, CH-NE, CH-NW, CH-OW, CH-SG, CH-SH, CH-SZ, CH-TG, CH-TI, CH-UR, CH-VD, CH-VS, CH-ZG, CH-ZH" + own},
		{"XX", "unknown-holiday-region", `0 no holidays are known for "XX"; countries are AT, AU, BE, BR, CA, CH, CZ, DE, DK, EE, ES, FI, FR, GB, GR, HR, HU, IE, IS, IT, JP, ` +
			"LT, LU, LV, MT, NL, NO, NZ, PL, PT, RO, SE, SI, US, ZA" + own},
		{"[[DE]]", "wrong-type", "1 want a region such as DE-BY, or a file such as ./days.yaml, here, not a list"},
		{"[DE, {date: 2026-12-24}]", "wrong-type", "5 want a region such as DE-BY or a file such as ./days.yaml (days of your own stand in a file, or under closed:) here, not a map"},
		{"[DE, 5]", "unquoted-digits", `5 digits are a text here and need quotes: "5"`},
		{"./none.yaml", "file", `0 the file of days "./none.yaml" cannot be read: file does not exist`},
		{"../none.yaml", "file", `0 "../none.yaml" is not a path inside the project; write it relative to this file, with /`},
		{"/none.yaml", "file", `0 "/none.yaml" is not a path inside the project; write it relative to this file, with /`},
		{"./days.ics", "file", `0 "./days.ics" is no file of days; its name should end in .yaml`},
		{"./empty.yaml", "missing-key", "-10 the file has no days; it is a list such as - {date: 2026-12-24, name: Christmas Eve}"},
		{"./map.yaml", "wrong-type", "-10 want a list of days, such as - {date: 2026-12-24, name: Christmas Eve} here, not a map"},
	} {
		if got := one(t, "holidays", tt.holidays, tt.rule); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.holidays, got, tt.want)
		}
	}
}

// What is wrong in a file of days is found in that file.
func TestFileFindings(t *testing.T) {
	const list = "- {date: 2026-12-24, name: Eve, open: 9-12}\n- {day: 2026-12-25}\n- 2026-02-29\n- {date: 2026-12-31, open: [09:00-12:00, 25:00-26:00]}\n- {name: x, name: y}\n"
	files := fstest.MapFS{"flows/common/days.yaml": {Data: []byte(list)}}
	root, _ := tree.Parse("flows/desk/flow.yaml", []byte("{timezone: UTC, open: 24/7, holidays: [../common/days.yaml]}"))
	s, found := schedule.Parse(files, root)
	const want = `flows/common/days.yaml:1:39: error: a time has hours and minutes: 09:00 [bad-schedule]
flows/common/days.yaml:2:3: error: this day has no date; write date: 2026-12-24, or 12-24 for every year, or a range such as 2026-12-24..2027-01-01 [missing-key]
flows/common/days.yaml:2:4: error: a day has no key "day"; it has "date", "name" and "open" [unknown-key]
flows/common/days.yaml:3:3: error: there is no 2026-02-29: 2026 is no leap year [bad-schedule]
flows/common/days.yaml:4:42: error: "25:00" is no time of a day; write 01:00, which after a later time means the next day [bad-schedule]
flows/common/days.yaml:5:3: error: this day has no date; write date: 2026-12-24, or 12-24 for every year, or a range such as 2026-12-24..2027-01-01 [missing-key]
flows/common/days.yaml:5:13: error: the key "name" stands here a second time; the first is at line 5 [duplicate-key]
`
	if got := found.String(); got != want || s != nil {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// Warnings are about schedules that work.
func TestWarnings(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"{timezone: UTC, open: Mo-Fr 09:00-17:00; PH off}",
			"flow.yaml:1:23: warning: the hours speak of holidays (PH), but the schedule has none; write holidays: [DE-BY], or leave PH out [no-holidays]\n"},
		{"{timezone: UTC, open: off}", "flow.yaml:1:23: warning: the schedule is never open; write hours such as 09:00-17:00 [never-open]\n"},
		{"{timezone: UTC, open: {mon: closed}}", "flow.yaml:1:23: warning: the schedule is never open; write hours such as 09:00-17:00 [never-open]\n"},
		{"{timezone: UTC, open: off, holidays: days.yaml}", ""}, // open on one day
	} {
		s, list := findings(t, tt.text, days("- {date: 2026-12-24, open: 09:00-12:00}"))
		if list.String() != tt.want || s == nil {
			t.Errorf("%s:\ngot %swant %s", tt.text, list, tt.want)
		}
	}
}

// Too many of anything are refused, and none of them is read twice over.
func TestTooMany(t *testing.T) {
	many := "{timezone: UTC, open: 24/7, closed: [" + strings.Repeat("2026-12-24,", 1001) + "]}"
	if _, list := findings(t, many, nil); len(list) != 1 || list[0].Rule != "too-large" {
		t.Errorf("days: %.500s", list)
	}
	parts := "{timezone: UTC, open: '" + strings.Repeat("Mo 09:00-10:00;", 300) + "'}"
	if _, list := findings(t, parts, nil); len(list) != 1 || !strings.Contains(list[0].Message, "more than 200 parts") {
		t.Errorf("parts: %.500s", list)
	}
	spans := "{timezone: UTC, open: 'Mo " + strings.Repeat("09:00-10:00,", 3000) + "'}"
	if _, list := findings(t, spans, nil); !list.HasErrors() {
		t.Error("spans without an end")
	}
}
