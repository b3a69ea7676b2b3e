// Package store keeps sessions. [Memory] keeps them as long as the process
// lives; [Store] keeps them in a database, which is a [DB].
package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// Memory is a store whose sessions are nowhere but in the process: their owner
// holds them, and they end with it. It is safe for concurrent use. The zero
// Memory is ready.
type Memory struct {
	mu   sync.Mutex
	live map[ivr.SessionID]bool
}

// Commit accepts a change whole. It refuses a new session whose id is taken,
// and a change of a session that it does not know.
func (m *Memory) Commit(_ context.Context, c *call.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.live[c.Session.ID]
	switch {
	case c.New && known:
		return fmt.Errorf("%w: %s", call.ErrExists, c.Session.ID)
	case !c.New && !known:
		return fmt.Errorf("%w: %s", call.ErrUnknown, c.Session.ID)
	case c.Over():
		delete(m.live, c.Session.ID)
	case c.New:
		if m.live == nil {
			m.live = map[ivr.SessionID]bool{}
		}
		m.live[c.Session.ID] = true
	}
	return nil
}

// Try counts nothing: a process that ends takes its sessions with it.
func (m *Memory) Try(context.Context, ivr.SessionID, int64) (int, error) { return 0, nil }

// TryAll counts nothing either.
func (m *Memory) TryAll(_ context.Context, all []call.Record) ([]int, error) {
	return make([]int, len(all)), nil
}

// Take finds nothing: what there is has its owner.
func (m *Memory) Take(_ context.Context, id ivr.SessionID) (call.Record, error) {
	return call.Record{}, fmt.Errorf("%w: %s", call.ErrUnknown, id)
}

// Claim finds nothing.
func (m *Memory) Claim(context.Context, int) ([]call.Record, error) { return nil, nil }

// Owned finds nothing.
func (m *Memory) Owned(context.Context) ([]ivr.SessionID, error) { return nil, nil }

// ByCall finds nothing.
func (m *Memory) ByCall(_ context.Context, id ivr.CallID) (ivr.SessionID, error) {
	return "", fmt.Errorf("call %s: %w", id, call.ErrUnknown)
}

// Post takes nothing.
func (m *Memory) Post(_ context.Context, mail call.Mail) error {
	return fmt.Errorf("%w: %s", call.ErrUnknown, mail.Session)
}

// Mails finds nothing.
func (m *Memory) Mails(context.Context, int) ([]call.Mail, error) { return nil, nil }

// Watch never calls f.
func (m *Memory) Watch(func()) (stop func()) { return func() {} }

// Lease is 0: it never ends.
func (m *Memory) Lease() time.Duration { return 0 }

// Join does nothing.
func (m *Memory) Join(context.Context) error { return nil }

// Renew does nothing.
func (m *Memory) Renew(context.Context) (drain bool, err error) { return false, nil }

// Leave does nothing.
func (m *Memory) Leave(context.Context) error { return nil }
