package sqlite_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

func TestPragmas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "calls.db")
	closed(t, open(t, file, sqlite.Options{}))
	for pragma, want := range map[string]string{"page_size": "8192", "journal_mode": "wal", "user_version": fmt.Sprint(latest(t))} {
		if got := ask(t, file, "PRAGMA "+pragma); got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
}

// ask is the first column of the first row.
func ask(t *testing.T, file, query string) (answer string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

// latest is the newest version of the schema.
func latest(t *testing.T) int {
	t.Helper()
	steps, err := fs.Glob(os.DirFS("migrations"), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return len(steps)
}

// Each version of the schema that ever was has a fixture, testdata/versions/N.sql:
// a database of that version with something in every table. Whoever adds
// migrations/N+1.sql adds the fixture of N+1; those before are never changed.
func TestEveryVersion(t *testing.T) {
	var tables []string
	for version := 1; version <= latest(t); version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			file := fixture(t, version)
			db := open(t, file, sqlite.Options{})
			row, err := db.Read(t.Context(), "s1")
			if err != nil || row.Version != 3 || row.Epoch != 2 || string(row.Record) != "record" || len(row.Calls) != 2 || len(row.Keys) != 1 {
				t.Errorf("session came back as %+v, %v", row, err)
			}
			entries, err := db.Journal(t.Context(), "s1")
			if err != nil || len(entries) != 1 || string(entries[0].Body) != "body" {
				t.Errorf("journal came back as %+v, %v", entries, err)
			}
			mails, err := db.Mails(t.Context(), "n1", 10)
			if err != nil || len(mails) != 1 || mails[0].ID != 7 {
				t.Errorf("mail came back as %+v, %v", mails, err)
			}
			if n, err := db.CountUp(t.Context(), "counter"); n != 6 || err != nil {
				t.Errorf("counter came back as %d, %v", n, err)
			}
			if b, err := db.Blob(t.Context(), "blob"); string(b) != "data" || err != nil {
				t.Errorf("blob came back as %q, %v", b, err)
			}
			if f, err := db.Flow(t.Context(), "hash"); string(f.Sources) != "sources" || err != nil {
				t.Errorf("flow came back as %+v, %v", f, err)
			}
			if nodes, err := db.Nodes(t.Context()); len(nodes) != 1 || nodes[0].Host != "host" || err != nil {
				t.Errorf("nodes came back as %+v, %v", nodes, err)
			}
			w := change("s1", 4)
			w.Epoch = 2
			mustWrite(t, db, w)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			tables = append(tables, schemaOf(t, file))
		})
	}
	fresh := filepath.Join(t.TempDir(), "calls.db")
	if err := open(t, fresh, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	for i, got := range tables {
		if want := schemaOf(t, fresh); got != want {
			t.Errorf("a file of version %d became\n%s\nwant, as a new one is,\n%s", i+1, got, want)
		}
	}
}

// fixture is a file with a database of a version.
func fixture(t *testing.T, version int) string {
	t.Helper()
	name := fmt.Sprintf("testdata/versions/%d.sql", version)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("version %d of the schema has no fixture: %v", version, err)
	}
	file := filepath.Join(t.TempDir(), "calls.db")
	raw(t, file, string(text))
	for table := range strings.FieldsSeq(ask(t, file, "SELECT group_concat(name, ' ') FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")) {
		if ask(t, file, "SELECT count(*) FROM "+table) == "0" {
			t.Errorf("%s: table %s is empty", name, table)
		}
	}
	return file
}

// schemaOf is the schema of a file, in one order.
func schemaOf(t *testing.T, file string) string {
	t.Helper()
	lines := strings.Split(ask(t, file, "SELECT group_concat(sql, char(10)) FROM sqlite_schema"), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// What the steps up to a version make of nothing is what its fixture has.
func TestFixturesAreTrue(t *testing.T) {
	made := filepath.Join(t.TempDir(), "made.db")
	for version := 1; version <= latest(t); version++ {
		text, err := os.ReadFile(fmt.Sprintf("migrations/%04d.sql", version))
		if err != nil {
			t.Fatal(err)
		}
		raw(t, made, string(text))
		if got, want := schemaOf(t, fixture(t, version)), schemaOf(t, made); got != want {
			t.Errorf("the fixture of version %d is\n%s\nwant\n%s", version, got, want)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	newer := filepath.Join(t.TempDir(), "newer.db")
	if err := open(t, newer, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, newer, "PRAGMA user_version = 99")
	other := filepath.Join(t.TempDir(), "other.db")
	raw(t, other, "CREATE TABLE t (a)")
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{newer: "the file has version 99 of the schema", other: "a database of another program", text: "not a database",
		filepath.Join(t.TempDir(), "none", "calls.db"): "no such file"} {
		before, _ := os.ReadFile(file)
		for name, open := range map[string]func() (*sqlite.DB, error){
			"Open":         func() (*sqlite.DB, error) { return sqlite.Open(t.Context(), file, sqlite.Options{}) },
			"OpenReadOnly": func() (*sqlite.DB, error) { return sqlite.OpenReadOnly(t.Context(), file) },
		} {
			db, err := open()
			if db != nil || err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
				t.Errorf("%s of %s: got error %v, want %q", name, filepath.Base(file), err, want)
			}
		}
		if after, _ := os.ReadFile(file); string(before) != string(after) {
			t.Errorf("%s was changed", filepath.Base(file))
		}
	}
}
