package call

import (
	"context"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Draining reports whether new calls are refused.
func (c *Calls) Draining() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.draining || c.closed.Load()
}

// Drain takes no new calls and waits until the last one has ended, or ctx is
// over; then it returns ctx's cause. Calls that another node leaves behind are
// still taken over, and waited for.
func (c *Calls) Drain(ctx context.Context) error {
	for {
		idle, none := c.drained()
		if none {
			return nil
		}
		select {
		case <-idle: // one may have come since
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// drained reports whether no call is left, and begins to drain. If some are, idle
// is closed when none may be left.
func (c *Calls) drained() (idle <-chan struct{}, none bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	return c.idle, c.live+len(c.returning) == 0
}

// fewer lets Drain look whether that was the last call. The Calls are locked.
func (c *Calls) fewer() {
	if c.draining && c.live+len(c.returning) == 0 {
		close(c.idle)
		c.idle = make(chan struct{})
	}
}

// returns notes that a session is let go, and goes on here if nobody else has it:
// it is as good as live.
func (c *Calls) returns(id ivr.SessionID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.returning[id] = true
}

// returned notes that a session is here again, or somebody else's.
func (c *Calls) returned(id ivr.SessionID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.returning, id)
	c.fewer()
}
