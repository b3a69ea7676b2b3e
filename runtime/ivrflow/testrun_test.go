package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/cover"
)

// project is a copy of the project for tests, which may be written to.
func project(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		src, err := os.ReadFile(filepath.Join("testdata/project", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(src), 0o644)
	}
	t.Chdir(dir)
	return dir
}

func read(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// JUnit's XML says what CI systems read of it: how many, where, and why.
func TestTestJUnit(t *testing.T) {
	t.Chdir("testdata/project")
	stdout, stderr, code := invoke(t, "", "test", "--format", "junit", "good.ivr-test.yaml", "failing.ivr-test.yaml", "broken.ivr-test.yaml", "missing.ivr-test.yaml")
	if code != exitFailure || !strings.Contains(stderr, "missing.ivr-test.yaml") {
		t.Errorf("exit code %d, it said %q", code, stderr)
	}
	var doc junitSuites
	if err := xml.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Tests != 5 || doc.Failures != 1 || doc.Errors != 2 {
		t.Errorf("%d tests, %d failures and %d errors, want 5, 1 and 2 in\n%s", doc.Tests, doc.Failures, doc.Errors, stdout)
	}
	var failed, broken *junitCase
	for i := range doc.Suites {
		for j := range doc.Suites[i].Cases {
			c := &doc.Suites[i].Cases[j]
			if c.Failure != nil {
				failed = c
			}
			if c.Error != nil && c.File == "broken.ivr-test.yaml" {
				broken = c
			}
		}
	}
	if failed == nil || failed.Name != "zero leads to sales" || failed.Class != "reception" || failed.File != "failing.ivr-test.yaml" || failed.Line != 3 ||
		!strings.Contains(failed.Failure.Message, "000000000002") || !strings.Contains(failed.Failure.Text, "the conversation:") {
		t.Errorf("the test that fails is %+v", failed)
	}
	if broken == nil || !strings.Contains(broken.Error.Message, "[unknown-verb]") {
		t.Errorf("the file with a fault is %+v", broken)
	}
}

// With --output the file has the report, and people read the text.
func TestTestOutput(t *testing.T) {
	project(t, "good.ivr.yaml", "good.ivr-test.yaml")
	stdout, _, code := invoke(t, "", "test", "--format", "json", "-o", "report.json", "--cover")
	if code != exitFine || !strings.Contains(stdout, "2 of 2 tests passed") || !strings.Contains(stdout, "coverage of") {
		t.Errorf("exit code %d, it wrote\n%s", code, stdout)
	}
	var doc struct {
		Files    []any
		Coverage struct {
			Total map[cover.Kind]cover.Share
			Files []cover.File
		}
	}
	if err := json.Unmarshal([]byte(read(t, "report.json")), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Files) != 1 || len(doc.Coverage.Files) != 1 || doc.Coverage.Total[cover.Step].Reached == 0 || doc.Coverage.Files[0].Flow != "reception" {
		t.Errorf("the report has %+v", doc)
	}
}

// The pages of coverage are written, and flows without tests count.
func TestTestCover(t *testing.T) {
	project(t, "good.ivr.yaml", "good.ivr-test.yaml", "small.ivr.yaml")
	stdout, stderr, code := invoke(t, "", "test", "--cover-html", "cover.html", "--cover-lcov", "cover.info", "--cover-min", "1")
	if code != exitFindings || !strings.Contains(stderr, "small.ivr.yaml: the tests reach 0.0%") {
		t.Errorf("exit code %d, it said %s", code, stderr)
	}
	if !strings.Contains(stdout, "small.ivr.yaml  0.0%") {
		t.Errorf("the flow without tests is missing in\n%s", stdout)
	}
	if page := read(t, "cover.html"); strings.Count(page, "<svg ") != 2 || !strings.Contains(page, `<span class="missed">`) || !strings.Contains(page, `<span class="reached">`) {
		t.Errorf("the page is\n%s", page)
	}
	if info := read(t, "cover.info"); !strings.Contains(info, "SF:good.ivr.yaml\n") || !strings.Contains(info, "SF:small.ivr.yaml\n") {
		t.Errorf("the tracefile is\n%s", info)
	}
}

// A test that fails is renewed after a yes, and only then.
// A flow without tests is told of as such, and is not reached where coverage is counted.
func TestTestOfNoTests(t *testing.T) {
	proveFiles(t, map[string]string{"sound.ivr.yaml": soundFlow})
	for _, args := range [][]string{{"test", "sound.ivr.yaml"}, {"test", "--update", "sound.ivr.yaml"}} {
		if _, stderr, code := invoke(t, "", args...); code != exitFailure || !strings.Contains(stderr, "sound.ivr.yaml has no tests: write sound.ivr-test.yaml beside it") {
			t.Errorf("%q: exit code %d, %q", args, code, stderr)
		}
	}
	if stdout, _, code := invoke(t, "", "test", "--missing", "sound.ivr.yaml"); code != exitFine || !strings.Contains(stdout, "sound.ivr.yaml: no test plays this flow\n") {
		t.Errorf("exit code %d, %q", code, stdout)
	}
	if _, stderr, code := invoke(t, "", "test", "--cover-min", "50", "./sound.ivr.yaml"); code != exitFindings || !strings.Contains(stderr, "sound.ivr.yaml: the tests reach 0.0% ") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	if _, stderr, code := invoke(t, "", "test", "gone.ivr.yaml"); code != exitFailure || strings.Contains(stderr, "has no tests") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}

func TestTestUpdate(t *testing.T) {
	project(t, "good.ivr.yaml", "failing.ivr-test.yaml")
	before := read(t, "failing.ivr-test.yaml")
	stdout, _, code := invoke(t, "n\n", "test", "--update")
	if code != exitFindings || read(t, "failing.ivr-test.yaml") != before || !strings.Contains(stdout, "\n+    call: ") {
		t.Errorf("after a no: exit code %d\n%s", code, stdout)
	}
	stdout, stderr, code := invoke(t, "y\n", "test", "--update")
	want := strings.Replace(before, "000000000001", "000000000002", 1)
	if got := read(t, "failing.ivr-test.yaml"); code != exitFine || got != want {
		t.Errorf("after a yes: exit code %d\n%s\n%s\n%s", code, stdout, stderr, got)
	}
	if stdout, _, code := invoke(t, "", "test"); code != exitFine {
		t.Errorf("the renewed test fails:\n%s", stdout)
	}
	write(t, "failing.ivr-test.yaml", before, 0o644)
	if stdout, _, code := invoke(t, "", "test", "--update", "--yes"); code != exitFine || read(t, "failing.ivr-test.yaml") != want {
		t.Errorf("with --yes: exit code %d\n%s", code, stdout)
	}
}

// What nothing but a person can mend is shown, and left as it is; --run renews some tests only.
func TestTestUpdateSome(t *testing.T) {
	project(t, "good.ivr.yaml")
	const tests = "flow: ./good.ivr.yaml\ntests:\n  one: {call: [{press: \"0\"}], expect: {milestones: [left]}}\n  two: {call: [{press: \"0\"}], expect: {milestones: [left]}}\n  three: {call: [{hears: choices}, hang_up], expect: {never_hears: [choices]}}\n"
	write(t, "good.ivr-test.yaml", tests, 0o644)
	stdout, _, code := invoke(t, "", "test", "--update", "--yes", "--run", "one")
	if want := strings.Replace(tests, "[left]", "[]", 1); code != exitFine || read(t, "good.ivr-test.yaml") != want {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, read(t, "good.ivr-test.yaml"))
	}
	stdout, _, code = invoke(t, "", "test", "--update", "--yes")
	if want := strings.ReplaceAll(tests, "[left]", "[]"); code != exitFindings || read(t, "good.ivr-test.yaml") != want || !strings.Contains(stdout, "FAIL  three\n") || !strings.Contains(stdout, "never to hear choices") || !strings.Contains(stdout, "renewed 1 test\n") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, read(t, "good.ivr-test.yaml"))
	}
	if stdout, _, code := invoke(t, "", "test", "--update", "--run", "one"); code != exitFine || !strings.Contains(stdout, "good.ivr-test.yaml: nothing to renew\n") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	if _, stderr, code := invoke(t, "", "test", "--update", "gone.ivr-test.yaml"); code != exitFailure || !strings.Contains(stderr, "gone.ivr-test.yaml: no such file or directory") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

// What is played by hand becomes a test that passes.
func TestTestRecord(t *testing.T) {
	project(t, "good.ivr.yaml")
	for _, script := range []string{"1", "9,0", "wait 20s"} {
		stdout, stderr, code := invoke(t, "", "dev", "--record", "--fast", "--script", script, "good.ivr.yaml")
		if code != exitFine || !strings.Contains(stdout, "Recorded as the test") {
			t.Fatalf("exit code %d: %s\n%s", code, stderr, stdout)
		}
	}
	stdout, _, code := invoke(t, "", "test", "good.ivr.yaml")
	if code != exitFine || !strings.Contains(stdout, "3 of 3 tests passed") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	tests := read(t, "good.ivr-test.yaml")
	for _, want := range []string{"      - hears: choices\n      - press: \"1\"\n      - transferred: {user: 5f0c7c7e-0000-4000-8000-000000000001}\n", "silence: no_input", "press: \"9\""} {
		if !strings.Contains(tests, want) {
			t.Errorf("%q is missing in\n%s", want, tests)
		}
	}
	if _, stderr, code := invoke(t, "", "dev", "--record", "--fast"); code != exitUsage || !strings.Contains(stderr, "name a flow's file") {
		t.Errorf("the demo is recorded: exit code %d, %s", code, stderr)
	}
	stdout, stderr, code := invoke(t, "hangup\nq\n", "test", "--record", "good.ivr.yaml")
	if code != exitFine || !strings.Contains(stdout, "Recorded as the test") {
		t.Errorf("a person who hangs up: exit code %d\n%s\n%s", code, stdout, stderr)
	}
}

// What web services answer is part of the test that is made of a call.
func TestTestRecordHTTP(t *testing.T) {
	proveFiles(t, map[string]string{"due.ivr.yaml": `ivr: 1
flow: due
vars: {due: {type: string}, card: {type: digits, length: 2}}
actions: {look: {in: [card], out: [due], outcomes: [ok, unknown], http: {post: "https://api.example.com/cards", json: {card: "${card}"}, into: {amount: due}, outcomes: {404: unknown}}}}
prompts: {enter: Enter., unknown: There is none., none: Nothing is due.}
start: main
states:
  main:
    - collect: card
      prompt: enter
      gave_up: end
    - do: look
      unknown: [{play: unknown}, end]
      failed: end
    - http: {get: "https://api.example.com/due/${card}"}
      id: ask
      into: {text: due}
      404: [{play: none}, end]
      failed: end
    - play: {say: "${due}"}
    - end
`})
	for _, given := range []string{"look=unknown", "ask=404", "ask=200", "ask=503"} {
		if stdout, stderr, code := invoke(t, "", "dev", "--record", "--fast", "--script", "12", "--given", given, "due.ivr.yaml"); code != exitFine || !strings.Contains(stdout, "It passes") {
			t.Errorf("%s: exit code %d: %s\n%s", given, code, stderr, stdout)
		}
	}
	tests := read(t, "due.ivr-test.yaml")
	for _, want := range []string{"      look: unknown\n", "ask: 404", "ask: {json: {text: ", "ask: 503", "do: [look]"} {
		if !strings.Contains(tests, want) {
			t.Errorf("no %q in\n%s", want, tests)
		}
	}
	if stdout, _, code := invoke(t, "", "test"); code != exitFine || !strings.Contains(stdout, "4 of 4 tests passed") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}

// output is what a command has written so far.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// await waits until a text was written so often.
func (o *output) await(t *testing.T, text string, times int) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for strings.Count(o.String(), text) < times {
		if time.Now().After(end) {
			t.Fatalf("%q did not come %d times:\n%s", text, times, o)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Only the tests are played again that a change touches: of the flow, of a prompt,
// of a flow that is called.
func TestTestWatch(t *testing.T) {
	dir := project(t, "good.ivr.yaml", "good.ivr-test.yaml")
	if err := os.Mkdir("prompts", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, "prompts/en-US.prompts.yaml", "hello: Hello.\n", 0o644)
	write(t, "inner.ivr.yaml", "ivr: 1\nflow: inner\nstart: main\nstates: {main: [{play: {say: Inner.}}, return]}\n", 0o644)
	write(t, "outer.ivr.yaml", "ivr: 1\nflow: outer\nlocales: [en-US]\nprompts: [./prompts]\nstart: main\nstates: {main: [{play: hello}, {call: inner}, end]}\n", 0o644)
	write(t, "outer.ivr-test.yaml", "flow: ./outer.ivr.yaml\ntests: {it runs: {call: [{hears: hello}, {hears: Inner}]}}\n", 0o644)
	ctx, stop := context.WithCancel(t.Context())
	var out, errs output
	var code int
	var done sync.WaitGroup
	done.Go(func() { code = Main(ctx, []string{"test", "--watch", "."}, strings.NewReader(""), &out, &errs) })
	errs.await(t, "watching", 1)
	for i, change := range []struct{ file, text, plays string }{
		{"prompts/en-US.prompts.yaml", "hello: Hello, you.\n", "ok    it runs"},
		{"inner.ivr.yaml", "ivr: 1\nflow: inner\nstart: main\nstates: {main: [{play: {say: Other.}}, return]}\n", "FAIL  it runs"},
		{"good.ivr-test.yaml", read(t, "good.ivr-test.yaml") + "\n", "ok    one leads to sales"},
		{"new.ivr-test.yaml", "flow: ./good.ivr.yaml\ntests: {a new one: {call: [{hears: choices}]}}\n", "ok    a new one"},
	} {
		before := strings.Count(out.String(), " tests passed")
		write(t, filepath.Join(dir, change.file), change.text, 0o644)
		errs.await(t, "watching", i+2)
		if n := strings.Count(out.String(), " tests passed") - before; n != 1 || !strings.Contains(out.String(), change.plays) {
			t.Errorf("a change of %s plays %d files, want one with %q:\n%s", change.file, n, change.plays, &out)
		}
	}
	stop()
	done.Wait()
	if code != exitFine {
		t.Errorf("exit code %d: %s", code, &errs)
	}
}
