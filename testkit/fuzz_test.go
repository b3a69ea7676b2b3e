package testkit_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/testkit"
)

// Any bytes may stand in a test file: they are findings or tests, never a
// panic, and tests come to an end.
func FuzzTestFile(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.ivr-test.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	flow, err := os.ReadFile("testdata/frontdesk/frontdesk.ivr.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		fsys := fstest.MapFS{"x.ivr-test.yaml": {Data: src}}
		for _, name := range []string{"frontdesk.ivr.yaml", "door.ivr.yaml"} {
			fsys[name] = &fstest.MapFile{Data: flow}
		}
		rep, list, err := testkit.RunFile(t.Context(), "x.ivr-test.yaml", testkit.Options{FS: fsys, Workers: 1})
		switch {
		case err != nil:
			t.Errorf("reading from memory failed: %v", err)
		case list.HasErrors() && len(rep.Tests) > 0:
			t.Error("tests ran although the file has errors")
		}
	})
}
