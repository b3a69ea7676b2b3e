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

// below sends a request on what lies below a call.
func (w *world) below(method string, c *graphsim.Call, rest, body string) answer {
	w.t.Helper()
	return w.send(w.request(method, w.path(c)+"/"+rest, body))
}

// table is a meeting with the bot, Bob, who organizes, and Eve.
type table struct {
	*world
	m        *graphsim.Meeting
	c        *graphsim.Call
	bob, eve *graphsim.Person
	me       *graphsim.Person // the bot
}

func newTable(t *testing.T, change func(*graphsim.Config)) *table {
	t.Helper()
	w := newWorld(t, change)
	m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob")})
	b := &table{world: w, m: m, bob: w.enter(m, person("Bob")), eve: w.enter(m, person("Eve"))}
	b.c = w.joined(m)
	b.me = m.Find(graphsim.DefaultAppID)
	return b
}

// hostedTable is a table whose bot has the media itself.
func hostedTable(t *testing.T) *table {
	t.Helper()
	w := newWorld(t, nil)
	m := w.schedule(graphsim.MeetingPlan{Organizer: person("Bob")})
	b := &table{world: w, m: m, bob: w.enter(m, person("Bob")), eve: w.enter(m, person("Eve"))}
	b.c = w.calls(strings.Replace(joinBody(byOrganizer(m)), "serviceHostedMediaConfig\"", `appHostedMediaConfig","blob":"x"`, 1))
	w.clock.forward(time.Second)
	b.me, w.heard, w.bodies = m.Find(graphsim.DefaultAppID), nil, nil
	return b
}

// The list of participants and each of them, in both versions and spellings.
func TestReadParticipants(t *testing.T) {
	for _, version := range []string{"beta", "v1.0"} {
		b := newTable(t, func(c *graphsim.Config) { c.Settings.IDs = graphsim.SpellUpper })
		b.version = version
		list := b.below("GET", b.c, "participants", "")
		value, _ := list.body["value"].([]any)
		context := base + "/" + version + "/$metadata#communications/calls('" + string(b.c.ID()) + "')/participants"
		if list.status != 200 || len(value) != 3 || list.body["@odata.context"] != context {
			t.Fatalf("%d %s", list.status, list.raw)
		}
		for _, id := range []string{b.bob.ID(), strings.ToUpper(strings.ReplaceAll(b.bob.ID(), "-", ""))} {
			one := b.below("GET", b.c, "participants/"+id, "")
			want := `{"@odata.context":"` + context + `/$entity","@odata.type":"#microsoft.graph.participant","id":"` + b.bob.ID() + `","info":{"@odata.type":"#microsoft.graph.participantInfo",` +
				`"identity":{"@odata.type":"#microsoft.graph.identitySet","user":{"@odata.type":"#microsoft.graph.identity","displayName":"Bob","id":"user-Bob","tenantId":"` + graphsim.DefaultTenant + `"}}},` +
				`"isInLobby":false,"isMuted":false,"mediaStreams":[{"@odata.type":"#microsoft.graph.mediaStream","direction":"sendReceive","label":"main-audio","mediaType":"audio","serverMuted":false,"sourceId":"1"}]}`
			if one.status != 200 || string(one.raw) != want {
				t.Errorf("%d\ngot  %s\nwant %s", one.status, one.raw, want)
			}
		}
		if a := b.below("GET", b.c, "participants/"+strings.ToUpper(b.bob.ID()), ""); statusAndCode(a) != "404 8558" {
			t.Errorf("another spelling: %s", statusAndCode(a))
		}
	}
	w := newWorld(t, nil)
	if a := w.below("GET", w.connected(), "participants", ""); len(a.body["value"].([]any)) != 2 {
		t.Errorf("a call of two: %s", a.raw)
	}
}

// $select and $expand are as OData has them; what is unknown is refused.
func TestQuery(t *testing.T) {
	b := newTable(t, nil)
	id := b.bob.ID()
	for _, tt := range []struct{ path, status, keys string }{
		{"?$select=state", "200", "@odata.context @odata.type id state"},
		{"?$select=state,subject", "200", "@odata.context @odata.type id state subject"},
		{"?$select=state&$expand=participants", "200", "@odata.context @odata.type id participants state"},
		{"?$select=id&$expand=operations,audioRoutingGroups,contentSharingSessions", "200", "@odata.context @odata.type audioRoutingGroups contentSharingSessions id operations"},
		{"?$select=states", "400 BadRequest", "error"},
		{"?$expand=people", "400 BadRequest", "error"},
		{"?$filter=state", "400 BadRequest", "error"},
		{"/participants/" + id + "?$select=isMuted", "200", "@odata.context @odata.type id isMuted"},
		{"/participants/" + id + "?$select=loud", "400 BadRequest", "error"},
		{"/participants?$select=isMuted,metadata", "200", "@odata.context value"},
		{"/participants?$select=loud", "400 BadRequest", "error"},
		{"/participants?$orderby=id", "400 BadRequest", "error"},
	} {
		a := b.send(b.request("GET", b.path(b.c)+tt.path, ""))
		var keys []string
		for k := range a.body {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if statusAndCode(a) != tt.status || strings.Join(keys, " ") != tt.keys {
			t.Errorf("%s: %s with %v, want %s with %s", tt.path, statusAndCode(a), keys, tt.status, tt.keys)
		}
	}
}

// A list comes in pages, if it is to.
func TestPages(t *testing.T) {
	b := newTable(t, func(c *graphsim.Config) { c.Settings.PageSize = 2 })
	first := b.below("GET", b.c, "participants?$select=isMuted", "")
	next, _ := first.body["@odata.nextLink"].(string)
	if len(first.body["value"].([]any)) != 2 || !strings.HasPrefix(next, base+b.path(b.c)+"/participants?") {
		t.Fatalf("%s", first.raw)
	}
	second := b.send(b.request("GET", strings.TrimPrefix(next, base), ""))
	value := second.body["value"].([]any)
	if len(value) != 1 || second.body["@odata.nextLink"] != nil || value[0].(map[string]any)["info"] != nil {
		t.Errorf("%s", second.raw)
	}
	if a := b.below("GET", b.c, "participants?$skiptoken=9", ""); statusAndCode(a) != "400 BadRequest" {
		t.Errorf("a token that was not given: %s", statusAndCode(a))
	}
}

// Somebody is muted by the bot, and opens the microphone again.
func TestMuteParticipant(t *testing.T) {
	b := newTable(t, nil)
	a := b.below("POST", b.c, "participants/"+b.bob.ID()+"/mute", `{"clientContext":"7"}`)
	want := `{"@odata.type":"#microsoft.graph.muteParticipantOperation","clientContext":"7","resultInfo":null,"status":"completed"}`
	location := base + b.path(b.c) + "/operations/" + fmt.Sprint(a.body["id"])
	if got := sorted(t, a.body, "id"); a.status != 200 || got != want || a.header.Get("Location") != location {
		t.Errorf("%d %s at %s", a.status, got, a.header.Get("Location"))
	}
	b.expectRosters("Bob(by service, muted) Eve application")
	e, ok := find[graphsim.Silenced](b.world)
	if !ok || e.Who.ID != b.bob.ID() || !e.Who.Muted {
		t.Errorf("event %+v %v", e, ok)
	}
	b.bob.Unmute()
	b.expectRosters("Bob Eve application")
	b.bob.Mute()
	b.expectRosters("Bob(muted) Eve application")
}

// All are muted but the bot, or those who are named. v1.0 does not have it.
func TestMuteAll(t *testing.T) {
	b := newTable(t, nil)
	a := b.below("POST", b.c, "participants/muteAll", `{"participants":["`+b.eve.ID()+`"],"clientContext":"x"}`)
	want := `{"@odata.type":"#microsoft.graph.muteParticipantsOperation","clientContext":"x","participants":["` + b.eve.ID() + `"],"resultInfo":null,"status":"completed"}`
	if got := sorted(t, a.body, "id"); a.status != 200 || got != want {
		t.Errorf("%d %s", a.status, got)
	}
	b.expectRosters("Bob Eve(by service, muted) application")
	if a := b.below("POST", b.c, "participants/muteAll", ""); a.status != 200 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	b.expectRosters("Bob(by service, muted) Eve(by service, muted) application")
	a = b.below("POST", b.c, "participants/muteAll", `{"participants":["x"]}`)
	if statusAndCode(a) != "400 BadRequest" || a.message() != "participants[0] is 'x'; it is no participant of the call." {
		t.Errorf("%s %s", statusAndCode(a), a.message())
	}
	b.version = "v1.0"
	a = b.below("POST", b.c, "participants/muteAll", "")
	if statusAndCode(a) != "404 ResourceNotFound" || a.message() != "Resource not found for the segment 'muteAll'." {
		t.Errorf("v1.0: %s %s", statusAndCode(a), a.message())
	}
}

// A participant is removed without a word to them; not the organizer, and not
// the bot by itself.
func TestDeleteParticipant(t *testing.T) {
	b := newTable(t, nil)
	a := b.below("DELETE", b.c, "participants/"+b.eve.ID(), "")
	if a.status != http.StatusNoContent || len(a.raw) != 0 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	b.expectRosters("Bob application")
	for id, want := range map[string]string{b.eve.ID(): "404 8558", b.bob.ID(): "400 8552", b.me.ID(): "400 BadRequest"} {
		if a := b.below("DELETE", b.c, "participants/"+id, ""); statusAndCode(a) != want {
			t.Errorf("%s: %s, want %s", id, statusAndCode(a), want)
		}
	}
	b = newTable(t, func(c *graphsim.Config) { c.Settings.RemoveForbidden = true })
	a = b.below("DELETE", b.c, "participants/"+b.eve.ID(), "")
	if statusAndCode(a) != "403 7504" || !strings.Contains(a.message(), "AllowRemoveParticipantAppIds") {
		t.Errorf("%s %s", statusAndCode(a), a.message())
	}
}

// One participant at a time is on hold; the operation ends when the music has
// begun, and going back is done at once.
func TestHoldMusic(t *testing.T) {
	b := newTable(t, nil)
	bob, eve := "participants/"+b.bob.ID(), "participants/"+b.eve.ID()
	music := `{"customPrompt":` + prompt + `,"clientContext":"7"}`
	a := b.below("POST", b.c, bob+"/startHoldMusic", music)
	want := `{"@odata.type":"#microsoft.graph.startHoldMusicOperation","clientContext":"7","resultInfo":null,"status":"running"}`
	id := fmt.Sprint(a.body["id"])
	if got := sorted(t, a.body, "id"); a.status != 202 || got != want || !strings.HasSuffix(a.header.Get("Location"), "/operations/"+id) {
		t.Errorf("%d %s at %s", a.status, got, a.header.Get("Location"))
	}
	if a := b.below("POST", b.c, eve+"/startHoldMusic", ""); statusAndCode(a) != "409 8519" {
		t.Errorf("a second one: %s", statusAndCode(a))
	}
	b.clock.forward(time.Second)
	data := b.heard[0].data
	if data["clientContext"] != "7" || !strings.Contains(b.heard[0].URL, "/operations/") || data["id"] != id {
		t.Errorf("%s: %v", b.heard[0].URL, data)
	}
	b.expect("deleted startHoldMusicOperation completed")
	if b.bob.Hears(b.eve) || b.eve.Hears(b.bob) {
		t.Error("who is on hold hears or is heard")
	}
	b.must(b.c, "subscribeToTone", "")
	b.bob.Press('1')
	b.eve.Press('2')
	b.clock.forward(time.Second)
	b.expect("updated established tone2")
	a = b.below("POST", b.c, bob+"/stopHoldMusic", `{"clientContext":"8"}`)
	want = `{"@odata.type":"#microsoft.graph.stopHoldMusicOperation","clientContext":"8","resultInfo":null,"status":"completed"}`
	if got := sorted(t, a.body, "id"); a.status != 202 || got != want {
		t.Errorf("%d %s", a.status, got)
	}
	if a := b.below("POST", b.c, bob+"/stopHoldMusic", ""); statusAndCode(a) != "400 8585" {
		t.Errorf("not on hold: %s", statusAndCode(a))
	}
	b.clock.forward(time.Second)
	b.expect()
	if !b.bob.Hears(b.eve) {
		t.Error("Bob does not hear Eve")
	}
	var held []bool
	for _, e := range b.events {
		if e, ok := e.(graphsim.Held); ok {
			held = append(held, e.Who.OnHold)
		}
	}
	if !slices.Equal(held, []bool{true, false}) {
		t.Errorf("held %v", held)
	}
}

// Every action on participants is refused without its permission, on a call of
// two, and for a participant who is not there.
func TestParticipantsRefused(t *testing.T) {
	type request struct{ method, path, body, needs string }
	join := "Calls.JoinGroupCall.All or Calls.JoinGroupCallAsGuest.All"
	route := "Calls.JoinGroupCall.All or Calls.InitiateGroupCall.All"
	group := `{"id":"g","routingMode":"oneToOne","sources":["a"],"receivers":["b"]}`
	all := []request{
		{"POST", "participants/invite", `{"participants":[` + target + `]}`, "Calls.InitiateGroupCall.All"},
		{"POST", "participants/muteAll", "", join},
		{"GET", "participants/x", "", join},
		{"DELETE", "participants/x", "", join},
		{"POST", "participants/x/mute", "", join},
		{"POST", "participants/x/startHoldMusic", "", join},
		{"POST", "participants/x/stopHoldMusic", "", join},
		{"GET", "audioRoutingGroups", "", route},
		{"POST", "audioRoutingGroups", group, route},
		{"GET", "audioRoutingGroups/x", "", route},
		{"PATCH", "audioRoutingGroups/x", group, route},
		{"DELETE", "audioRoutingGroups/x", "", route},
		{"POST", "addLargeGalleryView", "", join + " or Calls.InitiateGroupCall.All"},
		{"POST", "changeScreenSharingRole", `{"role":"viewer"}`, "Calls.AccessMedia.All"},
		{"POST", "updateRecordingStatus", `{"status":"recording"}`, "Calls.JoinGroupCall.All"},
		{"GET", "contentSharingSessions", "", join + " or Calls.InitiateGroupCall.All or Calls.Initiate.All"},
		{"GET", "contentSharingSessions/x", "", join + " or Calls.InitiateGroupCall.All or Calls.Initiate.All"},
	}
	none := newWorld(t, func(c *graphsim.Config) { c.Permissions = []string{} })
	alone := none.ring(graphsim.Caller{})
	for _, r := range all {
		a := none.below(r.method, alone, r.path, r.body)
		if want := "Insufficient enterprise tenant permissions, cannot access this API. It needs " + r.needs + "."; statusAndCode(a) != "403 7504" || a.message() != want {
			t.Errorf("%s %s: %s %s", r.method, r.path, statusAndCode(a), a.message())
		}
	}
	two := newWorld(t, nil)
	c := two.connected()
	for _, r := range all {
		want := "400 8548"
		switch {
		case strings.HasSuffix(r.path, "invite"), r.path == "updateRecordingStatus", r.path == "contentSharingSessions":
			want = "200"
		case r.path == "participants/x" && r.method == "GET":
			want = "404 8558"
		case r.path == "contentSharingSessions/x":
			want = "404 8522"
		}
		if r.path == "participants/invite" {
			continue // makes it a call of several
		}
		if a := two.below(r.method, c, r.path, r.body); statusAndCode(a) != want {
			t.Errorf("%s %s on a call of two: %s %s, want %s", r.method, r.path, statusAndCode(a), a.message(), want)
		}
	}
	b := newTable(t, nil)
	for _, path := range []string{"participants/x/mute", "participants/x/startHoldMusic", "participants/x/stopHoldMusic"} {
		if a := b.below("POST", b.c, path, ""); statusAndCode(a) != "404 8558" {
			t.Errorf("%s: %s, want 404 8558", path, statusAndCode(a))
		}
	}
	for body, says := range map[string]string{
		`{"customPrompt":{"mediaInfo":{"uri":"https://a.test"}}}`: "customPrompt has no '@odata.type'",
		`{"customPrompt":7}`: "'customPrompt' must be an object",
		`{"music":true}`:     "'music' in the request payload is not a valid parameter",
	} {
		a := b.below("POST", b.c, "participants/"+b.bob.ID()+"/startHoldMusic", body)
		if statusAndCode(a) != "400 BadRequest" || !strings.Contains(a.message(), says) {
			t.Errorf("%s: %s %s", body, statusAndCode(a), a.message())
		}
	}
	if a := b.below("POST", b.c, "participants/"+b.me.ID()+"/startHoldMusic", ""); statusAndCode(a) != "400 8585" {
		t.Errorf("the bot itself on hold: %s", statusAndCode(a))
	}
}

// Who presses and who speaks in a meeting cannot be told apart.
func TestPeopleAreHeard(t *testing.T) {
	b := newTable(t, nil)
	b.must(b.c, "subscribeToTone", "")
	b.bob.Press('1', '#')
	b.eve.Press('2')
	guest := b.enter(b.m, ivr.Party{Kind: ivr.PartyGuest, ID: "g"})
	guest.Press('3')
	b.clock.forward(time.Second)
	b.heard = slices.DeleteFunc(b.heard, func(n told) bool { return n.data == nil })
	b.expect("updated established tone1", "updated established pound", "updated established tone2")
	if lost, ok := find[graphsim.ToneLost](b.world); !ok || lost.Key != '3' || lost.Why != "the person waits in the lobby" {
		t.Errorf("lost %+v", lost)
	}
	b.bob.Mute()
	b.bob.Speak(graphsim.Tone(time.Second)) // in vain
	b.must(b.c, "recordResponse", `{"playBeep":false,"maxSilenceTimeoutInSeconds":1,"initialSilenceTimeoutInSeconds":5}`)
	b.clock.forward(time.Second)
	b.bob.Speak(graphsim.Tone(time.Second))
	b.eve.Speak(graphsim.Tone(2 * time.Second))
	b.clock.forward(10 * time.Second)
	rec, ok := find[graphsim.RecordingEnded](b.world)
	if !ok || rec.Why != ivr.RecordMaxSilence || rec.Length != 4*time.Second {
		t.Errorf("recording %+v", rec)
	}
}
