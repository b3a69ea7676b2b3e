package bot

import (
	"slices"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/runtime/call"
)

// WallClock is real time.
func WallClock() call.Clock { return &wallClock{} }

type wallClock struct{ workers workers }

func (*wallClock) Now() time.Time { return time.Now() }
func (*wallClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}
func (*wallClock) Go(f func()) { go f() }

// Within implements call.Waiter.
func (c *wallClock) Within(d time.Duration, f func()) bool {
	w := c.workers.take()
	w.jobs <- f
	w.limit.Reset(d)
	select {
	case <-w.done:
		w.limit.Stop()
		c.workers.give(w)
		return true
	case <-w.limit.C:
		close(w.jobs) // it ends when f does
		return false
	}
}

// Close keeps no goroutines for later any more; all else goes on.
func (c *wallClock) Close() { c.workers.close() }

const (
	idleWorkers = 64
	idleFor     = time.Second // at least, and at most twice as long
)

// workers are goroutines that run functions one after another, since a stack that
// has grown is worth keeping. There are some idle ones, for a moment.
type workers struct {
	mu      sync.Mutex
	idle    []*worker // the one that is taken next is the last
	bored   int       // how many of them were idle ever since the last dismissal
	watched bool      // there is going to be another dismissal
	closed  bool      // there are to be no idle ones any more
}

type worker struct {
	jobs  chan func()
	done  chan struct{} // holds one
	limit *time.Timer   // of whoever waits
}

// take is an idle worker, or a new one.
func (p *workers) take() *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.bored = min(p.bored, n-1)
		return w
	}
	w := &worker{jobs: make(chan func()), done: make(chan struct{}, 1), limit: time.NewTimer(time.Hour)}
	w.limit.Stop()
	go func() {
		for f := range w.jobs {
			f()
			w.done <- struct{}{}
		}
	}()
	return w
}

// give takes a worker back.
func (p *workers) give(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) >= idleWorkers || p.closed {
		close(w.jobs)
		return
	}
	p.idle = append(p.idle, w)
	p.watch()
}

// watch sees to it that workers do not stay idle. They are locked.
func (p *workers) watch() {
	if !p.watched && len(p.idle) > 0 {
		p.watched = true
		time.AfterFunc(idleFor, p.dismiss)
	}
}

// dismiss ends the workers that were idle since the last time.
func (p *workers) dismiss() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(p.bored)
	p.bored, p.watched = len(p.idle), false
	p.watch()
}

// end ends the n workers that have been idle the longest. They are locked.
func (p *workers) end(n int) {
	for _, w := range p.idle[:n] {
		close(w.jobs)
	}
	p.idle = slices.Delete(p.idle, 0, n)
}

// close ends those that are idle, and those that run when they have done.
func (p *workers) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.end(len(p.idle))
	p.bored = 0
}
