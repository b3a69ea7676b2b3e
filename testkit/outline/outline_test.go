package outline_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/outline"
)

func load(t *testing.T, name string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(os.DirFS("../.."), name)
	if err != nil || f == nil {
		t.Fatalf("%s: %v\n%s", name, err, list)
	}
	return f
}

func step(t *testing.T, f *flow.Flow, id string) *flow.Step {
	t.Helper()
	i := slices.IndexFunc(f.Steps, func(s *flow.Step) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("no step %s", id)
	}
	return f.Steps[i]
}

func TestStep(t *testing.T) {
	for _, tt := range []struct{ flow, id, want string }{
		{"examples/bank/bank_balance.ivr.yaml", "welcome.1", "welcome"},
		{"examples/bank/bank_balance.ivr.yaml", "login.1", "pin: enter_pin + then_pound"},
		{"examples/bank/bank_balance.ivr.yaml", "login.2", "verify"},
		{"examples/bank/bank_balance.ivr.yaml", "tell.2", "your_balance_is + money balance"},
		{"examples/bank/bank_balance.ivr.yaml", "agent.1", "user service_desk"},
		{"examples/bank/bank_balance.ivr.yaml", "on_hangup.1", "left"},
		{"examples/frontdesk/frontdesk.ivr.yaml", "store.2", "message"},
		{"examples/callback/call_back.ivr.yaml", "keep_place.1", "5m"},
		{"flows/card/example.ivr.yaml", "main.3", "flows/card"},
		{"flows/card/card.ivr.yaml", "paid.1", "last4"},
	} {
		f := load(t, tt.flow)
		if got, _ := outline.Step(f, step(t, f, tt.id)); got != tt.want {
			t.Errorf("%s of %s is %q, want %q", tt.id, f.Name, got, tt.want)
		}
	}
}

func TestCause(t *testing.T) {
	f := load(t, "examples/bank/bank_balance.ivr.yaml")
	for id, want := range map[string]string{"login.2": "", "login.2.wrong.then.1": "wrong ≤2×", "login.2.wrong.then.2": "wrong ≤2×", "login.2.locked.2": "locked", "agent.1.failed.1": "failed"} {
		if got := outline.Cause(f, step(t, f, id)); got != want {
			t.Errorf("the cause of %s is %q, want %q", id, got, want)
		}
	}
}

func TestWays(t *testing.T) {
	for _, tt := range []struct{ flow, id, want string }{
		{"examples/bank/bank_balance.ivr.yaml", "tell.3", "failed, key_1=1, key_0=0, key_star=∗, gave_up"},
		{"examples/bank/bank_balance.ivr.yaml", "login.2", "failed, ok, wrong.then=wrong ≤2×, wrong.else=wrong >2×, locked"},
		{"examples/bank/bank_balance.ivr.yaml", "welcome.1", "done=, failed"},
		{"examples/callback/call_back.ivr.yaml", "call_them.1", "answered, busy.then=busy ≤2×, busy.else=busy >2×, no_answer.then=no_answer ≤1×, no_answer.else=no_answer >1×, declined, failed"},
	} {
		f := load(t, tt.flow)
		var got []string
		for _, w := range outline.Ways(step(t, f, tt.id)) {
			text := w.Trigger
			if w.Label != w.Trigger {
				text += "=" + w.Label
			}
			got = append(got, text)
		}
		if text := strings.Join(got, ", "); text != tt.want {
			t.Errorf("the ways of %s are %s, want %s", tt.id, text, tt.want)
		}
	}
}

// words has what the examples do not.
const words = `ivr: 1
flow: words
vars: {n: {type: number, default: 0}, people: {type: list}, it: {type: map}, code: {type: digits, length: 4}}
actions: {find: {out: [people], outcomes: [ok, none]}}
prompts: {who: Who.}
defaults: {collect: {gave_up: bye}}
start: main
states:
  main:
    - answer
    - wait: 1h
      keys: {"*": bye, 1: bye}
    - wait: 90s
    - wait: {signal: go_on, for: 1h, signalled: bye}
    - switch:
        - {when: "n > 1 && n < 100 && n != 5 && n != 6 && n != 7 && n != 8", then: bye}
        - {when: n == 5, then: bye}
        - {else: rest}
  rest:
    - do: find
      none: bye
      failed: bye
    - menu: who
      choices: people
      into: it
      keys: {9: bye}
      gave_up: bye
    - collect: code
    - confirm: code
      rejected: rest
      gave_up: bye
    - call: other
      failed: bye
    - call: {flow: other, at: begin}
    - end
  bye: end
`

func TestWordsOfSteps(t *testing.T) {
	fs := fstest.MapFS{
		"words.ivr.yaml": {Data: []byte(words)},
		"other.ivr.yaml": {Data: []byte("ivr: 1\nflow: other_name\nstart: begin\nstates: {begin: [return]}\n")},
	}
	f, list, err := flow.Load(fs, "words.ivr.yaml")
	if f == nil {
		t.Fatal(list, err)
	}
	for id, want := range map[string]string{
		"main.2": "1h: , ∗, 1",
		"main.3": "1m30s: ",
		"main.4": "1h, signal go_on: , signalled",
		"main.5": ": n > 1 && n < 100 && n != 5…, n == 5, else",
		"rest.1": "find: ok, none, failed",
		"rest.2": "who choices of people: chosen, failed, 9, gave_up",
		"rest.3": "code: , failed, gave_up",
		"rest.4": "digits code + “If that is right, press 1. To enter it again, press 2.”: , failed, rejected, gave_up",
		"rest.5": "other_name: , failed",
		"rest.6": "other_name at begin: , failed",
	} {
		var ways []string
		s := step(t, f, id)
		for _, w := range outline.Ways(s) {
			ways = append(ways, w.Label)
		}
		text, _ := outline.Step(f, s)
		if got := text + ": " + strings.Join(ways, ", "); got != want {
			t.Errorf("%s is %q, want %q", id, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for text, want := range map[string]string{"": "", "12345": "12345", "123456": "1234…", "123 56": "123…", "äöüßé": "äöüßé"} {
		if got := outline.Clip(text, 5); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// Every way of every step stands for a move of the machine, and every move that leaves
// a step for one of its ways, or for one that shares a handler.
func TestWaysAreMoves(t *testing.T) {
	names, err := filepath.Glob("../../*/*/*.ivr.yaml")
	if err != nil || len(names) < 25 {
		t.Fatalf("%d flows: %v", len(names), err)
	}
	for _, name := range names {
		rel := strings.TrimPrefix(filepath.ToSlash(name), "../../")
		if !strings.HasPrefix(rel, "examples/") && !strings.HasPrefix(rel, "flows/") {
			continue
		}
		f := load(t, rel)
		type move struct {
			step flow.StepRef
			name string
		}
		moves := map[move]bool{}
		reached := map[flow.StepRef]bool{}
		for _, m := range f.Machine.Moves() {
			if place, ok := f.At(m.From); ok && place.Step != flow.None {
				moves[move{place.Step, m.Trigger}] = true
				reached[place.Step] = true
			}
		}
		for _, s := range f.Steps {
			for _, w := range outline.Ways(s) {
				if reached[s.Ref] && !moves[move{s.Ref, w.Trigger}] {
					t.Errorf("%s: the way %s of %s is no move", f.Name, w.Trigger, s.ID)
				}
			}
		}
	}
}
