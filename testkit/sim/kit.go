package sim

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

//go:embed testdata/*.ivr.yaml
var files embed.FS

// Kit is what runs have in common so that each costs less: flows, keys, audio.
// It may be used by several goroutines at once.
type Kit struct {
	flows   []*flow.Flow
	byName  map[string]*flow.Flow
	edited  []*flow.Flow        // the flows in another version
	kept    []store.FlowVersion // the flows as a former installation has left them
	scripts []Script
	kinds   []Kind
	speech  *speech
	shared  *graphsim.Shared
	keys    [2]*rsa.PrivateKey // Graph's, and the one that follows it
}

// NewKit loads the flows.
func NewKit() (*Kit, error) {
	k := &Kit{byName: map[string]*flow.Flow{}, scripts: Scripts(), kinds: Kinds(), speech: newSpeech(), shared: &graphsim.Shared{}}
	for i := range k.keys {
		var err error
		if k.keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return nil, fmt.Errorf("sim: making a key: %w", err)
		}
	}
	names, err := fs.Glob(files, "testdata/*.ivr.yaml")
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	for _, name := range names {
		f, err := load(files, name)
		if err != nil {
			return nil, err
		}
		k.flows = append(k.flows, f)
		k.byName[f.Name] = f
		sources, err := f.Bundle()
		if err != nil {
			return nil, fmt.Errorf("sim: %w", err)
		}
		k.kept = append(k.kept, store.FlowVersion{Version: f.Version, Name: f.Name, Added: begins().Add(-time.Hour), Sources: sources})
		edited, err := load(editedFS{files}, name)
		if err != nil {
			return nil, err
		}
		k.edited = append(k.edited, edited)
	}
	return k, nil
}

func load(fsys fs.FS, name string) (*flow.Flow, error) {
	f, list, err := flow.Load(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	if f == nil {
		return nil, fmt.Errorf("sim: %s has errors:\n%s", name, list)
	}
	return f, nil
}

// editedFS has the same flows in another version: their description is another.
type editedFS struct{ embed.FS }

// Open opens a flow that was edited.
func (e editedFS) Open(name string) (fs.File, error) {
	b, err := e.ReadFile(name)
	if err != nil {
		return e.FS.Open(name)
	}
	flow, _, _ := strings.Cut(path.Base(name), ".")
	head := "flow: " + flow + "\n"
	return editedFile{bytes.NewReader(bytes.Replace(b, []byte(head), []byte(head+"description: another version\n"), 1))}, nil
}

type editedFile struct{ *bytes.Reader }

func (editedFile) Stat() (fs.FileInfo, error) { return nil, errors.ErrUnsupported }
func (editedFile) Close() error               { return nil }
