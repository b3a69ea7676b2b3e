package flow

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// bundleFS is a bundle's files as a file system, as far as the loader needs it.
type bundleFS struct {
	sources sources
	audio   func(hash string) ([]byte, error)
	err     error // the first of audio
}

// Open opens a text, or what is played of an audio file.
func (b *bundleFS) Open(name string) (fs.File, error) {
	if text, ok := b.sources.Files[name]; ok {
		return bundleFile{strings.NewReader(text), entryOf(name)}, nil
	}
	hash, ok := b.sources.Audio[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	wav, err := b.audio(hash)
	if err == nil && prompt.Hash(wav) != hash {
		err = fmt.Errorf("%w: its audio %s (%s) is damaged", ErrUnusable, Short(hash), name)
	}
	if err != nil {
		if b.err == nil {
			b.err = fmt.Errorf("audio file %s: %w", name, err)
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return bundleFile{bytes.NewReader(wav), entryOf(name)}, nil
}

// ReadDir lists the catalogues of a folder.
func (b *bundleFS) ReadDir(name string) ([]fs.DirEntry, error) {
	found, ok := b.sources.Folders[name]
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	list := make([]fs.DirEntry, len(found))
	for i, file := range found {
		list[i] = fs.FileInfoToDirEntry(entryOf(file))
	}
	return list, nil
}

// bundleFile is an open file of a bundle.
type bundleFile struct {
	io.Reader
	entry bundleEntry
}

func (f bundleFile) Stat() (fs.FileInfo, error) { return f.entry, nil }
func (bundleFile) Close() error                 { return nil }

// bundleEntry is what there is to know of a file beside its content.
type bundleEntry struct{ name string }

func entryOf(name string) bundleEntry { return bundleEntry{path.Base(name)} }

func (e bundleEntry) Name() string     { return e.name }
func (bundleEntry) Size() int64        { return 0 }
func (bundleEntry) Mode() fs.FileMode  { return 0o444 }
func (bundleEntry) ModTime() time.Time { return time.Time{} }
func (bundleEntry) IsDir() bool        { return false }
func (bundleEntry) Sys() any           { return nil }
