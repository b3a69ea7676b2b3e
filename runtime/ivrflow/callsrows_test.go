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

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	pg "github.com/ivrflow/ivrflow/runtime/store/postgres"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
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

// checkRows compares the rows of the view with what export writes of the same
// calls. rows are texts as export has them, NULL as nil.
func checkRows(t *testing.T, db store.DB, names []string, rows [][]any) {
	t.Helper()
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
		i := slices.IndexFunc(rows, func(row []any) bool { return row[0] == string(s.Session) })
		if i < 0 {
			t.Errorf("%s has no row", s.Session)
			continue
		}
		for c, want := range recordOf(s).row() {
			switch {
			case names[c] == "seconds" && (s.Answered.IsZero() || s.Ended.IsZero()):
				want = "" // zero in the export
			case names[c] == "caller" && s.Session == "odd-zero":
				want = rowText(rows[i][c]) // PostgreSQL has no U+0000
			}
			if got := rowText(rows[i][c]); got != want {
				t.Errorf("%s: %s is %q, want %q", s.Session, names[c], got, want)
			}
		}
	}
}

func rowText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return instant(v)
	case float64:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprint(v)
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
	query := func(text string) ([]string, [][]any) {
		rows, err := raw.QueryContext(t.Context(), text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var all [][]any
		for rows.Next() {
			row, into := make([]any, len(names)), make([]any, len(names))
			for i := range row {
				into[i] = &row[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			all = append(all, row)
		}
		if rows.Err() != nil {
			t.Fatalf("%s: %v", text, rows.Err())
		}
		return names, all
	}
	names, rows := query("SELECT * FROM call_records")
	for _, row := range rows {
		row[len(row)-1] = row[len(row)-1] == int64(1)
	}
	checkRows(t, db, names, rows)
	for _, text := range examples(t, "sqlite") {
		query(text)
	}
	if _, rows := query("SELECT session FROM call_records WHERE started >= '2026-11-27T10:00:00' AND ended IS NOT NULL"); len(rows) != 1 || rows[0][0] != "s2" {
		t.Errorf("a query by times found %v", rows)
	}
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
	connect := func(at string) *pgx.Conn {
		conn, err := pgx.Connect(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
		return conn
	}
	query := func(conn *pgx.Conn, text string) ([]string, [][]any) {
		rows, err := conn.Query(t.Context(), text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var names []string
		for _, f := range rows.FieldDescriptions() {
			names = append(names, f.Name)
		}
		all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) ([]any, error) { return r.Values() })
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return names, all
	}
	owner := connect(at)
	list := strings.Replace(strings.Join(recordColumns(), ", "), "seconds", "seconds::float8 AS seconds", 1)
	names, rows := query(owner, "SELECT "+list+" FROM ivrflow.call_records")
	checkRows(t, db, names, rows)
	if names, _ := query(owner, "SELECT * FROM ivrflow.call_records"); !slices.Equal(names, recordColumns()) {
		t.Errorf("the view has the columns %q", names)
	}

	var asked []string
	for _, text := range append(examples(t, "postgres"), "ALTER ROLE reports PASSWORD 'hush-hush'") {
		if strings.Contains(text, "SELECT") && !strings.Contains(text, "GRANT") {
			asked = append(asked, text)
			continue
		}
		if _, err := owner.Exec(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	defer func() {
		if _, err := owner.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY reports; DROP ROLE reports"); err != nil {
			t.Error(err)
		}
	}()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("reports", "hush-hush")
	reports := connect(u.String())
	for _, text := range asked {
		query(reports, text)
	}
	if _, rows := query(reports, "SELECT session FROM ivrflow.call_records WHERE started >= '2026-11-27 10:00Z' AND ended IS NOT NULL"); len(rows) != 1 || rows[0][0] != "s2" {
		t.Errorf("a query by times found %v", rows)
	}
	if _, err := reports.Exec(t.Context(), "SELECT count(*) FROM ivrflow.sessions"); err == nil {
		t.Error("who may read the view reads what it is made of")
	}
}
