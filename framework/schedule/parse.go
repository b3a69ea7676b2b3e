package schedule

import (
	"io/fs"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// parser holds a schedule while it is being read.
type parser struct {
	fsys fs.FS
	list diag.List
	s    *Schedule
	days int // read so far
}

// Parse reads a schedule: a map of timezone, open, holidays and closed. Files
// of days are read from fsys, by paths relative to the file that the node is
// in. It goes on after a fault and reports all of them, sorted; the schedule is
// nil if any finding is an error.
func Parse(fsys fs.FS, n *tree.Node) (*Schedule, diag.List) {
	p := parser{fsys: fsys, s: &Schedule{zone: time.UTC}}
	fields := n.MeantFields(&p.list, "a schedule", namesOf(Keys())...)
	for _, e := range fields {
		switch e.Key {
		case "timezone":
			p.timezone(e.Value)
		case "open":
			p.open(e.Value)
		case "holidays":
			p.holidays(e.Value)
		case "closed":
			p.closedDays(e.Value)
		}
	}
	p.required(n, fields)
	p.doubts(n)
	p.list.Sort()
	if p.list.HasErrors() || n.Hurt() {
		return nil, p.list
	}
	return p.s, p.list
}

// required reports what a schedule cannot do without.
func (p *parser) required(n *tree.Node, fields []tree.Entry) {
	if n.Kind != tree.Map || n.Hurt() {
		return
	}
	for _, key := range [...]struct{ name, mend string }{
		{"timezone", "write where its clocks are, as in timezone: Europe/Berlin"},
		{"open", "write its hours, as in open: {mon: 09:00-17:00} or open: Mo-Fr 09:00-17:00"},
	} {
		if !slices.ContainsFunc(fields, func(e tree.Entry) bool { return e.Key == key.name }) {
			p.list.Errorf(n.Pos, ruleMissingKey, "the schedule has no %s; %s", key.name, key.mend)
		}
	}
}

// doubts warns of hours that mean nothing, if all of them are known.
func (p *parser) doubts(n *tree.Node) {
	at, _ := n.Entry("open")
	if p.list.HasErrors() || n.Hurt() || at.Value == nil {
		return
	}
	opens := func(spans []span) bool { return len(spans) > 0 }
	if !slices.ContainsFunc(p.s.hours, func(r rule) bool { return opens(r.spans) }) &&
		!slices.ContainsFunc(p.s.own, func(d ownDay) bool { return opens(d.spans) }) {
		p.list.Warnf(at.Value.Pos, RuleNeverOpen, "the schedule is never open; write hours such as 09:00-17:00")
	}
	if _, ok := n.Entry("holidays"); !ok && slices.ContainsFunc(p.s.hours, func(r rule) bool { return r.holidays }) {
		p.list.Warnf(at.Value.Pos, RuleNoHoliday, "the hours speak of holidays (PH), but the schedule has none; write holidays: [DE-BY], or leave PH out")
	}
}
