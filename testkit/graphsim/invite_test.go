package graphsim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// invitee is an invitation of a user, with more in it.
func invitee(name, more string) string {
	return `{"@odata.type":"#microsoft.graph.invitationParticipantInfo"` + more + `,"identity":{"@odata.type":"#microsoft.graph.identitySet",` +
		`"user":{"@odata.type":"#microsoft.graph.identity","id":"user-` + name + `","displayName":"` + name + `","identityProvider":"AAD"}}}`
}

func invitation(people ...string) string {
	return `{"participants":[` + strings.Join(people, ",") + `],"clientContext":"ctx"}`
}

// Somebody is invited into a meeting: the operation ends when they come, and
// the roster follows.
func TestInvite(t *testing.T) {
	for _, version := range []string{"beta", "v1.0"} {
		b := newTable(t, nil)
		b.version = version
		a := b.below("POST", b.c, "participants/invite", invitation(invitee("Ann", "")))
		list, _ := a.body["participants"].([]any)
		if a.status != 200 || len(list) != 1 {
			t.Fatalf("%d %s", a.status, a.raw)
		}
		id := fmt.Sprint(list[0].(map[string]any)["id"])
		identity := `{"@odata.type":"#microsoft.graph.identitySet","user":{"@odata.type":"#microsoft.graph.identity","displayName":"Ann","id":"user-Ann"}}`
		who := `[{"@odata.type":"#microsoft.graph.invitationParticipantInfo","endpointType":null,"id":"` + id + `","identity":` + identity + `,"replacesCallId":null}]`
		op := fmt.Sprint(a.body["id"])
		want := `{"@odata.type":"#microsoft.graph.inviteParticipantsOperation","clientContext":"ctx","participants":` + who + `,"resultInfo":null,"status":"running"}`
		if got := sorted(t, a.body, "id"); got != want || a.header.Get("Location") != base+b.path(b.c)+"/operations/"+op {
			t.Errorf("got  %s at %s\nwant %s", got, a.header.Get("Location"), want)
		}
		b.clock.forward(time.Second)
		b.expect()
		b.clock.forward(2 * time.Second)
		want = `{"@odata.type":"#microsoft.graph.inviteParticipantsOperation","clientContext":"ctx","participants":` + who + `,"status":"completed"}`
		if got := sorted(t, b.heard[0].data, "id", "@odata.id"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := members(t, b.heard[1].RawData); got != "Bob Eve application Ann" {
			t.Errorf("roster %s", got)
		}
		b.expect("deleted inviteParticipantsOperation completed", "updated participants")
		if p := b.m.Find("user-Ann"); p == nil || p.ID() != id {
			t.Errorf("Ann is %v", p)
		}
		read := b.below("GET", b.c, "operations/"+op, "")
		if read.status != 200 || read.body["status"] != "completed" || read.body["id"] != op || read.body["@odata.id"] != nil {
			t.Errorf("operation %d %s", read.status, read.raw)
		}
	}
}

// Whoever does not come lets the operation fail, unless somebody else comes.
func TestInviteInVain(t *testing.T) {
	for _, tt := range []struct {
		b    graphsim.Behaviour
		wait time.Duration
		want string
	}{
		{graphsim.Busy, 3 * time.Second, "failed 486/8539"},
		{graphsim.Declined, 3 * time.Second, "failed 603/8538"},
		{graphsim.NoAnswer, 61 * time.Second, "failed 408/8544"},
		{graphsim.Machine, 3 * time.Second, "completed|updated participants"},
	} {
		b := newTable(t, nil)
		b.sim.SetTarget("user-Ann", tt.b)
		b.must(b.c, "participants/invite", invitation(invitee("Ann", "")))
		b.clock.forward(tt.wait)
		b.expect(strings.Split("deleted inviteParticipantsOperation "+tt.want, "|")...)
		failed, ok := find[graphsim.InviteFailed](b.world)
		if ok != (tt.b != graphsim.Machine) || ok && failed.Behaviour != tt.b {
			t.Errorf("%v: event %+v", tt.b, failed)
		}
	}
	b := newTable(t, nil)
	b.sim.SetTarget("user-Ann", graphsim.Busy)
	b.sim.SetTarget("user-Joe", graphsim.NoAnswer)
	b.must(b.c, "participants/invite", invitation(invitee("Ann", ""), invitee("Joe", ""), invitee("Liz", "")))
	b.expectRosters()
	b.clock.forward(3 * time.Second)
	b.expectRosters("Bob Eve application Liz")
	b.clock.forward(time.Minute)
	b.expect("deleted inviteParticipantsOperation completed")
}

// An invitation is taken back with the id that its answer has.
func TestInvitationIsTakenBack(t *testing.T) {
	b := newTable(t, nil)
	a := b.must(b.c, "participants/invite", invitation(invitee("Ann", "")))
	id := fmt.Sprint(a.body["participants"].([]any)[0].(map[string]any)["id"])
	if a := b.below("DELETE", b.c, "participants/"+id, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	b.clock.forward(time.Minute)
	b.expect()
	if e, ok := find[graphsim.InviteFailed](b.world); !ok || !e.Withdrawn || b.m.Find("user-Ann") != nil {
		t.Errorf("event %+v", e)
	}
	b = newTable(t, func(c *graphsim.Config) { c.Settings.NoInviteIDs = true })
	a = b.must(b.c, "participants/invite", invitation(invitee("Ann", "")))
	if id, has := a.body["participants"].([]any)[0].(map[string]any)["id"]; id != nil || !has {
		t.Errorf("id %v", id)
	}
}

// An invitation makes a call of two one of several, which has a chat; who has
// left ends the call for the bot that is left.
func TestInviteIntoCallOfTwo(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	a := w.act(c, "participants/invite", invitation(invitee("Ann", ""), invitee("Joe", "")))
	if statusAndCode(a) != "400 8548" {
		t.Errorf("two at once: %s", statusAndCode(a))
	}
	w.must(c, "participants/invite", invitation(invitee("Ann", "")))
	w.clock.forward(time.Second)
	if d := w.heard[0].data; d["chatInfo"] == nil || d["meetingInfo"] == nil {
		t.Errorf("escalated: %v", d)
	}
	w.expect("updated established")
	w.clock.forward(2 * time.Second)
	if got := members(t, w.heard[1].RawData); got != "application Simulated Caller Ann" {
		t.Errorf("roster %s", got)
	}
	w.expect("deleted inviteParticipantsOperation completed", "updated participants")
	w.must(c, "participants/invite", invitation(invitee("Joe", ""), invitee("Liz", "")))
	w.clock.forward(3 * time.Second)
	w.expectRosters("application Simulated Caller Ann Joe", "application Simulated Caller Ann Joe Liz")
	c.HangUp()
	w.expectRosters("application Ann Joe Liz")
	for _, name := range []string{"Ann", "Joe", "Liz"} {
		c.Meeting().Find("user-" + name).Leave()
	}
	w.clock.forward(time.Second)
	w.expect("updated participants", "updated participants", "updated participants", "deleted terminated 200/5010")
}

// A bot that asked for it is in nobody's roster but its own once its call of two
// has become one of several.
func TestHideBotAfterEscalation(t *testing.T) {
	for _, hides := range []bool{true, false} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Apps = []graphsim.App{{ID: secondApp, Secret: "two", Webhook: second}}
		})
		c := w.ring(graphsim.Caller{})
		w.must(c, "answer", strings.Replace(answerBody, "{", fmt.Sprintf(
			`{"callOptions":{"@odata.type":"#microsoft.graph.incomingCallOptions","hideBotAfterEscalation":%t},`, hides), 1))
		w.clock.forward(time.Second)
		w.must(c, "participants/invite", invitation(invitee("Ann", "")))
		w.clock.forward(3 * time.Second)
		other := w.ring(graphsim.Caller{App: secondApp, Meeting: c.Meeting()})
		w.asApp(secondApp, "two")
		w.must(other, "answer", answerBody)
		w.clock.forward(time.Second)
		var page struct{ Value json.RawMessage }
		if err := json.Unmarshal(w.below("GET", other, "participants", "").raw, &page); err != nil {
			t.Fatal(err)
		}
		got := members(t, page.Value)
		if strings.Count(got, "application") != map[bool]int{true: 1, false: 2}[hides] {
			t.Errorf("hidden %t: the other bot sees %s", hides, got)
		}
	}
}

// A caller who hangs up while nobody else is there ends the call as ever.
func TestEscalatedAndHungUp(t *testing.T) {
	w := newWorld(t, nil)
	c := w.connected()
	w.sim.SetTarget("user-Ann", graphsim.Busy)
	w.must(c, "participants/invite", invitation(invitee("Ann", "")))
	w.clock.forward(3 * time.Second)
	w.heard = nil
	c.HangUp()
	w.clock.forward(time.Second)
	w.expect("updated participants", "deleted terminated 200/5002")
}

// Somebody is pulled out of a call of two, which ends; whatever else the
// request names is not read.
func TestInviteReplaces(t *testing.T) {
	b := newTable(t, nil)
	other := b.calls(strings.Replace(newCall(""), target, invitee("Ann", ""), 1))
	b.clock.forward(4 * time.Second)
	b.heard = nil
	replaces := `,"replacesCallId":"` + string(other.ID()) + `"`
	a := b.must(b.c, "participants/invite", invitation(invitee("Ann", replaces), `{"nonsense":true}`))
	if list := a.body["participants"].([]any); len(list) != 1 || list[0].(map[string]any)["replacesCallId"] != string(other.ID()) {
		t.Errorf("%s", a.raw)
	}
	b.clock.forward(time.Second)
	var told []string // of the meeting: calls do not wait for each other
	for _, n := range b.heard {
		if n.String() != "deleted terminated 200/5001" {
			told = append(told, n.String())
		}
	}
	if want := "deleted inviteParticipantsOperation completed|updated participants"; strings.Join(told, "|") != want || len(b.heard) != 3 {
		t.Errorf("got  %q\nwant %s", told, want)
	}
	if end, ok := other.Ended(); !ok || end.By != ivr.EndedByTransfer {
		t.Errorf("the call that is replaced: %+v", end)
	}
	if b.m.Find("user-Ann") == nil {
		t.Error("Ann is not there")
	}
}

// Who hangs up before they are brought over does not come, and the operation
// fails.
func TestInviteReplacesInVain(t *testing.T) {
	b := newTable(t, nil)
	other := b.calls(strings.Replace(newCall(""), target, invitee("Ann", ""), 1))
	b.clock.forward(4 * time.Second)
	b.must(b.c, "participants/invite", invitation(invitee("Ann", `,"replacesCallId":"`+string(other.ID())+`"`)))
	other.HangUp()
	b.heard = nil
	b.clock.forward(time.Second)
	if got := strings.Join(b.story(), "|"); !strings.Contains(got, "deleted inviteParticipantsOperation failed 500/7700") {
		t.Errorf("told %q, want that the invitation failed", got)
	}
	if b.m.Find("user-Ann") != nil {
		t.Error("Ann is there")
	}
}

// Somebody is moved from one meeting of the app to another.
func TestInviteMoves(t *testing.T) {
	b := newTable(t, nil)
	m := b.schedule(graphsim.MeetingPlan{})
	ann := b.enter(m, person("Ann"))
	second := b.joined(m)
	move := func(id, call string) string {
		return invitation(invitee("Ann", `,"participantId":"`+id+`"`+call))
	}
	if a := b.act(b.c, "participants/invite", move("x", "")); statusAndCode(a) != "404 8558" {
		t.Errorf("nobody: %s", statusAndCode(a))
	}
	a := b.must(b.c, "participants/invite", move(ann.ID(), `,"replacesCallId":"`+string(second.ID())+`"`))
	if p := a.body["participants"].([]any)[0].(map[string]any); p["participantId"] != ann.ID() {
		t.Errorf("%v", p)
	}
	b.clock.forward(time.Second)
	if m.Find("user-Ann") != nil || b.m.Find("user-Ann") == nil || second.State() != ivr.StateEstablished {
		t.Errorf("Ann has not moved, or the meeting's call is %v", second.State())
	}
}

// Refused invitations, with the reason.
func TestInviteRefused(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(invitee("Ann", "")+",", 6), ",")
	phone := `{"identity":{"phone":{"id":"+14255550177"}}}`
	b := newTable(t, nil)
	two := b.calls(newCall(""))
	for _, tt := range []struct{ body, want, says string }{
		{``, "400 BadRequest", "'participants' of the operation 'invite' is missing"},
		{invitation(), "400 BadRequest", "'participants' has 0 elements; 1 to 5 are allowed."},
		{invitation(many), "400 BadRequest", "'participants' has 6 elements"},
		{`{"participants":{}}`, "400 BadRequest", "'participants' must be a list"},
		{invitation(`7`), "400 BadRequest", "participants[0] must be an object"},
		{invitation(`{}`), "400 BadRequest", "participants[0].identity is missing"},
		{invitation(`{"endpointType":"voicemail","identity":{"user":{"id":"u"}}}`), "400 BadRequest", "is a voicemail"},
		{invitation(invitee("Bob", "")), "400 8559", "participants[0] is in the call already, or invited."},
		{invitation(phone), "403 7507", "application instance"},
		{invitation(invitee("Ann", `,"replacesCallId":"x"`)), "404 8522", "The call to be replaced was not found."},
		{invitation(invitee("Ann", `,"replacesCallId":"`+string(b.c.ID())+`"`)), "400 BadRequest", "'replacesCallId' is the call itself."},
		{invitation(invitee("Ann", `,"replacesCallId":"`+string(two.ID())+`"`)), "400 8585", "The call to be replaced is establishing."},
		{invitation(strings.Replace(invitee("Ann", ""), `"identityProvider"`, `"tenantId":"550fae72-d251-43ec-868c-373732c27000","identityProvider"`, 1)), "403 8517", "another tenant"},
		{`{"participants":[` + target + `],"clientContext":"` + strings.Repeat("x", 257) + `"}`, "400 BadRequest", "has 257 characters"},
	} {
		a := b.act(b.c, "participants/invite", tt.body)
		if statusAndCode(a) != tt.want || !strings.Contains(a.message(), tt.says) {
			t.Errorf("%s: %s %s, want %s %s", tt.body, statusAndCode(a), a.message(), tt.want, tt.says)
		}
	}
	b.clock.forward(4 * time.Second)
	a := b.act(b.c, "participants/invite", invitation(invitee("Ann", `,"replacesCallId":"`+string(two.ID())+`"`)))
	if statusAndCode(a) != "400 BadRequest" || !strings.Contains(a.message(), "somebody else") {
		t.Errorf("%s %s", statusAndCode(a), a.message())
	}
	b.must(b.c, "participants/invite", invitation(invitee("Ann", "")))
	if a := b.act(b.c, "participants/invite", invitation(invitee("Ann", ""))); statusAndCode(a) != "400 8559" {
		t.Errorf("twice: %s", statusAndCode(a))
	}
	w := newWorld(t, nil)
	c := w.ring(graphsim.Caller{})
	if a := w.act(c, "participants/invite", invitation(invitee("Ann", ""))); statusAndCode(a) != "400 8585" {
		t.Errorf("an incoming call: %s", statusAndCode(a))
	}
}

// A telephone is invited by a bot with a number, and waits in no lobby of a
// call; hidden people are in nobody's roster.
func TestInvitePhoneAndHidden(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ring(incomingCaller())
	w.must(c, "answer", answerBody)
	w.clock.forward(time.Second)
	w.heard = nil
	w.must(c, "participants/invite", invitation(`{"identity":{"phone":{"id":"+14255550177"}}}`))
	w.clock.forward(3 * time.Second)
	w.expectRosters("application phone phone")
	w.must(c, "participants/invite", invitation(invitee("Ann", `,"hidden":true,"removeFromDefaultAudioRoutingGroup":true`)))
	w.clock.forward(3 * time.Second)
	w.expectRosters("application phone phone")
	if n := len(c.Meeting().People()); n != 4 {
		t.Errorf("%d people, want 4", n)
	}
}

// createGroup is the body of a call to several.
func createGroup(people ...string) string {
	return strings.Replace(newCall(`,"subject":"All of us"`), target, strings.Join(people, ","), 1)
}

// A call to several is established with the first who picks up.
func TestCreateGroup(t *testing.T) {
	w := newWorld(t, nil)
	w.sim.SetTarget("user-Ann", graphsim.Busy)
	a := w.create(createGroup(invitee("Ann", ""), invitee("Joe", ""), invitee("Liz", "")))
	if list, _ := a.body["targets"].([]any); a.status != 201 || len(list) != 3 || a.body["subject"] != "All of us" || a.body["chatInfo"] != nil || a.body["meetingInfo"] != nil {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	c := w.sim.Call(ivr.CallID(fmt.Sprint(a.body["id"])))
	w.clock.forward(4 * time.Second)
	if got := members(t, w.heard[2].RawData); got != "application Joe Liz" {
		t.Errorf("roster %s", got)
	}
	w.expect("updated establishing", "updated established", "updated participants", "updated established audio=active")
	a = w.act(c, "participants/invite", invitation(invitee("Eve", ""), invitee("Bob", "")))
	if statusAndCode(a) != "400 BadRequest" || !strings.Contains(a.message(), "has a chatInfo") {
		t.Errorf("several into a call without a chat: %s %s", statusAndCode(a), a.message())
	}
	w.must(c, "participants/invite", invitation(invitee("Eve", "")))
	w.clock.forward(3 * time.Second)
	w.expectRosters("application Joe Liz Eve")
	c.HangUp()
	c.HangUp()
	w.clock.forward(time.Second)
	if end, ok := c.Ended(); !ok || end.Result.Subcode != 5002 {
		t.Errorf("ended %v %+v", ok, end)
	}
}

// Nobody picks up, or the one who is called first does not want to.
func TestCreateGroupInVain(t *testing.T) {
	w := newWorld(t, nil)
	w.sim.SetTarget("user-Ann", graphsim.Busy)
	w.sim.SetTarget("user-Joe", graphsim.NoAnswer)
	w.calls(createGroup(invitee("Ann", ""), invitee("Joe", "")))
	w.clock.forward(59 * time.Second)
	w.expect("updated establishing")
	w.clock.forward(2 * time.Second)
	w.expect("deleted terminated 200/5013")
	c := w.calls(createGroup(invitee("Ann", ""), invitee("Joe", "")))
	c.HangUp()
	w.clock.forward(time.Second)
	w.expect("deleted terminated 603/8538")
}

func TestCreateGroupRefused(t *testing.T) {
	phone := `{"identity":{"phone":{"id":"+14255550177"}}}`
	names := func(n int) []string {
		var all []string
		for i := range n {
			all = append(all, invitee(fmt.Sprint("U", i), ""))
		}
		return all
	}
	instance := func(body string) string {
		return strings.TrimSuffix(body, "}") + `,"source":{"identity":{"applicationInstance":{"id":"` + graphsim.DefaultInstance + `"}}}}`
	}
	for _, tt := range []struct {
		name, body, want string
		roles            []string
	}{
		{"no permission", createGroup(names(2)...), "403 7504", []string{"Calls.Initiate.All", "Calls.JoinGroupCall.All"}},
		{"permission", createGroup(names(2)...), "201", []string{"Calls.InitiateGroupCall.All"}},
		{"five", createGroup(names(5)...), "201", nil},
		{"six", createGroup(names(6)...), "400 BadRequest", nil},
		{"five and a telephone", instance(createGroup(append(names(5), phone)...)), "201", nil},
		{"telephone by the bot", createGroup(append(names(1), phone)...), "403 7507", nil},
		{"ringing", strings.TrimSuffix(createGroup(names(2)...), "}") + `,"ringingTimeoutInSeconds":20}`, "400 BadRequest", nil},
		{"routing policies", strings.TrimSuffix(createGroup(names(2)...), "}") + `,"routingPolicies":["none"]}`, "400 BadRequest", nil},
		{"a bot", createGroup(append(names(1), `{"identity":{"application":{"id":"x"}}}`)...), "400 BadRequest", nil},
	} {
		w := newWorld(t, func(c *graphsim.Config) { c.Permissions = tt.roles })
		if a := w.create(tt.body); statusAndCode(a) != tt.want {
			t.Errorf("%s: %s %s, want %s", tt.name, statusAndCode(a), a.message(), tt.want)
		}
	}
}

// transferOut is a transfer of a participant out of a call of several.
func transferOut(id, name string) string {
	return `{"transferTarget":` + target + `,"transferee":{"@odata.type":"#microsoft.graph.participantInfo","identity":{"user":{"id":"user-` + name + `"}},"participantId":"` + id + `"}}`
}

// Somebody is transferred out of a call of several. The page's example ends the
// bot's call; a setting lets it stay.
func TestTransferOutOfGroup(t *testing.T) {
	for name, tt := range map[string]struct {
		set      graphsim.Settings
		b        graphsim.Behaviour
		do       func(joe *graphsim.Person)
		want     string
		joeStays bool
	}{
		"as the page": {graphsim.Settings{}, graphsim.Answers, nil, "transferring|transferAccepted|terminated 0/7015", false},
		"bot stays":   {graphsim.Settings{TransfereeOnly: true}, graphsim.Answers, nil, "transferring|established", false},
		"busy":        {graphsim.Settings{}, graphsim.Busy, nil, "transferring|established 500/7000", true},
		"gone":        {graphsim.Settings{}, graphsim.Answers, (*graphsim.Person).Leave, "transferring|established 500/7000", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *graphsim.Config) { c.Settings = tt.set })
			c := w.calls(createGroup(invitee("Ann", ""), invitee("Joe", "")))
			w.clock.forward(4 * time.Second)
			w.heard = nil
			w.sim.SetTarget(targetID, tt.b)
			m := c.Meeting()
			joe := m.Find("user-Joe")
			w.must(c, "transfer", transferOut(joe.ID(), "Joe"))
			if tt.do != nil {
				tt.do(joe)
			}
			w.clock.forward(4 * time.Second)
			var got []string
			for _, n := range w.heard {
				if n.data != nil && n.data["mediaState"] == nil {
					_, short, _ := strings.Cut(n.String(), " ")
					got = append(got, short)
				}
			}
			if strings.Join(got, "|") != tt.want {
				t.Errorf("got %q, want %s", got, tt.want)
			}
			if stays := m.Find("user-Joe") != nil; stays != tt.joeStays {
				t.Errorf("Joe is there: %v", stays)
			}
		})
	}
}

func TestTransferOutRefused(t *testing.T) {
	w := newWorld(t, nil)
	c := w.calls(createGroup(invitee("Ann", ""), invitee("Joe", "")))
	w.clock.forward(4 * time.Second)
	joe := c.Meeting().Find("user-Joe").ID()
	for body, want := range map[string]string{
		`{"transferTarget":` + target + `}`: "400 8523",
		transferOut("x", "Joe"):             "404 8558",
		transferOut(joe, "Ann"):             "400 BadRequest",
		strings.Replace(transferOut(joe, "Joe"), `"participantId"`, `"participant"`, 1):                                         "400 BadRequest",
		strings.Replace(transferOut(joe, "Joe"), "#microsoft.graph.participantInfo", "#microsoft.graph.participant", 1):         "400 BadRequest",
		strings.Replace(transferOut(joe, "Joe"), `{"user":{"id":"user-Joe"}}`, `{}`, 1):                                         "400 BadRequest",
		strings.Replace(transferOut(c.Meeting().Find(graphsim.DefaultAppID).ID(), "Joe"), "user-Joe", graphsim.DefaultAppID, 1): "400 BadRequest",
	} {
		if a := w.act(c, "transfer", body); statusAndCode(a) != want {
			t.Errorf("%s: %s %s, want %s", body, statusAndCode(a), a.message(), want)
		}
	}
	b := newTable(t, nil)
	if a := b.act(b.c, "transfer", transferOut(b.eve.ID(), "Eve")); statusAndCode(a) != "400 8523" || a.message() != "Cannot do transfer for meeting mode." {
		t.Errorf("a meeting: %s %s", statusAndCode(a), a.message())
	}
}

// A roster is complete JSON for each bot, also when many things happen.
func TestRostersAreLists(t *testing.T) {
	b := newTable(t, nil)
	for range 5 {
		b.bob.Mute()
		b.bob.Unmute()
	}
	b.clock.forward(time.Second)
	for _, n := range b.heard {
		var list []any
		if err := json.Unmarshal(n.RawData, &list); err != nil || len(list) != 3 || n.Change != "updated" {
			t.Errorf("%v: %s %s", err, n.Change, n.RawData)
		}
	}
	if len(b.heard) != 10 {
		t.Errorf("%d rosters, want 10", len(b.heard))
	}
}

// The client takes an invitation back before anybody picks up, with the id of the
// answer; nobody comes, and there is nothing to take back a second time (page
// participant-delete, example 2: cancel an invited participant who is not active).
func TestClientTakesInvitationBack(t *testing.T) {
	for _, version := range []string{"v1.0", "beta"} {
		s := newStage(t, version)
		s.sim.SetReaction("user-Ann", graphsim.Reaction{After: 20 * time.Second})
		ann := graph.Invite(ivr.Party{Kind: ivr.PartyUser, ID: "user-Ann"})
		op, err := s.meeting.Invite(t.Context(), graph.InviteRequest{Participants: []graph.InvitationParticipantInfo{ann}})
		if err != nil || len(op.Participants) != 1 || op.Participants[0].InvitedID() == "" {
			t.Fatalf("%s: the answer is %+v, %v", version, op, err)
		}
		s.clock.forward(5 * time.Second)
		invited := s.meeting.Participant(op.Participants[0].InvitedID())
		if err := invited.Delete(t.Context()); err != nil {
			t.Errorf("%s: %v", version, err)
		}
		s.clock.forward(time.Minute)
		all, err := s.meeting.Participants(t.Context())
		if err != nil || slices.ContainsFunc(all, func(p graph.Participant) bool { return p.Info.Identity.Party().ID == "user-Ann" }) {
			t.Errorf("%s: in the meeting are %+v, %v", version, all, err)
		}
		var refused *graph.Error
		if err := invited.Delete(t.Context()); !errors.As(err, &refused) || refused.Status != 404 {
			t.Errorf("%s: taking it back twice: %v, want 404", version, err)
		}
	}
}
