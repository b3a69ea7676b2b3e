package graph

import (
	"encoding/json"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Identity is one identity of a participant: a user, a phone, an application.
// It has the properties of all kinds of identity (resource types identity and
// communications*Identity).
type Identity struct {
	ODataType        string     `json:"@odata.type,omitempty" graph:"#microsoft.graph.identity"`
	ID               string     `json:"id,omitempty"` // object id, app id or E.164 number
	DisplayName      string     `json:"displayName,omitempty"`
	TenantID         string     `json:"tenantId,omitempty"`
	IdentityProvider string     `json:"identityProvider,omitempty"`                     // legacy: "AAD"
	Email            string     `json:"email,omitempty"`                                // of a guest
	ApplicationType  string     `json:"applicationType,omitempty"`                      // of an application
	Hidden           bool       `json:"hidden,omitempty"`                               // of an application: not shown in rosters
	ACSResourceID    string     `json:"azureCommunicationServicesResourceId,omitempty"` // of such a user
	Other            Properties `json:"-"`
}

// IdentitySet is a participant's identity; usually one member is set
// (resource types identitySet and communicationsIdentitySet).
type IdentitySet struct {
	ODataType           string     `json:"@odata.type,omitempty" graph:"#microsoft.graph.identitySet"`
	User                *Identity  `json:"user,omitempty"`
	Phone               *Identity  `json:"phone,omitempty"`
	ApplicationInstance *Identity  `json:"applicationInstance,omitempty"` // a bot with a number or a resource account
	Application         *Identity  `json:"application,omitempty"`         // a bot, by its app id
	Guest               *Identity  `json:"guest,omitempty"`
	Encrypted           *Identity  `json:"encrypted,omitempty"`
	Device              *Identity  `json:"device,omitempty"`
	OnPremises          *Identity  `json:"onPremises,omitempty"`
	ACSUser             *Identity  `json:"azureCommunicationServicesUser,omitempty"`
	AssertedIdentity    *Identity  `json:"assertedIdentity,omitempty"` // of a caller in the name of another
	EndpointType        string     `json:"endpointType,omitempty"`     // default, voicemail, skypeForBusiness, skypeForBusinessVoipPhone
	Other               Properties `json:"-"`
}

// ParticipantInfo is an end of a call as the service reports it (resource type
// participantInfo).
type ParticipantInfo struct {
	ODataType     string       `json:"@odata.type,omitempty" graph:"#microsoft.graph.participantInfo"`
	Identity      IdentitySet  `json:"identity"`
	ParticipantID string       `json:"participantId,omitempty"`
	EndpointType  string       `json:"endpointType,omitempty"`
	CountryCode   string       `json:"countryCode,omitempty"` // ISO 3166-1 alpha-2, as things stood when the call began
	Region        string       `json:"region,omitempty"`      // where the user's service is
	LanguageID    string       `json:"languageId,omitempty"`  // a culture such as en-US
	PlatformID    string       `json:"platformId,omitempty" graph:"beta"`
	NonAnonymized *IdentitySet `json:"nonAnonymizedIdentity,omitempty" graph:"beta"` // who is behind an anonymised identity
	Other         Properties   `json:"-"`
}

// InvitationParticipantInfo is somebody who is called, invited, transferred to
// or redirected to (resource type invitationParticipantInfo).
type InvitationParticipantInfo struct {
	ODataType      string      `json:"@odata.type,omitempty" graph:"#microsoft.graph.invitationParticipantInfo"`
	Identity       IdentitySet `json:"identity"`
	EndpointType   string      `json:"endpointType,omitempty"`   // "voicemail": not the user but the voicemail
	ReplacesCallID string      `json:"replacesCallId,omitempty"` // the call that this one takes the place of
	ParticipantID  string      `json:"participantId,omitempty"`
	// Hidden keeps the participant out of the roster that others see.
	Hidden bool `json:"hidden,omitempty"`
	// RemoveFromDefaultAudioRoutingGroup lets the participant hear and speak
	// only through audio routing groups.
	RemoveFromDefaultAudioRoutingGroup bool       `json:"removeFromDefaultAudioRoutingGroup,omitempty"`
	Other                              Properties `json:"-"`
}

// InvitedID is the participant's id that the answer to an invitation has, with which
// [ParticipantClient.Delete] takes the invitation back. It is empty if the answer has
// none: the page's examples have null (participant-invite), and no page says where
// else the id comes from before the participant is in the roster.
func (i InvitationParticipantInfo) InvitedID() string {
	var id string
	_ = json.Unmarshal(i.Other["id"], &id) // what is no text is no id
	return id
}

// NewIdentitySet is the identity set of a party, with its type tags. A party
// of unknown kind gives an empty set.
func NewIdentitySet(p ivr.Party) IdentitySet {
	set := IdentitySet{ODataType: TypeIdentitySet}
	if slot := set.slot(p.Kind); slot != nil {
		*slot = &Identity{ODataType: TypeIdentity, ID: p.ID, DisplayName: p.Name, TenantID: p.Tenant}
	}
	return set
}

// endpointVoicemail is the endpointType of a user's voicemail.
const endpointVoicemail = "voicemail"

// NewTarget is the invitation of a transfer's or redirect's target.
func NewTarget(t ivr.Target) InvitationParticipantInfo {
	i := InvitationParticipantInfo{ODataType: TypeInvitationParticipantInfo}
	if t.Kind == ivr.PartyVoicemail {
		t.Kind, i.EndpointType = ivr.PartyUser, endpointVoicemail
	}
	i.Identity = NewIdentitySet(ivr.Party{Kind: t.Kind, ID: t.ID})
	return i
}

// Party is the set's identity in our words; the zero Party if it holds none
// that this package knows. GUIDs are normalised, so that they can be compared.
func (s *IdentitySet) Party() ivr.Party {
	for _, kind := range partyKinds {
		id := *s.slot(kind)
		if id == nil {
			continue
		}
		p := ivr.Party{Kind: kind, ID: id.ID, Name: id.DisplayName, Tenant: id.TenantID}
		if kind != ivr.PartyPhone && kind != ivr.PartyEncrypted {
			p.ID = string(ivr.NormalizeCallID(id.ID))
		}
		return p
	}
	return ivr.Party{}
}

// partyKinds is every kind of party, the most telling first.
var partyKinds = [...]ivr.PartyKind{ivr.PartyUser, ivr.PartyPhone, ivr.PartyApplication,
	ivr.PartyBot, ivr.PartyGuest, ivr.PartyEncrypted}

// slot is where the set keeps a kind of party; nil for an unknown kind.
func (s *IdentitySet) slot(kind ivr.PartyKind) **Identity {
	switch kind {
	case ivr.PartyUser:
		return &s.User
	case ivr.PartyPhone:
		return &s.Phone
	case ivr.PartyApplication:
		return &s.ApplicationInstance
	case ivr.PartyBot:
		return &s.Application
	case ivr.PartyGuest:
		return &s.Guest
	case ivr.PartyEncrypted:
		return &s.Encrypted
	case ivr.PartyVoicemail: // of targets only, where it is a user with an endpoint type
	}
	return nil
}
