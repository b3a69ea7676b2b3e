// Package schedule knows when a business is open: weekly hours, public holidays
// and days of one's own, in the clocks of a place.
//
//	s, findings := schedule.Parse(fsys, node) // timezone, open, holidays, closed
//	switch s.At(now).State {
//	case schedule.Open:
//	case schedule.Closed, schedule.Holiday:
//		next, ok := s.NextOpen(now)
//		...
//	}
//
// Each day is judged as a whole: a day in closed is closed, else a holiday has
// the hours of holidays (none, if nothing else is said), else the weekly hours
// count. What is open past midnight belongs to the day on which it began, so it
// ends as it would have even if the next day is a holiday or closed.
//
// Times of day are those that the clocks of the zone show. A time means the
// first moment at which they show it or a later one; this settles both nights
// on which they are changed.
//
// Holidays by region are those from 2000 to 2099, without the days that are off
// in parts of the region only, for some people only, or not before the
// afternoon. Where the law gives another day for a holiday at the weekend, both
// days count, unless the law moves the holiday as such.
//
// The package asks no clock and reads no file but those that fs.FS gives it. A
// *Schedule does not change; it is safe for concurrent use.
package schedule

import "time"

// State says how things stand at a moment.
type State uint8

// The states. A holiday is Open during its hours, if it has any.
const (
	Closed State = iota
	Open
	Holiday
)

// String is "closed", "open" or "holiday".
func (s State) String() string {
	switch s {
	case Open:
		return "open"
	case Holiday:
		return "holiday"
	default:
		return "closed"
	}
}

// Status is what a schedule says of a moment.
type Status struct {
	State State
	Name  string    // of the holiday, or of the day in closed, if it has one; "" if open
	Until time.Time // when State or Name is another; zero if not within ten years
}

// horizon is how many days are looked at for a change. In ten years there is a
// 29 February, even around a year such as 2100 that has none.
const horizon = 3660

// Schedule is the hours of a place.
type Schedule struct {
	zone   *time.Location
	hours  []rule    // weekly
	closed []ownDay  // win over all else
	own    []ownDay  // holidays of one's own, single days before yearly ones
	public []holiday // by date
	files  []File
}

// File is a file that a schedule was read from, other than the flow's.
type File struct {
	Name   string
	Source []byte
}

// Location is the time zone.
func (s *Schedule) Location() *time.Location { return s.zone }

// Files are the files of days that were read.
func (s *Schedule) Files() []File { return s.files }

// At says how things stand at a moment.
func (s *Schedule) At(t time.Time) Status {
	d := dateAt(s.zone, t)
	if end, open := s.openUntil(d, t); open {
		return Status{State: Open, Until: end}
	}
	today := s.day(d)
	return Status{State: today.state, Name: today.name, Until: s.changes(d, t)}
}

// NextOpen is the first moment from t on at which it is open: t itself, if it
// is. It answers false if that is not within ten years.
func (s *Schedule) NextOpen(t time.Time) (time.Time, bool) {
	d := dateAt(s.zone, t)
	if _, open := s.openUntil(d, t); open {
		return t.In(s.zone), true
	}
	for last := d + horizon; d < last; d++ {
		if next, ok := s.opens(d, t); ok {
			return next, true
		}
	}
	return time.Time{}, false
}

// opens is the first moment after t at which something begins that belongs to
// a day.
func (s *Schedule) opens(d date, t time.Time) (next time.Time, found bool) {
	for _, sp := range s.day(d).spans {
		from, to := s.bounds(d, sp)
		if from.After(t) && from.Before(to) && (!found || from.Before(next)) {
			next, found = from, true
		}
	}
	return next, found
}

// openUntil says whether it is open at a moment of day d, and until when.
func (s *Schedule) openUntil(d date, t time.Time) (time.Time, bool) {
	end, last := t, d+horizon
	for later := s.spansOver(d, end); later.After(end); later = s.spansOver(d, end) {
		end, d = later, dateAt(s.zone, later)
		if s.day(d).whole() {
			for d < last && s.day(d).whole() { // there may be years of them
				d++
			}
			end = moment(s.zone, d, 0)
			d = dateAt(s.zone, end)
		}
		if d >= last {
			return time.Time{}, true
		}
	}
	return end.In(s.zone), end.After(t)
}

// spansOver is the last end of what is open at a moment of day d; the moment
// itself if nothing is. Spans are at most a day long, so that only those of
// this day and of the one before can be.
func (s *Schedule) spansOver(d date, t time.Time) time.Time {
	end := t
	for _, e := range [...]date{d - 1, d} {
		for _, sp := range s.day(e).spans {
			if from, to := s.bounds(e, sp); !from.After(t) && to.After(end) {
				end = to
			}
		}
	}
	return end
}

// changes is when the state or the name of day d end, if t is a moment of it
// at which it is not open; zero if they do not.
func (s *Schedule) changes(d date, t time.Time) time.Time {
	today := s.day(d)
	for last := d + horizon; d < last; {
		if next, ok := s.opens(d, t); ok {
			return next
		}
		if tomorrow := s.day(d + 1); tomorrow.state == today.state && tomorrow.name == today.name && len(tomorrow.spans) == 0 {
			d++ // there may be years of them
			continue
		}
		midnight := moment(s.zone, d+1, 0)
		d = dateAt(s.zone, midnight) // not always d+1: a place that crosses the date line skips a day
		next := s.day(d)
		if next.state != today.state || next.name != today.name || s.spansOver(d, midnight).After(midnight) {
			return midnight
		}
	}
	return time.Time{}
}

// bounds are the moments at which a span of a day begins and ends. They are
// the same if the clocks skip it.
func (s *Schedule) bounds(d date, sp span) (from, to time.Time) {
	return moment(s.zone, d, sp.from), moment(s.zone, d, sp.to)
}
