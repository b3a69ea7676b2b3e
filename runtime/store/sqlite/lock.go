package sqlite

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// lock is the file beside a database that the process which has it holds. The
// system lets go of it when the process is gone, however that went.
type lock struct{ f *os.File }

// takeLock locks a database. The lock's file names the process, for people.
func takeLock(file string) (*lock, error) {
	name := file + ".lock"
	f, held, err := lockFile(name)
	if err != nil {
		return nil, err
	}
	if held {
		return nil, fmt.Errorf("%w: %s is used by %s; stop that process, or give this one a file of its own",
			store.ErrTaken, file, holder(name))
	}
	l := &lock{f: f}
	if err := l.sign(); err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return l, nil
}

// sign writes this process's id into the lock's file.
func (l *lock) sign() error {
	if err := l.f.Truncate(0); err != nil {
		return err
	}
	_, err := l.f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}

// release lets go of the lock. Its file stays: another process may hold it open.
func (l *lock) release() error { return l.f.Close() }

// holder says which process has signed a lock's file.
func holder(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return "another process"
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 32))
	pid, bad := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || bad != nil {
		return "another process"
	}
	return fmt.Sprintf("process %d", pid)
}
