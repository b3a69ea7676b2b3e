package call_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// knows is a platform that knows how calls stand.
func knows(states map[ivr.SessionID]ivr.CallRead) *platform {
	var to call.Address
	p := &platform{}
	p.watch = func(a call.Address, _ ivr.Command) {
		p.mu.Lock()
		defer p.mu.Unlock()
		to = a
	}
	p.reply = func(_ context.Context, cmd ivr.Command, _ int) (call.Reply, bool) {
		read, ok := cmd.(ivr.ReadCall)
		if !ok {
			return call.Reply{}, false
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		e := states[to.Session]
		e.Head, e.Op = now(), read.Op
		return call.Reply{Event: e}, true
	}
	return p
}

// killedWith is a cluster whose only node has died while it had these sessions,
// connected or not.
func killedWith(t *testing.T, sessions int, connected bool) *cluster {
	t.Helper()
	c := newCluster(t, menuFlow)
	m := &mortal{}
	a := c.node(t, &platform{}, func(s call.Store) call.Store { m.Store = s; return m })
	t.Cleanup(a.Close)
	for i := range sessions {
		id := ivr.SessionID(fmt.Sprint("s", i))
		a.ring(t, id)
		if connected {
			a.tell(t, id, audio())
		}
	}
	time.Sleep(2 * time.Second) // what is confirmed is stored
	synctest.Wait()
	m.dead.Store(true)
	return c
}

// What the platform said while no process lived is lost. Whoever takes the call up
// asks it, and neither a call that has ended nor one that was connected waits for
// its deadline.
func TestLooks(t *testing.T) {
	for name, c := range map[string]struct {
		connected bool
		read      ivr.CallRead
		state     string
	}{
		"gone":      {true, ivr.CallRead{Gone: true}, ""},
		"connected": {false, ivr.CallRead{State: ivr.StateEstablished, Audio: ivr.AudioActive}, "main.1/prompting"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cl := killedWith(t, 1, c.connected)
				time.Sleep(9 * time.Second)
				b := cl.node(t, knows(map[ivr.SessionID]ivr.CallRead{"s0": c.read}), nil)
				defer b.Close()
				time.Sleep(3 * time.Second)
				synctest.Wait()
				s, _ := b.Session("s0")
				if c.state == "" {
					if b.Live() != 0 {
						t.Errorf("the call is gone, and its session is in %s", s.State)
					}
					return
				}
				if sent := b.p.names(); s.State != c.state || !s.Leg.Audio || !slices.Contains(sent, "PlayPrompt") {
					t.Errorf("state %s, audio %t, sent %v", s.State, s.Leg.Audio, sent)
				}
			})
		})
	}
}

// Calls are read at a pace that the platform bears: those first that wait for its
// word, and each once.
func TestLooksArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 200
		cl := killedWith(t, calls, true)
		a := cl.node(t, &platform{}, nil) // it plays nothing, and connects nobody
		a.Close()
		time.Sleep(9 * time.Second)
		live := map[ivr.SessionID]ivr.CallRead{}
		for i := range calls {
			live[ivr.SessionID(fmt.Sprint("s", i))] = ivr.CallRead{State: ivr.StateEstablished, Audio: ivr.AudioActive}
		}
		b := cl.node(t, knows(live), nil)
		defer b.Close()
		begun, reads := time.Now(), 0
		for range 10 {
			time.Sleep(time.Second)
			synctest.Wait()
			n := 0
			for _, name := range b.p.names() {
				if name == "ReadCall" {
					n++
				}
			}
			most := 51
			if reads == 0 {
				most += 25 // so many may be at once
			}
			if n-reads > most {
				t.Errorf("%d calls were read in the second that ended after %v", n-reads, time.Since(begun))
			}
			reads = n
		}
		// Prompts that were over are read for once more, by their own deadlines.
		if reads < calls {
			t.Errorf("%d calls were read, want %d", reads, calls)
		}
	})
}
