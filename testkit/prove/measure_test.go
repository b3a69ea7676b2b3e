package prove

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

func TestMeasure(t *testing.T) {
	files, _ := filepath.Glob("../../examples/*/*.ivr.yaml")
	more, _ := filepath.Glob("../../flows/*/*.ivr.yaml")
	only := os.Getenv("PROVE")
	for _, file := range append(files, more...) {
		if ok, _ := filepath.Match(only, filepath.Base(file)); only != "" && !ok {
			continue
		}
		f, list, err := flow.Load(os.DirFS(filepath.Dir(file)), filepath.Base(file))
		if f == nil {
			t.Log(file, list, err)
			continue
		}
		r, err := Run(context.Background(), f, Options{Nodes: 60000, Time: 10 * time.Second})
		if err != nil {
			t.Log(file, err)
			continue
		}
		t.Logf("%-45s %6d states %7d moves %3d starts %8s whole %v %s", file, r.States, r.Moves, r.Starts, r.Took.Round(time.Millisecond), r.Complete, r.Why)
		if os.Getenv("HIST") != "" {
			g := explore(context.Background(), f, Options{Nodes: 8000, Time: 10 * time.Second})
			h := map[place]int{}
			for i := range g.nodes {
				h[g.nodes[i].place]++
			}
			for p, n := range h {
				if n > 50 {
					t.Log("   ", p, n)
				}
			}
		}
		src, _ := os.ReadFile(file)
		if os.Getenv("PRINT") != "" {
			r.Print(os.Stdout, map[string][]byte{filepath.Base(file): src})
		}
	}
}

func TestDump(t *testing.T) {
	file, at := os.Getenv("PROVE"), os.Getenv("AT")
	if file == "" || at == "" {
		t.Skip()
	}
	f, _, _ := flow.Load(os.DirFS(filepath.Dir(file)), filepath.Base(file))
	dump = func(k *keyer) {
		if k.s.State == at {
			t.Logf("%q", k.b)
		}
	}
	explore(context.Background(), f, Options{Nodes: 3000, Time: 10 * time.Second})
}
