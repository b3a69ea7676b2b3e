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

// The Go code of the pages compiles. An overlay shows each block to the go
// command as a file of a package that is not on disk.
func TestCode(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir, replace, packages := t.TempDir(), map[string]string{}, []string{}
	for _, page := range append(names(), readme) {
		for i, b := range blocks(t, page) {
			if b.kind != "go" {
				continue
			}
			name := fmt.Sprintf("page_%s_%d", strings.ToLower(filepath.Base(page)), i)
			file := filepath.Join(dir, name+".go") // tests too: they need not run here
			if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
			replace[filepath.Join(root, "examples", name, name+".go")] = file
			packages = append(packages, "./examples/"+name)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", append([]string{"build", "-overlay=" + file, "-o", dir}, packages...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
