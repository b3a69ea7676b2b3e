package graphsim

import (
	"sync"
	"time"
)

// Clock is the simulator's only source of time and concurrency. An
// implementation must not call f before AfterFunc or Go has returned. If it also
// has a method Wait, which returns when nothing runs, [Sim.Close] calls it.
type Clock interface {
	// Now is the present time.
	Now() time.Time
	// AfterFunc calls f once, after d. Stop takes it back and says whether it
	// was in time.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
	// Go calls f soon, without waiting for it.
	Go(f func())
}

// RealClock is wall time: every function runs on its own goroutine. It
// returns a clock of its own each time; [Sim.Close] waits for the functions
// that run on it.
func RealClock() Clock {
	c := &realClock{}
	c.idle.L = &c.mu
	return c
}

// realClock counts what runs. A sync.WaitGroup would not do: timers go off
// while somebody waits.
type realClock struct {
	mu      sync.Mutex
	running int
	idle    sync.Cond
}

func (c *realClock) Now() time.Time { return time.Now() }

func (c *realClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, func() {
		c.add(1)
		defer c.add(-1)
		f()
	}).Stop
}

func (c *realClock) Go(f func()) {
	c.add(1)
	go func() {
		defer c.add(-1)
		f()
	}()
}

func (c *realClock) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running += n
	if c.running == 0 {
		c.idle.Broadcast()
	}
}

// Wait returns when nothing runs.
func (c *realClock) Wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.running > 0 {
		c.idle.Wait()
	}
}
