package dev

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// flowEnd is how the names of flow files end.
const flowEnd = ".ivr.yaml"

// source is where the flow comes from. It knows which files the last load
// read, and sees when one of them changes.
type source struct {
	fsys   fs.FS
	name   string
	path   string // of the operating system
	how    flow.Options
	stamps map[string]stamp // nil: the files cannot change
}

// stamp tells versions of a file apart.
type stamp struct {
	size    int64
	changed time.Time
	missing bool
}

// openSource finds the flow. The code is the exit code that goes with the
// error.
func openSource(name string, how flow.Options) (src *source, code int, err error) {
	if name == "" {
		return &source{fsys: flows.FS, name: flows.Demo, how: how}, ExitOK, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, ExitFailure, fmt.Errorf("the flow cannot be read: %w", err)
	}
	if info.IsDir() {
		if name, err = onlyFlow(name); err != nil {
			return nil, ExitUsage, err
		}
	}
	src = &source{how: how, stamps: map[string]stamp{}}
	name = filepath.Clean(name)
	src.path = name
	if filepath.IsLocal(name) {
		src.fsys, src.name = os.DirFS("."), filepath.ToSlash(name)
	} else {
		src.fsys, src.name = os.DirFS(filepath.Dir(name)), filepath.Base(name)
	}
	return src, ExitOK, nil
}

func onlyFlow(folder string) (string, error) {
	list, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	var found []string
	for _, e := range list {
		if strings.HasSuffix(e.Name(), flowEnd) && !e.IsDir() {
			found = append(found, e.Name())
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("the folder %s has no flow; a flow's name ends in %s", folder, flowEnd)
	case 1:
		return filepath.Join(folder, found[0]), nil
	}
	return "", fmt.Errorf("the folder %s has %d flows (%s); name one of them", folder, len(found), strings.Join(found, ", "))
}

// load reads the flow, and writes what there is to say about it as `check`
// does. It is nil if the flow cannot be used.
func (s *source) load(out io.Writer) *flow.Flow {
	watched := &watchedFS{fsys: s.fsys, stamps: map[string]stamp{}}
	f, findings, err := flow.LoadWith(watched, s.name, s.how)
	if s.stamps != nil {
		s.stamps = watched.stamps
	}
	if err != nil {
		fmt.Fprintln(out, err)
		return nil
	}
	if err := diag.Print(out, findings, s.excerpts(findings)); err != nil {
		return nil
	}
	return f
}

// excerpts are the files that the findings are about.
func (s *source) excerpts(findings diag.List) map[string][]byte {
	texts := map[string][]byte{}
	for _, d := range findings {
		if _, ok := texts[d.Pos.File]; ok {
			continue
		}
		texts[d.Pos.File] = nil
		file, err := s.fsys.Open(d.Pos.File)
		if err != nil {
			continue // the finding says it
		}
		texts[d.Pos.File], _ = io.ReadAll(io.LimitReader(file, maxExcerpt)) // a part is better than nothing
		_ = file.Close()
	}
	return texts
}

// maxExcerpt bounds how much of a file is read to show lines of it.
const maxExcerpt = 1 << 20

// changed reports whether a file differs from what the last load read.
func (s *source) changed() bool {
	for name, was := range s.stamps {
		if stampOf(s.fsys, name) != was {
			return true
		}
	}
	return false
}

func stampOf(fsys fs.FS, name string) stamp {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return stamp{missing: true}
	}
	return stamp{size: info.Size(), changed: info.ModTime()}
}

// watchedFS notes what is opened, as it was before that.
type watchedFS struct {
	fsys   fs.FS
	stamps map[string]stamp
}

// Open notes the name, whether or not the file is there.
func (w *watchedFS) Open(name string) (fs.File, error) {
	if _, ok := w.stamps[name]; !ok {
		w.stamps[name] = stampOf(w.fsys, name)
	}
	return w.fsys.Open(name)
}
