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
