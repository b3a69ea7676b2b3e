package wire_test

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
)

var update = flag.Bool("update", false, "write testdata anew")

// What has been stored is read for ever: this file only grows.
const golden = "testdata/stored.json"

// typesOf are the types of package ivr that have a method.
func typesOf(t *testing.T, method string) []string {
	t.Helper()
	files, err := filepath.Glob("../../../framework/ivr/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of package ivr: %v", err)
	}
	var names []string
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil && fn.Name.Name == method {
				names = append(names, fn.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func namesOf[T any](list []T) []string {
	var names []string
	for _, v := range list {
		names = append(names, reflect.TypeOf(v).Name())
	}
	slices.Sort(names)
	return names
}

// A new event or command is in these tests, and so is stored.
func TestAllTypes(t *testing.T) {
	if got, want := namesOf(allEvents()), typesOf(t, "isEvent"); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	if got, want := namesOf(allCommands()), typesOf(t, "isCommand"); !slices.Equal(got, want) {
		t.Errorf("commands %v, want %v", got, want)
	}
}

// Whatever is in an event or a command is there again.
func TestRoundTrip(t *testing.T) {
	for seed := range uint64(300) {
		m := &maker{r: rand.New(rand.NewPCG(seed, 1)), full: seed%3 == 0}
		var evs []ivr.Event
		for _, e := range allEvents() {
			evs = append(evs, m.of(e).(ivr.Event))
		}
		var cmds []ivr.Command
		for _, c := range allCommands() {
			cmds = append(cmds, m.of(c).(ivr.Command))
		}
		stored, err := json.Marshal(row{evs, cmds})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var back row
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		same(t, seed, back.Events, evs)
		same(t, seed, back.Commands, cmds)
	}
}

type row struct {
	Events   wire.Events
	Commands wire.Commands
}

func same[T any](t *testing.T, seed uint64, got, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("seed %d: %d came back of %d", seed, len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(reveal(got[i]), reveal(want[i])) {
			t.Errorf("seed %d: %T came back as\n%#v, want\n%#v", seed, want[i], reveal(got[i]), reveal(want[i]))
		}
	}
}

// reveal makes a difference of tokens visible in what a test prints.
func reveal(v any) any {
	var r *ivr.RecordingRef
	switch v := v.(type) {
	case ivr.OperationCompleted:
		r = v.Recording
	case ivr.FetchRecording:
		r = &v.Recording
	}
	if r == nil {
		return v
	}
	return []any{v, r.Token.Reveal(), *r}
}

// Empty lists, and none at all.
func TestEmpty(t *testing.T) {
	for _, list := range [][]ivr.Event{nil, {}} {
		b, err := wire.AppendEvents([]byte("x"), list)
		if err != nil || string(b) != "x[]" {
			t.Errorf("%v is %q, %v", list, b, err)
		}
	}
	for _, text := range []string{"[]", "null"} {
		if list, err := wire.ReadCommands([]byte(text)); err != nil || list != nil {
			t.Errorf("%s is %v, %v", text, list, err)
		}
	}
}

// What this version does not know: a member is passed over, a type is named.
func TestNewer(t *testing.T) {
	evs, err := wire.ReadEvents([]byte(`[{"TimerExpired":{"at":"2026-11-23T10:00:00Z","timer":3,"colour":"red"}}]`))
	if err != nil || len(evs) != 1 || evs[0].(ivr.TimerExpired).Timer != 3 {
		t.Errorf("an unknown member: %v, %v", evs, err)
	}
	for text, want := range map[string]string{
		`[{"TimerExpired":{"timer":3}},{"Sung":{}}]`: "stored event 1, Sung: this version knows no such event",
		`[{}]`:                           "has 0 types",
		`[{"Counted":{},"CallRead":{}}]`: "has 2 types",
		`[{"Counted":{"op":"x"}}]`:       "stored event 0, Counted: json: cannot unmarshal",
		`[3]`:                            "stored events: json",
		`[{"Counted":`:                   "stored events: unexpected end",
		``:                               "stored events: unexpected end",
	} {
		if evs, err := wire.ReadEvents([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || evs != nil {
			t.Errorf("%s: %v, %v; want %q", text, evs, err, want)
		}
	}
	if _, err := wire.ReadCommands([]byte(`[{"Sung":{}}]`)); err == nil || !strings.Contains(err.Error(), "no such command") {
		t.Errorf("an unknown command: %v", err)
	}
}

// What cannot be stored is said, and nothing half is left.
func TestNotStorable(t *testing.T) {
	for name, list := range map[string][]ivr.Event{
		"nothing": {nil}, "pointer": {&ivr.Counted{}}, "channel": {ivr.ActionReturned{Out: map[string]any{"x": make(chan int)}}},
	} {
		if b, err := wire.AppendEvents([]byte("x"), list); err == nil || string(b) != "x" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

// A stored token is whole, and is hidden again once it was read.
func TestTokens(t *testing.T) {
	ref := ivr.RecordingRef{Location: "https://x/", Token: ivr.NewSecret("tok-1"), Why: ivr.RecordStopTone}
	b, err := json.Marshal(row{wire.Events{ivr.OperationCompleted{Recording: &ref}}, wire.Commands{ivr.FetchRecording{Recording: ref}}})
	if err != nil || strings.Count(string(b), "tok-1") != 2 || strings.Contains(string(b), "***") {
		t.Errorf("stored as %s, %v", b, err)
	}
}

// The stored form of everything, from the first version on.
func TestGolden(t *testing.T) {
	m := &maker{r: rand.New(rand.NewPCG(1, 1)), full: true}
	var all row
	for _, e := range allEvents() {
		all.Events = append(all.Events, m.of(e).(ivr.Event))
	}
	for _, c := range allCommands() {
		all.Commands = append(all.Commands, m.of(c).(ivr.Command))
	}
	got, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the stored form has changed. Members may be added (then run with -update), but what calls of the version before have stored must be read: never rename one. Now:\n%s", got)
	}
	var back row
	if err := json.Unmarshal(want, &back); err != nil {
		t.Fatal(err)
	}
	same(t, 1, back.Events, all.Events)
	same(t, 1, back.Commands, all.Commands)
}

// BenchmarkRow stores what a key brings.
func BenchmarkRow(b *testing.B) {
	evs := []ivr.Event{ivr.ToneReceived{Head: ivr.Head{Leg: "a"}, Key: '1', Seq: 1}}
	cmds := []ivr.Command{ivr.Moved{Trigger: "key_1", State: "sales.1/prompting"}, ivr.StopTimer{Timer: 3},
		ivr.PlayPrompt{Op: 7, Leg: "a", Parts: []ivr.Part{{Key: "welcome", Text: "Welcome to us.", Audio: strings.Repeat("ab", 32), Locale: "en-GB", Length: 3e9}}},
		ivr.StartTimer{Timer: 8, After: 1e10, Why: "deadline"}}
	b.ReportAllocs()
	for b.Loop() {
		buf, err := wire.AppendEvents(nil, evs)
		if err == nil {
			_, err = wire.AppendCommands(buf, cmds)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
