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
	return &watch{all: all[:min(len(all), mostWatched)], found: map[int]breach{}, unsure: map[int]bool{}}
}

// noticed is what there is to say of one act.
type noticed struct {
	past   uint64 // what is to be remembered, a bit each
	broken uint64 // the invariants that do not hold
	hits   uint64 // those whose promise is reached
	moves  []move
	people bool // an invariant was judged that is about people in a meeting
}

// follow looks at what came of an act, but for one command; -1: at all.
func (wt *watch) follow(w *world, past uint64, t turn, skip int) noticed {
	n := noticed{past: past}
	seen := &shadow{w: w, to: t.to, holds: w.holds(t.tr)}
	if len(wt.all) > 0 {
		seen.vars = maps.Clone(rootVars(&t.from.session))
	}
	w.read(&t.from.session, t.tr, skip, func(h flow.Happening) {
		for i := range wt.all {
			wt.happened(i, h, &n, seen)
		}
	}, func(mv move) {
		n.moves = append(n.moves, mv)
		if len(wt.all) > 0 {
			seen.move(mv)
		}
	})
	return n
}

// happened judges what happens by one invariant.
func (wt *watch) happened(i int, h flow.Happening, n *noticed, seen *shadow) {
	inv, bit := &wt.all[i], uint64(1)<<i
	switch inv.Kind {
	case "requires":
		if h == inv.A && n.past&bit == 0 {
			n.broken |= bit
		}
	case "never":
		if h == inv.A && n.past&bit != 0 {
			n.broken |= bit
		}
	case "always":
		if h == inv.A {
			n.people = n.people || slices.ContainsFunc(inv.Holds.(compares).Uses(), aboutPeople)
			if !wt.holds(i, seen) {
				n.broken |= bit
			}
		}
		return
	case "can", "must":
		if slices.Contains(inv.Reach, h) {
			n.hits |= bit
		}
		return
	}
	if h == inv.B {
		n.past |= bit
	}
}

// note keeps the first breach of each invariant.
func (wt *watch) note(n *noticed, at breach) {
	for i := range wt.all {
		if _, known := wt.found[i]; !known && n.broken&(1<<i) != 0 {
			wt.found[i] = at
		}
	}
}

// holds judges the expression of an invariant with the variables as they are at
// that moment.
func (wt *watch) holds(i int, seen *shadow) bool {
	for _, name := range reads(wt.all[i].Holds.(compares)) {
		if seen.twice[base(name)] || name == heldName && seen.holds {
			wt.unsure[i] = true
		}
	}
	holds, err := wt.all[i].Holds.Bool(seen.env())
	return err == nil && holds
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
	holds bool            // somebody is put on hold meanwhile
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
	call := map[string]any{"id": string(s.ID), "chain_id": s.ChainID, "direction": "incoming", "caller": s.Caller.ID, "called": s.Called.ID,
		"tenant": s.Tenant, "locale": s.Locale, "started": "", "ended_by": string(s.EndedBy), "participants": 2.0, "held": false, "routes": 0.0}
	if s.Outgoing {
		call["direction"] = "outgoing"
	}
	if s.Meeting != nil { // no step changes who is there
		call["participants"], call["roster"] = seen(s.Meeting)
		call["held"], call["routes"] = s.Meeting.Held != "", float64(len(s.Meeting.Groups))
	}
	env["call"] = call
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
	default:
	}
	return nil
}
