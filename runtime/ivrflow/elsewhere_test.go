package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files outside the working directory are named as they were given, and what
// they name is found beside them.
func TestFilesElsewhere(t *testing.T) {
	work, err := filepath.Abs("testdata/project")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("testdata/project/more")
	for _, dir := range []string{work, ".."} {
		good, bad := filepath.Join(dir, "good.ivr.yaml"), filepath.Join(dir, "bad.ivr.yaml")
		stdout, _, code := invoke(t, "", "check", "-v", good, bad)
		if code != exitFindings {
			t.Errorf("check: exit code %d", code)
		}
		for _, want := range []string{
			bad + ":3:8: error: no state", "    3 | start: mian\n", // with its line
			good + ":14:7: filled in: gave_up of main.1 (menu) leads to bye.1, from defaults, line 7\n",
		} {
			if !strings.Contains(stdout, want) {
				t.Errorf("check: no %q in\n%s", want, stdout)
			}
		}
		if stdout, stderr, code := invoke(t, "", "test", filepath.Join(dir, "good.ivr-test.yaml")); code != exitFine {
			t.Errorf("test: exit code %d\n%s%s", code, stdout, stderr)
		}
		stdout, _, code = invoke(t, "", "test", filepath.Join(dir, "broken.ivr-test.yaml"))
		if want := filepath.Join(dir, "broken.ivr-test.yaml") + ":4:13: error:"; code != exitFindings || !strings.HasPrefix(stdout, want) {
			t.Errorf("test: exit code %d, got %q, want %q", code, stdout, want)
		}
		failing := filepath.Join(dir, "failing.ivr-test.yaml")
		stdout, _, code = invoke(t, "", "test", failing)
		for _, want := range []string{"\n" + failing + ":", "\n    4 | ", "  the call was at " + filepath.Join(dir, "good.ivr.yaml") + ":", "\n" + failing + ": 0 of "} {
			if code != exitFindings || !strings.Contains(stdout, want) {
				t.Errorf("test: exit code %d, no %q in\n%s", code, want, stdout)
			}
		}
		if stdout, stderr, code := invoke(t, "", "draw", good); code != exitFine || !strings.Contains(stdout, "flowchart") {
			t.Errorf("draw: exit code %d, %s", code, stderr)
		}
	}
}

// Folders are searched, but not hidden ones, and not twice.
func TestFolders(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.ivr.yaml", "b/c.ivr.yaml", ".git/d.ivr.yaml", "b/.cache/e.ivr.yaml", "b/note.yaml"} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("- no flow\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	if err := os.Symlink("b", "link"); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if got, err := files(t.Context(), []string{"link"}, flowEnd); err != nil || strings.Join(got, " ") != filepath.Join("link", "c.ivr.yaml") {
		t.Errorf("a link to a folder: %q (%v)", got, err)
	}
	got, err := files(t.Context(), []string{".", "b", "-", "a.ivr.yaml", "-", "not/there"}, flowEnd)
	want := "a.ivr.yaml " + filepath.Join("b", "c.ivr.yaml") + " - " + filepath.Join("not", "there")
	if err != nil || strings.Join(got, " ") != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

// The report of test can be read by programs.
func TestTestJSON(t *testing.T) {
	t.Chdir("testdata/project")
	stdout, stderr, code := invoke(t, "", "test", "--format", "json", "good.ivr-test.yaml", "failing.ivr-test.yaml", "broken.ivr-test.yaml")
	if code != exitFindings || stderr != "" {
		t.Errorf("exit code %d, it said %q", code, stderr)
	}
	var doc struct {
		Findings []finding `json:"-"`
		Files    []struct {
			File  string
			Tests []struct {
				Name     string
				Passed   bool
				Pos      map[string]any
				Failures []struct{ Instead string }
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Files) != 3 || len(doc.Files[0].Tests) != 2 || !doc.Files[0].Tests[0].Passed {
		t.Fatalf("got %+v, want two tests that passed first", doc.Files)
	}
	failed := doc.Files[1].Tests[0]
	if failed.Passed || len(failed.Failures) != 1 || !strings.Contains(failed.Failures[0].Instead, "000000000002") {
		t.Errorf("got %+v, want one failure that says where the call went", failed)
	}
	if failed.Pos["file"] != "failing.ivr-test.yaml" || failed.Pos["line"] == nil || failed.Pos["col"] == nil {
		t.Errorf("the place of the test is %v, want file, line and col, as in findings", failed.Pos)
	}
	if !strings.Contains(stdout, `"rule": "unknown-verb"`) {
		t.Errorf("no finding about the broken file in\n%s", stdout)
	}
}

// The phone in the terminal plays a script without a terminal.
func TestDev(t *testing.T) {
	t.Chdir("testdata/project")
	stdout, stderr, code := invoke(t, "", "dev", "--fast", "--mute", "--script", "1", "good.ivr.yaml")
	if code != exitFine || !strings.Contains(stdout, "transfer") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	stdout, _, code = invoke(t, "", "dev", "--fast", "bad.ivr.yaml")
	if code != exitFindings {
		t.Errorf("a flow with faults: exit code %d\n%s", code, stdout)
	}
}

// The report of check can be read by what reads SARIF.
func TestCheckSARIF(t *testing.T) {
	t.Chdir("testdata/project")
	stdout, _, code := invoke(t, "", "check", "--format", "sarif", "bad.ivr.yaml")
	var log struct {
		Version string
		Runs    []struct {
			Results []struct{ RuleID, Level string }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &log); err != nil {
		t.Fatal(err)
	}
	if code != exitFindings || log.Version != "2.1.0" || len(log.Runs) != 1 || len(log.Runs[0].Results) != 4 || log.Runs[0].Results[0].RuleID != "unknown-state" {
		t.Errorf("exit code %d, got %+v", code, log)
	}
}
