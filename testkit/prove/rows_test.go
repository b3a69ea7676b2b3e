package prove

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// rowFlow is a flow of a seed that reads a list one item at a time. list is how the list
// is declared: a parameter, or a variable that has it.
func rowFlow(seed uint64, list string) string {
	r := rand.New(rand.NewPCG(seed, 11))
	m := &maker{r: r, states: 2 + r.IntN(2)}
	first := m.pick("", "    - switch: [{when: len(list) < 1, then: end}]\n    - set: {x: \"${list[0]}\"}\n    - switch: [{when: 'x startsWith \"a\"', then: s1}]\n")
	fmt.Fprintf(&m.b, `ivr: 1
flow: generated
limits: {call: 5m, steps: 400}
prompts: {p0: "One.", p1: "Two.", p2: "Three.", ask: "Press."}
%s
actions: {act: {in: [n], outcomes: [good, bad, odd], timeout: 1s}}
start: begin
states:
  begin:
    - switch: [{when: len(list) > 2, then: [{play: p2}, end]}]
%s    - answer
    - goto: s0
`, list, first)
	for i := range m.states {
		fmt.Fprintf(&m.b, "  s%d:\n    - play: {prompt: %s, barge_in: %s}\n", i, m.pick("p0", "p1"), m.pick("true", "false"))
		m.next = ""
		if i+1 < m.states {
			m.next = fmt.Sprintf("s%d", i+1)
		}
		m.reads()
		for range 1 + r.IntN(2) {
			fmt.Fprintf(&m.b, "    - switch: [{when: '%s', then: %s}]\n", m.pick(`x startsWith "a"`, `x == "ab"`, `x startsWith "ab"`, `x startsWith "a"`, `not (x in ["c", "ab"])`, "i > 1"), m.target())
		}
		m.leave()
	}
	m.b.WriteString("invariants:\n")
	for range 6 {
		m.promise()
	}
	return m.b.String()
}

// reads is how an item is read: the next one, one that is always the same, or none.
func (m *maker) reads() {
	w := func(format string, args ...any) { fmt.Fprintf(&m.b, "    - "+format+"\n", args...) }
	switch m.r.IntN(6) {
	case 0, 1, 2:
		w(`switch: [{when: i >= len(list) || i >= 3, then: %s}]`, m.pick("end", "[{set: {i: 0}}, {play: p2}, {goto: "+m.state()+"}]"))
		w(`set: {x: "${list[int(i)]}", i: "${i + 1}"}`)
	case 3, 4:
		n := m.r.IntN(2)
		w(`switch: [{when: len(list) < %d, then: %s}]`, n+1, m.pick("end", m.state()))
		w(`set: {x: "${list[%d]}"}`, n)
	case 5:
		w(`set: {i: 0}`)
	}
}

const rowVars = "vars: {x: {type: string, default: \"\"}, i: {type: number, default: 0}, n: {type: number, default: 0}"

// allLists are all lists of items up to a length, and some that are longer.
func allLists() [][]any {
	all := [][]any{{}}
	for i := 0; len(all[i]) < 2; i++ {
		for _, x := range []string{"a", "ab", "abx", "c", "d"} {
			all = append(all, append(slices.Clone(all[i]), x))
		}
	}
	return append(all, []any{"c", "c", "c"}, []any{"ab", "c", "a", "d"})
}

// withList is a flow whose variable has a list.
func withList(f *flow.Flow, list []any) *flow.Flow {
	g := *f
	g.Vars = maps.Clone(f.Vars)
	decl := *f.Vars["list"]
	decl.Default = list
	g.Vars["list"] = &decl
	return &g
}

// What is said of a flow that reads a list one item at a time is what is said of it with
// each list, or that it is not known: if an item is read again, it matters that it is the
// same.
func TestAgreesWithAllLists(t *testing.T) {
	seeds := 42
	if testing.Short() {
		seeds = 12
	}
	lists := allLists()
	told := map[Verdict]int{}
	reading := 0
	for seed := range uint64(seeds) {
		f := loaded(t, rowFlow(seed, "params: {list: {type: list, default: [a]}}\n"+rowVars+"}"))
		r, err := Run(context.Background(), f, Options{})
		if err != nil || !r.Complete || slices.ContainsFunc(r.Doubts, func(d Doubt) bool { return !strings.Contains(d.Text, "are read again") }) {
			t.Errorf("seed %d: %v %v %v", seed, err, r.Why, r.Doubts)
			continue
		}
		if len(r.graph.facts.looseRows()) > 0 {
			reading++
		}
		want := slices.Repeat([]Verdict{Proved}, len(r.Properties))
		single := loaded(t, rowFlow(seed, rowVars+", list: {type: list, default: []}}"))
		together := &graph{flow: single, facts: newFacts(single), taken: map[move]breach{}, whole: true}
		for _, list := range lists {
			one, err := Run(context.Background(), withList(single, list), Options{})
			if err != nil || !one.Complete || len(one.Doubts) > 0 {
				t.Fatalf("seed %d, %s: %v %v %v", seed, list, err, one.Why, one.Doubts)
			}
			for i, p := range one.Properties {
				if p.Verdict == Broken && p.Name != "reach" {
					want[i] = Broken
				}
			}
			maps.Copy(together.taken, one.graph.taken)
		}
		for i, p := range r.Properties {
			if p.Name == "reach" {
				want[i] = together.reach().Verdict
			}
		}
		for i, p := range r.Properties {
			told[p.Verdict]++
			if p.Verdict != want[i] && p.Verdict != Open {
				t.Errorf("seed %d: %s: %s %v; of all lists it is %s", seed, p.Text, p.Verdict, p.Findings, want[i])
			}
		}
	}
	t.Logf("%v, and %d flows read items", told, reading)
	if told[Open] > seeds/3 || told[Broken] < 2*seeds || told[Proved] < 2*seeds || reading < seeds*3/4 {
		t.Errorf("it is said %v, and %d flows read items", told, reading)
	}
}

const hall = `
ivr: 1
flow: g
params: {list: {type: list}}
vars: {x: {type: string, default: ""}, y: {type: string, default: ""}, i: {type: number, default: 0}}
actions: {tell: {in: [x]}}
prompts: {p0: One., p1: Two., p2: Three.}
start: begin
states:
  begin:
    - answer
    - switch: [{when: len(list) < 2 || len(list) > 4, then: bye}]
    - play: p0
    - set: {x: "${list[0]}"}
    - switch: [{when: 'x startsWith "a"', then: first}]
    - goto: bye
  first:
    - play: p1
    - set: {x: "${list[int(i)]}", i: "${i + 1}"}
    - switch: [{when: 'x startsWith "b"', then: second}]
    - goto: bye
  second:
    - play: p2
    - goto: bye
  bye: [{play: p0}, end]
`

// An item that is read again is the one that it was: what could be only if it were not is
// neither said to hold nor to happen.
func TestAnItemIsTheSameAgain(t *testing.T) {
	r, err := Run(context.Background(), loaded(t, hall), Options{})
	if err != nil || len(r.Doubts) != 1 || r.Doubts[0].String() != "g.ivr.yaml:4:10: items of list are read again, and not all lists were tried" {
		t.Fatal(err, r.Doubts)
	}
	for _, p := range r.Properties {
		if want := map[bool]Verdict{true: Open, false: Proved}[p.Name == "reach"]; p.Verdict != want {
			t.Errorf("%s: %s %s", p.Text, p.Verdict, p.Why)
		}
	}
	never := loaded(t, hall+"invariants:\n  - never: state(second) after state(first)\n")
	if r, err = Run(context.Background(), never, Options{}); err != nil {
		t.Fatal(err)
	}
	if p := r.Properties[len(r.Properties)-1]; p.Verdict != Open {
		t.Errorf("%s: %s", p.Text, p.Verdict)
	}
	// Another item is another matter, and also if the first is read as the call begins.
	next := strings.Replace(hall, "i: {type: number, default: 0}", "i: {type: number, default: 1}", 1)
	early := strings.Replace(next, "    - play: p0\n    - set", "    - set", 1)
	for _, src := range []string{next, strings.Replace(early, "    - answer\n", "", 1)} {
		r, err = Run(context.Background(), loaded(t, src), Options{})
		if err != nil || r.Verdict() != Proved {
			t.Error(err, r.Verdict(), r.Doubts, r.Properties)
		}
	}
}

// A list with which more is done is tried in a few ways, and that is said.
func TestNotesListsBeyondIt(t *testing.T) {
	read := `    - set: {x: "${list[0]}"}` + "\n"
	for _, tt := range []struct{ name, old, new, says string }{
		{"two items in one go", read, read + `    - set: {y: "${list[1]}"}` + "\n    - switch: [{when: 'y == \"c\"', then: bye}]\n", "more than one item of a list such as list is read in one go"},
		{"two items in one expression", `x startsWith "a"`, `x == list[1]`, "depends on more of list"},
		{"an item that is not compared with a constant", `x startsWith "a"`, `x == y`, "depends on more of list"},
		{"an item with more behind it", `x: "${list[0]}"`, `x: "${list[0]}!"`, "depends on more of list"},
		{"the list is changed", "    - play: p0\n    - set", "    - set: {list: \"${list[1:]}\"}\n    - play: p0\n    - set", "depends on more of list"},
		{"the list is handed on", "    - play: p2\n", "    - do: tell\n      with: {x: \"${list[1]}\"}\n      failed: bye\n", "depends on more of list"},
		{"a pattern that is not understood", `x startsWith "a"`, `"abc" contains x`, "depends on more of list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(hall, tt.old) {
				t.Fatalf("there is no %q", tt.old)
			}
			r, err := Run(context.Background(), loaded(t, strings.Replace(hall, tt.old, tt.new, 1)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			noted := slices.ContainsFunc(r.Doubts, func(d Doubt) bool { return strings.Contains(d.Text, tt.says) && d.Pos.Line > 0 })
			if !noted || r.Verdict() == Proved {
				t.Errorf("%s, with the doubts %v", r.Verdict(), r.Doubts)
			}
		})
	}
}
