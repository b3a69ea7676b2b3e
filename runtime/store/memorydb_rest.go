package store

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// CountUp implements DB.
func (m *MemoryDB) CountUp(_ context.Context, name string) (int64, error) {
	defer m.lock()()
	m.counters[name]++
	return m.counters[name], nil
}

// PutBlob implements DB.
func (m *MemoryDB) PutBlob(_ context.Context, name string, data []byte) error {
	defer m.lock()()
	m.blobs[name] = memoryBlob{data: bytes.Clone(data), put: m.now()}
	return nil
}

// AddBlob implements DB.
func (m *MemoryDB) AddBlob(_ context.Context, name string, data []byte) ([]byte, error) {
	defer m.lock()()
	b, ok := m.blobs[name]
	if !ok {
		b = memoryBlob{data: bytes.Clone(data), put: m.now()}
		m.blobs[name] = b
	}
	return bytes.Clone(b.data), nil
}

// Blob implements DB.
func (m *MemoryDB) Blob(_ context.Context, name string) ([]byte, error) {
	defer m.lock()()
	b, ok := m.blobs[name]
	if !ok {
		return nil, ErrNone
	}
	return bytes.Clone(b.data), nil
}

// PutFlow implements DB.
func (m *MemoryDB) PutFlow(_ context.Context, f FlowVersion) error {
	defer m.lock()()
	if _, ok := m.flows[f.Version]; !ok {
		f.Added, f.Sources, f.Live = kept(f.Added), bytes.Clone(f.Sources), 0
		m.flows[f.Version] = f
	}
	return nil
}

// Flow implements DB.
func (m *MemoryDB) Flow(_ context.Context, version string) (FlowVersion, error) {
	defer m.lock()()
	f, ok := m.flows[version]
	if !ok {
		return FlowVersion{}, ErrNone
	}
	f.Sources = bytes.Clone(f.Sources)
	return f, nil
}

// Flows implements DB.
func (m *MemoryDB) Flows(context.Context) ([]FlowVersion, error) {
	defer m.lock()()
	live := map[string]int{}
	for _, s := range m.sessions {
		if s.row.Ended.IsZero() {
			live[s.row.Flow]++
		}
	}
	var all []FlowVersion
	for _, f := range m.flows {
		f.Sources, f.Live = nil, live[f.Version]
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b FlowVersion) int {
		return cmp.Or(cmp.Compare(b.Live, a.Live), b.Added.Compare(a.Added), cmp.Compare(a.Version, b.Version))
	})
	return all, nil
}

// Sessions implements DB.
func (m *MemoryDB) Sessions(_ context.Context, f Filter) ([]Row, error) {
	defer m.lock()()
	before := m.sessions[f.Before]
	if f.Before != "" && before == nil {
		return nil, ErrNone
	}
	var found []*memorySession
	for _, s := range m.sessions {
		if f.fits(&s.row) && (before == nil || newestFirst(before, s) < 0) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, newestFirst)
	var rows []Row
	for _, s := range found[:min(len(found), cmp.Or(max(f.Max, 0), 100))] {
		rows = append(rows, s.read(true, false))
	}
	return rows, nil
}

// fits says whether the filter, but for Before and Max, takes a session.
func (f Filter) fits(r *Row) bool {
	return !(f.Live && !r.Ended.IsZero()) && !(f.Over && r.Ended.IsZero()) &&
		(f.Flow == "" || f.Flow == r.Flow || f.Flow == r.Name) &&
		(f.Since.IsZero() || !r.Started.Before(f.Since)) &&
		(f.Until.IsZero() || r.Started.Before(f.Until))
}

func newestFirst(a, b *memorySession) int {
	return cmp.Or(b.row.Started.Compare(a.row.Started), cmp.Compare(b.row.Session, a.row.Session))
}

// Journal implements DB.
func (m *MemoryDB) Journal(_ context.Context, id ivr.SessionID) ([]Entry, error) {
	defer m.lock()()
	s := m.sessions[id]
	if s == nil {
		return nil, nil
	}
	var all []Entry
	for _, e := range s.journal {
		e.Outline, e.Body = bytes.Clone(e.Outline), bytes.Clone(e.Body)
		all = append(all, e)
	}
	return all, nil
}

// Purge implements DB. It deletes all at once.
func (m *MemoryDB) Purge(_ context.Context, l Limits) (more bool, err error) {
	defer m.lock()()
	used := map[string]bool{}
	for id, s := range m.sessions {
		ended := s.row.Ended
		if !ended.IsZero() && ended.Before(l.Keys) {
			s.row.Keys = nil
		}
		if !ended.IsZero() && ended.Before(l.Sessions) {
			m.drop(id)
			continue
		}
		used[s.row.Flow] = true
	}
	maps.DeleteFunc(m.flows, func(version string, f FlowVersion) bool {
		return f.Added.Before(l.Flows) && !used[version] && !slices.Contains(l.Keep, version)
	})
	maps.DeleteFunc(m.blobs, func(name string, b memoryBlob) bool {
		for begin, before := range l.Blobs {
			if strings.HasPrefix(name, begin) && b.put.Before(before) && !slices.Contains(l.KeepBlobs, name) {
				return true
			}
		}
		return false
	})
	return false, nil
}

// drop deletes a session and all that hangs on it.
func (m *MemoryDB) drop(id ivr.SessionID) {
	for _, call := range m.sessions[id].row.Calls {
		delete(m.calls, call)
	}
	m.mails = slices.DeleteFunc(m.mails, func(a Mail) bool { return a.Session == id })
	delete(m.sessions, id)
}
