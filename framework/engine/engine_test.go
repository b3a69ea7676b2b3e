package engine_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/ivrflow/ivrflow/testkit/script"
)

var update = flag.Bool("update", false, "write what really came into the conversations")

// TestConversations plays every conversation in testdata. In all of them the
// session goes through JSON before each event, and each event is given twice.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := script.Test(t, file, want).Text
			if string(got) == string(want) {
				return
			}
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("%s: the engine did otherwise (-update writes it):\n%s", file, got)
		})
	}
}
