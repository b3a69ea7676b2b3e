package main

import (
	"encoding/base64"
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
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

// storedAt is when the calls of the tests began.
var storedAt = time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)

// storedCalls is a store in a folder of its own: an ended call (s1), one of a flow
// with something sensitive (s2), and one of that flow that lives (s3). It is as a bot has left
// it, with its key beside it.
type storedCalls struct {
	t    *testing.T
	file string
	keep *store.Store
}

func newStoredCalls(t *testing.T, keepKeys time.Duration) *storedCalls {
	t.Helper()
	w := &storedCalls{t: t, file: filepath.Join(t.TempDir(), "calls.db")}
	key := slices.Repeat([]byte{7}, 32)
	if err := os.WriteFile(bot.KeyFile(w.file), []byte(base64.StdEncoding.EncodeToString(key)), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), w.file, sqlite.Options{Now: func() time.Time { return storedAt }})
	if err != nil {
		t.Fatal(err)
	}
	w.fill(db, key, keepKeys)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// fill stores the calls.
func (w *storedCalls) fill(db store.DB, key []byte, keepKeys time.Duration) {
	t, err := w.t, error(nil)
	t.Helper()
	w.keep, err = store.New(store.Config{DB: db, Key: bot.StoreKey(key), Node: store.Node{ID: "n1", Host: "host:1", Started: storedAt}, KeepKeys: keepKeys,
		Now: func() time.Time { return storedAt }})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.keep.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	plain := loadFlow(t, "support", "")
	secret := loadFlow(t, "bank", ", sensitive: true")
	w.call(plain, "s1", true)
	w.call(secret, "s2", true)
	w.call(secret, "s3", false)
	if err := bot.NewBlobRecordings(db, key).Save(t.Context(), "rec1", []byte("RIFF what was said")); err != nil {
		t.Fatal(err)
	}
}

func loadFlow(t *testing.T, name, sensitive string) *flow.Flow {
	t.Helper()
	text := "ivr: 1\nflow: " + name + "\nstart: a\nprompts: {ask: Your number please}\nvars: {number: {type: digits, length: 2..3" + sensitive +
		"}}\nstates: {a: [{collect: number, prompt: ask, gave_up: []}, end]}\non_error: [end]\n"
	f, list, err := flow.Load(fstest.MapFS{"a.ivr.yaml": {Data: []byte(text)}}, "a.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// call stores a call: a caller hears a question, presses three keys, says
// something and is transferred.
func (w *storedCalls) call(f *flow.Flow, id string, over bool) {
	w.t.Helper()
	number := strings.TrimPrefix(id, "s")
	start := storedAt.Add(time.Duration(len(id)) * time.Minute)
	for _, c := range number {
		start = storedAt.Add(time.Duration(c-'0') * time.Hour)
	}
	head := func(d time.Duration) ivr.Head { return ivr.Head{At: start.Add(d), Leg: ivr.CallerLeg} }
	graph := ivr.CallID("5f0c7c7e-0000-4000-8000-00000000000" + number)
	s := engine.Session{ID: ivr.SessionID(id), Flow: f.Name, Version: f.Version, Tenant: "t", Started: start,
		Caller: ivr.Party{Kind: "phone", ID: "+4420555000" + number}, Called: ivr.Party{Kind: "app", ID: "bot\x1b[31m"}, Leg: engine.Leg{ID: ivr.CallerLeg, Call: graph}}
	prompt := ivr.PlayPrompt{Op: 2, Leg: ivr.CallerLeg, Parts: []ivr.Part{{Key: "ask", Text: "Your number please"}}}
	changes := []call.Change{
		{New: true, Events: []ivr.Event{ivr.CallIncoming{Head: head(0), Call: graph, Caller: s.Caller, Called: s.Called}},
			Commands: []ivr.Command{ivr.Answer{Op: 1, Leg: ivr.CallerLeg}}},
		{Events: []ivr.Event{ivr.CallChanged{Head: head(time.Second), Call: graph, State: ivr.StateEstablished, Audio: ivr.AudioActive}},
			Commands: []ivr.Command{ivr.Moved{Trigger: "answered", State: "a.1/prompting"}, prompt, ivr.Mark{Kind: "milestone", Name: "asked"}}},
		{Events: []ivr.Event{ivr.ToneReceived{Head: head(2 * time.Second), Key: '4', Seq: 1}, ivr.ToneReceived{Head: head(2500 * time.Millisecond), Key: '7', Seq: 2}}},
		{Events: []ivr.Event{ivr.ToneReceived{Head: head(3 * time.Second), Key: '#', Seq: 3}},
			Commands: []ivr.Command{ivr.RunAction{Op: 3, Name: "look_up", In: map[string]any{"number": "47"}}}},
		{Events: []ivr.Event{ivr.ActionReturned{Head: head(3100 * time.Millisecond), Op: 3, Outcome: "ok", Out: map[string]any{"name": "Ann"}}},
			Commands: []ivr.Command{ivr.RecordResponse{Op: 4, Leg: ivr.CallerLeg}}},
		{Events: []ivr.Event{ivr.OperationCompleted{Head: head(9 * time.Second), Op: 4, Recording: &ivr.RecordingRef{Location: "https://x/rec", Token: ivr.NewSecret("token-of-it"), Why: ivr.RecordStopTone}}},
			Commands: []ivr.Command{ivr.FetchRecording{Op: 5, Leg: ivr.CallerLeg, Recording: ivr.RecordingRef{Location: "https://x/rec", Token: ivr.NewSecret("token-of-it")}}}},
		{Events: []ivr.Event{ivr.RecordingSaved{Head: head(9200 * time.Millisecond), Op: 5, ID: "rec1", Length: ivr.Duration(5 * time.Second)}},
			Commands: []ivr.Command{ivr.Transfer{Op: 6, Leg: ivr.CallerLeg, Target: ivr.Target{Kind: "user", ID: "desk"}}, ivr.Mark{Kind: "tag", Name: "reason", Text: "refund"}}},
	}
	if over {
		changes = append(changes, call.Change{Events: []ivr.Event{ivr.CallTerminated{Head: head(12 * time.Second), Call: graph, Result: ivr.Result{Code: 200, Reason: ivr.ReasonTransferred}}},
			Commands: []ivr.Command{ivr.Finish{EndedBy: ivr.EndedByTransfer}}})
	}
	before := &engine.Session{}
	for i, c := range changes {
		c.Before, c.Flow, c.Version, c.Epoch = before, f, int64(i+1), 1
		if i == 1 {
			s.Answered, s.State = start.Add(time.Second), "a.1/collecting"
		}
		if over && i == len(changes)-1 {
			s.State, s.Ended, s.EndedBy, s.End, s.Steps = flow.StateEnded, start.Add(12*time.Second), ivr.EndedByTransfer, ivr.Result{Code: 200, Reason: ivr.ReasonTransferred}, 4
		}
		c.Session = new(s)
		if err := w.keep.Commit(w.t.Context(), &c); err != nil {
			w.t.Fatalf("%s: %v", id, err)
		}
		before = c.Session
	}
}

// run runs a command on the store; words that it says on standard error are
// wanted.
func (w *storedCalls) run(want int, args ...string) (stdout, stderr string) {
	w.t.Helper()
	args = append(args, "--store", w.file)
	stdout, stderr, code := invoke(w.t, "", args...)
	if code != want {
		w.t.Errorf("%s: exit code %d, want %d; it said %s", strings.Join(args, " "), code, want, stderr)
	}
	return stdout, stderr
}
