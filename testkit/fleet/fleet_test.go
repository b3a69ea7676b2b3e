package fleet_test

import (
	"context"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/fleet"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

var (
	cycles = flag.Int("cycles", 30, "how often TestKill kills the program")
	seed   = flag.Uint64("seed", 1, "what the callers do")
)

// server is a PostgreSQL, for the tests that need one.
var server pgtest.Lazy

// binary is the program, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(all(m))
}

func all(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ivrflow-fleet")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if binary, err = fleet.Build(context.Background(), dir); err != nil {
		panic(err)
	}
	defer server.Close()
	return m.Run()
}

// start is a fleet that runs.
func start(t *testing.T, cfg fleet.Config) *fleet.Fleet {
	t.Helper()
	f := prepare(t, cfg)
	run(t, f)
	return f
}

// prepare is a fleet that does not run yet.
func prepare(t *testing.T, cfg fleet.Config) *fleet.Fleet {
	t.Helper()
	cfg.Binary, cfg.Dir, cfg.Seed = binary, t.TempDir(), *seed
	f, err := fleet.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, n := range f.Nodes() {
				t.Logf("node %s:\n%s", n.Name, n.Log())
			}
		}
		f.Close()
	})
	return f
}

func run(t *testing.T, f *fleet.Fleet) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := f.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

// If nothing happens to the program all calls go well.
func TestCalls(t *testing.T) {
	f := start(t, fleet.Config{})
	calls := f.Callers(t.Context(), 24)
	select {
	case <-time.After(3 * time.Second):
	case <-t.Context().Done():
	}
	calls.Stop()
	r := f.History.Report()
	t.Log(r)
	if len(r.Faults) > 0 || r.By[fleet.Well] != r.Calls || r.Calls < 24 {
		t.Errorf("got %v, want all well: %v", r, r.Faults)
	}
	if err := f.Nodes()[0].Term(t.Context()); err != nil {
		t.Error(err)
	}
}
