package diag_test

import (
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/diag"
)

func TestCertain(t *testing.T) {
	known := []string{"main_menu", "main_menu2", "agent", "bye", "welcome", "en-GB", "play"}
	for word, want := range map[string]string{
		"main_menue": "",        // two are near
		"agnet":      "agent",   // letters swapped
		"agent1":     "agent",   // one too many
		"welcom":     "welcome", // one too few
		"welocme":    "welcome",
		"wellcomme":  "welcome", // two
		"wellccomme": "",        // three
		"byee":       "bye",
		"by":         "", // too short
		"en-gb":      "en-GB",
		"plai":       "play",
		"agent":      "", // it is one
		"zzzz":       "",
		"":           "",
	} {
		if got, ok := diag.Certain(word, known); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", word, got, ok, want)
		}
	}
}

// A fix is kept if its text stands at its place, bare or in quotes.
func TestSettle(t *testing.T) {
	const src = "\ufeffa: b\nkey: \"mian\" # ü\nü: 'mian'\nx: \"m\\x69an\"\n"
	for _, tt := range []struct {
		line, col int
		old, want string // the whole line; "" if there is no fix
	}{
		{1, 1, "a", "main: b"},
		{2, 6, "mian", `key: "main" # ü`},
		{3, 4, "mian", "ü: 'main'"},
		{2, 7, "mian", `key: "main" # ü`},
		{2, 6, `"mian"`, "key: main # ü"},
		{2, 6, "mia", ""}, // only a part of what is in quotes
		{4, 4, "mian", ""},
		{2, 40, "mian", ""},
		{9, 1, "mian", ""},
		{1, 0, "a", ""},
	} {
		var l diag.List
		l.Errorf(diag.Pos{File: "f", Line: tt.line, Col: tt.col}, "rule", "message")
		l.Mend(l[0].Pos, tt.old, "main")
		l.Settle(func(string) []byte { return []byte(src) })
		if got := l.Fixes(); got != 1 && tt.want != "" || got != 0 && tt.want == "" {
			t.Errorf("%v: %d fixes", tt, got)
			continue
		}
		out, ok := l[0].Fix.Apply([]byte(src))
		if ok != (tt.want != "") {
			t.Errorf("%v: applied %v", tt, ok)
		}
		if ok && strings.Split(strings.TrimPrefix(string(out), "\ufeff"), "\n")[tt.line-1] != tt.want {
			t.Errorf("%v: got\n%s", tt, out)
		}
	}
}

// A finding of one file takes no fix in another, and none is made up.
func TestMend(t *testing.T) {
	var l diag.List
	l.Mend(diag.Pos{File: "f", Line: 1, Col: 1}, "a", "b")
	l.Errorf(diag.Pos{File: "f", Line: 1, Col: 1}, "rule", "message")
	l.Mend(diag.Pos{File: "g", Line: 1, Col: 1}, "a", "b")
	l.MendName(diag.Pos{File: "f", Line: 1, Col: 1}, "zzzz", []string{"agent"})
	if l.Fixes() != 0 {
		t.Errorf("fix %+v", l[0].Fix)
	}
	l.Settle(func(string) []byte { return nil })
	l.MendName(diag.Pos{File: "f", Line: 1, Col: 3}, "agnet", []string{"agent"})
	if want := (diag.Fix{Line: 1, Col: 3, Old: "agnet", Text: "agent"}); l[0].Fix != want || l[0].Fix.EndCol() != 8 {
		t.Errorf("fix %+v, want %+v", l[0].Fix, want)
	}
}
