package cover_test

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/machine"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/cover"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// The tests of the examples and of the ready-made flows reach every step, outcome and
// prompt, but for those of which is proved that no call can.
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
	for _, pattern := range []string{"examples/*/*.ivr.yaml", "flows/*/*.ivr.yaml"} {
		all, err := fs.Glob(root, pattern)
		if err != nil || len(all) == 0 {
			t.Fatal(all, err)
		}
		for _, name := range all {
			for _, complaint := range judge(t, root, name, tally) {
				t.Error(complaint)
			}
		}
	}
}

// judge says what of a flow the tests do not reach, although a call can, as far as is
// known; and what they reach, although it is proved that no call can.
func judge(t *testing.T, fsys fs.FS, name string, tally *cover.Tally) (complaints []string) {
	t.Helper()
	f, list, err := flow.Load(fsys, name)
	if f == nil {
		t.Fatal(name, list, err)
	}
	files := tally.Report().Files
	i := slices.IndexFunc(files, func(f cover.File) bool { return f.Name == name })
	if i < 0 {
		return []string{"no test plays " + name}
	}
	missing := cover.Report{Files: files[i : i+1]}.Missing(cover.Step, cover.Outcome, cover.Prompt)
	never := unreachable(t, f)
	for _, item := range missing {
		if !never[item] {
			complaints = append(complaints, fmt.Sprintf("%s: no test reaches the %s", item.Pos, item))
		}
	}
	for item := range never {
		if item.Pos.File == name && !slices.Contains(missing, item) {
			complaints = append(complaints, fmt.Sprintf("%s: a test reaches the %s, of which is proved that no call does", item.Pos, item))
		}
	}
	return complaints
}

// proofs are those of flows that were explored, by version and file: more than one test
// needs them.
var proofs = map[string]*prove.Report{}

func explored(t *testing.T, f *flow.Flow) *prove.Report {
	t.Helper()
	key := f.Version + f.File
	if proofs[key] == nil {
		r, err := prove.Run(t.Context(), f, prove.Options{})
		if err != nil {
			t.Fatal(err)
		}
		proofs[key] = r
	}
	return proofs[key]
}

// unreachable are the steps and outcomes of which is proved that no call reaches them.
func unreachable(t *testing.T, f *flow.Flow) map[cover.Item]bool {
	t.Helper()
	r := explored(t, f)
	never := map[cover.Item]bool{}
	if !r.Complete || len(r.Doubts) > 0 {
		return never
	}
	made := map[cover.Way]bool{}
	for _, m := range r.Made() {
		made[cover.Way{Flow: m.Flow, Move: machine.Move{From: m.From, Trigger: m.Trigger, To: m.To}}] = true
	}
	var tally cover.Tally
	counter := tally.Add(f, "")
	for _, item := range tally.Report().Missing(cover.Step, cover.Outcome) {
		if !slices.ContainsFunc(counter.Ways(item), func(w cover.Way) bool { return made[w] }) {
			never[item] = true
		}
	}
	return never
}

const dead = `
ivr: 1
flow: dead
prompts: {hello: Hello.}
start: main
states:
  main:
    - collect: pin
      prompt: hello
      gave_up: end
    - switch:
        - {when: pin == "12", then: never}
        - {when: pin == "1234", then: sometimes}
    - end
  never: [end]
  sometimes: [end]
vars: {pin: {type: digits, length: 4}}
`

// What no call can reach need not be tested; what one can must be.
func TestJudge(t *testing.T) {
	files := fstest.MapFS{
		"dead.ivr.yaml":      {Data: []byte(dead)},
		"dead.ivr-test.yaml": {Data: []byte("flow: ./dead.ivr.yaml\ntests:\n  one: {call: [{press: \"4321\"}]}\n  none: {call: [{silence: gave_up}]}\n")},
	}
	tally := &cover.Tally{}
	rep, list, err := testkit.RunFile(t.Context(), "dead.ivr-test.yaml", testkit.Options{FS: files, Cover: tally})
	if err != nil || list.HasErrors() || !rep.Passed() {
		t.Fatal(rep, list, err)
	}
	got := strings.Join(judge(t, files, "dead.ivr.yaml", tally), "\n")
	if strings.Contains(got, "never") || strings.Contains(got, "case_1") || !strings.Contains(got, "no test reaches the outcome case_2 of main.2") || !strings.Contains(got, "no test reaches the step sometimes.1") {
		t.Errorf("complaints:\n%s", got)
	}
}
