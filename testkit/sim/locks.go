package sim

import (
	"sync"
	"time"
)

// heldLock is a lock in virtual time: who waits for it lets the others run.
type heldLock struct {
	p    *proc
	held bool
}

// NewLock is a lock of the process.
func (c procClock) NewLock() sync.Locker { return &heldLock{p: c.p} }

// Lock waits until nobody holds it. In a dead process nobody waits.
func (l *heldLock) Lock() {
	for l.held && !l.p.dead {
		l.p.w.clock.Sleep(time.Hour, func() bool { return !l.held || l.p.dead })
	}
	l.held = true
}

// Unlock lets the next one have it.
func (l *heldLock) Unlock() { l.held = false }
