package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/manual"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/replay"
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

// export is the calls as lines of JSON: first the version, then the newest call.
func (w hotlineCalls) export() []string {
	w.t.Helper()
	out, _ := w.store.run(exitFine, "calls", "export", "--journal")
	return strings.SplitAfter(strings.TrimSuffix(out, "\n"), "\n")
}

// A call that goes elsewhere on another version is shown before and after.
func TestReplayElsewhere(t *testing.T) {
	w := newHotline(t)
	now := w.write("new.ivr.yaml", strings.Replace(helpline, "1: sales,", "1: service,", 1))
	w.write("old.jsonl", strings.Join(w.export(), ""))
	t.Chdir(w.dir)
	for range 3 { // it is always the same
		out, errs, code := invoke(t, "", "replay", "--on", "new.ivr.yaml", "old.jsonl")
		want := `2 calls of hotline, version VERSION, part at main.2
  before  hotline.ivr.yaml:14:17, key_1 → sales.1 (hotline.ivr.yaml:16:12): plays sales
  after   new.ivr.yaml:14:17, key_1 → service.1 (new.ivr.yaml:17:14): plays service
  session call-2 (old.jsonl:4), before
      0.00s  caller  calls
      0.51s  flow    plays welcome "Welcome to the hotline." (1.5s)
      0.52s  caller  presses 1
      1.98s  flow    plays sales "Sales will call you." (1.2s)
      3.22s  flow    plays bye "Goodbye." (0.5s)
      3.77s  flow    hangs up
      3.78s  graph   the call is over (200/7000)
  and after, until nobody knows how the caller goes on
      0.00s  caller  calls
      0.51s  flow    plays welcome "Welcome to the hotline." (1.5s)
      0.52s  caller  presses 1
      1.98s  flow    plays service "Service will call you." (1.4s)

of 4 calls 2 would have gone elsewhere
       2  the same
       2  elsewhere
`
		want = strings.Replace(want, "VERSION", flow.Short(loadVersion(t, "hotline.ivr.yaml")), 1)
		if out != want || errs != "" || code != exitFindings {
			t.Fatalf("exit code %d, it prints\n%s%s\nwant\n%s", code, out, errs, want)
		}
	}
	w.store.run(exitFindings, "replay", "--on", now, "--format", "json", "-o", "report.json")
	fromStore, err := os.ReadFile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Calls, Same, Elsewhere int
		Groups                 []struct {
			Step   string
			Calls  int
			Before []struct{ Who, What string }
			New    struct {
				Outcome, To string
				At          struct{ Line int }
			}
		}
	}
	if err := json.Unmarshal(fromStore, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Calls != 4 || doc.Same != 2 || doc.Elsewhere != 2 || len(doc.Groups) != 1 || doc.Groups[0].Calls != 2 || doc.Groups[0].Step != "main.2" ||
		doc.Groups[0].New.To != "service.1" || doc.Groups[0].New.At.Line != 14 || doc.Groups[0].Before[0].What != "calls" {
		t.Errorf("as JSON: %+v", doc)
	}
}

func loadVersion(t *testing.T, name string) string {
	t.Helper()
	f, list, err := bot.LoadFlow("", name)
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f.Version
}

// What differs on a call's own version is shown with both sides.
func TestReplayDiffers(t *testing.T) {
	w := newHotline(t)
	lines := w.export()
	lines[2] = strings.Replace(lines[2], `"state":"service.1/playing"`, `"state":"sales.1/playing"`, 1)
	out, errs, code := invoke(t, strings.Join(lines, ""), "replay", "-")
	for _, want := range []string{"-:3: session call-3 of hotline, version ", "  differs in change 10, at 2026-11-23T10:00:02Z, in main.2/prompting: the key 2\n",
		"  recorded  move key_2 → sales.1/playing\n  replayed  move key_2 → service.1/playing\n", "       3  the same\n       1  not what their journals say, on their own version\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("it prints\n%swant\n%s", out, want)
		}
	}
	if code != exitFindings || errs != "" {
		t.Errorf("exit code %d, it said %s", code, errs)
	}
	out, _, _ = invoke(t, strings.Join(lines, ""), "replay", "--format", "json", "-")
	for _, want := range []string{`"change": 10,`, `"event": "the key 2",`, `"state": "main.2/prompting",`, `"recorded": "move key_2 → sales.1/playing",`, `"replayed": "move key_2 → service.1/playing"`} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing in\n%s", want, out)
		}
	}
}

// A journal that is damaged is told of, and the others are played.
func TestReplayDamaged(t *testing.T) {
	w := newHotline(t)
	good := w.export()
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(good[1]), "", "  "); err != nil {
		t.Fatal(err)
	}
	version := strings.Index(good[1], `"version":"`) + len(`"version":"`)
	other := good[1][:version] + "0123456789ab" + good[1][version+12:]
	damaged := []string{good[0], good[1][:200] + "\n", "\n", good[2], "nothing\n", `{"session":"s"}` + "\n", other, strings.Replace(good[3], `"CallIncoming"`, `"CallInvented"`, 1),
		indented.String(), strings.TrimSuffix(good[4], "\n")}
	out, errs, code := invoke(t, strings.Join(damaged, ""), "replay", "-")
	if want := "8 calls replayed, each on its own version\n       3  the same\n       5  cannot be played\n"; out != want {
		t.Errorf("it prints\n%swant\n%s", out, want)
	}
	lines := strings.Split(errs, "\n")
	for i, want := range []string{"ivrflow: -:2: this is no journal: unexpected end of JSON input", "ivrflow: -:5: this is no journal: invalid character",
		"ivrflow: -:6: this is no journal: it names no session, version and moments; ivrflow calls export --journal writes journals",
		"ivrflow: -:7: version 0123456789ab of its flow is not in the export; name the file of that version with --was", "ivrflow: -:8: this is no journal: stored event 0, CallInvented: this version knows no such event"} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("it says %q, want %q", lines[i], want)
		}
	}
	if code != exitFailure {
		t.Errorf("exit code %d", code)
	}
}

// Calls whose keys are destroyed are played in outline.
func TestReplayOutlines(t *testing.T) {
	w := newHotline(t)
	now := w.write("new.ivr.yaml", strings.Replace(helpline, "1: sales,", "1: service,", 1))
	if err := os.Remove(bot.KeyFile(w.store.file)); err != nil {
		t.Fatal(err)
	}
	out, errs := w.store.run(exitFine, "replay")
	if want := "4 calls replayed, each on its own version\n       4  the same as far as it is known: keys or values were forgotten\n"; out != want || !strings.HasPrefix(errs, "ivrflow: only outlines are played") {
		t.Errorf("it prints\n%s%s", out, errs)
	}
	if out, _ := w.store.run(exitFindings, "replay", "--on", now); !strings.Contains(out, "of 4 calls 2 would have gone elsewhere") || !strings.Contains(out, "presses ?") {
		t.Errorf("it prints\n%s", out)
	}
}

// A version that nobody kept is taken from its file.
func TestReplayWas(t *testing.T) {
	w := newHotline(t)
	calls := strings.Join(w.export()[1:], "")
	if out, errs, code := invoke(t, calls, "replay", "--was", filepath.Join(w.dir, "hotline.ivr.yaml"), "-"); code != exitFine || errs != "" || !strings.Contains(out, "4  the same\n") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	support := w.write("support.ivr.yaml", strings.Replace(helpline, "flow: hotline", "flow: support", 1))
	if out, errs, code := invoke(t, calls, "replay", "--on", support, "-"); code != exitFine || errs != "" || !strings.Contains(out, "4  of other flows\n") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// What the manual shows is what it prints.
func TestReplayManual(t *testing.T) {
	page, _ := manual.Section("replay", "On another version")
	var texts []string // of the blocks: a flow, its tests, the new flow, what is printed
	for i, part := range strings.Split(page, "```") {
		if i%2 == 1 {
			_, text, _ := strings.Cut(part, "\n")
			texts = append(texts, text)
		}
	}
	if len(texts) != 4 {
		t.Fatalf("the section has %d blocks, want 4", len(texts))
	}
	w := hotlineCalls{t: t, dir: t.TempDir()}
	w.write("hotline.ivr.yaml", texts[0])
	w.write("hotline.ivr-test.yaml", texts[1])
	w.write("new.ivr.yaml", texts[2])
	w.store = keptCalls(t, filepath.Join(w.dir, "hotline.ivr-test.yaml"))
	w.write("journals.jsonl", strings.Join(w.export(), ""))
	t.Chdir(w.dir)
	out, errs, code := invoke(t, "", "replay", "--on", "new.ivr.yaml", "journals.jsonl")
	if code != exitFindings || errs != "" || !strings.HasPrefix(out, texts[3]) {
		t.Errorf("exit code %d, it prints\n%s%s\nwant\n%s", code, out, errs, texts[3])
	}
	if whole, _ := manual.Page("replay"); !strings.Contains(whole, "  differs in change 10, at 2026-11-23T10:00:02Z, in main.2/prompting: the key 2\n") {
		t.Error("the page does not show a difference as TestReplayDiffers finds it")
	}
}

func TestReplayUsage(t *testing.T) {
	w := newHotline(t)
	file := filepath.Join(w.dir, "hotline.ivr.yaml")
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"replay --format xml", exitUsage, `--format is "text" or "json", not "xml"`},
		{"replay --since 24h x.jsonl", exitUsage, "choose calls of a store; leave them out, or leave out x.jsonl"},
		{"replay - x.jsonl", exitUsage, "- is standard input; give it alone, or give files"},
		{"replay x.ivr.yaml", exitUsage, "x.ivr.yaml is a flow and no journal; --on x.ivr.yaml plays calls on it"},
		{"replay /nowhere.jsonl", exitFailure, "open /nowhere.jsonl: no such file or directory"},
		{"replay --on /nowhere.ivr.yaml -", exitFailure, "no such file or directory"},
		{"replay --on " + file + " --on " + file + " -", exitUsage, "are both of the flow \"hotline\"; give one of them"},
		{"replay --config /nowhere.yaml", exitFailure, "no such file or directory"},
		{"calls export --journal --format csv", exitUsage, "--journal writes lines of JSON; leave out --format csv"},
	} {
		if _, errs, code := invoke(t, "", strings.Fields(tt.args)...); code != tt.code || !strings.Contains(errs, tt.want) {
			t.Errorf("%s: exit code %d, it said %s", tt.args, code, errs)
		}
	}
}

// An export has the audio of the versions that calls ran.
func TestReplayAudio(t *testing.T) {
	w := hotlineCalls{t: t, dir: t.TempDir()}
	w.write("word.wav", string(prompt.Tone(300*time.Millisecond, "word")))
	w.write("hotline.ivr.yaml", strings.Replace(helpline, "welcome: Welcome to the hotline.", "welcome: {file: word.wav, text: Welcome to the hotline.}", 1))
	w.write("hotline.ivr-test.yaml", helplineTests)
	w.store = keptCalls(t, filepath.Join(w.dir, "hotline.ivr-test.yaml"))
	if out, errs := w.store.run(exitFine, "replay"); errs != "" || !strings.Contains(out, "4  the same\n") {
		t.Errorf("from the store: %s%s", out, errs)
	}
	lines := w.export()
	if out, errs, code := invoke(t, strings.Join(lines, ""), "replay", "-"); code != exitFine || errs != "" || !strings.Contains(out, "4  the same\n") {
		t.Errorf("from an export: exit code %d\n%s%s", code, out, errs)
	}
	if !strings.HasPrefix(lines[0], `{"kept_audio":`) || !strings.HasPrefix(lines[1], `{"kept_version":`) || len(lines) != 6 {
		t.Fatalf("an export of %d lines: %.200s", len(lines), lines[0])
	}
	out, errs, code := invoke(t, strings.Join(lines[1:], ""), "replay", "-")
	if code != exitFailure || !strings.Contains(errs, "is not in the export") || !strings.Contains(out, "4  cannot be played") {
		t.Errorf("without the audio: exit code %d\n%s%s", code, out, errs)
	}
}

// The values of a configuration stand for a version's if it needs none that are not there.
func TestWithDefaults(t *testing.T) {
	f := &flow.Flow{Config: map[string]*flow.Var{"desk": {}, "tries": {Default: int64(3)}}}
	for _, tt := range []struct{ known, want map[string]any }{
		{nil, nil},
		{map[string]any{}, nil}, // who the desk is, nobody knows
		{map[string]any{"desk": "a", "old": 1}, map[string]any{"desk": "a", "tries": int64(3)}},
		{map[string]any{"desk": "a", "tries": int64(5)}, map[string]any{"desk": "a", "tries": int64(5)}},
	} {
		if got := withDefaults(f, tt.known); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("of %v: %v, want %v", tt.known, got, tt.want)
		}
	}
}

// Of a flow whose configuration is not there something else stands for it, which is said once.
func TestReplayWithoutConfiguration(t *testing.T) {
	w := hotlineCalls{t: t, dir: t.TempDir()}
	w.write("hotline.ivr.yaml", strings.Replace(helpline, "flow: hotline\n", "flow: hotline\nconfig: {open: {type: bool}, greeting: {type: string}}\n", 1))
	w.write("hotline.ivr-test.yaml", strings.Replace(helplineTests, "tests:\n", "given: {config: {open: true, greeting: Hello}}\ntests:\n", 1))
	w.store = keptCalls(t, filepath.Join(w.dir, "hotline.ivr-test.yaml"))
	t.Chdir(w.dir)
	out, errs, code := invoke(t, strings.Join(w.export(), ""), "replay", "-")
	if code != exitFine || strings.Count(errs, "what hotline reads from the configuration is not known, and others stand for it: name the bot's configuration with --config\n") != 1 ||
		!strings.Contains(out, "       4  the same as far as it is known") {
		t.Errorf("exit code %d, it said %s\n%s", code, errs, out)
	}
	w.write("bot.yaml", "app_id: 3\n")
	if _, errs, _ := invoke(t, strings.Join(w.export(), ""), "replay", "--config", "bot.yaml", "-"); !strings.Contains(errs, "there are errors in bot.yaml, which ivrflow check --config bot.yaml tells") {
		t.Errorf("it said %s", errs)
	}
}

// What came of many calls is counted, and why nobody can know is named, the most frequent
// reason first.
func TestReplayReport(t *testing.T) {
	j := &replay.Journal{Session: "s", Flow: "f", Version: "0123456789abcdef"}
	different := replay.Result{Verdict: replay.Different, Difference: &replay.Difference{Row: 3, State: "main.1"}}
	lost := func(why string) replay.Result { return replay.Result{Verdict: replay.Undecidable, Why: why} }
	r := replayRun{on: map[string]*replay.Flow{"f": nil}}
	for range replay.MostShown + 2 {
		r.sum.Add(replay.Outcome{Source: "j:1", Journal: j, Own: different})
	}
	same := replay.Result{Verdict: replay.Same}
	for _, o := range []replay.Outcome{
		{Own: lost("a value is lost")}, {Own: same, On: &replay.Elsewhere{Verdict: replay.Undecidable, Why: "a parameter is new"}}, {Own: lost("a parameter is new")},
		{Own: same, On: &replay.Elsewhere{Verdict: replay.Same, Others: true}}, {Own: same, On: &replay.Elsewhere{Verdict: replay.Same}}, {Other: true}, {Err: errors.New("damaged")},
	} {
		o.Journal = j
		r.sum.Add(o)
	}
	r.sum.Sort()
	var b strings.Builder
	if err := r.write(&b); err != nil {
		t.Fatal(err)
	}
	one := "j:1: session s of f, version 0123456789ab\n  differs in change 3, at 0001-01-01T00:00:00Z, in main.1: what the runtime did\n  recorded  (nothing more)\n  replayed  (nothing more)\n\n"
	want := strings.Repeat(one, replay.MostShown) + `... and 2 calls more that differ

of 3 calls nobody can know:
       2  a parameter is new
       1  a value is lost

of 108 calls 0 would have gone elsewhere
       1  the same
       1  the same way, and something else is heard on it
     102  not what their journals say, on their own version
       3  nobody can know
       1  cannot be played
       1  of other flows
`
	if got := b.String(); got != want {
		t.Errorf("it prints\n%s\nwant\n%s", strings.Replace(got, strings.Repeat(one, replay.MostShown), "...\n", 1), want[len(one)*replay.MostShown:])
	}
	if text, err := json.Marshal(r.sum); err != nil || !strings.Contains(string(text), `"reasons":[{"why":"a parameter is new","calls":2,"session":"s"},`) {
		t.Errorf("%v %.400s", err, text)
	}
}
