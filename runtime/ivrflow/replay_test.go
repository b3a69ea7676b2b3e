package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
	"github.com/ivrflow/ivrflow/testkit"
)

// helpline is a flow whose calls are played again.
const helpline = `ivr: 1
flow: hotline
prompts:
  welcome: Welcome to the hotline.
  choose: For sales press 1, for service press 2.
  sales: Sales will call you.
  service: Service will call you.
  bye: Goodbye.
start: main
states:
  main:
    - play: welcome
    - menu: choose
      keys: {1: sales, 2: service, 3: sales}
      gave_up: bye
  sales: [{play: sales}, {goto: bye}]
  service: [{play: service}, {goto: bye}]
  bye: [{play: bye}, end]
`

const helplineTests = `flow: ./hotline.ivr.yaml
tests:
  sales: {call: [{hears: choose}, {press: "1"}, {hears: sales}, ended]}
  sales at once: {call: [{hears: welcome}, {press: "1"}, {hears: sales}, ended]}
  service: {call: [{hears: choose}, {press: "2"}, {hears: service}, ended]}
  nothing: {call: [{hears: choose}, {hears: bye}, ended]}
`

// hotlineCalls plays the tests of a flow, and keeps its calls in a store.
type hotlineCalls struct {
	t     *testing.T
	dir   string
	store *storedCalls
}

func newHotline(t *testing.T) hotlineCalls {
	t.Helper()
	w := hotlineCalls{t: t, dir: t.TempDir()}
	w.write("hotline.ivr.yaml", helpline)
	w.write("hotline.ivr-test.yaml", helplineTests)
	w.store = keptCalls(t, filepath.Join(w.dir, "hotline.ivr-test.yaml"))
	return w
}

func (w hotlineCalls) write(name, text string) string {
	w.t.Helper()
	file := filepath.Join(w.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return file
}

// keptCalls plays a file of tests, and is a store as the bot would have left it with
// their calls.
func keptCalls(t *testing.T, tests string) *storedCalls {
	t.Helper()
	w := &storedCalls{t: t, file: filepath.Join(t.TempDir(), "calls.db")}
	key := slices.Repeat([]byte{7}, 32)
	if err := os.WriteFile(bot.KeyFile(w.file), []byte(base64.StdEncoding.EncodeToString(key)), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), w.file, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	now := storedAt
	w.keep, err = store.New(store.Config{DB: db, Key: bot.StoreKey(key), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.keep.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	calls := 0
	rep, list, err := testkit.RunFile(t.Context(), tests, testkit.Options{Workers: 1, Observe: func(c call.Change) {
		if c.New {
			calls++
		}
		c.Before, c.Session = renamed(c.Before, calls), renamed(c.Session, calls)
		for _, ev := range c.Events {
			now = ev.When()
		}
		keepFlow(t, db, c.Flow)
		if err := w.keep.Commit(context.WithoutCancel(t.Context()), &c); err != nil {
			t.Error(err)
		}
	}})
	if err != nil || list.HasErrors() || !rep.Passed() {
		t.Fatalf("%v\n%s%+v", err, list, rep)
	}
	return w
}

// renamed is a session with an id and a call of its own.
func renamed(s *engine.Session, n int) *engine.Session {
	if s == nil || s.ID == "" {
		return s
	}
	c := *s
	c.ID, c.Leg.Call = ivr.SessionID(fmt.Sprintf("call-%d", n)), ivr.CallID(fmt.Sprintf("5f0c7c7e-0000-4000-8000-%012d", n))
	return &c
}

func keepFlow(t *testing.T, db store.DB, f *flow.Flow) {
	t.Helper()
	sources, err := f.Bundle()
	if err != nil {
		t.Fatal(err)
	}
	for hash, wav := range f.Audio() {
		if err := db.PutBlob(t.Context(), "prompt/"+hash, wav); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.PutFlow(t.Context(), store.FlowVersion{Version: f.Version, Name: f.Name, Added: storedAt, Sources: sources}); err != nil {
		t.Fatal(err)
	}
}

// Calls are the same on their own version, from the store and from an export.
func TestReplay(t *testing.T) {
	w := newHotline(t)
	out, errs := w.store.run(exitFine, "replay")
	if want := "4 calls replayed, each on its own version\n       4  the same\n"; out != want || errs != "" {
		t.Errorf("it prints\n%s%s\nwant\n%s", out, errs, want)
	}
	file := filepath.Join(w.dir, "journals.jsonl")
	w.store.run(exitFine, "calls", "export", "--journal", "-o", file)
	again, errs, code := invoke(t, "", "replay", file)
	if again != out || code != exitFine || errs != "" {
		t.Errorf("from a file (%d)\n%s%s", code, again, errs)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if again, errs, code := invoke(t, string(text), "replay", "-"); again != out || code != exitFine || errs != "" {
		t.Errorf("from standard input (%d)\n%s%s", code, again, errs)
	}
}

func TestReplayElsewhere(t *testing.T) {
	w := newHotline(t)
	now := w.write("new.ivr.yaml", strings.Replace(helpline, "1: sales,", "1: service,", 1))
	out, errs := w.store.run(exitFindings, "replay", "--on", now)
	t.Log(out, errs)
}
