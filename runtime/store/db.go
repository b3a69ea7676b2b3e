package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// NodeID names one run of one process: a process that starts again is another
// node.
type NodeID string

// DB is what a database does for a [Store]. It knows sessions as rows: what it
// finds them by stands in columns, all else is bytes that it does not
// understand, sealed and with a checksum of their own. Package storetest says in
// tests what every implementation does.
//
// All methods are safe for concurrent use. What they answer nil to is on disk.
// An error that is none of those below means that nothing was written. Bytes
// that are handed in are not kept, but for those of a Write that ended
// ErrUncertain, and those handed out are the caller's. Times are kept to the
// microsecond, and come back in UTC.
type DB interface {
	// Write makes one change of a session, all of it or nothing. A change that is
	// refused touches no other, also where several share a transaction. The error
	// is ErrFenced if the session is not at w.Version-1 under w.Epoch, or is
	// unknown, or is to be new and is there; *KnownError, before that, for a new
	// session of which a call is taken already, also by itself; ErrUncertain if
	// nobody knows whether it was written. A change that leaves nothing to do
	// drops the session's mail.
	Write(ctx context.Context, w *Write) error
	// Try adds one to a session's attempts, and returns how many there are now;
	// its version stays. Every Write sets them to w.Attempts. ErrFenced if the
	// session is not under the epoch.
	Try(ctx context.Context, id ivr.SessionID, epoch int64) (attempts int, err error)
	// TryAll is Try for many sessions at once. What stands for one that is not under
	// its epoch is 0.
	TryAll(ctx context.Context, all []Held) (attempts []int, err error)
	// Read finds a session, live or over; ErrNone if there is none.
	Read(ctx context.Context, id ivr.SessionID) (Row, error)
	// ByCall finds the session of a Graph call, live or over; ErrNone.
	ByCall(ctx context.Context, call ivr.CallID) (ivr.SessionID, error)

	// Join makes a node known, with a lease that runs from now. A database that
	// one process has to itself takes the leases of all others away.
	Join(ctx context.Context, n Node, lease time.Duration) error
	// Renew lets a node's lease run from now. It is renewed also if it had run
	// out: whatever was taken from the node meanwhile stays taken. ErrNone if the
	// node is unknown.
	Renew(ctx context.Context, id NodeID, lease time.Duration) (Node, error)
	// Leave makes a node unknown and gives up its sessions, mail and all.
	Leave(ctx context.Context, id NodeID) error
	// Nodes are those whose lease has not ended, or whose sessions wait for another,
	// those that began first, first.
	Nodes(ctx context.Context) ([]Node, error)
	// Drain asks a node to take no new calls and to end; "" asks all. Renew tells
	// them. ErrNone if there is no such node.
	Drain(ctx context.Context, id NodeID) error
	// Claim gives a node at most max sessions that have something left to do
	// (Row.Record is not nil) and whose node is unknown or has no lease any more,
	// those that are due first, first, and those without a timer last. Each gets a
	// new epoch, and keeps its attempts.
	Claim(ctx context.Context, id NodeID, max int) ([]Row, error)
	// Take gives a node one session, also one that it has: with a new epoch.
	// ErrNone if there is none with something left to do; ErrElsewhere if another
	// node with a lease has it.
	Take(ctx context.Context, id NodeID, session ivr.SessionID) (Row, error)
	// Owned are the sessions of a node that have something left to do, in any
	// order: for a node that may have missed the answer of Claim, Take or Write.
	Owned(ctx context.Context, id NodeID) ([]ivr.SessionID, error)

	// Post leaves mail for a session that some node has; ErrNone if the session is
	// unknown or has nothing left to do. Mail goes with its session.
	Post(ctx context.Context, m Mail) error
	// Mails are the mails of a node's sessions, or of some of them, that no Write has
	// taken, the oldest first, at most max.
	Mails(ctx context.Context, id NodeID, max int, of ...ivr.SessionID) ([]Mail, error)
	// Watch has f called, on any goroutine, when there may be mail for a node. It
	// is a hint that may fail to come. The function stop ends it.
	Watch(id NodeID, f func()) (stop func())

	// CountUp adds one to a counter that begins with 0, and returns it.
	CountUp(ctx context.Context, name string) (int64, error)

	// PutBlob keeps bytes by a name, which is letters, digits, "/", "-", "_" and
	// ".", in place of what was there.
	PutBlob(ctx context.Context, name string, data []byte) error
	// AddBlob is PutBlob if nothing is kept by the name. It returns what is kept then:
	// of several that add at the same time all get the bytes of one.
	AddBlob(ctx context.Context, name string, data []byte) (kept []byte, err error)
	// Blob is what PutBlob kept; ErrNone.
	Blob(ctx context.Context, name string) ([]byte, error)
	// PutFlow keeps a version of a flow. One that is there is left as it is.
	PutFlow(ctx context.Context, f FlowVersion) error
	// Flow is a version; ErrNone.
	Flow(ctx context.Context, version string) (FlowVersion, error)
	// Flows are all versions without their Sources, those with most live calls
	// first, then the newest.
	Flows(ctx context.Context) ([]FlowVersion, error)

	// Sessions are those that fit, the newest first; ErrNone if there is no session
	// f.Before.
	Sessions(ctx context.Context, f Filter) ([]Row, error)
	// Journal is a session's history in order; empty if it has none.
	Journal(ctx context.Context, id ivr.SessionID) ([]Entry, error)
	// Purge deletes some of what is older than its limits, and says whether there
	// may be more. It takes at most a moment: other writes wait for it.
	Purge(ctx context.Context, limits Limits) (more bool, err error)

	// Close ends all. Nothing else may run.
	Close() error
}

// Errors of a DB.
var (
	// ErrNone says that there is no such thing.
	ErrNone = errors.New("not in the store")
	// ErrFenced says that a session was changed, or given to another node, since
	// it was read: this change is not made.
	ErrFenced = errors.New("the session is another's now")
	// ErrElsewhere says that another node has the session.
	ErrElsewhere = errors.New("another node has the session")
	// ErrUncertain says that the connection was lost before the answer: what was
	// to be written may be there.
	ErrUncertain = errors.New("nobody knows whether it was stored")
	// ErrBusy says that too much waits to be written. Nothing was.
	ErrBusy = errors.New("the store is too slow: too much waits to be written")
	// ErrTaken says that another process uses the database, which only one may.
	ErrTaken = errors.New("another process uses this store")
)

// KnownError says which session has the call that a new one was to have.
type KnownError struct{ Session ivr.SessionID }

// Error names the session.
func (e *KnownError) Error() string { return fmt.Sprintf("session %s has this call", e.Session) }

// Write is one change of a session.
type Write struct {
	Session ivr.SessionID
	Version int64 // that the change leads to; 1: the session is new
	Epoch   int64 // under which the node has it; a new session's is 1

	// Of a new session only.
	Node    NodeID // that has it
	Flow    string // hash of the version of the flow
	Name    string // of the flow
	Tenant  string
	Started time.Time

	// Calls are Graph's ids that lead to the session from now on, besides those that
	// do. If the session is not new they are taken from any other.
	Calls    []ivr.CallID
	Urgent   bool      // a caller waits to be answered: before others if there is a queue
	Due      time.Time // of the earliest timer; zero: none
	Record   []byte    // sealed; nil: nothing is left to do
	Ended    time.Time // zero: it is live
	Attempts int       // that count from now on; see DB.Try
	// Summary is the call's detail record in JSON, in place of the one before; nil
	// leaves that.
	Summary []byte
	Keys    []Key    // new, in place of those of the same name
	Shred   []string // names of keys to be destroyed, before Keys are added
	Entry   *Entry   // of the journal, its Version is the change's; nil: nothing to tell
	Mail    []int64  // ids of mails that are done with
}

// Held is a session under the epoch in which a node has it.
type Held struct {
	Session ivr.SessionID
	Epoch   int64
}

// Key is a key of one session, itself under a key that the database does not
// have.
type Key struct {
	Name    string
	Wrapped []byte
}

// Entry is one row of a session's journal. Its number is the version that it led
// to.
type Entry struct {
	Version int64
	At      time.Time
	Outline []byte // JSON of what happened, without anything a caller said or typed
	Key     string // under which Body is sealed; "": only the outline is kept
	Body    []byte // all of it; empty without a Key, and never nil
}

// Row is a session as it is kept.
type Row struct {
	Session  ivr.SessionID
	Version  int64
	Epoch    int64
	Node     NodeID // "": nobody's
	Flow     string
	Name     string
	Tenant   string
	Started  time.Time
	Due      time.Time
	Ended    time.Time
	Attempts int
	Record   []byte
	Summary  []byte
	Calls    []ivr.CallID // the oldest first; of Read and Sessions
	Keys     []Key        // by name; of Read, Claim and Take
}

// Node is a process that shares the database.
type Node struct {
	ID      NodeID
	Host    string // for people
	Started time.Time
	Until   time.Time // end of its lease, by the database's clock
	// Left is how long its lease still runs, reckoned by the database; at most 0: it
	// has ended. Of Nodes only.
	Left  time.Duration
	Drain bool // it was asked to end
	Live  int  // sessions with something left to do that it has; of Nodes only
}

// Mail is what came for a session to a node that has it not.
type Mail struct {
	ID      int64 // given out by Post, ascending
	Session ivr.SessionID
	Epoch   int64  // of the session, when Mails read it
	Tenant  string // Post refuses mail of another tenant than the session's, with ErrNone; "" fits all
	At      time.Time
	Body    []byte // sealed
}

// FlowVersion is a version of a flow, with all that is needed to load it again.
type FlowVersion struct {
	Version string // hash
	Name    string
	Added   time.Time
	Sources []byte
	Live    int // calls that run it; of Flows only
}

// Filter says which sessions are wanted. The zero Filter takes all.
type Filter struct {
	Live, Over   bool          // at most one: only those that live, or are over
	Flow         string        // version or name
	Since, Until time.Time     // of the beginning: from Since to before Until; zero: no limit
	Before       ivr.SessionID // those that stand behind this one; for the next page
	Max          int           // 0: 100
}

// Limits say what Purge deletes.
type Limits struct {
	Keys     time.Time // keys of sessions that ended before
	Sessions time.Time // sessions that ended before, with their journals
	// Flows that were added before, are not in Keep and have no session.
	Flows time.Time
	Keep  []string
	// Blobs is, by the beginning of their names, before when blobs were put that
	// are deleted, unless their names are in KeepBlobs.
	Blobs     map[string]time.Time
	KeepBlobs []string
}
