package cover_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/cover"
	"github.com/ivrflow/ivrflow/testkit/missing"
)

// unwritten is how many steps, outcomes and prompts of a flow the written tests do not
// reach, where it is not none. Why, says the page of the manual about tests.
var unwritten = map[string]string{
	"flows/hunt/hunt.ivr.yaml":         "steps 6/6, outcomes 9/10, prompts 4/4",    // too_long: of one member it is exhausted before
	"flows/language/language.ivr.yaml": "steps 27/31, outcomes 42/51, prompts 1/1", // lists, and languages of callers, that calls of the example do not have
}

// transitions is the least share of them that the written tests of all flows reach, in
// percent: they are written for what is coarser.
const transitions = 60

// If the tests of an example, or of a ready-made flow, are taken away, others are
// written from nothing, which all pass, and reach all that calls can reach.
func TestWrittenFromNothing(t *testing.T) {
	root := os.DirFS("../..")
	var all cover.Report
	for _, pattern := range []string{"examples/*/*.ivr.yaml", "flows/*/*.ivr.yaml"} {
		names, err := fs.Glob(root, pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		for _, name := range names {
			own := written(t, root, name)
			all.Files = append(all.Files, own)
			want := unwritten[name]
			if want == "" {
				steps, outcomes, prompts := own.Share(cover.Step).All, own.Share(cover.Outcome).All, own.Share(cover.Prompt).All
				want = fmt.Sprintf("steps %d/%d, outcomes %d/%d, prompts %d/%d", steps, steps, outcomes, outcomes, prompts, prompts)
			}
			if got := shares(own); got != want {
				t.Errorf("%s: the written tests reach %s, want %s", name, got, want)
			}
		}
	}
	if share := all.Share(cover.Transition); share.Percent() < transitions {
		t.Errorf("the written tests reach %s of all transitions, less than %d%%", share, transitions)
	}
}

func shares(f cover.File) string {
	text := func(k cover.Kind) string { return fmt.Sprintf("%ss %d/%d", k, f.Share(k).Reached, f.Share(k).All) }
	return text(cover.Step) + ", " + text(cover.Outcome) + ", " + text(cover.Prompt)
}

// written is what the tests reach that are written of a flow from nothing.
func written(t *testing.T, root fs.FS, name string) (own cover.File) {
	t.Helper()
	f, list, err := flow.Load(root, name)
	if f == nil {
		t.Fatal(name, list, err)
	}
	r, err := missing.Write(t.Context(), f, explored(t, f), missing.Options{})
	if err != nil {
		t.Fatal(name, err)
	}
	file := path.Join(path.Dir(name), "written.ivr-test.yaml")
	text := r.File("./" + path.Base(name))
	var tally cover.Tally
	rep, list, err := testkit.RunFile(t.Context(), file, testkit.Options{FS: both{root, fstest.MapFS{file: {Data: text}}}, Cover: &tally})
	if err != nil || list.HasErrors() || !rep.Passed() {
		var b strings.Builder
		_ = rep.Print(&b) // a Builder takes everything
		t.Errorf("%s: the tests that were written do not all pass: %v\n%s\n%s\n%s", name, err, list, b.String(), text)
	}
	for _, one := range tally.Report().Files {
		if one.Name == name {
			own = one
		}
	}
	return own
}

// both are two file systems; the second has what the first has not.
type both struct {
	fs.FS
	more fs.FS
}

// Open opens a file of either.
func (b both) Open(name string) (fs.File, error) {
	if f, err := b.FS.Open(name); err == nil {
		return f, nil
	}
	return b.more.Open(name)
}
