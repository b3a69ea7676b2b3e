// Package store holds the implementations of call.Store. This version has
// memory only: a call does not survive its process.
package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// ErrExists says that a session that should be new is there already.
var ErrExists = errors.New("the session exists")

// Memory keeps the operations that live sessions are sending; the sessions
// themselves are held by their owner. It is safe for concurrent use. The zero
// Memory is ready.
type Memory struct {
	mu   sync.Mutex
	live map[ivr.SessionID]ivr.OpID // the operation whose bytes left last
}

// Commit accepts a change whole. It refuses a new session whose id is taken,
// and a change of a session that it does not know.
func (m *Memory) Commit(_ context.Context, c call.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.live[c.Session.ID]
	switch {
	case c.New && known:
		return fmt.Errorf("%w: %s", ErrExists, c.Session.ID)
	case !c.New && !known:
		return fmt.Errorf("%w: %s", call.ErrUnknown, c.Session.ID)
	case c.Session.Over():
		delete(m.live, c.Session.ID)
		return nil
	case c.New:
		if m.live == nil {
			m.live = map[ivr.SessionID]ivr.OpID{}
		}
		m.live[c.Session.ID] = 0
	}
	return nil
}

// Sending records that an operation is about to leave.
func (m *Memory) Sending(_ context.Context, id ivr.SessionID, op ivr.OpID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.live[id]; ok {
		m.live[id] = op
	}
	return nil
}
