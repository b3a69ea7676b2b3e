package manual_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The test that the page on tests shows as written is written of its flow.
func TestWrittenTest(t *testing.T) {
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, "testing")
	if err := os.Remove(filepath.Join(dir, "front_desk.ivr-test.yaml")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(bin, "ivrflow"), "test", "--missing", "--write-beside", "front_desk.ivr.yaml")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "front_desk.ivr-test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, b := range blocks(t, "testing") {
		if b.kind != "yaml written" {
			continue
		}
		shown++
		if !strings.Contains(string(text), b.text) {
			t.Errorf("testing:%d: the tests that are written have not\n%sbut are\n%s", b.line, b.text, text)
		}
	}
	if shown == 0 {
		t.Error("the page shows no test that is written")
	}
}
