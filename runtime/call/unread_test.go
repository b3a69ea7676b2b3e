package call_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/runtime/call"
)

// A caller presses a key in time, while the node that has the call is dead. The
// timer that waits for the key runs out before another node takes the call over:
// the key counts.
func TestKeyBeforeTakeOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, menuFlow)
		m := &mortal{}
		a := c.node(t, &platform{}, func(s call.Store) call.Store { m.Store = s; return m })
		defer a.Close()
		a.ring(t, "s")
		a.tell(t, "s", audio())
		a.completePlay(t, "s")
		b := c.node(t, &platform{}, nil)
		defer b.Close()
		m.dead.Store(true)
		b.tell(t, "s", key('1', 1))
		for died := time.Now(); b.Live() == 0 && time.Since(died) < time.Minute; {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		sent := slices.DeleteFunc(b.p.names(), func(name string) bool { return name == "ReadCall" })
		want(t, "sent by the second node", sent, []string{"PlayPrompt"}) // not asked again
		s, _ := b.Session("s")
		if !strings.HasPrefix(s.State, "bye") {
			t.Errorf("state %q, want bye: the key was pressed in time", s.State)
		}
	})
}
