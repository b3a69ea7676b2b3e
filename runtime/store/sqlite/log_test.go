package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

// A process that is killed before it has moved its log leaves that to the next
// one, which may be killed too: the log does not grow with each of them.
func TestLogOfTheKilled(t *testing.T) {
	const page, log, lives = 8 << 10, 60, 30
	file := filepath.Join(t.TempDir(), "calls.db")
	longest := int64(0)
	for life := range lives {
		db := open(t, file, sqlite.Options{Log: log})
		for i := range 5 {
			mustWrite(t, db, change(fmt.Sprintf("s%d.%d", life, i), 1))
		}
		next := filepath.Join(t.TempDir(), "calls.db")
		for _, suffix := range []string{"", "-wal"} { // what is left of a process that is killed
			data, err := os.ReadFile(file + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(next+suffix, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if suffix != "" {
				longest = max(longest, int64(len(data)))
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		file = next
	}
	t.Logf("the log had at most %d pages", longest/page)
	if longest > 3*log*page {
		t.Errorf("after %d lives the log has had %d pages, want at most %d", lives, longest/page, 3*log)
	}
	db := open(t, file, sqlite.Options{})
	for life := range lives {
		if got := versionOf(t, db, fmt.Sprintf("s%d.0", life)); got != 1 {
			t.Errorf("what life %d wrote is at version %d", life, got)
		}
	}
}
