package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"
)

// settled is how long nothing changes before tests are played again: editors write
// in several steps.
const settled = 100 * time.Millisecond

// watchTests plays all tests, and then, until it is interrupted, those that a
// change touches.
func watchTests(cmd *cobra.Command, o testOptions, args []string) error {
	w := &watching{cmd: cmd, options: o, args: args, read: map[string]map[string]bool{}, dirs: map[string]bool{}}
	var err error
	if w.events, err = fsnotify.NewWatcher(); err != nil {
		return failuref("files cannot be watched: %w", err)
	}
	defer func() { _ = w.events.Close() }() // nothing was written
	for _, arg := range args {
		if err := w.folders(arg); err != nil {
			return failuref("watching %s: %w", arg, err)
		}
	}
	names, err := testFiles(cmd, args)
	if err != nil {
		return err
	}
	for {
		if err := w.play(names); err != nil {
			return err
		}
		if names, err = w.next(); names == nil || err != nil {
			return err
		}
	}
}

// watching is what is known while tests are watched.
type watching struct {
	cmd     *cobra.Command
	options testOptions
	args    []string
	events  *fsnotify.Watcher
	dirs    map[string]bool // that are watched

	mu   sync.Mutex
	read map[string]map[string]bool // test file -> what was opened for it
}

// folders watches a folder with all below it, for test files that are new.
func (w *watching) folders(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir():
			w.watch(path)
		}
		return nil
	})
}

// watch watches a folder. One that is not there, or of which the system watches
// too many, is left out: its files are seen when something else changes.
func (w *watching) watch(dir string) {
	dir = filepath.Clean(dir)
	if !w.dirs[dir] && w.events.Add(dir) == nil {
		w.dirs[dir] = true
	}
}

// play plays test files, and says what it waits for.
func (w *watching) play(names []string) error {
	t := newTestRun(w.cmd, w.options)
	for _, name := range names {
		w.read[name] = map[string]bool{name: true}
	}
	t.opened = func(file, path string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.read[file][filepath.Clean(path)] = true
	}
	if err := t.play(names); err != nil {
		return err
	}
	if t.tally != nil && len(names) == len(w.read) {
		if err := t.addUntested(w.args); err != nil {
			return err
		}
	}
	// What came of the tests is on the screen; only an interrupt ends the watch.
	if err := t.finish(); err != nil && w.cmd.Context().Err() != nil {
		return err
	}
	for _, opened := range w.read {
		for path := range opened {
			w.watch(filepath.Dir(path))
		}
	}
	fmt.Fprintf(w.cmd.ErrOrStderr(), "watching %s of tests; Ctrl-C ends\n", plural(len(w.read), "file"))
	return nil
}

// next waits for a change, and answers the test files that it touches; none if the
// command is interrupted.
func (w *watching) next() ([]string, error) {
	changed := map[string]bool{}
	var quiet <-chan time.Time
	for {
		select {
		case <-w.cmd.Context().Done():
			return nil, nil
		case err := <-w.events.Errors:
			return nil, failuref("watching files: %w", err)
		case e := <-w.events.Events:
			if e.Op == fsnotify.Chmod {
				continue
			}
			changed[filepath.Clean(e.Name)] = true
			quiet = time.After(settled)
		case <-quiet:
			names, err := w.touched(changed)
			if err != nil || len(names) > 0 {
				return names, err
			}
			clear(changed)
		}
	}
}

// touched are the test files for which a changed file was opened, and those that
// are new.
func (w *watching) touched(changed map[string]bool) ([]string, error) {
	for path := range changed {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			if err := w.folders(path); err != nil && !errors.Is(err, context.Canceled) {
				return nil, failuref("watching %s: %w", path, err)
			}
		}
	}
	names, err := testFiles(w.cmd, w.args)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(w.read, func(name string, _ map[string]bool) bool { return !slices.Contains(names, name) })
	return slices.DeleteFunc(names, func(name string) bool {
		opened, known := w.read[name]
		return known && !touches(changed, opened)
	}), nil
}

// touches reports whether a file was opened, or a folder in which it stands.
func touches(changed, opened map[string]bool) bool {
	for path := range changed {
		if opened[path] || opened[filepath.Dir(path)] {
			return true
		}
	}
	return false
}
