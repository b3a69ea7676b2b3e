package call

import (
	"log/slog"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// What the store did not take is tried again as long as it takes, and soon, since a
// caller waits for it.
const (
	tellAgain  = time.Second     // or up to a quarter less
	tellSeldom = 4 * time.Second // the same, after soonTries
	soonTries  = 10
)

// pause is the wait after a try that failed, the first being 1. Sessions wait for
// different times, so that thousands do not come at once.
func pause(id ivr.SessionID, try int) time.Duration {
	wait := tellAgain
	if try > soonTries {
		wait = tellSeldom
	}
	return wait - time.Duration(spread(id)%1024)*(wait/4)/1024
}

// again is what the store did not take and is tried again.
type again struct {
	mu      sync.Mutex
	waiting int // that is not stored, or being tried
	all     int // since the first of it
	since   time.Time
}

// repeat has f run once more after a pause, with the number of its try. It is told
// once when the first has to wait, and once when the last has not any more.
func (c *Calls) repeat(id ivr.SessionID, what string, err error, try int, f func(try int)) {
	c.again.mu.Lock()
	if c.again.waiting++; try == 1 {
		c.again.all++
	}
	first := c.again.since.IsZero()
	if first {
		c.again.since = c.cfg.Clock.Now()
	}
	c.again.mu.Unlock()
	if first {
		c.cfg.Log.Error("not stored yet: it is tried again until it is, and so is all else that the store does not take",
			slog.String("what", what), slog.String("session", string(id)), slog.String("error", err.Error()))
	}
	c.later(pause(id, try), func() {
		defer c.stored() // f repeats before if it has to
		f(try + 1)
	})
}

// stored takes note that what was tried again need not be any more, or is to be once
// more.
func (c *Calls) stored() {
	c.again.mu.Lock()
	defer c.again.mu.Unlock()
	if c.again.waiting--; c.again.waiting > 0 {
		return
	}
	c.cfg.Log.Info("all is stored that had to wait", slog.Int("changes", c.again.all),
		slog.Duration("after", c.cfg.Clock.Now().Sub(c.again.since)))
	c.again.all, c.again.since = 0, time.Time{}
}

// spread is a number that is another for each session, and the same in every
// process (FNV-1a).
func spread(id ivr.SessionID) uint32 {
	h := uint32(2166136261)
	for i := range len(id) {
		h = (h ^ uint32(id[i])) * 16777619
	}
	return h
}
