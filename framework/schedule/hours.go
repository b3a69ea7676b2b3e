package schedule

import "time"

// maxRules is the number of parts that hours may have.
const maxRules = 200

// parseHours reads the plain part of the opening_hours form of OpenStreetMap.
// It goes on after a problem, at the next semicolon.
func parseHours(text string) ([]rule, []*problem) {
	var rules []rule
	var problems []*problem
	r := reader{tokens: scan(text)}
	for {
		group, p := r.group()
		if p != nil {
			problems = append(problems, p)
			r.skip()
		}
		if rules = append(rules, group...); len(rules) > maxRules {
			return nil, append(problems, problemAt(r.peek(), "the hours have more than %d parts", maxRules))
		}
		if !r.accept(";") || r.peek().kind == endOfText {
			return rules, problems
		}
	}
}

// reader goes through the tokens of hours.
type reader struct {
	tokens []token
	at     int
}

func (r *reader) peek() token { return r.tokens[r.at] }

func (r *reader) take() token {
	t := r.peek()
	if t.kind != endOfText {
		r.at++
	}
	return t
}

// accept takes the next token if it is a certain one.
func (r *reader) accept(text string) bool {
	if r.peek().is(text) {
		r.at++
		return true
	}
	return false
}

// skip goes on to the next semicolon, or to the end.
func (r *reader) skip() {
	for r.peek().kind != endOfText && !r.peek().is(";") {
		r.at++
	}
}

// group is what stands between two semicolons: a rule, and those that add to
// it after commas.
func (r *reader) group() ([]rule, *problem) {
	var rules []rule
	for {
		next, p := r.rule()
		if p != nil {
			return rules, p
		}
		next.adds = len(rules) > 0
		rules = append(rules, next)
		switch t := r.peek(); {
		case r.accept(","):
		case t.kind == endOfText, t.is(";"):
			return rules, nil
		case isOff(t):
			return rules, problemAt(t, "%s after hours takes them away, which is not understood; write the hours at which it is open", t)
		default:
			return rules, unexpected(t, "a comma, a semicolon or the end")
		}
	}
}

// rule is dates, days and hours, in this order; each of them may be missing,
// but not the hours.
func (r *reader) rule() (rule, *problem) {
	if r.always() {
		return rule{weekdays: everyDay(), spans: wholeDay()}, nil
	}
	var next rule
	var p *problem
	start := r.peek()
	if next.dates, p = r.dates(); p != nil {
		return next, p
	}
	r.colon(start)
	if p = r.days(&next); p != nil {
		return next, p
	}
	r.colon(start)
	next.spans, p = r.hours(start)
	return next, p
}

// colon skips a colon for readability, as in "Jan-Mar: Mo-Fr 09:00-17:00". It
// is not the first thing in a rule.
func (r *reader) colon(start token) {
	if start.from < r.peek().from {
		r.accept(":")
	}
}

// always reads "24/7".
func (r *reader) always() bool {
	if t := r.tokens[r.at:]; len(t) > 2 && t[0].is("24") && t[1].is("/") && t[2].is("7") {
		r.at += 3
		return true
	}
	return false
}

func wholeDay() []span   { return []span{{0, minutesADay}} }
func everyDay() [7]bool  { return [7]bool{true, true, true, true, true, true, true} }
func isOff(t token) bool { return t.is("off") || t.is("closed") }

// days reads weekdays and PH. Without any, a rule is about all weekdays.
func (r *reader) days(next *rule) *problem {
	if _, ok := weekdayOf(r.peek()); !ok && !r.peek().is("PH") {
		next.weekdays = everyDay()
		return nil
	}
	for {
		t := r.take()
		day, ok := weekdayOf(t)
		switch {
		case t.is("PH"):
			next.holidays = true
			if sign := r.peek(); sign.is("+") || sign.is("-") {
				return problemAt(sign, "days counted from a holiday are not understood; list them under closed:, or in a file of days under holidays:")
			}
		case !ok:
			return unexpected(t, "a weekday such as Mo, or PH for public holidays,")
		default:
			if p := r.weekdaysFrom(next, day); p != nil {
				return p
			}
		}
		if !r.accept(",") {
			return r.noMoreDays(next)
		}
	}
}

// weekdaysFrom reads what follows a weekday: another one, up to which it goes.
func (r *reader) weekdaysFrom(next *rule, day time.Weekday) *problem {
	last := day
	if r.accept("-") {
		t, ok := r.take(), false
		if last, ok = weekdayOf(t); !ok {
			return unexpected(t, "a weekday such as Fr")
		}
	}
	for next.weekdays[day] = true; day != last; next.weekdays[day] = true {
		day = (day + 1) % 7
	}
	return nil
}

// noMoreDays refuses weekdays after holidays without a comma, or the other way
// round, which means holidays on these weekdays only.
func (r *reader) noMoreDays(next *rule) *problem {
	t := r.peek()
	if _, ok := weekdayOf(t); ok && next.holidays || t.is("PH") {
		return problemAt(t, "%s right after other days means days that are both, which is not understood; put a comma before it", t)
	}
	return nil
}
