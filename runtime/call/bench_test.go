package call_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// BenchmarkThousandCalls runs a thousand calls at once, each from its incoming
// event through a menu to its end; ns/op is for all of them.
func BenchmarkThousandCalls(b *testing.B) {
	const calls = 1000
	f := load(b)
	c, err := call.New(call.Config{Store: &store.Memory{}, Sender: &platform{}, Clock: clock{}})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	events := 0
	b.ReportAllocs()
	round := 0
	for b.Loop() {
		round++
		var wg sync.WaitGroup
		for i := range calls {
			wg.Go(func() {
				id := ivr.SessionID(fmt.Sprintf("s%d-%d", round, i))
				ctx := context.Background()
				if _, err := c.Begin(ctx, engine.New(id, f, nil), f, ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: ivr.CallID(id)}); err != nil {
					b.Error(err)
					return
				}
				for _, ev := range []ivr.Event{audio(), key('9', 1), key('8', 2), key('1', 3), ivr.CallTerminated{Head: ivr.Head{At: time.Now()}}} {
					if err := c.Deliver(ctx, id, ev); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		events += 6 * calls
	}
	if c.Live() != 0 {
		b.Errorf("%d calls are left", c.Live())
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
