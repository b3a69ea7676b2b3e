package ivr

import "fmt"

// Meeting says which meeting a call joins: by its Link, by its JoinID, or by
// its Thread and Organizer. The zero Meeting is none.
type Meeting struct {
	// Link is a join URL in a form in which Teams hands it out, or a bare meeting
	// id. It may open the meeting: keep it out of logs.
	Link string `json:"link,omitempty"`

	JoinID   string `json:"join_id,omitempty"`  // the meeting id of the invitation, digits
	Passcode string `json:"passcode,omitempty"` // of JoinID; empty for none

	Thread    string `json:"thread,omitempty"`    // of the meeting's chat: "19:meeting_...@thread.v2"
	Message   string `json:"message,omitempty"`   // of the chat's root; empty stands for "0"
	Reply     string `json:"reply,omitempty"`     // of a channel's meeting
	Organizer string `json:"organizer,omitempty"` // object id of the user
	Tenant    string `json:"tenant,omitempty"`    // the organizer's; empty: the call's
}

// String is how the meeting is named, without what opens it.
func (m Meeting) String() string {
	switch {
	case m.Link != "":
		return "the meeting of a link"
	case m.JoinID != "":
		return fmt.Sprintf("the meeting %s", m.JoinID)
	case m.Thread != "":
		return fmt.Sprintf("the meeting %s of %s", m.Thread, m.Organizer)
	}
	return "no meeting"
}

// Participant is somebody in a meeting, once for each device that joined.
type Participant struct {
	ID    string `json:"id"` // of this participation, not of the person
	Party Party  `json:"party,omitzero"`
	Muted bool   `json:"muted,omitempty"` // by the person or by the platform
	Lobby bool   `json:"lobby,omitempty"` // waits to be let in
	Gone  bool   `json:"gone,omitempty"`  // was there, and has left or was removed
}

// Invite asks people into the meeting (Graph: participant invite).
type Invite struct {
	Op      OpID     `json:"op"`
	Leg     LegID    `json:"leg"`
	Targets []Target `json:"targets"`           // 1 to 5
	Dynamic bool     `json:"dynamic,omitempty"` // a target was computed from what somebody typed
}

// Hold lets a participant hear music apart from the meeting, or ends that
// (Graph: startHoldMusic, stopHoldMusic).
type Hold struct {
	Op    OpID   `json:"op"`
	Leg   LegID  `json:"leg"`
	Who   string `json:"who"`             // participant id
	Music []Part `json:"music,omitempty"` // at most one; none: the platform's
	Off   bool   `json:"off,omitempty"`   // resume
}

// RouteAudio lets one participant speak to some apart from the meeting, or ends
// that (Graph: audio routing groups). Its result has the group's id as Remote.
type RouteAudio struct {
	Op        OpID     `json:"op"`
	Leg       LegID    `json:"leg"`
	Group     string   `json:"group,omitempty"`     // the id of the group that is changed; empty: a new one
	Source    string   `json:"source,omitempty"`    // participant id
	Receivers []string `json:"receivers,omitempty"` // participant ids, at least one
	Off       bool     `json:"off,omitempty"`       // the group is ended
}

// AddGallery adds the large gallery view to the meeting (Graph:
// addLargeGalleryView).
type AddGallery struct {
	Op  OpID  `json:"op"`
	Leg LegID `json:"leg"`
}

// RecordingStatus is what people in a meeting are told about its recording by
// the bot.
type RecordingStatus string

// The states of recording, in Graph's words (enumeration recordingStatus).
const (
	RecordingOff    RecordingStatus = "notRecording"
	RecordingOn     RecordingStatus = "recording"
	RecordingBroken RecordingStatus = "failed"
)

// TellRecording tells the people in the meeting whether the bot records it
// (Graph: updateRecordingStatus).
type TellRecording struct {
	Op     OpID            `json:"op"`
	Leg    LegID           `json:"leg"`
	Status RecordingStatus `json:"status"`
}

func (Invite) isCommand()        {}
func (Hold) isCommand()          {}
func (RouteAudio) isCommand()    {}
func (AddGallery) isCommand()    {}
func (TellRecording) isCommand() {}

// RosterChanged says who is in the meeting now, those who wait in its lobby
// among them: as a rule all, see the engine for one that is not whole.
type RosterChanged struct {
	Head
	Call   CallID        `json:"call,omitempty"`
	Seq    int64         `json:"seq,omitempty"` // orders the rosters of a call; 0 if the platform gives none
	People []Participant `json:"people,omitempty"`
}

func (RosterChanged) isEvent() {}
