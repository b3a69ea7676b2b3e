package graphsim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// The bot is muted in a call of several, and the roster tells.
func TestMute(t *testing.T) {
	w := newWorld(t, func(cfg *graphsim.Config) {
		cfg.Oddities = []graphsim.Oddity{graphsim.Escalates}
	})
	c := w.connected()
	var told []string
	w.sim.Observe(func(e graphsim.Event) {
		if e, ok := e.(graphsim.Muted); ok {
			told = append(told, fmt.Sprint(e.Muted))
		}
	})
	w.clock.forward(4 * time.Second)
	for _, name := range []string{"mute", "mute", "unmute"} {
		a := w.must(c, name, `{"clientContext":"7"}`)
		if a.status != 200 || a.body["status"] != "completed" || a.body["clientContext"] != "7" || a.header.Get("Location") == "" {
			t.Errorf("%s: answer %d %s", name, a.status, a.raw)
		}
		if want := "#microsoft.graph." + name + "ParticipantOperation"; a.body["@odata.type"] != want {
			t.Errorf("%s: type %v, want %s", name, a.body["@odata.type"], want)
		}
	}
	if got := strings.Join(told, " "); got != "true false" {
		t.Errorf("muted: %s, want true false", got)
	}
}

// A call of two has nothing to mute, unless a setting says so.
func TestMuteOfTwo(t *testing.T) {
	w := newWorld(t, nil)
	if a := w.act(w.connected(), "mute", ""); a.status != 400 || !strings.Contains(string(a.raw), "8548") {
		t.Errorf("answer %d %s, want 400 and 8548", a.status, a.raw)
	}
	w = newWorld(t, func(cfg *graphsim.Config) { cfg.Settings.MuteOfTwo = true })
	w.must(w.connected(), "mute", "")
}
