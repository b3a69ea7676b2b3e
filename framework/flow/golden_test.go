package flow_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
)

var update = flag.Bool("update", false, "write what the loader says into testdata/err/*.out")

// Every file of testdata/err is named after a rule, and its findings stand in
// the .out file beside it.
func TestFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/err/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		rule, _, _ := strings.Cut(name, ".") // "range.2" is another file for range
		t.Run(name, func(t *testing.T) {
			f, list, err := flow.Load(os.DirFS("testdata/err"), filepath.Base(file))
			if err != nil {
				t.Fatal(err)
			}
			if (f == nil) != list.HasErrors() {
				t.Errorf("flow %v with findings\n%s", f != nil, list)
			}
			if !strings.Contains(list.String(), "["+rule+"]\n") {
				t.Errorf("the rule does not speak:\n%s", list)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".out", list.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(got)) {
		t.Errorf("%s: got\n%swant\n%s", file, got, want)
	}
}

// Files of testdata/ok load without a word.
func TestSilence(t *testing.T) {
	fsys := os.DirFS("testdata/ok")
	n := 0
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(name, ".ivr.yaml") {
			return err
		}
		n++
		f, list, err := flow.Load(fsys, name)
		if err != nil || f == nil || len(list) > 0 {
			t.Errorf("%s: flow %v, %v, findings\n%s", name, f != nil, err, list)
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("%d files, %v", n, err)
	}
}

// Each rule of the loader has a file that breaks it.
func TestEveryRuleHasAnExample(t *testing.T) {
	src, err := os.ReadFile("rules.go")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(src)) {
		_, rule, ok := strings.Cut(line, `= "`)
		rule = strings.TrimRight(strings.TrimSpace(rule), `"`)
		if !ok || rule == "machine" { // which no file can break
			continue
		}
		if _, err := os.Stat(filepath.Join("testdata/err", rule+".yaml")); err != nil {
			t.Errorf("no example of %s", rule)
		}
	}
}
