package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/testkit/script"
)

// Every row of the language's tables of verbs is played: each outcome of each
// verb arises in some conversation, and each option is written in some.
func TestRows(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		result, err := script.Play(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		outcomesOf(result, seen)
		for name, src := range result.Files {
			if strings.HasSuffix(name, ".ivr.yaml") {
				optionsOf(name, src, seen)
			}
		}
	}
	for _, v := range flow.Verbs() {
		for _, o := range v.Outcomes {
			t.Run(v.Name+" outcome "+o.Name, func(t *testing.T) { wantRow(t, seen) })
		}
		for _, o := range v.Options {
			t.Run(v.Name+" option "+o.Name, func(t *testing.T) { wantRow(t, seen) })
		}
	}
}

func wantRow(t *testing.T, seen map[string]bool) {
	t.Helper()
	_, row, _ := strings.Cut(t.Name(), "/")
	if !seen[strings.ReplaceAll(row, "_", " ")] {
		t.Error("no conversation plays it")
	}
}

func row(verb, what, name string) string {
	return strings.ReplaceAll(verb+" "+what+" "+name, "_", " ")
}

// outcomesOf notes the outcomes that arose.
func outcomesOf(r script.Result, seen map[string]bool) {
	last := map[string]string{} // flow -> the state in which its machine was
	for _, m := range r.Moves {
		if step, _ := r.Flow.StepAt(m.Flow, last[m.Flow]); step != nil {
			outcome, _, _ := strings.Cut(m.Trigger, ".")
			seen[row(step.Spec.Verb(), "outcome", outcome)] = true
		}
		last[m.Flow] = m.State
	}
}

// optionsOf notes the options that a flow's steps have.
func optionsOf(name string, src []byte, seen map[string]bool) {
	verbs := map[string]flow.Verb{}
	for _, v := range flow.Verbs() {
		verbs[v.Name] = v
	}
	var walk func(n *tree.Node)
	walk = func(n *tree.Node) {
		for _, item := range n.Items {
			walk(item)
		}
		for _, e := range n.Entries {
			if v, ok := verbs[e.Key]; ok {
				if v.Main != "" {
					seen[row(v.Name, "option", v.Main)] = true
				}
				for _, of := range [][]tree.Entry{n.Entries, e.Value.Entries} {
					for _, o := range of {
						seen[row(v.Name, "option", o.Key)] = true
					}
				}
			}
			walk(e.Value)
		}
	}
	root, list := tree.Parse(name, src)
	if root != nil && !list.HasErrors() {
		walk(root)
	}
}
