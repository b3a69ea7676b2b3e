package replay_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/replay"
)

// scene is a flow with calls by their tests' names.
const scene = `ivr: 1
flow: scene
config: {desk: {type: string}}
vars:
  pin: {type: digits, length: 4, sensitive: true}
  branch: {type: digits, length: 2}
  name: {type: string}
actions:
  verify: {in: [pin], out: [name], outcomes: [ok, wrong]}
  note: {in: [branch]}
prompts:
  hello: Hello.
  welcome: Welcome to the bank.
  choose: Press 1 for your balance, 2 for a person.
  enter_pin: Please enter your PIN.
  enter_branch: Please enter the number of your branch.
  still_there: Are you still there?
  wrong: That is wrong.
  balance: Your balance is good.
  noted: That is noted.
  bye: Goodbye.
start: main
states:
  main:
    - play: hello
    - play: welcome
    - menu: choose
      keys: {1: login, 2: desk, 3: branch}
      first_key: 8s
      no_input: [still_there]
      gave_up: bye
  login:
    - collect: pin
      prompt: enter_pin
      gave_up: bye
    - do: verify
      wrong: [{play: wrong}, {goto: bye}]
      failed: bye
    - play: balance
    - goto: bye
  branch:
    - collect: branch
      prompt: enter_branch
      gave_up: bye
    - do: note
      failed: bye
    - play: noted
    - goto: bye
  desk:
    - transfer: {user: "${config.desk}"}
      failed: bye
  bye: [{play: bye}, end]
`

const sceneTests = `flow: ./scene.ivr.yaml
given: {config: {desk: 5f0c7c7e-0000-4000-8000-000000000001}, verify: ok, note: ok}
tests:
  pin: {call: [{hears: choose}, {press: "1"}, {hears: enter_pin}, {press: "2718"}, {hears: balance}, ended]}
  wrong: {given: {verify: wrong}, call: [{hears: choose}, {press: "1"}, {hears: enter_pin}, {press: "1234"}, {hears: wrong}, ended]}
  desk: {call: [{hears: choose}, {press: "2"}, transferred]}
  slow: {call: [{hears: {end: choose}}, {wait: 6s}, {press: "2"}, transferred]}
  silent: {call: [{hears: still_there}, {hears: choose}, {press: "2"}, transferred]}
  barges: {call: [{hears: choose}, {press: "2"}, transferred]}
  leaves: {call: [{hears: hello}, hang_up]}
  branch: {call: [{hears: choose}, {press: "3"}, {hears: enter_branch}, {press: "12"}, {hears: noted}, ended]}
`

// sceneCalls are the calls of the tests, by name.
func sceneCalls(t *testing.T) (file string, calls map[string]played) {
	t.Helper()
	dir := t.TempDir()
	file = filepath.Join(dir, "scene.ivr.yaml")
	for name, text := range map[string]string{file: scene, filepath.Join(dir, "scene.ivr-test.yaml"): sceneTests} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	calls = map[string]played{}
	for _, name := range []string{"pin", "wrong", "desk", "slow", "silent", "barges", "leaves", "branch"} {
		var p played
		rep, list, err := testkit.RunFile(t.Context(), filepath.Join(dir, "scene.ivr-test.yaml"), testkit.Options{Workers: 1, Only: func(test string) bool { return test == name },
			Observe: func(c call.Change) { p.flow, p.changes = c.Flow, append(p.changes, c) }})
		if err != nil || !rep.Passed() || len(p.changes) == 0 {
			t.Fatalf("%s: %v\n%s\n%+v", name, err, list, rep)
		}
		calls[name] = p
	}
	return file, calls
}

// What becomes of calls on versions that differ in one thing.
func TestOtherVersions(t *testing.T) {
	file, calls := sceneCalls(t)
	for _, tt := range []struct {
		name    string
		change  []string // pairs
		kept    kept
		other   string // names of calls that go elsewhere
		unknown string // of those of which nobody can know
		why     string // of these
		heard   string // of those that hear something else on the same way
	}{
		{name: "nothing", change: []string{"flow: scene", "flow: scene # it is the same"}},
		{name: "a renamed state", change: []string{"login", "log_in"}},
		{name: "other words", change: []string{"Hello.", "Good morning."}},
		{name: "another prompt", change: []string{"play: hello", "play: noted"}, heard: "pin wrong desk slow silent barges leaves branch"},
		{name: "an announcement more", change: []string{"- play: welcome", "- play: welcome\n    - play: noted"}, heard: "pin wrong desk slow silent barges branch"},
		{name: "an announcement less", change: []string{"    - play: welcome\n", "", "  welcome: Welcome to the bank.\n", ""}, heard: "pin wrong desk slow silent barges branch"},
		{name: "two in one", change: []string{"    - play: hello\n    - play: welcome\n", "    - play: [hello, welcome]\n"}, heard: "leaves"},
		{name: "another key", change: []string{"2: desk", "2: bye"}, other: "", unknown: ""},
		{name: "less patience", change: []string{"first_key: 8s", "first_key: 5s"}, other: "slow"},
		{name: "more patience", change: []string{"first_key: 8s", "first_key: 20s"}},
		{name: "a question less", change: []string{"no_input: [still_there]\n      gave_up: bye\n  login", "tries: 1\n      gave_up: bye\n  login", "  still_there: Are you still there?\n", ""}, other: "silent"},
		{name: "another target", change: []string{`transfer: {user: "${config.desk}"}`, `transfer: {user: 5f0c7c7e-0000-4000-8000-000000000002}`, "config: {desk: {type: string}}\n", ""}, other: "desk slow silent barges"},
		{name: "another PIN", change: []string{"{type: digits, length: 4, sensitive: true}", "{type: digits, length: 4, check: luhn, sensitive: true}"}, kept: forgotten,
			unknown: "pin wrong", why: "login.1 (scene.ivr.yaml:"},
		{name: "another PIN that is known", change: []string{"{type: digits, length: 4, sensitive: true}", "{type: digits, length: 4, check: 'value startsWith \"2\"', sensitive: true}"}, other: "wrong"},
		{name: "what comes after a PIN", change: []string{"- play: balance\n    - goto: bye", "- play: balance\n    - end"}, kept: forgotten, other: "pin"},
		{name: "more of an answer", change: []string{"out: [name]", "out: [name, branch]"}, unknown: "pin wrong", why: `it wants "branch" of verify, which the call did not ask for`},
		{name: "another input", change: []string{"note: {in: [branch]}", "note: {in: [branch, name]}", "name: {type: string}", "name: {type: string, default: nobody}"}, unknown: "branch", why: "nobody knows what it returns: note with another name"},
		{name: "another action", change: []string{"    - collect: branch\n", "    - do: look\n      failed: bye\n    - collect: branch\n", "actions:\n", "actions:\n  look: {}\n"}, other: "branch"},
		{name: "keys that were forgotten", change: []string{"branch: {type: digits, length: 2}", "branch: {type: digits, length: 2..4}"}, kept: outlined,
			unknown: "branch", why: "branch.1 (scene.ivr.yaml:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "another key" {
				tt.other = "desk slow silent barges"
				tt.change = append(tt.change, "3: branch}", "3: branch, 4: desk}")
			}
			text := strings.NewReplacer(tt.change...).Replace(scene)
			now := load(t, file, text)
			if now == nil || text == scene {
				t.Fatal("no other version")
			}
			versions := newVersions(now)
			for name, p := range calls {
				e := versions.on(p, again(t, p, tt.kept))
				want := replay.Same
				switch {
				case holds(tt.other, name):
					want = replay.Different
				case holds(tt.unknown, name):
					want = replay.Undecidable
				}
				if e.Verdict != want || e.Others != holds(tt.heard, name) && want == replay.Same || !strings.Contains(e.Why, tt.why) && want == replay.Undecidable {
					t.Errorf("%s: %s, heard otherwise: %t, %q, %+v; want %s", name, e.Verdict, e.Others, e.Why, e.Parts, want)
				}
			}
		})
	}
}

func holds(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}

func replaced(t *testing.T, text, old, now string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("%q does not stand once in the text", old)
	}
	return strings.Replace(text, old, now, 1)
}
