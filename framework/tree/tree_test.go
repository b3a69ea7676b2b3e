package tree_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/tree"
)

func parse(t *testing.T, src string) *tree.Node {
	t.Helper()
	n, list := tree.Parse("f", []byte(src))
	if len(list) > 0 {
		t.Fatalf("findings:\n%s", list)
	}
	return n
}

func value(t *testing.T, src string) *tree.Node {
	t.Helper()
	return parse(t, "k: "+src+"\n").Entries[0].Value
}

func TestParsePlaces(t *testing.T) {
	n := parse(t, "# head\na:\n  - x\n  - \"ü: y\"\nb: {c: 007, ü: 1}\nd: |\n  text\n")
	if n.Kind != tree.Map || len(n.Entries) != 3 {
		t.Fatalf("got %v with %d entries", n.Kind, len(n.Entries))
	}
	a, b, d := n.Entries[0], n.Entries[1], n.Entries[2]
	for _, tt := range []struct {
		what string
		got  diag.Pos
		want string
	}{
		{"key a", a.KeyPos, "f:2:1"},
		{"first item", a.Value.Items[0].Pos, "f:3:5"},
		{"second item", a.Value.Items[1].Pos, "f:4:5"},
		{"map b", b.Value.Pos, "f:5:4"},
		{"key c", b.Value.Entries[0].KeyPos, "f:5:5"},
		{"after the umlaut, in characters", b.Value.Entries[1].Value.Pos, "f:5:16"},
		{"block", d.Value.Pos, "f:6:4"},
	} {
		if tt.got.String() != tt.want {
			t.Errorf("%s: got %s, want %s", tt.what, tt.got, tt.want)
		}
	}
	if !a.Value.Items[1].Quoted || a.Value.Items[0].Quoted || !d.Value.Block {
		t.Error("quotes or blocks are not told")
	}
	if c := b.Value.Entries[0].Value; c.Value != "007" || c.Tag != tree.TagInt {
		t.Errorf("digits: got %q %s", c.Value, c.Tag)
	}
}

func TestParseEmpty(t *testing.T) {
	for _, src := range []string{"", "\n", "# nothing\n", "\ufeff"} {
		if n := parse(t, src); n.Kind != tree.Map || len(n.Entries) != 0 {
			t.Errorf("%q: got %v", src, n)
		}
	}
}

func TestScalars(t *testing.T) {
	for _, tt := range []struct {
		src  string
		read func(*tree.Node, *diag.List) (any, bool)
		want any
		says string // of the finding; "" for none
	}{
		{"welcome", str1, "welcome", ""},
		{`"007"`, str1, "007", ""},
		{"007", str1, "", `digits are a text here and need quotes: "007" [unquoted-digits]`},
		{"+442071838750", str1, "", `need quotes: "+442071838750" [unquoted-digits]`},
		{"1.5", str1, "", `1.5 is not a text in YAML; put it in quotes: "1.5" [wrong-type]`},
		{"true", str1, "", `true is not a text in YAML`},
		{"yes", str1, "yes", ""},
		{"2026-11-23", str1, "2026-11-23", ""},
		{"", str1, "", "want a text here, not nothing"},
		{"[a]", str1, "", "want a text here, not a list"},
		{"true", bool1, true, ""},
		{"yes", bool1, false, `want true or false here, not "yes"`},
		{`"true"`, bool1, false, "want true or false"},
		{"12", int1, 12, ""},
		{"-3", int1, -3, ""},
		{"0x1f", int1, 0, "want a whole number here, not the number 0x1f"},
		{"010", int1, 0, "want a whole number"},
		{"1_000", int1, 0, "want a whole number"},
		{"99999999999999999999", int1, 0, "want a whole number"},
		{"0.5", num1, 0.5, ""},
		{".inf", num1, 0.0, "want a number such as 3 or 0.5"},
		{"300ms", dur1, 300 * time.Millisecond, ""},
		{"1h30m", dur1, 90 * time.Minute, ""},
		{"1.5s", dur1, 1500 * time.Millisecond, ""},
		{"5", dur1, time.Duration(0), "a time needs its unit: 5s, or 5ms [duration]"},
		{"-5s", dur1, time.Duration(0), "want a time such as 300ms"},
		{"5 s", dur1, time.Duration(0), "want a time such as 300ms"},
		{"9999999999h", dur1, time.Duration(0), "want a time such as 300ms"},
	} {
		var list diag.List
		got, ok := tt.read(value(t, tt.src), &list)
		if got != tt.want || ok != (tt.says == "") || !strings.Contains(list.String(), tt.says) {
			t.Errorf("%s: got %v, %v, %s; want %v, %q", tt.src, got, ok, list, tt.want, tt.says)
		}
	}
}

func str1(n *tree.Node, l *diag.List) (any, bool)  { return n.Str(l) }
func bool1(n *tree.Node, l *diag.List) (any, bool) { return n.Bool(l) }
func int1(n *tree.Node, l *diag.List) (any, bool)  { return n.Int(l) }
func num1(n *tree.Node, l *diag.List) (any, bool)  { return n.Number(l) }
func dur1(n *tree.Node, l *diag.List) (any, bool)  { return n.Duration(l) }

func TestFields(t *testing.T) {
	var list diag.List
	n := parse(t, "timeout: 3s\nretyr: 1\nzzz: 2\n")
	got := n.Fields(&list, "an action", "timeout", "retry")
	if len(got) != 1 || got[0].Key != "timeout" {
		t.Errorf("got %v", got)
	}
	want := "f:2:1: error: an action has no key \"retyr\"; did you mean \"retry\"? [unknown-key]\n" +
		"f:3:1: error: an action has no key \"zzz\"; it has \"timeout\" and \"retry\" [unknown-key]\n"
	if list.String() != want {
		t.Errorf("got\n%swant\n%s", list, want)
	}
	if got := n.MeantFields(&diag.List{}, "an action", "timeout", "retry"); len(got) != 2 || got[1].Key != "retry" {
		t.Errorf("meant: got %v", got)
	}
	both := parse(t, "retry: 1\nretyr: 2\n")
	if got := both.MeantFields(&diag.List{}, "an action", "timeout", "retry"); len(got) != 1 || got[0].Value.Value != "1" {
		t.Errorf("the right one is there: got %v", got)
	}
	list = nil
	if value(t, "[a]").Fields(&list, "an action", "x"); !strings.Contains(list.String(), "want a map such as {x: ...} here, not a list") {
		t.Errorf("got %s", list)
	}
}

func TestWordAndStrings(t *testing.T) {
	var list diag.List
	if w, ok := value(t, "asked").Word(&list, "announced", "asked"); w != "asked" || !ok {
		t.Errorf("got %q", w)
	}
	value(t, "askd").Word(&list, "announced", "asked")
	value(t, "1").Word(&list, "announced", "asked")
	want := "f:1:4: error: want \"announced\" or \"asked\" here, not \"askd\"; did you mean \"asked\"? [wrong-type]\n" +
		"f:1:4: error: want \"announced\" or \"asked\" here, not the number 1 [wrong-type]\n"
	if list.String() != want {
		t.Errorf("got\n%swant\n%s", list, want)
	}
	list = nil
	if items, ok := value(t, "one").Strings(&list); !ok || len(items) != 1 {
		t.Errorf("one text: got %v, %v", items, ok)
	}
	if items, ok := value(t, "[a, 1]").Strings(&list); ok || len(items) != 2 {
		t.Errorf("a number in a list: got %v, %v", items, ok)
	}
}

// Faults of YAML are said with a place and, for the common ones, the mend.
func TestSyntax(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"star", "keys:\n  1: a\n  *: b\n", `f:3:3: error: a bare * is an alias in YAML; write the key as star or "*" [syntax]`},
		{"star in a map", "keys: {1: a, *: b}\n", "f:1:14: error: a bare *"},
		{"pound in a map", "keys: {1: a, #: b}\n", "f:1:14: error: a bare #"},
		{"pound vanishes", "keys:\n  1: a\n  #: b\n", `f:3:3: error: a bare # begins a comment in YAML; write the key as pound or "#" [syntax]`},
		{"tab", "a:\n\tb: 1\n", "f:2:1: error: a tab in the indentation; use spaces"},
		{"at sign", "a: @x\n", "f:1:4: error: a text cannot begin with @; put it in quotes"},
		{"colon in a text", "a: b: c\n", "f:1:5: error: this is not valid YAML: a ':' where no key can stand"},
		{"indentation", "a:\n  b: 1\n  c: 2\n   d: 3\n", "f:4:4: error: this is not valid YAML: a ':' where no key"},
		{"less indentation", "a:\n  b: 1\n  c: 2\n e: 3\nf: 1\n", "f:4:2: error: this is not valid YAML: this does not go on with what stands above it; check the indentation"},
		{"end of a map", "a: 1\nb: {c: d: e}\ne: 1\n", "f:2:1: error: this is not valid YAML: a map in { } lacks a ',' or its '}'"},
		{"question", "a: {b: \"Who?\", c: Wö?, d: e}\n", "f:1:21: error: a text within { } or [ ] that holds a ? needs quotes"},
		{"question in a list", "a: [b, c?]\n", "f:1:9: error: a text within"},
		{"question on a line of its own", "a: {\n  b: Who?,\n  c: d}\n", "a text in it that holds ': ', ', ' or '?' needs quotes"},
		{"question in a comment", "a: {b: c, # why?\n  d: e: f}\n", "a map in { } lacks"},
		{"question elsewhere", "a: Who? {b}\nc: {d: e: f}\n", "a map in { } lacks"},
		{"no value", "a: {b: #c}\n", "a value was expected here; close the [ or {"},
		{"open bracket", "a: [1, 2\nb: 3\n", "lacks a ',' or its ']'"},
		{"colon in a longer text", "a:\n  b: one two: c\n", "f:2:13: error: this is not valid YAML: a ':' where"},
		{"early quote", "a:\n  b: 'don't go'\n", "f:2:11: error: the text in quotes ends before this; write '' for a ' in it"},
		{"colon in braces", "a: {b: x y: z}\n", "a map in { } lacks a ',' or its '}'; a text in it that holds ': ', ', ' or '?' needs quotes"},
		{"no dash", "- a: 1\n  a: 2\n", "f:2:3: error: the key \"a\" stands here a second time; the first is at line 1; another item begins with a -"},
		{"UTF-16", "\xff\xfea\x00", "f:1:1: error: the file is in UTF-16; save it as UTF-8"},
		{"a picture", "\x89PNG\r\n\x00", "f:2:1: error: a NUL byte: this is no text file"},
		{"Latin 1", "a: \xfc\n", "f:1:4: error: this byte (0xfc) is not valid UTF-8"},
		{"same key", "a: 1\nb: 2\na: 3\n", `f:3:1: error: the key "a" stands here a second time; the first is at line 1 [duplicate-key]`},
		{"same key, quoted", "1: a\n\"1\": b\n", "f:2:1: error: the key \"1\""},
		{"two documents", "a: 1\n---\nb: 1\n", "f:2:1: error: a second document begins here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, list := tree.Parse("f", []byte(tt.src))
			if !list.HasErrors() || !strings.Contains(list.String(), tt.want) {
				t.Errorf("got %swant %s", list, tt.want)
			}
		})
	}
}

// What looks like a lost key inside a text is none.
func TestPoundInText(t *testing.T) {
	parse(t, "a: |\n  one\n  #: two\nb: 1\n")
	parse(t, "a: 1 # note: this\n# a comment: here\nb: 2\n")
}

func FuzzParse(f *testing.F) {
	for _, src := range []string{"a: 1", "a: [x, {b: c}]", "{1: a, #: b}", "a: &x 1\nb: *x", "a: |\n x\n", "? a\n: b", "--- a", "a: !!str 1", "\ufeffa: b", "a: [\nb: 1", "a:\n- {\n- b", "0: \"0\n "} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		n, list := tree.Parse("f", src)
		if n == nil && !list.HasErrors() || n != nil && n.Faulty() {
			t.Errorf("node %v with findings %s", n, list)
		}
		for _, d := range list {
			if d.Pos.Line < 1 || d.Pos.Col < 1 {
				t.Errorf("no place: %s", d)
			}
		}
		walk(t, n)
	})
}

// walk checks that no node was left out of a tree that is handed out.
func walk(t *testing.T, n *tree.Node) {
	if n == nil {
		return
	}
	for _, item := range n.Items {
		if item == nil {
			t.Fatal("a list holds nil")
		}
		walk(t, item)
	}
	for _, e := range n.Entries {
		if e.Value == nil {
			t.Fatalf("key %q holds nil", e.Key)
		}
		walk(t, e.Value)
	}
}
