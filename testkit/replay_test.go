package testkit_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit"
)

// Every flow of the project with tests: its calls are played, and then played
// again from what was recorded, with the session going through JSON before
// each event. Both must come to the same sessions and commands.
func TestSessionsSurviveJSON(t *testing.T) {
	var files []string
	for _, root := range []string{"testdata", "../flows", "../examples"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if strings.HasSuffix(path, ".ivr-test.yaml") && !strings.Contains(path, "err") && !strings.Contains(path, "fail") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 2 {
		t.Fatalf("only %v found", files)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			var changes []call.Change
			o := testkit.Options{Workers: 1, Observe: func(c call.Change) { changes = append(changes, c) }}
			report, list, err := testkit.RunFile(t.Context(), file, o)
			if err != nil || list.HasErrors() {
				t.Fatalf("%v\n%s", err, list)
			}
			if len(report.Tests) == 0 || len(changes) == 0 {
				t.Fatal("no call was played")
			}
			replay(t, flowOf(t, file), changes)
		})
	}
}

// flowOf loads the flow that a test file names.
func flowOf(t *testing.T, file string) *flow.Flow {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "flow:"); ok {
			path := filepath.Join(filepath.Dir(file), strings.Trim(strings.TrimSpace(name), `"'`))
			f, list, err := flow.Load(os.DirFS(filepath.Dir(path)), filepath.Base(path))
			if err != nil || f == nil {
				t.Fatalf("%v\n%s", err, list)
			}
			return f
		}
	}
	t.Fatalf("%s names no flow", file)
	return nil
}

func replay(t *testing.T, f *flow.Flow, changes []call.Change) {
	t.Helper()
	var s engine.Session
	for i, c := range changes {
		if c.New {
			s = engine.New(c.Session.ID, f, c.Session.Config)
		}
		var cmds []ivr.Command
		for _, ev := range c.Events {
			var back engine.Session
			if err := json.Unmarshal(asJSON(t, s), &back); err != nil {
				t.Fatal(err)
			}
			next, more, err := engine.Step(f, back, ev)
			if err != nil {
				t.Logf("change %d, %T: %v", i, ev, err) // a fault of the flow, which the first run had too
			}
			s, cmds = next, append(cmds, more...)
		}
		if got, want := asJSON(t, s), asJSON(t, c.Session); string(got) != string(want) {
			t.Fatalf("change %d (%T) differs:\n%s\n%s", i, c.Events, got, want)
		}
		if got, want := asJSON(t, cmds), asJSON(t, c.Commands); string(got) != string(want) && len(cmds)+len(c.Commands) > 0 {
			t.Fatalf("commands of change %d (%T) differ:\n%s\n%s", i, c.Events, got, want)
		}
	}
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
