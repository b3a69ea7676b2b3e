package testkit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// renewal is what a test could expect in the place of what did not come: a value,
// or a list of items, in YAML. The zero renewal is none.
type renewal struct {
	text  string
	list  bool
	items []string
}

func namesRenewed(names []string) renewal {
	r := renewal{list: true}
	for _, name := range names {
		r.items = append(r.items, yamlText(name))
	}
	return r
}

func targetText(t ivr.Target) string { return "{" + string(t.Kind) + ": " + yamlText(t.ID) + "}" }

var (
	bareForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)
	// yamlWords are read as something else than text, by some version of YAML.
	yamlWords = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|y|n|null)$`)
)

// yamlText is a value as a test file has it, in one line.
func yamlText(v any) string {
	switch v := v.(type) {
	case string:
		if bareForm.MatchString(v) && !yamlWords.MatchString(v) || guidForm.MatchString(v) {
			return v
		}
	case []any:
		items := make([]string, len(v))
		for i := range v {
			items[i] = yamlText(v[i])
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		var items []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			items = append(items, yamlText(name)+": "+yamlText(v[name]))
		}
		return "{" + strings.Join(items, ", ") + "}"
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return `""` // no value of a flow
	}
	return strings.TrimSpace(b.String())
}

// Renewed is a test file whose tests expect what now happens.
type Renewed struct {
	File          string // the test file
	Before, After []byte // its text; equal if nothing was renewed
	Tests         []string
	Left          []Result // tests that fail, and that nothing but a person can mend
}

// maxRenewals is how much of one test is renewed.
const maxRenewals = 100

// Renew plays the tests of a file, as [RunFile] does, and renews in its text what
// failing tests expect: values, and prompts that are heard, where it is clear what
// came in their place. A test is renewed if it passes then, and else left as it is.
// Nothing is written.
func Renew(ctx context.Context, name string, o Options) (Renewed, diag.List, error) {
	fsys, name, err := locate(name, o)
	if err != nil {
		return Renewed{}, nil, err
	}
	if name, err = testFile(name); err != nil {
		return Renewed{}, nil, err
	}
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return Renewed{File: name}, nil, fmt.Errorf("reading tests: %w", err)
	}
	o = o.withDefaults()
	r := renewer{file: name, fsys: fsys, o: o}
	out := Renewed{File: name, Before: src, After: src}
	o.FS, o.Opened = fsys, nil
	rep, list, err := RunFile(ctx, name, o)
	if err != nil || list.HasErrors() {
		return out, list, err
	}
	for _, res := range rep.Tests {
		if res.Passed {
			continue
		}
		renewed, err := r.test(ctx, out.After, res.Name)
		switch {
		case err != nil:
			return out, list, err
		case renewed == nil:
			out.Left = append(out.Left, res)
		default:
			out.After = renewed
			out.Tests = append(out.Tests, res.Name)
		}
	}
	return out, list, nil
}

type renewer struct {
	file string
	fsys fs.FS
	o    Options
}

// test renews one test, step by step, until it passes. It answers nil if it does
// not come to that.
func (r renewer) test(ctx context.Context, src []byte, name string) ([]byte, error) {
	for range maxRenewals {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("renewing %s: %w", r.file, context.Cause(ctx))
		}
		s, _, err := read(overlay{r.fsys, r.file, src}, r.file, flow.Options{Audio: r.o.Audio})
		if err != nil {
			return nil, err
		}
		if s == nil {
			return nil, nil // what came is nothing that a test can name
		}
		i := slices.IndexFunc(s.tests, func(t test) bool { return t.name == name })
		res := s.play(s.tests[i], r.o)
		if res.Passed {
			return src, nil
		}
		edited, ok := r.edit(src, res)
		if !ok {
			return nil, nil
		}
		src = edited
	}
	return nil, nil
}

// edit puts what came in the place of what a test expects.
func (r renewer) edit(src []byte, res Result) ([]byte, bool) {
	done := false
	for _, f := range slices.Backward(res.Failures) { // from the end, so that places stay
		if !f.Renewable() {
			continue
		}
		root, _ := tree.Parse(r.file, src)
		tests, _ := root.Entry("tests")
		own, ok := tests.Value.Entry(res.Name)
		if !ok {
			return nil, false
		}
		n := nodeAt(own.Value, f.Pos)
		if n == nil || !f.renew.list && n.Value == f.renew.text || follows(own.Value, n, f.renew.text) {
			continue
		}
		if edited, ok := replaceNode(src, n, *f.renew); ok {
			src, done = edited, true
		}
	}
	return src, done
}

// follows reports whether a prompt is the next one that the test hears: then the one
// before is not heard any more, and a person has to take it out.
func follows(own, n *tree.Node, text string) bool {
	var heard []*tree.Node
	call, _ := own.Entry("call")
	for _, item := range call.Value.ListItems() {
		if e, ok := item.Entry("hears"); ok {
			heard = append(heard, e.Value.ListItems()...)
		}
	}
	i := slices.Index(heard, n)
	return i >= 0 && i+1 < len(heard) && yamlText(heard[i+1].Value) == text
}

// nodeAt is the value of the key at a place, or the value there.
func nodeAt(n *tree.Node, pos diag.Pos) *tree.Node {
	for _, e := range n.Entries {
		if e.KeyPos == pos {
			return e.Value
		}
		if found := nodeAt(e.Value, pos); found != nil {
			return found
		}
	}
	if n.Pos == pos {
		return n
	}
	for _, item := range n.Items {
		if found := nodeAt(item, pos); found != nil {
			return found
		}
	}
	return nil
}

// overlay is a file system in which one file has another text.
type overlay struct {
	fs.FS
	name string
	text []byte
}

// ReadFile reads the other text.
func (o overlay) ReadFile(name string) ([]byte, error) {
	if name == o.name {
		return o.text, nil
	}
	return fs.ReadFile(o.FS, name)
}
