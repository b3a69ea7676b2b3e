package flowdiff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/outline"
)

// match says what of the old flow is what of the new one.
type match struct {
	members [][2]*flow.Flow // flows that are in both, the root first
	gone    []*flow.Flow    // that only the old flow calls
	came    []*flow.Flow
	states  map[*flow.Flow]map[string]string // by the old member: old state -> new state
	steps   map[*flow.Step]*flow.Step        // old -> new
	from    map[*flow.Step]*flow.Step        // new -> old
}

// matched finds out what of one flow is what of the other: states by name, then by
// what they do; steps by their ids, then by what they do, then by their verbs.
func matched(old, next *flow.Flow) *match {
	mt := &match{states: map[*flow.Flow]map[string]string{}, steps: map[*flow.Step]*flow.Step{}, from: map[*flow.Step]*flow.Step{}}
	taken := map[*flow.Flow]bool{}
	for _, m := range old.Members() {
		i := slices.IndexFunc(next.Members(), func(n *flow.Flow) bool { return n.Key == m.Key })
		if i < 0 {
			i = slices.IndexFunc(next.Members(), func(n *flow.Flow) bool { return n.Key != "" && m.Key != "" && n.Name == m.Name })
		}
		if i < 0 || taken[next.Members()[i]] {
			mt.gone = append(mt.gone, m)
			continue
		}
		n := next.Members()[i]
		taken[n] = true
		mt.members = append(mt.members, [2]*flow.Flow{m, n})
		mt.matchStates(m, n)
	}
	for _, n := range next.Members() {
		if !taken[n] {
			mt.came = append(mt.came, n)
		}
	}
	return mt
}

// statesOf are the states and sections of a flow, in the order of its steps.
func statesOf(m *flow.Flow) []string {
	var all []string
	for _, s := range m.Steps {
		if !slices.Contains(all, s.State) {
			all = append(all, s.State)
		}
	}
	return all
}

func stepsOf(m *flow.Flow, state string) []*flow.Step {
	var all []*flow.Step
	for _, s := range m.Steps {
		if s.State == state {
			all = append(all, s)
		}
	}
	return all
}

// shape is what a step does, whatever it is called and wherever it stands.
func shape(m *flow.Flow, s *flow.Step) string {
	return s.Spec.Verb() + " " + doing(m, s)
}

// doing is what a step does, without its verb.
func doing(m *flow.Flow, s *flow.Step) string {
	text, _ := outline.Step(m, s)
	return text
}

func shapes(m *flow.Flow, steps []*flow.Step) []string {
	all := make([]string, len(steps))
	for i, s := range steps {
		all[i] = shape(m, s)
	}
	return all
}

func (mt *match) matchStates(a, b *flow.Flow) {
	names := map[string]string{}
	mt.states[a] = names
	var rest []string
	left := statesOf(b)
	for _, name := range statesOf(a) {
		if i := slices.Index(left, name); i >= 0 {
			names[name] = name
			left = slices.Delete(left, i, i+1)
			continue
		}
		rest = append(rest, name)
	}
	for _, name := range rest {
		best, most := "", 0.49 // half of it at least
		for _, other := range left {
			if like := likeness(shapes(a, stepsOf(a, name)), shapes(b, stepsOf(b, other))); like > most {
				best, most = other, like
			}
		}
		if best != "" {
			names[name] = best
			left = slices.DeleteFunc(left, func(s string) bool { return s == best })
		}
	}
	for _, name := range statesOf(a) {
		if other, ok := names[name]; ok {
			mt.matchSteps(a, stepsOf(a, name), b, stepsOf(b, other))
		}
	}
}

// likeness is how much of two lists is alike, from 0 to 1.
func likeness(a, b []string) float64 {
	if len(a)+len(b) == 0 {
		return 0
	}
	return 2 * float64(len(common(a, b))) / float64(len(a)+len(b))
}

// common is a longest common subsequence, as pairs of indices.
func common(a, b []string) [][2]int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
	}
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			table[i][j] = max(table[i+1][j], table[i][j+1])
			if x == y {
				table[i][j] = table[i+1][j+1] + 1
			}
		}
	}
	var all [][2]int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			all = append(all, [2]int{i, j})
			i, j = i+1, j+1
		case table[i+1][j] >= table[i][j+1]:
			i++
		default:
			j++
		}
	}
	return all
}

func (mt *match) pair(a, b *flow.Step) { mt.steps[a], mt.from[b] = b, a }

func (mt *match) matchSteps(m *flow.Flow, a []*flow.Step, n *flow.Flow, b []*flow.Step) {
	free := func(all []*flow.Step) []*flow.Step {
		return slices.DeleteFunc(slices.Clone(all), func(s *flow.Step) bool { return mt.steps[s] != nil || mt.from[s] != nil })
	}
	for _, s := range a {
		if strings.HasPrefix(s.ID, s.State+".") {
			continue // nobody gave it a name
		}
		if i := slices.IndexFunc(b, func(o *flow.Step) bool { return o.ID == s.ID }); i >= 0 {
			mt.pair(s, b[i])
		}
	}
	for _, of := range []func(*flow.Flow, *flow.Step) string{
		func(m *flow.Flow, s *flow.Step) string { return shape(m, s) + "/" + s.Cause },
		func(_ *flow.Flow, s *flow.Step) string { return s.Spec.Verb() + "/" + s.Cause },
		func(_ *flow.Flow, s *flow.Step) string { return s.Spec.Verb() },
	} {
		one, two := free(a), free(b)
		words := func(m *flow.Flow, all []*flow.Step) []string {
			text := make([]string, len(all))
			for i, s := range all {
				text[i] = of(m, s)
			}
			return text
		}
		for _, p := range common(words(m, one), words(n, two)) {
			mt.pair(one[p[0]], two[p[1]])
		}
	}
}

// where is a step for people.
func where(root, m *flow.Flow, s *flow.Step) string {
	return fmt.Sprintf("%s (%s)", root.NameOf(root.Member(m.Key), s), s.Spec.Verb())
}
