package graph

import (
	"reflect"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// CallResource is a call with all its properties (resource type call): what a
// new call is made of, and what the service tells about one. [Call] has those
// that notifications are read for.
type CallResource struct {
	Call
	Subject string `json:"subject,omitempty"`
	// ActiveModalities are those that flow now.
	ActiveModalities []string                `json:"activeModalities,omitempty" graph:"beta"`
	MediaConfig      *MediaConfig            `json:"mediaConfig,omitempty"`
	CallOptions      *CallOptions            `json:"callOptions,omitempty"`
	MeetingInfo      *MeetingInfo            `json:"meetingInfo,omitempty"`
	Capability       *Capability             `json:"meetingCapability,omitempty" graph:"beta"`
	IncomingContext  *IncomingContext        `json:"incomingContext,omitempty"`
	Transcription    *Transcription          `json:"transcription,omitempty"`
	RoutingPolicies  []string                `json:"routingPolicies,omitempty" graph:"beta"`
	ReplacesContext  string                  `json:"replacesContext,omitempty"` // seen after failed transfers, not declared
	Participants     []Participant           `json:"participants,omitempty"`    // if expanded
	Operations       []OperationResource     `json:"operations,omitempty"`      // if expanded
	AudioGroups      []AudioRoutingGroup     `json:"audioRoutingGroups,omitempty"`
	ContentSharing   []ContentSharingSession `json:"contentSharingSessions,omitempty"`
	// RingingTimeoutInSeconds is how long a call of two that the bot makes may
	// ring: 1 to 115, 0 for the service's default, which is not documented.
	RingingTimeoutInSeconds Int        `json:"ringingTimeoutInSeconds,omitempty" graph:"beta"`
	Other                   Properties `json:"-"`
}

// UnmarshalJSON reads a call and keeps what it does not know.
func (c *CallResource) UnmarshalJSON(data []byte) error {
	type plain CallResource
	return decodeOpen(data, (*plain)(c))
}

// MarshalJSON writes a call with what it does not know.
func (c CallResource) MarshalJSON() ([]byte, error) { return encodeOpen(c, false) }

// The modalities of a call (enumeration modality).
const (
	ModalityAudio                   = "audio"
	ModalityVideo                   = "video"
	ModalityVideoBasedScreenSharing = "videoBasedScreenSharing"
	ModalityData                    = "data"
)

// The routing policies of a call of two (enumeration routingPolicy).
const (
	RoutingNone                         = "none"
	RoutingNoMissedCall                 = "noMissedCall"
	RoutingDisableForwardingExceptPhone = "disableForwardingExceptPhone"
	RoutingDisableForwarding            = "disableForwarding"
	RoutingPreferSkypeForBusiness       = "preferSkypeForBusiness"
)

// MediaConfig says who plays and hears a call's audio, the service or the bot
// (resource types serviceHostedMediaConfig and appHostedMediaConfig). Use
// [ServiceHosted] or [AppHosted].
type MediaConfig struct {
	ODataType string `json:"@odata.type,omitempty"`
	// PreFetchMedia are files that the service may fetch early, so that the
	// first prompt starts sooner. Service-hosted.
	PreFetchMedia []MediaInfo         `json:"preFetchMedia,omitempty"`
	LiveCaptions  *LiveCaptionOptions `json:"liveCaptionOptions,omitempty" graph:"beta"`
	// Blob is what the media library of the bot says. App-hosted.
	Blob string `json:"blob,omitempty"`
	// RemoveFromDefaultAudioGroup lets the bot hear and speak only through audio
	// routing groups. Documented for both versions, declared for the beta.
	RemoveFromDefaultAudioGroup bool       `json:"removeFromDefaultAudioGroup,omitempty"`
	Other                       Properties `json:"-"`
}

// LiveCaptionOptions is where captions go (resource type liveCaptionOptions).
type LiveCaptionOptions struct {
	StreamURL string     `json:"streamUrl,omitempty"`
	Other     Properties `json:"-"`
}

// ServiceHosted lets the service play, record and listen for keys. It may fetch
// the files early.
func ServiceHosted(early ...MediaInfo) *MediaConfig {
	return &MediaConfig{ODataType: TypeServiceHostedMediaConfig, PreFetchMedia: early}
}

// AppHosted gives the bot the media streams themselves. The blob comes from
// Microsoft's media library, which runs on Windows only; the bot needs the
// permission Calls.AccessMedia.All.
func AppHosted(blob string) *MediaConfig {
	return &MediaConfig{ODataType: TypeAppHostedMediaConfig, Blob: blob}
}

// CallOptions are options of a call (resource types outgoingCallOptions and
// incomingCallOptions, which have the same properties). Requests get the right
// type tag.
type CallOptions struct {
	ODataType string `json:"@odata.type,omitempty"`
	// HideBotAfterEscalation keeps the bot out of the roster when a call of two
	// becomes a group call.
	HideBotAfterEscalation bool `json:"hideBotAfterEscalation,omitempty"`
	// IsContentSharingNotificationEnabled asks for notifications about shared
	// screens.
	IsContentSharingNotificationEnabled bool `json:"isContentSharingNotificationEnabled,omitempty"`
	// IsDeltaRosterEnabled asks for what changed in the roster instead of all of it.
	IsDeltaRosterEnabled bool `json:"isDeltaRosterEnabled,omitempty"`
	// IsInteractiveRosterEnabled asks for rosters with more about each participant.
	IsInteractiveRosterEnabled bool       `json:"isInteractiveRosterEnabled,omitempty"`
	Other                      Properties `json:"-"`
}

// Capability is what a meeting lets people do (resource type meetingCapability).
type Capability struct {
	ODataType                         string     `json:"@odata.type,omitempty"`
	AllowAnonymousUsersToDialOut      bool       `json:"allowAnonymousUsersToDialOut"`
	AllowAnonymousUsersToStartMeeting bool       `json:"allowAnonymousUsersToStartMeeting"`
	AutoAdmittedUsers                 string     `json:"autoAdmittedUsers,omitempty"` // everyoneInCompany, everyone
	Other                             Properties `json:"-"`
}

// IncomingContext tells about a call that came because of another participant
// (resource type incomingContext).
type IncomingContext struct {
	ODataType             string       `json:"@odata.type,omitempty"`
	SourceParticipantID   string       `json:"sourceParticipantId,omitempty"`   // who caused the call
	ObservedParticipantID string       `json:"observedParticipantId,omitempty"` // who is recorded by policy
	OnBehalfOf            *IdentitySet `json:"onBehalfOf,omitempty"`
	Transferor            *IdentitySet `json:"transferor,omitempty"` // who transferred the call to the bot
	Other                 Properties   `json:"-"`
}

// Transcription is whether the call is written down (resource type
// callTranscriptionInfo).
type Transcription struct {
	ODataType            string     `json:"@odata.type,omitempty"`
	State                string     `json:"state,omitempty"`                // notStarted, active, inactive
	LastModifiedDateTime string     `json:"lastModifiedDateTime,omitempty"` // RFC 3339
	Other                Properties `json:"-"`
}

// NewCall is a call from the bot to a target, or a new group call with several
// ([CallsClient.Create]).
func NewCall(callbackURI string, media *MediaConfig, targets ...InvitationParticipantInfo) CallResource {
	return CallResource{
		Call:        Call{CallbackURI: callbackURI, Targets: targets, RequestedModalities: []string{ModalityAudio}},
		MediaConfig: media,
	}
}

// JoinMeeting is the bot's way into a meeting ([CallsClient.Create]). The chat
// is needed with an [OrganizerMeeting], and nil otherwise.
func JoinMeeting(callbackURI string, media *MediaConfig, meeting *MeetingInfo, chat *ChatInfo) CallResource {
	return CallResource{
		Call:        Call{CallbackURI: callbackURI, ChatInfo: chat, RequestedModalities: []string{ModalityAudio}},
		MediaConfig: media, MeetingInfo: meeting,
	}
}

// Invite is the invitation of a party, for calls and meetings.
func Invite(p ivr.Party) InvitationParticipantInfo {
	return InvitationParticipantInfo{Identity: NewIdentitySet(p)}
}

// From is a party as the source of a call: an application instance, which is
// needed to call a telephone, or a guest, as which a bot can join a meeting.
func From(p ivr.Party) *ParticipantInfo {
	return &ParticipantInfo{Identity: NewIdentitySet(p)}
}

// isEmpty reports whether an identity set names nobody.
func (s *IdentitySet) isEmpty() bool {
	set := *s
	set.ODataType, set.EndpointType = "", ""
	return reflect.ValueOf(set).IsZero()
}
