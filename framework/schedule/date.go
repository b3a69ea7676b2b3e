package schedule

import "time"

const (
	secondsADay = 24 * 60 * 60
	minutesADay = 24 * 60
)

// date is a day of the calendar, counted from 1 January 1970.
type date int32

func newDate(year int, month time.Month, day int) date {
	return dayOfUnix(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix())
}

func dayOfUnix(seconds int64) date {
	d := seconds / secondsADay
	if seconds%secondsADay < 0 {
		d--
	}
	return date(d)
}

// civil is the year, month and day.
func (d date) civil() (int, time.Month, int) {
	return d.midnight().Date()
}

// midnight is the day in the library's form.
func (d date) midnight() time.Time { return time.Unix(int64(d)*secondsADay, 0).UTC() }

func (d date) weekday() time.Weekday {
	const first = int(time.Thursday) // 1 January 1970
	return time.Weekday(((int(d)+first)%7 + 7) % 7)
}

// farthest is more than any clock differs from UTC, on either side of the date
// line, with the day that a place may skip or live twice when it changes sides.
const farthest = 26 * time.Hour

// moment is when the clocks of a zone first show a time of a day or a later
// one; minute counts from the day's midnight and may lie beyond its end. A time
// that is skipped when the clocks go forward is the moment at which they do; of
// a time that comes twice when they go back, the first counts. So spans that
// meet on an ordinary day meet on these, too.
func moment(zone *time.Location, d date, minute int) time.Time {
	shown := int64(d)*secondsADay + int64(minute)*60
	period := time.Unix(shown, 0).Add(-farthest).In(zone)
	for {
		_, offset := period.Zone()
		at := time.Unix(shown-int64(offset), 0).In(zone)
		start, end := period.ZoneBounds()
		switch {
		case !end.IsZero() && !at.Before(end):
			period = end
		case at.Before(start):
			return start
		default:
			return at
		}
	}
}

// dateAt is the day that a moment belongs to: the one whose midnight was last.
// It is the date that the clocks show, but for an hour in which they were put
// back over midnight.
func dateAt(zone *time.Location, t time.Time) date {
	d := newDate(t.In(zone).Date())
	if !t.Before(moment(zone, d+1, 0)) {
		return d + 1
	}
	return d
}
