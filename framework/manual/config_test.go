package manual_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/bot"
)

// The configurations of the pages are right.
func TestConfigurations(t *testing.T) {
	for _, page := range append(names(), readme) {
		for _, b := range blocks(t, page) {
			if b.kind != "yaml bot" {
				continue
			}
			dir := t.TempDir()
			file := filepath.Join(dir, "bot.yaml")
			for name, text := range map[string]string{
				"bot.yaml":         b.text,
				"support.ivr.yaml": "ivr: 1\nflow: support\nconfig: {desk: {type: string}}\nstart: main\nstates: {main: end}\n",
				"sales.ivr.yaml":   "ivr: 1\nflow: sales\nstart: main\nstates: {main: end}\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// The programs need not be on this machine.
			text := strings.NewReplacer("espeak-ng", os.Args[0], "ffmpeg", os.Args[0]).Replace(b.text)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			env := func(name string) (string, bool) {
				text, ok := map[string]string{"IVRFLOW_SECRET": "a-secret-of-the-test", "IVRFLOW_CRM": "another", "IVRFLOW_TOKENS": "ann read 0123456789abcdef0123456789abcdef",
					"IVRFLOW_KEY": strings.Repeat("A", 43), "IVRFLOW_POSTGRES": "postgres://ivrflow:x@db.example.com/ivrflow"}[name]
				return text, ok
			}
			_, findings, err := bot.ConfigLoader{Env: env, LogTo: io.Discard}.Load(file)
			if err != nil || len(findings) > 0 {
				t.Errorf("%s:%d: %v\n%s", page, b.line, err, findings)
			}
		}
	}
}
