package testkit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const assistantFlow = `
ivr: 1
flow: assistant
kind: meeting
params: {ann: {type: string, default: 5f0c7c7e-0000-4000-8000-000000000001}, bob: {type: phone, default: "+442071838750"}}
prompts: {hello: "Hello.", bye: "Goodbye.", music: "La la la.", ask: "Press 1 to have Bob called, 2 for silence, 3 to end.", sorry: "It did not work."}
start: main
states:
  main:
    - join:
      wait: 2m
      lobby: [{milestone: lobby}, end]
      failed: [{tag: {name: why, text: "${result.reason}"}}, end]
    - play: hello
    - menu: ask
      keys: {1: call_bob, 2: silence, 3: bye, 4: aside}
      gave_up: alone
  call_bob:
    - invite: {phone: "${bob}", dynamic: true}
      failed: [{tag: {name: why, text: "${result.reason}"}}, {play: sorry}, end]
    - hold: {phone: "${bob}", music: [music, {silence: 1s}]}
      failed: [{play: sorry}, end]
    - play: {say: "${call.participants} are here."}
    - resume:
      failed: [{play: sorry}, end]
    - goto: bye
  silence:
    - mute: everyone
      failed: [{play: sorry}, end]
    - mute: {user: "${ann}"}
      failed: [{play: sorry}, end]
    - recording_status: recording
      failed: [{play: sorry}, end]
    - goto: bye
  aside:
    - route_audio: {from: bot, to: {user: "${ann}"}}
      failed: [{play: sorry}, end]
    - play: {say: "Only you hear this."}
    - route_audio: {from: bot, to: [{user: "${ann}"}, {user: 5f0c7c7e-0000-4000-8000-000000000003}]}
      failed: [{play: sorry}, end]
    - route_audio: {stop: true}
      failed: [{play: sorry}, end]
    - gallery:
      failed: [{log: "no gallery: ${result.reason}"}, {goto: bye}]
    - goto: bye
  alone:
    - wait: {for: 30m, people: true}
      joined: [{play: {say: "Welcome."}}, {goto: alone}]
      left: bye
    - end
  bye: [{play: bye}, end]
on_hangup: [{milestone: meeting_over}]
`

func ann() ivr.Party {
	return ivr.Party{Kind: ivr.PartyUser, ID: "5f0c7c7e-0000-4000-8000-000000000001", Name: "Ann", Tenant: graphsim.DefaultTenant}
}

func eve() ivr.Party {
	return ivr.Party{Kind: ivr.PartyUser, ID: "5f0c7c7e-0000-4000-8000-000000000003", Name: "Eve", Tenant: graphsim.DefaultTenant}
}

// A bot joins a meeting and does there all that a flow can, over the wire.
func TestMeeting(t *testing.T) {
	f := loadText(t, assistantFlow)
	given := testkit.Given{Participants: []ivr.Party{ann(), eve()}, Meeting: graphsim.MeetingPlan{Lobby: graphsim.LobbyNobody}}
	said := func(t *testing.T, c *testkit.Call, want ...string) {
		t.Helper()
		for _, w := range want {
			if !slices.ContainsFunc(c.Conversation(), func(l testkit.Line) bool { return strings.Contains(l.What, w) }) {
				t.Errorf("nothing is said of %q:\n%v", w, c.Conversation())
			}
		}
	}
	t.Run("invite and hold", func(t *testing.T) {
		c := testkit.Dial(t, f, given).Hears("hello", "ask").Press("1").Hears("4 are here", "bye").Ended(ivr.EndedByFlow)
		said(t, c, "joins the meeting", "phone +442071838750 is on hold", "phone +442071838750 is back from hold")
	})
	t.Run("mute", func(t *testing.T) {
		c := testkit.Dial(t, f, given).Hears("ask").Press("2").Hears("bye")
		said(t, c, "Ann is muted", "Eve is muted", "people are told that recording is recording")
		c.Ended(ivr.EndedByFlow)
	})
	t.Run("routes", func(t *testing.T) {
		c := testkit.Dial(t, f, given).Hears("ask").Press("4").Hears("Only you", "bye").Ended(ivr.EndedByFlow)
		said(t, c, "audio is routed apart", "no gallery: media")
	})
	t.Run("people", func(t *testing.T) {
		c := testkit.Dial(t, f, given).Hears("ask").Silence(testkit.GaveUp).Joins(ivr.Party{Kind: ivr.PartyGuest, ID: "g", Name: "Guest"}).Hears("Welcome")
		c.Leaves(ann()).Hears("bye").Ended(ivr.EndedByFlow)
	})
	t.Run("the meeting ends", func(t *testing.T) {
		c := testkit.Dial(t, f, given).Hears("hello").HangUp().Ended(ivr.EndedByCaller)
		if got := c.Milestones(); !slices.Equal(got, []string{"meeting_over"}) {
			t.Errorf("milestones %q", got)
		}
	})
	t.Run("ends while somebody is invited", func(t *testing.T) {
		g := given
		g.Targets = map[string]graphsim.Behaviour{"+442071838750": graphsim.NoAnswer}
		testkit.Dial(t, f, g).Hears("ask").Press("1").Wait(5 * time.Second).HangUp().Ended(ivr.EndedByCaller)
	})
	t.Run("nobody answers", func(t *testing.T) {
		g := given
		g.Targets = map[string]graphsim.Behaviour{"+442071838750": graphsim.NoAnswer}
		testkit.Dial(t, f, g).Hears("ask").Press("1").Hears("sorry").Ended(ivr.EndedByFlow)
	})
	t.Run("not allowed to call", func(t *testing.T) {
		g := given
		g.Phones = []string{"+49"}
		testkit.Dial(t, f, g).Hears("ask").Press("1").Hears("sorry").Ended(ivr.EndedByFlow)
	})
}

// The bot waits in the lobby, and is let in or not.
func TestLobby(t *testing.T) {
	f := loadText(t, assistantFlow)
	given := testkit.Given{Meeting: graphsim.MeetingPlan{Lobby: graphsim.LobbyEverybody}}
	t.Run("let in", func(t *testing.T) {
		testkit.Dial(t, f, given).LetIn().Hears("hello").HangUp().Ended(ivr.EndedByCaller)
	})
	t.Run("late", func(t *testing.T) {
		testkit.Dial(t, f, given).Wait(time.Minute).LetIn().Hears("hello")
	})
	for name, end := range map[string]func(c *testkit.Call){
		"nobody comes":     func(*testkit.Call) {},
		"removed":          func(c *testkit.Call) { c.Wait(5 * time.Second); c.Meeting().Find(graphsim.DefaultAppID).Remove() },
		"the meeting ends": func(c *testkit.Call) { c.Wait(5 * time.Second); c.Meeting().End() },
	} {
		t.Run(name, func(t *testing.T) {
			c := testkit.Dial(t, f, given)
			end(c)
			c.Ended(ivr.EndedByFlow).NeverHeard("hello")
			if got := c.Milestones(); !slices.Equal(got, []string{"lobby"}) {
				t.Errorf("milestones %q", got)
			}
		})
	}
}

// What goes wrong on the way, once or for good.
func TestMeetingFaults(t *testing.T) {
	f := loadText(t, assistantFlow)
	for name, c := range map[string]struct {
		action string
		fault  graphsim.Fault
		key    string
		hears  string
	}{
		"invite throttled":           {"invite", graphsim.Fault{Status: 429}, "1", "bye"},
		"invite refused":             {"invite", graphsim.Fault{Status: 403, Code: "7504"}, "1", "sorry"},
		"invited, no response":       {"invite", graphsim.Fault{NoResponse: true, Accept: true}, "1", "bye"},
		"not invited, no response":   {"invite", graphsim.Fault{NoResponse: true}, "1", "sorry"},
		"hold throttled":             {"startHoldMusic", graphsim.Fault{Status: 429}, "1", "bye"},
		"held, no response":          {"startHoldMusic", graphsim.Fault{NoResponse: true, Accept: true}, "1", "bye"},
		"not held, no response":      {"startHoldMusic", graphsim.Fault{NoResponse: true}, "1", "sorry"},
		"resume, no response":        {"stopHoldMusic", graphsim.Fault{NoResponse: true, Accept: true}, "1", "bye"},
		"resume throttled":           {"stopHoldMusic", graphsim.Fault{Status: 429}, "1", "bye"},
		"mute all, no response":      {"muteAll", graphsim.Fault{NoResponse: true, Accept: true}, "2", "bye"},
		"mute all refused":           {"muteAll", graphsim.Fault{Status: 403}, "2", "sorry"},
		"status, no response":        {"updateRecordingStatus", graphsim.Fault{NoResponse: true}, "2", "bye"},
		"status refused":             {"updateRecordingStatus", graphsim.Fault{Status: 400}, "2", "sorry"},
		"gallery, no response":       {"addLargeGalleryView", graphsim.Fault{NoResponse: true, Accept: true}, "4", "bye"},
		"gallery refused":            {"addLargeGalleryView", graphsim.Fault{Status: 400}, "4", "bye"},
		"route, no response":         {"createAudioRoutingGroup", graphsim.Fault{NoResponse: true}, "4", "sorry"},
		"routed, no response":        {"createAudioRoutingGroup", graphsim.Fault{NoResponse: true, Accept: true}, "4", "bye"},
		"route throttled":            {"createAudioRoutingGroup", graphsim.Fault{Status: 429}, "4", "bye"},
		"roster is late":             {"callback", graphsim.Fault{Match: "participants", Delay: 2 * time.Second}, "2", "bye"},
		"the first roster is lost":   {"callback", graphsim.Fault{Match: "participants", Lose: true}, "3", "bye"},
		"established comes twice":    {"callback", graphsim.Fault{Match: "established", Duplicate: 1}, "2", "bye"},
		"the response to join: lost": {"create", graphsim.Fault{NoResponse: true, Accept: true}, "2", "bye"},
	} {
		t.Run(name, func(t *testing.T) {
			fault := c.fault
			fault.Action, fault.Nth = c.action, 1
			given := testkit.Given{Participants: []ivr.Party{ann(), eve()}, Meeting: graphsim.MeetingPlan{Lobby: graphsim.LobbyNobody}, Faults: []graphsim.Fault{fault}}
			testkit.Dial(t, f, given).Hears("ask").Press(c.key).Hears(c.hears).Ended(ivr.EndedByFlow)
		})
	}
}

// Nobody knows whether a route of audio was made, and reading the routes fails, too.
func TestRouteInDoubt(t *testing.T) {
	f := loadText(t, assistantFlow)
	lost := graphsim.Fault{Action: "createAudioRoutingGroup", Nth: 1, NoResponse: true, Accept: true}
	for name, c := range map[string]struct {
		list  graphsim.Fault
		hears string
	}{
		"once":     {graphsim.Fault{Nth: 1, Status: 429}, "bye"},
		"for good": {graphsim.Fault{Status: 403}, "sorry"},
	} {
		t.Run(name, func(t *testing.T) {
			c.list.Action = "listAudioRoutingGroups"
			given := testkit.Given{Participants: []ivr.Party{ann(), eve()}, Meeting: graphsim.MeetingPlan{Lobby: graphsim.LobbyNobody}, Faults: []graphsim.Fault{lost, c.list}}
			testkit.Dial(t, f, given).Hears("ask").Press("4").Hears(c.hears).Ended(ivr.EndedByFlow)
		})
	}
}
