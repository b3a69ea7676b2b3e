package postgres

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Limits of what shares a transaction.
const (
	groupOps   = 256
	groupBytes = 4 << 20
	// perWriter is how much must wait for one more writer to begin: large groups
	// are cheaper than many writers.
	perWriter = 64
)

var errClosed = errors.New("the database was closed")

// op is one thing that waits to be written: a change or a mail.
type op struct {
	write    *store.Write
	mail     *store.Mail
	id       int64 // random, not 0: tells in the database what this op wrote
	deadline time.Time
	done     chan error // holds one

	// lost says that an attempt left of which nobody knows what came. The writer
	// that has the op uses it.
	lost bool

	state opState // under the queue's lock
}

type opState int

const (
	opQueued    opState = iota
	opTaken             // a writer has it
	opWithdrawn         // nobody waits for it any more
)

// session is whose op it is.
func (o *op) session() ivr.SessionID {
	if o.mail != nil {
		return o.mail.Session
	}
	return o.write.Session
}

func (o *op) size() int {
	if o.mail != nil {
		return len(o.mail.Body)
	}
	n := len(o.write.Record) + len(o.write.Summary)
	if o.write.Entry != nil {
		n += len(o.write.Entry.Body) + len(o.write.Entry.Outline)
	}
	return n
}

// queue holds what waits to be written. Ops of one session come out one at a time,
// in the order in which they went in; of others those that are urgent come first.
type queue struct {
	mu     sync.Mutex
	urgent []*op
	rest   []*op
	// behind has the ops that wait for another of their session, which is its key
	// as long as one of its ops waits or is written.
	behind  map[ivr.SessionID][]*op
	count   int // of ops that are queued
	limit   int
	group   int // ops of one group, at most
	writers int
	active  int

	groups, ops   int // that were taken
	last, largest int // ops of a group
	wake          chan struct{}
	closed        bool
}

func newQueue(limit, writers int) *queue {
	return &queue{behind: map[ivr.SessionID][]*op{}, limit: limit, group: groupOps, writers: writers, wake: make(chan struct{}, writers)}
}

// put adds an op, unless too much waits.
func (q *queue) put(o *op) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return errClosed
	case q.count >= q.limit, !o.urgent() && q.count >= q.limit*3/4:
		return fmt.Errorf("%w (%d)", store.ErrBusy, q.count)
	}
	q.count++
	if o.write != nil {
		if others, busy := q.behind[o.write.Session]; busy {
			q.behind[o.write.Session] = append(others, o)
			return nil
		}
		q.behind[o.write.Session] = nil
	}
	q.ready(o)
	return nil
}

func (o *op) urgent() bool { return o.write != nil && o.write.Urgent }

// ready makes an op one that a writer may take, and wakes one if there is need.
func (q *queue) ready(o *op) {
	if o.urgent() {
		q.urgent = append(q.urgent, o)
	} else {
		q.rest = append(q.rest, o)
	}
	q.call()
}

// call wakes a writer if those that work have enough to do.
func (q *queue) call() {
	if waiting := len(q.urgent) + len(q.rest); waiting > q.active*perWriter && q.active < q.writers {
		q.active++
		q.wake <- struct{}{} // there is room for all writers
	}
}

// take is the next group; none if nothing waits, and then the writer may rest.
func (q *queue) take() []*op {
	q.mu.Lock()
	defer q.mu.Unlock()
	var group []*op
	size := 0
	for len(group) < q.group && size < groupBytes {
		o := q.pop()
		if o == nil {
			break
		}
		o.state = opTaken
		q.count--
		size += o.size()
		group = append(group, o)
	}
	if len(group) == 0 {
		q.active--
		return nil
	}
	q.groups++
	q.ops += len(group)
	q.last, q.largest = len(group), max(q.largest, len(group))
	q.call()
	return group
}

// pop is the next op that somebody waits for.
func (q *queue) pop() *op {
	for _, list := range []*[]*op{&q.urgent, &q.rest} {
		for len(*list) > 0 {
			o := (*list)[0]
			(*list)[0] = nil
			*list = (*list)[1:]
			if o.state == opQueued {
				return o
			}
		}
	}
	return nil
}

// answer tells who waits what came of an op that was taken.
func (q *queue) answer(o *op, err error) {
	o.done <- err
	if o.write == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next(o.write.Session)
}

// next makes ready what waits behind an op of its session.
func (q *queue) next(session ivr.SessionID) {
	others := q.behind[session]
	if len(others) == 0 {
		delete(q.behind, session)
		return
	}
	q.behind[session] = others[1:]
	q.ready(others[0])
}

// withdraw takes an op back, and says whether no writer had it.
func (q *queue) withdraw(o *op) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if o.state != opQueued {
		return false
	}
	o.state = opWithdrawn
	q.count--
	if o.write == nil {
		return true
	}
	others := q.behind[o.write.Session]
	if i := slices.Index(others, o); i >= 0 {
		q.behind[o.write.Session] = slices.Delete(others, i, i+1)
	} else {
		q.next(o.write.Session)
	}
	return true
}

// close lets nothing in any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
