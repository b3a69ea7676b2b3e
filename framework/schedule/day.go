package schedule

// day is what a schedule says of a day.
type day struct {
	state State // outside its hours: Closed or Holiday
	name  string
	spans []span
}

// whole says that it is open all day.
func (d day) whole() bool {
	return len(d.spans) == 1 && d.spans[0].from == 0 && d.spans[0].to >= minutesADay
}

func (s *Schedule) day(d date) day {
	if c, ok := find(s.closed, d); ok {
		return day{state: Closed, name: c.name}
	}
	if o, ok := find(s.own, d); ok {
		if o.special {
			return day{state: Holiday, name: o.name, spans: o.spans}
		}
		return day{state: Holiday, name: o.name, spans: hoursOf(s.hours, d, true)}
	}
	if name, ok := nameOf(s.public, d); ok {
		return day{state: Holiday, name: name, spans: hoursOf(s.hours, d, true)}
	}
	return day{state: Closed, spans: hoursOf(s.hours, d, false)}
}

// ownDay is a day that the author wrote down, or several in a row.
type ownDay struct {
	dates   dateRange
	name    string
	special bool   // it has hours of its own
	spans   []span // those
}

func find(days []ownDay, d date) (ownDay, bool) {
	if len(days) == 0 {
		return ownDay{}, false
	}
	year, month, dayOfMonth := d.civil()
	for i := range days {
		if days[i].dates.has(yearDay{year: year, month: int(month), day: dayOfMonth}) {
			return days[i], true
		}
	}
	return ownDay{}, false
}
