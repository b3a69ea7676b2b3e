package fleet

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"sync"
)

// logbook is what one process says. It can be waited for.
type logbook struct {
	file *os.File // gets all of it; nil: none

	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed with each line
	end  bool
}

func newLogbook(file *os.File) *logbook { return &logbook{file: file, more: make(chan struct{})} }

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	l.changed()
	if l.file != nil {
		return l.file.Write(p)
	}
	return len(p), nil
}

func (l *logbook) changed() {
	close(l.more)
	l.more = make(chan struct{})
}

// close says that nothing more comes.
func (l *logbook) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end = true
	l.changed()
}

// find waits for a line and returns what its group matched.
func (l *logbook) find(ctx context.Context, line *regexp.Regexp) (string, error) {
	for {
		l.mu.Lock()
		m, more, end := line.FindSubmatch(l.text.Bytes()), l.more, l.end
		l.mu.Unlock()
		switch {
		case m != nil:
			return string(m[1]), nil
		case end:
			return "", fmt.Errorf("it ended without saying %s, but:\n%s", line, l.tail())
		}
		select {
		case <-more:
		case <-ctx.Done():
			return "", fmt.Errorf("it did not say %s, but:\n%s: %w", line, l.tail(), context.Cause(ctx))
		}
	}
}

// tail is the end of what was said.
func (l *logbook) tail() string {
	const most = 4000
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.Bytes()
	return string(text[max(0, len(text)-most):])
}
