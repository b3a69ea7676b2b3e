package call

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// mostWaiting is how many deliveries may wait for one call at once: beyond that
// they are refused. A call has a handful of events in a second.
const mostWaiting = 64

// lock is what a call is locked by. Whoever is not to wait for long takes it with
// LockFor.
//
// A virtual clock, which runs functions one at a time, brings its own: whoever
// waits for that lets the others run, also him who holds it and waits for the
// store.
type lock struct {
	held    chan struct{}
	waiting atomic.Int32
	virtual sync.Locker
}

// locks is a [Clock] that brings its own.
type locks interface{ NewLock() sync.Locker }

func (c *Calls) newLock() *lock {
	if own, ok := c.cfg.Clock.(locks); ok {
		return &lock{virtual: own.NewLock()}
	}
	return &lock{held: make(chan struct{}, 1)}
}

// Lock waits until nobody holds it.
func (l *lock) Lock() {
	if l.virtual != nil {
		l.virtual.Lock()
		return
	}
	l.held <- struct{}{}
}

// LockFor is Lock until ctx is over. The error is ErrBusy, also if too many wait
// already.
func (l *lock) LockFor(ctx context.Context) error {
	defer l.waiting.Add(-1)
	if n := l.waiting.Add(1); n > mostWaiting {
		return fmt.Errorf("%w: %d events wait for this call", ErrBusy, n-1)
	}
	if l.virtual != nil {
		l.virtual.Lock()
		return nil
	}
	select {
	case l.held <- struct{}{}:
		return nil
	default:
	}
	select {
	case l.held <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: the call waits for the store", ErrBusy)
	}
}

// Unlock lets the next one have it.
func (l *lock) Unlock() {
	if l.virtual != nil {
		l.virtual.Unlock()
		return
	}
	<-l.held
}
