package bot_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const durableMeeting = `
ivr: 1
flow: assistant
kind: meeting
prompts: {music: "La."}
start: main
states:
  main:
    - join:
      wait: 5m
      failed: end
    - wait: {for: 30m, people: true}
      joined: greet
      left: end
    - end
  greet:
    - hold: {user: 5f0c7c7e-0000-4000-8000-000000000001, music: music}
      failed: end
    - wait: {for: 30m, signal: back}
      signalled: back
    - end
  back:
    - resume:
      failed: end
    - mute: everyone
      failed: end
    - end
`

// A meeting survives its process: in the lobby, among people, with somebody on
// hold. What the roster said is known to the process that comes after, and so is who
// came while there was none.
func TestMeetingOutlivesItsProcess(t *testing.T) {
	f, list, err := flow.Load(fstest.MapFS{"a.ivr.yaml": {Data: []byte(durableMeeting)}}, "a.ivr.yaml")
	if f == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	var cfg bot.Config
	changes := make(chan engine.Session, 1000)
	w := connect(t, func(c *bot.Config) {
		c.Flows, c.DB, c.Key, c.Observe = []*flow.Flow{f}, &store.MemoryDB{}, []byte("a key that outlives processes...."), nil
		c.Observe = func(ch call.Change) { changes <- *ch.Session }
		cfg = *c
	})
	addr := strings.TrimPrefix(cfg.PublicURL, "http://")
	m, err := w.sim.Schedule(graphsim.MeetingPlan{Lobby: graphsim.LobbyEverybody})
	if err != nil {
		t.Fatal(err)
	}
	meeting, err := graph.ParseJoinURL(m.JoinURL())
	if err != nil {
		t.Fatal(err)
	}
	var id ivr.SessionID
	served(t, func() error {
		began, err := w.bot.Join(t.Context(), bot.Order{Flow: "assistant"}, meeting)
		id = began.Session
		return err
	})
	// again has the bot end and come back once a session is as it should be.
	again := func(is func(engine.Session) bool, meanwhile func()) {
		t.Helper()
		for limit := time.After(20 * time.Second); ; {
			select {
			case s := <-changes:
				if !is(s) {
					continue
				}
			case <-limit:
				t.Fatal("the session does not come so far")
			}
			break
		}
		w.halt(t)
		meanwhile()
		w.again(t, addr, cfg)
		served(t, func() error { return w.bot.Signal(t.Context(), id, "are_you_there") })
	}
	again(func(s engine.Session) bool { return s.Meeting.Lobby }, func() { m.Find(w.sim.AppID()).Admit() })
	again(func(s engine.Session) bool { return s.State == "main.2/waiting" }, func() {
		ann, err := m.Enter(ivr.Party{Kind: ivr.PartyUser, ID: "5f0c7c7e-0000-4000-8000-000000000001", Tenant: w.sim.Tenant()})
		if err != nil {
			t.Fatal(err)
		}
		ann.Admit()
		happens(t, w, func(e graphsim.CallbackFailed) bool { return strings.Contains(string(e.Body), ann.ID()) }) // nobody hears of her
	})
	again(func(s engine.Session) bool { return s.State == "greet.2/waiting" }, func() {})
	served(t, func() error { return w.bot.Signal(t.Context(), id, "back") })
	happens(t, w, func(e graphsim.Held) bool { return !e.Who.OnHold })
	happens(t, w, anyOf[graphsim.Silenced])
	if end := happens(t, w, anyOf[graphsim.Ended]); end.By != ivr.EndedByFlow {
		t.Errorf("ended by %q", end.By)
	}
}

// happens waits for an event, whatever callbacks fail meanwhile.
func happens[E graphsim.Event](t *testing.T, w *onTheWire, is func(E) bool) E {
	t.Helper()
	for limit := time.After(20 * time.Second); ; {
		select {
		case e := <-w.events:
			if e, ok := e.(E); ok && is(e) {
				return e
			}
		case <-limit:
			t.Fatalf("no %T", *new(E))
		}
	}
}

// served does something as soon as the bot serves.
func served(t *testing.T, do func() error) {
	t.Helper()
	tick, limit := time.NewTicker(5*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for {
		err := do()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal(err)
		}
	}
}
