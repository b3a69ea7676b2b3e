package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/store"
	pg "github.com/ivrflow/ivrflow/runtime/store/postgres"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

// odd are records as a bot never writes them, or seldom does, by their session.
// Those that are damaged are wanted as such.
func odd() map[string]string {
	return map[string]string{
		"odd-out":      `{"session":"odd-out","outgoing":true,"called":{"kind":"phone","id":"+1"},"result":{"code":480,"subcode":10},"answered":"2026-11-27T09:00:00.25+01:00"}`,
		"odd-nothing":  `{"session":"odd-nothing"}`,
		"odd-early":    `{"session":"odd-early","answered":"2026-11-28T08:00:00Z"}`,
		"odd-later":    `{"session":"odd-later","something_new":[1],"marks":[{"kind":"other","text":"a"},{"kind":"tag"},{"kind":"tag","name":"é","text":"\"; '"}]}`,
		"odd-zero":     `{"session":"odd-zero","caller":{"id":"a\u0000b"}}`,
		"bad-none":     "",
		"bad-text":     "broken",
		"bad-half":     `{"session":"bad-half"`,
		"bad-bytes":    "{\"session\":\"bad-bytes\",\"flow\":\"\xff\"\x00",
		"bad-other":    `{"session":"s1"}`,
		"bad-list":     `["bad-list"]`,
		"bad-word":     `"bad-word"`,
		"bad-no-name":  `{}`,
		"bad-no-value": `null`,
	}
}

// fillOdd stores calls with odd records.
func fillOdd(t *testing.T, db store.DB) {
	t.Helper()
	for id, summary := range odd() {
		w := &store.Write{Session: ivr.SessionID(id), Version: 1, Epoch: 1, Node: "n1", Flow: "hash", Name: "odd", Tenant: "t", Started: storedAt.Add(1250 * time.Millisecond),
			Ended: storedAt.Add(time.Minute), Calls: []ivr.CallID{ivr.CallID("1-" + id), ivr.CallID("2-" + id)}, Summary: []byte(summary)}
		if err := db.Write(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
}

// checkRows compares the rows of the view, with the names of the columns first,
// with what export writes of the same calls.
func checkRows(t *testing.T, db store.DB, rows [][]string) {
	t.Helper()
	names, rows := rows[0], rows[1:]
	if !slices.Equal(names, recordColumns()) {
		t.Errorf("the view has the columns\n%q, and export\n%q", names, recordColumns())
	}
	r, err := store.NewReader(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := r.Calls(t.Context(), store.Filter{Max: 1000})
	if err != nil || len(calls) != len(rows) || len(calls) != 3+len(odd()) {
		t.Fatalf("%d calls, %v, and %d rows", len(calls), err, len(rows))
	}
	for _, s := range calls {
		if s.Damaged != strings.HasPrefix(string(s.Session), "bad") {
			t.Errorf("%s: damaged: %t", s.Session, s.Damaged)
		}
		i := slices.IndexFunc(rows, func(row []string) bool { return row[0] == string(s.Session) })
		if i < 0 {
			t.Errorf("%s has no row", s.Session)
			continue
		}
		for c, want := range rowOf(calldoc.RecordOf(s)) {
			if names[c] == "seconds" && (s.Answered.IsZero() || s.Ended.IsZero()) {
				want = "" // zero in the export
			}
			if got := rows[i][c]; got != want {
				t.Errorf("%s: %s is %q, want %q", s.Session, names[c], got, want)
			}
		}
	}
}

// examples are the statements of the manual for a database.
func examples(t *testing.T, kind string) (all []string) {
	t.Helper()
	page, err := os.ReadFile("../../framework/manual/store.md") // ivrflow help tells no kinds
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(page), "```sql "+kind+"\n")
	text, _, end := strings.Cut(text, "```")
	for s := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(s) != "" {
			all = append(all, s)
		}
	}
	if !ok || !end || len(all) < 2 {
		t.Fatalf("the manual has %q", all)
	}
	return all
}

// The view of a file says what export does, whatever there is in it, and the
// manual's queries run.
func TestRowsSQLite(t *testing.T) {
	w := newStoredCalls(t, 0)
	db, err := sqlite.Open(t.Context(), w.file, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fillOdd(t, db)
	raw, err := sql.Open("sqlite", w.file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	query := func(text string) [][]string { return askSQLite(t, raw, text) }
	rows := query("SELECT * FROM call_records")
	for _, row := range rows[1:] {
		last := &row[len(row)-1]
		*last = map[string]string{"0": "false", "1": "true"}[*last]
	}
	checkRows(t, db, rows)
	for _, text := range examples(t, "sqlite") {
		query(text)
	}
	if rows := query("SELECT session FROM call_records WHERE started >= '2026-11-27T10:00:00' AND ended IS NOT NULL"); len(rows) != 2 || rows[1][0] != "s2" {
		t.Errorf("a query by times found %v", rows)
	}
}

// askSQLite is what a query finds, the names of the columns first.
func askSQLite(t *testing.T, db *sql.DB, text string) [][]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	all := [][]string{names}
	for rows.Next() {
		row, into := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(row))
		for i, v := range row {
			switch v := v.(type) {
			case nil:
			case float64:
				texts[i] = fmt.Sprintf("%.3f", v)
			default:
				texts[i] = fmt.Sprint(v)
			}
		}
		all = append(all, texts)
	}
	if rows.Err() != nil {
		t.Fatalf("%s: %v", text, rows.Err())
	}
	return all
}

// In PostgreSQL it is the same, and who may read the view reads nothing else.
func TestRowsPostgres(t *testing.T) {
	at := postgres.Database(t)
	db, err := pg.Open(t.Context(), at, pg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	(&storedCalls{t: t}).fill(db, bytes.Repeat([]byte{7}, 32), 0)
	fillOdd(t, db)
	query := func(at, text string) [][]string {
		t.Helper()
		rows, err := pgtest.Ask(t.Context(), at, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return rows
	}
	rows := query(at, "SET timezone = 'Asia/Kolkata'; SELECT * FROM ivrflow.call_records")
	for _, row := range rows[1:] {
		for i, v := range row {
			if when, err := time.Parse("2006-01-02 15:04:05.999999-07:00", v); err == nil {
				row[i] = calldoc.Instant(when)
			}
		}
		if row[slices.Index(rows[0], "session")] == "odd-zero" { // PostgreSQL has no U+0000
			caller := &row[slices.Index(rows[0], "caller")]
			*caller = strings.Replace(*caller, "\ufffd", "\x00", 1)
		}
		last := &row[len(row)-1]
		*last = map[string]string{"f": "false", "t": "true"}[*last]
	}
	checkRows(t, db, rows)

	reader, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	reader.User = url.UserPassword("reports", "hush-hush")
	for _, text := range examples(t, "postgres") {
		if !strings.Contains(text, "call_records WHERE") && !strings.Contains(text, "call_records\nWHERE") {
			query(at, text) // makes the role and gives it its rights
			continue
		}
		query(at, "ALTER ROLE reports PASSWORD 'hush-hush'")
		query(reader.String(), text)
	}
	defer func() {
		if _, err := pgtest.Ask(context.WithoutCancel(t.Context()), at, "DROP OWNED BY reports; DROP ROLE reports"); err != nil {
			t.Error(err)
		}
	}()
	if rows := query(reader.String(), "SELECT session FROM ivrflow.call_records WHERE started >= '2026-11-27 10:00Z' AND ended IS NOT NULL"); len(rows) != 2 || rows[1][0] != "s2" {
		t.Errorf("a query by times found %v", rows)
	}
	if _, err := pgtest.Ask(t.Context(), reader.String(), "SELECT count(*) FROM ivrflow.sessions"); err == nil {
		t.Error("who may read the view reads what it is made of")
	}
}
