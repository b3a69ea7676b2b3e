package bot

import (
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
	idleFor     = time.Second
)

// workers are goroutines that run functions one after another, since a stack that
// has grown is worth keeping. There are some idle ones, for a moment.
type workers struct {
	mu     sync.Mutex
	idle   []*worker
	closed bool // there are to be no idle ones any more
}

type worker struct {
	jobs  chan func()
	done  chan struct{} // holds one
	limit *time.Timer   // of whoever waits
	bored *time.Timer
}

// take is an idle worker, or a new one.
func (p *workers) take() *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		w.bored.Stop()
		return w
	}
	w := &worker{jobs: make(chan func()), done: make(chan struct{}, 1), limit: time.NewTimer(time.Hour)}
	w.limit.Stop()
	w.bored = time.AfterFunc(time.Hour, func() { p.dismiss(w) })
	w.bored.Stop()
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
	w.bored.Reset(idleFor)
}

// close ends those that are idle, and those that run when they have done.
func (p *workers) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, w := range p.idle {
		w.bored.Stop()
		close(w.jobs)
	}
	p.idle = nil
}

// dismiss ends a worker that is still idle.
func (p *workers) dismiss(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.idle {
		if p.idle[i] == w {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			close(w.jobs)
			return
		}
	}
}
