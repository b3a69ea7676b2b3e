package graph_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// someone is a participant in short: "id", "id muted", "id lobby", "id gone",
// each with "@sequence"; "-name" has no id.
func someone(text string) graph.Participant {
	text, number, _ := strings.Cut(text, "@")
	id, how, _ := strings.Cut(text, " ")
	name, anonymous := strings.CutPrefix(id, "-")
	if anonymous {
		id = ""
	}
	p := graph.Participant{ID: id, IsMuted: how == "muted", IsInLobby: how == "lobby"}
	if name != "" {
		p.Info.Identity = graph.NewIdentitySet(ivr.Party{Kind: ivr.PartyUser, ID: name})
	}
	if how == "gone" {
		p.RemovedState = &graph.RemovedState{Reason: "Removed"}
	}
	if _, err := fmt.Sscan(number, &p.RosterSequenceNumber); err != nil {
		p.RosterSequenceNumber = 0
	}
	return p
}

func rosterOf(text string) []graph.Participant {
	var list []graph.Participant
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			list = append(list, someone(one))
		}
	}
	return list
}

func told(events []graph.RosterEvent) string {
	var all []string
	for _, e := range events {
		s := e.Change.String() + " " + e.Participant.Info.Identity.Party().ID
		switch {
		case e.Participant.IsMuted:
			s += " muted"
		case e.Participant.IsInLobby:
			s += " lobby"
		}
		if e.Participant.RemovedState != nil {
			s += " " + e.Participant.RemovedState.Reason
		}
		if (e.Before != nil) != (e.Change == graph.ParticipantChanged) {
			s += " with a wrong Before"
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func TestRoster(t *testing.T) {
	tests := []struct {
		name  string
		merge bool
		steps []string // "what comes: what is told"
	}{
		{"whole lists", false, []string{
			"a, b: joined a, joined b", "a, b:", "b, a:", "a, b muted, c lobby: changed b muted, joined c lobby", "a, b muted, c: changed c",
			"c, d: left a, left b muted, joined d", ": left c, left d", ":", "a: joined a",
		}},
		{"somebody is said to be removed", false, []string{"a, b: joined a, joined b", "a, b gone: left b Removed", "a:", "a, b: joined b"}},
		{"late lists", false, []string{
			"a@5, b@5: joined a, joined b", "a@7: left b", "a@6, b@6:", "a muted@4:", "a muted@8, c@8: changed a muted, joined c", "a muted@9:left c",
		}},
		{"a late list without those who came since", false, []string{"a@5: joined a", "a@7, b@7: joined b", "a@6:", "a@8: left b"}},
		{"a list with old and new", false, []string{"a@5: joined a", "a muted@4, b@6: joined b"}},
		{"deltas", true, []string{
			"a, b: joined a, joined b", "c: joined c", ":", "b muted: changed b muted", "a gone: left a Removed", "a gone:", "a: joined a",
		}},
		{"late deltas", true, []string{
			"a@1, b@2: joined a, joined b", "a gone@5: left a Removed", "a muted@4:", "b muted@1:", "a@6: joined a", "x gone@9:", "x@8:", "x@10: joined x",
		}},
		{"without an id", true, []string{"- muted:", "a: joined a"}},
		{"by identity", false, []string{"-ada, -ben: joined ada, joined ben", "-ben muted: left ada, changed ben muted", ": left ben muted"}},
		{"an id comes later", false, []string{"-ada: joined ada", "ada: changed ada", "ada:"}},
		{"twice in a list", true, []string{"a, a muted: joined a, changed a muted"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r graph.Roster
			for i, step := range tt.steps {
				comes, want, _ := strings.Cut(step, ":")
				take := r.Update
				if tt.merge {
					take = r.Merge
				}
				if got := told(take(rosterOf(comes))); got != strings.TrimSpace(want) {
					t.Errorf("step %d, %s: got %q, want %q", i, comes, got, strings.TrimSpace(want))
				}
			}
		})
	}
}

// TestRosterFollowsItsEvents: whoever applies the events to an empty list gets the
// roster, whatever comes.
func TestRosterFollowsItsEvents(t *testing.T) {
	for seed := range uint64(200) {
		chance := rand.New(rand.NewPCG(seed, 1))
		var r graph.Roster
		is := map[string]bool{}
		for step := range 50 {
			var list []graph.Participant
			for id := range strings.FieldsSeq("a b c d e") {
				if how := chance.IntN(5); how > 1 {
					list = append(list, someone(id+[]string{"", " muted", " lobby"}[how-2]+[]string{"", fmt.Sprintf("@%d", 1+step-chance.IntN(3))}[seed%2]))
				}
			}
			for _, e := range r.Update(list) {
				if joined := e.Change == graph.ParticipantJoined; joined == is[e.Participant.ID] {
					t.Fatalf("seed %d, step %d: %s %s, who was there: %t", seed, step, e.Change, e.Participant.ID, is[e.Participant.ID])
				}
				is[e.Participant.ID] = e.Change != graph.ParticipantLeft
			}
			for id := range strings.FieldsSeq("a b c d e") {
				if _, there := r.Participant(id); there != is[id] {
					t.Fatalf("seed %d, step %d: %s is there %t, its events say %t", seed, step, id, there, is[id])
				}
			}
			var again graph.Roster
			again.Update(r.Participants())
			if !slices.EqualFunc(again.Participants(), r.Participants(), func(a, b graph.Participant) bool { return a.ID == b.ID }) {
				t.Fatalf("seed %d: made again of its participants it is another", seed)
			}
		}
	}
}

// TestRosterOfNotifications reads the fixtures' rosters, alone and in a list.
func TestRosterOfNotifications(t *testing.T) {
	body := func(path, data string) []byte {
		return []byte(`{"value":[{"changeType":"updated","resourceUrl":"/communications/calls/11112222-3333-4444-5555-66667777aaaa` + path + `","resourceData":` + data + `}]}`)
	}
	const alice = `{"id":"p1","isMuted":true,"info":{"identity":{"user":{"id":"u1","displayName":"Alice"}}},"meetingRole":"presenter"}`
	for path, data := range map[string]string{"/participants": alice, "/Participants": "[" + alice + "]", "/operations/participants": "[" + alice + "]"} {
		list, err := decodeOne(t, body(path, data)).Participants()
		if err != nil || len(list) != 1 || list[0].ID != "p1" || !list[0].IsMuted || list[0].Info.Identity.User.ID != "u1" || string(list[0].Other["meetingRole"]) != `"presenter"` {
			t.Errorf("%s: got %+v, %v", path, list, err)
		}
	}
	for _, data := range []string{"[]", "null"} {
		if list, err := decodeOne(t, body("/participants", data)).Participants(); err != nil || len(list) != 0 {
			t.Errorf("%s: got %v, %v; want nobody", data, list, err)
		}
	}
	if _, err := decodeOne(t, body("/participants", `[{"id":"p1","info":7},8]`)).Participants(); err == nil {
		t.Error("a number for a participant: no error")
	}
	sessions, err := decodeOne(t, body("/contentsharingsessions", `[{"id":"F7","new":1}]`)).ContentSharingSessions()
	if err != nil || len(sessions) != 1 || sessions[0].ID != "F7" || string(sessions[0].Other["new"]) != "1" {
		t.Errorf("got %+v, %v", sessions, err)
	}
	for path, want := range map[string]string{"/contentsharingsessions/F7": "F7", "/contentSharingSessions": ""} {
		list, err := decodeOne(t, []byte(`{"value":[{"changeType":"created","resourceUrl":"/communications/calls/1`+path+`"}]}`)).ContentSharingSessions()
		if err != nil || len(list) > 1 || (len(list) == 1) != (want != "") || want != "" && list[0].ID != want {
			t.Errorf("%s without data: got %+v, %v, want %q", path, list, err, want)
		}
	}
	tone := decodeOne(t, body("", `{"state":"established"}`))
	if _, err := tone.Participants(); err == nil || !strings.Contains(err.Error(), `"call", not about "roster"`) {
		t.Errorf("participants of a call's update: %v", err)
	}
	if _, err := tone.ContentSharingSessions(); err == nil {
		t.Error("sessions of a call's update: no error")
	}
	if _, err := tone.ParticipantNotice(); err == nil {
		t.Error("a notice of a call's update: no error")
	}
}

// TestParticipantNotices: they are found by their type tags, wherever they come.
func TestParticipantNotices(t *testing.T) {
	const call = "11112222-3333-4444-5555-66667777aaaa"
	for _, path := range []string{"", "/participants", "/participants/x", "/operations/y", "/participantJoining", "/z/q"} {
		for name, kind := range map[string]graph.Kind{"participantJoiningNotification": graph.KindJoining, "ParticipantLeftNotification": graph.KindLeft} {
			data := `{"@odata.type":"#microsoft.graph.` + name + `","id":"n1","participantId":"p1","call":{"id":"` + call + `","state":"incoming","isNew":7}}`
			n := decodeOne(t, []byte(`{"value":[{"changeType":"created","resourceUrl":"/communications/calls/`+call+path+`","resourceData":`+data+`}]}`))
			notice, err := n.ParticipantNotice()
			if err != nil || n.Kind != kind || n.CallID != call || notice.ParticipantID != "p1" || notice.Call.ID != call || string(notice.Call.Other["isNew"]) != "7" {
				t.Errorf("%s at %q: got %s, %+v, %v", name, path, n.Kind, notice, err)
			}
			if _, ok := n.Event(epoch, "a"); ok {
				t.Errorf("%s became an event", name)
			}
			var was, is any
			if json.Unmarshal([]byte(data), &was) != nil || json.Unmarshal(marshal(t, notice), &is) != nil || fmt.Sprint(was) != fmt.Sprint(is) {
				t.Errorf("written again it is %v, want %v", is, was)
			}
		}
	}
}
