package flow_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/tree"
)

func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(flow.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("flow.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("flow.json") // which validates it against draft-07
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance is a YAML tree as JSON, as the YAML language server sees it.
func instance(n *tree.Node) any {
	switch n.Kind {
	case tree.Map:
		m := map[string]any{}
		for _, e := range n.Entries {
			m[e.Key] = instance(e.Value)
		}
		return m
	case tree.List:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, instance(item))
		}
		return list
	case tree.Scalar:
	}
	switch n.Tag {
	case tree.TagNull:
		return nil
	case tree.TagBool:
		return strings.EqualFold(n.Value, "true")
	case tree.TagInt, tree.TagFloat:
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}

// complaint is a place at which the schema says that something is wrong.
type complaint struct {
	path []string // states, main, 0, play
	deep bool     // only the length of path and its last element are sure
}

// near says that a complaint is at a place, or at what the place stands in.
func (f complaint) near(place []string) bool {
	for _, at := range [][]string{place, place[:max(len(place)-1, 0)]} {
		last := len(f.path) - 1
		if slices.Equal(f.path, at) || f.deep && len(at) == len(f.path) && at[last] == f.path[last] {
			return true
		}
	}
	return false
}

// above says that a complaint is about something that a place stands in, such
// as an unknown section; not about the whole file.
func (f complaint) above(place []string) bool {
	return len(f.path) > 0 && len(f.path) <= len(place) && slices.Equal(f.path, place[:len(f.path)])
}

// faults are what the schema says of a file.
func faults(t testing.TB, s *jsonschema.Schema, n *tree.Node) []complaint {
	t.Helper()
	err := s.Validate(instance(n))
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		t.Fatal(err)
	}
	var found []complaint
	leaves(invalid, func(e *jsonschema.ValidationError) {
		at := slices.Clone(e.InstanceLocation)
		switch k := e.ErrorKind.(type) {
		case *kind.AdditionalProperties:
			for _, p := range k.Properties {
				found = append(found, complaint{path: append(slices.Clone(at), p)})
			}
		case *kind.PropertyNames: // whose location the library writes over
			found = append(found, complaint{path: append(at, k.Property), deep: true})
		default:
			found = append(found, complaint{path: at})
		}
	})
	return found
}

func leaves(e *jsonschema.ValidationError, see func(*jsonschema.ValidationError)) {
	if _, names := e.ErrorKind.(*kind.PropertyNames); names || len(e.Causes) == 0 {
		see(e)
		return
	}
	for _, c := range e.Causes {
		leaves(c, see)
	}
}

// placeOf is the place of the entry or value that stands at a position: the
// innermost that begins there or, if none does, that begins before it.
func placeOf(n *tree.Node, pos diag.Pos) []string {
	var best []string
	var bestPos diag.Pos
	see := func(p diag.Pos, path []string) {
		if (p.Line < pos.Line || p.Line == pos.Line && p.Col <= pos.Col) &&
			(p.Line > bestPos.Line || p.Line == bestPos.Line && p.Col >= bestPos.Col) {
			best, bestPos = slices.Clone(path), p
		}
	}
	var walk func(n *tree.Node, path []string)
	walk = func(n *tree.Node, path []string) {
		see(n.Pos, path)
		for _, e := range n.Entries {
			see(e.KeyPos, append(path, e.Key))
			walk(e.Value, append(path, e.Key))
		}
		for i, item := range n.Items {
			walk(item, append(path, strconv.Itoa(i)))
		}
	}
	walk(n, nil)
	return best
}

// projectFlows are all flow files of the project.
func projectFlows(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	err := filepath.WalkDir("../..", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == ".git" || e.Name() == "bin"):
			return fs.SkipDir
		case strings.HasSuffix(name, ".ivr.yaml"):
			found[name], err = os.ReadFile(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// What loads is valid: examples, ready-made flows, and what tests use.
func TestSchemaTakesGoodFlows(t *testing.T) {
	s := compiledSchema(t)
	good := 0
	for name, src := range projectFlows(t) {
		f, _, err := flow.Load(os.DirFS(filepath.Dir(name)), filepath.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		if f == nil {
			continue
		}
		good++
		root, _ := tree.Parse(name, src)
		if got := faults(t, s, root); len(got) > 0 {
			t.Errorf("%s: the schema refuses %v", name, got)
		}
	}
	if good < 10 {
		t.Errorf("only %d good flows", good)
	}
}

// sight is how much of a rule a schema can see.
type sight struct {
	all, some bool
	why       string // not all
}

// sights says of every rule how much of it the schema sees.
func sights() map[string]sight {
	all := sight{all: true}
	some := func(why string) sight { return sight{some: true, why: why} }
	never := func(why string) sight { return sight{why: why} }
	names, paths, form := "it does not compare places", "it does not follow paths", "it does not read what a text says"
	return map[string]sight{
		"unknown-key": all, "duration": all, "ill-formed-name": all, "reserved-name": all,
		"unknown-verb": all, "one-verb": all, "unknown-holiday-region": all, "unknown-timezone": all,

		"invariant":        some("it sees the form, and does not look up names"),
		"wrong-type":       some("it knows no types of variables where they are used"),
		"unquoted-digits":  some("it knows no types of variables where they are used"),
		"missing-key":      some("an option may stand in the verb's map, beside it or in defaults"),
		"http":             some("it does not count the methods of a request, nor compare places"),
		"range":            some("the table has no ranges of durations"),
		"target":           some("it does not count targets that stand in two places"),
		"unknown-outcome":  some("the outcomes of an action are names"),
		"unknown-prompt":   some("a name may be a prompt's or not"),
		"path-runs-out":    some("only states without steps"),
		"too-many-prompts": some("it does not add up prompts"),

		"duplicate-key": never("it sees the last of two keys"), "syntax": never("there is nothing to check"),
		"yaml-feature": never("editors read more of YAML"), "too-large": never("a limit of the loader"),
		"unknown-state": never(names), "unknown-variable": never(names), "unknown-action": never(names),
		"unknown-locale": never(names), "unknown-flow": never("it reads no files"), "shared-name": never(names), "unknown-schedule": never(names), "unknown-group": never(names), "duplicate-id": never(names),
		"unhandled-outcome": never("a handler may stand in defaults and in handlers"), "dynamic-target": never(names),
		"unreachable-state": never(paths), "unreachable-step": never(paths), "endless-loop": never(paths),
		"unset-variable": never(paths), "redirect-after-answer": never(paths), "late-answer": never(paths),
		"no-audio-here": never(paths), "no-call-yet": never(paths), "forgotten-outcome": never("it does not know what an action or a flow declares"), "no-way-out": never(paths),
		"wrong-kind": never("it has the verbs of all kinds"),
		"ssml":       never(form), "wav": never("it reads no files"), "file": never("it reads no files"), "machine": never("no file can break it"),
		"expression": never(form), "bad-schedule": never(form), "sensitive-sink": never(form), "never-typed": never(form),

		"unused-prompt": never("a warning"), "unrecorded-words": never("a warning"), "unused-variable": never("a warning"), "unused-action": never("a warning"),
		"unused-schedule": never("a warning"), "unused-group": never("a warning"), "menu-ambiguity": never("a warning"), "long-menu": never("a warning"),
		"missing-translation": never("a warning"), "short-first-key": never("a warning"), "lost-recording": never("a warning"),
		"hidden-caller": never("a warning"), "no-holidays": never("a warning"), "never-open": never("a warning"),
	}
}

var declaredRule = regexp.MustCompile(`(?m)^\s*[rR]ule\w+\s*=\s*"([a-z-]+)"`)

// Every rule is one that the schema sees, or one of which the table says why
// it does not.
func TestSchemaKnowsRules(t *testing.T) {
	table := sights()
	found := 0
	for _, file := range []string{"rules.go", "../schedule/rules.go", "../tree/value.go", "../tree/parse.go"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declaredRule.FindAllStringSubmatch(string(src), -1) {
			found++
			if _, ok := table[m[1]]; !ok {
				t.Errorf("say in sights whether the schema sees %s", m[1])
			}
		}
	}
	if found < len(table) {
		t.Errorf("%d rules are declared, and the table has %d", found, len(table))
	}
}

// open says that a key is a name that the author gave to something else, such
// as an action's outcome or a flow's parameter, or that a step's verb has it,
// but only with some options; or that it is the http of an action, with which
// the action's inputs cannot have some names.
func open(root *tree.Node, place []string) bool {
	if len(place) < 2 {
		return false
	}
	last, above := place[len(place)-1], place[len(place)-2]
	step := at(root, place[:len(place)-1])
	return place[0] == "actions" && len(place) == 3 && last == "http" || slices.Contains([]string{"handlers", "with", "into"}, above) || slices.ContainsFunc(flow.Verbs(), func(v flow.Verb) bool {
		_, short := step.Entry(v.Name)
		return (short || above == v.Name) && (slices.ContainsFunc(v.Options, func(o flow.Option) bool { return o.Name == last }) ||
			slices.ContainsFunc(v.Outcomes, func(o flow.Outcome) bool { return o.Name == last }))
	})
}

// at is the node at a place.
func at(n *tree.Node, place []string) *tree.Node {
	for _, key := range place {
		if i, err := strconv.Atoi(key); err == nil && n.Kind == tree.List {
			n = n.Items[i]
		} else if e, ok := n.Entry(key); ok {
			n = e.Value
		}
	}
	return n
}

// What the loader says of bad flows the schema says too, at the same place or
// at the one around it, if it can see it at all.
func TestSchemaSeesFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/err/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, seen := compiledSchema(t), map[string]int{}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		root, list := tree.Parse(file, src)
		if root == nil || len(list) > 0 {
			continue // not what a schema is for
		}
		got := faults(t, s, root)
		if _, list, err = flow.Load(os.DirFS("testdata/err"), filepath.Base(file)); err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			place := placeOf(root, d.Pos)
			switch {
			case d.Pos.File != filepath.Base(file):
			case slices.ContainsFunc(got, func(f complaint) bool { return f.near(place) }):
				seen[d.Rule]++
			case sights()[d.Rule].all && !open(root, place):
				t.Errorf("%s: the schema does not see it\n%v", d, got)
			}
		}
		if len(got) > 0 && !list.HasErrors() {
			t.Errorf("%s: the schema refuses what has warnings only: %v", file, got)
		}
	}
	for rule, sight := range sights() {
		if seen[rule] == 0 && (sight.all || sight.some) {
			t.Errorf("the schema sees no case of %s", rule)
		}
	}
}

// Damaged flows that load are valid, and those with a fault that the schema
// sees are not.
func TestSchemaAgrees(t *testing.T) {
	s := compiledSchema(t)
	loaded, refused := 0, 0
	damagedFlows(t, func(text string, f *flow.Flow, list diag.List) {
		switch {
		case !agrees(t, s, "f.yaml", text, f, list): // not YAML
		case f != nil:
			loaded++
		default:
			refused++
		}
	})
	if loaded < *mutations/100 || refused < *mutations/10 {
		t.Errorf("only %d flows loaded, and %d did not", loaded, refused)
	}
}

// agrees compares what the schema says of a flow with what the loader said. It
// reports false if the text is no YAML.
func agrees(t *testing.T, s *jsonschema.Schema, file, text string, f *flow.Flow, list diag.List) bool {
	t.Helper()
	root, broken := tree.Parse(file, []byte(text))
	if root == nil || len(broken) > 0 {
		return false
	}
	got := faults(t, s, root)
	if f != nil {
		if len(got) > 0 {
			t.Errorf("this loads, and the schema refuses %v\n%s", got, text)
		}
		return true
	}
	table := sights()
	for _, d := range list {
		if !table[d.Rule].all || d.Pos.File != file {
			continue
		}
		place := placeOf(root, d.Pos)
		if !open(root, place) && !slices.ContainsFunc(got, func(f complaint) bool { return f.near(place) || f.above(place) }) {
			t.Errorf("the schema does not see %s, but %v\n%s", d, got, text)
		}
	}
	return true
}

// As many targets as the platform takes at once, and not one more: redirect rings 25,
// invite asks 5.
func TestSchemaCountsTargets(t *testing.T) {
	s := compiledSchema(t)
	for _, c := range []struct {
		kind, before, step string
		most               int
	}{
		{"incoming", "", "{redirect: {to: [%s], failed: end}}", 25},
		{"meeting", "{join: , failed: end}, ", "{invite: {to: [%s], failed: end}}, end", 5},
		{"meeting", "{join: , failed: end}, ", "{invite: [%s], failed: end}, end", 5},
	} {
		for n := c.most; n <= c.most+1; n++ {
			var who []string
			for i := range n {
				who = append(who, fmt.Sprintf("{user: 5f0c7c7e-0000-4000-8000-0000000000%02d}", i))
			}
			src := fmt.Sprintf("ivr: 1\nflow: many\nkind: %s\nstart: main\nstates:\n  main: [%s%s]\n", c.kind, c.before, fmt.Sprintf(c.step, strings.Join(who, ", ")))
			root, list := tree.Parse("many.ivr.yaml", []byte(src))
			if root == nil || len(list) > 0 {
				t.Fatal(list)
			}
			f, list, err := flow.Load(fstest.MapFS{"many.ivr.yaml": {Data: []byte(src)}}, "many.ivr.yaml")
			if err != nil {
				t.Fatal(err)
			}
			good := n <= c.most
			if loads, fits := f != nil, len(faults(t, s, root)) == 0; loads != good || fits != good {
				t.Errorf("%s with %d targets: the loader takes it %t, the schema %t, want %t\n%s", c.step, n, loads, fits, good, list)
			}
		}
	}
}
