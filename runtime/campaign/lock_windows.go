package campaign

import (
	"errors"
	"os"
	"syscall"
)

// sharingViolation is the system's error for a file that another has open.
const sharingViolation = syscall.Errno(32)

// lockFile opens a campaign's file, or makes it, so that others may only read it until
// this process is gone, however that goes; held says that another has it.
func lockFile(name string) (f *os.File, held bool, err error) {
	return open(name, syscall.OPEN_ALWAYS)
}

// isHeld says whether a process has a campaign's file.
func isHeld(name string) (bool, error) {
	f, held, err := open(name, syscall.OPEN_EXISTING)
	if f != nil {
		err = f.Close()
	}
	return held, err
}

func open(name string, how uint32) (f *os.File, held bool, err error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, false, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	h, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ, nil, how, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	switch {
	case errors.Is(err, sharingViolation):
		return nil, true, nil
	case err != nil:
		return nil, false, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	return os.NewFile(uintptr(h), name), false, nil
}

// syncDir does nothing: the file system remembers new files by itself.
func syncDir(string) error { return nil }
