package prove

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/schedule"
)

// start is one way in which a call begins: who rings, when, and how the bot is
// configured.
type start struct {
	flow   *flow.Flow // with its schedules as they are then
	now    time.Time
	config map[string]any
	params map[string]any
	caller ivr.Party
	locale string   // in which another flow calls this one; "" for the flow's own
	says   []string // what tells it from the other ways
	open   map[string]schedule.State
	crowd  crowd // who may come, if it is a meeting
}

// state is the call before it begins.
func (s *start) state() state {
	st := state{engine.New("prove", s.flow, s.config), s.now}
	if s.locale != "" {
		st.session.Locale = s.locale
	}
	return st
}

// rings is the act with which the call begins.
func (s *start) rings() choice {
	head := ivr.Head{At: s.now}
	c := choice{Act: Act{Kind: Rings, On: s.says}}
	if s.flow.Kind != flow.Incoming {
		e := ivr.CallWanted{Head: head, Params: s.params, From: ivr.Party{Kind: ivr.PartyApplication, ID: instance}, Tenant: "tenant"}
		if s.flow.Kind == flow.Meeting {
			e.Meeting = &ivr.Meeting{Link: "https://teams.microsoft.com/meet/1234567890"}
		}
		c.events = []ivr.Event{e}
		return c
	}
	c.events = []ivr.Event{ivr.CallIncoming{Head: head, Call: "call", Caller: s.caller,
		Called: ivr.Party{Kind: ivr.PartyApplication, ID: instance}, Tenant: "tenant", ChainID: "chain"}}
	return c
}

// instance is the bot's resource account.
const instance = "00000000-0000-4000-8000-00000000000a"

// someDay is when a call comes in, if that does not matter: a Monday at ten.
func someDay() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

// mostStarts bounds in how many ways a call begins.
const mostStarts = 64

// mostListed bounds it where some lists of a parameter are looked at.
const mostListed = 128

// startsOf are all ways in which a call begins that conditions tell apart.
func startsOf(f *flow.Flow, fs *facts) []start {
	base := start{flow: f, now: someDay(), config: map[string]any{}, params: map[string]any{}, caller: ivr.Party{Kind: ivr.PartyUser, ID: someID}}
	all := []start{base}
	for _, name := range slices.Sorted(maps.Keys(f.Config)) {
		all = varied(all, fs.configured(name, f.Config[name]), func(s *start, v any) { s.config = put(s.config, name, fs.own(name, v)) }, "config."+name)
	}
	for _, name := range f.Params {
		all = varied(all, fs.given(variable{f, name}, f.Vars[name]), func(s *start, v any) { s.params = put(s.params, name, fs.somebody(name, v)) }, name)
	}
	all = varied(all, fs.locales(), func(s *start, v any) { s.locale = v.(string) }, "call.locale")
	if f.Kind == flow.Incoming {
		all = varied(all, fs.callers(), func(s *start, v any) { s.caller = v.(ivr.Party) }, "")
	}
	all = times(f, all)
	most := mostStarts
	if fs.listed {
		most = mostListed
	}
	if len(all) > most {
		if fs.loose || len(fs.looseRows()) == 0 { // else what is to hold of all lists is explored with loose ones
			fs.doubt(diag.Pos{File: f.File, Line: 1, Col: 1}, "a call can begin in %d ways that conditions tell apart; %d were tried", len(all), most)
		}
		all = all[:most]
	}
	for i := range all {
		all[i].called()
		all[i].crowd = fs.crowdOf(&all[i])
	}
	return all
}

// called gives a flow that others call its parameters, as if they did: no call
// that comes in brings any.
func (s *start) called() {
	if s.flow.Kind != flow.Incoming || len(s.params) == 0 {
		return
	}
	g := *s.flow
	g.Vars = maps.Clone(g.Vars)
	for name, v := range s.params {
		decl := *g.Vars[name]
		decl.Default = v
		g.Vars[name] = &decl
	}
	s.flow = &g
}

func put(m map[string]any, name string, v any) map[string]any {
	m = maps.Clone(m)
	m[name] = v
	return m
}

// varied are the starts, each with each of the values.
func varied(all []start, values []any, set func(*start, any), name string) []start {
	if len(values) == 0 {
		return all
	}
	var more []start
	for _, s := range all {
		for _, v := range values {
			next := s
			next.says = slices.Clone(s.says)
			set(&next, v)
			if p, ok := v.(ivr.Party); ok && len(values) > 1 {
				next.says = append(next.says, "from "+callerText(p))
			} else if len(values) > 1 {
				next.says = append(next.says, name+" is "+valueText(v))
			}
			more = append(more, next)
		}
	}
	return more
}

// valueText is a value in the words that tell it from the others.
func valueText(v any) string {
	switch v {
	case "":
		return "empty"
	case someID:
		return "something else"
	}
	return strings.ReplaceAll(inYAML(v), someID, "something")
}

// fromUser says that the usual caller rings.
const fromUser = "from a user of Teams"

func callerText(p ivr.Party) string {
	switch p.Kind {
	case ivr.PartyPhone:
		return "a telephone"
	case ivr.PartyUser:
		return "a user of Teams"
	default:
		return "somebody whom the platform does not name"
	}
}

// configured are the values of the configuration that conditions tell apart.
func (fs *facts) configured(name string, decl *flow.Var) []any {
	return fs.given(variable{fs.root, "config." + name}, decl)
}

// own is a person of its own for each name in the configuration.
func (fs *facts) own(name string, v any) any {
	v = fs.somebody("config."+name, v)
	if v == any(someID) {
		return idOf(1 + slices.Index(slices.Sorted(maps.Keys(fs.root.Config)), name))
	}
	return v
}

// idOf is the nth object id.
func idOf(n int) string { return fmt.Sprintf("%s%012d", someID[:len(someID)-12], n) }

// someConfig is a configuration of which nothing is known.
func (fs *facts) someConfig() map[string]any {
	all := map[string]any{}
	for name, decl := range fs.root.Config {
		all[name] = fs.plain(variable{fs.root, "config." + name}, decl)[0]
	}
	return all
}

// locales are those in which another flow may call this one, as far as conditions tell
// them apart; none if no other flow calls it, or nothing depends on it.
func (fs *facts) locales() []any {
	f := fs.root
	if f.Kind != flow.Incoming || len(f.Params)+len(f.Returns)+len(f.Outcomes) == 0 {
		return nil
	}
	v := variable{f, "call.locale"}
	d := fs.dependsOn(v)
	rest := slices.Concat(d.own, d.vague)
	if len(d.with)+len(rest) == 0 {
		return nil
	}
	fs.doubtful(v, rest)
	var all []any
	for _, l := range append(slices.Clone(f.Locales), "en-GB", "de-DE", "it-IT") {
		all = append(all, l)
	}
	texts, ok := textsFor(d.with)
	if !ok {
		fs.doubt(diag.Pos{File: f.File, Line: 1, Col: 1}, "the conditions on call.locale can hold together in more ways than were tried")
	}
	for _, text := range texts {
		all = append(all, text)
	}
	return apart(all, d.with)
}

// callers are who may ring, as far as the flow asks.
func (fs *facts) callers() []any {
	user, phone := ivr.Party{Kind: ivr.PartyUser, ID: someID}, ivr.Party{Kind: ivr.PartyPhone, ID: somePhone}
	for _, used := range fs.uses {
		if slices.Contains(used, "call.caller") || slices.Contains(used, "call") {
			if d := fs.dependsOn(variable{fs.root, "call.caller"}); len(d.with)+len(d.own)+len(d.vague) == 0 {
				return []any{user, ivr.Party{}} // it is only handed on
			}
			return []any{user, phone, ivr.Party{}}
		}
	}
	return []any{user}
}

// fixed is a schedule that stays as it is.
type fixed struct {
	state schedule.State
	next  time.Time
	opens bool
}

// At is the same at all times.
func (f fixed) At(time.Time) schedule.Status { return schedule.Status{State: f.state} }

// NextOpen is the same at all times.
func (f fixed) NextOpen(time.Time) (time.Time, bool) { return f.next, f.opens }

// times gives each start every combination of open, closed and holiday that the
// schedules have at some time within a year.
func times(f *flow.Flow, all []start) []start {
	var names []string
	real := map[string]flow.Schedule{}
	for _, m := range f.Members() {
		for name, s := range m.Schedules {
			if real[name] == nil {
				names = append(names, name)
				real[name] = s
			}
		}
	}
	if len(names) == 0 {
		return all
	}
	slices.Sort(names)
	seen := map[string]bool{}
	var more []start
	for at := someDay(); at.Before(someDay().AddDate(1, 0, 0)); at = at.Add(30 * time.Minute) {
		states := map[string]schedule.State{}
		var words []string
		for _, name := range names {
			states[name] = real[name].At(at).State
			words = append(words, name+" is "+stateText(states[name]))
		}
		text := strings.Join(words, ", ")
		if seen[text] {
			continue
		}
		seen[text] = true
		g := f.With(func(name string, own flow.Schedule) flow.Schedule {
			next, opens := own.NextOpen(at)
			return fixed{own.At(at).State, next, opens}
		})
		for _, s := range all {
			s.flow, s.now, s.open = g, at, states
			s.says = append(slices.Clone(s.says), words...)
			more = append(more, s)
		}
	}
	return more
}

func stateText(s schedule.State) string {
	switch s {
	case schedule.Open:
		return "open"
	case schedule.Holiday:
		return "on holiday"
	case schedule.Closed:
	}
	return "closed"
}
