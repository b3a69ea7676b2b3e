package bot

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/ivrflow/ivrflow/runtime/store"
)

var errShelf = errors.New("the shelf has fallen down")

// shelf keeps versions and blobs for tests, and remembers what it was asked.
type shelf struct {
	mu    sync.Mutex
	blobs map[string][]byte
	flows map[string]store.FlowVersion
	done  []string // "put prompt/...", "put flow ...", "get ..."
	left  int      // writes until all fails; -1: without end
	down  bool
}

func newShelf() *shelf {
	return &shelf{blobs: map[string][]byte{}, flows: map[string]store.FlowVersion{}, left: -1}
}

func (s *shelf) enter(what string, write bool) error {
	s.done = append(s.done, what)
	if s.down || write && s.left == 0 {
		return errShelf
	}
	if write && s.left > 0 {
		s.left--
	}
	return nil
}

func (s *shelf) PutBlob(_ context.Context, name string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter("put "+name, true); err != nil {
		return err
	}
	s.blobs[name] = bytes.Clone(data)
	return nil
}

func (s *shelf) Blob(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter("get "+name, false); err != nil {
		return nil, err
	}
	data, ok := s.blobs[name]
	if !ok {
		return nil, store.ErrNone
	}
	return bytes.Clone(data), nil
}

func (s *shelf) PutFlow(_ context.Context, f store.FlowVersion) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter("put flow "+f.Name, true); err != nil {
		return err
	}
	if _, ok := s.flows[f.Version]; !ok {
		s.flows[f.Version] = f
	}
	return nil
}

func (s *shelf) Flow(_ context.Context, version string) (store.FlowVersion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter("get flow", false); err != nil {
		return store.FlowVersion{}, err
	}
	f, ok := s.flows[version]
	if !ok {
		return store.FlowVersion{}, store.ErrNone
	}
	return f, nil
}

// count is how often something was done.
func (s *shelf) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, d := range s.done {
		if strings.HasPrefix(d, what) {
			n++
		}
	}
	return n
}

func (s *shelf) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.done)
}

func (s *shelf) set(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}
