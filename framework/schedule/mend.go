package schedule

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
)

// with is a list with further holidays. The list itself belongs to the library
// and stays as it is.
func with(holidays []*cal.Holiday, more ...*cal.Holiday) []*cal.Holiday {
	return slices.Concat(holidays, more)
}

// without is a list without some of its holidays.
func without(holidays []*cal.Holiday, fewer ...*cal.Holiday) []*cal.Holiday {
	return slices.DeleteFunc(slices.Clone(holidays), func(h *cal.Holiday) bool { return slices.Contains(fewer, h) })
}

// called is a holiday under the name that it has in a country.
func called(h *cal.Holiday, name string) *cal.Holiday {
	return h.Clone(&cal.Holiday{Name: name})
}

// since is a holiday from a year on.
func since(year int, h *cal.Holiday) *cal.Holiday {
	return h.Clone(&cal.Holiday{StartYear: year})
}

// only is a holiday of a single year.
func only(year int, name string, month time.Month, day int) *cal.Holiday {
	return yearly(name, month, day).Clone(&cal.Holiday{StartYear: year, EndYear: year})
}

// yearly is a holiday on the same date each year.
func yearly(name string, month time.Month, day int) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Day: day, Func: cal.CalcDayOfMonth}
}

// nth is a holiday on a weekday counted in its month; -1 is the last.
func nth(name string, n int, weekday time.Weekday, month time.Month) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Weekday: weekday, Offset: n, Func: cal.CalcWeekdayOffset}
}

// later is a holiday so many days after another.
func later(days int, h *cal.Holiday) *cal.Holiday {
	c := h.Clone(nil)
	c.CalcOffset = days
	return c
}

// onDays is a holiday that is one only if its day fits.
func onDays(h *cal.Holiday, fits func(date) bool) *cal.Holiday {
	return &cal.Holiday{Name: h.Name, Func: func(_ *cal.Holiday, year int) time.Time {
		for _, d := range occurrences(h, year) {
			if fits(d) {
				return d.midnight()
			}
		}
		return time.Time{}
	}}
}

// moved is a holiday that the law moves as such when it falls at a weekend, so
// that the day itself is an ordinary one.
func moved(h *cal.Holiday) *cal.Holiday {
	return &cal.Holiday{Name: h.Name, Func: func(_ *cal.Holiday, year int) time.Time {
		if days := occurrences(h, year); len(days) > 0 {
			return days[len(days)-1].midnight()
		}
		return time.Time{}
	}}
}

// orthodox is a holiday so many days after the Easter of the Orthodox churches.
func orthodox(name string, days int) *cal.Holiday {
	return &cal.Holiday{Name: name, Offset: days, Julian: true, Func: cal.CalcEasterOffset}
}

// observed is a holiday with days instead of those at the weekend.
func observed(h *cal.Holiday, days ...cal.AltDay) *cal.Holiday {
	c := h.Clone(nil)
	c.Observed = days
	return c
}

// nextMonday is the Monday after a holiday at the weekend.
func nextMonday() []cal.AltDay {
	return []cal.AltDay{{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 1}}
}

// afterANextMonday is the same for a holiday on the day after another one that
// is given a Monday itself.
func afterANextMonday() []cal.AltDay {
	return []cal.AltDay{{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 2}, {Day: time.Monday, Offset: 1}}
}

// sundayOnly is the Monday after a holiday on a Sunday.
func sundayOnly() []cal.AltDay { return []cal.AltDay{{Day: time.Sunday, Offset: 1}} }
