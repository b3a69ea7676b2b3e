package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// What the queue and a transaction hold at most.
const (
	queueBytes = 64 << 20
	groupBytes = 4 << 20
)

// task is something to be written, for one who waits.
type task struct {
	do     func(ctx context.Context, c *conn) error // run a second time if its transaction was rolled back
	size   int                                      // in bytes
	urgent bool
	state  atomic.Int32
	err    error // once done is closed
	done   chan struct{}
}

// States of a task. Who waits and the writer race for it: one of them has it.
const (
	queued int32 = iota
	taken        // by the writer
	given        // up by who waits
)

// queue holds the tasks in two lanes. It is safe for concurrent use.
type queue struct {
	most int           // tasks
	wake chan struct{} // of one place: there is something to do

	mu     sync.Mutex
	lanes  [2][]*task // the urgent ones first
	bytes  int
	closed bool
}

func newQueue(most int) *queue {
	return &queue{most: most, wake: make(chan struct{}, 1)}
}

var errClosed = errors.New("the store is closed")

// put adds a task, or refuses it at once.
func (q *queue) put(t *task) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return errClosed
	case q.len() >= q.most || q.bytes > 0 && q.bytes+t.size > queueBytes:
		return store.ErrBusy
	}
	lane := 1
	if t.urgent {
		lane = 0
	}
	q.lanes[lane] = append(q.lanes[lane], t)
	q.bytes += t.size
	q.rouse()
	return nil
}

// rouse wakes the writer.
func (q *queue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) len() int { return len(q.lanes[0]) + len(q.lanes[1]) }

// waiting is how many tasks wait.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.len()
}

// take moves at most n tasks into a group; done says that no more will come.
func (q *queue) take(group []*task, n int) (_ []*task, done bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := 0
	for i, lane := range q.lanes {
		k := 0
		for ; k < len(lane) && len(group) < n && size < groupBytes; k++ {
			t := lane[k]
			q.bytes -= t.size
			if t.state.CompareAndSwap(queued, taken) {
				group = append(group, t)
				size += t.size
			}
		}
		rest := copy(lane, lane[k:])
		clear(lane[rest:])
		q.lanes[i] = lane[:rest]
	}
	if q.len() > 0 {
		q.rouse()
	}
	return group, q.closed && q.len() == 0
}

// close lets no more tasks in.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.rouse()
}

// submit has the writer do a task, and waits until it is on disk.
func (db *DB) submit(ctx context.Context, t *task) error {
	if db.writer == nil {
		return errors.New("the store was opened for reading only")
	}
	if err := db.whole(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	t.done = make(chan struct{})
	if err := db.writer.queue.put(t); err != nil {
		db.writer.stats.refused(err)
		return err
	}
	select {
	case <-t.done:
		return t.err
	case <-ctx.Done():
	}
	if t.state.CompareAndSwap(queued, given) {
		return ctx.Err()
	}
	select {
	case <-t.done:
		return t.err
	default:
		return fmt.Errorf("%w: %w", store.ErrUncertain, ctx.Err())
	}
}

// ask has the writer do something that has an answer.
func ask[T any](ctx context.Context, db *DB, do func(ctx context.Context, c *conn) (T, error)) (T, error) {
	var answer, none T
	err := db.submit(ctx, &task{size: 64, do: func(ctx context.Context, c *conn) (err error) {
		answer, err = do(ctx, c)
		return err
	}})
	if err != nil {
		return none, err // answer may still be written
	}
	return answer, nil
}

// tell has the writer do something that has none.
func (db *DB) tell(ctx context.Context, size int, do func(ctx context.Context, c *conn) error) error {
	return db.submit(ctx, &task{size: 64 + size, do: do})
}
