package postgres

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// The server is stopped, or crashes, and starts again while changes are written.
// Each of them is there exactly if its writer was told so, and nobody has to open
// the database again.
func TestRestartUnderLoad(t *testing.T) {
	d := fresh(t)
	cluster := server.Cluster(t)
	must(t, d.Join(t.Context(), store.Node{ID: "n1", Started: began}, time.Hour))
	told := make(chan struct{}, 1)
	defer d.Watch("n1", func() { signal(told) })()

	const goroutines = 16
	versions, unsure := make([]int64, goroutines), make([]bool, goroutines)
	var ending atomic.Bool
	var all sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			id := fmt.Sprint("s", g)
			for !ending.Load() {
				switch err := d.Write(t.Context(), change(id, versions[g]+1)); {
				case err == nil:
					versions[g]++
				case errors.Is(err, store.ErrUncertain):
					unsure[g] = true
					return
				case errors.Is(err, store.ErrFenced):
					t.Errorf("session %s: a change that nobody else made is refused: %v", id, err)
					return
				}
			}
		})
	}
	for i, stop := range []func() error{cluster.Stop, cluster.Kill, cluster.Kill, cluster.Stop} {
		progress(t, d, int64(i))
		if err := errors.Join(stop(), cluster.Start(t.Context())); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Renew(t.Context(), "n1", time.Hour); err != nil {
			t.Errorf("the lease is not renewed after restart %d: %v", i, err)
		}
	}
	progress(t, d, 5)
	ending.Store(true)
	all.Wait()
	for g := range goroutines {
		id := fmt.Sprint("s", g)
		if unsure[g] {
			t.Logf("nobody knows of version %d of session %s", versions[g]+1, id)
			row, err := d.Read(t.Context(), ivr.SessionID(id))
			must(t, err)
			if row.Version == versions[g]+1 {
				versions[g]++
			}
		}
		checkJournal(t, d, id, versions[g])
	}
	// Hints come again: the listener has found the new server.
	deadline := time.After(20 * time.Second)
	for {
		must(t, d.Post(t.Context(), store.Mail{Session: "s0", At: began}))
		select {
		case <-told:
			return
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			t.Fatal("after restarts nobody is told of mail")
		}
	}
}

// progress writes a session of its own until the database takes it, and so sees
// that changes get through.
func progress(t *testing.T, d *DB, i int64) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for n := range int64(40) {
		for {
			err := d.Write(t.Context(), change(fmt.Sprintf("progress%d-%d", i, n), 1))
			if err == nil {
				break
			}
			if known, ok := errors.AsType[*store.KnownError](err); ok {
				t.Logf("session %s is there, of which nobody knew", known.Session)
				break
			}
			if time.Now().After(end) {
				t.Fatalf("20 s after a restart: %v", err)
			}
		}
	}
}
