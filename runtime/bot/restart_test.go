package bot_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// restart ends the bot and starts another one at the same address, which knows
// nothing but its configuration and the store.
func (w *onTheWire) restart(t *testing.T, addr string, cfg bot.Config) {
	t.Helper()
	w.halt(t)
	w.again(t, addr, cfg)
}

// halt ends the bot.
func (w *onTheWire) halt(t *testing.T) {
	t.Helper()
	w.stop()
	err := <-w.served
	w.served <- nil // for whoever waits for the end
	if err != nil {
		t.Fatal(err)
	}
}

// again lets the bot come back.
func (w *onTheWire) again(t *testing.T, addr string, cfg bot.Config) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if w.bot, err = bot.New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	t.Cleanup(stop)
	<-w.served // of halt
	go func() { w.served <- w.bot.Serve(ctx, l) }()
}

// A call goes on, on the version with which it began, in a process that has never
// seen that version; new calls there run the new one. Spoken texts and recordings
// of the files come from the store, too.
func TestVersionOutlivesItsProcess(t *testing.T) {
	was, sound := edition(t, 1)
	is, other := edition(t, 2)
	var cfg bot.Config
	w := connect(t, func(c *bot.Config) {
		c.Flows, c.DB, c.Key = []*flow.Flow{was}, &store.MemoryDB{}, []byte("a key that outlives processes....")
		c.Observe = nil
		cfg = *c
	})
	if _, err := w.sim.Ring(graphsim.Caller{}); err != nil {
		t.Fatal(err)
	}
	await(t, w, func(e graphsim.PromptStarted) bool { return strings.Contains(e.URI, sound) })
	cfg.Flows = []*flow.Flow{is}
	w.restart(t, strings.TrimPrefix(cfg.PublicURL, "http://"), cfg)
	limit := time.After(20 * time.Second)
	heard := 1
	for ended := false; !ended; {
		select {
		case e := <-w.events:
			switch e := e.(type) {
			case graphsim.PromptStarted:
				if e.Problem != "" || strings.Contains(e.URI, other) {
					t.Errorf("the call hears %s: %s", e.URI, e.Problem)
				}
				if strings.Contains(e.URI, sound) {
					heard++
				}
			case graphsim.Ended:
				if ended = true; e.By != ivr.EndedByFlow {
					t.Errorf("the call was ended by %q", e.By)
				}
			}
		case <-limit:
			t.Fatal("the call has no end")
		}
	}
	if heard != 3 && heard != 4 { // the one that played at the restart may play again
		t.Errorf("the sound of its version was heard %d times, want 3", heard)
	}
	if _, err := w.sim.Ring(graphsim.Caller{}); err != nil {
		t.Fatal(err)
	}
	await(t, w, func(e graphsim.PromptStarted) bool { return strings.Contains(e.URI, other) && e.Problem == "" })
	await(t, w, anyOf[graphsim.Ended])
}
