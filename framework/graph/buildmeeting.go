package graph

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// joinCall is the body of a new call that joins a meeting. Its link, if it is
// named by one, is read here.
func (p Params) joinCall(c ivr.CreateCall) (CallResource, error) {
	where, err := MeetingOf(*c.Meeting)
	if err != nil {
		return CallResource{}, err
	}
	call := CallResource{MeetingInfo: where.MeetingInfo, MediaConfig: ServiceHosted()}
	call.ODataType, call.CallbackURI, call.ChatInfo = TypeCall, p.CallbackURI, where.ChatInfo
	call.RequestedModalities, call.TenantID = []string{ModalityAudio}, p.Tenant
	if where.TenantID != "" {
		call.TenantID = where.TenantID
	}
	switch {
	case c.Source.Kind == ivr.PartyApplication:
		call.Source = &ParticipantInfo{ODataType: TypeParticipantInfo, Identity: NewIdentitySet(ivr.Party{Kind: c.Source.Kind, ID: c.Source.ID})}
	case c.Source != (ivr.Party{}):
		return CallResource{}, fmt.Errorf("a source of kind %q cannot join; an application instance can", c.Source.Kind)
	}
	return checkNewCall(call)
}

// MeetingOf is what a new call needs to join a meeting. An error says what is
// wrong with the meeting's link or id, and never its passcode.
func MeetingOf(m ivr.Meeting) (Join, error) {
	switch {
	case m.Link != "":
		return ParseJoinURL(m.Link)
	case m.JoinID != "":
		j, err := JoinByID(m.JoinID, m.Passcode)
		j.TenantID = m.Tenant
		return j, err
	case m.Thread == "" || m.Organizer == "":
		return Join{}, errors.New("joining a meeting: it is named by neither a link, a meeting id, nor thread and organizer; give one of them")
	}
	chat := ChatInfo{ODataType: TypeChatInfo, ThreadID: m.Thread, MessageID: "0", ReplyChainMessageID: m.Reply}
	if m.Message != "" {
		chat.MessageID = m.Message
	}
	return Join{ChatInfo: &chat, MeetingInfo: OrganizerMeeting(m.Organizer, m.Tenant), TenantID: m.Tenant}, nil
}

// Meeting is where the join leads, in the words of commands.
func (j Join) Meeting() ivr.Meeting {
	m := ivr.Meeting{Tenant: j.TenantID}
	if c := j.ChatInfo; c != nil {
		m.Thread, m.Message, m.Reply = c.ThreadID, c.MessageID, c.ReplyChainMessageID
	}
	if i := j.MeetingInfo; i != nil {
		m.JoinID, m.Passcode = i.JoinMeetingID, i.Passcode
		if i.Organizer != nil {
			who := i.Organizer.Party()
			m.Organizer = who.ID
		}
	}
	return m
}

// invite is the body of an invitation (page participant-invite).
func (p Params) invite(c ivr.Invite) (string, any, error) {
	context, err := p.clientContext(c.Op)
	body := InviteRequest{ClientContext: context}
	errs := []error{err}
	for _, t := range c.Targets {
		who, err := target(t)
		if t.Kind == ivr.PartyVoicemail {
			err = errors.New("a voicemail can be transferred to, not invited")
		}
		body.Participants, errs = append(body.Participants, who), append(errs, err)
	}
	return participantsBelow + "/invite", openBody{body}, errors.Join(append(errs, checkInvite(body))...)
}

// mute mutes the bot, one participant, or several (pages call-mute, call-unmute,
// participant-mute and participant-muteall).
func (p Params) mute(c ivr.Mute) (string, any, error) {
	context, err := p.clientContext(c.Op)
	switch len(c.Who) {
	case 0:
		return "/" + muteName(c), MuteRequest{ClientContext: context}, err
	case 1:
		return participantBelow(c.Who[0]) + "/mute", withContext{context}, err
	}
	return participantsBelow + "/muteAll", MuteAllRequest{Participants: c.Who, ClientContext: context}, err
}

// hold starts and stops hold music (pages participant-startholdmusic and
// participant-stopholdmusic).
func (p Params) hold(c ivr.Hold) (string, any, error) {
	context, err := p.clientContext(c.Op)
	if c.Off {
		return participantBelow(c.Who) + "/stopHoldMusic", withContext{context}, err
	}
	media, errMedia := p.media()
	body := HoldRequest{ClientContext: context}
	switch {
	case len(media) > 1:
		errMedia = fmt.Errorf("%d files of hold music; Graph takes 1: join them", len(media))
	case len(media) == 1:
		body.CustomPrompt = &MediaPrompt{ODataType: TypeMediaPrompt, MediaInfo: media[0]}
	}
	return participantBelow(c.Who) + "/startHoldMusic", openBody{body}, errors.Join(err, errMedia)
}

// routeAudio makes, changes and ends an audio routing group (pages
// call-post-audioroutinggroups, audioroutinggroup-update and
// audioroutinggroup-delete).
func (p Params) routeAudio(c ivr.RouteAudio) (string, any, error) {
	path := groupsBelow
	if c.Group != "" {
		path += "/" + url.PathEscape(c.Group)
	}
	if c.Off {
		return path, nil, nil
	}
	body := AudioRoutingGroup{ID: c.Group, RoutingMode: RoutingOneToOne, Sources: []string{c.Source}, Receivers: c.Receivers}
	if len(c.Receivers) > 1 {
		body.RoutingMode = RoutingMulticast
	}
	return path, openBody{body}, checkGroup(body)
}

func (p Params) tellRecording(c ivr.TellRecording) (string, any, error) {
	context, err := p.clientContext(c.Op)
	status := RecordingStatus(c.Status)
	known := oneOf("the recording status", status, RecordingNotRecording, RecordingRecording, RecordingFailed)
	return "/updateRecordingStatus", recordingStatusBody{context, status}, errors.Join(err, known)
}

// Where things are below a call.
const (
	participantsBelow = "/participants"
	groupsBelow       = "/audioRoutingGroups"
)

func participantBelow(id string) string { return participantsBelow + "/" + url.PathEscape(id) }

// methodOf is the HTTP method of a command.
func methodOf(cmd ivr.Command) string {
	switch c := cmd.(type) {
	case ivr.HangUp:
		return http.MethodDelete
	case ivr.ReadCall:
		return http.MethodGet
	case ivr.RouteAudio:
		if c.Off {
			return http.MethodDelete
		}
		if c.Group != "" {
			return http.MethodPatch
		}
	default: // the others are actions
	}
	return http.MethodPost
}

// holdName, groupName and muteName are Graph's names of what a command is.
func holdName(c ivr.Hold) (string, OpClass) {
	m := methods[startHold]
	if c.Off {
		m = methods[stopHold]
	}
	return m.Name, m.Class
}

func groupName(c ivr.RouteAudio) (string, OpClass) {
	m := methods[createGroup]
	switch {
	case c.Off:
		m = methods[deleteGroup]
	case c.Group != "":
		m = methods[updateGroup]
	}
	return m.Name, m.Class
}

func muteName(c ivr.Mute) string {
	switch {
	case c.Off:
		return "unmute"
	case len(c.Who) == 1:
		return methods[muteParticipant].Name
	case len(c.Who) > 1:
		return methods[muteAll].Name
	}
	return "mute"
}
