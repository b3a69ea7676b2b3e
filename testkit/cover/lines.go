package cover

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// lines are the items that stand on each line of a file. Transitions have no
// line of their own.
func (r Report) lines() map[string]map[int][]Item {
	all := map[string]map[int][]Item{}
	for _, f := range r.Files {
		for _, i := range f.Items {
			if i.Kind == Transition {
				continue
			}
			if all[i.Pos.File] == nil {
				all[i.Pos.File] = map[int][]Item{}
			}
			all[i.Pos.File][i.Pos.Line] = append(all[i.Pos.File][i.Pos.Line], i)
		}
	}
	return all
}

// hits is how often a line was reached: as often as what was reached most on it.
func hits(items []Item) int {
	n := 0
	for _, i := range items {
		n = max(n, i.Count)
	}
	return n
}

// WriteLCOV writes the report in the form of lcov's tracefiles: a flow's states are
// its functions, outcomes its branches, and lines are those with a step, an
// outcome or a prompt.
func (r Report) WriteLCOV(w io.Writer) error {
	var b strings.Builder
	all := r.lines()
	for _, file := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "TN:\nSF:%s\n", file)
		lines := all[file]
		order := slices.Sorted(maps.Keys(lines))
		lcovStates(&b, lines, order)
		lcovOutcomes(&b, lines, order)
		reached := 0
		for _, line := range order {
			n := hits(lines[line])
			fmt.Fprintf(&b, "DA:%d,%d\n", line, n)
			reached += min(n, 1)
		}
		fmt.Fprintf(&b, "LF:%d\nLH:%d\nend_of_record\n", len(order), reached)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// lcovStates writes each state where its first step stands. A state is reached as
// often as what was reached most of it.
func lcovStates(b *strings.Builder, lines map[int][]Item, order []int) {
	type state struct{ line, count int }
	states := map[string]state{}
	var names []string
	for _, line := range order {
		for _, i := range lines[line] {
			if i.Kind != Step {
				continue
			}
			is, known := states[i.State]
			if !known {
				names = append(names, i.State)
			}
			if !known || i.Step == i.State+".1" {
				is.line = line
			}
			states[i.State] = state{is.line, max(is.count, i.Count)}
		}
	}
	reached := 0
	for _, name := range names {
		fmt.Fprintf(b, "FN:%d,%s\nFNDA:%d,%s\n", states[name].line, name, states[name].count, name)
		reached += min(states[name].count, 1)
	}
	if len(names) > 0 {
		fmt.Fprintf(b, "FNF:%d\nFNH:%d\n", len(names), reached)
	}
}

func lcovOutcomes(b *strings.Builder, lines map[int][]Item, order []int) {
	all, reached := 0, 0
	for _, line := range order {
		branch := 0
		for _, i := range lines[line] {
			if i.Kind != Outcome {
				continue
			}
			fmt.Fprintf(b, "BRDA:%d,0,%d,%d\n", line, branch, i.Count)
			branch, all, reached = branch+1, all+1, reached+min(i.Count, 1)
		}
	}
	if all > 0 {
		fmt.Fprintf(b, "BRF:%d\nBRH:%d\n", all, reached)
	}
}
