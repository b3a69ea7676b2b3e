package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Endings of the files that people write.
const (
	flowEnd      = ".ivr.yaml"
	testEnd      = ".ivr-test.yaml"
	catalogueEnd = ".prompts.yaml"
)

// standardInput is the argument that stands for it.
const standardInput = "-"

// files replaces folders by the files in them that have one of the ends, sorted and
// without repeats. Hidden folders are left out. A name that does not exist
// stays, so that it is reported when it is read.
func files(ctx context.Context, args []string, ends ...string) ([]string, error) {
	var all []string
	for _, arg := range args {
		found, err := []string{arg}, error(nil)
		if arg != standardInput {
			found, err = below(ctx, filepath.Clean(arg), ends)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			found = []string{filepath.Clean(arg)}
		case err != nil:
			return nil, failuref("searching %s: %w", arg, err)
		case len(found) == 0:
			return nil, usagef("the folder %s holds no file *%s", arg, strings.Join(ends, ", *"))
		}
		for _, name := range found {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all, nil
}

// below is the file root, or the files below the folder root, which may be a
// link to one.
func below(ctx context.Context, root string, ends []string) ([]string, error) {
	if info, err := os.Stat(root); err == nil && info.IsDir() {
		root += string(filepath.Separator)
	}
	var found []string
	named := func(name string) bool {
		return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(name, end) })
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case !d.IsDir() && (path == root || named(d.Name())):
			found = append(found, path)
		}
		return nil
	})
	return found, err
}

// withHint adds to the error of a flow that is not there the name that was
// probably meant.
func withHint(err error, name string) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	beside, _ := filepath.Glob(filepath.Join(filepath.Dir(name), "*"+flowEnd)) // only a bad pattern is an error
	stem := func(file string) string { return strings.TrimSuffix(filepath.Base(file), flowEnd) }
	stems := make([]string, len(beside))
	for i, file := range beside {
		stems[i] = stem(file)
	}
	meant := stem(name) // without its ending, or
	if !slices.Contains(stems, meant) {
		meant, _ = diag.Suggest(meant, stems)
	}
	if i := slices.Index(stems, meant); i >= 0 {
		return fmt.Errorf("%w; did you mean %q?", err, beside[i])
	}
	return err
}
