package bot_test

import (
	"bytes"
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

var update = flag.Bool("update", false, "rewrite the expected findings")

// environment is what the configuration files of the tests find.
func environment(name string) (string, bool) {
	v, ok := map[string]string{
		"BOT_SECRET":   "the client secret",
		"BOT_KEY":      base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{0xfb}, 32)),
		"BOT_POSTGRES": "postgres://ivrflow:hunter2@db.example.com/ivrflow",
		"SHORT_KEY":    base64.StdEncoding.EncodeToString([]byte("too short")),
		"EMPTY":        " ",
		"BOT_TOKENS":   "# who may use it\nann read,disclose 20260917-20260917-20260917-20260917\nbob operate hunter2.hunter2.hunter2.hunter2.hunter2\n",
		"BAD_TOKENS":   "ann rule hunter2.hunter2.hunter2.hunter2.hunter2\nbob operate hunter2\n",
	}[name]
	return v, ok
}

func loader(log *bytes.Buffer) bot.ConfigLoader {
	return bot.ConfigLoader{Env: environment, LogTo: log}
}

// printed is a configuration's findings as the command prints them.
func printed(t *testing.T, name string, list diag.List) string {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := diag.Print(&b, list, map[string][]byte{name: bot.MaskSecrets(name, src, list)}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Each file's findings are what stands in the file beside it. Files named
// good... have none.
func TestConfigFindings(t *testing.T) {
	t.Chdir("testdata/config")
	names, err := filepath.Glob("*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files: %v", err)
	}
	faults := 0
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			cfg, list, err := loader(new(bytes.Buffer)).Load(name)
			if err != nil {
				t.Fatal(err)
			}
			got := printed(t, name, list)
			faults += strings.Count(list.String(), ": error: ")
			if strings.HasPrefix(name, "good") && got != "" {
				t.Errorf("findings in a good file:\n%s", got)
			}
			if list.HasErrors() != (cfg.AppID == "") {
				t.Errorf("errors: %t, but the configuration's AppID is %q", list.HasErrors(), cfg.AppID)
			}
			if strings.Contains(got, "hunter2") || strings.Contains(got, "20260917") {
				t.Errorf("the findings show a secret:\n%s", got)
			}
			compare(t, strings.TrimSuffix(name, ".yaml")+".out", got)
		})
	}
	if faults < 60 {
		t.Errorf("%d faults in the test files, want 60 or more", faults)
	}
}

func compare(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", golden, got, want)
	}
}

// Whatever stands in a configuration file, it is read or refused, and no
// secret of the file is shown.
func FuzzLoadConfig(f *testing.F) {
	names, err := filepath.Glob("testdata/config/*.yaml")
	if err != nil || len(names) == 0 {
		f.Fatalf("no files: %v", err)
	}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	flows, err := filepath.Abs("testdata/config/flows")
	if err != nil {
		f.Fatal(err)
	}
	dir := f.TempDir()
	if err := os.Symlink(flows, filepath.Join(dir, "flows")); err != nil {
		f.Fatal(err)
	}
	name := filepath.Join(dir, "bot.yaml")
	f.Fuzz(func(t *testing.T, src []byte) {
		if bytes.Contains(src, []byte("recordings")) {
			return // would make folders
		}
		if err := os.WriteFile(name, src, 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, list, err := loader(new(bytes.Buffer)).Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if list.HasErrors() == (cfg.AppID != "") {
			t.Errorf("errors: %t, but the AppID is %q", list.HasErrors(), cfg.AppID)
		}
		printed(t, name, list)
	})
}
