package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
)

// The names of a session's keys.
const (
	callKey    = "call"
	secretKeys = "secret." // with a number
)

func secretName(n int64) string { return fmt.Sprintf("%s%d", secretKeys, n) }

// live is the key of the live record: a secret one, if the flow has secrets.
func (h *held) live() *seal.Key {
	if h.secret != nil {
		return h.secret
	}
	return h.call
}

// keysFor are the keys of a session once a change is stored; those that are new
// or end with it stand in w. journal is the key of the change's own row: nil if
// nothing but its outline may be kept.
func (s *Store) keysFor(c *call.Change, w *Write) (h *held, journal *seal.Key, err error) {
	if h, err = s.heldFor(c, w); err != nil {
		return nil, nil, err
	}
	tells, forgets := secretsOf(c)
	over := c.Session.Over()
	switch {
	case tells && !forgets && !over:
		journal = h.secret
	case !tells && !(c.Over() && s.cfg.KeepKeys < 0):
		journal = h.call
	}
	if h.secret != nil && (forgets || over) {
		w.Shred = append(w.Shred, h.secret.Name())
		h.secret = nil
		if !over {
			h.secret, err = s.newKey(w.Session, secretName(c.Version), w)
		}
	}
	if c.Over() && s.cfg.KeepKeys < 0 {
		w.Shred = append(w.Shred, callKey)
	}
	return h, journal, err
}

// heldFor is what is held of a session, with the keys that it needs from now on.
func (s *Store) heldFor(c *call.Change, w *Write) (*held, error) {
	h, err := &held{}, error(nil)
	if !c.New {
		s.mu.Lock()
		old := s.live[w.Session]
		s.mu.Unlock()
		if old == nil {
			return nil, errors.New("its keys are not here: it was not taken up")
		}
		*h = *old
	}
	w.Shred, h.broken = h.broken, nil
	if h.call == nil {
		h.call, err = s.newKey(w.Session, callKey, w)
	}
	if err == nil && h.secret == nil && !c.Session.Over() && hasSecrets(c) {
		h.secret, err = s.newKey(w.Session, secretName(c.Version), w)
	}
	return h, err
}

// hasSecrets reports whether anything in a change's flow is sensitive: in doubt
// it is.
func hasSecrets(c *call.Change) bool { return c.Flow == nil || c.Flow.Secrets().Any }

// secretsOf says whether a change tells something of a sensitive variable, and
// whether it forgot one.
func secretsOf(c *call.Change) (tells, forgets bool) {
	if c.Flow == nil {
		return true, false
	}
	if !hasSecrets(c) || len(c.Events)+len(c.Commands) == 0 && c.Parked == nil {
		return false, false
	}
	ch := engine.Change{Before: c.Before, After: c.Session, Events: c.Events, Commands: c.Commands}
	if c.Parked != nil {
		ch.Events = append(slices.Clip(ch.Events), c.Parked)
	}
	return engine.Sensitive(c.Flow, ch), engine.Forgotten(c.Flow, ch)
}

func (s *Store) newKey(id ivr.SessionID, name string, w *Write) (*seal.Key, error) {
	k, wrapped, err := s.master.NewKey(id, name)
	w.Keys = append(w.Keys, Key{Name: name, Wrapped: wrapped})
	return k, err
}

// holds are a row's keys, those that can be read. The next change brings new ones
// in place of the others.
func (s *Store) holds(row Row) (*held, error) {
	h := &held{}
	var errs []error
	for _, k := range row.Keys {
		key, err := s.master.Unwrap(row.Session, k.Name, k.Wrapped)
		switch {
		case err != nil:
			errs = append(errs, err)
			if k.Name != callKey {
				h.broken = append(h.broken, k.Name)
			}
		case k.Name == callKey:
			h.call = key
		default:
			h.secret = key
		}
	}
	if h.call == nil && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("session %s: %w: its key is missing", row.Session, seal.ErrDamaged))
	}
	return h, errors.Join(errs...)
}

// testKey is the blob by which a store finds out that it has the key with which
// the database was begun.
const testKey = "keys/test"

// checkKey refuses another key than the one with which the database was begun:
// all its sessions would be damaged. A database without sessions takes any.
func (s *Store) checkKey(ctx context.Context) error {
	wrapped, err := s.cfg.DB.Blob(ctx, testKey)
	if errors.Is(err, ErrNone) {
		if _, wrapped, err = s.master.NewKey("", testKey); err == nil {
			wrapped, err = s.cfg.DB.AddBlob(ctx, testKey, wrapped) // another's, if that was faster
		}
	}
	if err != nil {
		return fmt.Errorf("store: testing the key: %w", err)
	}
	return testedBy(s.master, wrapped)
}

// testedBy refuses another key than the one of a database.
func testedBy(master *seal.Master, wrapped []byte) error {
	if _, err := master.Unwrap("", testKey, wrapped); err != nil {
		return fmt.Errorf("store: the database was begun with another key, and nothing in it can be read with this one; configure the first again, or begin a new database: %w", err)
	}
	return nil
}
