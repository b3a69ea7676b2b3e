package flowdiff

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// proofs compares what holds of all calls of either flow.
func (r *Report) proofs(ctx context.Context, o Options) error {
	old, oldWhy, err := proved(ctx, r.old, o)
	if err != nil {
		return fmt.Errorf("the old flow: %w", err)
	}
	next, why, err := proved(ctx, r.next, o)
	if err != nil {
		return fmt.Errorf("the new flow: %w", err)
	}
	if oldWhy+why != "" {
		r.add(Change{Area: Invariants, Kind: Changed, What: "what holds of all calls", Old: known(oldWhy), New: known(why)})
	}
	before := map[string]*prove.Property{}
	for i := range old {
		before[idOf(&old[i])] = &old[i]
	}
	for i := range next {
		p := &next[i]
		was := before[idOf(p)]
		delete(before, idOf(p))
		switch {
		case was != nil && (was.Verdict == prove.Open && oldWhy != "" || p.Verdict == prove.Open && why != ""):
			// what was not looked at is said once, and is no change of the flow
		case p.Name == "reach":
			r.reached(was, p)
		default:
			r.promise(was, p)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		p := before[id]
		if p.Name == "invariant" {
			r.add(Change{Area: Invariants, Kind: Removed, What: p.Text, Old: heldText(p), OldPos: p.Pos})
		}
	}
	r.sort()
	return nil
}

// proved is what is known of all calls of a flow, and why not all could be looked at;
// "" if they could. The exploration itself, which is large, is not kept.
func proved(ctx context.Context, f *flow.Flow, o Options) ([]prove.Property, string, error) {
	r, err := prove.Run(ctx, f, prove.Options{Nodes: o.Nodes, Time: o.Time})
	if err != nil {
		return nil, "", err
	}
	return r.Properties, r.Why, nil
}

func known(why string) string {
	if why == "" {
		return "known"
	}
	return "not known, since " + why
}

// idOf tells a property from others; of those that every flow has, the name does.
func idOf(p *prove.Property) string {
	if p.Name == "invariant" {
		return p.Name + " " + p.Text
	}
	return p.Name
}

// heldText is a verdict for people.
func heldText(p *prove.Property) string {
	switch p.Verdict {
	case prove.Proved:
		return "holds"
	case prove.Broken:
		return "does not hold"
	case prove.Open:
	}
	return "not known"
}

// promise tells of an invariant that came, or of whatever holds of one flow only.
func (r *Report) promise(was, p *prove.Property) {
	switch {
	case was == nil && p.Name == "invariant":
		r.add(Change{Area: Invariants, Kind: Added, What: p.Text, New: heldText(p), NewPos: p.Pos})
	case was != nil:
		r.changed(Invariants, p.Text, heldText(was), heldText(p), places{was.Pos, p.Pos, nil})
	}
}

// reached tells what only calls of one of the flows come to.
func (r *Report) reached(was, p *prove.Property) {
	texts := func(p *prove.Property, named func(string) string) map[string]diag.Pos {
		all := map[string]diag.Pos{}
		if p != nil {
			for _, f := range p.Findings {
				all[named(f.Text)] = f.Pos
			}
		}
		return all
	}
	one, two := texts(was, r.named), texts(p, func(text string) string { return text })
	for _, t := range slices.Sorted(maps.Keys(two)) {
		if _, known := one[t]; !known {
			r.add(Change{Area: Reach, Kind: Added, What: "now " + t, NewPos: two[t]})
		}
	}
	for _, t := range slices.Sorted(maps.Keys(one)) {
		if _, still := two[t]; !still {
			r.add(Change{Area: Reach, Kind: Removed, What: "no longer: " + t, OldPos: one[t]})
		}
	}
}

// named is what was found of the old flow, by the names that the new one has for its steps
// and states.
func (r *Report) named(text string) string {
	if what, name, ok := strings.Cut(text, " of step "); ok {
		m, s := r.old.Named(name)
		if n := r.match.steps[s]; n != nil {
			i := slices.IndexFunc(r.match.members, func(pair [2]*flow.Flow) bool { return pair[0] == m })
			return what + " of step " + r.next.NameOf(r.match.members[i][1], n)
		}
	}
	if what, state, ok := strings.Cut(text, " the state "); ok {
		return what + " the state " + cmp.Or(r.match.states[r.old][state], state)
	}
	return text
}

// schedules compares what schedules say at every half hour of a year, which is that
// of the explorations.
func (r *Report) schedules(a, b *flow.Flow, in string) {
	for _, name := range union(slices.Collect(maps.Keys(a.Schedules)), slices.Collect(maps.Keys(b.Schedules))) {
		one, two := a.Schedules[name], b.Schedules[name]
		what := "schedule " + name + in
		switch {
		case one == nil:
			r.add(Change{Area: Settings, Kind: Added, What: what})
			continue
		case two == nil:
			r.add(Change{Area: Settings, Kind: Removed, What: what})
			continue
		}
		begin := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		for at := begin; at.Before(begin.AddDate(1, 0, 0)); at = at.Add(30 * time.Minute) {
			if x, y := one.At(at).State, two.At(at).State; x != y {
				when := at.Format("Mon 2 Jan 2006 15:04 MST: ")
				r.changed(Settings, what, when+x.String(), when+y.String(), places{})
				break
			}
		}
	}
}
