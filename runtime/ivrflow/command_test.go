package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/manual"
)

var update = flag.Bool("update", false, "rewrite the transcripts")

// A transcript is a file of command lines, each followed by what the command
// printed: lines of its standard error begin with "! ", and "= " is followed
// by its exit code.
func TestTranscripts(t *testing.T) {
	names, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("testdata/project")
	t.Setenv("IVRFLOW_TEST_SECRET", "a secret")
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			name := filepath.Join(here, name)
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := rerun(t, string(src))
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(src) {
				t.Errorf("got\n%s", differences(got, string(src)))
			}
		})
	}
}

// rerun runs the command lines of a transcript and writes it anew.
func rerun(t *testing.T, transcript string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(transcript) {
		command, ok := strings.CutPrefix(line, "$ ivrflow")
		if !ok {
			continue
		}
		command = strings.TrimSpace(command)
		args, input := command, ""
		if before, file, ok := strings.Cut(command, " < "); ok {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			args, input = before, string(src)
		}
		stdout, stderr, code := invoke(t, input, split(args)...)
		b.WriteString(strings.TrimRight("$ ivrflow "+command, " ") + "\n" + prefixed("", stdout) + prefixed("! ", stderr))
		fmt.Fprintf(&b, "= %d\n\n", code)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// split is a command line's words; 'a word' may hold spaces.
func split(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

func prefixed(prefix, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(prefix+strings.TrimRight(line, "\n"), " ") + "\n")
	}
	return b.String()
}

// differences shows the commands whose output is another one.
func differences(got, want string) string {
	var b strings.Builder
	known := map[string]bool{}
	for part := range strings.SplitSeq(want, "\n\n$ ") {
		known[strings.TrimSpace(part)] = true
	}
	for part := range strings.SplitSeq(got, "\n\n$ ") {
		if !known[strings.TrimSpace(part)] {
			fmt.Fprintf(&b, "$ %s\n\n", part)
		}
	}
	return b.String()
}

func invoke(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

// The version names what it was built from.
func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123abcd"}, {Key: "vcs.time", Value: "2026-11-24T00:00:00Z"}, {Key: "vcs.modified", Value: "true"}}}
	system := fmt.Sprintf("%s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if got, want := version(info), "ivrflow v1.2.3\ncommit 0123abcd of 2026-11-24T00:00:00Z, with changes\n"+system; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := version(nil), "ivrflow unknown\ncommit unknown\n"+system; got != want {
		t.Errorf("without modules: got %q, want %q", got, want)
	}
	for _, args := range [][]string{{"version"}, {"--version"}} {
		if stdout, stderr, code := invoke(t, "", args...); code != exitFine || stderr != "" || !strings.HasSuffix(stdout, system) {
			t.Errorf("%s: exit code %d, it said %q and %q", args, code, stdout, stderr)
		}
	}
}

// Help without a word names every command and every page of the manual; with
// a page's name it shows the page.
func TestHelp(t *testing.T) {
	all, stderr, code := invoke(t, "", "help")
	if code != exitFine || stderr != "" {
		t.Fatalf("exit code %d, it said %q", code, stderr)
	}
	for _, name := range []string{"check", "completion", "dev", "draw", "fmt", "graphsim", "replay", "run", "schema", "script", "test", "version"} {
		if !strings.Contains(all, "\n  "+name+" ") {
			t.Errorf("help does not name the command %s", name)
		}
		if text, _, code := invoke(t, "", "help", name); code != exitFine || !strings.Contains(text, "ivrflow "+name) {
			t.Errorf("help %s: exit code %d, %q", name, code, text)
		}
	}
	if len(manual.Topics()) == 0 {
		t.Error("the manual has no page")
	}
	for _, topic := range manual.Topics() {
		page, _ := manual.Page(topic.Name)
		got, _, code := invoke(t, "", "help", topic.Name)
		if topic.Name == "http" { // which is a verb and a rule, too
			got = got[:min(len(page), len(got))]
		}
		if slices.Contains([]string{"flows", "diff", "draw", "prove", "replay", "script"}, topic.Name) { // which are commands, too
			got = got[max(0, strings.Index(got, strings.TrimSpace(page))):]
		}
		if code != exitFine || strings.TrimSpace(got) != strings.TrimSpace(page) {
			t.Errorf("help %s: exit code %d, %d bytes, want the page", topic.Name, code, len(got))
		}
		if !strings.Contains(all, "\n  "+topic.Name+" ") {
			t.Errorf("help does not name the topic %s", topic.Name)
		}
	}
}

// Every verb and every rule that check can name is explained, and no other
// with it.
func TestHelpWords(t *testing.T) {
	headings := func(text, level string) []string {
		var all []string
		for line := range strings.Lines(text) {
			if name, ok := strings.CutPrefix(line, level+" "); ok {
				all = append(all, strings.TrimSpace(name))
			}
		}
		return all
	}
	for _, v := range flow.Verbs() {
		text, stderr, code := invoke(t, "", "help", v.Name)
		if code != exitFine || !slices.Equal(headings(text, "###"), []string{v.Name}) || !strings.Contains(text, v.Doc) {
			t.Errorf("help %s: exit code %d, %q, %s", v.Name, code, text, stderr)
		}
	}
	rules := manual.Rules()
	if len(rules) < 40 || !slices.Contains(rules, "unset-variable") {
		t.Errorf("the rules are %q", rules)
	}
	for _, rule := range rules {
		text, _, code := invoke(t, "", "help", rule)
		if page, ok := manual.Page(rule); ok { // of the same name
			text = strings.TrimPrefix(text, page)
		}
		if code != exitFine || !slices.Equal(headings(text, "##"), []string{rule}) {
			t.Errorf("help %s: exit code %d, %q", rule, code, text)
		}
	}
	if text, _, _ := invoke(t, "", "help", "http"); !strings.HasPrefix(text, "# ") || !strings.Contains(text, "\n\n### http\n") || !strings.Contains(text, "\n\n## http\n") {
		t.Errorf("the topic, the verb and the rule http: %q", text)
	}
}

// Each ready-made flow has its page; what is not one has none.
func TestHelpFlows(t *testing.T) {
	if !slices.Contains(flows.Names(), "flows/voicemail") || slices.Contains(flows.Names(), "flows/demo") {
		t.Errorf("the flows are %q", flows.Names())
	}
	for _, name := range flows.Names() {
		text, stderr, code := invoke(t, "", "help", name)
		if code != exitFine || !strings.HasPrefix(text, "# "+strings.TrimPrefix(name, "flows/")+"\n") || !strings.Contains(text, "call: "+name) {
			t.Errorf("help %s: exit code %d, %q, %s", name, code, text, stderr)
		}
	}
	for name, want := range map[string]string{
		"flows/voicmail": `did you mean "flows/voicemail"?`, "flows/../flows/pin": "no command, topic", "flows/": `did you mean "flows"?`,
	} {
		if text, stderr, code := invoke(t, "", "help", name); code != exitUsage || text != "" || !strings.Contains(stderr, want) {
			t.Errorf("help %s: exit code %d, %q, it said %q, want %q in it", name, code, text, stderr, want)
		}
	}
}

// Schema writes to standard output, or to a file.
func TestSchema(t *testing.T) {
	t.Chdir(t.TempDir())
	stdout, stderr, code := invoke(t, "", "schema")
	if code != exitFine || stderr != "" || stdout != string(flow.Schema()) || !strings.HasSuffix(stdout, "}\n") {
		t.Errorf("exit code %d, %d bytes, it said %q", code, len(stdout), stderr)
	}
	if stdout, stderr, code := invoke(t, "", "schema", "-o", "flow.json"); code != exitFine || stdout+stderr != "" {
		t.Errorf("to a file: exit code %d, it said %q and %q", code, stdout, stderr)
	}
	if got, err := os.ReadFile("flow.json"); err != nil || string(got) != stdout {
		t.Errorf("the file has %d bytes: %v", len(got), err)
	}
	if _, stderr, code := invoke(t, "", "schema", "-o", "not/there.json"); code != exitFailure || !strings.Contains(stderr, "writing the schema") {
		t.Errorf("to nowhere: exit code %d, it said %q", code, stderr)
	}
	if _, stderr, code := invoke(t, "", "schema", "flow.yaml"); code != exitUsage || !strings.Contains(stderr, "schema takes no arguments") {
		t.Errorf("with an argument: exit code %d, it said %q", code, stderr)
	}
}

// Shells get a script, and the words that can follow.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if stdout, _, code := invoke(t, "", "completion", shell); code != exitFine || !strings.Contains(stdout, "ivrflow") {
			t.Errorf("%s: exit code %d and %d bytes", shell, code, len(stdout))
		}
	}
	for _, tt := range []struct{ args, want string }{
		{"dr", "draw\t"}, {"draw --format ", "mermaid\n"}, {"check --format ", "sarif\n"}, {"help ch", "check\n"},
		{"help pl", "play\tPlays prompts to the end.\n"}, {"help unset", "unset-variable\n"}, {"help check ", ":4\n"},
		{"dev --oddity ", "duplicates\tevery notification"},
	} {
		words := strings.Split(tt.args, " ")
		if stdout, _, code := invoke(t, "", append([]string{"__complete"}, words...)...); code != exitFine || !strings.Contains(stdout, tt.want) {
			t.Errorf("%q: exit code %d, got %q, want %q in it", tt.args, code, stdout, tt.want)
		}
	}
	offered := map[string]bool{}
	stdout, _, _ := invoke(t, "", "__complete", "help", "")
	for line := range strings.Lines(stdout) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if offered[word] {
			t.Errorf("help offers %s twice", word)
		}
		offered[word] = true
	}
	if !offered["http"] {
		t.Error("help does not offer http, which is a topic, a verb and a rule")
	}
}

// A command in an option is split as a shell would.
func TestSplitWords(t *testing.T) {
	for _, tt := range []struct {
		line string
		want []string
		err  string
	}{
		{"", nil, ""},
		{"  tones ", []string{"tones"}, ""},
		{"espeak-ng  -v\t{locale}", []string{"espeak-ng", "-v", "{locale}"}, ""},
		{`say -v "Mary Jane" -x 'a "b" c' --n="d e" ''`, []string{"say", "-v", "Mary Jane", "-x", `a "b" c`, "--n=d e", ""}, ""},
		{`C:\say.exe {voice}`, []string{`C:\say.exe`, "{voice}"}, ""},
		{`say "Mary`, nil, `the quote " is not closed`},
	} {
		got, err := splitWords(tt.line)
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%q: error %v, want %q", tt.line, err, tt.err)
			}
			continue
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q (%v), want %q", tt.line, got, err, tt.want)
		}
	}
}

// What cannot be written is a failure, not a success.
func TestOutputFails(t *testing.T) {
	t.Chdir("testdata/project")
	for _, args := range [][]string{{"version"}, {"draw", "small.ivr.yaml"}, {"check", "bad.ivr.yaml"}, {"help"}} {
		var errs bytes.Buffer
		if code := Main(t.Context(), args, strings.NewReader(""), fullDisk{}, &errs); code != exitFailure {
			t.Errorf("%s: exit code %d, want %d; it said %q", args, code, exitFailure, &errs)
		}
		if !strings.Contains(errs.String(), "disk full") {
			t.Errorf("%s: it said %q, want the cause", args, &errs)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// A context that is over ends the command.
func TestInterrupted(t *testing.T) {
	t.Chdir("testdata/project")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"check", "more"}, {"check", "good.ivr.yaml"}, {"test", "good.ivr-test.yaml"}} {
		var out, errs bytes.Buffer
		if code := Main(ctx, args, strings.NewReader(""), &out, &errs); code != exitFailure {
			t.Errorf("%s: exit code %d, want %d", args, code, exitFailure)
		}
	}
}

// The picture goes to a file if that is asked for.
func TestDrawToFile(t *testing.T) {
	t.Chdir("testdata/project")
	want, _, _ := invoke(t, "", "draw", "small.ivr.yaml")
	name := filepath.Join(t.TempDir(), "small.mmd")
	out, errs, code := invoke(t, "", "draw", "small.ivr.yaml", "-o", name)
	if code != exitFine || out != "" || errs != "" {
		t.Fatalf("exit code %d, output %q and %q", code, out, errs)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("the file holds %q (%v), want what is printed without -o", got, err)
	}
}
