package sqlite

import (
	"errors"
	"os"
	"syscall"
)

// sharingViolation is the system's error for a file that another has open.
const sharingViolation = syscall.Errno(32)

// lockFile opens a file that others may then only read; held says that another
// has it.
func lockFile(name string) (f *os.File, held bool, err error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, false, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	h, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ,
		nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	return os.NewFile(uintptr(h), name), false, nil
}

// syncDir does nothing: the file system remembers new files by itself.
func syncDir(string) error { return nil }
