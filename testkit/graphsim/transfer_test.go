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

const targetID = "550fae72-d251-43ec-868c-373732c2704f"

func TestTransfer(t *testing.T) {
	back := []string{"updated transferring", "updated established 500/7000"}
	for _, b := range []graphsim.Behaviour{graphsim.Answers, graphsim.Machine, graphsim.Busy, graphsim.Declined, graphsim.NoAnswer} {
		t.Run(b.String(), func(t *testing.T) {
			w := newWorld(t, nil)
			w.sim.SetTarget(strings.ToUpper(targetID), b)
			c := w.connected()
			if a := w.must(c, "transfer", `{"transferTarget":`+target+`}`); a.status != 202 || len(a.raw) != 0 {
				t.Errorf("transfer: %d %q, want 202 and no body", a.status, a.raw)
			}
			w.clock.forward(time.Second)
			if c.State() != ivr.StateTransferring {
				t.Errorf("state %v, want transferring", c.State())
			}
			w.clock.forward(time.Minute)
			if b == graphsim.Answers || b == graphsim.Machine {
				story := w.story()
				slices.Sort(story[1:3]) // audio may go inactive before or after
				w.heard = nil
				got := strings.Join(story, ", ")
				if !strings.HasPrefix(got, "updated transferring, updated ") || !strings.Contains(got, "audio=inactive") ||
					!strings.Contains(got, "updated transferAccepted") || !strings.HasSuffix(got, "deleted terminated 0/7015") {
					t.Errorf("story %s", got)
				}
				if end, _ := c.Ended(); end.By != ivr.EndedByTransfer {
					t.Errorf("ended %+v, want by transfer", end)
				}
				return
			}
			w.expect(back...)
			if e, _ := find[graphsim.TransferFailed](w); e.Behaviour != b || e.Target.ID != targetID {
				t.Errorf("observed %+v", e)
			}
			// The call goes on.
			w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
			w.clock.forward(2 * time.Second)
			w.expect(completed)
		})
	}
}

// The documentation's example of a failed transfer spells subCode.
func TestTransferFailureSpelling(t *testing.T) {
	w := newWorld(t, nil)
	w.sim.SetTarget(targetID, graphsim.Busy)
	c := w.connected()
	w.must(c, "transfer", `{"transferTarget":`+target+`}`)
	w.clock.forward(5 * time.Second)
	info := w.heard[len(w.heard)-1].data["resultInfo"].(map[string]any)
	if info["subCode"] != 7000.0 || info["subcode"] != nil {
		t.Errorf("resultInfo %v, want subCode", info)
	}
}

func TestTransferRules(t *testing.T) {
	phone := `{"transferTarget":{"identity":{"phone":{"id":"+14255550177"}}}}`
	w := newWorld(t, nil)
	if a := w.act(w.connected(), "transfer", phone); a.status != 403 || a.code() != "7507" {
		t.Errorf("telephone target on a user's call: %d %q, want 403 7507", a.status, a.code())
	}
	w = newWorld(t, func(c *graphsim.Config) { c.Settings.PSTNAlways = true })
	w.must(w.connected(), "transfer", phone)
	w = newWorld(t, nil)
	consult := strings.Replace(target, "{", `{"replacesCallId":"x",`, 1)
	if a := w.act(w.connected(), "transfer", `{"transferTarget":`+consult+`}`); a.code() != "8522" {
		t.Errorf("consultative transfer to no call: %d, want 8522", a.status)
	}
	c := w.connected()
	w.must(c, "transfer", `{"transferTarget":`+target+`}`)
	w.clock.forward(time.Second)
	c.HangUp() // while the target's phone rings
	w.clock.forward(time.Minute)
	w.expect("updated transferring", "deleted terminated 200/5002")
}

// Keys that are pressed during a transfer arrive, with the state of the call.
func TestToneDuringTransfer(t *testing.T) {
	w := newWorld(t, nil)
	w.sim.SetTarget(targetID, graphsim.Busy)
	c := w.connected()
	w.must(c, "subscribeToTone", "")
	w.must(c, "transfer", `{"transferTarget":`+target+`}`)
	w.clock.forward(time.Second)
	c.Press('3')
	w.clock.forward(5 * time.Second)
	w.expect("updated transferring", "updated transferring tone3", "updated established 500/7000")
}

func TestRedirect(t *testing.T) {
	two := `{"identity":{"user":{"id":"22222222-2222-4222-8222-222222222222"}}}`
	for _, tt := range []struct {
		name, body string
		first      graphsim.Behaviour
		wait       time.Duration
		want       string
	}{
		{"answers", `{"targets":[` + target + `]}`, graphsim.Answers, 2 * time.Second, "deleted terminated"},
		{"busy", `{"targets":[` + target + `]}`, graphsim.Busy, 2 * time.Second, "deleted terminated 408/8544"},
		{"no answer", `{"targets":[` + target + `],"timeout":20}`, graphsim.NoAnswer, 20 * time.Second, "deleted terminated 408/8544"},
		{"default timeout", `{"targets":[` + target + `]}`, graphsim.NoAnswer, 55 * time.Second, "deleted terminated 408/8544"},
		{"one of two", `{"targets":[` + target + `,` + two + `]}`, graphsim.NoAnswer, 2 * time.Second, "deleted terminated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.sim.SetTarget(targetID, tt.first)
			c := w.ring(graphsim.Caller{})
			w.heard = nil
			body := strings.Replace(tt.body, "{", `{"callbackUri":"`+leg+`",`, 1)
			if a := w.must(c, "redirect", body); a.status != 202 {
				t.Errorf("redirect: %d, want 202", a.status)
			}
			w.clock.forward(tt.wait - time.Millisecond)
			w.expect()
			if a := w.act(c, "answer", answerBody); a.code() != "8585" {
				t.Errorf("answer after redirect: %d %q, want 8585", a.status, a.code())
			}
			w.clock.forward(time.Second)
			if path := w.heard[0].path; path != "/leg" {
				t.Errorf("posted to %s, want the callbackUri", path)
			}
			w.expect(tt.want)
			if e, _ := find[graphsim.Redirected](w); len(e.Targets) == 0 || e.Targets[0].ID != targetID {
				t.Errorf("observed %+v", e)
			}
		})
	}
}

func TestReject(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ring(graphsim.Caller{})
	w.heard = nil
	w.must(c, "reject", `{"reason":"busy"}`)
	w.clock.forward(time.Second)
	w.expect("deleted")
	if e, _ := find[graphsim.Rejected](w); e.Reason != ivr.RejectBusy {
		t.Errorf("observed %+v", e)
	}
	if end, _ := c.Ended(); end.By != ivr.EndedByReject {
		t.Errorf("ended %+v", end)
	}
}

// The ways in which a call ends without a request.
func TestEnds(t *testing.T) {
	user, phone := graphsim.Caller{}, incomingCaller()
	for _, tt := range []struct {
		name     string
		from     graphsim.Caller
		answered bool
		act      func(*world, *graphsim.Call)
		want     string
		by       ivr.EndedBy
	}{
		{"not answered", user, false, func(w *world, _ *graphsim.Call) { w.clock.forward(15 * time.Second) }, "408/8587", ivr.EndedByService},
		{"gives up", user, false, func(_ *world, c *graphsim.Call) { c.HangUp() }, "487/8542", ivr.EndedByCaller},
		{"user hangs up", user, true, func(_ *world, c *graphsim.Call) { c.HangUp(); c.HangUp() }, "200/5002", ivr.EndedByCaller},
		{"telephone hangs up", phone, true, func(_ *world, c *graphsim.Call) { c.HangUp() }, "200/540000", ivr.EndedByCaller},
		{"no keepAlive", user, true, func(w *world, _ *graphsim.Call) { w.clock.forward(45 * time.Minute) }, "408/8537", ivr.EndedByService},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, nil)
			c := w.ring(tt.from)
			if tt.answered {
				w.must(c, "answer", answerBody)
				w.clock.forward(time.Second)
			}
			w.heard = nil
			tt.act(w, c)
			w.clock.forward(time.Second)
			w.expect("deleted terminated " + tt.want)
			if end, ok := c.Ended(); !ok || end.By != tt.by || fmt.Sprintf("%d/%d", end.Result.Code, end.Result.Subcode) != tt.want {
				t.Errorf("ended %+v", end)
			}
			if a := w.act(c, "answer", answerBody); a.status != 404 || a.code() != "8522" {
				t.Errorf("afterwards: %d %q, want 404 8522", a.status, a.code())
			}
		})
	}
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.MaxCallLength = time.Minute })
	w.connected()
	w.clock.forward(2 * time.Minute)
	w.expect("deleted terminated 200/5001")
	w = newWorld(t, func(c *graphsim.Config) { c.Settings.NoTerminating, c.Settings.CodesAsText = true, true })
	c := w.connected()
	w.send(w.request("DELETE", "/v1.0/communications/calls/"+string(c.ID()), ""))
	w.clock.forward(time.Second)
	w.expect("deleted terminated 200/7000")
	if !strings.Contains(string(w.bodies[0]), `"code":"200"`) {
		t.Errorf("body %s, want codes as text", w.bodies[0])
	}
}

// keepAlive gives another 45 minutes each time.
func TestKeepAlive(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	for range 4 {
		w.clock.forward(44 * time.Minute)
		w.token = w.fetchToken()
		w.must(c, "keepAlive", "")
	}
	w.expect()
	w.clock.forward(46 * time.Minute)
	w.expect("deleted terminated 408/8537")
}

// A prompt that plays when the call ends is reported before the end.
func TestEndWhilePlaying(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.must(c, "playPrompt", play("1", w.file("a.wav", time.Minute)))
	w.clock.forward(time.Second)
	c.HangUp()
	w.clock.forward(time.Second)
	w.expect("deleted playPromptOperation failed operationCanceled 400/8508", "deleted terminated 200/5002")
}

func TestIncomingFields(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ring(incomingCaller())
	m := w.heard[0].data
	for name, want := range map[string]string{
		"source": "+14255550199", "targets": graphsim.DefaultInstance, "callRoutes": "+14255550100",
		"tenantId": graphsim.DefaultTenant, "direction": "incoming", "id": string(c.ID()),
		"requestedModalities": "audio", "callChainId": "-", "myParticipantId": "-", "incomingContext": "sourceParticipantId",
	} {
		if !strings.Contains(fmt.Sprint(m[name]), want) {
			t.Errorf("%s is %v, want %s in it", name, m[name], want)
		}
	}
	got := w.send(w.request("GET", "/beta/communications/calls/"+string(c.ID()), "")).body
	if got["state"] != "incoming" || got["id"] != string(c.ID()) || got["callbackUri"] != webhook {
		t.Errorf("GET answers %v", got)
	}
}

// A user's voicemail takes the call whatever the user does.
func TestTransferVoicemail(t *testing.T) {
	body := `{"transferTarget":` + strings.Replace(target, "{", `{"endpointType":"voicemail",`, 1) + `}`
	w := newWorld(t, nil)
	w.sim.SetTarget(targetID, graphsim.Busy)
	w.must(w.connected(), "transfer", body)
	w.clock.forward(time.Minute)
	if e, ok := find[graphsim.Transferred](w); !ok || e.Target != (ivr.Target{Kind: ivr.PartyVoicemail, ID: targetID}) {
		t.Errorf("observed %+v", e)
	}

	w = newWorld(t, func(c *graphsim.Config) { c.Settings.NoVoicemail = true })
	w.must(w.connected(), "transfer", body)
	w.clock.forward(time.Minute)
	if _, ok := find[graphsim.TransferFailed](w); !ok {
		t.Error("the transfer did not fail")
	}

	w = newWorld(t, nil)
	c := w.connected()
	phone := `{"transferTarget":{"endpointType":"voicemail","identity":{"phone":{"id":"+442071838750"}}}}`
	if a := w.act(c, "transfer", phone); a.status != 400 {
		t.Errorf("a telephone's voicemail: %d, want 400", a.status)
	}
}
