package graph

import "github.com/ivrflow/ivrflow/framework/ivr"

// MeetingInfo says which meeting to join (resource types organizerMeetingInfo,
// tokenMeetingInfo and joinMeetingIdMeetingInfo). Use [OrganizerMeeting],
// [TokenMeeting] or [MeetingByID].
type MeetingInfo struct {
	ODataType     string       `json:"@odata.type,omitempty"`
	Organizer     *IdentitySet `json:"organizer,omitempty"`
	Token         string       `json:"token,omitempty"`
	JoinMeetingID string       `json:"joinMeetingId,omitempty"` // digits
	Passcode      string       `json:"passcode,omitempty"`
	// AllowConversationWithoutHost lets the meeting go on without its organizer.
	// Documented for both versions, declared for the beta.
	AllowConversationWithoutHost *bool      `json:"allowConversationWithoutHost,omitempty"`
	Other                        Properties `json:"-"`
}

// OrganizerMeeting is the meeting of a user, as a join URL names it: the
// organizer's object id and tenant. The call's ChatInfo says which of the
// user's meetings it is.
func OrganizerMeeting(user, tenant string) *MeetingInfo {
	set := NewIdentitySet(ivr.Party{Kind: ivr.PartyUser, ID: user, Tenant: tenant})
	return &MeetingInfo{ODataType: TypeOrganizerMeetingInfo, Organizer: &set}
}

// TokenMeeting is the meeting of a token from an incoming call's notification.
func TokenMeeting(token string) *MeetingInfo {
	return &MeetingInfo{ODataType: TypeTokenMeetingInfo, Token: token}
}

// MeetingByID is the meeting with an id and a passcode, as invitations print
// them; the passcode may be empty.
func MeetingByID(id, passcode string) *MeetingInfo {
	return &MeetingInfo{ODataType: TypeJoinMeetingIDMeetingInfo, JoinMeetingID: id, Passcode: passcode}
}
