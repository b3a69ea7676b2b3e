package sqlite

import (
	"errors"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// Stats say how the writer fares. Counts run from the start of the process.
type Stats struct {
	Queue     int           // tasks that wait now
	Tasks     uint64        // that were done: Writes and all else that writes
	Groups    uint64        // transactions
	LastGroup int           // tasks in the last one
	MaxGroup  int           // in the largest one
	Commit    time.Duration // time of the last commit, with its sync
	MaxCommit time.Duration // of the slowest
	AllCommit time.Duration // of all together
	Fenced    uint64        // changes that were refused: the session was another's, or known
	Busy      uint64        // tasks that were refused because too many waited
	Trouble   uint64        // errors of the disk or the engine
	Last      string        // the last of those; "" if there was none
}

// counts are Stats under a lock.
type counts struct {
	mu sync.Mutex
	s  Stats
}

// Stats tells how the writer fares; all zero if the database was opened for
// reading only.
func (db *DB) Stats() Stats {
	if db.writer == nil {
		return Stats{}
	}
	c := &db.writer.stats
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.s
	s.Queue = db.writer.queue.waiting()
	return s
}

// group counts a group that was done.
func (c *counts) group(group []*task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.Groups++
	c.s.Tasks += uint64(len(group))
	c.s.LastGroup = len(group)
	c.s.MaxGroup = max(c.s.MaxGroup, len(group))
	for _, t := range group {
		if _, known := errors.AsType[*store.KnownError](t.err); known || errors.Is(t.err, store.ErrFenced) {
			c.s.Fenced++
		}
	}
}

// commit counts the time of a commit.
func (c *counts) commit(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.Commit = d
	c.s.MaxCommit = max(c.s.MaxCommit, d)
	c.s.AllCommit += d
}

// trouble counts an error of the disk or the engine.
func (c *counts) trouble(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.Trouble++
	c.s.Last = err.Error()
}

// refused counts what was not let into the queue.
func (c *counts) refused(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, store.ErrBusy) {
		c.s.Busy++
	}
}
