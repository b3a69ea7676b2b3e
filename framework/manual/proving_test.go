package manual_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the page on proving says that ivrflow prove prints, it prints.
func TestProofs(t *testing.T) {
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for section, tt := range map[string]struct {
		args []string
		code int
	}{
		"What is said of it":        {[]string{"notice.ivr.yaml"}, 1},
		"Written and played":        {[]string{"notice.ivr.yaml", "--play"}, 1},
		"Where calls end, and when": {[]string{"club.ivr.yaml", "--exits"}, 0},
	} {
		shown := 0
		for _, b := range blocks(t, "proving") {
			if b.kind != "text" || b.section != section {
				continue
			}
			shown++
			cmd := exec.Command(filepath.Join(bin, "ivrflow"), append([]string{"prove"}, tt.args...)...)
			cmd.Dir = folder(t, "proving")
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != tt.code || !strings.Contains(string(out), b.text) {
				t.Errorf("proving:%d: %v\n%swant\n%s", b.line, err, out, b.text)
			}
		}
		if shown == 0 {
			t.Errorf("%s shows nothing", section)
		}
	}
}
