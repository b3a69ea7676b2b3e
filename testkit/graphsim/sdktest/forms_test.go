package sdktest

import (
	"fmt"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// The library reads whatever form the simulator picks among those that pages and
// traces show, except codes as text: the metadata has whole numbers.
func TestForms(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			some := graphsim.SomeSettings(seed)
			some.CodesAsText = false
			inWorld(t, func(c *graphsim.Config) { c.Settings = some }, func(w *world) {
				call := w.call(w.connected(fromPhone()).ID())
				_, err := call.SubscribeToTone().Post(w.t.Context(), subscribeBody(), nil)
				w.must(err)
				_, err = call.RecordResponse().Post(w.t.Context(), recordBody(), nil)
				w.must(err)
				pass(20 * time.Second)
				_, err = call.Get(w.t.Context(), nil)
				w.must(err)
				w.must(call.Delete(w.t.Context(), nil))
				pass(time.Second)
				b := w.table(ownMedia())
				_, err = b.c.Participants().Get(w.t.Context(), nil)
				w.must(err)
			})
		})
	}
}
