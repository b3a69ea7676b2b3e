package call_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// The clock of the node that keeps a callback for another is wrong: the times of
// the call are those of the node that has it.
func TestMailOfAWrongClock(t *testing.T) {
	for _, wrong := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, menuFlow)
			a, b := c.node(t, &platform{}, nil), c.node(t, &platform{}, nil)
			defer a.Close()
			defer b.Close()
			a.ring(t, "s")
			b.tell(t, "s", ivr.Stamped(audio(), time.Now().Add(wrong)))
			time.Sleep(time.Second)
			synctest.Wait()
			s, _ := a.Session("s")
			if off := time.Since(s.Answered); off < 0 || off > time.Second {
				t.Errorf("the clock of the other is %s wrong, and the call was answered %s ago, want at most 1s", wrong, off)
			}
		})
	}
}
