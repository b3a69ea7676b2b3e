package flow

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Join joins a meeting, whose call the flow goes on with. At most one of Link,
// JoinID and Organizer is set; none stands for the meeting that the bot's program
// named. Outcomes: done, lobby, failed.
type Join struct {
	Link      Template
	JoinID    Template
	Passcode  Template // of JoinID; nil for none
	Organizer Template // object id of a user; needs Thread
	Thread    Template // of the meeting's chat
	Tenant    Template // the organizer's; nil for the call's
	Wait      time.Duration
}

// Who is a participant of the meeting.
type Who struct {
	Bot  bool          // the bot itself
	Kind ivr.PartyKind // what ID is; empty: the participant's id in call.roster
	ID   Template
}

// Invite asks people into the meeting. Outcomes: done, failed.
type Invite struct{ To []Dest }

// Mute mutes the bot itself, or ends that; in a meeting also others. Outcomes:
// done, failed.
type Mute struct {
	Off      bool
	Everyone bool // all but the bot
	Who      *Who // nil: the bot itself, or everyone
}

// Hold lets a participant hear music apart from the meeting, or ends that.
// Outcomes: done, failed.
type Hold struct {
	Who   *Who // nil: who is on hold; of a resume only
	Music Prompt
	Off   bool // resume
}

// RouteAudio lets one participant speak to others apart from the meeting, or ends
// that. Outcomes: done, failed.
type RouteAudio struct {
	Name string // by which the flow changes or ends it
	From *Who
	To   []Who
	Off  bool
}

// Gallery adds the large gallery view. Outcomes: done, failed.
type Gallery struct{}

// RecordingStatus tells people whether the bot records. Outcomes: done, failed.
type RecordingStatus struct{ Status ivr.RecordingStatus }

// Verb names, in the words of flow files.
func (*Join) Verb() string   { return "join" }
func (*Invite) Verb() string { return "invite" }
func (m *Mute) Verb() string {
	if m.Off {
		return "unmute"
	}
	return "mute"
}
func (h *Hold) Verb() string {
	if h.Off {
		return "resume"
	}
	return "hold"
}
func (*RouteAudio) Verb() string      { return "route_audio" }
func (*Gallery) Verb() string         { return "gallery" }
func (*RecordingStatus) Verb() string { return "recording_status" }

func (*Join) entry() Phase            { return PhaseJoining }
func (*Invite) entry() Phase          { return PhaseConferring }
func (*Mute) entry() Phase            { return PhaseMuting }
func (*Hold) entry() Phase            { return PhaseConferring }
func (*RouteAudio) entry() Phase      { return PhaseConferring }
func (*Gallery) entry() Phase         { return PhaseConferring }
func (*RecordingStatus) entry() Phase { return PhaseConferring }
