package testkit_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/testkit"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with what a file holds.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update writes it); got:\n%s", file, got)
	}
}

func TestFailures(t *testing.T) {
	files, err := filepath.Glob("testdata/fail/*.ivr-test.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			rep, list, err := testkit.RunFile(t.Context(), file, testkit.Options{})
			if err != nil || len(list) > 0 {
				t.Fatalf("the tests did not run: %v\n%s", err, list)
			}
			for _, r := range rep.Tests {
				if r.Passed {
					t.Errorf("%q passed", r.Name)
				}
			}
			var out bytes.Buffer
			if err := rep.Print(&out); err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".ivr-test.yaml")+".out", out.Bytes())
		})
	}
}

func TestDiagnostics(t *testing.T) {
	files, err := filepath.Glob("testdata/err/*.ivr-test.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			rep, list, err := testkit.RunFile(t.Context(), file, testkit.Options{})
			if err != nil || !list.HasErrors() || len(rep.Tests) > 0 {
				t.Fatalf("want findings and no tests; got %d tests, %v, %s", len(rep.Tests), err, list)
			}
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := diag.Print(&out, list, map[string][]byte{file: src}); err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".ivr-test.yaml")+".out", out.Bytes())
		})
	}
}
