package graphsim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Audio goes inactive before or after transferAccepted, by the seed.
func TestTransferOrders(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(20) {
		w := newWorld(t, func(c *graphsim.Config) { c.Seed = seed })
		c := w.connected()
		w.must(c, "transfer", `{"transferTarget":`+target+`}`)
		w.clock.forward(time.Minute)
		story := w.story()
		if len(story) != 4 || story[0] != "updated transferring" || story[3] != "deleted terminated 0/7015" {
			t.Fatalf("seed %d: %v", seed, story)
		}
		seen[strings.Join(story[1:3], ", ")] = true
	}
	if len(seen) != 2 || !seen["updated transferring audio=inactive, updated transferAccepted"] || !seen["updated transferAccepted, updated transferAccepted audio=inactive"] {
		t.Errorf("orders %v, want both", seen)
	}
}

// The forms of a transfer's end, and how long a telephone rings.
func TestTransferResults(t *testing.T) {
	for code, want := range map[int]string{0: `"code":0,"message":"GracefulTransferCompleted","subcode":7015`, 200: `"code":200,"message":"GracefulTransferCompleted","subcode":7015`} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.TransferCode = code })
		c := w.connected()
		w.must(c, "transfer", `{"transferTarget":`+target+`}`)
		w.clock.forward(time.Minute)
		if last := string(w.bodies[len(w.bodies)-1]); !strings.Contains(last, want) {
			t.Errorf("%s, want %s", last, want)
		}
	}
	for b, ring := range map[graphsim.Behaviour]time.Duration{graphsim.NoAnswer: 40 * time.Second, graphsim.Busy: 2 * time.Second, graphsim.Declined: 2 * time.Second} {
		w := newWorld(t, nil)
		w.sim.SetTarget(targetID, b)
		c := w.connected()
		w.must(c, "transfer", `{"transferTarget":`+target+`}`)
		w.clock.forward(ring - time.Millisecond)
		if c.State() != ivr.StateTransferring {
			t.Errorf("%v: %v before %v", b, c.State(), ring)
		}
		w.clock.forward(time.Millisecond)
		if c.State() != ivr.StateEstablished {
			t.Errorf("%v: %v after %v", b, c.State(), ring)
		}
	}
}

// Audio may be gone while the target's phone rings; it comes back after a
// failure.
func TestTransferMutes(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.TransferMutes = true })
	w.sim.SetTarget(targetID, graphsim.Busy)
	c := w.connected()
	w.must(c, "transfer", `{"transferTarget":`+target+`}`)
	w.clock.forward(2100 * time.Millisecond)
	if a := w.act(c, "subscribeToTone", ""); a.code() != "8503" {
		t.Errorf("just after the failure: %d %q, want 8503", a.status, a.code())
	}
	w.clock.forward(time.Second)
	w.expect("updated transferring", "updated transferring audio=inactive", "updated established 500/7000", "updated established audio=active")
	w.must(c, "subscribeToTone", "")
	w.sim.SetTarget(targetID, graphsim.Answers)
	w.must(c, "transfer", `{"transferTarget":`+target+`}`)
	w.clock.forward(time.Minute)
	w.expect("updated transferring", "updated transferring audio=inactive", "updated transferAccepted", "deleted terminated 0/7015")
}

// Audio that dropped does not come back to a bot that handed the call over.
func TestNoAudioAfterHandover(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) {
		c.Oddities, c.Settings.Latency = []graphsim.Oddity{graphsim.AudioDrops}, 2*time.Second
	})
	c := w.ring(graphsim.Caller{})
	w.must(c, "answer", answerBody)
	w.clock.forward(time.Second) // audio drops in 1.5 s, for a second
	w.must(c, "transfer", `{"transferTarget":`+target+`}`)
	w.clock.forward(time.Minute)
	if last := w.story()[len(w.heard)-3:]; strings.Join(last, ", ") != "updated transferring audio=inactive, updated transferAccepted, deleted terminated 0/7015" {
		t.Errorf("the end is %v", last)
	}
}

// Users can be transferred to within their tenant only.
func TestTransferWithinTenant(t *testing.T) {
	const other = "22222222-2222-4222-8222-222222222222"
	to := func(tenant string) string {
		return `{"transferTarget":{"identity":{"user":{"id":"` + targetID + `","tenantId":"` + tenant + `"}}}}`
	}
	w := newWorld(t, nil)
	if a := w.act(w.connected(), "transfer", to(other)); statusAndCode(a) != "403 8517" {
		t.Errorf("another tenant: %d %s", a.status, a.raw)
	}
	w.must(w.connected(), "transfer", to(strings.ToUpper(graphsim.DefaultTenant)))
}

// A redirected call rings its default time, or the time asked for; the first
// to pick up wins, and a telephone that did is named on the beta.
func TestRedirectEnds(t *testing.T) {
	user := func(id string) string { return `{"identity":{"user":{"id":"` + id + `"}}}` }
	const phone = `{"identity":{"phone":{"id":"+14255550177"}}}`
	for _, tt := range []struct {
		name, version, targets, more string
		behaviours                   map[string]graphsim.Behaviour
		wait                         time.Duration
		want                         string
		answeredBy                   bool
	}{
		{"many, nobody", "beta", user("a") + "," + user("b"), "", map[string]graphsim.Behaviour{"a": graphsim.NoAnswer, "b": graphsim.Busy}, 60 * time.Second, "deleted terminated 408/8544", false},
		{"one, nobody", "beta", user("a"), "", map[string]graphsim.Behaviour{"a": graphsim.NoAnswer}, 55 * time.Second, "deleted terminated 408/8544", false},
		{"longest", "v1.0", user("a"), `,"timeout":90`, map[string]graphsim.Behaviour{"a": graphsim.NoAnswer}, 90 * time.Second, "deleted terminated 408/8544", false},
		{"shortest", "beta", user("a"), `,"timeout":15`, map[string]graphsim.Behaviour{"a": graphsim.NoAnswer}, 15 * time.Second, "deleted terminated 408/8544", false},
		{"telephone", "beta", user("a") + "," + phone, "", map[string]graphsim.Behaviour{"a": graphsim.NoAnswer}, 2 * time.Second, "deleted terminated", true},
		{"telephone", "v1.0", phone, "", nil, 2 * time.Second, "deleted terminated", false},
		{"telephone busy", "beta", phone, "", map[string]graphsim.Behaviour{"+14255550177": graphsim.Busy}, 2 * time.Second, "deleted terminated 408/8544", false},
		{"user", "beta", user("a"), "", nil, 2 * time.Second, "deleted terminated", false},
	} {
		t.Run(tt.version+" "+tt.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.version = tt.version
			for id, b := range tt.behaviours {
				w.sim.SetTarget(id, b)
			}
			c := w.ring(incomingCaller())
			w.heard = nil
			if a := w.must(c, "redirect", `{"targets":[`+tt.targets+`]`+tt.more+`}`); a.status != 202 || len(a.raw) != 0 {
				t.Errorf("redirect: %d %q, want 202 and no body", a.status, a.raw)
			}
			w.clock.forward(tt.wait - time.Millisecond)
			w.expect()
			w.clock.forward(20 * time.Millisecond)
			if len(w.heard) != 1 {
				t.Fatalf("notified %v, want the end", w.story())
			}
			by := fmt.Sprint(w.heard[0].data["answeredBy"])
			if strings.Contains(by, "encrypted") != tt.answeredBy || strings.Contains(by, "14255550177") {
				t.Errorf("answeredBy %s", by)
			}
			if _, ok := w.heard[0].data["source"]; !ok {
				t.Errorf("the end has no source: %v", w.heard[0].data)
			}
			w.expect(tt.want)
		})
	}
}

// The rules for telephones hold for redirects as well.
func TestRedirectRules(t *testing.T) {
	phone := `{"targets":[` + target + `,{"identity":{"phone":{"id":"+14255550177"}}}]}`
	w := newWorld(t, nil)
	c := w.ring(graphsim.Caller{})
	if a := w.act(c, "redirect", phone); statusAndCode(a) != "403 7507" {
		t.Errorf("telephone target of a user's call: %d %s", a.status, a.raw)
	}
	if c.State() != ivr.StateIncoming {
		t.Errorf("a refused redirect leaves the call %v", c.State())
	}
	w = newWorld(t, func(c *graphsim.Config) { c.Settings.TellRedirecting = true })
	c = w.ring(graphsim.Caller{ID: ivr.Party{Kind: ivr.PartyUser, ID: "u"}, Called: ivr.Party{Kind: ivr.PartyApplication, ID: graphsim.DefaultInstance}})
	w.must(c, "redirect", phone)
	w.clock.forward(time.Second)
	if a := w.call("GET", c); a.body["state"] != "redirecting" {
		t.Errorf("GET: %s", a.raw)
	}
	c.HangUp()
	w.clock.forward(time.Minute)
	w.expect("created incoming", "updated redirecting", "deleted terminated 487/8542")
}

// The notification of a rejected call has neither state nor result.
func TestRejectForm(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ring(graphsim.Caller{})
	if a := w.must(c, "reject", ""); a.status != 202 || len(a.raw) != 0 {
		t.Errorf("reject: %d %q, want 202 and no body", a.status, a.raw)
	}
	w.clock.forward(time.Second)
	n := w.heard[1]
	var names []string
	for name := range n.data {
		names = append(names, name)
	}
	slices.Sort(names)
	if n.Change != "deleted" || strings.Join(names, " ") != "@odata.id @odata.type" || n.data["@odata.id"] != n.URL {
		t.Errorf("%s %v", n.Change, n.data)
	}
}
