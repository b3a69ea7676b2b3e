package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
)

// DefaultLease is how long a node keeps its sessions without a sign of life. It
// leaves three seconds to take them over within ten.
const DefaultLease = 7 * time.Second

// DefaultKeepKeys is how long the keys that callers pressed can be read after a
// call.
const DefaultKeepKeys = 24 * time.Hour

// Config is what a [Store] needs.
type Config struct {
	DB  DB
	Key []byte // 32 random bytes, the same for all nodes and for ever
	// Node is this process's; "": a random one.
	Node Node
	// Lease is how long this node keeps its sessions without renewing; 0:
	// DefaultLease.
	Lease time.Duration
	// KeepKeys is how long after a call's end its journal can be read whole, with
	// the keys that were pressed and all values that are not marked sensitive; these
	// are lost with the call. Afterwards only the outline is left. Negative: no
	// longer than the call. 0: DefaultKeepKeys.
	KeepKeys time.Duration
	Now      func() time.Time
}

// Store keeps sessions in a database, encrypted. It is a call.Store, and safe
// for concurrent use.
//
// Each session has a key "call", which is kept for Config.KeepKeys. One whose
// flow has sensitive variables also has a key "secret.N" that ends with the call,
// or when the flow forgets such a variable: then N grows. The live record and
// what may hold something sensitive are under the latter. A change that forgets
// something, or ends the call, leaves nothing but its outline if it may hold
// something sensitive.
type Store struct {
	cfg    Config
	master *seal.Master
	drafts sync.Pool

	mu   sync.Mutex
	live map[ivr.SessionID]*held
}

// held is what the store holds in memory of a session that this node has.
type held struct {
	call, secret *seal.Key // nil: there is none
	broken       []string  // names of keys that cannot be read
	marks        []Mark
	transfer     string // the outcome of the last one
}

// New is a store over a database, which it does not close.
func New(cfg Config) (*Store, error) {
	master, err := seal.NewMaster(cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if cfg.DB == nil {
		return nil, errors.New("store: no database")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Node.ID == "" {
		cfg.Node = NewNode(cfg.Now())
	}
	cfg.Lease = cmp.Or(cfg.Lease, DefaultLease)
	cfg.KeepKeys = cmp.Or(cfg.KeepKeys, DefaultKeepKeys)
	return &Store{cfg: cfg, master: master, live: map[ivr.SessionID]*held{}}, nil
}

// DB is the database.
func (s *Store) DB() DB { return s.cfg.DB }

// Node is this process.
func (s *Store) Node() NodeID { return s.cfg.Node.ID }

// Lease implements call.Store.
func (s *Store) Lease() time.Duration { return s.cfg.Lease }

// Join implements call.Store.
func (s *Store) Join(ctx context.Context) error {
	if err := s.checkKey(ctx); err != nil {
		return err
	}
	return s.cfg.DB.Join(ctx, s.cfg.Node, s.cfg.Lease)
}

// Renew implements call.Store.
func (s *Store) Renew(ctx context.Context) (drain bool, err error) {
	n, err := s.cfg.DB.Renew(ctx, s.cfg.Node.ID, s.cfg.Lease)
	return n.Drain, said(err)
}

// Leave implements call.Store.
func (s *Store) Leave(ctx context.Context) error { return s.cfg.DB.Leave(ctx, s.cfg.Node.ID) }

// Try implements call.Store.
func (s *Store) Try(ctx context.Context, id ivr.SessionID, epoch int64) (int, error) {
	n, err := s.cfg.DB.Try(ctx, id, epoch)
	return n, said(err)
}

// TryAll implements call.Store.
func (s *Store) TryAll(ctx context.Context, all []call.Record) ([]int, error) {
	held := make([]Held, len(all))
	for i, rec := range all {
		held[i] = Held{Session: rec.Session.ID, Epoch: rec.Epoch}
	}
	attempts, err := s.cfg.DB.TryAll(ctx, held)
	return attempts, said(err)
}

// Owned implements call.Store.
func (s *Store) Owned(ctx context.Context) ([]ivr.SessionID, error) {
	return s.cfg.DB.Owned(ctx, s.cfg.Node.ID)
}

// ByCall implements call.Store.
func (s *Store) ByCall(ctx context.Context, id ivr.CallID) (ivr.SessionID, error) {
	session, err := s.cfg.DB.ByCall(ctx, id)
	return session, said(err)
}

// Watch implements call.Store.
func (s *Store) Watch(f func()) (stop func()) { return s.cfg.DB.Watch(s.cfg.Node.ID, f) }

// said is a database's error in the words of package call.
func said(err error) error {
	var known *KnownError
	switch {
	case errors.As(err, &known):
		return &call.ExistsError{Session: known.Session}
	case errors.Is(err, ErrFenced):
		return fmt.Errorf("%w: %w", call.ErrLost, err)
	case errors.Is(err, ErrNone):
		return fmt.Errorf("%w: %w", call.ErrUnknown, err)
	case errors.Is(err, ErrElsewhere):
		return fmt.Errorf("%w: %w", call.ErrElsewhere, err)
	case errors.Is(err, ErrUncertain):
		return fmt.Errorf("%w: %w", call.ErrUncertain, err)
	}
	return err
}

// CommitsPromptly implements call.Prompt.
func (s *Store) CommitsPromptly() bool {
	_, ok := s.cfg.DB.(interface{ WritesPromptly() })
	return ok
}

// Commit implements call.Store.
func (s *Store) Commit(ctx context.Context, c *call.Change) error {
	s.mu.Lock()
	before := s.live[c.Session.ID]
	s.mu.Unlock()
	h, w, err := s.write(c)
	if err != nil {
		return fmt.Errorf("store: session %s: %w", c.Session.ID, err)
	}
	err = s.cfg.DB.Write(ctx, w)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.live[w.Session] != before: // it took so long that the session was read again meanwhile
	case err == nil && w.Record != nil:
		s.live[w.Session] = h
	case err == nil, errors.Is(err, ErrFenced):
		delete(s.live, w.Session)
	}
	return said(err)
}

// write is a change as the database keeps it, and what is held of the session
// once it does.
func (s *Store) write(c *call.Change) (*held, *Write, error) {
	w := &Write{Session: c.Session.ID, Version: c.Version, Epoch: c.Epoch, Attempts: c.Attempts, Mail: c.Mail,
		Due: firstDue(c.Session.Timers), Urgent: c.Session.Answered.IsZero() && !c.Session.Over(), Calls: newCalls(c.Before, c.Session)}
	h, journal, err := s.keysFor(c, w)
	if err != nil {
		return nil, nil, err
	}
	h.marks, h.transfer = withMarks(h.marks, c), withTransfer(h.transfer, c)
	if c.New {
		w.Node, w.Flow, w.Name, w.Tenant, w.Started = s.cfg.Node.ID, c.Session.Version, c.Session.Flow, c.Session.Tenant, c.Session.Started
	}
	if c.Session.Over() {
		w.Ended, w.Due = c.Session.Ended, time.Time{}
	}
	if ended := c.Session.Over() && !c.Before.Over(); c.New || ended {
		if w.Summary, err = h.summary(c); err != nil {
			return nil, nil, err
		}
	}
	now, d := s.cfg.Now(), s.draft()
	defer s.done(d)
	if !c.Over() {
		if w.Record, err = h.record(c, now, d); err != nil {
			return nil, nil, err
		}
	}
	w.Entry, err = entry(c, journal, now, d)
	return h, w, err
}

func firstDue(timers []engine.Timer) (due time.Time) {
	for _, t := range timers {
		if due.IsZero() || t.Due.Before(due) {
			due = t.Due
		}
	}
	return due
}

// newCalls are the Graph calls that a session has got.
func newCalls(before, s *engine.Session) []ivr.CallID {
	var ids []ivr.CallID
	for _, l := range append([]engine.Leg{s.Leg}, s.Others...) {
		if l.Call != "" && before.CallOf(l.ID) != l.Call {
			ids = append(ids, l.Call)
		}
	}
	return ids
}
