// Package storetest says in tests what every store.DB does. The tests of an
// implementation run all of it:
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, storetest.Database{Open: ..., Age: ...})
//	}
package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Database is the implementation under test.
type Database struct {
	// Open makes a new, empty database, which is closed by the end of the test.
	Open func(t *testing.T) store.DB
	// Age has every lease run down by d, as if d had passed.
	Age func(t *testing.T, db store.DB, d time.Duration)
	// Reopen closes a database and opens what it kept; nil if it keeps nothing.
	Reopen func(t *testing.T, db store.DB) store.DB
	// Alone says that one process has the database to itself: who joins takes the
	// leases of all others away.
	Alone bool
}

// lease is longer than any test runs.
const lease = time.Hour

// Run runs all tests.
func Run(t *testing.T, d Database) {
	for _, c := range tests() {
		t.Run(c.name, func(t *testing.T) {
			c.f(&suite{T: t, d: d, db: d.Open(t)})
		})
	}
}

// test is one promise.
type test struct {
	name string
	f    func(*suite)
}

func tests() []test { return append(ofSessions(), ofOthers()...) }

func ofSessions() []test {
	return []test{
		{"new session is read as written", newSession},
		{"change replaces what it says", change},
		{"refused: stale version", staleVersion},
		{"refused: other epoch", staleEpoch},
		{"refused: unknown session", unknownSession},
		{"refused: session is there", sessionIsThere},
		{"refused: call is taken", callIsTaken},
		{"refused change leaves nothing", refusedLeavesNothing},
		{"refused change touches no neighbour", neighbours},
		{"calls lead to a session", callsLead},
		{"keys", keys},
		{"summary", summary},
		{"cancelled before it began", cancelled},
		{"try", try}, {"try all", tryAll},
		{"bytes of all lengths", allLengths},
		{"bytes are not shared", notShared},
		{"texts", texts},
		{"times", times},
	}
}

func ofOthers() []test {
	return []test{
		{"join, renew, leave", joinRenewLeave},
		{"join takes leases away", joinAlone},
		{"lease ends by the clock", leaseEnds},
		{"what a node has", owned},
		{"renew after the end", renewLate},
		{"nodes", nodes},
		{"drain", drain},
		{"claim", claim},
		{"claim in order of what is due", claimOrder},
		{"claimed is fenced", claimFences},
		{"take", take},

		{"mail", mail},
		{"mail goes with its session", mailMoves},
		{"mail of a tenant", mailTenant},
		{"mail is done with by a change", mailDone},
		{"mail of a session without anything to do", mailOver},
		{"watch", watch},

		{"counters", counters},
		{"blobs", blobs},
		{"flows", flows},
		{"sessions", sessions},
		{"sessions by page", pages},
		{"journal", journal},
		{"purge keys", purgeKeys},
		{"purge sessions", purgeSessions},
		{"purge flows and blobs", purgeFlows},
		{"purge in slices", purgeMany},

		{"many sessions at once", manySessions},
		{"two writers of one session", twoWriters},
		{"two nodes claim", twoClaim},
		{"counters at once", countersAtOnce},
		{"kept", reopened},
	}
}

// suite is one test with its own database.
type suite struct {
	*testing.T
	d  Database
	db store.DB
}

// begin is when all sessions of the tests start.
func begin() time.Time { return time.Date(2026, 5, 4, 8, 0, 0, 123456000, time.UTC) }

// fresh is a new session with a call.
func fresh(id string, node store.NodeID) *store.Write {
	return &store.Write{Session: ivr.SessionID(id), Version: 1, Epoch: 1, Node: node, Flow: "hash1", Name: "support",
		Tenant: "tenant1", Started: begin(), Calls: []ivr.CallID{ivr.CallID("call-" + id)},
		Record: []byte("record 1 of " + id)}
}

// next is the change of a session after its first ones.
func next(id string, version, epoch int64) *store.Write {
	return &store.Write{Session: ivr.SessionID(id), Version: version, Epoch: epoch,
		Record: fmt.Appendf(nil, "record %d of %s", version, id)}
}

// done is a last change, which leaves nothing to do.
func done(id string, version, epoch int64, ended time.Time) *store.Write {
	return &store.Write{Session: ivr.SessionID(id), Version: version, Epoch: epoch, Ended: ended}
}

// entry is a row of the journal.
func entry(version int64) *store.Entry {
	return &store.Entry{Version: version, At: begin().Add(time.Duration(version) * time.Second),
		Outline: fmt.Appendf(nil, `{"n":%d}`, version), Key: "call", Body: fmt.Appendf(nil, "body %d\x00", version)}
}

func (s *suite) write(writes ...*store.Write) {
	s.Helper()
	for _, w := range writes {
		if err := s.db.Write(s.Context(), w); err != nil {
			s.Fatalf("write version %d of %s: %v", w.Version, w.Session, err)
		}
	}
}

// refused wants a change to be refused with an error.
func (s *suite) refused(w *store.Write, want error) {
	s.Helper()
	s.is(s.db.Write(s.Context(), w), want)
}

func (s *suite) is(err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Fatalf("got error %v, want %v", err, want)
	}
}

func (s *suite) read(id string) store.Row {
	s.Helper()
	return must(s.db.Read(s.Context(), ivr.SessionID(id)))(s)
}

// join makes nodes known, all with a lease.
func (s *suite) join(ids ...store.NodeID) {
	s.Helper()
	for i, id := range ids {
		n := store.Node{ID: id, Host: "host of " + string(id), Started: begin().Add(time.Duration(i) * time.Second)}
		s.is(s.db.Join(s.Context(), n, lease), nil)
	}
	for _, id := range ids { // a database of one process took them away
		must(s.db.Renew(s.Context(), id, lease))(s)
	}
}

// expire ends the leases of all, and renews those of some.
func (s *suite) expire(but ...store.NodeID) {
	s.Helper()
	s.d.Age(s.T, s.db, 2*lease)
	for _, id := range but {
		must(s.db.Renew(s.Context(), id, lease))(s)
	}
}

// must has a test end if there is an error.
func must[T any](v T, err error) func(*suite) T {
	return func(s *suite) T {
		s.Helper()
		if err != nil {
			s.Fatal(err)
		}
		return v
	}
}

// equal compares what came with what should.
func equal[T any](s *suite, what string, got, want T) {
	s.Helper()
	if !reflect.DeepEqual(got, want) {
		s.Errorf("%s:\n got  %+v\n want %+v", what, got, want)
	}
}

// ids are the names of rows.
func ids(rows []store.Row) []string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = string(r.Session)
	}
	return all
}
