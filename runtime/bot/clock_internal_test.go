package bot

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What does not come back is given up in time and goes on; what does is waited
// for; workers are used again, and end.
func TestWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &wallClock{}
		var ran atomic.Int64
		gate := make(chan struct{})
		begun := time.Now()
		if c.Within(time.Second, func() { <-gate; ran.Add(1) }) || time.Since(begun) != time.Second {
			t.Errorf("given up after %v", time.Since(begun))
		}
		var wg sync.WaitGroup
		for range 500 {
			wg.Go(func() {
				for range 10 {
					if !c.Within(time.Second, func() { time.Sleep(time.Millisecond); ran.Add(1) }) {
						t.Error("what ended in time was given up")
					}
				}
			})
		}
		wg.Wait()
		idle := func() int {
			c.workers.mu.Lock()
			defer c.workers.mu.Unlock()
			return len(c.workers.idle)
		}
		if n := idle(); n != idleWorkers {
			t.Errorf("%d workers are idle", n)
		}
		close(gate)
		synctest.Wait()
		if ran.Load() != 5001 {
			t.Errorf("%d functions ran", ran.Load())
		}
		time.Sleep(2 * idleFor)
		if n := idle(); n != 0 {
			t.Errorf("%d workers are idle after a while", n)
		}
		c.Within(time.Second, func() {})
		c.Close()
		c.Within(time.Second, func() {})
	})
}
