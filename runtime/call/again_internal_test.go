package call

import (
	"fmt"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Thousands of calls that wait for the store do not all come back in one moment,
// and none of them waits long.
func TestPause(t *testing.T) {
	const calls = 10_000
	slots := map[time.Duration]int{}
	for i := range calls {
		id := ivr.SessionID(fmt.Sprintf("session-%d", i))
		if first := pause(id, 1); first < 750*time.Millisecond || first > time.Second {
			t.Fatalf("the first pause is %v", first)
		}
		later := pause(id, 70)
		if later < 3*time.Second || later > 4*time.Second {
			t.Fatalf("a later pause is %v", later)
		}
		slots[later.Truncate(100*time.Millisecond)]++
	}
	for at, n := range slots {
		if n > calls/5 {
			t.Errorf("%d of %d calls come back after %v", n, calls, at)
		}
	}
}
