package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// writePrivate writes a file that its owner alone can read, whoever could read one
// of its name before: a new one is written beside it, and takes its place when it
// is whole. What is no file, such as a pipe, is written to as it is.
func writePrivate(name string, write func(io.Writer) error) (err error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return writeTo(name, write)
	}
	if whole, err := filepath.EvalSymlinks(name); err == nil {
		name = whole
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".ivrflow-*") // with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	err = write(f)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// writeTo writes to what is there.
func writeTo(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
