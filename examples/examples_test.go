// Package examples_test holds what is true of every example. What each one does
// is tested in its own folder.
package examples_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/bot"
)

// maxLines is how long the main.go of an example may be: embedding the runtime
// is little work, and shall stay so.
const maxLines = 60

// examples are the folders with a main.go.
func examples(t *testing.T) []string {
	t.Helper()
	mains, err := filepath.Glob("*/main.go")
	if err != nil || len(mains) < 4 {
		t.Fatalf("found the programs %v, %v", mains, err)
	}
	var folders []string
	for _, m := range mains {
		folders = append(folders, filepath.Dir(m))
	}
	return folders
}

func TestEachIsComplete(t *testing.T) {
	for _, folder := range examples(t) {
		for _, pattern := range []string{"README.md", "bot.yaml", "*.ivr.yaml", "*.ivr-test.yaml", "*_test.go", "prompts/*.prompts.yaml"} {
			if found, err := filepath.Glob(filepath.Join(folder, pattern)); err != nil || len(found) == 0 {
				t.Errorf("%s has no %s (%v)", folder, pattern, err)
			}
		}
		source, err := os.ReadFile(filepath.Join(folder, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(source, []byte("\n")); n > maxLines {
			t.Errorf("%s/main.go has %d lines, more than %d", folder, n, maxLines)
		}
	}
}

// Each program builds, takes its bot.yaml, serves, and ends when it is told to. It
// serves only if it brings the actions that its flow does. The test changes
// addresses: of the listener, and of Graph, so that nothing leaves this machine.
func TestEachRuns(t *testing.T) {
	standInForSynthesiser(t, "espeak-ng")
	t.Setenv("IVRFLOW_SECRET", "a secret of the test")
	for _, folder := range examples(t) {
		t.Run(folder, func(t *testing.T) {
			here := copyOf(t, folder)
			asked := stayHere(t, filepath.Join(here, "bot.yaml"))
			program := filepath.Join(here, "program.exe")
			if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./"+folder).CombinedOutput(); err != nil {
				t.Fatalf("go build: %v\n%s", err, text)
			}
			var stderr bytes.Buffer
			cmd := exec.CommandContext(t.Context(), program)
			cmd.Dir, cmd.Stderr = here, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case <-asked:
			case err := <-ended:
				t.Fatalf("it ended with %v before it served:\n%s", err, &stderr)
			}
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Errorf("interrupting it: %v", err)
			}
			if err := <-ended; err != nil {
				t.Errorf("it ended with %v:\n%s", err, &stderr)
			}
		})
	}
}

// copyOf is a copy of an example, for what makes folders and files.
func copyOf(t *testing.T, folder string) string {
	t.Helper()
	here := t.TempDir()
	if err := os.CopyFS(here, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return here
}

// stayHere makes a configuration listen on whatever port is free, and sends what
// is meant for Microsoft to a server that knows nothing. The channel tells of the
// first request: a bot that serves fetches the keys of its callbacks.
func stayHere(t *testing.T, config string) (asked <-chan struct{}) {
	t.Helper()
	first := make(chan struct{})
	tell := sync.OnceFunc(func() { close(first) })
	nobody := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tell()
		http.NotFound(w, r)
	}))
	t.Cleanup(nobody.Close)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	const usual = "127.0.0.1:8443"
	if !bytes.Contains(text, []byte(usual)) {
		t.Fatalf("%s does not listen on %s", config, usual)
	}
	text = bytes.Replace(text, []byte(usual), []byte("127.0.0.1:0"), 1)
	text = fmt.Appendf(text, "graph: {url: %[1]s/beta, login_url: %[1]s, metadata_url: %[1]s/keys}\n", nobody.URL)
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return first
}

// Each bot.yaml is accepted as it is, once its secret is there, and makes a bot.
func TestEachConfigurationIsAccepted(t *testing.T) {
	standInForSynthesiser(t, "espeak-ng")
	t.Setenv("IVRFLOW_SECRET", "a secret of the test")
	for _, folder := range examples(t) {
		t.Run(folder, func(t *testing.T) {
			cfg, findings, err := bot.LoadConfig(filepath.Join(copyOf(t, folder), "bot.yaml"))
			if err != nil || len(findings) > 0 {
				t.Fatalf("%v\n%s", err, findings)
			}
			if _, err := bot.New(cfg); err != nil {
				t.Error(err)
			}
		})
	}
}

// Without the secret, the configuration says what is missing and where.
func TestConfigurationNamesTheMissingSecret(t *testing.T) {
	standInForSynthesiser(t, "espeak-ng")
	t.Setenv("IVRFLOW_SECRET", "")
	for _, folder := range examples(t) {
		_, findings, err := bot.LoadConfig(filepath.Join(folder, "bot.yaml"))
		if err != nil || !findings.HasErrors() || !strings.Contains(findings.String(), "IVRFLOW_SECRET") {
			t.Errorf("%s: %v\n%s\nwant a finding about IVRFLOW_SECRET", folder, err, findings)
		}
	}
}

// standInForSynthesiser makes a program of that name be found first, so that
// the test needs none installed. It is never run.
func standInForSynthesiser(t *testing.T, name string) {
	t.Helper()
	folder := t.TempDir()
	for _, ending := range []string{"", ".exe"} {
		if err := os.WriteFile(filepath.Join(folder, name+ending), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
}
