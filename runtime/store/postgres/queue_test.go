package postgres

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

func randomCall() ivr.CallID {
	b := make([]byte, 10_000)
	rand.Read(b)
	return ivr.CallID(base64.StdEncoding.EncodeToString(b))
}

// waiting is an op in a queue. Its id is its version.
func waiting(t *testing.T, q *queue, session string, version int64, urgent bool) *op {
	t.Helper()
	w := change(session, version)
	w.Urgent = urgent
	o := &op{write: w, id: version, done: make(chan error, 1)}
	must(t, q.put(o))
	return o
}

// taken are the ops of the next group, as session and version.
func taken(q *queue) (group []*op, names []string) {
	group = q.take()
	for _, o := range group {
		names = append(names, fmt.Sprint(o.session(), o.id))
	}
	return group, names
}

func wantTaken(t *testing.T, q *queue, want ...string) []*op {
	t.Helper()
	group, names := taken(q)
	if !slices.Equal(names, want) {
		t.Fatalf("took %v, want %v", names, want)
	}
	return group
}

func TestQueueOrder(t *testing.T) {
	q := newQueue(100, 2)
	waiting(t, q, "a", 1, false)
	waiting(t, q, "b", 1, false)
	waiting(t, q, "a", 2, true) // urgent, but behind another of its session
	waiting(t, q, "c", 1, true)
	waiting(t, q, "a", 3, false)
	first := wantTaken(t, q, "c1", "a1", "b1")
	wantTaken(t, q)
	waiting(t, q, "b", 2, false)
	q.answer(first[1], nil)
	second := wantTaken(t, q, "a2")
	q.answer(first[2], errors.New("refused"))
	wantTaken(t, q, "b2")
	q.answer(second[0], nil)
	wantTaken(t, q, "a3")
}

func TestQueueWithdraw(t *testing.T) {
	q := newQueue(100, 1)
	a1 := waiting(t, q, "a", 1, false)
	a2 := waiting(t, q, "a", 2, false)
	waiting(t, q, "a", 3, false)
	if !q.withdraw(a1) || !q.withdraw(a2) || q.withdraw(a1) {
		t.Error("what waits can be taken back, once")
	}
	group := wantTaken(t, q, "a3")
	if q.withdraw(group[0]) {
		t.Error("what a writer has cannot be taken back")
	}
	q.answer(group[0], nil)
	if len(q.behind) != 0 || q.count != 0 {
		t.Errorf("an empty queue holds %v, %d", q.behind, q.count)
	}
}

func TestQueueFull(t *testing.T) {
	q := newQueue(8, 1)
	for i := range int64(6) {
		waiting(t, q, fmt.Sprint("s", i), 1, false)
	}
	if err := q.put(&op{write: change("more", 1)}); !errors.Is(err, store.ErrBusy) {
		t.Errorf("past three quarters: error %v", err)
	}
	waiting(t, q, "u1", 1, true)
	waiting(t, q, "u2", 1, true)
	urgent := &op{write: &store.Write{Session: "u3", Urgent: true}}
	if err := q.put(urgent); !errors.Is(err, store.ErrBusy) {
		t.Errorf("full: error %v", err)
	}
	q.take()
	waiting(t, q, "more", 1, false)
	q.close()
	if err := q.put(urgent); !errors.Is(err, errClosed) {
		t.Errorf("closed: error %v", err)
	}
}

// Writers are called as there is more to do than those that work can do.
func TestQueueWriters(t *testing.T) {
	q := newQueue(10_000, 3)
	for i := range int64(3 * perWriter) {
		waiting(t, q, fmt.Sprint("s", i), 1, false)
		if want := min(3, 1+int(i)/perWriter); q.active != want || len(q.wake) != want {
			t.Fatalf("%d wait, and %d writers work, want %d", i+1, q.active, want)
		}
	}
	for range 3 {
		<-q.wake
	}
	for q.active > 0 {
		q.take()
	}
	waiting(t, q, "more", 1, false)
	if q.active != 1 {
		t.Errorf("%d writers work on one change", q.active)
	}
}

// What came of a change that was not made, by what is found instead.
func TestFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     found
		first bool // a new session
		lost  bool
		bare  bool // without a row in the journal
		want  error
		known ivr.SessionID
	}{
		{name: "nothing is there", want: store.ErrFenced},
		{name: "ours, before", f: found{version: 5, epoch: 1, last: 7, entry: 7}, lost: true},
		{name: "ours, and others since", f: found{version: 9, epoch: 2, last: 1, entry: 7}, lost: true},
		{name: "ours without a row", f: found{version: 5, epoch: 1, last: 7}, lost: true, bare: true},
		{name: "another's", f: found{version: 5, epoch: 1, last: 8, entry: 8}, lost: true, want: store.ErrFenced},
		{name: "another's, and others since", f: found{version: 9, epoch: 1, last: 1, entry: 8}, lost: true, want: store.ErrFenced},
		{name: "without a trace", f: found{version: 9, epoch: 2, last: 1}, lost: true, bare: true, want: store.ErrUncertain},
		{name: "without a trace, never sent", f: found{version: 9, epoch: 2, last: 1}, bare: true, want: store.ErrFenced},
		{name: "taken away before", f: found{version: 4, epoch: 2, last: 1}, lost: true, want: store.ErrFenced},
		{name: "call is taken", f: found{taken: "b"}, first: true, known: "b"},
		{name: "new and ours", f: found{version: 1, epoch: 1, last: 7, taken: "a"}, first: true, lost: true},
		{name: "new and there", f: found{version: 1, epoch: 1, last: 8}, first: true, want: store.ErrFenced},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := change("a", 5)
			if c.first {
				w = change("a", 1)
			}
			if c.bare {
				w.Entry = nil
			}
			err := c.f.answer(&op{write: w, id: 7, lost: c.lost})
			if k, ok := errors.AsType[*store.KnownError](err); ok && c.known != "" && k.Session == c.known {
				return
			}
			if !errors.Is(err, c.want) || c.known != "" {
				t.Errorf("got error %v, want %v", err, c.want)
			}
		})
	}
}

// An ordinary change finds room on the page of the row before it, so that no index
// is touched.
func TestChangesAreHot(t *testing.T) {
	d := fresh(t)
	const sessions, changes = 20, 20
	for version := range int64(changes) {
		for i := range sessions {
			w := change(fmt.Sprint("s", i), version+1)
			w.Record, w.Due = make([]byte, 2048), began.Add(time.Duration(version)*time.Second)
			w.Record[0] = byte(version)
			must(t, d.Write(t.Context(), w))
		}
	}
	schema := d.o.Schema
	must(t, d.Close()) // connections report what they did when they end
	other := fresh(t)
	count := func(column string) int {
		exec(t, other, "SELECT pg_stat_clear_snapshot()")
		return value[int](t, other, "SELECT "+column+" FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'sessions'", schema)
	}
	const want = sessions * (changes - 1)
	end := time.Now().Add(20 * time.Second)
	for count("n_tup_upd") < want {
		if time.Now().After(end) {
			t.Fatalf("the server counts %d changes of %d", count("n_tup_upd"), want)
		}
		<-time.After(20 * time.Millisecond)
	}
	if hot := count("n_tup_hot_upd"); hot < want*8/10 {
		t.Errorf("only %d of %d changes touched no index", hot, want)
	}
}
