package bot

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// stuckReader reads nothing until the gate opens.
type stuckReader struct {
	gate chan struct{}
	mu   sync.Mutex
	got  bytes.Buffer
}

func (r *stuckReader) Write(p []byte) (int, error) {
	<-r.gate
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got.Write(p)
}

// A log that nobody reads holds nobody up; what was left out is told when somebody
// reads again, and all else is there in order.
func TestLogWriter(t *testing.T) {
	for _, json := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := &stuckReader{gate: make(chan struct{})}
			w := &logWriter{to: r, json: json}
			var h slog.Handler = slog.NewTextHandler(w, nil)
			if json {
				h = slog.NewJSONHandler(w, nil)
			}
			log := slog.New(h)
			begun := time.Now()
			const lines = 20_000
			for i := range lines {
				log.Info("line", slog.Int("n", i), slog.String("pad", strings.Repeat("x", 50)))
			}
			w.flush()
			if took := time.Since(begun); took != time.Second {
				t.Errorf("logging and waiting took %v", took)
			}
			if w.lost() == 0 || w.lost() > lines-5000 {
				t.Errorf("%d lines were left out", w.lost())
			}
			close(r.gate)
			w.flush()
			log.Info("again")
			w.flush()
			r.mu.Lock()
			defer r.mu.Unlock()
			got := r.got.String()
			if n := strings.Count(got, "\n"); n != lines-int(w.lost())+2 {
				t.Errorf("%d lines were written, want %d", n, lines-int(w.lost())+2)
			}
			missing := fmt.Sprintf("lines=%d", w.lost())
			if json {
				missing = fmt.Sprintf(`"lines":%d}`, w.lost())
			}
			if !strings.Contains(got, missing) || !strings.Contains(got, "again") {
				t.Errorf("the end of the log: %s", got[max(0, len(got)-400):])
			}
		})
	}
}
