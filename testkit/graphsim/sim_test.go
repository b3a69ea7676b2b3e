package graphsim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

func TestConfigFaults(t *testing.T) {
	good := graphsim.Config{BaseURL: "http://127.0.0.1:4711", Webhook: "http://localhost:80/calls", Key: sharedKey()}
	if _, err := graphsim.New(good); err != nil {
		t.Errorf("http on loopback: %v", err)
	}
	tests := []struct {
		name   string
		change func(*graphsim.Config)
		want   string
	}{
		{"http elsewhere", func(c *graphsim.Config) { c.BaseURL = "http://graph.example.com" }, "BaseURL: \"http://graph.example.com\" is plain http; the simulator allows http on loopback only"},
		{"http webhook", func(c *graphsim.Config) { c.Webhook = "http://10.0.0.1/calls" }, "Webhook: \"http://10.0.0.1/calls\" is plain http"},
		{"no webhook", func(c *graphsim.Config) { c.Webhook = "" }, "Webhook: is missing"},
		{"base with path", func(c *graphsim.Config) { c.BaseURL = "https://a.test/graph" }, "has a path"},
		{"credentials", func(c *graphsim.Config) { c.Webhook = "https://me:pw@a.test/" }, "holds credentials"},
		{"no scheme", func(c *graphsim.Config) { c.BaseURL = "a.test" }, "is not absolute"},
		{"other scheme", func(c *graphsim.Config) { c.BaseURL = "ftp://a.test" }, "is not https"},
		{"unknown oddity", func(c *graphsim.Config) { c.Oddities = []graphsim.Oddity{"wobbles"} }, "no oddity \"wobbles\""},
		{"bad chance", func(c *graphsim.Config) { c.Settings.OddChance = 2 }, "OddChance: 2"},
		{"unknown start", func(c *graphsim.Config) { c.Settings.Start = graphsim.StartNull + 1 }, "Start: 3 is none"},
		{"unknown action", func(c *graphsim.Config) { c.Faults = []graphsim.Fault{{Action: "sing"}} }, "Faults[0]: action \"sing\" is unknown"},
		{"negative nth", func(c *graphsim.Config) { c.Faults = []graphsim.Fault{{Action: "answer", Nth: -1}} }, "count from 1"},
		{"unknown match", func(c *graphsim.Config) { c.Faults = []graphsim.Fault{{Action: "callback", Match: "x"}} }, "match \"x\""},
		{"lose an action", func(c *graphsim.Config) { c.Faults = []graphsim.Fault{{Action: "answer", Lose: true}} }, "are for callbacks"},
		{"status of a callback", func(c *graphsim.Config) { c.Faults = []graphsim.Fault{{Action: "callback", Status: 500}} }, "has no status"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			tt.change(&cfg)
			_, err := graphsim.New(cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestRingRefuses(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.MaxCalls = 1 })
	for _, from := range []graphsim.Caller{
		{ID: ivr.Party{Kind: ivr.PartyBot, ID: "x"}},
		{ID: ivr.Party{Kind: ivr.PartyUser}},
		{Called: ivr.Party{Kind: ivr.PartyUser, ID: "x"}},
	} {
		if _, err := w.sim.Ring(from); err == nil {
			t.Errorf("Ring(%+v) works, want an error", from)
		}
	}
	c := w.ring(graphsim.Caller{})
	if _, err := w.sim.Ring(graphsim.Caller{}); err == nil || !strings.Contains(err.Error(), "limit of concurrent calls") {
		t.Errorf("second call: %v, want ErrBusy", err)
	}
	c.HangUp()
	w.ring(graphsim.Caller{})
}

func TestClosed(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.sim.Close()
	w.sim.Close() // twice is harmless
	if a := w.act(c, "keepAlive", ""); a.status != 503 {
		t.Errorf("request after Close: %d, want 503", a.status)
	}
	if _, err := w.sim.Ring(graphsim.Caller{}); err == nil {
		t.Error("Ring after Close works, want an error")
	}
	w.clock.forward(2 * time.Hour)
	w.expect()
}

// An observer may act for the caller, and sees everything in order.
func TestObserverActs(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.must(c, "subscribeToTone", `{}`)
	w.sim.Observe(func(e graphsim.Event) {
		if _, ok := e.(graphsim.PromptStarted); ok {
			c.Press('1', '2')
		}
	})
	w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
	w.clock.forward(2 * time.Second)
	w.expect("updated established tone1", "updated established tone2", "deleted playPromptOperation completed completedSuccessfully 200/0")
	first, _ := find[graphsim.ToneSent](w)
	if first.Seq < 1 || first.Key != '1' {
		t.Errorf("first tone %+v, want key 1 with a positive sequence", first)
	}
	if c.State() != ivr.StateEstablished || c.Audio() != ivr.AudioActive || w.sim.Call(c.ID()) != c {
		t.Error("the call's own account is wrong")
	}
}

// Between machines plain http is for those who say so, and HTTPSOnly stands
// above that.
func TestInsecureHTTP(t *testing.T) {
	for _, only := range []bool{false, true} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.InsecureHTTP, c.BaseURL, c.Webhook, c.Settings.HTTPSOnly = true, "http://graphsim:8080", "http://bot:3978/api/calls", only
			c.Apps = []graphsim.App{{ID: secondApp, Secret: "two", Webhook: "http://other:3978/"}}
		})
		a := w.act(w.ring(graphsim.Caller{}), "answer", strings.Replace(answerBody, leg, "http://bot:3978/leg", 1))
		if want := map[bool]int{false: 202, true: 400}[only]; a.status != want {
			t.Errorf("https only %v: answered %d %s, want %d", only, a.status, a.raw, want)
		}
	}
	_, err := graphsim.New(graphsim.Config{InsecureHTTP: true, BaseURL: "http://graphsim:8080", Webhook: "ftp://bot/"})
	if err == nil || !strings.Contains(err.Error(), `"ftp://bot/" is not https`) {
		t.Errorf("error %v", err)
	}
}
