package dev

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const vault = `
ivr: 1
flow: vault
vars: {pin: {type: digits, length: 4, sensitive: true}, branch: {type: digits, length: 2}}
prompts: {ask: Ask, hi: Hi}
start: main
states:
  main:
    - play: hi
    - menu: ask
      keys: {1: branch, 2: pin}
      gave_up: end
  branch:
    - collect: branch
      prompt: ask
      gave_up: end
    - end
  pin:
    - collect: pin
      prompt: ask
      gave_up: end
    - end
`

func tone(k ivr.Key) ivr.Event { return ivr.ToneReceived{Key: k} }

// Keys are shown only where no secret can be among them.
func TestKeysInTheRecord(t *testing.T) {
	f, list, err := flow.Load(fstest.MapFS{"vault.ivr.yaml": {Data: []byte(vault)}}, "vault.ivr.yaml")
	if f == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	for _, tt := range []struct {
		name   string
		at     string // the machine's state when the keys come
		keys   string
		passes string // where the change leads
		want   string
	}{
		{"a menu", "main.2/collecting", "1", "branch.1/prompting", "keys 1"},
		{"a menu that leads to a secret", "main.2/collecting", "2", "pin.1/prompting", "keys 2"},
		{"several keys that reach a secret", "main.2/collecting", "212", "pin.1/prompting", "3 hidden keys"},
		{"several keys that reach none", "main.2/collecting", "112", "branch.1/prompting", "keys 112"},
		{"a secret", "pin.1/collecting", "8", "pin.1/collecting", "1 hidden key"},
		{"no secret", "branch.1/collecting", "8", "branch.1/collecting", "keys 8"},
		{"typed ahead, perhaps a secret", "main.1/playing", "8", "main.1/playing", "1 hidden key"},
	} {
		r := newRecord(f, time.Time{})
		r.add(call.Change{New: true, Session: &engine.Session{}, Commands: []ivr.Command{ivr.Moved{State: tt.at}}})
		if len(r.visits) != 1 {
			t.Errorf("%s: there is no state %q", tt.name, tt.at)
			continue
		}
		ch := call.Change{Session: &engine.Session{}, Commands: []ivr.Command{ivr.Moved{State: tt.passes}}}
		for _, k := range tt.keys {
			ch.Events = append(ch.Events, tone(ivr.Key(k)))
		}
		r.add(ch)
		if got := r.visits[0].keysShown(); got != tt.want {
			t.Errorf("%s: the record shows %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Where a transfer or redirect needs it, a made-up value is one that can be
// called.
func TestMadeUpConfig(t *testing.T) {
	const text = `
ivr: 1
flow: ends
config: {here: {type: string}, there: {type: string}, agent_queue: {type: string}, note: {type: string, length: 3}, hours: {type: number, default: 4}}
start: main
states:
  main:
    - log: "${config.agent_queue} ${config.note} ${config.hours}"
    - redirect: {user: "${config.here}"}
      failed: [{redirect: {phone: "${config.there}"}, failed: end}]
`
	f, list, err := flow.Load(fstest.MapFS{"ends.ivr.yaml": {Data: []byte(text)}}, "ends.ivr.yaml")
	if f == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	values, told := newStandIns(nil, time.Time{}).configure(f, nil)
	if here, _ := values["here"].(string); !guidForm.MatchString(here) {
		t.Errorf("here is %v, want an object id", values["here"])
	}
	if queue, _ := values["agent_queue"].(string); !guidForm.MatchString(queue) || queue == values["here"] {
		t.Errorf("agent_queue is %v, want an object id of its own", values["agent_queue"])
	}
	if there, _ := values["there"].(string); !numberForm.MatchString(there) {
		t.Errorf("there is %v, want a telephone number", values["there"])
	}
	if _, ok := values["hours"]; ok || values["note"] != "exa" || len(told) != 4 {
		t.Errorf("values %v, told %q; want the default left alone and three letters", values, told)
	}
}

// Every file that a flow is made of is watched, and the folder of its prompts.
func TestFilesAreWatched(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "prompts"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("hi.ivr.yaml", "ivr: 1\nflow: hi\nlocales: [en-GB, de-DE]\nprompts: [./prompts]\nstart: main\nstates:\n  main: [{play: hi}, end]\n")
	write("prompts/en-GB.prompts.yaml", "hi: {file: hi.wav, text: Hi}\n")
	write("prompts/hi.wav", string(prompt.Tone(time.Second, "hi")))
	src, _, err := openSource(folder, flow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	version := ""
	for _, step := range []struct{ name, text string }{
		{"prompts/hi.wav", string(prompt.Tone(time.Second/2, "hi"))},
		{"prompts/en-GB.prompts.yaml", "hi: {file: hi.wav, text: Hi there}\n"},
		{"prompts/de-DE.prompts.yaml", "hi: Hallo\n"},
		{"hi.ivr.yaml", "ivr: 1\nflow: hi\nprompts: [./prompts]\nstart: main\nstates:\n  main: [{play: hi}, {play: hi}, end]\n"},
	} {
		f := src.load(io.Discard)
		if f == nil || f.Version == version {
			t.Fatalf("before %s: the flow was not loaded anew", step.name)
		}
		if version = f.Version; src.changed() {
			t.Errorf("before %s: nothing was changed", step.name)
		}
		if write(step.name, step.text); !src.changed() {
			t.Errorf("a change of %s is not seen", step.name)
		}
	}
}

// A panic on one of our goroutines gives the terminal back first.
func TestPanicRestoresTheTerminal(t *testing.T) {
	restored := 0
	c := &guardedClock{graphsim.RealClock(), func() { restored++ }}
	func() {
		defer func() {
			if p := recover(); p != "oh" || restored != 1 {
				t.Errorf("panic %v with the terminal restored %d times, want once", p, restored)
			}
		}()
		c.guard(func() { panic("oh") })()
	}()
}

func TestScreenHidesControlCharacters(t *testing.T) {
	var out strings.Builder
	s := newScreen(&out, terminal{width: func() int { return 0 }})
	s.line(time.Time{}, "hear", "ha\x1b[2Jha\r\x07")
	if strings.ContainsAny(out.String(), "\x1b\r\x07") {
		t.Errorf("the screen obeys a prompt: %q", out.String())
	}
}

func TestScreenWraps(t *testing.T) {
	var out strings.Builder
	s := newScreen(&out, terminal{raw: true, width: func() int { return 40 }})
	s.colour = false
	s.setLive(strings.Repeat("x", 60))
	s.line(time.Time{}, "hear", "one two three four five six")
	want := clearLine + strings.Repeat("x", 39) + clearLine + "   0.0  hear     one two three four five\r\n" +
		strings.Repeat(" ", 17) + "six\r\n" + strings.Repeat("x", 39)
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestBar(t *testing.T) {
	for _, tt := range []struct {
		done, whole time.Duration
		want        string
	}{
		{0, 4, "[----]"}, {1, 4, "[>---]"}, {2, 4, "[=>--]"}, {4, 4, "[===>]"}, {9, 4, "[===>]"}, {-1, 4, "[----]"}, {0, 0, "[----]"},
	} {
		if got := bar(tt.done, tt.whole, 4); got != tt.want {
			t.Errorf("bar(%d of %d) = %s, want %s", tt.done, tt.whole, got, tt.want)
		}
	}
}
