package schedule

import (
	"fmt"
	"regexp"
	"strconv"
)

// The years that dates and holidays may have.
const (
	firstYear = 2000
	lastYear  = 2099
)

var (
	isoDate    = regexp.MustCompile(`^(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})$`)
	isoRange   = regexp.MustCompile(`^((?:[0-9]{4}-)?[0-9]{2}-[0-9]{2})\s*\.\.\s*((?:[0-9]{4}-)?[0-9]{2}-[0-9]{2})$`)
	otherDash  = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\s*[–/-]\s*|\s+(?:to|bis)\s+)([0-9]{4}-[0-9]{2}-[0-9]{2})$`)
	dottedDate = regexp.MustCompile(`^([0-9]{1,2})\.\s*([0-9]{1,2})\.\s*([0-9]{4})?$`)
)

const wantDate = "write 2026-12-24, or 12-24 for every year, or a range such as 2026-12-24..2027-01-01"

// parseDates reads a date or a range of dates. What is wrong is said in words,
// else it is "".
func parseDates(text string) (dateRange, string) {
	from, to := text, text
	if m := isoRange.FindStringSubmatch(text); m != nil {
		from, to = m[1], m[2]
	}
	first, wrong := parseDate(from)
	if wrong != "" {
		return dateRange{}, wrong
	}
	last, wrong := parseDate(to)
	if wrong != "" {
		return dateRange{}, wrong
	}
	r := dateRange{first, last}
	switch {
	case (first.year == 0) != (last.year == 0):
		return r, fmt.Sprintf("%q has the year on one side only; write it on both, or on none for every year", text)
	case !r.yearly() && last.order() < first.order():
		return r, fmt.Sprintf("%q ends before it begins", text)
	}
	return r, ""
}

func parseDate(text string) (yearDay, string) {
	m := isoDate.FindStringSubmatch(text)
	if m == nil {
		return yearDay{}, fmt.Sprintf("%q is no date; %s", text, dateHint(text))
	}
	var d yearDay
	for i, to := range [...]*int{&d.year, &d.month, &d.day} {
		*to, _ = strconv.Atoi(m[i+1]) // digits, or nothing: 0
	}
	switch {
	case m[1] != "" && (d.year < firstYear || d.year > lastYear):
		return d, fmt.Sprintf("the year of %q is out of range: %d to %d", text, firstYear, lastYear)
	case !d.valid() && d.leap():
		return d, fmt.Sprintf("there is no %s: %d is no leap year", text, d.year)
	case !d.valid():
		return d, fmt.Sprintf("there is no day %q in the calendar; %s", text, wantDate)
	}
	return d, ""
}

// dateHint is how a date is written that was probably meant.
func dateHint(text string) string {
	if m := otherDash.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("write a range with two dots: %s..%s", m[1], m[2])
	}
	m := dottedDate.FindStringSubmatch(text)
	if m == nil {
		return wantDate
	}
	iso := fmt.Sprintf("%02s-%02s", m[2], m[1])
	if m[3] != "" {
		iso = m[3] + "-" + iso
	}
	if d, wrong := parseDate(iso); wrong != "" || !d.valid() {
		return wantDate
	}
	return "write " + iso
}
