//go:build unix

package campaign

import (
	"errors"
	"os"
	"syscall"
)

// lockFile locks a file for this process; held says that another has it. The
// system lets go of it when the process is gone, however that went.
func lockFile(f *os.File) (held bool, err error) {
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	return errors.Is(err, syscall.EWOULDBLOCK), err
}

// syncDir has a folder remember a new file.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
