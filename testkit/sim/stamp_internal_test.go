package sim

import (
	"testing"
	"time"
)

// TestStamp looks at times that were made as those of a clock.
func TestStamp(t *testing.T) {
	wall := time.Date(2026, 11, 23, 10, 0, 0, 123, time.UTC)
	a := stamp(wall, time.Second)
	b := stamp(wall.Add(-time.Hour), 3*time.Second) // an hour back on the wall, 2 s later in truth
	if got := b.Sub(a); got != 2*time.Second {
		t.Errorf("by the clock that goes forward: got %s, want 2s", got)
	}
	if got := b.Round(0).Sub(a.Round(0)); got != -time.Hour {
		t.Errorf("on the wall: got %s, want -1h", got)
	}
	if got := a.Add(time.Minute).UTC().Round(0); !got.Equal(wall.Add(time.Minute)) {
		t.Errorf("got %s, want %s", got, wall.Add(time.Minute))
	}
	if b.Before(a) || !a.Add(5*time.Second).After(b) {
		t.Error("times of one process are compared by the clock on the wall")
	}
}
