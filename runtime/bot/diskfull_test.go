package bot_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
	"github.com/ivrflow/ivrflow/testkit/powerloss"
)

// The disk is full while a call lives: its keys are refused, the caller hears the
// flow's apology and is hung up; when there is room its session ends, and the next
// call is answered, without a restart.
func TestDiskFull(t *testing.T) {
	disk, err := powerloss.New(1)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "calls.db")
	disk.WriteFile(file, nil)
	db, err := sqlite.Open(t.Context(), file, sqlite.Options{VFS: disk.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(db.Close(), disk.Close()); err != nil {
			t.Error(err)
		}
	})
	st, err := store.New(store.Config{DB: db, Key: slices.Repeat([]byte{3}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan ivr.EndedBy, 2)
	w := connect(t, func(c *bot.Config) {
		c.Store, c.Limits.WithoutStore = st, time.Second
		c.Observe = func(ch call.Change) {
			if ch.Session.Over() && !ch.Before.Over() {
				ended <- ch.Session.EndedBy
			}
		}
	})
	caller, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	await(t, w, func(e graphsim.PromptStarted) bool { return e.Length == 2*time.Second })
	disk.Obey(func(op powerloss.Op) powerloss.Result {
		if op.Kind == powerloss.Write {
			return powerloss.Full
		}
		return powerloss.OK
	})
	if err := w.bot.Ready(); err != nil {
		t.Errorf("before: not ready: %v", err)
	}
	caller.Press('1')
	refused, apology := false, false
	limit := time.After(20 * time.Second)
	for over := false; !over; {
		select {
		case e := <-w.events:
			switch e := e.(type) {
			case graphsim.CallbackFailed:
				refused = refused || e.Status == 503
			case graphsim.PromptStarted:
				apology = true
			case graphsim.Ended:
				over = true
				if e.By != ivr.EndedByFlow {
					t.Errorf("ended by %s", e.By)
				}
			}
		case <-limit:
			t.Fatal("the caller hears silence")
		}
	}
	if err := w.bot.Ready(); err == nil || !strings.HasPrefix(err.Error(), "store: ") {
		t.Errorf("while nothing can be stored it is ready, or not for that: %v", err)
	}
	if !refused || !apology {
		t.Errorf("a callback was refused: %t; the caller heard something: %t", refused, apology)
	}
	if n := w.bot.Counts().Calls.Farewells; n != 1 {
		t.Errorf("%d farewells", n)
	}
	disk.Obey(nil)
	select {
	case by := <-ended:
		// The platform's own news of the end, which names no cause, may still have been on its
		// way into the store: then that is first.
		if by != ivr.EndedByService && by != ivr.EndedByCaller {
			t.Errorf("the session was ended by %s", by)
		}
	case <-limit:
		t.Fatal("the session does not end with its call")
	}
	next, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	for heard := false; !heard; {
		select {
		case e := <-w.events:
			p, ok := e.(graphsim.PromptStarted)
			heard = ok && p.Length > 0
		case <-limit:
			t.Fatal("the next call is not answered")
		}
	}
	if err := w.bot.Ready(); err != nil {
		t.Errorf("afterwards: not ready: %v", err)
	}
	next.HangUp()
}
