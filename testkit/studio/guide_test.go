package studio_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/studio"
)

var (
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	linked  = regexp.MustCompile(`\]\(#([^)]*)\)`)
	mark    = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// A guide names every key of every menu, and its links lead to headings as GitHub
// and GitLab name them.
func TestGuide(t *testing.T) {
	names, err := filepath.Glob("../../examples/*/*.ivr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ready, err := filepath.Glob("../../flows/*/*.ivr.yaml")
	if err != nil || len(names)+len(ready) < 25 {
		t.Fatalf("%d flows: %v", len(names)+len(ready), err)
	}
	for _, name := range append(names, ready...) {
		f := load(t, os.DirFS("../.."), strings.TrimPrefix(filepath.ToSlash(name), "../../"))
		text := studio.Guide(f, f.Locales[0])
		there := map[string]bool{}
		for _, m := range heading.FindAllStringSubmatch(text, -1) {
			slug := strings.ReplaceAll(mark.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")
			if there[slug] {
				t.Errorf("%s: the heading %q is there twice", f.Name, m[1])
			}
			there[slug] = true
		}
		for _, m := range linked.FindAllStringSubmatch(text, -1) {
			if !there[m[1]] {
				t.Errorf("%s: a link leads to #%s, which is nowhere", f.Name, m[1])
			}
		}
		for _, member := range f.Members() {
			for _, s := range member.Steps {
				if menu, ok := s.Spec.(*flow.Menu); ok && s.Parent == flow.None {
					keysAreThere(t, f, menu, text)
				}
			}
		}
		if strings.Contains(text, "\n\n\n") || strings.Contains(text, "%!") {
			t.Errorf("%s: the guide has empty paragraphs, or words for nobody:\n%s", f.Name, text)
		}
	}
}

func keysAreThere(t *testing.T, f *flow.Flow, menu *flow.Menu, text string) {
	t.Helper()
	for _, e := range menu.Entries {
		key := "**" + strings.ReplaceAll(e.Keys, "*", "∗") + "**"
		if !strings.Contains(text, "Press "+key) && !strings.Contains(text, "("+key+")") {
			t.Errorf("%s: the guide does not name the key %s", f.Name, e.Keys)
		}
	}
}
