package sqlite_test

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

// A second process is refused, and told which one has the file, also if it knows
// the file by another name.
func TestTaken(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "calls.db"), filepath.Join(dir, "link.db")
	db := open(t, file, sqlite.Options{})
	if err := os.Symlink(file, link); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	for _, name := range []string{file, link} {
		_, err := sqlite.Open(t.Context(), name, sqlite.Options{})
		if !errors.Is(err, store.ErrTaken) {
			t.Fatalf("got error %v, want %v", err, store.ErrTaken)
		}
		for _, want := range []string{file, fmt.Sprintf("process %d", os.Getpid()), "stop that process"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q does not say %q", err, want)
			}
		}
	}
	mustWrite(t, db, change("a", 1)) // who has it is not disturbed
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, open(t, link, sqlite.Options{}))
}

// A file's name is not taken apart.
func TestNames(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a b?mode=memory#c%25 Grüße&x.db", "./calls.db", filepath.Join(t.TempDir(), "?#%3F.db")} {
		db := open(t, name, sqlite.Options{})
		mustWrite(t, db, change("a", 1))
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(name); err != nil || info.Size() == 0 {
			t.Errorf("the database is not in the file %s: %v", name, err)
		}
		reader, err := sqlite.OpenReadOnly(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if versionOf(t, reader, "a") != 1 {
			t.Errorf("%s: what was written cannot be read", name)
		}
		reader.Close()
	}
}

func TestOnlyTheOwnerReads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "calls.db")
	if err := open(t, file, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil { // as a backup may come back
		t.Fatal(err)
	}
	db := open(t, file, sqlite.Options{})
	closed(t, db)
	mustWrite(t, db, change("a", 1))
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(file + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has permissions %o, want 600", filepath.Base(file+suffix), mode)
		}
	}
}

// The command line reads while a process runs, and when none does, and never
// writes.
func TestReadOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "calls.db")
	db := open(t, file, sqlite.Options{})
	mustWrite(t, db, change("a", 1))
	reader, err := sqlite.OpenReadOnly(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, db, change("a", 2))
	if got := versionOf(t, reader, "a"); got != 2 {
		t.Errorf("read version %d while a process runs, want 2", got)
	}
	refusesWrites(t, reader)
	if err := errors.Join(db.Close(), reader.Close()); err != nil {
		t.Fatal(err)
	}

	if reader, err = sqlite.OpenReadOnly(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	closed(t, reader)
	if got := versionOf(t, reader, "a"); got != 2 {
		t.Errorf("read version %d when no process runs, want 2", got)
	}
	refusesWrites(t, reader)
	if rows, err := reader.Sessions(t.Context(), store.Filter{}); len(rows) != 1 || err != nil {
		t.Errorf("sessions %+v, %v", rows, err)
	}
	db = open(t, file, sqlite.Options{}) // readers are no obstacle
	closed(t, db)
	mustWrite(t, db, change("a", 3))
	if got := versionOf(t, reader, "a"); got != 3 {
		t.Errorf("read version %d, want 3", got)
	}
}

func refusesWrites(t *testing.T, db *sqlite.DB) {
	t.Helper()
	_, counted := db.CountUp(t.Context(), "c")
	for _, err := range []error{db.Write(t.Context(), change("b", 1)), counted, db.PutBlob(t.Context(), "b", nil)} {
		if err == nil || !strings.Contains(err.Error(), "for reading only") {
			t.Errorf("a write got error %v", err)
		}
	}
}

// Keys that were destroyed are in none of the database's files after the next
// Purge, nor when it is closed, and those that were not are.
func TestDestroyedKeysAreOverwritten(t *testing.T) {
	for _, how := range []string{"purge", "close"} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			db := open(t, filepath.Join(dir, "calls.db"), sqlite.Options{Log: 50})
			closed(t, db)
			keys := destroyedKeys(t, db)
			end := db.Close
			if how == "purge" {
				end = func() error { _, err := db.Purge(t.Context(), store.Limits{}); return err }
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			files := allBytes(t, dir)
			for i, key := range keys {
				if found := bytes.Contains(files, key); found != isKept(i) {
					t.Errorf("key %d is in the files: %v, want %v", i, found, isKept(i))
				}
			}
		})
	}
}

// Keys that Purge destroys because their calls ended long ago are overwritten too.
func TestOldKeysAreOverwritten(t *testing.T) {
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "calls.db"), sqlite.Options{})
	closed(t, db)
	key := make([]byte, 60)
	rand.Read(key)
	w := change("a", 1)
	w.Ended, w.Keys = time.Unix(1000, 0), []store.Key{{Name: "call", Wrapped: key}}
	mustWrite(t, db, w)
	for more := true; more; {
		var err error
		if more, err = db.Purge(t.Context(), store.Limits{Keys: time.Unix(2000, 0)}); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Contains(allBytes(t, dir), key) {
		t.Error("the key is still in the files")
	}
}

// A reader that holds the log does not make the writer wait: the log is emptied
// by a later Purge.
func TestReaderHoldsTheLog(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "calls.db")
	db := open(t, file, sqlite.Options{})
	closed(t, db)
	reader, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	tx, err := reader.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM keys").Scan(new(int)); err != nil {
		t.Fatal(err)
	}
	key := destroyedKeys(t, db)[1]
	purge := func() {
		began := time.Now()
		if _, err := db.Purge(t.Context(), store.Limits{}); err != nil {
			t.Fatal(err)
		}
		mustWrite(t, db, change(fmt.Sprint(began.UnixNano()), 1))
		if took := time.Since(began); took > 900*time.Millisecond {
			t.Errorf("the writer waited %v for a reader", took)
		}
	}
	purge()
	if !bytes.Contains(allBytes(t, dir), key) {
		t.Error("the log was emptied although a reader holds it: this test shows nothing")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	purge()
	if bytes.Contains(allBytes(t, dir), key) {
		t.Error("the log holds a destroyed key although nobody reads it")
	}
}

// isKept says which keys are not destroyed.
func isKept(i int) bool { return i%50 == 0 }

// destroyedKeys writes keys and destroys most of them.
func destroyedKeys(t *testing.T, db *sqlite.DB) [][]byte {
	t.Helper()
	keys := make([][]byte, 150)
	for i := range keys {
		keys[i] = make([]byte, 60)
		rand.Read(keys[i])
		w := change(fmt.Sprint("s", i), 1)
		w.Keys = []store.Key{{Name: "secret.1", Wrapped: keys[i]}, {Name: "call", Wrapped: []byte("x")}}
		mustWrite(t, db, w)
	}
	for i := range keys {
		w := change(fmt.Sprint("s", i), 2)
		if !isKept(i) {
			w.Shred = []string{"secret.1"}
		}
		mustWrite(t, db, w)
	}
	return keys
}

// allBytes are those of all files in a folder.
func allBytes(t *testing.T, dir string) (all []byte) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

// Damage in what every start reads is found at the start.
func TestDamageIsFoundAtTheStart(t *testing.T) {
	for _, table := range []string{"sessions", "calls", "keys"} {
		file := written(t)
		damage(t, file, table)
		db, err := sqlite.Open(t.Context(), file, sqlite.Options{})
		if db != nil || err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("damage in %s: got error %v", table, err)
		}
	}
}

// Damage in a journal concerns who reads it; all else goes on.
func TestDamageConcernsWhoReadsIt(t *testing.T) {
	file := written(t)
	damage(t, file, "journal")
	db := open(t, file, sqlite.Options{})
	closed(t, db)
	bad := 0
	for i := range 40 {
		id := fmt.Sprint("s", i)
		if versionOf(t, db, id) != 1 {
			t.Errorf("session %s cannot be read", id)
		}
		if _, err := db.Journal(t.Context(), ivr.SessionID(id)); err != nil {
			bad++
			if !strings.Contains(err.Error(), "damaged") {
				t.Errorf("journal of %s: got error %v", id, err)
			}
		}
	}
	if bad == 0 || bad == 40 {
		t.Errorf("%d of 40 journals cannot be read", bad)
	}
	select {
	case <-db.Failed():
		t.Error("the database has failed")
	default:
	}
}

// written is a database of forty sessions, closed.
func written(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "calls.db")
	db := open(t, file, sqlite.Options{})
	for i := range 40 {
		w := change(fmt.Sprint("s", i), 1)
		w.Record, w.Keys, w.Calls = make([]byte, 2000), []store.Key{{Name: strings.Repeat("k", 200), Wrapped: make([]byte, 200)}}, nil
		for j := range 4 {
			w.Calls = append(w.Calls, ivr.CallID(fmt.Sprint(strings.Repeat("c", 200), i, "-", j)))
		}
		w.Entry.Body = make([]byte, 2000)
		mustWrite(t, db, w)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// damage overwrites the beginning of one page of a table, which is not its root.
func damage(t *testing.T, file, table string) {
	t.Helper()
	var page int
	fmt.Sscan(ask(t, file, "SELECT max(pageno) FROM dbstat WHERE name = '"+table+"' AND pagetype = 'leaf'"), &page)
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, 64), int64(page-1)*8192); err != nil {
		t.Fatal(err)
	}
}
