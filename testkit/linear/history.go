package linear

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// kind is what was asked.
type kind int

const (
	write kind = iota
	take
	try
	read
)

// request is what a client asked for one session.
type request struct {
	kind    kind
	session ivr.SessionID
	version int64
	epoch   int64
	record  string
	last    bool // of a write: nothing is left to do
}

// answer is what it got.
type answer struct {
	effect  effect
	version int64
	epoch   int64
	record  string
	todo    bool
}

// effect is what an answer says of a request.
type effect int

const (
	done      effect = iota // it had its effect
	fenced                  // the session was not as the request has it
	none                    // there is no such session, or nothing is left to do
	nothing                 // it had none
	elsewhere               // it had none: another has the session
	uncertain               // nobody knows
)

// History is what clients asked, and what they were answered. It is safe for
// concurrent use; the zero History is empty.
type History struct {
	mu      sync.Mutex
	begun   time.Time
	clients int
	ops     []porcupine.Operation
	unsure  int
	claims  int64 // when the first claim began of which nobody knows; 0: none did
}

// Client is one who uses a database, one request after the other.
type Client struct {
	h  *History
	id int
	db store.DB
}

// Client is a new client of a database.
func (h *History) Client(db store.DB) *Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients++
	return &Client{h, h.clients - 1, db}
}

// now is the time since the history began, by the clock that only goes forward.
func (h *History) now() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.begun.IsZero() {
		h.begun = time.Now()
	}
	return int64(time.Since(h.begun))
}

// never is later than any answer.
const never = 1 << 60

func (c *Client) note(begin int64, q request, a answer) {
	end := c.h.now()
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	if a.effect == uncertain {
		end = never
		c.h.unsure++
	}
	if a.effect == nothing || a.effect == elsewhere {
		return // it says nothing of the session
	}
	c.h.ops = append(c.h.ops, porcupine.Operation{ClientId: c.id, Input: q, Call: begin, Output: a, Return: end})
}

// effectOf reads an error.
func effectOf(err error) effect {
	known := (*store.KnownError)(nil)
	switch {
	case err == nil:
		return done
	case errors.Is(err, store.ErrUncertain):
		return uncertain
	case errors.Is(err, store.ErrFenced), errors.As(err, &known):
		return fenced
	case errors.Is(err, store.ErrNone):
		return none
	case errors.Is(err, store.ErrElsewhere):
		return elsewhere
	}
	return nothing
}

// Write is store.DB's.
func (c *Client) Write(ctx context.Context, w *store.Write) error {
	begin := c.h.now()
	err := c.db.Write(ctx, w)
	c.note(begin, request{kind: write, session: w.Session, version: w.Version, epoch: w.Epoch, record: string(w.Record), last: w.Record == nil},
		answer{effect: effectOf(err)})
	return err
}

// Take is store.DB's.
func (c *Client) Take(ctx context.Context, node store.NodeID, id ivr.SessionID) (store.Row, error) {
	begin := c.h.now()
	row, err := c.db.Take(ctx, node, id)
	c.note(begin, request{kind: take, session: id}, answerOf(row, err))
	return row, err
}

// Claim is store.DB's. If nobody knows whether it had an effect, any session may
// have been claimed.
func (c *Client) Claim(ctx context.Context, node store.NodeID, most int) ([]store.Row, error) {
	begin := c.h.now()
	rows, err := c.db.Claim(ctx, node, most)
	for _, row := range rows {
		c.note(begin, request{kind: take, session: row.Session}, answerOf(row, nil))
	}
	if effectOf(err) == uncertain {
		c.h.claimed(begin)
	}
	return rows, err
}

// claimed notes that from some time on any session may be another's.
func (h *History) claimed(at int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unsure++
	if h.claims == 0 || at < h.claims {
		h.claims = at
	}
}

// Try is store.DB's.
func (c *Client) Try(ctx context.Context, id ivr.SessionID, epoch int64) error {
	begin := c.h.now()
	_, err := c.db.Try(ctx, id, epoch)
	a := answer{effect: effectOf(err)}
	if a.effect == uncertain {
		a.effect = nothing // it changes nothing that is looked at
	}
	c.note(begin, request{kind: try, session: id, epoch: epoch}, a)
	return err
}

// Read is store.DB's.
func (c *Client) Read(ctx context.Context, id ivr.SessionID) (store.Row, error) {
	begin := c.h.now()
	row, err := c.db.Read(ctx, id)
	a := answerOf(row, err)
	if a.effect == uncertain {
		a.effect = nothing
	}
	c.note(begin, request{kind: read, session: id}, a)
	return row, err
}

func answerOf(row store.Row, err error) answer {
	return answer{effect: effectOf(err), version: row.Version, epoch: row.Epoch, record: string(row.Record), todo: row.Record != nil}
}

// Report is what a check found.
type Report struct {
	Requests  int // that had an answer which says something
	Uncertain int // of them, those that nobody knows about
	Sessions  int
}

// Check says whether the history can have been. Its error names the sessions whose
// history cannot, with what was asked and answered. No client may be at work.
func (h *History) Check(ctx context.Context) (Report, error) {
	by := map[ivr.SessionID][]porcupine.Operation{}
	for _, op := range h.ops {
		q := op.Input.(request)
		if q.kind == take && op.Return == never && h.claims != 0 && h.claims <= op.Call {
			continue // the claim says it for all
		}
		by[q.session] = append(by[q.session], op)
	}
	for id, ops := range by {
		if h.claims != 0 {
			by[id] = append(ops, porcupine.Operation{Input: request{kind: take, session: id}, Call: h.claims, Output: answer{effect: uncertain}, Return: never})
		}
	}
	r := Report{Requests: len(h.ops), Uncertain: h.unsure, Sessions: len(by)}
	var errs []error
	for id, ops := range by {
		most := time.Minute
		if end, ok := ctx.Deadline(); ok {
			most = time.Until(end)
		}
		if got := porcupine.CheckOperationsTimeout(model(), ops, most); got != porcupine.Ok {
			errs = append(errs, fmt.Errorf("session %s is %s:\n%s", id, got, show(ops)))
		}
	}
	return r, errors.Join(errs...)
}
