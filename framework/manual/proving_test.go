package manual_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The flow of the page on proving that breaks a promise does, and what the page
// says of it is said.
func TestProofs(t *testing.T) {
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	all := blocks(t, "proving")
	for i, b := range all {
		if b.kind != "text" || b.section != "What is said of it" {
			continue
		}
		cmd := exec.Command(filepath.Join(bin, "ivrflow"), "prove", all[i-1].file)
		cmd.Dir = folder(t, "proving")
		out, err := cmd.CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || !strings.Contains(string(out), b.text) {
			t.Errorf("proving:%d: %v\n%swant\n%s", b.line, err, out, b.text)
		}
		return
	}
	t.Error("the page shows no counter-example")
}
