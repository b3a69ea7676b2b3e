package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
)

// record is a live session as JSON.
type record struct {
	Session engine.Session `json:"session"`
	At      int64          `json:"at,omitempty"` // when it was written, in ms since 1970, by the clock that its timers are due by
	Pending wire.Commands  `json:"pending,omitempty"`
	Sent    []int          `json:"sent,omitempty"` // which of Pending, by place
	Marks   []Mark         `json:"marks,omitempty"`
	// Transfer is the outcome of the last one.
	Transfer string `json:"transfer,omitempty"`
}

// record is what has to be known to go on with a session. Of one that has ended
// only the calls are, and nothing that its caller said.
func (h *held) record(c *call.Change, now time.Time, d *draft) ([]byte, error) {
	session, key := c.Session, h.live()
	if s := session; s.Over() {
		session = &engine.Session{ID: s.ID, Flow: s.Flow, Version: s.Version, State: s.State, Tenant: s.Tenant, Scenario: s.Scenario,
			Started: s.Started, Answered: s.Answered, Ended: s.Ended, EndedBy: s.EndedBy, Leg: s.Leg, Others: s.Others}
		key = h.call
	}
	return d.sealed(key, seal.Place{Kind: seal.Record, Version: c.Version}, func(b []byte) ([]byte, error) {
		return h.append(b, session, now.UnixMilli(), c.Pending)
	})
}

// append adds a record to b as encoding/json would write it.
func (h *held) append(b []byte, s *engine.Session, at int64, pending []call.Pending) ([]byte, error) {
	b, err := wire.AppendSession(append(b, `{"session":`...), s)
	if at != 0 {
		b = strconv.AppendInt(append(b, `,"at":`...), at, 10)
	}
	if err == nil && len(pending) > 0 {
		b, err = appendPending(b, pending)
	}
	if err == nil && len(h.marks) > 0 {
		var text []byte
		text, err = json.Marshal(h.marks)
		b = append(append(b, `,"marks":`...), text...)
	}
	if h.transfer != "" {
		b = append(b, `,"transfer":`...)
		b = strconv.AppendQuote(b, h.transfer) // a name
	}
	return append(b, '}'), err
}

// appendPending adds the commands, and which of them were sent.
func appendPending(b []byte, pending []call.Pending) ([]byte, error) {
	var few [4]ivr.Command
	cmds, sent := few[:0], []byte(nil)
	for i, p := range pending {
		cmds = append(cmds, p.Cmd)
		if p.Sent {
			sent = strconv.AppendInt(append(sent, ','), int64(i), 10)
		}
	}
	b, err := wire.AppendCommands(append(b, `,"pending":`...), cmds)
	if len(sent) > 0 {
		b = append(append(append(b, `,"sent":[`...), sent[1:]...), ']')
	}
	return b, err
}

// taken is a row as package call knows it. A row that is damaged is a record
// that says so.
func (s *Store) taken(row Row) call.Record {
	rec := call.Record{Version: row.Version, Epoch: row.Epoch, Attempts: row.Attempts}
	h, err := s.holds(row)
	if err == nil {
		err = h.read(row, s.cfg.Now(), &rec)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		rec.Damaged = err
		rec.Session = engine.Session{ID: row.Session, Flow: row.Name, Version: row.Flow, Tenant: row.Tenant, Started: row.Started,
			Leg: engine.Leg{ID: ivr.CallerLeg}}
		if len(row.Calls) > 0 {
			rec.Session.Leg.Call = row.Calls[0]
		}
	}
	s.live[row.Session] = h
	return rec
}

// read reads a row into rec. If it was written later than it is now, the clock of the
// node that wrote it is ahead of ours, or was: its timers keep what was left of them
// then, or a call would wait for as long as the clocks are apart.
func (h *held) read(row Row, now time.Time, rec *call.Record) error {
	key := h.live()
	if !row.Ended.IsZero() {
		key = h.call
	}
	body, err := key.Open(seal.Place{Kind: seal.Record, Version: row.Version}, row.Record)
	if err != nil {
		return err
	}
	var r record
	if err := json.Unmarshal(body, &r); err != nil {
		return fmt.Errorf("session %s: %w", row.Session, err)
	}
	rec.Session, h.marks, h.transfer = r.Session, r.Marks, r.Transfer
	if at := time.UnixMilli(r.At); at.After(now) {
		for i, t := range rec.Session.Timers {
			rec.Session.Timers[i].Due = now.Add(t.Due.Sub(at))
		}
	}
	for i, cmd := range r.Pending {
		rec.Pending = append(rec.Pending, call.Pending{Cmd: cmd, Sent: slices.Contains(r.Sent, i)})
	}
	return nil
}

// Take implements call.Store.
func (s *Store) Take(ctx context.Context, id ivr.SessionID) (call.Record, error) {
	row, err := s.cfg.DB.Take(ctx, s.cfg.Node.ID, id)
	if errors.Is(err, ErrNone) || errors.Is(err, ErrElsewhere) {
		s.mu.Lock()
		delete(s.live, id)
		s.mu.Unlock()
	}
	if err != nil {
		return call.Record{}, said(err)
	}
	rec := []call.Record{s.takenWhole(ctx, row)}
	err = s.withMail(ctx, rec, mostOfOne)
	return rec[0], said(err)
}

// Claim implements call.Store.
func (s *Store) Claim(ctx context.Context, most int) ([]call.Record, error) {
	rows, err := s.cfg.DB.Claim(ctx, s.cfg.Node.ID, most)
	list := make([]call.Record, len(rows))
	var readers sync.WaitGroup
	parts := runtime.GOMAXPROCS(0)
	for part := range parts {
		readers.Go(func() {
			for i := part; i < len(rows); i += parts {
				list[i] = s.taken(rows[i])
			}
		})
	}
	readers.Wait()
	for i := range rows {
		list[i] = s.whole(ctx, rows[i], list[i])
	}
	if err == nil {
		if err = s.withMail(ctx, list, mailEach*most); err != nil {
			list = nil // Owned finds them
		}
	}
	return list, said(err)
}

// So much mail is read with a session that is taken, and with each of many, on the
// average. More is read by Mails, a moment later.
const (
	mostOfOne = 1_000
	mailEach  = 4
)

// withMail adds their mail to sessions that this node has. If it cannot be read they
// have none that is known of.
func (s *Store) withMail(ctx context.Context, list []call.Record, most int) error {
	if len(list) == 0 {
		return nil
	}
	at := make(map[ivr.SessionID]*call.Record, len(list))
	ids := make([]ivr.SessionID, len(list))
	for i := range list {
		ids[i] = list[i].Session.ID
		at[ids[i]] = &list[i]
	}
	mails, err := s.cfg.DB.Mails(ctx, s.cfg.Node.ID, most, ids...)
	for _, row := range mails {
		if rec := at[row.Session]; row.Epoch == rec.Epoch {
			rec.Mail = append(rec.Mail, s.opened(row))
		}
	}
	return err
}

// takenWhole is taken, with the calls of a row that is damaged.
func (s *Store) takenWhole(ctx context.Context, row Row) call.Record {
	return s.whole(ctx, row, s.taken(row))
}

func (s *Store) whole(ctx context.Context, row Row, rec call.Record) call.Record {
	if rec.Damaged == nil {
		return rec
	}
	whole, err := s.cfg.DB.Read(ctx, row.Session)
	if err != nil {
		return rec
	}
	if len(whole.Calls) > 0 {
		rec.Session.Leg.Call = whole.Calls[0]
		for i, id := range whole.Calls[1:] { // what they were called nobody knows any more
			rec.Session.Others = append(rec.Session.Others, engine.Leg{ID: ivr.LegID(fmt.Sprint("lost", i+1)), Call: id})
		}
	}
	clear := summaryOf(whole)
	rec.Session.Caller, rec.Session.Called = clear.Caller, clear.Called
	return rec
}

// Peek is a session as it stands, whichever node has it, without taking it up;
// call.ErrUnknown if it has nothing left to do. Nothing of it is left out, so what is
// shown of it must be chosen.
func (s *Store) Peek(ctx context.Context, id ivr.SessionID) (engine.Session, NodeID, error) {
	row, err := s.cfg.DB.Read(ctx, id)
	if err == nil && (row.Record == nil || !row.Ended.IsZero()) {
		err = ErrNone
	}
	if err != nil {
		return engine.Session{}, "", said(err)
	}
	var rec call.Record
	h, err := s.holds(row)
	if err == nil {
		err = h.read(row, s.cfg.Now(), &rec)
	}
	return rec.Session, row.Node, err
}

// letter is mail as JSON.
type letter struct {
	Leg        ivr.LegID    `json:"leg,omitempty"`
	Unanswered bool         `json:"unanswered,omitempty"`
	Calls      []ivr.CallID `json:"calls,omitempty"` // of the events, by place
	Events     wire.Events  `json:"events"`
}

// Post implements call.Store.
func (s *Store) Post(ctx context.Context, m call.Mail) error {
	key, err := s.master.Derived(m.Session, "mail")
	if err != nil {
		return err
	}
	l := letter{Leg: m.Leg, Unanswered: m.Unanswered}
	for _, it := range m.Items {
		l.Calls, l.Events = append(l.Calls, it.Call), append(l.Events, it.Event)
	}
	body, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("store: mail for session %s: %w", m.Session, err)
	}
	return said(s.cfg.DB.Post(ctx, Mail{Session: m.Session, Tenant: m.Tenant, At: s.cfg.Now(),
		Body: key.Seal(nil, seal.Place{Kind: seal.Mail}, body)}))
}

// Mails implements call.Store. Mail that cannot be read is nothing but its
// number: whoever applies it has done with it.
func (s *Store) Mails(ctx context.Context, most int) ([]call.Mail, error) {
	rows, err := s.cfg.DB.Mails(ctx, s.cfg.Node.ID, most)
	list := make([]call.Mail, 0, len(rows))
	for _, row := range rows {
		list = append(list, s.opened(row))
	}
	return list, said(err)
}

func (s *Store) opened(row Mail) call.Mail {
	m := call.Mail{ID: row.ID, Session: row.Session, Epoch: row.Epoch, Tenant: row.Tenant}
	if l, ok := s.openLetter(row); ok {
		m.Leg, m.Unanswered = l.Leg, l.Unanswered
		for i, ev := range l.Events {
			m.Items = append(m.Items, call.Item{Call: l.Calls[i], Event: ev})
		}
	}
	return m
}

func (s *Store) openLetter(row Mail) (l letter, ok bool) {
	key, err := s.master.Derived(row.Session, "mail")
	if err != nil {
		return l, false
	}
	body, err := key.Open(seal.Place{Kind: seal.Mail}, row.Body)
	if err != nil || json.Unmarshal(body, &l) != nil || len(l.Calls) != len(l.Events) {
		return l, false
	}
	return l, true
}

// entry is a change as a row of the journal, nil if nothing happened. Without a
// key it is the outline alone.
func entry(c *call.Change, key *seal.Key, now time.Time, d *draft) (*Entry, error) {
	if len(c.Events)+len(c.Commands) == 0 && c.Parked == nil {
		return nil, nil
	}
	whole := happened{Events: c.Events, Commands: c.Commands}
	if c.Parked != nil {
		whole.Parked = wire.Events{c.Parked}
	}
	outline, err := d.plain(whole.outline().append)
	e := &Entry{Version: c.Version, At: now, Outline: outline, Body: []byte{}}
	if err != nil || key == nil {
		return e, err
	}
	e.Key = key.Name()
	e.Body, err = d.sealed(key, seal.Place{Kind: seal.Journal, Version: c.Version}, whole.append)
	return e, err
}

// happened is one row of the journal as JSON.
type happened struct {
	Events   wire.Events   `json:"events,omitempty"`
	Commands wire.Commands `json:"commands,omitempty"`
	Parked   wire.Events   `json:"parked,omitempty"`
}

// append adds the row to b as encoding/json would write it.
func (h happened) append(b []byte) (_ []byte, err error) {
	b = append(b, '{')
	if len(h.Events) > 0 {
		b, err = wire.AppendEvents(append(b, `"events":`...), h.Events)
	}
	if err == nil && len(h.Commands) > 0 {
		b, err = wire.AppendCommands(append(comma(b), `"commands":`...), h.Commands)
	}
	if err == nil && len(h.Parked) > 0 {
		b, err = wire.AppendEvents(append(comma(b), `"parked":`...), h.Parked)
	}
	return append(b, '}'), err
}

// comma goes between two members.
func comma(b []byte) []byte {
	if b[len(b)-1] == '{' {
		return b
	}
	return append(b, ',')
}

func (h happened) outline() (o happened) {
	o.Events, o.Commands = make(wire.Events, 0, len(h.Events)), make(wire.Commands, 0, len(h.Commands))
	for _, ev := range h.Events {
		o.Events = append(o.Events, wire.Outline(ev))
	}
	for _, cmd := range h.Commands {
		o.Commands = append(o.Commands, wire.OutlineCommand(cmd))
	}
	for _, ev := range h.Parked {
		o.Parked = append(o.Parked, wire.Outline(ev))
	}
	return o
}
