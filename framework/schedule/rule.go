package schedule

import (
	"slices"
	"time"
)

// span is a time of the day during which it is open, in minutes since
// midnight: from 0 to 1439, and to after it by a day at most. What goes on past
// midnight has its end beyond 1440.
type span struct{ from, to int }

// rule is a part of the hours, such as "Mo-Fr 09:00-17:00".
type rule struct {
	dates    []dateRange // yearly; none: the whole year
	weekdays [7]bool     // by time.Weekday
	holidays bool
	adds     bool   // to what the rules before say of the same days
	spans    []span // none: closed
}

// covers says whether a rule is about a day. On holidays only rules for
// holidays count.
func (r *rule) covers(d date, isHoliday bool) bool {
	if isHoliday && !r.holidays || !isHoliday && !r.weekdays[d.weekday()] {
		return false
	}
	if len(r.dates) == 0 {
		return true
	}
	_, month, dayOfMonth := d.civil()
	return slices.ContainsFunc(r.dates, func(dr dateRange) bool {
		return dr.has(yearDay{month: int(month), day: dayOfMonth})
	})
}

// hoursOf is when it is open by the rules for a day: the last rule counts, with
// what is added to it.
func hoursOf(rules []rule, d date, isHoliday bool) []span {
	var spans []span
	for i := range rules {
		r := &rules[i]
		switch {
		case !r.covers(d, isHoliday):
		case r.adds:
			spans = slices.Concat(spans, r.spans)
		default:
			spans = r.spans
		}
	}
	return spans
}

// yearDay is a date; in every year, if the year is 0.
type yearDay struct{ year, month, day int }

// order is a number that is greater for later days.
func (y yearDay) order() int { return (y.year*16+y.month)*32 + y.day }

// leap says that the day is in leap years only.
func (y yearDay) leap() bool { return y.month == int(time.February) && y.day == 29 }

// valid says that there is such a day, in some year if it is yearly.
func (y yearDay) valid() bool {
	year := y.year
	if year == 0 {
		year = 2000 // which has a 29 February
	}
	t := time.Date(year, time.Month(y.month), y.day, 0, 0, 0, 0, time.UTC)
	return int(t.Month()) == y.month && t.Day() == y.day && t.Year() == year
}

// dateRange is the days from one to another, both included. If it is yearly,
// it may go over the year's turn.
type dateRange struct{ first, last yearDay }

func (r dateRange) yearly() bool { return r.first.year == 0 }

func (r dateRange) has(d yearDay) bool {
	if r.yearly() {
		d.year = 0
	}
	first, last, at := r.first.order(), r.last.order(), d.order()
	if last < first {
		return at >= first || at <= last
	}
	return first <= at && at <= last
}
