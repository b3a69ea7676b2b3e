package bot

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// mostLogged is how many bytes of log lines may wait for whoever reads them.
const mostLogged = 1 << 20

// flushFor is how long the end waits for that.
const flushFor = time.Second

// logWriter writes log lines beside whoever logs: a reader that does not read must
// not hold up a call. What there is no room for is left out and counted. There is
// a goroutine only while something waits. It is safe for concurrent use.
type logWriter struct {
	to   io.Writer
	json bool // the form of the line that says what was left out

	mu      sync.Mutex
	lines   []byte
	writes  bool
	idle    chan struct{} // closed when all is written; nil if nobody waits
	left    uint64        // lines that were left out since the last that was written
	dropped uint64        // lines that were left out, in all
}

// Write takes a line. It never fails and never waits.
func (w *logWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lines)+len(line) > mostLogged {
		w.left++
		w.dropped++
		return len(line), nil
	}
	if w.left > 0 {
		w.lines = append(w.lines, w.leftOut()...)
		w.left = 0
	}
	w.lines = append(w.lines, line...)
	if !w.writes {
		w.writes = true
		go w.drain()
	}
	return len(line), nil
}

// leftOut is the line that says how many are missing.
func (w *logWriter) leftOut() string {
	at := time.Now().Format(time.RFC3339Nano)
	if w.json {
		return fmt.Sprintf("{\"time\":%q,\"level\":\"WARN\",\"msg\":\"log lines left out\",\"lines\":%d}\n", at, w.left)
	}
	return fmt.Sprintf("time=%s level=WARN msg=\"log lines left out\" lines=%d\n", at, w.left)
}

// drain writes what waits, until nothing does.
func (w *logWriter) drain() {
	for {
		w.mu.Lock()
		lines := w.lines
		w.lines = nil
		if len(lines) == 0 {
			w.writes = false
			if w.idle != nil {
				close(w.idle)
				w.idle = nil
			}
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		_, _ = w.to.Write(lines) // there is nobody to tell
	}
}

// flush waits until all is written, for some time. A nil logWriter has written all.
func (w *logWriter) flush() {
	if w == nil {
		return
	}
	w.mu.Lock()
	if !w.writes {
		w.mu.Unlock()
		return
	}
	if w.idle == nil {
		w.idle = make(chan struct{})
	}
	idle := w.idle
	w.mu.Unlock()
	select {
	case <-idle:
	case <-time.After(flushFor):
	}
}

// lost is how many lines were left out.
func (w *logWriter) lost() uint64 {
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dropped
}
