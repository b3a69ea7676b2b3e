package schedule

import (
	"cmp"
	"slices"
	"time"

	"github.com/rickar/cal/v2"
)

// holiday is a public holiday in a certain year.
type holiday struct {
	date date
	name string
}

// nameOf is the name of the holiday on a day; the holidays are sorted by date.
func nameOf(holidays []holiday, d date) (string, bool) {
	i, ok := slices.BinarySearchFunc(holidays, d, func(h holiday, d date) int { return cmp.Compare(h.date, d) })
	if !ok {
		return "", false
	}
	return holidays[i].name, true
}

// holidaysOf are the holidays of all years in the regions, by date. Of two on
// one day the first counts.
func holidaysOf(regions []region) []holiday {
	var all []holiday
	first, last := newDate(firstYear, time.January, 1), newDate(lastYear, time.December, 31)
	for _, r := range regions {
		for _, h := range r.holidays {
			// The years around them, too: 1 January may be kept on 31 December.
			for year := firstYear - 1; year <= lastYear+1; year++ {
				for _, d := range occurrences(h, year) {
					if first <= d && d <= last {
						all = append(all, holiday{d, h.Name})
					}
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b holiday) int { return cmp.Compare(a.date, b.date) })
	return slices.CompactFunc(all, func(a, b holiday) bool { return a.date == b.date })
}

// occurrences are the day of a holiday in a year, and the day that the law
// gives instead if it is at a weekend. This is [cal.Holiday.Calc] without its
// dependence on the machine's time zone: there, a day may have no midnight.
func occurrences(h *cal.Holiday, year int) []date {
	if h.StartYear > 0 && year < h.StartYear || h.EndYear > 0 && year > h.EndYear || slices.Contains(h.Except, year) {
		return nil
	}
	midnight := h.Func(h, year)
	if midnight.IsZero() {
		return nil
	}
	d := newDate(midnight.Add(12*time.Hour).Date()) + date(h.CalcOffset)
	for _, o := range h.Observed {
		if o.Day == d.weekday() {
			return []date{d, d + date(o.Offset)}
		}
	}
	return []date{d}
}
