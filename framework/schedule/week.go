package schedule

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// weekKeys are the keys of the weekly table, in the order of a week. Days are
// in the order of time.Weekday: Sunday is the first.
var weekKeys = [...]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// open reads the hours: a weekly table, or a text in the OpenStreetMap form.
func (p *parser) open(n *tree.Node) {
	switch {
	case n.Kind == tree.Map:
		p.week(n)
	case n.Kind == tree.List, n.Null():
		n.Wrong(&p.list, "a weekly table such as {mon: 09:00-17:00}, or hours such as Mo-Fr 09:00-17:00")
	default:
		text, ok := n.Str(&p.list)
		if !ok {
			return
		}
		rules, problems := parseHours(text)
		for _, pr := range problems {
			report(&p.list, n, pr)
		}
		p.s.hours = rules
	}
}

// week reads a weekly table. A day that is not in it is closed.
func (p *parser) week(n *tree.Node) {
	if len(n.Entries) == 0 {
		p.list.Errorf(n.Pos, ruleMissingKey, "the weekly table is empty; write hours, as in mon: 09:00-17:00")
	}
	var stands [7]diag.Pos
	for _, e := range n.Entries {
		days, ok := p.weekKey(e)
		spans, good := p.dayHours(e.Value)
		if !ok || !good {
			continue
		}
		r := rule{spans: spans}
		for _, i := range days {
			if first := stands[i]; first.Line > 0 {
				p.list.Errorf(e.KeyPos, tree.RuleDuplicateKey, "%s has hours already, at line %d", weekKeys[i], first.Line)
			}
			stands[i] = e.KeyPos
			r.weekdays[(i+1)%7] = true
		}
		p.s.hours = append(p.s.hours, r)
	}
}

// weekKey reads a key of the weekly table: mon, or mon-fri. The days are
// indexes of weekKeys.
func (p *parser) weekKey(e tree.Entry) ([]int, bool) {
	from, to, isRange := strings.Cut(e.Key, "-")
	first, ok := weekIndex(strings.TrimSpace(from))
	last := first
	if isRange {
		var good bool
		last, good = weekIndex(strings.TrimSpace(to))
		ok = ok && good
	}
	if !ok {
		p.unknownDay(e)
		return nil, false
	}
	days := []int{first}
	for i := first; i != last; days = append(days, i) {
		i = (i + 1) % 7
	}
	return days, true
}

func weekIndex(key string) (int, bool) {
	for i, k := range weekKeys {
		if k == key {
			return i, true
		}
	}
	return 0, false
}

// unknownDay reports a key that is no day.
func (p *parser) unknownDay(e tree.Entry) {
	day := strings.ToLower(e.Key)
	for i, k := range weekKeys {
		names := weekdays[(i+1)%7]
		if day == strings.ToLower(names.word) || day == k || strings.Contains(" "+names.others+" ", " "+day+" ") {
			p.list.Errorf(e.KeyPos, tree.RuleUnknownKey, "a weekly table has no key %q; write %s", e.Key, k)
			return
		}
	}
	if e.Key == "PH" || strings.HasPrefix(day, "holiday") {
		p.list.Errorf(e.KeyPos, tree.RuleUnknownKey,
			"a weekly table has no hours for holidays; write the hours in one text, as in open: Mo-Fr 09:00-17:00; PH 10:00-12:00")
		return
	}
	tree.UnknownKey(&p.list, e, "a weekly table", weekKeys[:])
}

// dayHours reads the hours of one day: a text, or a list of them.
func (p *parser) dayHours(n *tree.Node) ([]span, bool) {
	if n.Null() || n.Kind == tree.List && len(n.Items) == 0 {
		n.Wrong(&p.list, "hours such as 09:00-17:00, or closed,")
		return nil, false
	}
	nodes, ok := n.Strings(&p.list)
	if !ok {
		return nil, false
	}
	var spans []span
	for _, item := range nodes {
		more, pr := parseSpans(item.Value)
		if clash := overlap(spans, more); clash != "" {
			pr = &problem{to: len([]rune(item.Value)), message: clash}
		}
		if pr != nil {
			report(&p.list, item, pr)
			ok = false
		}
		spans = append(spans, more...)
	}
	return spans, ok
}
