package call

import "sync"

// lock is what a call is locked by: a mutex, unless the clock brings something
// else. A virtual clock, which runs functions one at a time, does: whoever waits
// for its lock lets the others run, also him who holds it and waits for the
// store.
type lock struct {
	mutex   sync.Mutex
	virtual sync.Locker
}

// locks is a [Clock] that brings its own.
type locks interface{ NewLock() sync.Locker }

func (c *Calls) newLock() lock {
	if own, ok := c.cfg.Clock.(locks); ok {
		return lock{virtual: own.NewLock()}
	}
	return lock{}
}

// Lock waits until nobody holds it.
func (l *lock) Lock() {
	if l.virtual != nil {
		l.virtual.Lock()
		return
	}
	l.mutex.Lock()
}

// Unlock lets the next one have it.
func (l *lock) Unlock() {
	if l.virtual != nil {
		l.virtual.Unlock()
		return
	}
	l.mutex.Unlock()
}
