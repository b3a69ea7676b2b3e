package call

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Change is one atomic write of a call: all of it is stored, or nothing.
type Change struct {
	New      bool            // the session did not exist
	Before   *engine.Session // as it was; nobody changes it
	Session  *engine.Session // as it is; nobody changes it once it is stored
	Flow     *flow.Flow      // that the session runs
	Events   []ivr.Event     // what was applied, in order
	Commands []ivr.Command   // what was decided: operations to send, timers, marks
	Parked   ivr.Event       // an event that could not be applied
	Pending  []Pending       // what is to be sent after this change, in order
	Version  int64           // counts the changes: a new session's first is 1
	Epoch    int64           // of the lease under which the session is changed
	Attempts int             // how often it was taken up without being known as harmless
	Mail     []int64         // mail that was applied
}

// Over reports whether nothing is left to be done for the session.
func (c *Change) Over() bool { return c.Session.Over() && len(c.Pending) == 0 }

// Pending is a command that was decided and has no reply yet: the outbox of a
// session is a list of these.
//
// The states of an operation are: planned (pending), sending (pending with Sent,
// or of class A), confirmed (the platform works on it: engine.Op.Accepted),
// ambiguous (engine.Op.Unknown), and done or failed, which the journal tells.
type Pending struct {
	Cmd ivr.Command
	// Sent says that its bytes may have left. It is set, and stored, before a
	// command leaves that must not leave twice. One of which a repeat does no harm
	// may leave as soon as it is planned.
	Sent bool
}

// Record is a session as a store gives it back.
type Record struct {
	Session  engine.Session
	Pending  []Pending
	Version  int64
	Epoch    int64
	Attempts int
	Mail     []Mail // that was not applied when the session was given to this node, the oldest first
	// Damaged says why nothing but this is known: Session has ID, Flow, Version,
	// Tenant and Leg.Call; and, if they are known, Started, Caller, Called and the
	// calls of Others.
	Damaged error
}

// Mail is what came for a session to a node that has it not.
type Mail struct {
	ID      int64 // given out by the store
	Session ivr.SessionID
	Epoch   int64 // of the session, when the mail was read from the store
	Leg     ivr.LegID
	Tenant  string // "": it comes from ourselves
	// Unanswered says that it counts only if the call was not answered: once it
	// was, the platform reports at the session's own address.
	Unanswered bool
	Items      []Item
}

// Item is an event with the call that it is about, as far as known.
type Item struct {
	Call  ivr.CallID
	Event ivr.Event
}

// Store keeps sessions. Its methods are safe for concurrent use; what they
// answer nil to survives whatever the store survives.
type Store interface {
	// Commit makes a change safe. ErrLost says that the session is another node's
	// now, *ExistsError that a new session's call is known, ErrUncertain that
	// nobody knows whether it was stored. After any other error it was not.
	Commit(ctx context.Context, c *Change) error
	// Try counts that a session is taken up, before anything is done for it, and
	// returns how often it was since it was last known as harmless.
	Try(ctx context.Context, id ivr.SessionID, epoch int64) (attempts int, err error)
	// TryAll is Try for many sessions at once. What stands for one that is another
	// node's is 0.
	TryAll(ctx context.Context, all []Record) (attempts []int, err error)
	// Take gives a session to this node, also one that it has, with its mail.
	// ErrUnknown if there is none with something left to do, ErrElsewhere if a living
	// node has it.
	Take(ctx context.Context, id ivr.SessionID) (Record, error)
	// Claim gives this node at most max sessions that no living node has, with their
	// mail.
	Claim(ctx context.Context, max int) ([]Record, error)
	// Owned are this node's sessions that have something left to do.
	Owned(ctx context.Context) ([]ivr.SessionID, error)
	// ByCall finds the session that a call has or had; ErrUnknown.
	ByCall(ctx context.Context, call ivr.CallID) (ivr.SessionID, error)
	// Post keeps mail for a session. ErrUnknown if there is none with something
	// left to do, or it is another tenant's.
	Post(ctx context.Context, m Mail) error
	// Mails are those for this node's sessions that were not applied yet.
	Mails(ctx context.Context, max int) ([]Mail, error)
	// Watch has f called when there may be mail; a hint. stop ends it.
	Watch(f func()) (stop func())
	// Lease is how long this node keeps its sessions without renewing; 0: for
	// ever, because they are nowhere but in the process.
	Lease() time.Duration
	// Join makes this node known, and Renew keeps its lease. Renew tells whether
	// the node was asked to drain.
	Join(ctx context.Context) error
	Renew(ctx context.Context) (drain bool, err error)
	// Leave gives up what this node has.
	Leave(ctx context.Context) error
}

// Errors of a Store, and of [Calls].
var (
	// ErrUnknown says that no live call has the session id.
	ErrUnknown = errors.New("unknown session")
	// ErrForbidden says that a delivery's tenant is not the session's.
	ErrForbidden = errors.New("not this session's tenant")
	// ErrLost says that another node has the session now.
	ErrLost = errors.New("another node has taken the session over")
	// ErrElsewhere says that another living node has the session.
	ErrElsewhere = errors.New("another node has the session")
	// ErrUncertain says that nobody knows whether a change was stored.
	ErrUncertain = errors.New("nobody knows whether it was stored")
	// ErrDraining says that no new call is taken because the process is
	// shutting down.
	ErrDraining = errors.New("shutting down, no new calls")
	// ErrFull says that there are as many calls as there may be.
	ErrFull = errors.New("too many calls")
	// ErrBusy says that too much waits for a call, or waited too long. Nothing is
	// lost that was told otherwise.
	ErrBusy = errors.New("too much waits")
	// ErrClosed says that nothing is taken any more because Close was called.
	ErrClosed = errors.New("shut down")
	// ErrExists says that a session id is taken.
	ErrExists = errors.New("the session exists")
)

// ExistsError says which session has a call that a new one was to have.
type ExistsError struct{ Session ivr.SessionID }

// Error names the session.
func (e *ExistsError) Error() string { return fmt.Sprintf("session %s has this call", e.Session) }
