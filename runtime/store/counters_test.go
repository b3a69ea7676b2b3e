package store_test

import (
	"sync"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/store"
)

func TestCounters(t *testing.T) {
	var c store.Counters
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := c.Next(t.Context(), "a"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for name, want := range map[string]int64{"a": 21, "b": 1} {
		if got, err := c.Next(t.Context(), name); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", name, got, err, want)
		}
	}
}
