package graph

import (
	"context"
	"fmt"
	"slices"
)

// Participants lists who is in the call, all pages of at most [MaxPages]. It
// takes [Select] and [Expand]. (Page call-list-participants.)
func (c CallClient) Participants(ctx context.Context, options ...Query) ([]Participant, error) {
	in := c.with(nil)
	in.query = options
	return list[Participant](ctx, c.client, listParticipants, in)
}

// InviteRequest is the body of invite (page participant-invite).
type InviteRequest struct {
	Participants  []InvitationParticipantInfo `json:"participants"`
	ClientContext string                      `json:"clientContext,omitempty"`
}

// Invite brings 1 to [MaxInvited] people into the call; several only into a
// group call with a chat. One with ReplacesCallID is pulled out of a call of
// two, which then ends; one with ParticipantID is moved here from another
// meeting of the bot. Of these the service reads the first participant of a
// request only. A telephone needs a bot with a number. (Page
// participant-invite; permission Calls.InitiateGroupCall.All.)
func (c CallClient) Invite(ctx context.Context, who InviteRequest) (OperationResource, error) {
	return c.client.operation(ctx, inviteParticipants, c.with(who, checkInvite(who), checkContext(who.ClientContext)))
}

// MuteAllRequest is the body of muteAll (page participant-muteall).
type MuteAllRequest struct {
	Participants  []string `json:"participants,omitempty"` // participant ids
	ClientContext string   `json:"clientContext,omitempty"`
}

// MuteAll mutes participants. The service announced in March 2020 that it will
// be removed; /v1.0 does not have it. (Page participant-muteall; permission
// Calls.JoinGroupCall.All or Calls.JoinGroupCallAsGuest.All.)
func (c CallClient) MuteAll(ctx context.Context, who MuteAllRequest) (OperationResource, error) {
	return c.client.operation(ctx, muteAll, c.with(who, checkContext(who.ClientContext)))
}

// AddLargeGalleryView adds a stream of everybody's video to a group call with
// app-hosted media. (Page call-addlargegalleryview; permission
// Calls.JoinGroupCall.All, Calls.JoinGroupCallAsGuest.All or
// Calls.InitiateGroupCall.All.)
func (c CallClient) AddLargeGalleryView(ctx context.Context, clientContext string) (OperationResource, error) {
	return c.client.operation(ctx, addGallery, c.with(withContext{clientContext}, checkContext(clientContext)))
}

type recordingStatusBody struct {
	ClientContext string          `json:"clientContext,omitempty"`
	Status        RecordingStatus `json:"status"`
}

// UpdateRecordingStatus tells the call's people whether the bot records them:
// policy-based recording only. (Page call-updaterecordingstatus; permissions
// Calls.JoinGroupCall.All and Calls.AccessMedia.All.)
func (c CallClient) UpdateRecordingStatus(ctx context.Context, status RecordingStatus, clientContext string) (OperationResource, error) {
	err := oneOf("the recording status", status, RecordingNotRecording, RecordingRecording, RecordingFailed)
	return c.client.operation(ctx, updateRecording, c.with(recordingStatusBody{clientContext, status}, err, checkContext(clientContext)))
}

type roleBody struct {
	Role ScreenSharingRole `json:"role"`
}

// ChangeScreenSharingRole makes the bot look at a shared screen, or share one:
// group calls with app-hosted media. (Page call-changescreensharingrole;
// permission Calls.AccessMedia.All.)
func (c CallClient) ChangeScreenSharingRole(ctx context.Context, role ScreenSharingRole) error {
	return c.do(ctx, changeRole, c.with(roleBody{role}, oneOf("the role", role, RoleViewer, RoleSharer)))
}

// part is a resource below a call.
type part struct {
	call CallClient
	ID   string
}

func (p part) with(body any, faults ...error) invocation {
	in := p.call.with(body, faults...)
	in.id = p.ID
	return in
}

// ParticipantClient is one participant of a call. ID is of the participation,
// as rosters have it.
type ParticipantClient struct{ part }

// Participant is a participant of the call: no request is made.
func (c CallClient) Participant(id string) ParticipantClient { return ParticipantClient{part{c, id}} }

// Get reads the participant. It takes [Select] and [Expand]. (Page
// participant-get; permission Calls.JoinGroupCall.All or
// Calls.JoinGroupCallAsGuest.All, as for all methods of a participant.)
func (p ParticipantClient) Get(ctx context.Context, options ...Query) (Participant, error) {
	in := p.with(nil)
	in.query = options
	var who Participant
	err := p.call.client.invoke(ctx, getParticipant, in, &who)
	return who, err
}

// Delete removes the participant from the call; of somebody who was invited and
// did not answer it takes the invitation back, with the id of
// [InvitationParticipantInfo.InvitedID]. The tenant has to allow it
// (AllowRemoveParticipantAppIds). (Page participant-delete.)
func (p ParticipantClient) Delete(ctx context.Context) error {
	return p.call.do(ctx, deleteParticipant, p.with(nil))
}

// Mute mutes the participant in the service. (Page participant-mute.)
func (p ParticipantClient) Mute(ctx context.Context, clientContext string) (OperationResource, error) {
	return p.call.client.operation(ctx, muteParticipant, p.with(withContext{clientContext}, checkContext(clientContext)))
}

// HoldRequest is the body of startHoldMusic (page participant-startholdmusic).
type HoldRequest struct {
	CustomPrompt  *MediaPrompt `json:"customPrompt,omitempty"` // nil for the service's music
	ClientContext string       `json:"clientContext,omitempty"`
}

// StartHoldMusic puts the participant on hold, one at a time in a call. (Page
// participant-startholdmusic.)
func (p ParticipantClient) StartHoldMusic(ctx context.Context, what HoldRequest) (OperationResource, error) {
	var err error
	if what.CustomPrompt != nil {
		err = checkPrompts([]MediaPrompt{*what.CustomPrompt}, 1, 1)
	}
	return p.call.client.operation(ctx, startHold, p.with(what, err, checkContext(what.ClientContext)))
}

// StopHoldMusic brings the participant back into the call. (Page
// participant-stopholdmusic.)
func (p ParticipantClient) StopHoldMusic(ctx context.Context, clientContext string) (OperationResource, error) {
	return p.call.client.operation(ctx, stopHold, p.with(withContext{clientContext}, checkContext(clientContext)))
}

// AudioRoutingGroups lists the call's groups, all pages of at most [MaxPages].
// It takes [Select] and [Expand]. (Page call-list-audioroutinggroups;
// permission Calls.JoinGroupCall.All or Calls.InitiateGroupCall.All, as for all
// methods of groups.)
func (c CallClient) AudioRoutingGroups(ctx context.Context, options ...Query) ([]AudioRoutingGroup, error) {
	in := c.with(nil)
	in.query = options
	return list[AudioRoutingGroup](ctx, c.client, listGroups, in)
}

// CreateAudioRoutingGroup lets one source speak to receivers. (Page
// call-post-audioroutinggroups.)
func (c CallClient) CreateAudioRoutingGroup(ctx context.Context, group AudioRoutingGroup) (AudioRoutingGroup, error) {
	var made AudioRoutingGroup
	err := c.client.invoke(ctx, createGroup, c.with(group, checkGroup(group)), &made)
	return made, err
}

// GroupClient is one audio routing group of a call.
type GroupClient struct{ part }

// AudioRoutingGroup is a group of the call: no request is made.
func (c CallClient) AudioRoutingGroup(id string) GroupClient { return GroupClient{part{c, id}} }

// Get reads the group. It takes [Select] and [Expand]. (Page
// audioroutinggroup-get.)
func (g GroupClient) Get(ctx context.Context, options ...Query) (AudioRoutingGroup, error) {
	in := g.with(nil)
	in.query = options
	var group AudioRoutingGroup
	err := g.call.client.invoke(ctx, getGroup, in, &group)
	return group, err
}

// Update changes the group's sources and receivers. (Page
// audioroutinggroup-update.)
func (g GroupClient) Update(ctx context.Context, group AudioRoutingGroup) (AudioRoutingGroup, error) {
	var changed AudioRoutingGroup
	err := g.call.client.invoke(ctx, updateGroup, g.with(group, checkGroup(group)), &changed)
	return changed, err
}

// Delete ends the group. (Page audioroutinggroup-delete.)
func (g GroupClient) Delete(ctx context.Context) error {
	return g.call.do(ctx, deleteGroup, g.with(nil))
}

// ContentSharingSessions lists the screens that are shared, all pages of at
// most [MaxPages]. (Page call-list-contentsharingsessions; permission
// Calls.JoinGroupCall.All, Calls.JoinGroupCallAsGuest.All, Calls.Initiate.All
// or Calls.InitiateGroupCall.All.)
func (c CallClient) ContentSharingSessions(ctx context.Context) ([]ContentSharingSession, error) {
	return list[ContentSharingSession](ctx, c.client, listSessions, c.with(nil))
}

// ContentSharingSession reads one of the screens that are shared. (Page
// contentsharingsession-get.)
func (c CallClient) ContentSharingSession(ctx context.Context, id string) (ContentSharingSession, error) {
	in := c.with(nil)
	in.id = id
	var session ContentSharingSession
	err := c.client.invoke(ctx, getSession, in, &session)
	return session, err
}

// Operation reads an operation. It is documented for those that add a large
// gallery view only; how long others can be read is not. Notifications tell
// how operations end. (Page addlargegalleryviewoperation-get.)
func (c CallClient) Operation(ctx context.Context, id string) (OperationResource, error) {
	in := c.with(nil)
	in.id = id
	var o OperationResource
	err := c.client.invoke(ctx, getOperation, in, &o)
	return o, err
}

// oneOf refuses a value that is none of those that may be sent.
func oneOf[T ~string](what string, value T, allowed ...T) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s %q is none of %q", what, string(value), allowed)
}
