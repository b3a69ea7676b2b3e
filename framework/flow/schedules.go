package flow

import (
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// Schedule says when somebody is there. It is what package schedule reads;
// tests put another in its place.
type Schedule interface {
	At(time.Time) schedule.Status
	NextOpen(time.Time) (time.Time, bool)
}

var _ Schedule = (*schedule.Schedule)(nil)

// Hours is the outcome of an hours step: open, closed or holiday.
func (f *Flow) Hours(name string, at time.Time) string {
	switch f.Schedules[name].At(at).State {
	case schedule.Open:
		return "open"
	case schedule.Holiday:
		return "holiday"
	case schedule.Closed:
	}
	return "closed"
}

// Opening is what expressions know of the schedules that they read, at a time;
// nil if they read none.
func (f *Flow) Opening(at time.Time) map[string]any {
	if len(f.readSchedules) == 0 {
		return nil
	}
	all := make(map[string]any, len(f.readSchedules))
	for _, name := range f.readSchedules {
		next := ""
		if t, ok := f.Schedules[name].NextOpen(at); ok {
			next = t.Format(time.RFC3339) // on the clocks of the schedule, as it is spoken
		}
		all[name] = map[string]any{"state": f.Hours(name, at), "next_open": next}
	}
	return all
}

// schedules reads the section of that name.
func (l *loader) schedules(e tree.Entry) {
	l.unsure.schedules = e.Value.Kind != tree.Map || e.Value.Faulty() || e.Value.Hurt()
	if e.Value.Kind != tree.Map {
		e.Value.Wrong(&l.list, "a map of schedules")
		l.unreadNode(e.Value)
		return
	}
	for _, d := range e.Value.Entries {
		l.wellFormed(d.Key, d.KeyPos, "schedule")
		l.used.schedules[d.Key] = d.KeyPos
		s, list := schedule.Parse(l.fsys, d.Value)
		l.list = append(l.list, list...)
		if s == nil {
			l.flow.Schedules[d.Key] = nil // it is known all the same
			continue
		}
		l.flow.Schedules[d.Key] = s
		for _, f := range s.Files() {
			l.source(f.Name, f.Source)
		}
	}
}

// scheduleEnv is what expressions may read of schedules; false if there are
// none.
func (l *loader) scheduleEnv() (expression.Type, bool) {
	if l.unsure.schedules || l.lost("schedules") {
		return expression.Type{Kind: expression.KindAny}, true
	}
	fields := map[string]expression.Type{}
	for name := range l.flow.Schedules {
		text := expression.Type{Kind: expression.KindString}
		fields[name] = expression.Type{Kind: expression.KindMap, Fields: map[string]expression.Type{"state": text, "next_open": text}}
	}
	return expression.Type{Kind: expression.KindMap, Fields: fields}, len(fields) > 0
}

// usedSchedules notes the schedules among the names that an expression uses.
func (l *loader) usedSchedules(names []string) {
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, "schedules.")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, ".")
		delete(l.used.schedules, name)
		if !slices.Contains(l.flow.readSchedules, name) {
			l.flow.readSchedules = append(l.flow.readSchedules, name)
		}
	}
}

func parseHours(p *stepParser) Spec {
	h := &Hours{}
	e, ok := p.opts["schedule"]
	if !ok {
		return h
	}
	name, ok := e.Value.Str(&p.l.list)
	if !ok {
		return h
	}
	if _, known := p.l.flow.Schedules[name]; !known {
		p.bad = true
		p.l.unknown(e.Value.Pos, ruleUnknownSchedule, "no schedule %q", name, names(p.l.flow.Schedules))
		return h
	}
	delete(p.l.used.schedules, name)
	h.Schedule = name
	return h
}

// unusedSchedules warns of schedules that nobody asks.
func (l *loader) unusedSchedules() {
	for _, name := range names(l.used.schedules) {
		l.warnf(l.used.schedules[name], ruleUnusedSchedule, "nothing asks the schedule %q", name)
	}
}
