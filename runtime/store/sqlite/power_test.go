package sqlite_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite/faultdisk"
)

var (
	losses    = flag.Int("losses", 60, "power losses that TestPowerLoss simulates")
	powerSeed = flag.Uint64("power-seed", 1, "seed of TestPowerLoss")
)

// acked is what the database said is on disk.
type acked struct {
	mu       sync.Mutex
	versions map[string]int64
}

func (a *acked) note(id string, version int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.versions[id] = version
}

func (a *acked) copy() map[string]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := map[string]int64{}
	for id, v := range a.versions {
		c[id] = v
	}
	return c
}

// TestPowerLoss cuts the power at any moment: what was not synced is lost, whole
// or in part. What the database said is on disk is there when it is opened again,
// and it is whole.
func TestPowerLoss(t *testing.T) {
	r := rand.New(rand.NewPCG(*powerSeed, 0))
	taken := 0
	for round := uint64(0); taken < *losses; round++ {
		taken += powerRound(t, r, *losses-taken)
		if t.Failed() {
			t.Fatalf("run it again: go test -run TestPowerLoss ./runtime/store/sqlite -args -power-seed=%d -losses=%d", *powerSeed, *losses)
		}
	}
}

// image is what a power loss left, and what had been promised before.
type image struct {
	dir   string
	acked map[string]int64
}

// powerRound writes from several goroutines, with a power loss now and then.
func powerRound(t *testing.T, r *rand.Rand, most int) int {
	t.Helper()
	const writers, versions = 8, 12
	disk := faultdisk.New(t)
	db := open(t, filepath.Join(t.TempDir(), "calls.db"), sqlite.Options{VFS: disk.Name(), Log: 30 + r.IntN(100)})
	closed(t, db)
	promised := &acked{versions: map[string]int64{}}
	var mu sync.Mutex // of r and images
	var images []image
	disk.Obey(func(faultdisk.Op) faultdisk.Result {
		mu.Lock()
		defer mu.Unlock()
		if len(images) < most && r.IntN(40) == 0 {
			i := image{dir: t.TempDir(), acked: promised.copy()} // before the power fails
			if err := disk.PowerLoss(i.dir, r); err != nil {
				t.Error(err)
			}
			images = append(images, i)
		}
		return faultdisk.OK
	})
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			id := fmt.Sprint("s", i)
			for version := int64(1); version <= versions; version++ {
				w := change(id, version)
				w.Record = append(w.Record, make([]byte, 3000*i)...)
				if err := db.Write(t.Context(), w); err != nil {
					t.Error(err)
				}
				promised.note(id, version)
			}
		})
	}
	wg.Wait()
	disk.Obey(nil)
	for _, i := range images {
		i.check(t)
	}
	return len(images)
}

// check opens what a power loss left.
func (i image) check(t *testing.T) {
	t.Helper()
	file := filepath.Join(i.dir, "calls.db")
	db, err := sqlite.Open(t.Context(), file, sqlite.Options{})
	if err != nil {
		t.Errorf("after a power loss: %v", err)
		return
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if found := ask(t, file, "PRAGMA integrity_check"); found != "ok" {
			t.Errorf("after a power loss: %s", found)
		}
	}()
	for id, version := range i.acked {
		row, err := db.Read(t.Context(), ivr.SessionID(id))
		if err != nil || row.Version < version {
			t.Errorf("version %d of %s was on disk, after a power loss it has %d: %v", version, id, row.Version, err)
			continue
		}
		entries, err := db.Journal(t.Context(), ivr.SessionID(id))
		if err != nil || int64(len(entries)) != row.Version {
			t.Errorf("%s has version %d and %d rows in its journal: %v", id, row.Version, len(entries), err)
		}
		if want := fmt.Sprintf("%s %d", id, row.Version); string(row.Record[:len(want)]) != want {
			t.Errorf("%s has the record %.20q, want %q", id, row.Record, want)
		}
	}
	if _, err := db.Sessions(t.Context(), store.Filter{}); err != nil {
		t.Error(err)
	}
}
