package prove

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// flowsOf are the flows in files.
func flowsOf(t testing.TB, patterns ...string) map[string]*flow.Flow {
	t.Helper()
	all := map[string]*flow.Flow{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal("no flows", err)
		}
		for _, file := range files {
			f, list, err := flow.Load(os.DirFS(filepath.Dir(file)), filepath.Base(file))
			if f == nil {
				t.Fatal(file, list, err)
			}
			all[filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file)] = f
		}
	}
	return all
}

// again is a state that was taken for one that was seen before.
type again struct {
	node  int32
	state state
}

// What is taken for one state goes on alike: the same may happen, and leads to
// what is one state again. A key that forgets too much would fail here.
func TestKeysForgetNothingThatMatters(t *testing.T) {
	all := flowsOf(t, "../../examples/*/*.ivr.yaml", "../../flows/*/*.ivr.yaml", "testdata/*.ivr.yaml") // the last have every verb
	for seed := range uint64(60) {
		if f := loaded(t, generated(seed)); f != nil {
			all[fmt.Sprintf("generated %d", seed)] = f
		}
	}
	for name, f := range all {
		t.Run(name, func(t *testing.T) {
			var same []again
			n := 0
			g := explore(context.Background(), f, Options{Nodes: 3000, recheck: func(_ *graph, node int32, st *state) {
				if n++; n%7 == 0 && len(same) < 4000 {
					same = append(same, again{node, *st})
				}
			}})
			g.compare(t, same)
		})
	}
}

// compare follows the states as if they were new, and says where they part from
// what was explored.
func (g *graph) compare(t *testing.T, same []again) {
	keys := make([]key, len(g.nodes))
	for k, id := range g.index {
		keys[id] = k
	}
	for _, a := range same {
		n := &g.nodes[a.node]
		if n.over || n.open || g.stretches(n.place) {
			continue
		}
		w := g.worlds[n.start]
		out := g.out(a.node)
		all := w.choices(&a.state)
		followed := 0
		for i := range all {
			if !all[i].aside() {
				followed++
			}
		}
		if len(out) != followed && len(out) != len(all) {
			t.Errorf("%v: %d or %d things may happen, not %d", n.place, followed, len(all), len(out))
			continue
		}
		for i := range out {
			c := &all[out[i].act]
			turn := turnOf(w.root, &a.state, c)
			past := g.watch.follow(w, n.past, turn, -1).past
			if k := w.keyOf(turn.to, uint64(n.start), past, 0); k != keys[out[i].to] {
				t.Errorf("%v: %s leads to %s, not to %v", n.place, c.Act, turn.to.session.State, g.nodes[out[i].to].place)
				return
			}
		}
	}
}

// stretches reports whether a place is in a recording in stretches. All its
// stretches but the first and the last are one state, which goes on to the next
// stretch of that kind or to the last one: more than any single one of them.
func (g *graph) stretches(p place) bool {
	s, phase := g.flow.StepAt(p.flow, p.state)
	return phase == flow.PhaseRecording && s.Spec.(*flow.Record).Every > 0
}
