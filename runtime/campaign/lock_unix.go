//go:build unix

package campaign

import (
	"errors"
	"os"
	"syscall"
)

// lockFile opens a campaign's file, or makes it, and locks it until this process is
// gone, however that goes; held says that another has it.
func lockFile(name string) (f *os.File, held bool, err error) {
	return lock(os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600))
}

// isHeld says whether a process has a campaign's file.
func isHeld(name string) (bool, error) {
	f, held, err := lock(os.Open(name))
	if f != nil {
		err = f.Close()
	}
	return held, err
}

func lock(f *os.File, err error) (*os.File, bool, error) {
	if err != nil {
		return nil, false, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	switch {
	case err == nil:
		return f, false, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, true, f.Close()
	}
	return nil, false, errors.Join(&os.PathError{Op: "lock", Path: f.Name(), Err: err}, f.Close())
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
