package store

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// forgetNode is how long after the end of its lease a node that has no sessions
// is still known.
const forgetNode = 24 * time.Hour

// Join implements DB.
func (m *MemoryDB) Join(_ context.Context, n Node, lease time.Duration) error {
	defer m.lock()()
	now := m.now()
	maps.DeleteFunc(m.nodes, func(id NodeID, old Node) bool {
		return old.Until.Before(now.Add(-forgetNode)) && m.has(id) == 0
	})
	m.nodes[n.ID] = Node{ID: n.ID, Host: n.Host, Started: kept(n.Started), Until: now.Add(lease)}
	return nil
}

// Renew implements DB.
func (m *MemoryDB) Renew(_ context.Context, id NodeID, lease time.Duration) (Node, error) {
	defer m.lock()()
	n, ok := m.nodes[id]
	if !ok {
		return Node{}, ErrNone
	}
	n.Until = m.now().Add(lease)
	m.nodes[id] = n
	return n, nil
}

// Leave implements DB.
func (m *MemoryDB) Leave(_ context.Context, id NodeID) error {
	defer m.lock()()
	delete(m.nodes, id)
	for _, s := range m.sessions {
		if s.row.Node == id && s.row.Record != nil {
			s.row.Node = ""
		}
	}
	return nil
}

// Nodes implements DB.
func (m *MemoryDB) Nodes(context.Context) ([]Node, error) {
	defer m.lock()()
	var all []Node
	for id, n := range m.nodes {
		n.Left = n.Until.Sub(m.now())
		if n.Live = m.has(id); n.Live > 0 || n.Left > 0 {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b Node) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// has counts the sessions with something left to do that a node has.
func (m *MemoryDB) has(id NodeID) (n int) {
	for _, s := range m.sessions {
		if s.row.Node == id && s.row.Record != nil {
			n++
		}
	}
	return n
}

// leased says whether a node is known and its lease has not ended.
func (m *MemoryDB) leased(id NodeID) bool {
	n, ok := m.nodes[id]
	return ok && n.Until.After(m.now())
}

// Drain implements DB.
func (m *MemoryDB) Drain(_ context.Context, id NodeID) error {
	defer m.lock()()
	if _, ok := m.nodes[id]; !ok && id != "" {
		return ErrNone
	}
	for known, n := range m.nodes {
		if id == "" || known == id {
			n.Drain = true
			m.nodes[known] = n
		}
	}
	return nil
}

// Claim implements DB.
func (m *MemoryDB) Claim(_ context.Context, id NodeID, most int) ([]Row, error) {
	defer m.lock()()
	var free []*memorySession
	for _, s := range m.sessions {
		if s.row.Record != nil && !m.leased(s.row.Node) {
			free = append(free, s)
		}
	}
	slices.SortFunc(free, func(a, b *memorySession) int {
		return cmp.Or(compareDue(a.row.Due, b.row.Due), cmp.Compare(a.row.Session, b.row.Session))
	})
	var claimed []Row
	for _, s := range free[:max(0, min(most, len(free)))] {
		claimed = append(claimed, s.give(id))
	}
	return claimed, nil
}

// compareDue orders what is due; what has no timer is last.
func compareDue(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		return b.Compare(a)
	}
	return a.Compare(b)
}

// give gives the session to a node, with a new epoch.
func (s *memorySession) give(id NodeID) Row {
	s.row.Node = id
	s.row.Epoch++
	return s.read(false, true)
}

// Take implements DB.
func (m *MemoryDB) Take(_ context.Context, id NodeID, session ivr.SessionID) (Row, error) {
	defer m.lock()()
	s := m.sessions[session]
	switch {
	case s == nil || s.row.Record == nil:
		return Row{}, ErrNone
	case s.row.Node != id && m.leased(s.row.Node):
		return Row{}, ErrElsewhere
	}
	return s.give(id), nil
}

// Post implements DB.
func (m *MemoryDB) Post(_ context.Context, a Mail) error {
	f, err := m.post(a)
	for _, w := range f {
		w.f()
	}
	return err
}

// post keeps a mail, and returns who is to be told.
func (m *MemoryDB) post(a Mail) ([]*watcher, error) {
	defer m.lock()()
	s := m.sessions[a.Session]
	if s == nil || s.row.Record == nil || a.Tenant != "" && a.Tenant != s.row.Tenant {
		return nil, ErrNone
	}
	m.lastMail++
	a.ID, a.At, a.Body = m.lastMail, kept(a.At), bytes.Clone(a.Body)
	m.mails = append(m.mails, a)
	return slices.Clone(m.watchers[s.row.Node]), nil
}

// Mails implements DB.
func (m *MemoryDB) Mails(_ context.Context, id NodeID, most int, of ...ivr.SessionID) ([]Mail, error) {
	defer m.lock()()
	wanted := make(map[ivr.SessionID]bool, len(of))
	for _, session := range of {
		wanted[session] = true
	}
	var mails []Mail
	for _, a := range m.mails {
		if len(mails) >= most {
			break
		}
		if s := m.sessions[a.Session]; s.row.Node == id && (len(of) == 0 || wanted[a.Session]) {
			a.Epoch, a.Body = s.row.Epoch, bytes.Clone(a.Body)
			mails = append(mails, a)
		}
	}
	return mails, nil
}

// Owned implements DB.
func (m *MemoryDB) Owned(_ context.Context, id NodeID) ([]ivr.SessionID, error) {
	defer m.lock()()
	var ids []ivr.SessionID
	for session, s := range m.sessions {
		if s.row.Node == id && s.row.Record != nil {
			ids = append(ids, session)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Watch implements DB: f is called within Post.
func (m *MemoryDB) Watch(id NodeID, f func()) (stop func()) {
	defer m.lock()()
	w := &watcher{f: f}
	m.watchers[id] = append(m.watchers[id], w)
	return func() {
		defer m.lock()()
		m.watchers[id] = slices.DeleteFunc(slices.Clone(m.watchers[id]), func(o *watcher) bool { return o == w })
		if len(m.watchers[id]) == 0 {
			delete(m.watchers, id)
		}
	}
}
