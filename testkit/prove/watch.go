package prove

import (
	"maps"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// watch looks at what happens in calls for the invariants' sake. What of the past
// it must remember is one bit for each requires and never.
type watch struct {
	all    []flow.Invariant
	always bool             // one of them is about variables
	found  map[int]breach   // by invariant, the first that was found
	others map[int][]breach // some of those that were found later
	unsure map[int]bool     // an always of which it is not certain what the variables were
}

// breach is the act at which an invariant did not hold.
type breach struct {
	node   int32
	act    uint16
	struck bool // the limit of steps strikes in it
}

// mostWatched is how many invariants of a flow are looked at: they are bits.
const mostWatched = 64

func newWatch(f *flow.Flow) *watch {
	all := f.Invariants
	always := slices.ContainsFunc(all, func(inv flow.Invariant) bool { return inv.Kind == "always" })
	return &watch{all: all[:min(len(all), mostWatched)], always: always, found: map[int]breach{}, others: map[int][]breach{}, unsure: map[int]bool{}}
}

// noticed is what there is to say of one act.
type noticed struct {
	past   uint64 // what is to be remembered, a bit each
	broken uint64 // the invariants that do not hold
	hits   uint64 // those whose promise is reached
	moves  []move
	begun  int            // how many steps were begun
	early  map[int]uint16 // of each of hits, how many were before it
	people bool           // an invariant was judged that is about people in a meeting
}

// follow looks at what came of an act, but for one command; -1: at all.
func (wt *watch) follow(w *world, past uint64, t turn, skip int) noticed {
	n := noticed{past: past}
	var seen *shadow
	if wt.always {
		seen = w.shadowOf(&t)
	}
	w.read(&t, skip, func(h flow.Happening) {
		for i := range wt.all {
			wt.happened(i, h, &n, seen)
		}
	}, func(mv move) {
		if last := len(n.moves) - 1; last >= 0 && w.begins(n.moves[last]) {
			n.begun++
		}
		n.moves = append(n.moves, mv)
		if seen != nil {
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
		if n.hits&bit == 0 && slices.Contains(inv.Reach, h) {
			n.hits |= bit
			if inv.Steps > 0 {
				n.before(i)
			}
		}
		return
	}
	if h == inv.B {
		n.past |= bit
	}
}

// mostTold is how many breaches of an invariant are told if those before cannot be played:
// keys that are typed ahead are not always told from those that a step takes.
const mostTold = 50

// before notes how many steps were begun before a promise is reached.
func (n *noticed) before(i int) {
	if n.early == nil {
		n.early = map[int]uint16{}
	}
	n.early[i] = uint16(n.begun)
}

// begins reports whether a move begins a step, as the engine counts them.
func (w *world) begins(mv move) bool {
	if from, _ := w.root.StepAt(mv.flow, mv.from); from != nil {
		if e := edgeOf(from, mv.trigger); e != nil && e.To.Kind == flow.ToRepeat {
			return true
		}
	}
	to, phase := w.root.StepAt(mv.flow, mv.to)
	return to != nil && phase == to.Entry() && mv.trigger != flow.TriggerNoInput && mv.trigger != flow.TriggerNoMatch
}

// note keeps the first breach of each invariant.
func (wt *watch) note(n *noticed, at breach) {
	for i := range wt.all {
		if n.broken&(1<<i) == 0 {
			continue
		}
		if _, known := wt.found[i]; !known {
			wt.found[i] = at
		} else if len(wt.others[i]) < mostTold {
			wt.others[i] = append(wt.others[i], at)
		}
	}
}

// holds judges the expression of an invariant with the variables as they are at
// that moment. If it is not known how they are, that is noted.
func (wt *watch) holds(i int, seen *shadow) bool {
	for _, name := range reads(wt.all[i].Holds.(compares)) {
		if seen.vague[base(name)] || name == heldName && seen.holds {
			wt.unsure[i] = true
			return true
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
	later map[string]int  // how often each is still given a value
	vague map[string]bool // what it is now is not known
	holds bool            // somebody is put on hold meanwhile
}

// shadowOf is the variables before an act.
func (w *world) shadowOf(t *turn) *shadow {
	sh := &shadow{w: w, to: t.to, vars: maps.Clone(rootVars(&t.from.session)), later: map[string]int{}, vague: map[string]bool{}, holds: w.holds(t.tr)}
	if sh.vars == nil {
		sh.vars = map[string]any{}
	}
	w.read(t, -1, func(flow.Happening) {}, func(mv move) {
		if step := sh.left(mv); step != nil {
			for _, name := range assigned(step) {
				sh.later[name]++
			}
		}
	})
	return sh
}

// left is the step of the flow that took the call which a move leaves; nil: none.
func (sh *shadow) left(mv move) *flow.Step {
	if mv.flow != "" {
		return nil
	}
	step, _ := sh.w.root.StepAt("", mv.from)
	return step
}

// move takes over what a step has changed that was left.
func (sh *shadow) move(mv move) {
	step := sh.left(mv)
	if step == nil {
		return
	}
	set, ok := step.Spec.(*flow.Set)
	if !ok {
		for _, name := range assigned(step) {
			sh.assign(name, nil)
		}
		return
	}
	for _, a := range set.Assign {
		sh.assign(a.Var, a.Value)
	}
}

// assign gives a variable its value: the one that it has after the act if it is the
// last, else that of an expression, if that can be known.
func (sh *shadow) assign(name string, value flow.Template) {
	sh.later[name]--
	if sh.later[name] == 0 {
		sh.vars[name], sh.vague[name] = rootVars(&sh.to.session)[name], false
		return
	}
	sh.vague[name] = true
	decl := sh.w.root.Vars[name]
	if value == nil || decl == nil || strings.Contains(value.Source(), "result") {
		return
	}
	for other, vague := range sh.vague {
		if vague && other != name && strings.Contains(value.Source(), other) {
			return
		}
	}
	v, err := value.Eval(sh.env())
	if err != nil {
		return
	}
	if v, err = decl.Coerce(v); err == nil {
		sh.vars[name], sh.vague[name] = v, false
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
