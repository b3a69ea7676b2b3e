package graph

// Participant is somebody in a call (resource type participant).
type Participant struct {
	ODataType            string          `json:"@odata.type,omitempty"`
	ID                   string          `json:"id,omitempty"` // of this participation, not of the person
	Info                 ParticipantInfo `json:"info"`
	IsMuted              bool            `json:"isMuted"` // by the person or by the service
	IsInLobby            bool            `json:"isInLobby"`
	MediaStreams         []MediaStream   `json:"mediaStreams,omitempty"`
	Metadata             string          `json:"metadata,omitempty"` // what the participant's client says about itself
	RecordingInfo        *RecordingInfo  `json:"recordingInfo,omitempty"`
	RemovedState         *RemovedState   `json:"removedState,omitempty"` // nil while the participant is there
	RestrictedExperience *Restrictions   `json:"restrictedExperience,omitempty"`
	RosterSequenceNumber Int             `json:"rosterSequenceNumber,omitempty"` // orders the updates of a roster
	IsIdentityAnonymized bool            `json:"isIdentityAnonymized,omitempty" graph:"beta"`
	PreferredDisplayName string          `json:"preferredDisplayName,omitempty" graph:"beta"`
	SyntheticMedia       *SyntheticMedia `json:"syntheticMediaDetection,omitempty" graph:"beta"`
	Other                Properties      `json:"-"`
}

// UnmarshalJSON reads a participant and keeps what it does not know.
func (p *Participant) UnmarshalJSON(data []byte) error {
	type plain Participant
	return decodeOpen(data, (*plain)(p))
}

// MarshalJSON writes a participant with what it does not know.
func (p Participant) MarshalJSON() ([]byte, error) { return encodeOpen(p, false) }

// MediaStream is one stream of a participant (resource type mediaStream).
type MediaStream struct {
	ODataType   string     `json:"@odata.type,omitempty"`
	MediaType   string     `json:"mediaType"`           // a modality
	SourceID    string     `json:"sourceId"`            // in the service's media
	Direction   string     `json:"direction,omitempty"` // inactive, sendOnly, receiveOnly, sendReceive
	ServerMuted bool       `json:"serverMuted"`
	Label       string     `json:"label,omitempty"` // main-audio, main-video, applicationsharing-video
	Other       Properties `json:"-"`
}

// RecordingInfo is whether a participant records (resource type recordingInfo).
type RecordingInfo struct {
	ODataType       string           `json:"@odata.type,omitempty"`
	RecordingStatus RecordingStatus  `json:"recordingStatus,omitempty"`
	Initiator       *IdentitySet     `json:"initiator,omitempty"`
	InitiatedBy     *ParticipantInfo `json:"initiatedBy,omitempty" graph:"beta"`
	Other           Properties       `json:"-"`
}

// RemovedState is why a participant left (resource type removedState).
type RemovedState struct {
	ODataType string     `json:"@odata.type,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Other     Properties `json:"-"`
}

// Restrictions is what a participant may not do (resource type
// onlineMeetingRestricted).
type Restrictions struct {
	ODataType              string     `json:"@odata.type,omitempty"`
	ContentSharingDisabled string     `json:"contentSharingDisabled,omitempty"` // the reason: watermarkProtection
	VideoDisabled          string     `json:"videoDisabled,omitempty"`          // the reason: watermarkProtection
	Other                  Properties `json:"-"`
}

// SyntheticMedia is what a detector of made-up voices says about a participant
// (resource type syntheticMediaDetectionInfo).
type SyntheticMedia struct {
	ODataType            string     `json:"@odata.type,omitempty"`
	DetectionID          string     `json:"detectionId,omitempty"`
	DetectorBot          string     `json:"detectorBot,omitempty"`
	IsParticipantTrusted bool       `json:"isParticipantTrusted,omitempty"`
	SyntheticConfidence  float64    `json:"syntheticConfidence,omitempty"`
	Other                Properties `json:"-"`
}

// OperationResource is an operation with all its properties; ODataType tells
// which kind it is. A status of completed or failed is the end; otherwise the
// outcome comes as a notification (resource type commsOperation and its kinds).
type OperationResource struct {
	Operation
	Participants []InvitationParticipantInfo `json:"participants,omitempty"` // of an invitation
	Other        Properties                  `json:"-"`
}

// UnmarshalJSON reads an operation and keeps what it does not know.
func (o *OperationResource) UnmarshalJSON(data []byte) error {
	type plain OperationResource
	return decodeOpen(data, (*plain)(o))
}

// MarshalJSON writes an operation with what it does not know.
func (o OperationResource) MarshalJSON() ([]byte, error) { return encodeOpen(o, false) }

// AudioRoutingGroup is who hears whom apart from the rest of a meeting
// (resource type audioRoutingGroup). The service mixes the four loudest
// speakers at most.
type AudioRoutingGroup struct {
	ODataType   string      `json:"@odata.type,omitempty"`
	ID          string      `json:"id,omitempty"`
	RoutingMode RoutingMode `json:"routingMode,omitempty"`
	Sources     []string    `json:"sources"`   // participant ids; exactly one
	Receivers   []string    `json:"receivers"` // participant ids; one, or several with multicast
	Other       Properties  `json:"-"`
}

// UnmarshalJSON reads a group and keeps what it does not know.
func (g *AudioRoutingGroup) UnmarshalJSON(data []byte) error {
	type plain AudioRoutingGroup
	return decodeOpen(data, (*plain)(g))
}

// MarshalJSON writes a group with what it does not know.
func (g AudioRoutingGroup) MarshalJSON() ([]byte, error) { return encodeOpen(g, false) }

// ContentSharingSession is a screen that is shared in a call (resource type
// contentSharingSession).
type ContentSharingSession struct {
	ODataType              string     `json:"@odata.type,omitempty"`
	ID                     string     `json:"id,omitempty"`
	PresenterParticipantID string     `json:"presenterParticipantId,omitempty" graph:"beta"`
	Other                  Properties `json:"-"`
}

// UnmarshalJSON reads a session and keeps what it does not know.
func (s *ContentSharingSession) UnmarshalJSON(data []byte) error {
	type plain ContentSharingSession
	return decodeOpen(data, (*plain)(s))
}

// MarshalJSON writes a session with what it does not know.
func (s ContentSharingSession) MarshalJSON() ([]byte, error) { return encodeOpen(s, false) }
