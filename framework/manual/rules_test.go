package manual_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/diag"
)

var ruleDeclared = regexp.MustCompile(`(?m)^\s*[rR]ule\w+\s*=\s*"([a-z-]+)"`)

// rules are those that the loader can name, as its source says.
func rules(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, file := range []string{"../flow/rules.go", "../schedule/rules.go", "../tree/value.go", "../tree/parse.go"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ruleDeclared.FindAllStringSubmatch(string(src), -1) {
			all = append(all, m[1])
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) < 40 {
		t.Fatalf("found only %d rules", len(all))
	}
	return all
}

// Every rule has a section with a bad example that breaks it and a good one
// that breaks nothing, and says truly whether it is an error.
func TestDiagnosticsPage(t *testing.T) {
	byRule := map[string][]block{}
	var headings []string
	for _, b := range blocks(t, "diagnostics") {
		byRule[b.section] = append(byRule[b.section], b)
	}
	intro := map[string]string{}
	text := source(t, "diagnostics")
	for _, part := range strings.Split(text, "\n## ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		headings = append(headings, heading)
		intro[heading] = strings.TrimSpace(body)
	}
	all := rules(t)
	if !slices.IsSorted(headings) {
		t.Error("the sections are not in the order of the alphabet")
	}
	for _, rule := range all {
		if !slices.Contains(headings, rule) {
			t.Errorf("no section for %s", rule)
		}
	}
	for _, rule := range headings {
		switch {
		case !slices.Contains(all, rule):
			t.Errorf("a section for %s, which is no rule", rule)
		case rule != "machine": // which no file can break
			checkRule(t, rule, intro[rule], byRule[rule])
		}
	}
}

func checkRule(t *testing.T, rule, intro string, examples []block) {
	t.Helper()
	bad, good := 0, 0
	for _, b := range examples {
		form, ok := strings.CutPrefix(b.kind, "yaml ")
		if !ok {
			continue
		}
		list := findings(t, b, form).list
		i := slices.IndexFunc(list, func(d diag.Diagnostic) bool { return d.Rule == rule })
		switch {
		case i < 0 && len(list) == 0:
			good++
		case i >= 0:
			bad++
			if word := map[diag.Severity]string{diag.Error: "Error.", diag.Warning: "Warning."}[list[i].Severity]; !strings.HasPrefix(intro, word) {
				t.Errorf("the section of %s does not begin with %q", rule, word)
			}
		}
	}
	if bad == 0 || good == 0 {
		t.Errorf("%s has %d bad and %d good examples", rule, bad, good)
	}
}
