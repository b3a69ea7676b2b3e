package dev

import "sync"

// inbox is the queue of everything that happens, in order. Anybody may put;
// one goroutine takes.
type inbox struct {
	mu    sync.Mutex
	queue []func()
	ready chan struct{} // has room for one: there is something
}

func newInbox() *inbox { return &inbox{ready: make(chan struct{}, 1)} }

// put never blocks.
func (in *inbox) put(f func()) {
	in.mu.Lock()
	in.queue = append(in.queue, f)
	in.mu.Unlock()
	select {
	case in.ready <- struct{}{}:
	default:
	}
}

// take is the oldest, nil if there is none.
func (in *inbox) take() func() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.queue) == 0 {
		return nil
	}
	f := in.queue[0]
	in.queue = in.queue[1:]
	return f
}
