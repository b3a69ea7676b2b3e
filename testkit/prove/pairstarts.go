package prove

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// begin finds the ways in which a call of both flows begins.
func (p *Pair) begin() {
	var one [2]start
	for i, fs := range p.facts {
		one[i] = start{flow: fs.root, now: someDay(), config: map[string]any{}, params: map[string]any{}, caller: ivr.Party{Kind: ivr.PartyUser, ID: someID}}
	}
	all := [][2]start{one}
	for _, name := range p.names(func(f *flow.Flow) []string { return slices.Collect(maps.Keys(f.Config)) }) {
		all = p.varied(all, "config."+name, func(f *flow.Flow) *flow.Var { return f.Config[name] },
			func(s *start, v any) { s.config = put(s.config, name, v) })
	}
	for _, name := range p.names(func(f *flow.Flow) []string { return f.Params }) {
		all = p.varied(all, name, func(f *flow.Flow) *flow.Var { return f.Vars[name] },
			func(s *start, v any) { s.params = put(s.params, name, v) })
	}
	all = p.times(p.callers(all))
	if len(all) > mostStarts {
		p.facts[1].doubt(diag.Pos{File: p.facts[1].root.File, Line: 1, Col: 1}, "a call can begin in %d ways that conditions tell apart; %d were tried", len(all), mostStarts)
		all = all[:mostStarts]
	}
	for _, pair := range all {
		var w [2]*world
		for i := range pair {
			pair[i].called()
			w[i] = &world{root: pair[i].flow, facts: p.facts[i], start: &pair[i]}
			for _, m := range w[i].root.Members() {
				for name := range m.Vars {
					if p.facts[i].shown(variable{p.facts[i].root.Member(m.Key), name}) {
						p.facts[i].opaques[variable{m, name}] = false
					}
				}
			}
		}
		p.worlds = append(p.worlds, w)
	}
}

// names are those that either flow has, sorted.
func (p *Pair) names(of func(*flow.Flow) []string) []string {
	all := slices.Concat(of(p.facts[0].root), of(p.facts[1].root))
	slices.Sort(all)
	return slices.Compact(all)
}

// varied are the starts, each with each of the values that either flow tells apart.
func (p *Pair) varied(all [][2]start, name string, decl func(*flow.Flow) *flow.Var, set func(*start, any)) [][2]start {
	var values []any
	for _, fs := range p.facts {
		if d := decl(fs.root); d != nil {
			for _, x := range fs.given(variable{fs.root, name}, d) {
				if fs.shown(variable{fs.root, name}) {
					x = alike(x, name, 0, []site{{fs: fs, decl: d, d: fs.dependsOn(variable{fs.root, name})}})
				}
				values = append(values, x)
			}
		}
	}
	return spread(all, fewer(values), func(v any) string { return fmt.Sprintf("%s is %v", name, v) }, func(i int, s *start, v any) {
		if d := decl(p.facts[i].root); d != nil {
			if c, err := d.Coerce(v); err == nil && c != nil {
				set(s, c)
			}
		}
	})
}

// spread are the starts, each with each of the values, in both flows.
func spread(all [][2]start, values []any, text func(any) string, set func(int, *start, any)) [][2]start {
	if len(values) == 0 {
		return all
	}
	var more [][2]start
	for _, pair := range all {
		for _, v := range values {
			next := pair
			for i := range next {
				next[i].says = slices.Clone(next[i].says)
				set(i, &next[i], v)
				if len(values) > 1 {
					next[i].says = append(next[i].says, text(v))
				}
			}
			more = append(more, next)
		}
	}
	return more
}

// callers are the starts, each with each of those who ring, as far as either flow
// asks.
func (p *Pair) callers(all [][2]start) [][2]start {
	if p.facts[0].root.Kind != flow.Incoming {
		return all
	}
	return spread(all, fewer(slices.Concat(p.facts[0].callers(), p.facts[1].callers())),
		func(v any) string { return "from " + callerText(v.(ivr.Party)) },
		func(_ int, s *start, v any) { s.caller = v.(ivr.Party) })
}

// times gives each start every combination that the schedules of both flows have at
// some time within a year.
func (p *Pair) times(all [][2]start) [][2]start {
	real := [2]map[string]flow.Schedule{}
	for i, fs := range p.facts {
		real[i] = map[string]flow.Schedule{}
		for _, m := range fs.root.Members() {
			maps.Copy(real[i], m.Schedules)
		}
	}
	if len(real[0])+len(real[1]) == 0 {
		return all
	}
	seen := map[string]bool{}
	var more [][2]start
	for at := someDay(); at.Before(someDay().AddDate(1, 0, 0)); at = at.Add(30 * time.Minute) {
		text := fmt.Sprint(openings(real[0], at), "/", openings(real[1], at))
		if seen[text] {
			continue
		}
		seen[text] = true
		var flows [2]*flow.Flow
		for i, fs := range p.facts {
			flows[i] = fs.root.With(func(_ string, own flow.Schedule) flow.Schedule {
				next, opens := own.NextOpen(at)
				return fixed{own.At(at).State, next, opens}
			})
		}
		for _, pair := range all {
			for i := range pair {
				pair[i].flow, pair[i].now = flows[i], at
				pair[i].says = append(slices.Clone(pair[i].says), "on "+at.Format("Mon 2 Jan 15:04"))
				pair[i].says = append(pair[i].says, openings(real[i], at)...)
			}
			more = append(more, pair)
		}
	}
	return more
}

// openings says of schedules how they are at a time.
func openings(all map[string]flow.Schedule, at time.Time) []string {
	words := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		words = append(words, name+" is "+stateText(all[name].At(at).State))
	}
	return words
}
