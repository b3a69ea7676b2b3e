package call

import (
	"log/slog"
	"math/bits"
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

// repeat has f run once more after a pause, with the number of its try.
func (c *Calls) repeat(id ivr.SessionID, what string, err error, try int, f func(try int)) {
	c.complain(id, what, err, try)
	c.later(pause(id, try), func() { f(try + 1) })
}

// complain logs a try that failed: not each one, but the first, second, fourth and
// so on.
func (c *Calls) complain(id ivr.SessionID, what string, err error, try int) {
	if bits.OnesCount(uint(try)) == 1 {
		c.cfg.Log.Error("not stored yet, trying again", slog.String("what", what), slog.String("session", string(id)), slog.Int("try", try), slog.String("error", err.Error()))
	}
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
