package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// The format is as the output file is called, and --format is stronger.
func TestDrawFormats(t *testing.T) {
	t.Chdir("testdata/project")
	dir := t.TempDir()
	for _, tt := range []struct {
		file, format, want string
	}{
		{"a.svg", "", "<svg role=\"img\""}, {"a.dot", "", "digraph \"small\""}, {"a.gv", "", "digraph \"small\""}, {"a.mmd", "", "---\ntitle: "}, {"a", "", "---\ntitle: "},
		{"b.svg", "mermaid", "---\ntitle: "}, {"b", "svg", "<svg role=\"img\""},
	} {
		name := filepath.Join(dir, tt.file)
		args := []string{"draw", "small.ivr.yaml", "-o", name}
		if tt.format != "" {
			args = append(args, "--format", tt.format)
		}
		_, errs, code := invoke(t, "", args...)
		got, err := os.ReadFile(name)
		if code != exitFine || err != nil || errs != "" || !strings.HasPrefix(string(got), tt.want) {
			t.Errorf("%s --format %q: exit code %d, %v, %q, %.60q", tt.file, tt.format, code, err, errs, got)
		}
	}
}

// bankCalls are calls of the example bank as calls show prints them: one whose
// account is locked, and one that hangs up in the greeting.
func bankCalls(t *testing.T, session string, moves ...ivr.Moved) string {
	t.Helper()
	h := store.History{Summary: store.Summary{Session: ivr.SessionID(session), Flow: "bank_balance", Version: "v1"}}
	for i, m := range moves {
		h.Moments = append(h.Moments, store.Moment{Version: int64(i + 1), Commands: []ivr.Command{m}})
	}
	text, err := json.Marshal(calldoc.HistoryOf(h))
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func TestDrawCall(t *testing.T) {
	const bank = "../../examples/bank"
	locked := bankCalls(t, "s1", ivr.Moved{Trigger: "start", State: "welcome.1/playing"}, ivr.Moved{Trigger: "done", State: "welcome.2/prompting"},
		ivr.Moved{Trigger: "typed_ahead", State: "welcome.2/collecting"}, ivr.Moved{Trigger: "done", State: "welcome.3"}, ivr.Moved{Trigger: "done", State: "login.1/prompting"},
		ivr.Moved{Trigger: "done", State: "login.2/acting"}, ivr.Moved{Trigger: "locked", State: "login.2.locked.1/playing"})
	left := bankCalls(t, "s2", ivr.Moved{Trigger: "start", State: "welcome.1/playing"}, ivr.Moved{Trigger: "hang_up", State: "on_hangup.1"})
	old := bankCalls(t, "s3", ivr.Moved{Trigger: "start", State: "welcome.1/playing"}, ivr.Moved{Trigger: "done", State: "hello.1/playing"})
	other := bankCalls(t, "s4", ivr.Moved{Trigger: "start", State: "hello.1/playing"})
	for _, tt := range []struct {
		name, stdin string
		code        int
		want, not   string // in the picture
		said        string
	}{
		{"one call", locked, exitFine, "(call s1)", "class s2 path", ""},
		{"its way", locked, exitFine, "class s1 path", "class s3 path", ""},
		{"two calls", locked + left, exitFine, "(2 calls)", "", ""},
		{"of another version", locked + old, exitFine, "(2 calls)", "", "ivrflow: not in the picture: 1 move of 1 call, since the flow was another then\n"},
		{"of another flow", other, exitUsage, "", "", "ivrflow: --call -: nothing in it fits the flow bank_balance; its first call ran version v1 of the flow bank_balance\n"},
		{"none", "", exitUsage, "", "", "ivrflow: --call - is empty\n"},
		{"a record", `{"session":"s1","flow":"bank_balance"}`, exitUsage, "", "", "ivrflow: --call - holds the record of a call, which does not say where it went; ivrflow calls show --format json s1 does\n"},
		{"no JSON", "session s1", exitUsage, "", "", "ivrflow: --call - is not what ivrflow calls show --format json prints: invalid character 's' looking for beginning of value\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, code := invoke(t, tt.stdin, "draw", bank, "--call", "-")
			if code != tt.code || errs != tt.said {
				t.Errorf("exit code %d, it said %q, want %d and %q", code, errs, tt.code, tt.said)
			}
			if !strings.Contains(out, tt.want) || tt.not != "" && strings.Contains(out, tt.not) {
				t.Errorf("got\n%s", out)
			}
		})
	}
}

// A flow that is called is drawn by the name it is called by.
func TestDrawCalled(t *testing.T) {
	out, errs, code := invoke(t, "", "draw", "../../flows/card/example.ivr.yaml", "--flow", "flows/card")
	if code != exitFine || !strings.Contains(out, "collect card: enter_card") {
		t.Errorf("exit code %d, %s\n%s", code, errs, out)
	}
	_, errs, code = invoke(t, "", "draw", "../../flows/card/example.ivr.yaml", "--flow", "flows/cart")
	if want := `ivrflow: --flow flows/cart: invoices calls "flows/card"; did you mean "flows/card"?` + "\n"; code != exitUsage || errs != want {
		t.Errorf("exit code %d, it said %q, want %q", code, errs, want)
	}
}
