package call

import (
	"sync"
	"time"
)

// group counts what runs. Unlike a sync.WaitGroup it can be waited for with a
// limit, and asked.
type group struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed once nothing runs; nil if nobody waits
}

// add takes one more among what runs.
func (g *group) add() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n++
}

// done takes one off.
func (g *group) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n--; g.n == 0 && g.idle != nil {
		close(g.idle)
		g.idle = nil
	}
}

// empty reports whether nothing runs.
func (g *group) empty() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n == 0
}

// over is closed once nothing runs.
func (g *group) over() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n == 0 {
		now := make(chan struct{})
		close(now)
		return now
	}
	if g.idle == nil {
		g.idle = make(chan struct{})
	}
	return g.idle
}

// Awaiter is a [Clock] that waits in its own time: a virtual one, in which nothing
// runs while a goroutine is blocked.
type Awaiter interface {
	// Await waits until the condition holds, at most d, and reports whether it does.
	Await(d time.Duration, until func() bool) bool
}

// await waits for a group, for some time; 0: as long as it takes.
func (c *Calls) await(g *group, most time.Duration) bool {
	if clock, ok := c.cfg.Clock.(Awaiter); ok {
		if most == 0 {
			most = virtually
		}
		return clock.Await(most, g.empty)
	}
	if most == 0 {
		<-g.over()
		return true
	}
	limit := time.NewTimer(most)
	defer limit.Stop()
	select {
	case <-g.over():
		return true
	case <-limit.C:
		return false
	}
}

// virtually is for ever, for a virtual clock.
const virtually = 24 * time.Hour
