package graphsim

import (
	"runtime"
	"testing"
)

// A timer that is taken back under the lock does not run, also if it has gone off
// already.
func TestTimerTakenBack(t *testing.T) {
	sim, err := New(Config{BaseURL: "http://127.0.0.1:1", Webhook: "http://127.0.0.1:2/api/calls"})
	if err != nil {
		t.Fatal(err)
	}
	late := 0
	for range 5000 {
		back := false
		sim.mu.Lock()
		cancel := sim.after(0, func() {
			if back {
				late++
			}
		})
		sim.mu.Unlock()
		runtime.Gosched()
		sim.mu.Lock()
		cancel()
		back = true
		sim.mu.Unlock()
	}
	sim.Close()
	if late > 0 {
		t.Errorf("%d timers ran after they were taken back", late)
	}
}
