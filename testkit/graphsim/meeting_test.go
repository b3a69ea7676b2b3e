package graphsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const guestRole, memberRole = "Calls.JoinGroupCallAsGuest.All", "Calls.JoinGroupCall.All"

// person is a user of the bot's tenant.
func person(name string) ivr.Party {
	return ivr.Party{Kind: ivr.PartyUser, ID: "user-" + name, Name: name, Tenant: graphsim.DefaultTenant}
}

func (w *world) schedule(plan graphsim.MeetingPlan) *graphsim.Meeting {
	w.t.Helper()
	m, err := w.sim.Schedule(plan)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *world) enter(m *graphsim.Meeting, who ivr.Party) *graphsim.Person {
	w.t.Helper()
	p, err := m.Enter(who)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// byOrganizer is the way into a meeting by its organizer and chat.
func byOrganizer(m *graphsim.Meeting) string {
	p := m.Plan()
	return `"chatInfo":{"@odata.type":"#microsoft.graph.chatInfo","threadId":"` + p.Thread + `","messageId":"0"},` +
		`"meetingInfo":{"@odata.type":"#microsoft.graph.organizerMeetingInfo","organizer":{"@odata.type":"#microsoft.graph.identitySet",` +
		`"user":{"@odata.type":"#microsoft.graph.identity","id":"` + p.Organizer.ID + `","tenantId":"` + p.Organizer.Tenant + `"}},"allowConversationWithoutHost":true}`
}

// joinBody is the body of a call into a meeting.
func joinBody(way string) string {
	return `{"@odata.type":"#microsoft.graph.call","callbackUri":"` + secondLeg + `","requestedModalities":["audio"],` +
		`"mediaConfig":{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig"},` + way + `}`
}

// joined is the bot's call into a meeting, established and told of. What was
// notified of it so far is forgotten.
func (w *world) joined(m *graphsim.Meeting) *graphsim.Call {
	w.t.Helper()
	c := w.calls(joinBody(byOrganizer(m)))
	w.clock.forward(time.Second)
	w.heard, w.bodies, w.events, w.posts = nil, nil, nil, 0
	return c
}

// members are the participants of a roster in short: "Bob(muted)".
func members(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var list []struct {
		ID               string
		IsMuted          bool
		IsInLobby        bool
		Info             struct{ Identity map[string]any }
		MediaStreams     []struct{ ServerMuted bool }
		RecordingInfo    *struct{ RecordingStatus string }
		RosterSequenceNo int
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	var all []string
	for _, p := range list {
		name := "?"
		for kind, v := range p.Info.Identity {
			if id, ok := v.(map[string]any); ok {
				if name, _ = id["displayName"].(string); name == "" {
					name = kind
				}
			}
		}
		var marks []string
		for mark, yes := range map[string]bool{"muted": p.IsMuted, "lobby": p.IsInLobby, "by service": p.MediaStreams[0].ServerMuted, "records": p.RecordingInfo != nil} {
			if yes {
				marks = append(marks, mark)
			}
		}
		slices.Sort(marks)
		if len(marks) > 0 {
			name += "(" + strings.Join(marks, ", ") + ")"
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// rosters are all rosters that were notified, and forgets what was.
func (w *world) rosters() []string {
	w.t.Helper()
	w.clock.forward(100 * time.Millisecond)
	var all []string
	for _, n := range w.heard {
		if strings.HasSuffix(n.URL, "/participants") {
			all = append(all, members(w.t, n.RawData))
		}
	}
	w.heard = nil
	return all
}

// expectRosters compares the rosters that were notified.
func (w *world) expectRosters(want ...string) {
	w.t.Helper()
	if got := w.rosters(); !slices.Equal(got, want) {
		w.t.Errorf("rosters:\ngot  %q\nwant %q", got, want)
	}
}

// A bot joins a meeting in each of the three ways; the answer and the updates
// name the meeting as the request did, and the roster is complete.
func TestJoin(t *testing.T) {
	for _, tt := range []struct {
		name string
		way  func(m *graphsim.Meeting) string
		kind string
	}{
		{"organizer", byOrganizer, "organizerMeetingInfo"},
		{"token", func(m *graphsim.Meeting) string {
			return `"meetingInfo":{"@odata.type":"#microsoft.graph.tokenMeetingInfo","token":"` + m.Plan().Token + `"}`
		}, "tokenMeetingInfo"},
		{"join id", func(m *graphsim.Meeting) string {
			return `"meetingInfo":{"@odata.type":"#microsoft.graph.joinMeetingIdMeetingInfo","joinMeetingId":"1234567","passcode":"psw123"}`
		}, "joinMeetingIdMeetingInfo"},
	} {
		for _, version := range []string{"beta", "v1.0"} {
			t.Run(tt.name+" "+version, func(t *testing.T) {
				w := newWorld(t, nil)
				w.version = version
				m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob"), JoinID: "1234567", Passcode: "psw123"})
				w.enter(m, person("Bob"))
				a := w.create(joinBody(tt.way(m)))
				c := w.sim.Call(ivr.CallID(fmt.Sprint(a.body["id"])))
				if a.status != 201 || c == nil {
					t.Fatalf("%d %s", a.status, a.raw)
				}
				check := func(what string, body map[string]any) {
					t.Helper()
					info, _ := body["meetingInfo"].(map[string]any)
					chat, _ := body["chatInfo"].(map[string]any)
					if info["@odata.type"] != "#microsoft.graph."+tt.kind || chat["threadId"] != m.Plan().Thread || body["id"] != string(c.ID()) {
						t.Errorf("%s: meetingInfo %v, chatInfo %v, id %v", what, info, chat, body["id"])
					}
				}
				check("answer", a.body)
				if targets, ok := a.body["targets"].([]any); !ok || len(targets) != 0 {
					t.Errorf("targets %v, want an empty list", a.body["targets"])
				}
				w.clock.forward(time.Second)
				check("establishing", w.heard[0].data)
				check("established", w.heard[1].data)
				check("GET", w.call("GET", c).body)
				if got := members(t, w.heard[2].RawData); got != "Bob application" {
					t.Errorf("roster %q", got)
				}
				w.expect("updated establishing", "updated established", "updated participants", "updated established audio=active")
				if c.Meeting() != m || m.Find(graphsim.DefaultAppID) == nil {
					t.Errorf("the bot is not in the meeting")
				}
			})
		}
	}
}

// What a join causes may be told before it is answered; the answer is still of a
// call that is establishing.
func TestJoinToldFirst(t *testing.T) {
	w := oddWorld(t, graphsim.OperationEventFirst)
	m := w.schedule(graphsim.MeetingPlan{})
	a := w.create(joinBody(byOrganizer(m)))
	if a.status != 201 || a.body["state"] != "establishing" || len(w.heard) < 2 {
		t.Errorf("%d %v after %q", a.status, a.body["state"], w.story())
	}
}

// Who may not join gets the documented 403; what names no meeting is refused.
func TestJoinRefused(t *testing.T) {
	guest := `"source":{"identity":{"guest":{"id":"d7a3b999-17ac-4bca-9e77-e6a730d2ec2e","displayName":"Guest"}}},`
	hosted := func(way string) string {
		return strings.Replace(joinBody(way), "#microsoft.graph.serviceHostedMediaConfig\"", `#microsoft.graph.appHostedMediaConfig","blob":"x"`, 1)
	}
	swap := func(old, new string) func(string) string {
		return func(way string) string { return joinBody(strings.Replace(way, old, new, 1)) }
	}
	token := func(rest string) func(string) string {
		return func(string) string { return joinBody(`"meetingInfo":{` + rest + `}`) }
	}
	for _, tt := range []struct {
		name  string
		roles []string
		body  func(way string) string
		want  string
		says  string
	}{
		{"no permission", []string{"Calls.Initiate.All", "Calls.InitiateGroupCall.All"}, joinBody, "403 7504", "Insufficient enterprise tenant permissions, cannot access this API. It needs Calls.JoinGroupCall.All or Calls.JoinGroupCallAsGuest.All."},
		{"member", []string{memberRole}, joinBody, "201", ""},
		{"guest by permission", []string{guestRole}, joinBody, "201", ""},
		{"guest", []string{guestRole}, func(way string) string { return joinBody(guest + way) }, "201", ""},
		{"guest without permission", []string{memberRole}, func(way string) string { return joinBody(guest + way) }, "403 7504", "It needs Calls.JoinGroupCallAsGuest.All."},
		{"app-hosted", nil, hosted, "201", ""},
		{"app-hosted without permission", []string{memberRole}, hosted, "403 7504", "It needs Calls.AccessMedia.All."},
		{"other tenant", nil, func(way string) string { return joinBody(way + `,"tenantId":"550fae72-d251-43ec-868c-373732c27000"`) }, "403 7505", ""},
		{"other chat", nil, swap("19:", "20:"), "400 8527", "The meeting was not found."},
		{"other organizer", nil, swap("user-Bob", "user-Eve"), "400 8527", ""},
		{"no chat", nil, swap("threadId", "messageIds"), "400 BadRequest", "'messageIds' does not exist"},
		{"no thread", nil, swap(`"threadId"`, `"replyChainMessageId"`), "400 BadRequest", "needs it"},
		{"no tag", nil, swap(`"@odata.type":"#microsoft.graph.organizerMeetingInfo",`, ``), "400 BadRequest", "meetingInfo has no '@odata.type'; an abstract type cannot be created"},
		{"tag without #", nil, swap(`#microsoft.graph.organizerMeetingInfo`, `microsoft.graph.organizerMeetingInfo`), "400 BadRequest", "meetingInfo has the type 'microsoft.graph.organizerMeetingInfo'"},
		{"no organizer", nil, swap(`"organizer"`, `"organiser"`), "400 BadRequest", "'organiser' does not exist"},
		{"an app organizes", nil, swap(`"user":{`, `"application":{`), "400 BadRequest", "meetingInfo.organizer is no user"},
		{"chat alone", nil, func(string) string { return joinBody(`"chatInfo":{"threadId":"19:x"}`) }, "400 BadRequest", "'meetingInfo' is missing"},
		{"wrong token", nil, token(`"@odata.type":"#microsoft.graph.tokenMeetingInfo","token":"x"`), "400 8526", ""},
		{"wrong number", nil, token(`"@odata.type":"#microsoft.graph.joinMeetingIdMeetingInfo","joinMeetingId":"7654321","passcode":"psw"`), "400 8561", ""},
		{"wrong passcode", nil, token(`"@odata.type":"#microsoft.graph.joinMeetingIdMeetingInfo","joinMeetingId":"1234567","passcode":"x"`), "400 8561", ""},
		{"no passcode", nil, token(`"@odata.type":"#microsoft.graph.joinMeetingIdMeetingInfo","joinMeetingId":"1234567","passcode":null`), "400 8561", ""},
		{"number in groups", nil, token(`"@odata.type":"#microsoft.graph.joinMeetingIdMeetingInfo","joinMeetingId":"123 4567","passcode":"psw"`), "201", ""},
		{"ringing", nil, func(way string) string { return joinBody(way + `,"ringingTimeoutInSeconds":20`) }, "400 BadRequest", "one target only"},
		{"options without a tag", nil, func(way string) string { return joinBody(way + `,"callOptions":{"isDeltaRosterEnabled":true}`) }, "400 BadRequest", "callOptions has no '@odata.type'"},
		{"incoming options", nil, func(way string) string {
			return joinBody(way + `,"callOptions":{"@odata.type":"#microsoft.graph.incomingCallOptions"}`)
		}, "400 BadRequest", "expected '#microsoft.graph.outgoingCallOptions'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(c *graphsim.Config) { c.Permissions = tt.roles })
			m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob"), JoinID: "1234567", Passcode: "psw", Thread: "19:meeting_x@thread.v2"})
			a := w.create(tt.body(byOrganizer(m)))
			if got := statusAndCode(a); got != tt.want || !strings.Contains(a.message(), tt.says) {
				t.Errorf("got %s %s, want %s %s", got, a.message(), tt.want, tt.says)
			}
		})
	}
}

// A guest waits in the lobby: established, without audio, and it sees only
// itself until somebody admits it.
func TestLobby(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Permissions = []string{guestRole, "Calls.AccessMedia.All"} })
	m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob")})
	w.enter(m, person("Bob"))
	c := w.calls(joinBody(byOrganizer(m)))
	w.clock.forward(time.Second)
	if got := members(t, w.heard[2].RawData); got != "application(lobby)" {
		t.Errorf("roster in the lobby: %q", got)
	}
	w.expect("updated establishing", "updated established", "updated participants")
	if a := w.act(c, "playPrompt", play("1", "https://bot.test/a.wav")); statusAndCode(a) != "400 8503" {
		t.Errorf("a prompt in the lobby: %s", statusAndCode(a))
	}
	if a := w.act(c, "mute", ""); statusAndCode(a) != "400 8585" {
		t.Errorf("mute in the lobby: %s", statusAndCode(a))
	}
	w.clock.forward(time.Minute)
	w.heard = nil
	m.Find(graphsim.DefaultAppID).Admit()
	w.clock.forward(time.Second)
	if got := members(t, w.heard[0].RawData); got != "Bob application" {
		t.Errorf("roster after the lobby: %q", got)
	}
	w.expect("updated participants", "updated established audio=active")
}

// Nobody waits for ever, and who is not wanted is removed.
func TestLobbyEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		set  graphsim.Settings
		do   func(w *world, m *graphsim.Meeting)
		want string
	}{
		"timeout":      {graphsim.Settings{}, func(w *world, _ *graphsim.Meeting) { w.clock.forward(30 * time.Minute) }, "deleted terminated 200/5855"},
		"short wait":   {graphsim.Settings{LobbyFor: time.Minute}, func(w *world, _ *graphsim.Meeting) { w.clock.forward(time.Minute) }, "deleted terminated 200/5855"},
		"denied":       {graphsim.Settings{}, func(_ *world, m *graphsim.Meeting) { m.Find(graphsim.DefaultAppID).Remove() }, "deleted terminated 200/5000"},
		"meeting ends": {graphsim.Settings{}, func(_ *world, m *graphsim.Meeting) { m.End() }, "deleted terminated 200/5001"},
		"establishing": {graphsim.Settings{LobbyEstablishing: true}, func(_ *world, m *graphsim.Meeting) { m.Find(graphsim.DefaultAppID).Admit() },
			"updated established|updated participants|updated established audio=active"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *graphsim.Config) { c.Settings = tt.set })
			m := w.schedule(graphsim.MeetingPlan{Lobby: graphsim.LobbyEverybody})
			w.joined(m)
			tt.do(w, m)
			w.clock.forward(time.Second)
			w.expect(strings.Split(tt.want, "|")...)
		})
	}
}

// Who waits depends on the meeting.
func TestWhoWaits(t *testing.T) {
	w := newWorld(t, nil)
	bob := person("Bob")
	guest := ivr.Party{Kind: ivr.PartyGuest, ID: "g"}
	phone := ivr.Party{Kind: ivr.PartyPhone, ID: "+14255550100"}
	abroad := ivr.Party{Kind: ivr.PartyUser, ID: "u", Tenant: "550fae72-d251-43ec-868c-373732c27000"}
	for _, tt := range []struct {
		lobby graphsim.Lobby
		waits []bool // bob, who organizes, a colleague, guest, phone, abroad
	}{
		{graphsim.LobbyGuests, []bool{false, false, true, true, true}},
		{graphsim.LobbyNobody, []bool{false, false, false, false, false}},
		{graphsim.LobbyEverybody, []bool{false, true, true, true, true}},
	} {
		m := w.schedule(graphsim.MeetingPlan{Organizer: bob, Lobby: tt.lobby})
		for i, who := range []ivr.Party{bob, person("Eve"), guest, phone, abroad} {
			if now, ok := w.enter(m, who).Now(); now.InLobby != tt.waits[i] || !ok {
				t.Errorf("lobby %d: %s waits: %v", tt.lobby, who.ID, now.InLobby)
			}
		}
	}
}

// Every change is told with all who are there.
func TestRosterChanges(t *testing.T) {
	w := newWorld(t, nil)
	m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob")})
	c := w.joined(m)
	bob := w.enter(m, person("Bob"))
	w.expectRosters("application Bob")
	eve := w.enter(m, ivr.Party{Kind: ivr.PartyGuest, ID: "g", Name: "Eve"})
	w.expectRosters("application Bob Eve(lobby)")
	eve.Admit()
	eve.Admit() // is there already
	w.expectRosters("application Bob Eve")
	bob.Mute()
	bob.Mute()
	w.expectRosters("application Bob(muted) Eve")
	bob.Unmute()
	bob.Unmute()
	w.expectRosters("application Bob Eve")
	bob.Leave()
	bob.Leave()
	bob.Mute()
	w.expectRosters("application Eve")
	if _, there := bob.Now(); there {
		t.Error("Bob is still there")
	}
	eve.Remove()
	w.expectRosters("application")
	if c.State() != ivr.StateEstablished {
		t.Errorf("the bot's call is %v", c.State())
	}
	w.call("DELETE", c)
	w.clock.forward(time.Second)
	w.expect("updated terminating", "deleted terminated 200/7000")
	if n := len(m.People()); n != 0 {
		t.Errorf("%d are left", n)
	}
	if _, err := m.Enter(person("Bob")); err != nil {
		t.Errorf("the meeting is over with the bot's call: %v", err)
	}
}

// A bot that asked for it hears what changed in the roster only.
func TestDeltaRoster(t *testing.T) {
	w := newWorld(t, nil)
	m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob")})
	bob := w.enter(m, person("Bob"))
	w.calls(joinBody(byOrganizer(m) + `,"callOptions":{"@odata.type":"#microsoft.graph.outgoingCallOptions","isDeltaRosterEnabled":true}`))
	w.clock.forward(time.Second)
	w.expectRosters("Bob application")
	eve := w.enter(m, person("Eve"))
	w.expectRosters("Eve")
	eve.Share()
	w.expectRosters("Eve")
	bob.Mute()
	w.clock.forward(time.Second)
	raw := string(w.heard[0].RawData)
	w.expectRosters("Bob(muted)")
	bob.Leave()
	w.clock.forward(time.Second)
	raw += string(w.heard[0].RawData)
	w.expectRosters("Bob(muted)")
	for _, want := range []string{`"rosterSequenceNumber":5`, `"rosterSequenceNumber":6`, `"removedState":{"@odata.type":"#microsoft.graph.removedState","reason":"Removed"}`} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %s in %s", want, raw)
		}
	}
}

// A bot that is alone in a meeting stays, or goes after a while.
func TestAlone(t *testing.T) {
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.AloneFor = time.Minute })
	m := w.schedule(graphsim.MeetingPlan{})
	c := w.joined(m)
	w.clock.forward(50 * time.Second)
	bob := w.enter(m, person("Bob"))
	w.clock.forward(time.Hour / 2)
	bob.Leave()
	w.clock.forward(59 * time.Second)
	if c.State() != ivr.StateEstablished {
		t.Fatalf("the call is %v", c.State())
	}
	w.clock.forward(2 * time.Second)
	w.expect("updated participants", "updated participants", "deleted terminated 200/5010")
}

// Meetings that a bot can join are planned, unless a setting says otherwise.
func TestAnyMeeting(t *testing.T) {
	other := newWorld(t, nil)
	way := byOrganizer(other.schedule(graphsim.MeetingPlan{}))
	w := newWorld(t, func(c *graphsim.Config) { c.Settings.AnyMeeting = true })
	w.calls(joinBody(way))
	w.calls(joinBody(way))
	if n := len(w.sim.Meetings()); n != 1 {
		t.Errorf("%d meetings, want 1", n)
	}
}

func TestSchedule(t *testing.T) {
	w := newWorld(t, nil)
	plan := graphsim.MeetingPlan{Thread: "19:a@thread.v2", Organizer: person("Bob"), JoinID: "12", Passcode: "p", Token: "t", Lobby: graphsim.LobbyNobody}
	m := w.schedule(plan)
	if m.Plan() != plan {
		t.Errorf("plan %+v", m.Plan())
	}
	want := "https://teams.microsoft.com/l/meetup-join/19%3Aa%40thread.v2/0?context=%7B%22Tid%22%3A%22" + graphsim.DefaultTenant + "%22%2C%22Oid%22%3A%22user-Bob%22%7D"
	if m.JoinURL() != want {
		t.Errorf("join URL %s", m.JoinURL())
	}
	for _, bad := range []graphsim.MeetingPlan{plan, {Thread: plan.Thread}, {JoinID: "12"}, {Token: "t"}, {Passcode: "x"}, {Lobby: 3},
		{Organizer: ivr.Party{Kind: ivr.PartyBot, ID: "b"}}, {Organizer: ivr.Party{Kind: ivr.PartyUser}}} {
		if _, err := w.sim.Schedule(bad); err == nil {
			t.Errorf("%+v was planned", bad)
		}
	}
	for _, who := range []ivr.Party{{}, {Kind: ivr.PartyBot, ID: "b"}, {Kind: ivr.PartyVoicemail, ID: "v"}} {
		if _, err := m.Enter(who); err == nil {
			t.Errorf("%+v came", who)
		}
	}
	w.enter(m, person("Bob"))
	if _, err := m.Enter(person("Bob")); err == nil {
		t.Error("Bob came twice")
	}
	m.End()
	m.End()
	if _, err := m.Enter(person("Eve")); err == nil {
		t.Error("Eve came into a meeting that is over")
	}
	if a := w.create(joinBody(byOrganizer(m))); statusAndCode(a) != "400 8527" {
		t.Errorf("joining what is over: %s", statusAndCode(a))
	}
	if _, err := w.sim.Ring(graphsim.Caller{Meeting: m}); err == nil {
		t.Error("a meeting that is over rings")
	}
}

// A meeting calls the bot: the notification names it, and the bot needs the
// permission to join.
func TestCalledIntoMeeting(t *testing.T) {
	for _, may := range []bool{true, false} {
		w := newWorld(t, func(c *graphsim.Config) {
			if !may {
				c.Permissions = []string{"Calls.Initiate.All"}
			}
		})
		m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob")})
		bob := w.enter(m, person("Bob"))
		c := w.ring(graphsim.Caller{Meeting: m})
		first := w.heard[0].data
		context, _ := first["incomingContext"].(map[string]any)
		if first["meetingInfo"] == nil || first["chatInfo"] == nil || context["sourceParticipantId"] != bob.ID() {
			t.Errorf("incoming %v", first)
		}
		a := w.act(c, "answer", answerBody)
		if !may {
			if statusAndCode(a) != "403 7504" {
				t.Errorf("answered %s", statusAndCode(a))
			}
			continue
		}
		w.heard = nil
		w.clock.forward(time.Second)
		if a.status != http.StatusAccepted || len(m.People()) != 2 {
			t.Errorf("answered %d, %d people", a.status, len(m.People()))
		}
		w.expect("updated establishing", "updated established", "updated participants", "updated established audio=active")
	}
}

// Somebody comes who can be in a meeting, once.
func TestWhoCannotEnter(t *testing.T) {
	m := newWorld(t, nil).schedule(graphsim.MeetingPlan{})
	if _, err := m.Enter(ivr.Party{Kind: ivr.PartyGuest, ID: "eve"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who  ivr.Party
		want string
	}{
		{ivr.Party{Kind: ivr.PartyUser}, "has an id"},
		{ivr.Party{ID: "ann"}, `kind ""`},
		{ivr.Party{Kind: "usr", ID: "ann"}, `kind "usr"`},
		{ivr.Party{Kind: ivr.PartyBot, ID: "ann"}, `kind "bot"`},
		{ivr.Party{Kind: ivr.PartyGuest, ID: "Eve"}, "already"},
	} {
		if _, err := m.Enter(c.who); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.who, err, c.want)
		}
	}
}
