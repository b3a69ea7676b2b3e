package powerloss_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
	"github.com/ivrflow/ivrflow/testkit/powerloss"
)

var flips = flag.Int("flips", 500, "how many bytes of a store's file are changed, one at a time; 0: every one")

// archive is a small store in a file, and what it holds.
type archive struct {
	*testing.T
	disk  *powerloss.Disk
	file  string
	key   []byte
	whole map[ivr.SessionID]string // what each live session is, as JSON
}

// sessionOf is a session with something in it.
func sessionOf(i int, version int64) engine.Session {
	return engine.Session{ID: ivr.SessionID(fmt.Sprintf("session-%d", i)), Flow: "desk", Version: "hash", State: fmt.Sprintf("state_%d", version),
		Tenant: "tenant", Started: time.Date(2026, 5, 4, 8, i, 0, 0, time.UTC), Locale: "en-GB",
		Leg:  engine.Leg{ID: ivr.CallerLeg, Call: ivr.CallID(fmt.Sprintf("call-%d", i))},
		Vars: map[string]any{"account": fmt.Sprint(1000*i + int(version)), "text": fmt.Sprintf("%0*d", 300*i, i)}}
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	disk, err := powerloss.New(1)
	if err != nil {
		t.Fatal(err)
	}
	a := &archive{T: t, disk: disk, file: filepath.Join(t.TempDir(), "calls.db"), key: make([]byte, 32)}
	if err := disk.UseByDefault(); err != nil {
		t.Fatal(err)
	}
	disk.WriteFile(a.file, nil)
	db, s := a.open()
	if db == nil {
		t.Fatal("an empty store does not open")
	}
	for i := range 8 {
		var before engine.Session
		for v := int64(1); v <= 3; v++ {
			after := sessionOf(i, v)
			c := &call.Change{New: v == 1, Flow: &flow.Flow{}, Before: &before, Session: &after, Version: v, Epoch: 1,
				Commands: []ivr.Command{ivr.Answer{Op: ivr.OpID(v)}}, Pending: []call.Pending{{Cmd: ivr.Answer{Op: ivr.OpID(v)}}}}
			if err := s.Commit(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			before = after
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var damaged int
	if a.whole, damaged, err = a.read(); err != nil || damaged > 0 || len(a.whole) != 8 {
		t.Fatalf("the store has %d sessions, %d damaged: %v", len(a.whole), damaged, err)
	}
	return a
}

// open opens the store as a new process does.
func (a *archive) open() (*sqlite.DB, *store.Store) {
	db, err := sqlite.Open(a.Context(), a.file, sqlite.Options{})
	if err != nil {
		return nil, nil
	}
	s, err := store.New(store.Config{DB: db, Key: a.key})
	if err != nil {
		a.Fatal(err)
	}
	if s.Join(a.Context()) != nil {
		db.Close()
		return nil, nil
	}
	return db, s
}

// read takes up all live sessions, as a process does that starts.
func (a *archive) read() (found map[ivr.SessionID]string, damaged int, err error) {
	db, s := a.open()
	if db == nil {
		return nil, 0, fmt.Errorf("it does not open")
	}
	defer db.Close()
	all, err := s.Claim(a.Context(), 100)
	if err != nil {
		return nil, 0, err
	}
	found = map[ivr.SessionID]string{}
	for _, rec := range all {
		if rec.Damaged != nil {
			damaged++
			continue
		}
		rec.Epoch, rec.Attempts = 0, 0 // counted by the database
		text, err := json.Marshal(rec)
		if err != nil {
			return nil, 0, err
		}
		found[rec.Session.ID] = string(text)
	}
	return found, damaged, nil
}

// Every byte of a small store's file, changed once: it is found, or does no harm.
// A session is never another than it was, and never gone without a word.
func TestEveryByte(t *testing.T) {
	a := newArchive(t)
	defer func() {
		if err := a.disk.Close(); err != nil {
			t.Error(err)
		}
	}()
	whole := a.disk.ReadFile(a.file)
	if names := a.disk.Files(); len(names) != 1 {
		t.Fatalf("a store that is closed has the files %v", names)
	}
	r := rand.New(rand.NewPCG(*seed, 3))
	var refused, damaged, harmless int
	for _, i := range places(r, whole) {
		bad := slices.Clone(whole)
		bad[i] ^= 1 << r.IntN(8)
		for _, name := range a.disk.Files() {
			a.disk.Remove(name)
		}
		a.disk.WriteFile(a.file, bad)
		found, broken, err := a.read()
		switch {
		case err != nil:
			refused++
			continue
		case broken > 0:
			damaged++
		default:
			harmless++
		}
		wrong := 0
		for id, text := range found {
			if a.whole[id] != text {
				wrong++
			}
		}
		if wrong > 0 || len(found)+broken < len(a.whole) {
			t.Errorf("byte %d, %02x in place of %02x, page %d at %d: of %d sessions %d are there, %d are said to be damaged, %d are others than they were",
				i, bad[i], whole[i], i/pageSize+1, i%pageSize, len(a.whole), len(found), broken, wrong)
		}
	}
	t.Logf("of %d bytes: %d times the store was refused, %d times sessions were said to be damaged, %d times nothing was lost",
		len(whole), refused, damaged, harmless)
	if refused == 0 || damaged == 0 {
		t.Error("nothing was found")
	}
}

// places are the bytes to be changed: some that matter, or all. Half of the some are
// in indexes, which are small and lead to the rest.
func places(r *rand.Rand, whole []byte) []int {
	var all, indexes, rows []int
	for i, b := range whole {
		all = append(all, i)
		switch page := i / pageSize * pageSize; {
		case b == 0 && r.IntN(20) > 0: // most of a page is empty
		case page > 0 && whole[page] == indexPage:
			indexes = append(indexes, i)
		default:
			rows = append(rows, i)
		}
	}
	if *flips == 0 {
		return all
	}
	var some []int
	for _, from := range [][]int{indexes, rows} {
		r.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
		some = append(some, from[:min(len(from), *flips/2)]...)
	}
	slices.Sort(some)
	return some
}

// The store's pages, and what the first byte of one of an index is.
const (
	pageSize  = 8192
	indexPage = 0x0a
)
