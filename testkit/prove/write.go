package prove

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Test is a call as a test of the flow, in the form of NAME.ivr-test.yaml.
type Test struct {
	Name   string
	Given  map[string]any
	Steps  []any // each a word, or a map with one key
	Expect map[string]any
}

// errUnsaid is why there is no test of a finding.
var errUnsaid = errors.New("a test cannot say this")

// TestsOf are a call as tests that expect nothing, and that play it in more and more
// detail: with the first, which a person would write, it may go another way. The error
// says that a test cannot say what happens in the call.
func (r *Report) TestsOf(call *Call) (all []*Test, err error) {
	for _, exact := range []bool{false, true} {
		w, err := r.graph.written(call)
		if err != nil {
			return nil, err
		}
		for kind, answers := range w.graph {
			if answers[len(answers)-1] != well { // only what the call needs fails
				w.graph[kind] = append(answers, well)
			}
		}
		t := w.test(exact)
		if named := t.named(); !exact && named.Text() != t.Text() {
			all = append(all, named)
		}
		all = append(all, t)
		if faults := w.graph["playPrompt"]; w.meeting.late && slices.Contains(faults, any(403)) {
			w.graph["playPrompt"] = append([]any{well}, faults...) // those who are there are greeted before
			all = append(all, w.test(exact))
		}
	}
	return all, nil
}

// test is the call as a test, with all that it needs. One that is exact waits for
// the end of each prompt, and has all times.
func (w *testWriter) test(exact bool) *Test {
	return &Test{Given: w.given(exact), Steps: steps(w.doings, exact), Expect: w.expects}
}

// named is the test with a word for texts of which nothing is known: they have the form
// of an object id, in case somebody is called by it.
func (t *Test) named() *Test {
	given, _ := inWords(t.Given).(map[string]any)
	steps, _ := inWords(t.Steps).([]any)
	return &Test{t.Name, given, steps, t.Expect}
}

func inWords(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, someID, "something")
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = inWords(v[i])
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for name, x := range v {
			all[name] = inWords(x)
		}
		return all
	}
	return v
}

// Text is the test in YAML, as one of the map of tests of a file.
func (t *Test) Text() string {
	var b strings.Builder
	name := t.Name
	if !plainName.MatchString(name) {
		name = inYAML(name)
	}
	fmt.Fprintf(&b, "  %s:\n", name)
	writeMap(&b, "    ", "given", t.Given)
	b.WriteString("    call:")
	if len(t.Steps) == 0 {
		b.WriteString(" []")
	}
	b.WriteByte('\n')
	for _, s := range t.Steps {
		text := inYAML(s)
		if m, ok := s.(map[string]any); ok && len(m) == 1 {
			text = text[1 : len(text)-1]
		}
		fmt.Fprintf(&b, "      - %s\n", text)
	}
	writeMap(&b, "    ", "expect", t.Expect)
	return b.String()
}

// longLine is how long a line with a map may be.
const longLine = 100

// writeMap writes a map that is not empty in one line, or one a key.
func writeMap(b *strings.Builder, indent, name string, m map[string]any) {
	if len(m) == 0 {
		return
	}
	if line := indent + name + ": " + inYAML(m); len(line) <= longLine {
		b.WriteString(line + "\n")
		return
	}
	b.WriteString(indent + name + ":\n")
	for _, key := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(b, "%s  %s: %s\n", indent, inYAML(key), inYAML(m[key]))
	}
}

// inYAML is a value in one line of YAML, as people write it.
func inYAML(v any) string {
	switch v := v.(type) {
	case string:
		if plainWord.MatchString(v) && !yamlWord.MatchString(v) || plainTime.MatchString(v) {
			return v
		}
	case []any:
		return "[" + joinedBy(len(v), func(i int) string { return inYAML(v[i]) }) + "]"
	case []string:
		return "[" + joinedBy(len(v), func(i int) string { return inYAML(v[i]) }) + "]"
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		return "{" + joinedBy(len(v), func(i int) string { return inYAML(names[i]) + ": " + inYAML(v[names[i]]) }) + "}"
	}
	text, err := json.Marshal(v) // a text, a number or a bool
	if err != nil {
		return "null"
	}
	return string(text)
}

var (
	plainWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)
	// plainTime is an object id, a duration or an instant.
	plainTime = regexp.MustCompile(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|([0-9]+(\.[0-9]+)?(h|m|s|ms))+|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z)$`)
	plainName = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9 _./*()'-]*[A-Za-z0-9_*)])?$`)
	// yamlWord is read as something else than text, by some version of YAML.
	yamlWord = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|y|n|null)$`)
)

// shortest is a list of which the last item repeats, in as few words as possible.
func shortest(list []any) any {
	for n := len(list); n > 1 && inYAML(list[n-1]) == inYAML(list[n-2]); n-- {
		list = list[:n-1]
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

func joinedBy(n int, item func(int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = item(i)
	}
	return strings.Join(parts, ", ")
}
