package format_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/format"
)

// Each file of testdata holds a source, a line of dashes, and its form.
func TestForms(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			src, want, ok := strings.Cut(string(content), "\n==========\n")
			if !ok {
				t.Fatal("no line of ==========")
			}
			if got := formatted(t, src+"\n", format.KindOf([]byte(src))); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// formatted formats a source twice, which must make no difference.
func formatted(t testing.TB, src string, kind format.Kind) string {
	t.Helper()
	once := source(t, src, kind)
	if twice := source(t, once, kind); twice != once {
		t.Fatalf("formatted once\n%s\ntwice\n%s\nof\n%s", once, twice, src)
	}
	return once
}

func source(t testing.TB, src string, kind format.Kind) string {
	t.Helper()
	out, list, err := format.Source("f.yaml", []byte(src), kind)
	if err != nil || len(list) > 0 {
		t.Fatalf("%v, findings\n%sof\n%s", err, list, src)
	}
	return string(out)
}

// Every section of a flow has its place in the order.
func TestSections(t *testing.T) {
	var b strings.Builder
	for _, s := range flow.Sections() {
		b.WriteString("zzz_" + s + ": 1\n" + s + ": 1\n")
	}
	out := formatted(t, b.String(), format.Flow)
	if first, _, _ := strings.Cut(out, "zzz_"); strings.Count(first, "\n") != len(flow.Sections()) {
		t.Errorf("some section of a flow has no place:\n%s", out)
	}
	if !strings.HasPrefix(out, "ivr: 1\nflow: 1\n") {
		t.Errorf("the order is\n%s", out)
	}
}

// What is not valid is left alone, with a reason.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"syntax", "a: [1\n", "f.yaml:1:1"},
		{"twice", "a: 1\na: 2\n", "f.yaml:2:1"},
		{"alias", "a: &x 1\nb: *x\n", "f.yaml:1:4"},
		{"question mark", "? a\n: b\n", "begins with ?"},
		{"lone CR", "a: 1\rb: 2\n", "line break"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, list, err := format.Source("f.yaml", []byte(tt.src), format.Flow)
			text := list.String()
			if err != nil {
				text += err.Error()
			}
			if out != nil || !strings.Contains(text, tt.want) {
				t.Errorf("%q, findings\n%s", out, text)
			}
		})
	}
}

// Windows's line ends and the mark of UTF-8 go; a last line break comes.
func TestBytes(t *testing.T) {
	for src, want := range map[string]string{
		"\ufeffa: 1\r\nb: |\r\n  x\r\n": "a: 1\nb: |\n  x\n",
		"a: 1":                          "a: 1\n",
		"":                              "",
		"\n\n# c \n\n\n":                "# c\n",
		"{a: 1}":                        "{a: 1}\n",
		"a: |\n  x":                     "a: |\n  x",
		"a: |+\n  x\n\n\n":              "a: |+\n  x\n\n\n",
		"a: |-\n\n    x  \n\n  \n":      "a: |-\n\n    x  \n",
		"---\na: 1\n...\n":              "---\na: 1\n...\n",
	} {
		if got := formatted(t, src, format.Prompts); got != want {
			t.Errorf("%q: got %q, want %q", src, got, want)
		}
	}
}

// Any bytes are formatted or refused.
func FuzzSource(f *testing.F) {
	for _, src := range []string{
		"ivr: 1\nstates:\n a:\n - play: x\n   # c\n   when: y\n\n b: {goto: a}\n# end\n",
		"a: |2\n   x\n\nb: >+\n  y\n\nc:\n- - 'a\n   b'\n  - {x: \"y\n z\", #c\n   k: [v]}\n",
		"tests:\n  x y:\n    call:\n    -  press: \"1\" # c\n    -\n      hears: a b\n        c\n",
		"---\nstates: {a: [end]}\non_end:\n  - up_to: 1\n    else: a\n    then:\n    - end\n...\n",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, kind := range []format.Kind{format.Flow, format.Tests, format.Prompts} {
			out, list, err := format.Source("f.yaml", src, kind)
			if (out == nil) != (len(list) > 0 || err != nil) {
				t.Fatalf("%q, %v, findings\n%s", out, err, list)
			}
			if out == nil {
				continue
			}
			again, list, err := format.Source("f.yaml", out, kind)
			if len(list) > 0 || err != nil || !bytes.Equal(out, again) {
				t.Fatalf("once\n%s\ntwice\n%s\n%v %s", out, again, err, list)
			}
		}
	})
}
