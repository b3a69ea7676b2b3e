package graph

import "github.com/ivrflow/ivrflow/framework/ivr"

// The type tags of a meeting's elements.
const (
	TypeChatInfo                 = "#microsoft.graph.chatInfo"
	TypeOrganizerMeetingInfo     = "#microsoft.graph.organizerMeetingInfo"
	TypeTokenMeetingInfo         = "#microsoft.graph.tokenMeetingInfo"
	TypeJoinMeetingIDMeetingInfo = "#microsoft.graph.joinMeetingIdMeetingInfo"
)

// MeetingInfo says which meeting a call joins (resource types
// organizerMeetingInfo, tokenMeetingInfo and joinMeetingIdMeetingInfo). One
// struct serves the three types; ODataType tells which, and the service refuses
// it without. The token and the passcode open the meeting: keep them out of
// logs.
type MeetingInfo struct {
	ODataType string `json:"@odata.type"`
	// AllowConversationWithoutHost lets the meeting go on without its organizer;
	// nil for the service's default. Documented for both versions, declared for
	// the beta.
	AllowConversationWithoutHost *bool `json:"allowConversationWithoutHost,omitempty"`

	// Organizer of an organizerMeetingInfo: a user with a tenant. The request
	// needs the meeting's ChatInfo too.
	Organizer *IdentitySet `json:"organizer,omitempty"`
	// Token of a tokenMeetingInfo, from the notification of an incoming call.
	Token string `json:"token,omitempty"`
	// The meeting id of a joinMeetingIdMeetingInfo: digits without spaces. The
	// passcode is empty for a meeting that has none.
	JoinMeetingID string     `json:"joinMeetingId,omitempty"`
	Passcode      string     `json:"passcode,omitempty"`
	Other         Properties `json:"-"`
}

// OrganizerMeeting is a meeting by its organizer, given as object ids
// of the user and the user's tenant.
func OrganizerMeeting(user, tenant string) *MeetingInfo {
	set := NewIdentitySet(ivr.Party{Kind: ivr.PartyUser, ID: user, Tenant: tenant})
	return &MeetingInfo{ODataType: TypeOrganizerMeetingInfo, Organizer: &set}
}

// TokenMeeting is a meeting by the token of an incoming call.
func TokenMeeting(token string) *MeetingInfo {
	return &MeetingInfo{ODataType: TypeTokenMeetingInfo, Token: token}
}

// MeetingByID is a meeting by its id, digits only, and its
// passcode, empty for none.
func MeetingByID(id, passcode string) *MeetingInfo {
	return &MeetingInfo{ODataType: TypeJoinMeetingIDMeetingInfo, JoinMeetingID: id, Passcode: passcode}
}
