package graphsim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const secondLeg = "https://bot.test/api/calls/second"

// newCall is the body of a call to a user, with more in it.
func newCall(more string) string {
	return `{"@odata.type":"#microsoft.graph.call","callbackUri":"` + secondLeg + `","targets":[` + target + `],"requestedModalities":["audio"],` +
		`"mediaConfig":{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig"}` + more + `}`
}

func (w *world) create(body string) answer {
	w.t.Helper()
	return w.send(w.request(http.MethodPost, "/"+w.version+"/communications/calls", body))
}

// calls makes a call that has to succeed.
func (w *world) calls(body string) *graphsim.Call {
	w.t.Helper()
	a := w.create(body)
	id, _ := a.body["id"].(string)
	if a.status != http.StatusCreated || a.body["state"] != "establishing" || a.body["direction"] != "outgoing" ||
		a.header.Get("Location") != base+"/"+w.version+"/communications/calls/"+id {
		w.t.Fatalf("create call: %d %v %s", a.status, a.header, a.raw)
	}
	return w.sim.Call(ivr.CallID(id))
}

// What comes of a call is told at its own address.
func TestCreateCall(t *testing.T) {
	for _, tt := range []struct {
		b     graphsim.Behaviour
		more  string
		after time.Duration
		story string
	}{
		{graphsim.Answers, "", 4 * time.Second, "updated establishing, updated established, updated established audio=active"},
		{graphsim.Machine, "", 4 * time.Second, "updated establishing, updated established, updated established audio=active"},
		{graphsim.Busy, "", 4 * time.Second, "updated establishing, deleted terminated 486/8539"},
		{graphsim.Declined, "", 4 * time.Second, "updated establishing, deleted terminated 603/8538"},
		{graphsim.NoAnswer, `,"ringingTimeoutInSeconds":20`, 19 * time.Second, "updated establishing"},
		{graphsim.NoAnswer, `,"ringingTimeoutInSeconds":20`, 21 * time.Second, "updated establishing, deleted terminated 200/5002"},
		{graphsim.NoAnswer, "", 61 * time.Second, "updated establishing, deleted terminated 200/5002"},
		{graphsim.Answers, `,"ringingTimeoutInSeconds":1`, 4 * time.Second, "updated establishing, deleted terminated 200/5002"},
	} {
		t.Run(tt.b.String()+tt.more, func(t *testing.T) {
			w := newWorld(t, nil)
			w.sim.SetTarget(targetID, tt.b)
			w.calls(newCall(tt.more))
			w.clock.forward(tt.after)
			for _, n := range w.heard {
				if n.path != "/api/calls/second" {
					t.Errorf("notified at %s", n.path)
				}
			}
			if got := strings.Join(w.story(), ", "); got != tt.story {
				t.Errorf("story %s\nwant  %s", got, tt.story)
			}
		})
	}
}

// The callee hears prompts, presses keys and hangs up as any caller.
func TestCreatedCallWorks(t *testing.T) {
	w := newWorld(t, nil)
	c := w.calls(newCall(`,"tenantId":"` + graphsim.DefaultTenant + `"`))
	w.clock.forward(4 * time.Second)
	w.heard = nil
	w.must(c, "subscribeToTone", "")
	w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
	w.clock.forward(2 * time.Second)
	c.Press('1')
	w.clock.forward(time.Second)
	c.HangUp()
	w.clock.forward(time.Second)
	w.expect(completed, "updated established tone1", "deleted terminated 200/5002")
	a := w.calls(newCall(""))
	a.HangUp()
	if end, ok := a.Ended(); !ok || end.Result.Subcode != 8538 {
		t.Errorf("a callee who does not want the call: %+v", end)
	}
}

func TestCreateCallRefused(t *testing.T) {
	instance := func(id string) string {
		return `,"source":{"identity":{"applicationInstance":{"id":"` + id + `"}}}`
	}
	phone := strings.Replace(newCall(""), target, `{"identity":{"phone":{"id":"+14255550177"}}}`, 1)
	withSource := func(body, source string) string { return strings.TrimSuffix(body, "}") + source + "}" }
	for _, tt := range []struct {
		name, version, body, want string
	}{
		{"empty", "beta", "{}", "400 BadRequest"},
		{"no target", "beta", strings.Replace(newCall(""), target, "", 1), "400 BadRequest"},
		{"the same target twice", "beta", strings.Replace(newCall(""), target, target+","+target, 1), "400 BadRequest"},
		{"http callback", "beta", strings.Replace(newCall(""), "https://bot.test", "http://bot.test", 1), "400 BadRequest"},
		{"no media", "beta", strings.Replace(newCall(""), "serviceHostedMediaConfig", "hosted", 1), "400 BadRequest"},
		{"video only", "beta", strings.Replace(newCall(""), `["audio"]`, `["video"]`, 1), "400 BadRequest"},
		{"a modality of nobody", "beta", strings.Replace(newCall(""), `["audio"]`, `["audio","smell"]`, 1), "400 BadRequest"},
		{"a modality that is no text", "beta", strings.Replace(newCall(""), `["audio"]`, `["audio",1]`, 1), "400 BadRequest"},
		{"audio and video", "beta", strings.Replace(newCall(""), `["audio"]`, `["audio","video"]`, 1), "201"},
		{"a routing policy of nobody", "beta", newCall(`,"routingPolicies":["fast"]`), "400 BadRequest"},
		{"a routing policy", "beta", newCall(`,"routingPolicies":["disableForwarding"]`), "201"},
		{"rings too long", "beta", newCall(`,"ringingTimeoutInSeconds":116`), "400 BadRequest"},
		{"ring in v1.0", "v1.0", newCall(`,"ringingTimeoutInSeconds":30`), "400 BadRequest"},
		{"v1.0", "v1.0", newCall(""), "201"},
		{"a property of nobody", "beta", newCall(`,"ring":30`), "400 BadRequest"},
		{"other tenant", "beta", newCall(`,"tenantId":"550fae72-d251-43ec-868c-373732c27000"`), "403 7505"},
		{"target and meeting", "beta", newCall(`,"meetingInfo":{"@odata.type":"#microsoft.graph.tokenMeetingInfo","token":"x"}`), "400 BadRequest"},
		{"voicemail", "beta", strings.Replace(newCall(""), target, strings.Replace(target, "{", `{"endpointType":"voicemail",`, 1), 1), "400 BadRequest"},
		{"telephone by the bot", "beta", phone, "403 7507"},
		{"telephone by its instance", "beta", withSource(phone, instance(graphsim.DefaultInstance)), "201"},
		{"telephone by another instance", "beta", withSource(phone, instance(targetID)), "403 7507"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.version = tt.version
			if got := statusAndCode(w.create(tt.body)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	w := newWorld(t, func(c *graphsim.Config) { c.Permissions = []string{"Calls.JoinGroupCall.All"} })
	if got := statusAndCode(w.create(newCall(""))); got != "403 7504" {
		t.Errorf("without permission: %s", got)
	}
	w = newWorld(t, func(c *graphsim.Config) { c.Settings.MaxCalls = 1 })
	w.calls(newCall(""))
	if a := w.create(newCall("")); statusAndCode(a) != "429 8530" || a.header.Get("Retry-After") != "" {
		t.Errorf("beyond the limit: %s, Retry-After %q; nobody knows when a call ends", statusAndCode(a), a.header.Get("Retry-After"))
	}
}

// The orders of an answered call's updates hold for a call that is made, too.
func TestCreateCallOrders(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*graphsim.Config)
		story  string
	}{
		"merged":      {func(c *graphsim.Config) { c.Settings.Audio = graphsim.AudioMerged }, "updated establishing, updated established audio=active"},
		"audio first": {func(c *graphsim.Config) { c.Settings.Audio = graphsim.AudioFirst }, "updated establishing, updated establishing audio=active, updated established"},
		"swapped":     {func(c *graphsim.Config) { c.Oddities = []graphsim.Oddity{graphsim.EstablishedFirst} }, "updated established, updated establishing, updated established audio=active"},
		"early":       {func(c *graphsim.Config) { c.Oddities = []graphsim.Oddity{graphsim.OperationEventFirst} }, "updated establishing, updated established, updated established audio=active"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.change)
			w.calls(newCall(""))
			if early := len(w.heard); (early > 0) != (name == "early") {
				t.Errorf("%d notifications before the response", early)
			}
			w.clock.forward(4 * time.Second)
			if got := strings.Join(w.story(), ", "); got != tt.story {
				t.Errorf("story %s\nwant  %s", got, tt.story)
			}
		})
	}
}

// consult is a transfer to somebody whom the bot is talking to.
func consult(other *graphsim.Call) string {
	return `{"transferTarget":` + strings.Replace(target, "{", `{"replacesCallId":"`+string(other.ID())+`",`, 1) + `}`
}

// both is a caller and a callee, each connected with the bot.
func both(t *testing.T, change func(*graphsim.Config)) (w *world, caller, callee *graphsim.Call) {
	t.Helper()
	w = newWorld(t, change)
	caller = w.connected()
	callee = w.calls(newCall(""))
	w.clock.forward(4 * time.Second)
	w.heard, w.events = nil, nil
	return w, caller, callee
}

// The caller takes the bot's place, and the call that is replaced ends.
func TestConsultTransfer(t *testing.T) {
	for _, withResult := range []bool{false, true} {
		w, caller, callee := both(t, func(c *graphsim.Config) { c.Settings.ConsultResult = withResult })
		if a := w.must(caller, "transfer", consult(callee)); a.status != 202 || len(a.raw) != 0 {
			t.Errorf("transfer: %d %q", a.status, a.raw)
		}
		w.clock.forward(5 * time.Second)
		var mine, theirs []string
		for _, n := range w.heard {
			if n.path == "/api/calls/second" {
				theirs = append(theirs, n.String())
			} else {
				mine = append(mine, n.String())
			}
		}
		slices.Sort(mine[1:3])
		last := "deleted terminated"
		if withResult {
			last = "deleted terminated 0/7015"
		}
		if got := strings.Join(mine, ", "); got != "updated transferring, updated transferAccepted, updated transferAccepted audio=inactive, "+last &&
			got != "updated transferring, updated transferAccepted, updated transferring audio=inactive, "+last {
			t.Errorf("the caller's call: %s", got)
		}
		if got := strings.Join(theirs, ", "); got != "deleted terminated 200/5001" {
			t.Errorf("the replaced call: %s", got)
		}
		if e, ok := find[graphsim.Transferring](w); !ok || e.Replaces != callee.ID() {
			t.Errorf("observed %+v", e)
		}
		for _, c := range []*graphsim.Call{caller, callee} {
			if end, _ := c.Ended(); end.By != ivr.EndedByTransfer {
				t.Errorf("ended %+v, want by transfer", end)
			}
		}
		if reason := fmt.Sprint(w.heard[len(w.heard)-1].data["terminationReason"]); !withResult && reason != "AppTransferred" &&
			!slices.ContainsFunc(w.heard, func(n told) bool { return n.data["terminationReason"] == "AppTransferred" }) {
			t.Errorf("no terminationReason, last is %s", reason)
		}
	}
}

// A consultative transfer that fails gives the caller back.
func TestConsultTransferFails(t *testing.T) {
	w, caller, callee := both(t, func(c *graphsim.Config) { c.Settings.ConsultFails = true })
	w.must(caller, "transfer", consult(callee))
	w.clock.forward(5 * time.Second)
	if last := w.heard[len(w.heard)-1]; last.data["replacesContext"] == nil {
		t.Errorf("the page's example has a replacesContext; this has %v", last.data)
	}
	w.expect("updated transferring", "updated established 500/7700")
	if callee.State() != ivr.StateEstablished {
		t.Errorf("the callee's call is %v", callee.State())
	}

	w, caller, callee = both(t, nil)
	w.must(caller, "transfer", consult(callee))
	callee.HangUp()
	w.clock.forward(5 * time.Second)
	if got := strings.Join(w.story(), ", "); !strings.Contains(got, "updated established 500/7700") {
		t.Errorf("the callee hung up meanwhile: %s", got)
	}
}

func TestConsultTransferRefused(t *testing.T) {
	w, caller, callee := both(t, nil)
	other := strings.Replace(consult(callee), targetID, "550fae72-d251-43ec-868c-373732c27000", 1)
	if got := statusAndCode(w.act(caller, "transfer", other)); got != "400 BadRequest" {
		t.Errorf("to somebody else: %s", got)
	}
	if got := statusAndCode(w.act(caller, "transfer", consult(caller))); got != "400 BadRequest" {
		t.Errorf("to itself: %s", got)
	}
	w.call(http.MethodDelete, callee)
	if got := statusAndCode(w.act(caller, "transfer", consult(callee))); got != "404 8522" {
		t.Errorf("to a call that is over: %s", got)
	}
	ringing := w.calls(newCall(""))
	if got := statusAndCode(w.act(caller, "transfer", consult(ringing))); got != "400 8585" {
		t.Errorf("to a call that rings: %s", got)
	}
}
