package call

import (
	"slices"
	"time"
)

// unreadFor is the longest that the timers of a session wait for its mail, after
// it was taken up.
const unreadFor = 2 * time.Second

// unread are sessions that were taken up, and whose mail from before that was not
// looked for yet. Their timers wait: what a caller did while nobody had the call
// was in time, though the timer that waited for it has run out since.
func (c *Calls) unread() []*owner {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.fresh)
}

// isFresh has the timers of a session wait until its mail was read. The call is
// locked.
func (c *Calls) isFresh(o *owner) {
	c.mu.Lock()
	c.fresh = append(c.fresh, o)
	c.mu.Unlock()
	o.fresh = true
	c.later(0, c.collect)
}

// haveRead lets timers run: all mail was applied that had come for sessions before
// it was fetched, but for what failed. That is tried again, and timers wait for it
// a while.
func (c *Calls) haveRead(list []*owner, failed []*owner) {
	for _, o := range list {
		o.mu.Lock()
		if slices.Contains(failed, o) && c.cfg.Clock.Now().Sub(o.since) < unreadFor {
			o.mu.Unlock()
			continue
		}
		o.fresh = false
		c.mu.Lock()
		c.fresh = slices.DeleteFunc(c.fresh, func(other *owner) bool { return other == o })
		c.mu.Unlock()
		if !o.dead && !o.s.Over() {
			c.shard(o.id).schedule(o)
		}
		o.mu.Unlock()
	}
}
