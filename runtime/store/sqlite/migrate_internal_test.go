package sqlite

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// A step of the schema that is interrupted leaves the version before, whole, and
// is done again.
func TestInterruptedStep(t *testing.T) {
	file := filepath.Join(t.TempDir(), "calls.db")
	texts, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	good := append(texts, "CREATE TABLE added (a); INSERT INTO added VALUES (1); ALTER TABLE counters ADD COLUMN b;")
	broken := append(texts, good[len(texts)]+" INSERT INTO nowhere VALUES (1);")
	for i, c := range []struct {
		texts   []string
		fails   bool
		version int
	}{{broken, true, len(texts)}, {broken, true, len(texts)}, {good, false, len(good)}, {good, false, len(good)}, {texts, true, len(good)}} {
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := migrate(t.Context(), conn, c.texts); (err != nil) != c.fails {
			t.Errorf("try %d: got error %v", i, err)
		}
		conn.Close()
		db.Close() // as the end of the process does

		if db, err = sql.Open("sqlite", file); err != nil {
			t.Fatal(err)
		}
		got, err := schemaVersion(t.Context(), db)
		if err != nil || got != c.version {
			t.Errorf("try %d left version %d, %v, want %d", i, got, err, c.version)
		}
		var tables int
		if err := db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'added'").Scan(&tables); err != nil || tables != c.version-len(texts) {
			t.Errorf("try %d left %d tables of the step, %v", i, tables, err)
		}
		db.Close()
	}
}

func TestEngineVersion(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := checkEngine(t.Context(), db, atLeast); err != nil {
		t.Error(err)
	}
	if err := checkEngine(t.Context(), db, "3.1000.0"); err == nil || !strings.Contains(err.Error(), "3.1000.0") {
		t.Errorf("an engine that is too old: got error %v", err)
	}
}
