package store

import (
	"slices"

	"github.com/ivrflow/ivrflow/runtime/store/seal"
)

// draft is what the parts of one write are written in, before they are sealed. Its
// bytes serve one write after the other, and are emptied between them: they hold
// what callers said.
type draft struct {
	bytes  []byte
	key    *seal.Key // the last one that sealed
	sealer seal.Sealer
}

// mostDraft is how many bytes a draft keeps for the next write.
const mostDraft = 64 << 10

// draft is an empty one. It goes back with done.
func (s *Store) draft() *draft {
	if d, ok := s.drafts.Get().(*draft); ok {
		return d
	}
	return &draft{bytes: make([]byte, 0, 2048)}
}

func (s *Store) done(d *draft) {
	if cap(d.bytes) > mostDraft {
		return
	}
	clear(d.bytes[:cap(d.bytes)])
	d.key, d.sealer = nil, seal.Sealer{}
	s.drafts.Put(d)
}

// plain is what add writes.
func (d *draft) plain(add func(b []byte) ([]byte, error)) ([]byte, error) {
	b, err := add(d.bytes[:0])
	if err != nil {
		return nil, err
	}
	d.bytes = b
	return slices.Clone(b), nil
}

// sealed is what add writes, sealed for its place.
func (d *draft) sealed(key *seal.Key, p seal.Place, add func(b []byte) ([]byte, error)) ([]byte, error) {
	b, err := add(d.bytes[:0])
	if err != nil {
		return nil, err
	}
	d.bytes = b
	if d.key != key { // most writes seal both their parts under one key
		d.key, d.sealer = key, key.Sealer()
	}
	return d.sealer.Seal(make([]byte, 0, len(b)+seal.Overhead), p, b), nil
}
