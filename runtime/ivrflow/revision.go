package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// checkedOut writes the folder of a file, or a folder, as it was in a revision of git
// to a new folder, and answers that and the name there. Nothing in the repository
// changes.
func checkedOut(ctx context.Context, rev, name string) (folder, there string, err error) {
	dir, base := name, ""
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return "", "", failuref("%w", err)
	case !info.IsDir():
		dir, base = filepath.Split(name)
	}
	if dir == "" {
		dir = "."
	}
	if folder, err = os.MkdirTemp("", "ivrflow-diff"); err != nil {
		return "", "", failuref("%w", err)
	}
	if err := archived(ctx, rev, dir, folder); err != nil {
		_ = os.RemoveAll(folder) // the error before is what matters
		return "", "", failuref("--rev %s: %w", rev, err)
	}
	there = filepath.Join(folder, base)
	if _, err := os.Stat(there); err != nil {
		_ = os.RemoveAll(folder)
		return "", "", failuref("--rev %s: %s is not in that revision", rev, name)
	}
	return folder, there, nil
}

// archived writes what git has of a folder in a revision.
func archived(ctx context.Context, rev, dir, to string) error {
	if strings.HasPrefix(rev, "-") {
		return errors.New("a revision does not begin with -")
	}
	var stderr strings.Builder
	git := exec.CommandContext(ctx, "git", "-C", dir, "archive", "--format=tar", rev, ".")
	git.Stderr = &stderr
	out, err := git.StdoutPipe()
	if err != nil {
		return err
	}
	if err := git.Start(); err != nil {
		return fmt.Errorf("starting git: %w", err)
	}
	unpacked := unpack(tar.NewReader(out), to)
	if unpacked != nil {
		_ = git.Process.Kill() // it may still write
	}
	if err := git.Wait(); err != nil && unpacked == nil {
		first, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return fmt.Errorf("git: %s", strings.TrimPrefix(first, "fatal: "))
	}
	return unpacked
}

// unpack writes the files of an archive into a folder, and nowhere else.
func unpack(r *tar.Reader, to string) error {
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing is written through it
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading what git has: %w", err)
		}
		name := filepath.FromSlash(strings.TrimSuffix(h.Name, "/"))
		switch h.Typeflag {
		case tar.TypeDir:
			if name != "." {
				err = root.MkdirAll(name, 0o700)
			}
		case tar.TypeReg:
			err = unpackFile(root, name, r)
		}
		if err != nil {
			return err
		}
	}
}

func unpackFile(root *os.Root, name string, r io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := root.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
