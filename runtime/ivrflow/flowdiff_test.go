package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const shop = `ivr: 1
flow: shop
prompts: {welcome: Welcome., main: Press 1 or 2.}
start: main
states:
  main:
    - play: welcome
    - menu: main
      keys: {1: again, 2: end}
      gave_up: end
  again: [{play: welcome}, end]
`

// written is a folder with files.
func written(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFlowDiff(t *testing.T) {
	swapped := strings.Replace(shop, "{1: again, 2: end}", "{2: again, 1: end}", 1)
	dir := written(t, map[string]string{
		"old.ivr.yaml": shop, "renamed.ivr.yaml": strings.ReplaceAll(shop, "again", "twice"), "swapped.ivr.yaml": swapped, "wrong.ivr.yaml": "ivr: 1\n",
		"a/shop.ivr.yaml": shop, "b/shop.ivr.yaml": shop, "c/shop.ivr.yaml": swapped, "c/more.ivr.yaml": shop,
		"out.ivr.yaml": "ivr: 1\nflow: out\nkind: outgoing\nstart: main\nstates:\n  main: [{dial: {phone: \"+442071838750\"}, answered: end, failed: end}]\n",
	})
	t.Chdir(dir)
	for _, tt := range []struct {
		args   string
		code   int
		out    string
		errors string
	}{
		{"old.ivr.yaml old.ivr.yaml", exitFine, "Callers cannot tell the two apart.", ""},
		{"old.ivr.yaml renamed.ivr.yaml", exitFine, "a state's name: again -> twice", ""},
		{"old.ivr.yaml swapped.ivr.yaml", exitFindings, "presses 1", ""},
		{"- swapped.ivr.yaml", exitFindings, "stdin and swapped.ivr.yaml: apart", ""},
		{"--no-type-ahead --times old.ivr.yaml old.ivr.yaml", exitFine, "no key is pressed while no step listens", ""},
		{"--nodes 5 old.ivr.yaml old.ivr.yaml", exitFailure, "more than the 5 states", ""},
		{"--format markdown old.ivr.yaml swapped.ivr.yaml", exitFindings, "### Routing", ""},
		{"a b", exitFine, "Callers cannot tell the two apart.", ""},
		{"a c", exitFindings, "new flow: more.ivr.yaml", ""},
		{"c a", exitFindings, "flow that is gone: more.ivr.yaml", ""},
		{"old.ivr.yaml", exitUsage, "", "needs two flows, or one with --rev"},
		{"- -", exitUsage, "", "only one of the two"},
		{"a old.ivr.yaml", exitUsage, "", "are a flow and a folder"},
		{"--rev HEAD old.ivr.yaml old.ivr.yaml", exitUsage, "", "takes one flow with --rev"},
		{"--picture p.svg a c", exitUsage, "", "--picture is of one flow, and there are 2"},
		{"--format yaml old.ivr.yaml old.ivr.yaml", exitUsage, "", "--format is"},
		{"-o old.ivr.yaml old.ivr.yaml renamed.ivr.yaml", exitUsage, "", "would be written over old.ivr.yaml"},
		{"old.ivr.yaml none.ivr.yaml", exitFailure, "", "none.ivr.yaml"},
		{"old.ivr.yaml wrong.ivr.yaml", exitFailure, "", "wrong.ivr.yaml:1:1"},
		{"old.ivr.yaml out.ivr.yaml", exitFailure, "", "no call comes to both"},
	} {
		stdout, stderr, code := invoke(t, shop, append([]string{"diff"}, strings.Fields(tt.args)...)...)
		if code != tt.code || !strings.Contains(stdout, tt.out) || !strings.Contains(stderr, tt.errors) || tt.errors == "" && stderr != "" {
			t.Errorf("diff %s: %d\n%s\n%s", tt.args, code, stdout, stderr)
		}
	}
	stdout, _, code := invoke(t, "", "diff", "--format", "json", "old.ivr.yaml", "swapped.ivr.yaml", "--picture", "p.svg")
	var doc struct {
		Flows []struct {
			Verdict string
			Call    struct{ Conversation []struct{ Side, What string } }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil || code != exitFindings || len(doc.Flows) != 1 || doc.Flows[0].Verdict != "apart" || len(doc.Flows[0].Call.Conversation) == 0 {
		t.Errorf("json: %v %d %s", err, code, stdout)
	}
	if image, err := os.ReadFile("p.svg"); err != nil || !strings.Contains(string(image), "what came and went") {
		t.Errorf("picture: %v", err)
	}
}

func TestFlowDiffRevision(t *testing.T) {
	dir := written(t, map[string]string{"flows/shop.ivr.yaml": strings.Replace(shop, "{welcome: Welcome., main: Press 1 or 2.}", "[./prompts]", 1),
		"flows/prompts/en-US.prompts.yaml": "welcome: Welcome.\nmain: Press 1 or 2.\n"})
	t.Chdir(dir)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", "-A")
	git("commit", "-qm", "one")
	for _, name := range []string{"flows/shop.ivr.yaml", "flows"} {
		if stdout, stderr, code := invoke(t, "", "diff", "--rev", "HEAD", name); code != exitFine {
			t.Fatalf("%s, unchanged: %d\n%s%s", name, code, stdout, stderr)
		}
	}
	src, err := os.ReadFile("flows/prompts/en-US.prompts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("flows/prompts/en-US.prompts.yaml", []byte(strings.Replace(string(src), "Welcome.", "Good day.", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := invoke(t, "", "diff", "--rev", "HEAD", "flows/shop.ivr.yaml")
	if code != exitFindings || !strings.Contains(stdout, `"Welcome." -> "Good day."`) || !strings.Contains(stdout, "HEAD:flows/shop.ivr.yaml") && !strings.Contains(stdout, "HEAD:shop.ivr.yaml") {
		t.Errorf("%d\n%s%s", code, stdout, stderr)
	}
	for rev, want := range map[string]string{"nothing": "nothing", "--help": "does not begin with -"} {
		if _, stderr, code := invoke(t, "", "diff", "--rev="+rev, "flows/shop.ivr.yaml"); code != exitFailure || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d %s", rev, code, stderr)
		}
	}
}
