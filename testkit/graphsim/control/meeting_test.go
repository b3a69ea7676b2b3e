package control_test

import (
	"net/http"
	"testing"

	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// A meeting is scheduled, the bot joins it, and people come, wait in the lobby,
// press keys, and go.
func TestMeeting(t *testing.T) {
	w := newWorld(t)
	var m control.Meeting
	w.ask(http.MethodPost, "/meetings", `{"organizer": {"kind": "user", "id": "`+bob+`"}, "join_id": "1234567"}`, &m)
	if m.N != 1 || m.JoinID != "1234567" || m.JoinURL == "" || m.Lobby != "guests" || len(m.People) != 0 {
		t.Errorf("the meeting is %+v", m)
	}
	w.ask(http.MethodPost, "/meetings/1/people", `{"id": "`+bob+`"}`, nil)
	w.ask(http.MethodPost, "/meetings/last/people", `{"id": "+441632960123"}`, &m)
	if len(m.People) != 2 || m.People[0].InLobby || !m.People[1].InLobby {
		t.Errorf("the people are %+v", m.People)
	}
	w.bot.join(t.Context(), "1234567")
	call := w.log("kind=event&what=joining")[0].Call
	w.until(call, "audio")
	w.until(call, "prompt")
	w.ask(http.MethodPost, "/meetings/1/people/+441632960123/admit", "", &m)
	w.ask(http.MethodPost, "/meetings/1/people/"+m.People[1].ID+"/mute", "", &m)
	if m.People[1].InLobby || !m.People[1].Muted || len(m.People) != 3 {
		t.Errorf("the people are %+v", m.People)
	}
	w.ask(http.MethodPost, "/meetings/1/people/"+bob+"/press", `{"keys": "5"}`, nil)
	w.log("kind=event&what=tone_sent&call=" + call)
	w.ask(http.MethodPost, "/meetings/1/people/"+bob+"/leave", "", nil)
	w.ask(http.MethodPost, "/meetings/1/end", "", &m)
	if c := w.until(call, "ended"); len(m.People) != 0 || c.Direction != "outgoing" || c.Keys != "5" {
		t.Errorf("at the end: %+v, %+v", m, c)
	}
	var all control.Meetings
	w.ask(http.MethodGet, "/meetings", "", &all)
	if len(all.Meetings) != 1 {
		t.Errorf("all meetings: %+v", all)
	}
	for path, want := range map[string]int{"/meetings/2/end": 404, "/meetings/1/people/" + ann + "/mute": 404, "/meetings/1/people/" + ann + "/dance": 404,
		"/meetings/1/people": 400} {
		if status := w.raw(t.Context(), http.MethodPost, path, `{"id": "`+ann+`"}`, new(any)); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	for _, body := range []string{`{"lobby": "some"}`, `{"passcode": "x"}`, `{"join_id": "1234567"}`} {
		if status := w.raw(t.Context(), http.MethodPost, "/meetings", body, new(any)); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
}
