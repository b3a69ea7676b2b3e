package schedule

import "strconv"

// dates reads months and days of months, such as "Dec 24-26,Jul".
func (r *reader) dates() ([]dateRange, *problem) {
	var ranges []dateRange
	if _, ok := monthOf(r.peek()); !ok {
		return nil, nil
	}
	for {
		next, p := r.dateRange()
		if p != nil {
			return nil, p
		}
		ranges = append(ranges, next)
		if after := r.tokens[min(r.at+1, len(r.tokens)-1)]; r.peek().is(",") && after.kind == number {
			return nil, problemAt(after, "say the month again before %s, as in Dec 24,Dec 31", after)
		}
		if !r.accept(",") {
			return ranges, nil
		}
		if t := r.peek(); t.kind != word {
			return nil, unexpected(t, "a month such as Jan")
		} else if _, ok := monthOf(t); !ok {
			return nil, unexpected(t, "a month such as Jan")
		}
	}
}

// dateRange reads "Jan", "Jan-Mar", "Dec 24", "Dec 24-26" or "Dec 24-Jan 6".
func (r *reader) dateRange() (dateRange, *problem) {
	month, _ := monthOf(r.take())
	first := yearDay{month: month}
	if t := r.peek(); t.kind != number {
		return r.monthRange(first)
	}
	var p *problem
	if first.day, p = r.dayOf(month); p != nil {
		return dateRange{}, p
	}
	last := first
	if !r.accept("-") {
		return dateRange{first, last}, nil
	}
	if m, ok := monthOf(r.peek()); ok {
		last.month = m
		r.take()
	}
	if last.day, p = r.dayOf(last.month); p != nil {
		return dateRange{}, p
	}
	return dateRange{first, last}, nil
}

// monthRange reads what follows the name of a month without a day.
func (r *reader) monthRange(first yearDay) (dateRange, *problem) {
	last := first.month
	if r.accept("-") {
		t, ok := r.take(), false
		if last, ok = monthOf(t); !ok {
			return dateRange{}, unexpected(t, "a month such as Mar")
		}
	}
	if t := r.peek(); t.kind == number {
		return dateRange{}, problemAt(t, "a range from a month to a day is not clear; write both days, as in Jan 1-Mar %s", t.text)
	}
	first.day = 1
	return dateRange{first, yearDay{month: last, day: 31}}, nil
}

// dayOf reads the day of a month.
func (r *reader) dayOf(month int) (int, *problem) {
	t := r.take()
	day, err := strconv.Atoi(t.text)
	switch {
	case t.kind != number || err != nil:
		return 0, unexpected(t, "a day such as 24")
	case len(t.text) == 4:
		return 0, unexpected(t, "")
	case !(yearDay{month: month, day: day}).valid():
		return 0, problemAt(t, "%s has no day %s", months[month-1].word, t.text)
	}
	return day, nil
}
