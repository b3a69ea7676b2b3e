package tree_test

import (
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/tree"
)

// outline is a tree in one line; ? is what could not be read.
func outline(n *tree.Node) string {
	var parts []string
	switch {
	case n == nil:
		return "nothing"
	case n.Faulty():
		return "?"
	case n.Kind == tree.List:
		for _, item := range n.Items {
			parts = append(parts, outline(item))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case n.Kind == tree.Map:
		for _, e := range n.Entries {
			parts = append(parts, e.Key+":"+outline(e.Value))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return n.Value
}

// A fault hides nothing but the smallest part that holds it.
func TestParseGoesOn(t *testing.T) {
	for _, tt := range []struct{ name, src, want, says string }{
		{"repeated key", "a: 1\nb: 2\na: 3\n", "{a:1 b:2}", `f:3:1: error: the key "a" stands here a second time`},
		{"anchor", "a: &x [1]\nb: 2\n", "{a:[1] b:2}", "f:1:4: error: the anchor &x"},
		{"alias", "a: &x 1\nb: *x\n", "{a:1 b:?}", "f:2:4: error: the alias *x"},
		{"tag", "a: !x 1\nb: 2\n", "{a:? b:2}", "f:1:4: error: the tag !x"},
		{"section", "a: [1\nb: 2\nc: 3\n", "{a:? b:2 c:3}", "f:1:1: error: this is not valid YAML: a list in [ ] lacks"},
		{"two sections", "a: [1\nb: 2\nc: {d\ne: 3\n", "{a:? b:2 c:? e:3}", "f:3:1: error: this is not valid YAML: a map in { } lacks"},
		{"below", "a:\n  b: {c\n  d: 1\ne: 2\n", "{a:{b:? d:1} e:2}", "f:2:3: error:"},
		{"item", "a:\n  - b: \"c\n  - d\n  - e\n", "{a:[{b:?} d e]}", "f:2:8: error: this quote is not closed"},
		{"items at the margin", "a:\n- {b\n- c\nd: 1\n", "{a:[? c] d:1}", "f:2:3: error:"},
		{"key of an item", "- b: x\n  c: {*: y}\n  d: z\n- e\n", "[{b:x c:? d:z} e]", "f:2:7: error: a bare *"},
		{"tab", "a:\n  b:\n\tc: 1\n  d: e\n", "{a:{b:? d:e}}", "f:3:1: error: a tab in the indentation"},
		{"tab before a dash", "- a: x\n\t- b: y\n  c: z\n- d\n", "[{a:?} d]", "f:2:1: error: a tab in the indentation"},
		{"space before a dash", "- a: x\n    - b: y\n  c: z\n- d\n", "[{a:?} d]", "f:2:5: error:"},
		{"first is empty", "a:\nb: 1\na: 2\n", "{a:2 b:1}", "f:3:1: error: the key \"a\""},
		{"no colon", "a: 1\nb\n  c: d\ne: f\n", "{a:1 e:f}", "f:2:1: error: this is not valid YAML: this key lacks its ':'"},
		{"no key", "a: 1\nsome text\nmore text\ne: f\n", "{a:1 e:f}", "f:2:1: error: this is not valid YAML: a key was expected here"},
		{"star among keys", "a:\n  1: b\n  *: c\n  2: d\n", "{a:{1:b 2:d}}", "f:3:3: error: a bare *"},
		{"text in quotes over lines", "a: \"b\nc\nd\"\ne: [\nf: 1\n", "{a:b c d e:? f:1}", "f:4:1: error:"},
		{"no dash", "a:\n  - b\n  c: d\n  - e\nf: g\n", "{a:[b ? e] f:g}", "f:3:3: error: this is not valid YAML: a list goes on here without '-'"},
		{"quoted keys", "\"a b\": [\n'c': d\n", "{a b:? c:d}", "f:1:1: error:"},
		{"map over lines", "a: {\nb: 1,\nc: 2\n}\nd: [\ne: 1\n", "{a:{b:1 c:2} d:? e:1}", "f:5:1: error:"},
		{"map over lines, not closed", "a: {\nb: 1,\nc: 2\nd: 3\n", "{a:? b:1, c:2 d:3}", "f:1:1: error:"},
		{"text over lines", "a: |\n  b: [\n  c\nd: [\ne: 1\n", "{a:b: [\nc\n d:? e:1}", "f:4:1: error:"},
		{"document mark", "---\n# x\na: [\nb: 1\n", "{a:? b:1}", "f:3:1: error:"},
		{"byte order mark", "\ufeffa: [\nb: 1\n", "{a:? b:1}", "f:1:1: error:"},
		{"CRLF", "a: [\r\nb: 1\r\n", "{a:? b:1}", "f:1:1: error:"},
		{"repeated key beside a fault", "a: 1\nb: [\na: 2\n", "{a:1 b:?}", "f:3:1: error: the key \"a\""},
		{"lost key beside a fault", "a:\n  #: b\n  *: c\nd: 1\n", "{a:? d:1}", "f:2:3: error: a bare #"},
		{"no map", "a\nb: [\n", "nothing", "f:2:1: error:"},
		{"further left", "  a: [\nb: 1\n", "nothing", "f:"},
		{"two documents", "a: 1\n---\nb: 1\n", "nothing", "f:2:1: error: a second document"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, list := tree.Parse("f", []byte(tt.src))
			if got := outline(n); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !strings.Contains(list.String(), tt.says) {
				t.Errorf("got findings\n%swant %s", list, tt.says)
			}
		})
	}
}

// What could not be read is kept, since names in it are not unknown.
func TestUnread(t *testing.T) {
	for _, tt := range []struct{ src, unread, read string }{
		{"a: [one\nb: two\n", "one", "two"},
		{"a:\n  - {b: one\n  - two\n", "one", "two"},
		{"a: &x one\nb: *x\n", "one", "three"}, // whatever the alias stands for
		{"a: two\n", "", "two"},
	} {
		n, _ := tree.Parse("f", []byte(tt.src))
		if n == nil || !strings.Contains(n.Unread, tt.unread) || strings.Contains(n.Unread, tt.read) {
			t.Errorf("%q: unread is %+v; want %q in it, not %q", tt.src, n, tt.unread, tt.read)
		}
	}
}

// A file of many faults is given up after some.
func TestParseGivesUp(t *testing.T) {
	for _, src := range []string{
		strings.Repeat("- {\n", 1000),
		strings.Repeat("- [a\n- b\n", 1000),
		"a:\n" + strings.Repeat("  - b: {c\n    d: *e\n", 1000),
		strings.Repeat("- &a b\n", 1000),
	} {
		n, list := tree.Parse("f", []byte(src))
		if len(list) < 1 || len(list) > 25 {
			t.Errorf("%.20q: %d findings", src, len(list))
		}
		if n != nil && len(n.Unread) > 2*len(src) {
			t.Errorf("%.20q: %d bytes unread of %d", src, len(n.Unread), len(src))
		}
	}
}

// The accessors say nothing about what was reported.
func TestFaultyIsSilent(t *testing.T) {
	n, list := tree.Parse("f", []byte("a: [\n"))
	e, ok := n.Entry("a")
	if !ok || !e.Value.Faulty() || len(list) != 1 {
		t.Fatalf("got %s and %s", outline(n), list)
	}
	before := list.String()
	v := e.Value
	v.Wrong(&list, "a list")
	v.Str(&list)
	v.Bool(&list)
	v.Int(&list)
	v.Number(&list)
	v.Duration(&list)
	v.Word(&list, "x")
	v.Strings(&list)
	v.Fields(&list, "a thing", "x")
	if list.String() != before {
		t.Errorf("more findings:\n%s", list)
	}
}
