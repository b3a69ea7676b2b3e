package testkit

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// Rules of the findings in test files.
const (
	ruleMissing   = "missing-key"
	ruleFile      = "file"
	ruleVerb      = "unknown-verb"
	rulePrompt    = "unknown-prompt"
	ruleAction    = "unknown-action"
	ruleOutcome   = "unknown-outcome"
	ruleVariable  = "unknown-variable"
	ruleConfig    = "unknown-config"
	ruleState     = "unknown-state"
	ruleValue     = "value"
	ruleNotYet    = "not-in-version"
	ruleReserved  = "reserved-name"
	testExtension = ".ivr-test.yaml"
	flowExtension = ".ivr.yaml"
)

// suite is a test file that was read, with its flow.
type suite struct {
	file    string
	flow    *flow.Flow
	tests   []test
	sources map[string][]byte // of both files, by name
}

// test is one test of a file.
type test struct {
	name   string
	pos    diag.Pos
	given  Given
	strict bool
	steps  []step
	expect expectation
}

// step is one step of the caller.
type step struct {
	pos diag.Pos
	run func(*talk) *Failure
}

// reader reads one test file.
type reader struct {
	fsys fs.FS
	file string
	how  flow.Options
	list diag.List
	flow *flow.Flow

	verbs []verb
}

// testFile is the name of the test file that a path means: itself, or the one
// beside a flow.
func testFile(name string) (string, error) {
	if strings.HasSuffix(name, testExtension) {
		return name, nil
	}
	if base, ok := strings.CutSuffix(name, flowExtension); ok {
		return base + testExtension, nil
	}
	return "", fmt.Errorf("%s is neither a flow (NAME%s) nor a test file (NAME%s)", name, flowExtension, testExtension)
}

// read reads a test file and its flow. The suite is nil if the list has
// errors; the list has the flow's warnings out.
func read(fsys fs.FS, name string, how flow.Options) (*suite, diag.List, error) {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, nil, fmt.Errorf("reading tests: %w", err)
	}
	r := &reader{fsys: fsys, file: name, how: how}
	s := r.text(src)
	return s, r.list, nil
}

// text reads the text of a test file. The suite is nil if there are errors.
func (r *reader) text(src []byte) *suite {
	s := &suite{file: r.file, flow: r.flow, sources: map[string][]byte{r.file: src}}
	root, list := tree.Parse(r.file, src)
	r.list = list
	if root != nil {
		r.suite(root, s)
	}
	r.list.Sort()
	if r.list.HasErrors() {
		return nil
	}
	return s
}

func (r *reader) suite(root *tree.Node, s *suite) {
	entries := map[string]tree.Entry{}
	for _, e := range root.MeantFields(&r.list, "a test file", "flow", "given", "tests") {
		entries[e.Key] = e
	}
	for _, need := range []string{"flow", "tests"} {
		if _, ok := entries[need]; !ok && root.Kind == tree.Map {
			r.list.Errorf(root.Pos, ruleMissing, "the test file has no %s:; it needs flow: ./NAME%s and tests:", need, flowExtension)
		}
	}
	if r.list.HasErrors() || r.flow == nil && !r.loadFlow(entries["flow"].Value, s) {
		return
	}
	tests := entries["tests"].Value
	if tests.Kind != tree.Map {
		tests.Wrong(&r.list, "a map of tests, each under its name")
		return
	}
	if len(tests.Entries) == 0 && !tests.Hurt() {
		r.list.Errorf(tests.Pos, ruleMissing, "there is no test; write one, such as NAME: {call: [{hears: PROMPT}, hang_up]}")
	}
	for _, e := range tests.Entries {
		s.tests = append(s.tests, r.test(e, entries["given"]))
	}
}

// loadFlow loads the flow that the tests are for. Its errors are findings of
// the tests too: they cannot run.
func (r *reader) loadFlow(n *tree.Node, s *suite) bool {
	name, ok := n.Str(&r.list)
	if !ok {
		return false
	}
	full := path.Join(path.Dir(r.file), name)
	if path.IsAbs(name) || !fs.ValidPath(full) {
		r.list.Errorf(n.Pos, ruleFile, "%q is not a path inside the project; write it relative to this file, with /", name)
		return false
	}
	f, list, err := flow.LoadWith(r.fsys, full, r.how)
	if err != nil {
		r.list.Errorf(n.Pos, ruleFile, "the flow %q cannot be read: %s", name, cause(err))
		return false
	}
	if f == nil {
		r.list = append(r.list, list...)
	}
	s.flow, r.flow = f, f
	if f != nil {
		maps.Copy(s.sources, sourcesOf(f, r.fsys))
	}
	return f != nil
}

// cause is the reason of a file error, without the path that is known anyway.
func cause(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

func (r *reader) test(e tree.Entry, common tree.Entry) test {
	t := test{name: e.Key, pos: e.KeyPos}
	var given *tree.Node
	hasCall := false
	for _, e := range e.Value.Fields(&r.list, "a test", "given", "call", "expect", "strict") {
		switch e.Key {
		case "given":
			given = e.Value
		case "call":
			hasCall = true
			t.steps = r.steps(e.Value)
		case "expect":
			t.expect = r.expect(e.Value)
		case "strict":
			t.strict, _ = e.Value.Bool(&r.list)
		}
	}
	if e.Value.Kind == tree.Map && !hasCall {
		r.list.Errorf(e.KeyPos, ruleMissing, "the test %q has no call:, the list of what the caller does and hears", e.Key)
	}
	t.given = r.given(given, common.Value)
	return t
}

// steps reads what the caller does.
func (r *reader) steps(n *tree.Node) []step {
	var steps []step
	for _, item := range n.ListItems() {
		word, value := item.Value, (*tree.Node)(nil)
		pos := item.Pos
		switch {
		case item.Kind == tree.Map && len(item.Entries) == 1:
			word, value, pos = item.Entries[0].Key, item.Entries[0].Value, item.Entries[0].KeyPos
		case item.Kind != tree.Scalar || item.Tag != tree.TagString:
			item.Wrong(&r.list, "one step such as {hears: welcome} or hang_up")
			continue
		}
		if run := r.verb(pos, word, value); run != nil {
			steps = append(steps, step{pos, run})
		}
	}
	return steps
}

// verb reads one step of the caller.
func (r *reader) verb(pos diag.Pos, word string, value *tree.Node) func(*talk) *Failure {
	if r.verbs == nil {
		r.verbs = verbs()
	}
	all := r.verbs
	i := slices.IndexFunc(all, func(v verb) bool { return v.name == word })
	if i < 0 {
		var names []string
		for _, v := range all {
			names = append(names, v.name)
		}
		hint := diag.DidYouMean(word, names)
		if hint == "" {
			hint = "; a caller can " + diag.OneOf(names)
		}
		r.list.Errorf(pos, ruleVerb, "no step %q%s", word, hint)
		return nil
	}
	v := all[i]
	switch {
	case v.read == nil:
		r.list.Errorf(pos, ruleNotYet, "%s is not in this version: %s", v.name, v.why)
		return nil
	case value != nil && value.Null():
		value = nil
	}
	if value == nil && !v.bare {
		r.list.Errorf(pos, ruleMissing, "%s needs %s", v.name, v.why)
		return nil
	}
	return v.read(r, value)
}
