package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// MemoryDB is a DB that is gone with its process: for tests, and for nodes that
// are simulated in one process and share it. It starts no goroutine, and the same
// calls in the same order are answered alike. The zero MemoryDB is empty and ready.
type MemoryDB struct {
	// Now is the database's clock, for leases and the age of blobs. nil: time.Now.
	Now func() time.Time

	mu       sync.Mutex
	sessions map[ivr.SessionID]*memorySession
	calls    map[ivr.CallID]ivr.SessionID
	nodes    map[NodeID]Node
	mails    []Mail // the oldest first
	lastMail int64
	watchers map[NodeID][]*watcher // in the order of their coming
	counters map[string]int64
	blobs    map[string]memoryBlob
	flows    map[string]FlowVersion
}

// memorySession is a session with all that hangs on it.
type memorySession struct {
	row     Row // Keys by name
	journal []Entry
}

type memoryBlob struct {
	data []byte
	put  time.Time
}

type watcher struct{ f func() }

// lock takes the mutex, and makes the maps of a zero MemoryDB.
func (m *MemoryDB) lock() (unlock func()) {
	m.mu.Lock()
	if m.sessions == nil {
		m.sessions = map[ivr.SessionID]*memorySession{}
		m.calls = map[ivr.CallID]ivr.SessionID{}
		m.nodes = map[NodeID]Node{}
		m.watchers = map[NodeID][]*watcher{}
		m.counters = map[string]int64{}
		m.blobs = map[string]memoryBlob{}
		m.flows = map[string]FlowVersion{}
	}
	return m.mu.Unlock
}

func (m *MemoryDB) now() time.Time {
	if m.Now == nil {
		return kept(time.Now())
	}
	return kept(m.Now())
}

// kept is a time as every DB keeps it.
func kept(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// Write implements DB.
func (m *MemoryDB) Write(ctx context.Context, w *Write) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("write session %s: %w", w.Session, err)
	}
	defer m.lock()()
	s, err := m.writable(w)
	if err != nil {
		return err
	}
	if s == nil {
		s = &memorySession{row: Row{Session: w.Session, Epoch: 1, Node: w.Node, Flow: w.Flow, Name: w.Name,
			Tenant: w.Tenant, Started: kept(w.Started)}}
		m.sessions[w.Session] = s
	}
	r := &s.row
	r.Version, r.Attempts, r.Due, r.Ended = w.Version, w.Attempts, kept(w.Due), kept(w.Ended)
	r.Record = bytes.Clone(w.Record)
	if w.Summary != nil {
		r.Summary = bytes.Clone(w.Summary)
	}
	m.lead(w.Calls, s)
	s.setKeys(w)
	if w.Entry != nil {
		e := *w.Entry
		e.Version, e.At, e.Outline, e.Body = w.Version, kept(e.At), bytes.Clone(e.Outline), bytes.Clone(e.Body)
		s.journal = append(s.journal, e)
	}
	m.mails = slices.DeleteFunc(m.mails, func(a Mail) bool {
		return a.Session == w.Session && (w.Record == nil || slices.Contains(w.Mail, a.ID))
	})
	return nil
}

// writable is the session of a change that may be made; nil if it is new.
func (m *MemoryDB) writable(w *Write) (*memorySession, error) {
	s := m.sessions[w.Session]
	if w.Version != 1 {
		if s == nil || s.row.Version != w.Version-1 || s.row.Epoch != w.Epoch {
			return nil, ErrFenced
		}
		return s, nil
	}
	for _, call := range w.Calls {
		if has, taken := m.calls[call]; taken {
			return nil, &KnownError{Session: has}
		}
	}
	if s != nil || w.Epoch != 1 {
		return nil, ErrFenced
	}
	return nil, nil
}

// lead lets calls lead to a session from now on.
func (m *MemoryDB) lead(calls []ivr.CallID, s *memorySession) {
	for _, call := range calls {
		has, taken := m.calls[call]
		if taken && has == s.row.Session {
			continue
		}
		if taken {
			other := &m.sessions[has].row
			other.Calls = slices.DeleteFunc(slices.Clone(other.Calls), func(c ivr.CallID) bool { return c == call })
		}
		m.calls[call] = s.row.Session
		s.row.Calls = append(s.row.Calls, call)
	}
}

// setKeys destroys a session's old keys and adds its new ones.
func (s *memorySession) setKeys(w *Write) {
	s.row.Keys = slices.DeleteFunc(s.row.Keys, func(k Key) bool {
		return slices.Contains(w.Shred, k.Name) || slices.ContainsFunc(w.Keys, func(n Key) bool { return n.Name == k.Name })
	})
	for _, k := range w.Keys {
		s.row.Keys = append(s.row.Keys, Key{Name: k.Name, Wrapped: bytes.Clone(k.Wrapped)})
	}
	slices.SortFunc(s.row.Keys, func(a, b Key) int { return cmp.Compare(a.Name, b.Name) })
}

// Try implements DB.
func (m *MemoryDB) Try(_ context.Context, id ivr.SessionID, epoch int64) (int, error) {
	defer m.lock()()
	s := m.sessions[id]
	if s == nil || s.row.Epoch != epoch {
		return 0, ErrFenced
	}
	s.row.Attempts++
	return s.row.Attempts, nil
}

// TryAll implements DB.
func (m *MemoryDB) TryAll(ctx context.Context, all []Held) ([]int, error) {
	attempts := make([]int, len(all))
	for i, h := range all {
		attempts[i], _ = m.Try(ctx, h.Session, h.Epoch) // 0 if it is not under the epoch
	}
	return attempts, nil
}

// Read implements DB.
func (m *MemoryDB) Read(_ context.Context, id ivr.SessionID) (Row, error) {
	defer m.lock()()
	s := m.sessions[id]
	if s == nil {
		return Row{}, ErrNone
	}
	return s.read(true, true), nil
}

// read is a copy of the row, with its calls and keys if they are asked for.
func (s *memorySession) read(calls, keys bool) Row {
	r := s.row
	r.Record, r.Summary = bytes.Clone(r.Record), bytes.Clone(r.Summary)
	r.Calls, r.Keys = nil, nil
	if calls {
		r.Calls = slices.Clone(s.row.Calls)
	}
	if keys {
		for _, k := range s.row.Keys {
			r.Keys = append(r.Keys, Key{Name: k.Name, Wrapped: bytes.Clone(k.Wrapped)})
		}
	}
	return r
}

// ByCall implements DB.
func (m *MemoryDB) ByCall(_ context.Context, call ivr.CallID) (ivr.SessionID, error) {
	defer m.lock()()
	id, ok := m.calls[call]
	if !ok {
		return "", ErrNone
	}
	return id, nil
}

// Close implements DB. What is kept stays, for the others that share it.
func (m *MemoryDB) Close() error { return nil }
