package testkit

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// open reads the tests that a name means.
func open(name string, o Options) (*suite, diag.List, error) {
	fsys, name, err := locate(name, o)
	if err != nil {
		return nil, nil, err
	}
	file, err := testFile(name)
	if err != nil {
		return nil, nil, err
	}
	return read(fsys, file, flow.Options{Audio: o.Audio})
}

// locate finds the file system that a file is read from, and its name there.
// Names are kept as they were given where that is possible, so that findings
// name files as people do.
func locate(name string, o Options) (fs.FS, string, error) {
	if o.FS != nil {
		return o.watched(o.FS, ""), name, nil
	}
	if local := filepath.ToSlash(filepath.Clean(name)); filepath.IsLocal(name) {
		return o.watched(os.DirFS("."), ""), local, nil
	}
	full, err := filepath.Abs(name)
	if err != nil {
		return nil, "", fmt.Errorf("finding %s: %w", name, err)
	}
	return o.watched(os.DirFS(filepath.Dir(full)), filepath.Dir(full)), filepath.Base(full), nil
}

// watched is a file system whose openings are told.
func (o Options) watched(fsys fs.FS, dir string) fs.FS {
	if o.Opened == nil {
		return fsys
	}
	return watchedFS{fsys, dir, o.Opened}
}

type watchedFS struct {
	fs.FS
	dir    string
	opened func(string)
}

// Open tells the name, whether or not the file is there.
func (w watchedFS) Open(name string) (fs.File, error) {
	w.opened(filepath.Join(w.dir, filepath.FromSlash(name)))
	return w.FS.Open(name)
}

// loadFlow loads a flow by its file's name.
func loadFlow(name string, o Options) (*flow.Flow, map[string][]byte, error) {
	fsys, name, err := locate(name, o)
	if err != nil {
		return nil, nil, err
	}
	f, list, err := flow.LoadWith(fsys, name, flow.Options{Audio: o.Audio})
	if err != nil {
		return nil, nil, err
	}
	if f == nil {
		return nil, nil, fmt.Errorf("the flow has errors:\n%s", list)
	}
	return f, sourcesOf(f, fsys), nil
}

// sourcesOf are the texts of a flow and of those that it calls, by file. What
// cannot be read any more is left out, and its lines are not shown.
func sourcesOf(f *flow.Flow, fsys fs.FS) map[string][]byte {
	texts := map[string][]byte{}
	for _, m := range f.Members() {
		from := fsys
		if m.ReadyMade() {
			from = flows.FS
		}
		if src, err := fs.ReadFile(from, m.File); err == nil {
			texts[m.File] = src
		}
	}
	return texts
}
