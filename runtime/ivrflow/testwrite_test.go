package main

import (
	"os"
	"strings"
	"testing"
)

const lackingFlow = `ivr: 1
flow: desk
actions: {look: {in: [], outcomes: [there, away]}}
prompts: {hello: Hello., sorry: Sorry., bye: Goodbye.}
start: main
states:
  main:
    - menu: hello
      keys: {1: look, 2: bye}
      gave_up: bye
  look:
    - do: look
      there: bye
      away: {up_to: 1, then: main, else: sorry}
      failed: {up_to: 1, then: bye, else: never}
  sorry: [{play: sorry}, end]
  never: [{play: sorry}, end]
  bye: [{play: bye}, end]
`

const lackingTests = `flow: ./desk.ivr.yaml
tests:
  goodbye: {call: [{hears: hello}, {press: "2"}, {hears: bye}]}
`

// What no test reaches has tests then, which pass; of the rest it is said that no call
// reaches it.
func TestWritesMissingTests(t *testing.T) {
	proveFiles(t, map[string]string{"desk.ivr.yaml": lackingFlow, "desk.ivr-test.yaml": lackingTests})
	_, stderr, code := invoke(t, "", "test", "--missing", "--write", "more.ivr-test.yaml", "desk.ivr.yaml")
	if code != exitFine || !strings.Contains(stderr, "more.ivr-test.yaml: 4 tests written, which pass; with them 15 of the 15 ") ||
		!strings.Contains(stderr, "desk.ivr.yaml:15:43: no call reaches the outcome failed.else of look.1\n") || !strings.Contains(stderr, "no call reaches the step never.1\n") {
		t.Fatalf("exit code %d, it said\n%s", code, stderr)
	}
	stdout, _, code := invoke(t, "", "test", "--missing", ".")
	if code != exitFine || strings.Count(stdout, "no test reaches") != 3 {
		t.Errorf("exit code %d, it said\n%s", code, stdout)
	}
	if text := read(t, "more.ivr-test.yaml"); !strings.Contains(text, "given: {look: away}") || !strings.Contains(text, "expect: {do: [look, look], ended: by_flow}") {
		t.Errorf("the tests are\n%s", text)
	}
	if _, stderr, code := invoke(t, "", "test", "--missing", "--write", "more.ivr-test.yaml", "desk.ivr.yaml"); code != exitUsage || !strings.Contains(stderr, "is there already") {
		t.Errorf("written again: exit code %d, it said %q", code, stderr)
	}
}

// A flow without any test has tests then that are all it needs.
func TestWritesAllTests(t *testing.T) {
	proveFiles(t, map[string]string{"sound.ivr.yaml": soundFlow})
	_, stderr, code := invoke(t, "", "test", "--missing", "--write", "sound.ivr-test.yaml", "sound.ivr.yaml")
	if code != exitFine || !strings.Contains(stderr, "sound.ivr-test.yaml: ") {
		t.Fatalf("exit code %d, it said\n%s", code, stderr)
	}
	stdout, _, code := invoke(t, "", "test", "--missing", "--cover-min", "100", "sound.ivr.yaml")
	if code != exitFine || !strings.Contains(stdout, "every step, outcome and prompt is reached") {
		t.Errorf("exit code %d, it said\n%s", code, stdout)
	}
}

// Each of several flows has a file of its own, beside it. Nothing is written over, and
// what the tests of one flow reach of another needs no more tests.
func TestWritesBeside(t *testing.T) {
	proveFiles(t, map[string]string{"desk.ivr.yaml": lackingFlow, "desk.ivr-test.yaml": lackingTests})
	write(t, "more/sound.ivr.yaml", soundFlow, 0o600)
	_, stderr, code := invoke(t, "", "test", "--missing", "--write-beside")
	if code != exitFine || !strings.Contains(stderr, "desk.more.ivr-test.yaml: 4 tests written") || !strings.Contains(stderr, "more/sound.ivr-test.yaml: ") {
		t.Fatalf("exit code %d, it said\n%s", code, stderr)
	}
	if text := read(t, "desk.ivr-test.yaml"); text != lackingTests {
		t.Errorf("the tests were overwritten:\n%s", text)
	}
	_, stderr, code = invoke(t, "", "test", "--missing", "--write-beside", ".")
	if code != exitFine || !strings.Contains(stderr, "sound.ivr.yaml: its tests reach every step, outcome and prompt") || !strings.Contains(stderr, "desk.ivr.yaml: no tests were written") {
		t.Errorf("again: exit code %d, it said\n%s", code, stderr)
	}
	write(t, "desk.ivr.yaml", strings.Replace(lackingFlow, "keys: {1: look, 2: bye}", "keys: {1: look, 2: bye, 9: sorry}", 1), 0o600)
	_, stderr, code = invoke(t, "", "test", "--missing", "--write-beside", ".")
	if code != exitFine || !strings.Contains(stderr, "desk.more-2.ivr-test.yaml: 1 test written, which pass") {
		t.Errorf("changed: exit code %d, it said\n%s", code, stderr)
	}
}

// A flow that others call is played as if it were called.
func TestWritesTestsOfCalled(t *testing.T) {
	called := strings.Replace(soundFlow, "flow: sound\n", "flow: sound\nparams: {n: {type: number}}\n", 1)
	proveFiles(t, map[string]string{"called.ivr.yaml": called})
	if _, stderr, code := invoke(t, "", "test", "--missing", "--write-beside", "called.ivr.yaml"); code != exitFine {
		t.Fatalf("exit code %d, it said\n%s", code, stderr)
	}
	if text := read(t, "called.ivr-test.yaml"); !strings.Contains(text, "given: {params: {\"n\": 1}}") {
		t.Errorf("the tests are\n%s", text)
	}
}

func TestMissingRefuses(t *testing.T) {
	called := strings.Replace(soundFlow, "flow: sound\n", "flow: sound\nparams: {n: {type: number}}\n", 1)
	proveFiles(t, map[string]string{"sound.ivr.yaml": soundFlow, "called.ivr.yaml": called, "sound.ivr-test.yaml": "flow: ./sound.ivr.yaml\ntests:\n  one: {call: [{wait: 1s}]}\n", "called.ivr-test.yaml": "flow: ./called.ivr.yaml\ntests:\n  one: {call: [{wait: 1s}]}\n"})
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"--write", "x.ivr-test.yaml", "sound.ivr.yaml"}, "belong to --missing"},
		{[]string{"--missing", "--write", "x.yaml", "sound.ivr.yaml"}, "is no file of tests"},
		{[]string{"--missing", "--write", "x.ivr-test.yaml", "sound.ivr.yaml", "called.ivr.yaml"}, "tests of one flow"},
		{[]string{"--missing", "--write", "x.ivr-test.yaml", "."}, "tests of one flow"},
		{[]string{"--missing", "--write", "x.ivr-test.yaml", "--watch", "sound.ivr.yaml"}, "leave --watch out"},
		{[]string{"--missing", "--write", "x.ivr-test.yaml", "--write-beside", "sound.ivr.yaml"}, "leave one of them out"},
	} {
		_, stderr, code := invoke(t, "", append([]string{"test"}, tt.args...)...)
		if code != exitUsage || !strings.Contains(stderr, tt.says) {
			t.Errorf("%s: exit code %d, it said %q", tt.args, code, stderr)
		}
		if _, err := os.Stat("x.ivr-test.yaml"); err == nil {
			t.Errorf("%s: the file was written", tt.args)
		}
	}
}
