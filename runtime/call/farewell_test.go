package call_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// With neither a store nor a platform a call cannot be ended: it is tried on, and
// nobody is told that the call is over. When the platform is back first, it is
// hung up; when the store is, the call goes on.
func TestFarewellInVain(t *testing.T) {
	for name, tt := range map[string]struct {
		platform, store time.Duration // when it is back
		live            int
	}{
		"platform first": {platform: 3 * time.Minute, store: 5 * time.Minute, live: 0},
		"store first":    {platform: time.Hour, store: 150 * time.Second, live: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				fx, m := overloaded(t, menuFlow, func(c *call.Config) { c.Alone, c.WithoutStore = true, time.Minute })
				var hungUp atomic.Bool
				fx.p.reply = func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
					c, ok := cmd.(ivr.HangUp)
					if ok && time.Since(begun) < tt.platform {
						return call.Reply{Again: true, Event: ivr.OperationFailed{Head: now(), Op: c.Op, Result: ivr.Result{Code: 503, Reason: ivr.ReasonService}}}, true
					}
					if ok {
						hungUp.Store(true)
					}
					return call.Reply{}, false
				}
				fx.ring(t, "s")
				fx.tell(t, "s", audio())
				m.fail(errors.New("disk full"))
				_ = fx.callback(t, "s", key('2', 1))
				time.Sleep(tt.store)
				m.fail(nil)
				_ = fx.callback(t, "s", key('2', 1))
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if fx.Live() != tt.live || hungUp.Load() != (tt.live == 0) {
					t.Errorf("%d live, hung up %t: sent %v", fx.Live(), hungUp.Load(), fx.p.names())
				}
			})
		})
	}
}
