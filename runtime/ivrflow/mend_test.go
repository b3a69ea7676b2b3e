package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// Each file of testdata/fix breaks the rule it is named after. Beside it stand
// what check --fix makes of it and what it says.
func TestFix(t *testing.T) {
	files, err := filepath.Glob("testdata/fix/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	golden, err := filepath.Abs("testdata/fix")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, name, string(src), 0o600)
			stdout, stderr, _ := invoke(t, "", "check", "--fix", name)
			after, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := string(after) + "==========\n" + stdout + stderr
			to := filepath.Join(golden, strings.TrimSuffix(name, ".yaml")+".out")
			if *update {
				if err := os.WriteFile(to, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(to); err != nil || got != string(want) {
				t.Errorf("got\n%s(%v), want\n%s", got, err, want)
			}
		})
	}
}

// In every bad example of the loader, what was mended is gone, no error is new,
// and mending once more changes nothing.
func TestFixBadFlows(t *testing.T) {
	dir, err := filepath.Abs("../../framework/flow/testdata/err")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.CopyFS(".", os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatal(files, err)
	}
	mended := map[string]int{}
	for _, name := range files {
		before := found(t, name)
		m := &report{}
		if err := m.mend(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		after := found(t, name)
		for _, one := range m.mended {
			mended[one.Rule]++
			i := slices.IndexFunc(before, func(d diag.Diagnostic) bool {
				return d.Rule == one.Rule && d.Pos.Line == one.Line && strings.Contains(d.Message, one.Old)
			})
			if i >= 0 { // else it came to light by another mend
				before = slices.Delete(before, i, i+1)
			}
		}
		for _, d := range after {
			i := slices.IndexFunc(before, func(b diag.Diagnostic) bool { return lineOf(b) == lineOf(d) })
			switch {
			case i >= 0:
				before = slices.Delete(before, i, i+1)
			case !strings.HasPrefix(d.Rule, "unused-"): // told when there is no error
				t.Errorf("%s: new after %v", d, m.mended)
			}
		}
		again := &report{}
		if err := again.mend(t.Context(), name); err != nil || len(again.mended) > 0 {
			t.Errorf("%s: mended again: %v (%v)", name, again.mended, err)
		}
	}
	t.Logf("mended %v", mended)
	for _, rule := range []string{"unknown-key", "unknown-state", "unknown-verb", "unquoted-digits", "wrong-type", "syntax"} {
		if mended[rule] == 0 {
			t.Errorf("nothing was mended of %s", rule)
		}
	}
}

func found(t *testing.T, name string) diag.List {
	t.Helper()
	_, list, err := bot.LoadFlow("", name)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The mends of a configuration, in which secrets may stand, are not told.
func TestNoFixOfConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.ivr.yaml", "ivr: 1\nflow: a\nstart: main\nstates: {main: end}\n", 0o600)
	write(t, "bot.yaml", "tenents: [1]\nsecret: 987654321\napp_id: 123456\nflows: [a.ivr.yaml]\n", 0o600)
	stdout, _, code := invoke(t, "", "check", "--config", "bot.yaml", "--format", "json")
	if code != exitFindings || !strings.Contains(stdout, "did you mean") {
		t.Fatalf("exit code %d, %s", code, stdout)
	}
	if strings.Contains(stdout, `"fix"`) || strings.Contains(stdout, "987654321") {
		t.Errorf("it said\n%s", stdout)
	}
}

// A catalogue that a flow names is mended, too; standard output tells where.
func TestFixCatalogue(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "sub/a.ivr.yaml", "ivr: 1\nflow: a\nlocales: [en-GB]\nprompts: ./prompts\nstart: main\nstates: {main: [{play: number, failed: end}, end]}\n", 0o600)
	write(t, "sub/prompts/en-GB.prompts.yaml", "number: 0123   # as it is dialled\n", 0o640)
	stdout, stderr, code := invoke(t, "", "check", "--fix", "sub")
	if code != exitFine || stdout != "sub/prompts/en-GB.prompts.yaml:1:9: mended: 0123 is now \"0123\" [unquoted-digits]\n" {
		t.Errorf("exit code %d, it said\n%s%s", code, stdout, stderr)
	}
	if got, err := os.ReadFile("sub/prompts/en-GB.prompts.yaml"); err != nil || string(got) != "number: \"0123\"   # as it is dialled\n" {
		t.Errorf("the catalogue is\n%s(%v)", got, err)
	}
}
