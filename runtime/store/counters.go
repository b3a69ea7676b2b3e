package store

import (
	"context"
	"sync"
)

// Counters are numbers in memory, by name. They are safe for concurrent use. The
// zero Counters are all 0.
type Counters struct {
	mu sync.Mutex
	n  map[string]int64
}

// Next adds one to a counter and returns it.
func (c *Counters) Next(_ context.Context, name string) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int64{}
	}
	c.n[name]++
	return c.n[name], nil
}
