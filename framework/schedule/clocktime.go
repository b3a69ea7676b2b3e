package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const wantHours = "hours such as 09:00-17:00, or off,"

// hours reads spans, or off. Start is the first token of the rule.
func (r *reader) hours(start token) ([]span, *problem) {
	t := r.peek()
	switch {
	case isOff(t):
		r.take()
		return nil, nil
	case r.always():
		return nil, problemAt(t, "24/7 stands alone; the whole of certain days is 00:00-24:00")
	case t.kind == number && len(t.text) < 3, t.kind == clock:
		spans, p := r.spans()
		if p == nil {
			r.accept("open")
		}
		return spans, p
	case (t.kind == endOfText || t.is(";") || t.is(",") || t.is("open")) && start.from < t.from:
		return nil, &problem{from: start.from, to: max(r.tokens[max(r.at-1, 0)].to, start.to),
			message: "these days have no hours; write them, as in 09:00-17:00, or 00:00-24:00, or off"}
	}
	return nil, unexpected(t, wantHours)
}

// spans reads times with commas between them. A comma that no time follows is
// left for the next rule.
func (r *reader) spans() ([]span, *problem) {
	var spans []span
	for {
		first := r.peek()
		sp, p := r.span()
		if p != nil {
			return nil, p
		}
		if clash := overlap(spans, []span{sp}); clash != "" {
			return nil, &problem{from: first.from, to: r.tokens[r.at-1].to, message: clash}
		}
		spans = append(spans, sp)
		if after := r.tokens[min(r.at+1, len(r.tokens)-1)]; !r.peek().is(",") || after.kind != clock && after.kind != number {
			return slices.Clip(spans), nil
		}
		r.take()
	}
}

// overlap says which spans of a day overlap with others; "" if none do.
func overlap(some, others []span) string {
	for _, a := range some {
		for _, b := range others {
			if a.from < b.to && b.from < a.to {
				return fmt.Sprintf("%s and %s overlap; write them as one", a, b)
			}
		}
	}
	return ""
}

// span reads "09:00-17:00".
func (r *reader) span() (span, *problem) {
	begin := r.peek()
	from, p := timeOfDay(r.take())
	if p != nil {
		return span{}, p
	}
	if !r.accept("-") {
		if t := r.peek(); t.is("+") || t.is("/") {
			return span{}, unexpected(t, "")
		}
		return span{}, problemAt(begin, "%s has no end; write from when to when it is open, as in %s-17:00", begin, shown(from))
	}
	end := r.peek()
	to, p := timeOfDay(r.take())
	switch {
	case p != nil:
		return span{}, p
	case from == minutesADay:
		return span{}, problemAt(begin, "%s is the end of a day; what begins then belongs to the next day, at 00:00", begin)
	case from == to:
		return span{}, problemAt(end, "this begins and ends at %s; a whole day is 00:00-24:00", shown(to))
	case to < from:
		to += minutesADay
	}
	return span{from, to}, r.endOfSpan()
}

// endOfSpan refuses what may follow a span in the OpenStreetMap form and is
// not understood.
func (r *reader) endOfSpan() *problem {
	if t := r.peek(); t.is("+") || t.is("/") {
		return unexpected(t, "")
	}
	return nil
}

// timeOfDay is the minutes of a time such as 09:00; 24:00 is allowed.
func timeOfDay(t token) (int, *problem) {
	if t.kind == number && len(t.text) < 3 {
		return 0, problemAt(t, "a time has hours and minutes: %s:00", pad(t.text))
	}
	if t.kind != clock {
		return 0, unexpected(t, "a time such as 09:00")
	}
	hourText, minuteText, _ := strings.Cut(t.text, ":")
	hour, err := strconv.Atoi(hourText)
	minute, err2 := strconv.Atoi(minuteText)
	switch {
	case err != nil || err2 != nil || len(hourText) > 2 || len(minuteText) != 2 || minute > 59:
		return 0, problemAt(t, "%s is no time; write it as 09:00 or 17:30", t)
	case hour > 24 || hour == 24 && minute > 0:
		return 0, problemAt(t, "%s is no time of a day; write %02d:%02d, which after a later time means the next day", t, hour%24, minute)
	}
	return hour*60 + minute, nil
}

func pad(digits string) string { return strings.Repeat("0", 2-len(digits)) + digits }

// shown is a time as people write it.
func shown(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// String is "09:00-17:00".
func (sp span) String() string {
	to := sp.to
	if to > minutesADay {
		to -= minutesADay
	}
	return shown(sp.from) + "-" + shown(to)
}

// parseSpans reads the hours of one day: spans, or off.
func parseSpans(text string) ([]span, *problem) {
	r := reader{tokens: scan(text)}
	spans, p := r.hours(r.peek())
	if p == nil && r.peek().kind != endOfText {
		p = unexpected(r.peek(), "a comma and further hours, or the end,")
	}
	return spans, p
}
