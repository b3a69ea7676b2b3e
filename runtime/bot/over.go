package bot

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
)

// over is a folder in which some files have another text.
type over struct {
	fs.FS
	folder string            // before the names that texts has
	texts  map[string][]byte // as positions name files
	files  *Files            // are told what is opened
}

// Open opens a text, or a file of the folder.
func (o over) Open(name string) (fs.File, error) {
	full := filepath.Join(o.folder, filepath.FromSlash(name))
	src, ok := o.texts[full]
	if !ok {
		o.files.note(full)
		return o.FS.Open(name)
	}
	return textFile{bytes.NewReader(src)}, nil
}

// textFile is an open file in memory.
type textFile struct{ *bytes.Reader }

func (textFile) Stat() (fs.FileInfo, error) { return nil, errors.ErrUnsupported }
func (textFile) Close() error               { return nil }
