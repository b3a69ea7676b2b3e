package manual_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// program builds ivrflow once, and answers the folder it is in.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "ivrflow")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", folder, "../../runtime/ivrflow").CombinedOutput()
	if err != nil {
		return folder, &exec.Error{Name: string(out), Err: err}
	}
	return folder, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if folder, err := program(); err == nil {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

// folder holds the files of a page: flows and tests that have a name.
func folder(t *testing.T, page string) string {
	t.Helper()
	dir := t.TempDir()
	for _, b := range blocks(t, page) {
		if b.file == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, b.file), []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The commands of the pages run in the folder of the page, and print what the
// text after them says. Those that need a person, a network, calls in a store or a
// file that the page does not have are only compared with the help of their command.
func TestCommands(t *testing.T) {
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	for _, page := range append(names(), readme) {
		all := blocks(t, page)
		for i, b := range all {
			if b.kind != "sh" {
				continue
			}
			out := ""
			dir := folder(t, page)
			for line := range strings.Lines(b.text) {
				if strings.HasPrefix(line, "ivrflow ") {
					out += command(t, b, dir, strings.TrimSpace(line))
				}
			}
			if i+1 < len(all) && all[i+1].kind == "text" && all[i+1].section == b.section && !strings.Contains(out, all[i+1].text) {
				t.Errorf("%s:%d prints\n%swant\n%s", page, b.line, out, all[i+1].text)
			}
		}
	}
}

// command runs one line and answers what it printed.
func command(t *testing.T, b block, dir, line string) string {
	t.Helper()
	words := strings.Fields(line)
	name := words[1:2]
	if words[1] == "calls" || words[1] == "campaign" {
		name = words[1:3] // a command with commands
	}
	help, err := exec.Command("ivrflow", append(slices.Clone(name), "--help")...).Output()
	if err != nil || !strings.Contains(string(help), "ivrflow "+strings.Join(name, " ")) {
		t.Errorf("%s:%d: %s: no command %s", b.page, b.line, line, name)
	}
	for _, w := range words[1+len(name):] {
		flag, _, _ := strings.Cut(w, "=")
		if strings.HasPrefix(flag, "--") && !strings.Contains(string(help), flag+" ") {
			t.Errorf("%s:%d: %s has no flag %s", b.page, b.line, name, flag)
		}
	}
	if slices.Contains([]string{"run", "calls", "nodes", "drain", "graphsim", "replay"}, words[1]) || words[1] == "dev" && !slices.Contains(words, "--script") ||
		words[1] == "test" && (slices.Contains(words, "--watch") || slices.Contains(words, "--record")) ||
		words[1] == "campaign" && !slices.Contains(words, "--simulate") || missing(dir, words) {
		return ""
	}
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if differs := words[1] == "diff" && cmd.ProcessState.ExitCode() == 1; err != nil && !differs {
		t.Errorf("%s:%d: %s: %v\n%s", b.page, b.line, line, err, out)
	}
	return string(out)
}

func missing(dir string, words []string) bool {
	for i, w := range words {
		if !strings.HasSuffix(w, ".yaml") && words[max(i-1, 0)] != "--call" {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, w)); err != nil {
			return true
		}
	}
	return false
}

// The tests of flows in the pages pass.
func TestTests(t *testing.T) {
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(names(), readme) {
		for _, b := range blocks(t, page) {
			if b.kind != "yaml test" {
				continue
			}
			cmd := exec.Command(filepath.Join(bin, "ivrflow"), "test", b.file)
			cmd.Dir = folder(t, page)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s:%d: %v\n%s", page, b.line, err, out)
			}
		}
	}
}
