package manual_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The Go code of the pages compiles, and its tests pass in the folder of their
// page. An overlay shows each block to the go command as a file of a package
// that is not on disk.
func TestCode(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(names(), readme) {
		for _, b := range blocks(t, page) {
			if b.kind != "go" {
				continue
			}
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(page), b.line), func(t *testing.T) {
				t.Parallel()
				name, isTest := "page.go", strings.Contains(b.text, `"testing"`)
				if isTest {
					name = "page_test.go"
				}
				dir := folder(t, page)
				binary := filepath.Join(dir, "program")
				args := []string{"build", "-o", binary, "-overlay", overlay(t, dir, filepath.Join(root, "manualpage", name), b.text)}
				if isTest {
					args = append([]string{"test", "-c", "-vet=off"}, args[1:]...)
				}
				run(t, root, "go", append(args, "./manualpage")...)
				if isTest {
					run(t, dir, binary, "-test.v")
				}
			})
		}
	}
}

// overlay makes the go command see a text at a path.
func overlay(t *testing.T, dir, path, text string) string {
	t.Helper()
	source, list := filepath.Join(dir, "source.txt"), filepath.Join(dir, "overlay.json")
	content, err := json.Marshal(map[string]any{"Replace": map[string]string{path: source}})
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string][]byte{source: []byte(text), list: content} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

func run(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	if program != "go" && !strings.Contains(string(out), "--- PASS") {
		t.Errorf("no test ran:\n%s", out)
	}
}
