package keep_test

import (
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

// leave names a store to leave what is in testdata/versions in: a file that is not
// there, or the address of an empty database. Whoever adds a step to a schema makes
// the fixture of the version before, with the program of that version:
//
//	go test ./runtime/keep -run TestLeave -leave /tmp/1.db
//	sqlite3 /tmp/1.db .dump                        # and its two PRAGMAs, user_version and application_id
//	pg_dump --inserts --no-owner --schema ivrflow URL   # without the lines that begin with a backslash
//
// Fixtures are never changed.
var leave = flag.String("leave", "", "a store to leave the content of a fixture in")

// versionKey is the key of the fixtures.
func versionKey() []byte { return slices.Repeat([]byte{7}, 32) }

// versionBegan is when the calls of the fixtures began.
var versionBegan = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

const versionFlow = "ivr: 1\nflow: support\nstart: a\nprompts: {ask: Your number}\nvars: {number: {type: digits, length: 2..3}}\n" +
	"states: {a: [{collect: number, prompt: ask, gave_up: []}, end]}\non_error: [end]\n"

func TestLeave(t *testing.T) {
	if *leave == "" {
		return
	}
	at, err := bot.ParseStore(*leave)
	if err != nil {
		t.Fatal(err)
	}
	cfg := bot.Config{StoreAt: at, Key: versionKey()}
	s := open(t, &cfg)
	fill(t, &cfg)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// fill leaves in a store what a node leaves that dies: a call that is over, one
// that lives, and something of all else.
func fill(t *testing.T, cfg *bot.Config) {
	t.Helper()
	now := func() time.Time { return versionBegan }
	st, err := store.New(store.Config{DB: cfg.DB, Key: bot.StoreKey(cfg.Key), Node: store.Node{ID: "n1", Host: "host:1", Started: versionBegan}, Now: now, Lease: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	f, list, err := flow.Load(fstest.MapFS{"a.ivr.yaml": {Data: []byte(versionFlow)}}, "a.ivr.yaml")
	if err != nil || f == nil {
		t.Fatal(err, list)
	}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(st.Join(ctx))
	commitCall(t, st, f, "s1", true)
	commitCall(t, st, f, "s2", false)
	must(st.Post(ctx, call.Mail{Session: "s2", Leg: ivr.CallerLeg, Items: []call.Item{{Call: "c-s2", Event: ivr.ToneReceived{Head: ivr.Head{At: versionBegan, Leg: ivr.CallerLeg}, Key: '9', Seq: 9}}}}))
	must(bot.NewBlobRecordings(cfg.DB, cfg.Key).Save(ctx, "rec1", []byte("RIFF what was said")))
	must(cfg.DB.PutFlow(ctx, store.FlowVersion{Version: f.Version, Name: f.Name, Added: versionBegan, Sources: []byte(versionFlow)}))
	_, err = cfg.DB.CountUp(ctx, "calls today")
	must(err)
}

// commitCall stores a call: it is answered, a key is pressed, and it is
// transferred if it is to be over.
func commitCall(t *testing.T, st *store.Store, f *flow.Flow, id string, over bool) {
	t.Helper()
	head := func(d time.Duration) ivr.Head { return ivr.Head{At: versionBegan.Add(d), Leg: ivr.CallerLeg} }
	s := engine.Session{ID: ivr.SessionID(id), Flow: f.Name, Version: f.Version, Tenant: "t", Started: versionBegan, State: "a.1/collecting",
		Caller: ivr.Party{Kind: ivr.PartyPhone, ID: "+442079460000"}, Called: ivr.Party{Kind: ivr.PartyApplication, ID: "app"},
		Leg:    engine.Leg{ID: ivr.CallerLeg, Call: ivr.CallID("c-" + id)},
		Timers: []engine.Timer{{ID: 1, Due: versionBegan.Add(time.Minute)}}}
	prompt := ivr.PlayPrompt{Op: 2, Leg: ivr.CallerLeg, Parts: []ivr.Part{{Key: "ask", Text: "Your number"}}}
	changes := []call.Change{
		{New: true, Events: []ivr.Event{ivr.CallIncoming{Head: head(0), Call: s.Leg.Call, Caller: s.Caller, Called: s.Called}}, Commands: []ivr.Command{ivr.Answer{Op: 1, Leg: ivr.CallerLeg}}},
		{Events: []ivr.Event{ivr.CallChanged{Head: head(time.Second), Call: s.Leg.Call, State: ivr.StateEstablished}},
			Commands: []ivr.Command{prompt, ivr.Mark{Kind: "milestone", Name: "asked"}, ivr.Mark{Kind: "tag", Name: "reason", Text: "refund; \"é\""}},
			Pending:  []call.Pending{{Cmd: prompt, Sent: true}}},
		{Events: []ivr.Event{ivr.ToneReceived{Head: head(2 * time.Second), Key: '4', Seq: 1}}, Pending: []call.Pending{{Cmd: prompt, Sent: true}}},
	}
	if over {
		changes = append(changes, call.Change{Events: []ivr.Event{ivr.CallTerminated{Head: head(12 * time.Second), Call: s.Leg.Call, Result: ivr.Result{Code: 200, Reason: ivr.ReasonTransferred}}},
			Commands: []ivr.Command{ivr.Finish{EndedBy: ivr.EndedByTransfer}}})
	}
	before := &engine.Session{}
	for i, c := range changes {
		c.Before, c.Flow, c.Version, c.Epoch = before, f, int64(i+1), 1
		switch i {
		case 1:
			s.Answered = versionBegan.Add(1500 * time.Millisecond)
		case 3:
			s.State, s.Ended, s.EndedBy, s.Steps, s.Timers = flow.StateEnded, versionBegan.Add(12*time.Second), ivr.EndedByTransfer, 4, nil
			s.End = ivr.Result{Code: 200, Subcode: 5020, Reason: ivr.ReasonTransferred}
		}
		c.Session = new(s)
		if err := st.Commit(t.Context(), &c); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		before = c.Session
	}
}

// A store that was left by any earlier version is brought up to date, whole: the
// call that lives goes on, and all that was kept is read, as it is of a store that
// this version left. Who only looks does not change it.
func TestEveryVersion(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		everyVersion(t, "sqlite", func(t *testing.T, fixture string) bot.StorePlace {
			at := bot.StorePlace{Kind: bot.StoreSQLite, File: filepath.Join(t.TempDir(), "calls.db")}
			if fixture != "" {
				execSQLite(t, at.File, fixture)
			}
			return at
		}, func(t *testing.T, at bot.StorePlace) string {
			return askSQLite(t, at.File, "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema ORDER BY name)")
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		everyVersion(t, "postgres", func(t *testing.T, fixture string) bot.StorePlace {
			url := server.Database(t)
			if fixture != "" {
				askPostgres(t, url, fixture)
			}
			return bot.StorePlace{Kind: bot.StorePostgres, URL: ivr.NewSecret(url)}
		}, func(t *testing.T, at bot.StorePlace) string {
			return askPostgres(t, at.URL.Reveal(), postgresSchema)
		})
	})
}

// postgresSchema tells what there is in the schema.
const postgresSchema = `SELECT string_agg(line, E'\n' ORDER BY line) FROM (
	SELECT concat_ws(' ', 'column', table_name, ordinal_position, column_name, data_type, collation_name, is_nullable, column_default, is_identity) AS line
		FROM information_schema.columns WHERE table_schema = 'ivrflow'
	UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'ivrflow'
	UNION ALL SELECT 'view ' || definition FROM pg_views WHERE schemaname = 'ivrflow'
	UNION ALL SELECT 'function ' || pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'ivrflow'
	UNION ALL SELECT concat_ws(' ', 'table', c.relname, c.reloptions) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'ivrflow' AND c.relkind = 'r') AS lines`

// everyVersion tests the versions of one database: make makes a store with a
// fixture, or an empty one, and schema tells its schema.
func everyVersion(t *testing.T, kind string, make func(t *testing.T, fixture string) bot.StorePlace, schema func(*testing.T, bot.StorePlace) string) {
	steps, err := filepath.Glob("../store/" + kind + "/migrations/*.sql")
	if err != nil || len(steps) < 2 {
		t.Fatal(steps, err)
	}
	now := make(t, "")
	cfg := bot.Config{StoreAt: now, Key: versionKey()}
	s := open(t, &cfg)
	fill(t, &cfg)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := schema(t, now)
	goesOn(t, now)
	for version := 1; version < len(steps); version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			name := fmt.Sprintf("testdata/versions/%d.%s.sql", version, kind)
			fixture, err := os.ReadFile(name)
			if err != nil {
				t.Fatalf("version %d of the schema has no fixture: %v", version, err)
			}
			at := make(t, string(fixture))
			before := schema(t, at)
			if _, err := keep.Read(t.Context(), bot.Config{StoreAt: at, Key: versionKey()}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("version %d", version)) {
				t.Errorf("who looks at version %d is told %v", version, err)
			}
			if schema(t, at) != before {
				t.Error("who looked has changed the schema")
			}
			goesOn(t, at)
			if got := schema(t, at); got != want {
				t.Errorf("version %d became\n%s\nwant, as a new one is,\n%s", version, got, want)
			}
		})
	}
}

// goesOn has a new node go on with what fill has left, and reads all of it.
func goesOn(t *testing.T, at bot.StorePlace) {
	t.Helper()
	ctx := t.Context()
	cfg := bot.Config{StoreAt: at, Key: versionKey()}
	s := open(t, &cfg)
	st, err := store.New(store.Config{DB: cfg.DB, Key: bot.StoreKey(cfg.Key), Node: store.Node{ID: "n2"}})
	if err == nil {
		err = st.Join(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	list, err := st.Claim(ctx, 100)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d calls live, %v", len(list), err)
	}
	rec := list[0]
	if s := rec.Session; rec.Damaged != nil || s.ID != "s2" || rec.Version != 3 || s.State != "a.1/collecting" || s.Caller.ID != "+442079460000" ||
		len(s.Timers) != 1 || !s.Timers[0].Due.Equal(versionBegan.Add(time.Minute)) || len(rec.Pending) != 1 || !rec.Pending[0].Sent {
		t.Errorf("the call that lives is %+v", rec)
	}
	mails, err := st.Mails(ctx, 100)
	if err != nil || len(mails) != 1 || len(mails[0].Items) != 1 || mails[0].Items[0].Event.(ivr.ToneReceived).Key != '9' {
		t.Errorf("its mail is %+v, %v", mails, err)
	}
	version := rec.Session.Version
	if f, err := cfg.DB.Flow(ctx, version); err != nil || f.Name != "support" || string(f.Sources) != versionFlow {
		t.Errorf("its flow is %+v, %v", f, err)
	}
	if n, err := cfg.DB.CountUp(ctx, "calls today"); err != nil || n != 2 {
		t.Errorf("the counter is %d, %v", n, err)
	}
	if wav, err := bot.NewBlobRecordings(cfg.DB, cfg.Key).Load(ctx, "rec1"); err != nil || string(wav) != "RIFF what was said" {
		t.Errorf("the recording is %q, %v", wav, err)
	}
	readAll(t, at)
	c := &call.Change{Before: &rec.Session, Session: &rec.Session, Version: 4, Epoch: rec.Epoch, Mail: []int64{mails[0].ID},
		Events: []ivr.Event{mails[0].Items[0].Event}}
	if err := st.Commit(ctx, c); err != nil {
		t.Errorf("the call goes not on: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// readAll reads what fill has left as ivrflow calls does.
func readAll(t *testing.T, at bot.StorePlace) {
	t.Helper()
	l, err := keep.Read(t.Context(), bot.Config{StoreAt: at, Key: versionKey()})
	if err != nil || l.NoKey != nil {
		t.Fatal(err, l)
	}
	defer l.DB.Close()
	calls, err := l.Reader.Calls(t.Context(), store.Filter{Over: true})
	if err != nil || len(calls) != 1 {
		t.Fatalf("%d calls are over, %v", len(calls), err)
	}
	if s := calls[0]; s.Damaged || s.Session != "s1" || s.Caller.ID != "+442079460000" || !s.Answered.Equal(versionBegan.Add(1500*time.Millisecond)) ||
		!s.Ended.Equal(versionBegan.Add(12*time.Second)) || s.EndedBy != ivr.EndedByTransfer || s.Result.Subcode != 5020 || s.Transfer != "done" || len(s.Marks) != 2 || s.Steps != 4 {
		t.Errorf("the record is %+v", s)
	}
	for id, changes := range map[ivr.SessionID]int{"s1": 4, "s2": 3} {
		h, err := l.Reader.History(t.Context(), id)
		if err != nil || len(h.Moments) != changes || len(h.Hidden()) > 0 {
			t.Fatalf("%s: %+v, %v", id, h, err)
		}
		if ev, ok := h.Moments[2].Events[0].(ivr.ToneReceived); !ok || ev.Key != '4' {
			t.Errorf("%s: the key that was pressed is %+v", id, h.Moments[2].Events)
		}
	}
	const query = "SELECT concat_ws(' ', session, caller, ended_by, CAST(seconds AS integer), transfer, milestones, tags, calls) FROM call_records WHERE ended IS NOT NULL"
	const row = "s1 +442079460000 transfer 10 done asked reason refund; \"é\" c-s1"
	got := ""
	if at.Kind == bot.StoreSQLite {
		got = askSQLite(t, at.File, strings.Replace(query, "concat_ws(' ', ", "printf('%s %s %s %s %s %s %s %s', ", 1))
	} else {
		got = askPostgres(t, at.URL.Reveal(), strings.Replace(strings.Replace(query, "call_records", "ivrflow.call_records", 1), "CAST(seconds AS integer)", "trunc(seconds)", 1))
	}
	if got != row {
		t.Errorf("the row is %q, want %q", got, row)
	}
}

// askSQLite is the first column of the first row.
func askSQLite(t *testing.T, file, query string) (answer string) {
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

func execSQLite(t *testing.T, file, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// askPostgres runs statements, and is the first column of the first row of the last.
func askPostgres(t *testing.T, url, text string) string {
	t.Helper()
	rows, err := pgtest.Ask(t.Context(), url, text)
	if err != nil {
		t.Fatalf("%.200s: %v", text, err)
	}
	if len(rows) < 2 {
		return ""
	}
	return rows[1][0]
}
