package cover_test

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/cover"
)

// The tests of the examples and of the ready-made flows reach all that these can do.
func TestExamples(t *testing.T) {
	root := os.DirFS("../..")
	tally := &cover.Tally{ReadyMade: true}
	for _, folder := range []string{"examples", "flows"} {
		err := fs.WalkDir(root, folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".ivr-test.yaml") {
				return err
			}
			rep, list, err := testkit.RunFile(t.Context(), name, testkit.Options{FS: root, Cover: tally})
			if err != nil || list.HasErrors() || !rep.Passed() {
				t.Errorf("%s: %v %v: %d tests fail", name, err, list, rep.Failed())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	files := map[string]bool{}
	for _, f := range tally.Report().Files {
		files[f.Name] = true
		if unfinished(f.Name) {
			continue
		}
		for _, k := range []cover.Kind{cover.Step, cover.Outcome, cover.Prompt} {
			if s := f.Share(k); s.Reached < s.All {
				t.Errorf("%s: the tests reach %s of its %ss", f.Name, s, k)
			}
		}
	}
	for _, pattern := range []string{"examples/*/*.ivr.yaml", "flows/*/*.ivr.yaml"} {
		all, err := fs.Glob(root, pattern)
		if err != nil || len(all) == 0 {
			t.Fatal(all, err)
		}
		for _, name := range all {
			if !files[name] {
				t.Errorf("no test plays %s", name)
			}
		}
	}
}

// unfinished are the flows whose tests do not reach all yet.
func unfinished(name string) bool {
	dir := path.Dir(name)
	return dir == "flows/callback" || dir == "flows/card"
}
