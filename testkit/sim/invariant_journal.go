package sim

import (
	"context"
	"errors"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// masterKey is the key of the database: 32 bytes.
const masterKey = "the same master key in every run"

// archive reads the database beside all processes, as an operator does.
type archive struct {
	reader *store.Reader
	store  *store.Store
}

func (w *world) newArchive() (archive, error) {
	reader, err := store.NewReader(w.db, []byte(masterKey))
	if err != nil {
		return archive{}, err
	}
	late := func() time.Time { return w.clock.Now().AddDate(1, 0, 0) } // no clock is ahead of it: nothing is put back
	s, err := store.New(store.Config{DB: glass{w.db}, Key: []byte(masterKey), Node: store.Node{ID: "nobody"}, Now: late})
	return archive{reader, s}, err
}

// glass is a database through which one looks and does not reach: who takes a
// session is shown it.
type glass struct{ store.DB }

// Take shows a session.
func (g glass) Take(ctx context.Context, _ store.NodeID, id ivr.SessionID) (store.Row, error) {
	row, err := g.Read(ctx, id)
	if err == nil && row.Record == nil {
		err = store.ErrNone
	}
	return row, err
}

// Replays counts the comparisons of journals with what the flows say.
type Replays struct {
	Whole   int // of calls that were over, from the first change to the last
	Part    int // until the first change whose key was destroyed
	Live    int // of calls that were going on
	Changes int
}

// Add adds others.
func (r *Replays) Add(o Replays) {
	r.Whole, r.Part, r.Live, r.Changes = r.Whole+o.Whole, r.Part+o.Part, r.Live+o.Live, r.Changes+o.Changes
}

// rereading is how far a journal was read.
type rereading struct {
	session engine.Session
	version int64 // of the last change that session has
	hidden  error // why it ends there
}

// journal replays what the database has of a session from its beginning, and
// compares what comes of it with what the database has: I6.
func (j *judge) journal(r *record) {
	w := j.w
	if !w.o.Durable || r.jumped {
		return
	}
	h, err := w.archive.reader.History(w.context(), r.id)
	if err != nil {
		j.violated("I6", "session %s: its journal cannot be read: %v", r.id, err)
		return
	}
	re, ok := j.replay(r, h)
	switch {
	case !ok:
	case re.hidden != nil && !errors.Is(re.hidden, store.ErrDestroyed) && !errors.Is(re.hidden, store.ErrSensitive):
		j.violated("I6", "session %s: change %d cannot be read: %v", r.id, re.version+1, re.hidden)
	case re.hidden != nil:
		j.replays.Part++
	case r.session.Over():
		j.replays.Whole++
		j.compare(r, re.session, r.session, "was committed last")
	default:
		j.replays.Live++
		rec, err := w.archive.store.Take(w.context(), r.id)
		if err != nil || rec.Damaged != nil {
			j.violated("I6", "session %s: its record cannot be read: %v %v", r.id, err, rec.Damaged)
			return
		}
		j.compare(r, re.session, rec.Session, "is stored")
	}
}

// replay goes through a journal as far as it can be read.
func (j *judge) replay(r *record, h store.History) (rereading, bool) {
	re := rereading{session: r.first}
	for _, m := range h.Moments {
		if m.Hidden != nil {
			re.hidden = m.Hidden
			return re, true
		}
		if m.Version <= re.version {
			j.violated("I6", "session %s: change %d is told after %d", r.id, m.Version, re.version)
			return re, false
		}
		re.version = m.Version
		j.replays.Changes++
		if s, apart := r.apart[m.Version]; apart { // no event led there
			re.session = s
			continue
		}
		var cmds []ivr.Command
		for _, ev := range m.Events {
			next, more, _ := engine.Step(r.flow, re.session, ev)
			re.session, cmds = next, append(cmds, more...)
		}
		if !same(cmds, m.Commands) {
			j.violated("I6", "session %s: change %d decides %v, and its journal says %v", r.id, m.Version, cmds, m.Commands)
			return re, false
		}
	}
	return re, true
}

func (j *judge) compare(r *record, got, want engine.Session, what string) {
	if !same(got, want) {
		j.violated("I6", "session %s: its journal leads to %s (%d steps), and %s (%d) %s", r.id, got.State, got.Steps, want.State, want.Steps, what)
	}
}

// setApart takes note of a change that no event explains: a session that was parked,
// given up, stopped or made anew. Replays go on from there.
func (r *record) setApart(ch *call.Change, s engine.Session) {
	if len(ch.Events) > 0 && ch.Parked == nil || len(ch.Commands) == 0 {
		return
	}
	if r.apart == nil {
		r.apart = map[int64]engine.Session{}
	}
	r.apart[ch.Version] = s
}

// inMiddle picks changes after which the journal of a call is read that goes on.
func (r *record) inMiddle() bool { return r.changes < 120 && (r.changes+5*r.num)%40 == 0 }
