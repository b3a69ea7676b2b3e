package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const (
	soundFlow = `ivr: 1
flow: sound
prompts: {hello: Hello., ask: Press 1.}
start: main
states:
  main:
    - play: hello
    - menu: ask
      keys: {1: main}
      gave_up: end
`
	brokenFlow = `ivr: 1
flow: broken
prompts: {hello: Hello., ask: Press 1.}
start: main
states:
  main:
    - menu: ask
      keys: {1: said}
      gave_up: main
  said: [{play: hello}, end]
invariants:
  - play(hello) requires key(2)
`
	doubtfulFlow = `ivr: 1
flow: doubtful
vars: {a: {type: number}, b: {type: number}}
actions: {get: {in: [], out: [a, b]}}
prompts: {hello: Hello.}
start: main
states:
  main:
    - play: hello
    - do: get
      failed: end
    - switch: [{when: a < b, then: end}]
    - end
`
)

// proveFiles are a folder with flows.
func proveFiles(t *testing.T, flows map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range flows {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The exit code says whether all is proved, something does not hold, or not all was
// looked at.
func TestProve(t *testing.T) {
	proveFiles(t, map[string]string{"sound.ivr.yaml": soundFlow, "broken.ivr.yaml": brokenFlow, "doubtful.ivr.yaml": doubtfulFlow, "bad.ivr.yaml": "ivr: 1\n"})
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"sound.ivr.yaml"}, exitFine, "sound.ivr.yaml: proved (all calls: "},
		{[]string{"sound.ivr.yaml", "--exits"}, exitFine, "main: end"},
		{[]string{"sound.ivr.yaml", "--nodes", "3"}, exitFailure, "not proved: the call has more than the 3 states that were allowed"},
		{[]string{"broken.ivr.yaml"}, exitFindings, "play(hello) without key(2) before it\n  at broken.ivr.yaml:7:7:\n"},
		{[]string{"broken.ivr.yaml"}, exitFindings, "and then again and again:"},
		{[]string{"doubtful.ivr.yaml"}, exitFailure, `note  doubtful.ivr.yaml:12:7: "a < b" depends on more of a than the values that were tried can tell apart`},
		{[]string{"sound.ivr.yaml", "broken.ivr.yaml"}, exitFindings, "sound.ivr.yaml: proved"},
		{[]string{"bad.ivr.yaml"}, exitFindings, "bad.ivr.yaml:1:1: error: "},
		{[]string{"none.ivr.yaml"}, exitFailure, ""},
		{[]string{}, exitUsage, ""},
		{[]string{"sound.ivr.yaml", "--nodes", "0"}, exitUsage, ""},
		{[]string{"sound.ivr.yaml", "--time", "-1s"}, exitUsage, ""},
		{[]string{"sound.ivr.yaml", "--format", "xml"}, exitUsage, ""},
		{[]string{"sound.ivr.yaml", "-o", "sound.ivr.yaml"}, exitUsage, ""},
		{[]string{"sound.ivr.yaml", "--write", "x.yaml"}, exitUsage, ""},
		{[]string{"sound.ivr.yaml", "broken.ivr.yaml", "--write", "x.ivr-test.yaml"}, exitUsage, ""},
	} {
		stdout, stderr, code := invoke(t, "", append([]string{"prove"}, tt.args...)...)
		if code != tt.code || !strings.Contains(stdout, tt.says) || code == exitUsage && !strings.HasPrefix(stderr, "ivrflow: ") {
			t.Errorf("%s: exit code %d, want %d; it said\n%s%s", tt.args, code, tt.code, stdout, stderr)
		}
	}
	stdout, _, code := invoke(t, soundFlow, "prove", "-")
	if code != exitFine || !strings.Contains(stdout, "stdin: proved") {
		t.Errorf("standard input: exit code %d, it said\n%s", code, stdout)
	}
}

func TestProveJSON(t *testing.T) {
	proveFiles(t, map[string]string{"broken.ivr.yaml": brokenFlow})
	_, _, code := invoke(t, "", "prove", "broken.ivr.yaml", "--format", "json", "-o", "out.json")
	text, err := os.ReadFile("out.json")
	if err != nil || code != exitFindings {
		t.Fatalf("exit code %d, %v", code, err)
	}
	var doc struct {
		Flows []struct {
			Complete   bool
			States     int
			Properties []struct {
				Name, Text, Verdict string
				Findings            []struct {
					Text string
					Call struct {
						Acts         []struct{ Kind, Keys string }
						Conversation []struct{ Who, What string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	f := doc.Flows[0]
	p := f.Properties[len(f.Properties)-1]
	if !f.Complete || f.States == 0 || p.Name != "invariant" || p.Verdict != "broken" || len(p.Findings) != 1 {
		t.Fatalf("got %+v", doc)
	}
	acts := p.Findings[0].Call.Acts
	if last := acts[len(acts)-1]; last.Kind != "presses" || last.Keys != "1" {
		t.Errorf("the call ends with %+v", last)
	}
}

// The tests that are written fail.
func TestProveWritesTests(t *testing.T) {
	proveFiles(t, map[string]string{"broken.ivr.yaml": brokenFlow})
	_, stderr, code := invoke(t, "", "prove", "broken.ivr.yaml", "--write", "found.ivr-test.yaml")
	if code != exitFindings || !strings.Contains(stderr, "found.ivr-test.yaml: 2 tests written") {
		t.Fatalf("exit code %d, it said %q", code, stderr)
	}
	stdout, _, code := invoke(t, "", "test", "found.ivr-test.yaml")
	if code != exitFindings || !strings.Contains(stdout, "0 of 2 tests passed") {
		t.Errorf("exit code %d, it said\n%s", code, stdout)
	}
	if _, stderr, code := invoke(t, "", "prove", "broken.ivr.yaml", "--write", "found.ivr-test.yaml"); code != exitUsage {
		t.Errorf("written again: exit code %d, it said %q", code, stderr)
	}
}

// Of several flows each has a file of its own, if something was found; none is written
// over.
func TestProveWritesBeside(t *testing.T) {
	proveFiles(t, map[string]string{"broken.ivr.yaml": brokenFlow, "sound.ivr.yaml": soundFlow})
	for _, file := range []string{"broken.found.ivr-test.yaml", "broken.found-2.ivr-test.yaml"} {
		_, stderr, code := invoke(t, "", "prove", ".", "--write-beside")
		if want := file + ": 2 tests written; to play what was found: ivrflow test " + file + "\n"; code != exitFindings || stderr != want {
			t.Errorf("exit code %d, it said %q, want %q", code, stderr, want)
		}
	}
	for _, args := range [][]string{{"-", "--write-beside"}, {"sound.ivr.yaml", "--write-beside", "--write", "x.ivr-test.yaml"}} {
		if _, stderr, code := invoke(t, soundFlow, append([]string{"prove"}, args...)...); code != exitUsage {
			t.Errorf("%q: exit code %d, it said %q", args, code, stderr)
		}
	}
}

// The picture has what calls reach, what none does, and the call that was found.
func TestProvePicture(t *testing.T) {
	dead := strings.Replace(brokenFlow, "  said:", "  never: [{play: hello}, {goto: said}]\n  said:", 1)
	dead = strings.Replace(dead, "    - menu: ask\n", "    - switch: [{when: call.locale == \"xx\", then: never}]\n    - menu: ask\n", 1)
	proveFiles(t, map[string]string{"broken.ivr.yaml": dead, "sound.ivr.yaml": soundFlow})
	stdout, stderr, code := invoke(t, "", "prove", "broken.ivr.yaml", "--picture", "p.gv")
	if code != exitFindings {
		t.Fatalf("exit code %d, it said\n%s%s", code, stdout, stderr)
	}
	text := read(t, "p.gv")
	for _, want := range []string{"no call comes here", "calls come here", "that call came here", "the shortest call to this: "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if _, _, code := invoke(t, "", "prove", "sound.ivr.yaml", "--picture", "p.svg"); code != exitFine || !strings.HasPrefix(read(t, "p.svg"), "<svg ") || strings.Contains(read(t, "p.svg"), "no call comes here") {
		t.Errorf("exit code %d, the picture is\n%s", code, read(t, "p.svg"))
	}
	for _, args := range [][]string{{"sound.ivr.yaml", "broken.ivr.yaml", "--picture", "p.svg"}, {"sound.ivr.yaml", "--picture", "sound.ivr.yaml"}} {
		if _, stderr, code := invoke(t, "", append([]string{"prove"}, args...)...); code != exitUsage || !strings.Contains(stderr, "--picture draws one flow") {
			t.Errorf("%s: exit code %d, it said %q", args, code, stderr)
		}
	}
}

// The calls that are found are played, and the tests that stand for them fail there.
func TestProvePlays(t *testing.T) {
	proveFiles(t, map[string]string{"broken.ivr.yaml": brokenFlow, "sound.ivr.yaml": soundFlow})
	stdout, stderr, code := invoke(t, "", "prove", "broken.ivr.yaml", "--play")
	_, played, ok := strings.Cut(stdout, "states of the call, ")
	if code != exitFindings || stderr != "" || !ok {
		t.Fatalf("exit code %d, it said\n%s%s", code, stdout, stderr)
	}
	for _, want := range []string{"FAIL  play(hello) requires key(2)\n", "caller  presses 1\n", "found.ivr-test.yaml: 0 of 2 tests passed\n"} {
		if !strings.Contains(played, want) {
			t.Errorf("%q is missing in\n%s", want, played)
		}
	}
	if _, err := os.Stat("found.ivr-test.yaml"); err == nil {
		t.Error("the tests were written")
	}
	if stdout, _, code := invoke(t, "", "prove", "sound.ivr.yaml", "--play"); code != exitFine || strings.Contains(stdout, "passed") {
		t.Errorf("nothing to play: exit code %d, it said\n%s", code, stdout)
	}
	mute := strings.Replace(brokenFlow, "play(hello) requires key(2)", "state(said) requires key(2)", 1)
	if err := os.WriteFile("mute.ivr.yaml", []byte(mute), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, _ = invoke(t, "", "prove", "mute.ivr.yaml", "--play")
	if !strings.Contains(stdout, "the conversation of \"state(said) requires key(2)\":\n") || !strings.Contains(stderr, "a test cannot say what is wrong in it") {
		t.Errorf("what a test cannot say: it said\n%s%s", stdout, stderr)
	}
	for _, args := range [][]string{{"-"}, {"sound.ivr.yaml", "--format", "json"}, {"sound.ivr.yaml", "-o", "x"}} {
		if _, stderr, code := invoke(t, soundFlow, append([]string{"prove", "--play"}, args...)...); code != exitUsage || !strings.Contains(stderr, "--play") {
			t.Errorf("%s: exit code %d, it said %q", args, code, stderr)
		}
	}
}
