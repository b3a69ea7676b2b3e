package prove

import (
	"maps"
	"slices"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// watch looks at what happens in calls for the invariants' sake. What of the past
// it must remember is one bit for each requires and never.
type watch struct {
	all    []flow.Invariant
	found  map[int]breach // by invariant, the first that was found
	unsure map[int]bool   // an always of which it is not certain what the variables were
	happen bool           // any of them looks at what happens
}

// breach is the act at which an invariant did not hold.
type breach struct {
	node int32
	act  uint16
}

// mostWatched is how many invariants of a flow are looked at: they are bits.
const mostWatched = 64

func newWatch(f *flow.Flow) *watch {
	all := f.Invariants
	return &watch{all: all[:min(len(all), mostWatched)], found: map[int]breach{}, unsure: map[int]bool{}, happen: len(all) > 0}
}

func (wt *watch) broken(i int, node int32, act uint16) {
	if _, known := wt.found[i]; !known {
		wt.found[i] = breach{node, act}
	}
}

// follow looks at what came of an act. It answers what is to be remembered.
func (wt *watch) follow(w *world, past uint64, from, to *state, tr *trace, broken func(int, bool), hit func(int), moved func(move)) uint64 {
	if len(wt.all) == 0 {
		w.read(&from.session, tr, func(flow.Happening) {}, moved)
		return past
	}
	seen := &shadow{w: w, vars: maps.Clone(rootVars(&from.session)), to: to}
	w.read(&from.session, tr, func(h flow.Happening) {
		for i := range wt.all {
			inv := &wt.all[i]
			bit := uint64(1) << i
			switch inv.Kind {
			case "requires":
				if h == inv.A && past&bit == 0 {
					broken(i, true)
				}
				if h == inv.B {
					past |= bit
				}
			case "never":
				if h == inv.A && past&bit != 0 {
					broken(i, true)
				}
				if h == inv.B {
					past |= bit
				}
			case "always":
				if h == inv.A {
					wt.always(i, seen, broken)
				}
			case "can", "must":
				if slices.Contains(inv.Reach, h) {
					hit(i)
				}
			}
		}
	}, func(mv move) {
		moved(mv)
		seen.move(mv)
	})
	return past
}

// always judges the expression of an invariant with the variables as they are at
// that moment.
func (wt *watch) always(i int, seen *shadow, broken func(int, bool)) {
	holds, err := wt.all[i].Holds.Bool(seen.env())
	if err != nil || !holds {
		broken(i, true)
	}
	for _, name := range wt.all[i].Holds.(compares).Uses() {
		if seen.twice[base(name)] {
			wt.unsure[i] = true
		}
	}
}

// rootVars are the variables of the flow that took the call.
func rootVars(s *engine.Session) map[string]any {
	if len(s.Frames) > 0 {
		return s.Frames[0].Vars
	}
	return s.Vars
}

// shadow follows the variables through the steps that one act leads through.
type shadow struct {
	w     *world
	vars  map[string]any
	to    *state
	set   map[string]bool
	twice map[string]bool // changed more than once: what it was between is not known
}

// move takes over what a step has changed that was left.
func (sh *shadow) move(mv move) {
	if mv.flow != "" {
		return
	}
	step, _ := sh.w.root.StepAt("", mv.from)
	if step == nil {
		return
	}
	after := rootVars(&sh.to.session)
	for _, name := range assigned(step) {
		if sh.set[name] {
			if sh.twice == nil {
				sh.twice = map[string]bool{}
			}
			sh.twice[name] = true
		}
		if sh.set == nil {
			sh.set = map[string]bool{}
		}
		sh.set[name] = true
		if sh.vars == nil {
			sh.vars = map[string]any{}
		}
		sh.vars[name] = after[name]
	}
}

// env is what an invariant's expression reads.
func (sh *shadow) env() flow.Env {
	s := &sh.to.session
	env := flow.Env{}
	for name := range sh.w.root.Vars {
		env[name] = sh.vars[name]
	}
	env["call"] = map[string]any{"id": string(s.ID), "chain_id": s.ChainID, "direction": "incoming", "caller": s.Caller.ID, "called": s.Called.ID,
		"tenant": s.Tenant, "locale": s.Locale, "started": "", "ended_by": string(s.EndedBy), "participants": 2.0}
	env["config"] = s.Config
	r := s.Result
	env["result"] = map[string]any{"outcome": r.Outcome, "code": float64(r.Code), "subcode": float64(r.Subcode), "reason": string(r.Reason),
		"keys": r.Keys, "tries": float64(r.Tries), "seconds": r.Seconds}
	env["now"] = sh.to.now.UTC().Format("2006-01-02T15:04:05Z")
	if opening := sh.w.root.Opening(sh.to.now); opening != nil {
		env["schedules"] = opening
	}
	return env
}

// assigned are the variables that a step may change.
func assigned(s *flow.Step) []string {
	switch spec := s.Spec.(type) {
	case *flow.Set:
		names := make([]string, 0, len(spec.Assign))
		for _, a := range spec.Assign {
			names = append(names, a.Var)
		}
		return names
	case *flow.Forget:
		return spec.Vars
	case *flow.Collect:
		return []string{spec.Var}
	case *flow.Record:
		return []string{spec.Var}
	case *flow.Menu:
		if spec.Choices != nil {
			return []string{spec.Choices.Into}
		}
	case *flow.Do:
		names := slices.Clone(spec.Once)
		for _, out := range spec.Action.Out {
			if into := spec.Into[out]; into != "" {
				out = into
			}
			names = append(names, out)
		}
		return names
	case *flow.HTTP:
		return append(slices.Collect(maps.Values(spec.Into)), spec.Request.Once...)
	case *flow.Call:
		return slices.Collect(maps.Values(spec.Into))
	}
	return nil
}
