package call

import (
	"errors"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// Counts are numbers of what happened since the process began, and of what is
// now.
type Counts struct {
	Live        int    // sessions that have not ended
	Begun       uint64 // sessions that began here
	TakenUp     uint64 // sessions that another process, or nobody, had before
	Ended       uint64 // sessions that ended here
	LetGo       uint64 // sessions that went to another process, or had to be read again
	Parked      uint64 // events that could not be applied, and went to on_error
	Commits     uint64 // changes that were stored
	CommitTime  time.Duration
	Uncertain   uint64        // changes of which nobody knew whether they were stored
	StoreErrors uint64        // requests to the store that failed
	StoreHangs  int           // requests to the store that were given up, and still run
	Retries     uint64        // commands that were sent again
	Told        uint64        // results that had to be told again, because they could not be stored
	Farewells   uint64        // calls that were ended because nothing could be stored for too long
	Panics      uint64        // of whatever was called
	Waited      uint64        // deliveries that were refused, because too much waited
	LastCommit  time.Duration // of the last change that was stored
}

type counts struct {
	begun, takenUp, ended, letGo, parked, commits, uncertain, storeErrors, retries, told, farewells, panics, busy atomic.Uint64
	commitTime, lastCommit                                                                                        atomic.Int64
}

// Counts tells how the calls fare.
func (c *Calls) Counts() Counts {
	n := &c.counts
	s := Counts{Live: c.Live(), Begun: n.begun.Load(), TakenUp: n.takenUp.Load(), Ended: n.ended.Load(), LetGo: n.letGo.Load(),
		Parked: n.parked.Load(), Commits: n.commits.Load(), CommitTime: time.Duration(n.commitTime.Load()), Uncertain: n.uncertain.Load(),
		StoreErrors: n.storeErrors.Load(), Retries: n.retries.Load(), Told: n.told.Load(), Farewells: n.farewells.Load(), Panics: n.panics.Load(),
		Waited: n.busy.Load(), LastCommit: time.Duration(n.lastCommit.Load())}
	if b, ok := c.cfg.Store.(*bounded); ok {
		s.StoreHangs = int(b.hung.Load())
	}
	return s
}

// commit counts a change.
func (n *counts) commit(took time.Duration, err error) {
	switch {
	case err == nil:
		n.commits.Add(1)
		n.commitTime.Add(int64(took))
		n.lastCommit.Store(int64(took))
	case errors.Is(err, ErrUncertain):
		n.uncertain.Add(1)
		n.storeErrors.Add(1)
	case !isAnswer(err):
		n.storeErrors.Add(1)
	}
}

// caught counts and logs a panic that costs no more than what panicked.
func (c *Calls) caught(where string, p any) {
	c.counts.panics.Add(1)
	c.cfg.Log.Error("panic", slog.String("in", where), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
}
