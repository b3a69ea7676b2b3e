package graphsim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// group is the body of an audio routing group.
func group(id, mode string, source string, receivers ...string) string {
	return `{"id":"` + id + `","routingMode":"` + mode + `","sources":["` + source + `"],"receivers":["` + strings.Join(receivers, `","`) + `"]}`
}

// Audio routing groups are made, read, listed, changed and deleted.
func TestAudioRoutingGroups(t *testing.T) {
	for _, version := range []string{"beta", "v1.0"} {
		b := newTable(t, nil)
		b.version = version
		entity := func(g string) string {
			return strings.Replace(g, `{"id"`, `{"@odata.type":"#microsoft.graph.audioRoutingGroup","id"`, 1)
		}
		canon := func(g string) string { // names in order
			g = strings.TrimSuffix(strings.TrimPrefix(g, "{"), "}")
			parts := strings.SplitN(g, `,"routingMode"`, 2)
			rest := strings.SplitN(parts[1], `,"sources":`, 2)
			lists := strings.SplitN(rest[1], `,"receivers":`, 2)
			return "{" + parts[0] + `,"receivers":` + lists[1] + `,"routingMode"` + rest[0] + `,"sources":` + lists[0] + "}"
		}
		one := group("oneToOne", "oneToOne", b.bob.ID(), b.eve.ID())
		all := group("multicast", "multicast", b.bob.ID(), b.eve.ID(), b.me.ID())
		for _, g := range []string{one, all} {
			a := b.below("POST", b.c, "audioRoutingGroups", g)
			if want := canon(entity(g)); a.status != 200 || string(a.raw) != want || a.header.Get("Location") != "" {
				t.Errorf("%d\ngot  %s\nwant %s", a.status, a.raw, want)
			}
		}
		list := b.below("GET", b.c, "audioRoutingGroups", "")
		context := base + "/" + version + "/$metadata#communications/calls('" + string(b.c.ID()) + "')/audioRoutingGroups"
		if want := `{"@odata.context":"` + context + `","value":[` + canon(entity(one)) + `,` + canon(entity(all)) + `]}`; string(list.raw) != want {
			t.Errorf("got  %s\nwant %s", list.raw, want)
		}
		if a := b.below("GET", b.c, "audioRoutingGroups/multicast", ""); a.status != 200 || a.body["routingMode"] != "multicast" {
			t.Errorf("%d %s", a.status, a.raw)
		}
		// The page of the update shows two receivers in the mode oneToOne.
		changed := group("oneToOne", "oneToOne", b.eve.ID(), b.bob.ID(), b.me.ID())
		if a := b.below("PATCH", b.c, "audioRoutingGroups/oneToOne", changed); a.status != 200 || string(a.raw) != canon(entity(changed)) {
			t.Errorf("%d %s", a.status, a.raw)
		}
		// What is not named keeps its value.
		events := b.events
		eve, me := `{"receivers":["`+b.eve.ID()+`"]}`, `{"sources":["`+b.me.ID()+`"]}`
		for _, step := range [][2]string{
			{`{}`, all}, {eve, group("multicast", "multicast", b.bob.ID(), b.eve.ID())}, {me, group("multicast", "multicast", b.me.ID(), b.eve.ID())},
			{`{"routingMode":"oneToOne"}`, group("multicast", "oneToOne", b.me.ID(), b.eve.ID())}, {all, all},
		} {
			if a := b.below("PATCH", b.c, "audioRoutingGroups/multicast", step[0]); a.status != 200 || string(a.raw) != canon(entity(step[1])) {
				t.Errorf("%s: %d %s", step[0], a.status, a.raw)
			}
		}
		b.events = events
		if a := b.below("DELETE", b.c, "audioRoutingGroups/multicast", ""); a.status != http.StatusNoContent {
			t.Errorf("%d %s", a.status, a.raw)
		}
		got := b.c.AudioRoutingGroups()
		if len(got) != 1 || got[0].ID != "oneToOne" || !slices.Equal(got[0].Sources, []string{b.eve.ID()}) {
			t.Errorf("left %+v", got)
		}
		var told []string
		for _, e := range b.events {
			if e, ok := e.(graphsim.Routed); ok {
				told = append(told, fmt.Sprint(e.Group.ID, " ", len(e.Group.Receivers), " ", e.Gone))
			}
		}
		if want := []string{"oneToOne 1 false", "multicast 2 false", "oneToOne 2 false", "multicast 2 true"}; !slices.Equal(told, want) {
			t.Errorf("events %q, want %q", told, want)
		}
	}
}

func TestAudioRoutingGroupsRefused(t *testing.T) {
	b := newTable(t, nil)
	bob, eve := b.bob.ID(), b.eve.ID()
	if a := b.below("POST", b.c, "audioRoutingGroups", group("g", "oneToOne", bob, eve)); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	if a := b.below("POST", b.c, "audioRoutingGroups", strings.Replace(group("", "oneToOne", bob, eve), `"id":"",`, "", 1)); a.status != 200 || len(fmt.Sprint(a.body["id"])) != 36 {
		t.Errorf("without an id: %d %s", a.status, a.raw)
	}
	for _, tt := range []struct{ method, path, body, want, says string }{
		{"POST", "", group("g", "oneToOne", bob, eve), "409 8519", "id already"},
		{"POST", "", group("h", "oneToone", bob, eve), "400 BadRequest", "'routingMode' is 'oneToone'; it can be oneToOne, multicast."},
		{"POST", "", strings.Replace(group("h", "x", bob, eve), `"routingMode":"x",`, "", 1), "400 BadRequest", "'routingMode' is missing"},
		{"POST", "", group("h", "oneToOne", bob, eve, b.me.ID()), "400 BadRequest", "'receivers' has 2 elements"},
		{"POST", "", group("h", "multicast", bob+`","`+eve, b.me.ID()), "400 BadRequest", "'sources' has 2 elements; one is allowed."},
		{"POST", "", `{"routingMode":"multicast","receivers":["` + bob + `"]}`, "400 BadRequest", "'sources' has 0 elements"},
		{"POST", "", `{"routingMode":"multicast","sources":["` + bob + `"]}`, "400 BadRequest", "'receivers' is empty"},
		{"POST", "", group("h", "multicast", bob, eve, "x"), "400 BadRequest", "receivers[1] is 'x'; it is no participant of the call."},
		{"POST", "", group("h", "multicast", "x", eve), "400 BadRequest", "sources[0] is 'x'"},
		{"POST", "", group("h", "multicast", bob, bob), "400 BadRequest", "'receivers' has the source"},
		{"POST", "", strings.Replace(group("h", "multicast", bob, eve), "{", `{"loud":true,`, 1), "400 BadRequest", "'loud' in the request payload"},
		{"POST", "", strings.Replace(group("h", "multicast", bob, eve), "{", `{"@odata.type":"#microsoft.graph.group",`, 1), "400 BadRequest", "expected '#microsoft.graph.audioRoutingGroup'"},
		{"PATCH", "/g", group("h", "oneToOne", bob, eve), "400 BadRequest", "'id' is not the group's"},
		{"PATCH", "/g", `{"receivers":[]}`, "400 BadRequest", "'receivers' is empty"},
		{"PATCH", "/g", `{"receivers":["` + bob + `"]}`, "400 BadRequest", "'receivers' has the source"},
		{"PATCH", "/x", group("x", "oneToOne", bob, eve), "404 8522", "The audio routing group was not found."},
		{"GET", "/x", "", "404 8522", ""},
		{"GET", "/G", "", "404 8522", ""},
		{"DELETE", "/x", "", "404 8522", ""},
		{"PUT", "/g", group("g", "oneToOne", bob, eve), "405 MethodNotAllowed", ""},
	} {
		a := b.below(tt.method, b.c, "audioRoutingGroups"+tt.path, tt.body)
		if statusAndCode(a) != tt.want || !strings.Contains(a.message(), tt.says) {
			t.Errorf("%s %s %s: %s %s, want %s %s", tt.method, tt.path, tt.body, statusAndCode(a), a.message(), tt.want, tt.says)
		}
	}
}

// Who was taken out of the default audio group is heard through routing groups
// only, in the direction of the group.
func TestWhoHearsWhom(t *testing.T) {
	b := newTable(t, nil)
	b.must(b.c, "participants/invite", invitation(invitee("Ann", `,"removeFromDefaultAudioRoutingGroup":true`)))
	b.clock.forward(3 * time.Second)
	ann := b.m.Find("user-Ann")
	hears := func(p, q *graphsim.Person, want bool) {
		t.Helper()
		if p.Hears(q) != want {
			t.Errorf("%s hears %s: %v, want %v", p.Party().Name, q.Party().Name, !want, want)
		}
	}
	hears(b.bob, b.eve, true)
	hears(b.bob, b.bob, false)
	hears(ann, b.bob, false)
	hears(b.bob, ann, false)
	b.must(b.c, "audioRoutingGroups", group("w", "oneToOne", b.bob.ID(), ann.ID()))
	hears(ann, b.bob, true)
	hears(b.bob, ann, false)
	hears(ann, b.eve, false)
	w := newWorld(t, nil) // a bot that wants to be out of the default group
	c := w.calls(strings.Replace(createGroup(invitee("Joe", ""), invitee("Liz", "")), `serviceHostedMediaConfig"`, `serviceHostedMediaConfig","removeFromDefaultAudioGroup":true`, 1))
	w.clock.forward(4 * time.Second)
	hears(c.Participant(), c.Meeting().Find("user-Joe"), false)
	hears(c.Meeting().Find("user-Liz"), c.Meeting().Find("user-Joe"), true)
	b.bob.Mute()
	hears(ann, b.bob, false)
	hears(b.eve, b.bob, false)
	hears(b.bob, b.eve, true)
}

// The large gallery view is for group calls with media of the bot's own; its
// operation can be read.
func TestLargeGalleryView(t *testing.T) {
	b := hostedTable(t)
	a := b.act(b.c, "addLargeGalleryView", `{"clientContext":"7"}`)
	op := fmt.Sprint(a.body["id"])
	want := `{"@odata.type":"#microsoft.graph.addLargeGalleryViewOperation","clientContext":"7","resultInfo":null,"status":"running"}`
	if got := sorted(t, a.body, "id"); a.status != 202 || got != want || a.header.Get("Location") != base+b.path(b.c)+"/operations/"+op {
		t.Errorf("%d %s", a.status, got)
	}
	read := func(status string) {
		t.Helper()
		a := b.below("GET", b.c, "operations/"+op, "")
		want := `{"@odata.type":"#microsoft.graph.addLargeGalleryViewOperation","clientContext":"7","id":"` + op + `","resultInfo":null,"status":"` + status + `"}`
		if a.status != 200 || string(a.raw) != want {
			t.Errorf("%d\ngot  %s\nwant %s", a.status, a.raw, want)
		}
	}
	read("running")
	b.clock.forward(time.Second)
	b.expect("deleted addLargeGalleryViewOperation completed")
	read("completed")
	plain := newTable(t, nil)
	for action, body := range map[string]string{"addLargeGalleryView": "", "changeScreenSharingRole": `{"role":"viewer"}`} {
		a := plain.act(plain.c, action, body)
		if statusAndCode(a) != "400 8500" || a.message() != "The action is for application hosted media only." {
			t.Errorf("%s with the service's media: %s %s", action, statusAndCode(a), a.message())
		}
	}
}

// A bot with media of its own plays and records nothing through the service.
func TestAppHostedMedia(t *testing.T) {
	b := hostedTable(t)
	for action, want := range map[string]string{"playPrompt": "400 8500", "recordResponse": "400 8500", "cancelMediaProcessing": "400 8500", "subscribeToTone": "500 9999"} {
		body := ""
		if action == "playPrompt" {
			body = play("1", "https://bot.test/a.wav")
		}
		if a := b.act(b.c, action, body); statusAndCode(a) != want {
			t.Errorf("%s: %s, want %s", action, statusAndCode(a), want)
		}
	}
	b.must(b.c, "sendDtmfTones", `{"tones":["tone1"]}`)
	if a := b.call("GET", b.c); a.body["mediaConfig"].(map[string]any)["blob"] != "x" {
		t.Errorf("%s", a.raw)
	}
	for name, tt := range map[string]struct{ config, want string }{
		"a property of nobody": {`{"@odata.type":"#microsoft.graph.appHostedMediaConfig","blobs":"x"}`, "400 BadRequest"},
		"no text":              {`{"@odata.type":"#microsoft.graph.appHostedMediaConfig","blob":7}`, "400 BadRequest"},
		"fine":                 {`{"@odata.type":"#microsoft.graph.appHostedMediaConfig","blob":"x","removeFromDefaultAudioGroup":true}`, "202"},
	} {
		w := newWorld(t, nil)
		body := strings.Replace(answerBody, `{"@odata.type":"#microsoft.graph.serviceHostedMediaConfig"}`, tt.config, 1)
		if a := w.act(w.ring(graphsim.Caller{}), "answer", body); statusAndCode(a) != tt.want {
			t.Errorf("%s: %s %s, want %s", name, statusAndCode(a), a.message(), tt.want)
		}
	}
	w := newWorld(t, func(c *graphsim.Config) { c.Permissions = []string{"Calls.Initiate.All"} })
	body := strings.Replace(answerBody, `serviceHostedMediaConfig"`, `appHostedMediaConfig","blob":"x"`, 1)
	if a := w.act(w.ring(graphsim.Caller{}), "answer", body); statusAndCode(a) != "403 7504" || !strings.Contains(a.message(), "Calls.AccessMedia.All") {
		t.Errorf("without permission: %s %s", statusAndCode(a), a.message())
	}
}

// The bot's screen sharing role shows in its streams.
func TestScreenSharingRole(t *testing.T) {
	b := hostedTable(t)
	for role, direction := range map[string]string{"viewer": "receiveOnly", "sharer": "sendOnly"} {
		a := b.act(b.c, "changeScreenSharingRole", `{"role":"`+role+`"}`)
		if a.status != 202 || len(a.raw) != 0 {
			t.Errorf("%s: %d %s", role, a.status, a.raw)
		}
		b.clock.forward(time.Second)
		n := b.heard[len(b.heard)-1]
		want := `{"@odata.type":"#microsoft.graph.mediaStream","direction":"` + direction + `","label":"applicationsharing-video","mediaType":"videoBasedScreenSharing","serverMuted":false,"sourceId":"3"}`
		if !strings.Contains(string(n.RawData), want) {
			t.Errorf("%s: roster %s", role, n.RawData)
		}
	}
	for body, says := range map[string]string{``: "'role' of the operation 'changeScreenSharingRole' is missing", `{"role":"Viewer"}`: "'role' is 'Viewer'; it can be viewer, sharer."} {
		if a := b.act(b.c, "changeScreenSharingRole", body); statusAndCode(a) != "400 BadRequest" || !strings.Contains(a.message(), says) {
			t.Errorf("%s: %s %s", body, statusAndCode(a), a.message())
		}
	}
}

// What the bot tells of its recording is in the rosters from then on.
func TestRecordingStatus(t *testing.T) {
	b := newTable(t, nil)
	a := b.act(b.c, "updateRecordingStatus", `{"status":"recording","clientContext":"7"}`)
	want := `{"@odata.type":"#microsoft.graph.updateRecordingStatusOperation","clientContext":"7","resultInfo":null,"status":"completed"}`
	if got := sorted(t, a.body, "id"); a.status != 200 || got != want {
		t.Errorf("%d %s", a.status, got)
	}
	b.clock.forward(time.Second)
	b.expect() // nothing follows
	b.eve.Mute()
	b.expectRosters("Bob Eve(muted) application(records)")
	if e, ok := find[graphsim.RecordingTold](b.world); !ok || e.Status != "recording" {
		t.Errorf("event %+v", e)
	}
	for _, body := range []string{``, `{"status":"Recording"}`, `{"status":"unknown"}`} {
		if a := b.act(b.c, "updateRecordingStatus", body); statusAndCode(a) != "400 BadRequest" {
			t.Errorf("%s: %s", body, statusAndCode(a))
		}
	}
	w := newWorld(t, func(c *graphsim.Config) { c.Permissions = []string{memberRole} })
	a = w.act(w.connected(), "updateRecordingStatus", `{"status":"recording"}`)
	if statusAndCode(a) != "403 7504" || !strings.Contains(a.message(), "Calls.AccessMedia.All") {
		t.Errorf("%s %s", statusAndCode(a), a.message())
	}
}

// Shared screens are listed and read, and told to a bot that asked for it, in
// both of the forms that pages have.
func TestContentSharing(t *testing.T) {
	for _, inAddress := range []bool{false, true} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.SessionInAddress = inAddress })
		m := w.schedule(graphsim.MeetingPlan{})
		bob := w.enter(m, person("Bob"))
		c := w.calls(joinBody(byOrganizer(m) + `,"callOptions":{"@odata.type":"#microsoft.graph.outgoingCallOptions","isContentSharingNotificationEnabled":true}`))
		w.clock.forward(time.Second)
		w.heard = nil
		id := bob.Share()
		bob.Share()
		list := w.below("GET", c, "contentSharingSessions", "")
		session := `{"@odata.type":"#microsoft.graph.contentSharingSession","id":"` + id + `","presenterParticipantId":"` + bob.ID() + `"}`
		if !strings.HasSuffix(string(list.raw), `"value":[`+session+`]}`) || list.status != 200 {
			t.Errorf("%d %s", list.status, list.raw)
		}
		if a := w.below("GET", c, "contentSharingSessions/"+id, ""); a.status != 200 || a.body["id"] != id {
			t.Errorf("%d %s", a.status, a.raw)
		}
		w.version = "v1.0"
		if a := w.below("GET", c, "contentSharingSessions/"+id, ""); a.status != 200 || a.body["presenterParticipantId"] != nil {
			t.Errorf("%d %s", a.status, a.raw)
		}
		w.version = "beta"
		bob.StopSharing()
		bob.StopSharing()
		w.clock.forward(time.Second)
		var got []string
		for _, n := range w.heard {
			if _, tail, ok := strings.Cut(n.URL, "/contentsharingsessions"); ok {
				got = append(got, n.Change+tail+string(n.RawData))
			}
		}
		if n := len(w.heard) - len(got); n != 2 {
			t.Errorf("%d rosters, want 2", n)
		}
		want := []string{}
		for _, change := range []string{"created", "updated", "deleted"} {
			if inAddress {
				want = append(want, change+"/"+id)
			} else {
				want = append(want, change+`[{"@odata.type":"#microsoft.graph.contentSharingSession","id":"`+id+`"}]`)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		if a := w.below("GET", c, "contentSharingSessions/"+id, ""); statusAndCode(a) != "404 8522" {
			t.Errorf("over: %s", statusAndCode(a))
		}
	}
	b := newTable(t, nil)
	b.bob.Share()
	b.bob.Leave()
	b.expectRosters("Bob Eve application", "Eve application")
}

// Any operation can be read while its call lasts, unless a setting says
// otherwise.
func TestReadOperations(t *testing.T) {
	for _, gone := range []bool{false, true} {
		w := newWorld(t, func(c *graphsim.Config) { c.Settings.OperationsGone = gone })
		c := w.connected()
		a := w.must(c, "playPrompt", play("1", w.file("a.wav", time.Second)))
		id := fmt.Sprint(a.body["id"])
		if got := w.below("GET", c, "operations/"+id, ""); string(got.raw) != string(a.raw) {
			t.Errorf("running: %d\ngot  %s\nwant %s", got.status, got.raw, a.raw)
		}
		w.clock.forward(2 * time.Second)
		got := w.below("GET", c, "operations/"+id, "")
		switch {
		case gone:
			if statusAndCode(got) != "404 8522" {
				t.Errorf("gone: %s", statusAndCode(got))
			}
		case got.body["status"] != "completed" || got.body["completionReason"] != "completedSuccessfully" || got.body["@odata.id"] != nil:
			t.Errorf("over: %d %s", got.status, got.raw)
		default:
			w.version = "v1.0"
			if got := w.below("GET", c, "operations/"+id, ""); got.status != 200 || got.body["completionReason"] != nil {
				t.Errorf("v1.0: %d %s", got.status, got.raw)
			}
		}
		if a := w.below("GET", c, "operations/x", ""); statusAndCode(a) != "404 8522" {
			t.Errorf("unknown: %s", statusAndCode(a))
		}
		if a := w.below("DELETE", c, "operations/"+id, ""); statusAndCode(a) != "405 MethodNotAllowed" {
			t.Errorf("delete: %s", statusAndCode(a))
		}
	}
}
