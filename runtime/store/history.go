package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
)

// Reader reads what a database has of sessions, without taking them up. It is
// safe for concurrent use.
type Reader struct {
	db     DB
	master *seal.Master // nil: outlines only
}

// NewReader is a reader with the key of [Config], or without one: then it reads
// outlines only.
func NewReader(db DB, key []byte) (*Reader, error) {
	r := &Reader{db: db}
	if key == nil {
		return r, nil
	}
	var err error
	if r.master, err = seal.NewMaster(key); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return r, nil
}

// CheckKey reports a key that is not the database's.
func (r *Reader) CheckKey(ctx context.Context) error {
	wrapped, err := r.db.Blob(ctx, testKey)
	switch {
	case errors.Is(err, ErrNone):
		return nil // nothing was stored yet
	case err != nil:
		return fmt.Errorf("store: testing the key: %w", err)
	}
	return testedBy(r.master, wrapped)
}

// History is all that is known of one session.
type History struct {
	Summary
	Node    NodeID // that has it; "": nobody's, or it is over
	Changes int64  // how many there were
	Moments []Moment
}

// Moment is one change of a session.
type Moment struct {
	Version  int64
	At       time.Time // when it was stored
	Events   []ivr.Event
	Commands []ivr.Command
	Parked   []ivr.Event // that could not be applied
	// Hidden says why this is but the outline: no keys, values, numbers or texts.
	// nil: it is all of it. It wraps one of the errors below, seal.ErrOtherMaster or
	// seal.ErrDamaged, or says that a later version wrote it.
	Hidden error
}

// Why a moment is but an outline.
var (
	// ErrNoKey says that the reader has no key.
	ErrNoKey = errors.New("the key of the store is not here")
	// ErrSensitive says that the session lives, and that this may hold something
	// sensitive, which nobody but the call sees.
	ErrSensitive = errors.New("it may hold something sensitive")
	// ErrDestroyed says that the key of this part of the session was destroyed, or
	// that there never was one: its time is over, or it may have held something
	// sensitive.
	ErrDestroyed = errors.New("its key was destroyed")
)

// Calls are sessions that fit, the newest first, as their records say. A filter
// with Before goes on where a page has ended.
func (r *Reader) Calls(ctx context.Context, f Filter) ([]Summary, error) {
	rows, err := r.db.Sessions(ctx, f)
	if err != nil {
		return nil, err
	}
	list := make([]Summary, 0, len(rows))
	for _, row := range rows {
		list = append(list, summaryOf(row))
	}
	return list, nil
}

// History is what is known of a session, live or over; ErrNone.
func (r *Reader) History(ctx context.Context, id ivr.SessionID) (History, error) {
	row, err := r.db.Read(ctx, id)
	if err != nil {
		return History{}, fmt.Errorf("session %s: %w", id, err)
	}
	entries, err := r.db.Journal(ctx, id)
	if err != nil {
		return History{}, fmt.Errorf("journal of session %s: %w", id, err)
	}
	h := History{Summary: summaryOf(row), Changes: row.Version}
	if row.Record != nil {
		h.Node = row.Node
	}
	keys := r.unwrap(row)
	for _, e := range entries {
		h.Moments = append(h.Moments, keys.moment(e))
	}
	if h.Damaged && len(h.Moments) > 0 {
		h.recall(h.Moments[0].Events)
	}
	return h, nil
}

// recall takes from how a call began what its record does not tell.
func (h *History) recall(began []ivr.Event) {
	for _, ev := range began {
		switch e := ev.(type) {
		case ivr.CallIncoming:
			h.Caller, h.Called = shown(e.Caller), shown(e.Called)
		case ivr.CallWanted:
			h.Outgoing, h.Caller = true, shown(e.From)
		default: // tells nothing of who calls
		}
	}
}

// History implements [Reader.History] with the store's own key.
func (s *Store) History(ctx context.Context, id ivr.SessionID) (History, error) {
	return (&Reader{db: s.cfg.DB, master: s.master}).History(ctx, id)
}

// openedKeys are the keys of a session that could be unwrapped, and why the others
// could not.
type openedKeys struct {
	keys  map[string]*seal.Key
	wrong map[string]error
	lack  error // of all others
}

func (r *Reader) unwrap(row Row) openedKeys {
	o := openedKeys{keys: map[string]*seal.Key{}, wrong: map[string]error{}, lack: ErrDestroyed}
	if r.master == nil {
		o.lack = ErrNoKey
		return o
	}
	for _, k := range row.Keys {
		if k.Name != callKey {
			o.wrong[k.Name] = ErrSensitive
			continue
		}
		key, err := r.master.Unwrap(row.Session, k.Name, k.Wrapped)
		if err != nil {
			o.wrong[k.Name] = err
			continue
		}
		o.keys[k.Name] = key
	}
	return o
}

// open is the body of an entry.
func (o openedKeys) open(e Entry) ([]byte, error) {
	place := seal.Place{Kind: seal.Journal, Version: e.Version}
	if key := o.keys[e.Key]; key != nil {
		if body, err := key.Open(place, e.Body); err == nil {
			return body, nil
		}
	}
	if err := o.wrong[e.Key]; err != nil {
		return nil, err
	}
	if o.keys[e.Key] != nil {
		return nil, seal.ErrDamaged
	}
	return nil, o.lack
}

// moment is an entry, or else its outline, or else nothing but the reason.
func (o openedKeys) moment(e Entry) Moment {
	m := Moment{Version: e.Version, At: e.At}
	text, err := o.open(e)
	if err == nil {
		err = m.read(text)
	}
	if err == nil {
		return m
	}
	m.Hidden = err
	if err := m.read(e.Outline); err != nil { // it is in the clear: anything may have happened to it
		m.Hidden = errors.Join(m.Hidden, fmt.Errorf("its outline: %w", err))
	}
	return m
}

// read reads what happened. Something that a later version of this program wrote
// is an error.
func (m *Moment) read(text []byte) error {
	var h happened
	if err := json.Unmarshal(text, &h); err != nil {
		return err
	}
	m.Events, m.Commands, m.Parked = h.Events, h.Commands, h.Parked
	return nil
}

// Hidden is why parts of the history are outlines, each reason once.
func (h History) Hidden() []error {
	var why []error
	for _, m := range h.Moments {
		if m.Hidden != nil && !slices.ContainsFunc(why, func(e error) bool { return e.Error() == m.Hidden.Error() }) {
			why = append(why, m.Hidden)
		}
	}
	return why
}
