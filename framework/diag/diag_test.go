package diag_test

import (
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/diag"
)

func TestDiagnosticString(t *testing.T) {
	d := diag.Diagnostic{Pos: diag.Pos{File: "support.ivr.yaml", Line: 14, Col: 9}, Rule: "unknown-state",
		Message: `no state "main_menue"; did you mean "main_menu"?`}
	want := `support.ivr.yaml:14:9: error: no state "main_menue"; did you mean "main_menu"? [unknown-state]`
	if got := d.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestListSortsAndTakesOutRepeats(t *testing.T) {
	var l diag.List
	l.Warnf(diag.Pos{File: "b", Line: 1, Col: 1}, "r", "later file")
	l.Errorf(diag.Pos{File: "a", Line: 2, Col: 1}, "r", "second")
	l.Errorf(diag.Pos{File: "a", Line: 1, Col: 7}, "r", "first")
	l.Errorf(diag.Pos{File: "a", Line: 2, Col: 1}, "r", "second")
	l.Sort()
	want := "a:1:7: error: first [r]\na:2:1: error: second [r]\nb:1:1: warning: later file [r]\n"
	if got := l.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if !l.HasErrors() || l[2:].HasErrors() {
		t.Error("HasErrors counts warnings, or misses errors")
	}
	l = nil
	l.Notef(diag.Pos{File: "f", Line: 1, Col: 1}, "r", "by %s", "the way")
	if l.String() != "f:1:1: note: by the way [r]\n" || l.HasErrors() || l.Count(diag.Note) != 1 || l.Count(diag.Warning) != 0 {
		t.Errorf("got %s", l)
	}
}

func TestPrint(t *testing.T) {
	var l diag.List
	l.Add(diag.Diagnostic{Pos: diag.Pos{File: "f", Line: 2, Col: 3}, Rule: "r", Message: "bad", EndCol: 6})
	l.Errorf(diag.Pos{File: "f", Line: 9, Col: 3}, "r", "beyond the end")
	l.Errorf(diag.Pos{File: "other", Line: 1, Col: 1}, "r", "no source")
	l.Errorf(diag.Pos{File: "f", Line: 3, Col: 2}, "r", "umlaut")
	var b strings.Builder
	if err := diag.Print(&b, l, map[string][]byte{"f": []byte("one\n\t-key: 1\r\näö")}); err != nil {
		t.Fatal(err)
	}
	want := "f:2:3: error: bad [r]\n" +
		"    2 | \t-key: 1\n" +
		"      | \t ^^^\n" +
		"f:9:3: error: beyond the end [r]\n" +
		"other:1:1: error: no source [r]\n" +
		"f:3:2: error: umlaut [r]\n" +
		"    3 | äö\n" +
		"      |  ^\n"
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Lines are shown so that the place is in sight, and that nothing in them moves
// the cursor or turns the text round.
func TestPrintOddLines(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"escape", "a\x1b[2Jb", "    1 | a\uFFFD[2Jb\n      | ^\n"},
		{"direction", "a\u202eb\u200b", "    1 | a\uFFFDb\uFFFD\n      | ^\n"},
		{"byte order mark", "\ufeffab", "    1 | ab\n      | ^\n"},
		{"not UTF-8", "a\xff\xfeb", "    1 | a\uFFFD\uFFFDb\n      | ^\n"},
	} {
		var b strings.Builder
		if err := diag.Print(&b, diag.List{{Pos: diag.Pos{File: "f", Line: 1, Col: 1}}}, map[string][]byte{"f": []byte(tt.line)}); err != nil {
			t.Fatal(err)
		}
		if _, got, _ := strings.Cut(b.String(), "\n"); got != tt.want {
			t.Errorf("%s: got\n%swant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestPrintLongLine(t *testing.T) {
	line := strings.Repeat("abcdefghi ", 100) + "HERE" + strings.Repeat(" jklmnopqr", 100)
	for _, col := range []int{1, 50, 81, 1001, 2000, 2005} {
		var b strings.Builder
		if err := diag.Print(&b, diag.List{{Pos: diag.Pos{File: "f", Line: 1, Col: col}, EndCol: col + 4}}, map[string][]byte{"f": []byte(line)}); err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(b.String(), "\n")
		source, carets := parts[1], parts[2]
		if len(source) > 170 {
			t.Errorf("column %d: %d characters are shown", col, len(source))
		}
		at := strings.Index(carets, "^")
		if at < 0 || at > len(source) || col <= len(line) && source[at] != line[col-1] {
			t.Errorf("column %d: the caret stands wrong:\n%s\n%s", col, source, carets)
		}
	}
}

func TestSuggest(t *testing.T) {
	words := []string{"main_menu", "goodbye", "no_input", "play"}
	for _, tt := range []struct{ word, want string }{
		{"main_menue", "main_menu"},
		{"mian_menu", "main_menu"},
		{"Goodbye", "goodbye"},
		{"pley", "play"},
		{"noinput", "no_input"},
		{"transfer", ""},
		{"x", ""},
		{"", ""},
		{strings.Repeat("x", 100_000), ""},
	} {
		if got, ok := diag.Suggest(tt.word, words); got != tt.want || ok != (tt.want != "") {
			t.Errorf("Suggest(%.20q) = %q, %v; want %q", tt.word, got, ok, tt.want)
		}
	}
}

func TestOneOf(t *testing.T) {
	for _, tt := range []struct {
		words []string
		want  string
	}{
		{nil, ""},
		{[]string{"a"}, `"a"`},
		{[]string{"a", "b", "c"}, `"a", "b" or "c"`},
		{strings.Split("abcdefghijklmn", ""), `"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" and 2 more`},
	} {
		if got := diag.OneOf(tt.words); got != tt.want {
			t.Errorf("OneOf(%q) = %s, want %s", tt.words, got, tt.want)
		}
	}
}
