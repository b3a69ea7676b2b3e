package prove

import (
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// meetingWriter is what a test says of a meeting.
type meetingWriter struct {
	lobby  bool  // the bot waits in it
	known  bool  // who is there when the bot comes
	late   bool  // nobody tells the bot when it comes
	people []any // those who are
	// invited are the ids of those whom the flow invites: they come by themselves.
	invited map[string]bool
	guests  []string // ids of those whom the flow does not name
}

// roster lets people come and go.
func (w *testWriter) roster(i int, a *Act) error {
	was, is := w.call.states[i-1].session.Meeting, w.call.states[i].session.Meeting
	if a.Kind == Knocks || slices.ContainsFunc(is.People, func(p ivr.Participant) bool { return p.Lobby && p.ID != is.Me }) {
		return fmt.Errorf("%w: somebody waits in the lobby", errUnsaid)
	}
	m := &w.meeting
	if a.Kind == Meets && a.What == "lobby" {
		m.lobby = true
		return nil
	}
	if a.Kind == Meets && m.lobby {
		w.do("let_in", nil)
	}
	for _, p := range is.People {
		switch {
		case p.ID == is.Me || has(was, p) || m.invited[p.Party.ID]:
		case a.Kind == Meets:
			m.people = append(m.people, w.person(p.Party))
		default:
			w.comesOrGoes("joins", p)
		}
	}
	for _, p := range was.People {
		if !has(is, p) {
			w.comesOrGoes("leaves", p)
		}
	}
	m.known = m.known || a.Kind == Meets
	return nil
}

// comesOrGoes lets somebody do so once the bot is there.
func (w *testWriter) comesOrGoes(word string, p ivr.Participant) {
	if len(w.doings) == 0 {
		w.do("wait", "1s")
	}
	w.do(word, w.person(p.Party))
}

// has reports whether somebody is in a meeting, or in its lobby.
func has(mt *engine.Meeting, p ivr.Participant) bool {
	return slices.ContainsFunc(mt.People, func(q ivr.Participant) bool { return p.ID == q.ID })
}

// person is somebody in a meeting as a test names them.
func (w *testWriter) person(p ivr.Party) any {
	if p.Kind != ivr.PartyGuest {
		return map[string]any{string(p.Kind): p.ID}
	}
	n := slices.Index(w.meeting.guests, p.ID)
	if n < 0 {
		n = len(w.meeting.guests)
		w.meeting.guests = append(w.meeting.guests, p.ID)
	}
	return map[string]any{"guest": fmt.Sprintf("g%d", n+1)}
}

// given adds the meeting to the world of the call. That nobody tells the bot who is
// there when it comes is left out, unless the test is exact.
func (m *meetingWriter) given(all, callbacks map[string]any, exact bool) {
	if m.lobby {
		all["meeting"] = map[string]any{"lobby": "everybody"}
	}
	if m.late && exact {
		lost := any("lost")
		if m.known {
			lost = []any{lost, well}
		}
		callbacks["participants"] = lost
	}
	if m.known {
		all["participants"] = append([]any{}, m.people...)
	}
}

// conferred is what a command about a meeting asks of Graph; empty for another.
func conferred(cmd ivr.Command) (op ivr.OpID, kind string) {
	switch cmd := cmd.(type) {
	case ivr.Invite:
		return cmd.Op, "invite"
	case ivr.Mute:
		switch {
		case len(cmd.Who) == 1:
			return cmd.Op, "muteParticipant"
		case len(cmd.Who) > 1:
			return cmd.Op, "muteAll"
		case cmd.Off:
			return cmd.Op, "unmute"
		}
		return cmd.Op, "mute"
	case ivr.Hold:
		if cmd.Off {
			return cmd.Op, "stopHoldMusic"
		}
		return cmd.Op, "startHoldMusic"
	case ivr.RouteAudio:
		switch {
		case cmd.Off:
			return cmd.Op, "deleteAudioRoutingGroup"
		case cmd.Group != "":
			return cmd.Op, "updateAudioRoutingGroup"
		}
		return cmd.Op, "createAudioRoutingGroup"
	case ivr.AddGallery:
		return cmd.Op, "addLargeGalleryView"
	case ivr.TellRecording:
		return cmd.Op, "updateRecordingStatus"
	default:
	}
	return 0, ""
}
