package keep_test

import (
	"flag"
	"reflect"
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

var _ = reflect.DeepEqual
var _ = strings.Contains
var _ = keep.Read
