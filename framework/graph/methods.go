package graph

import "net/http"

// Method is one method of Graph's call API, as its documentation page tells.
type Method struct {
	Name  string // Graph's name of it, for logs and errors
	Go    string // its form in this package: "CallClient.Invite"
	HTTP  string // GET, POST, PATCH or DELETE
	Path  string // below the API's root, with {call} and {id}
	Page  string // the documentation page's name
	Class OpClass
	Beta  bool // /v1.0 does not have it
	Query bool // the page allows OData query options
}

type methodID uint8

// The methods, as indexes of methods.
const (
	createCall methodID = iota
	logQuality
	getCall
	hangUp
	keepAlive
	answerCall
	rejectCall
	redirectCall
	transferCall
	playPrompt
	recordResponse
	cancelMedia
	subscribeToTone
	sendTones
	muteSelf
	unmuteSelf
	changeRole
	addGallery
	updateRecording
	listParticipants
	getParticipant
	deleteParticipant
	inviteParticipants
	muteParticipant
	muteAll
	startHold
	stopHold
	listGroups
	createGroup
	getGroup
	updateGroup
	deleteGroup
	listSessions
	getSession
	getOperation
)

const (
	onePath          = callsPath + "/{call}"
	participantsPath = onePath + "/participants"
	participantPath  = participantsPath + "/{id}"
	groupsPath       = onePath + "/audioRoutingGroups"
	groupPath        = groupsPath + "/{id}"
	sessionsPath     = onePath + "/contentSharingSessions"
)

var methods = [...]Method{
	createCall:      {Name: "create call", Go: "CallsClient.Create", HTTP: http.MethodPost, Path: callsPath, Page: "application-post-calls", Class: ClassB},
	logQuality:      {Name: "logTeleconferenceDeviceQuality", Go: "CallsClient.LogTeleconferenceDeviceQuality", HTTP: http.MethodPost, Path: callsPath + "/logTeleconferenceDeviceQuality", Page: "call-logteleconferencedevicequality", Class: ClassB},
	getCall:         {Name: "read call", Go: "CallClient.Get", HTTP: http.MethodGet, Path: onePath, Page: "call-get", Class: ClassA, Query: true},
	hangUp:          {Name: "hang up", Go: "CallClient.Delete", HTTP: http.MethodDelete, Path: onePath, Page: "call-delete", Class: ClassA},
	keepAlive:       {Name: "keepAlive", Go: "CallClient.KeepAlive", HTTP: http.MethodPost, Path: onePath + "/keepAlive", Page: "call-keepalive", Class: ClassA},
	answerCall:      {Name: "answer", Go: "CallClient.Answer", HTTP: http.MethodPost, Path: onePath + "/answer", Page: "call-answer", Class: ClassA},
	rejectCall:      {Name: "reject", Go: "CallClient.Reject", HTTP: http.MethodPost, Path: onePath + "/reject", Page: "call-reject", Class: ClassA},
	redirectCall:    {Name: "redirect", Go: "CallClient.Redirect", HTTP: http.MethodPost, Path: onePath + "/redirect", Page: "call-redirect", Class: ClassB},
	transferCall:    {Name: "transfer", Go: "CallClient.Transfer", HTTP: http.MethodPost, Path: onePath + "/transfer", Page: "call-transfer", Class: ClassB},
	playPrompt:      {Name: "playPrompt", Go: "CallClient.PlayPrompt", HTTP: http.MethodPost, Path: onePath + "/playPrompt", Page: "call-playprompt", Class: ClassACare},
	recordResponse:  {Name: "recordResponse", Go: "CallClient.RecordResponse", HTTP: http.MethodPost, Path: onePath + "/recordResponse", Page: "call-record", Class: ClassACare},
	cancelMedia:     {Name: "cancelMediaProcessing", Go: "CallClient.CancelMediaProcessing", HTTP: http.MethodPost, Path: onePath + "/cancelMediaProcessing", Page: "call-cancelmediaprocessing", Class: ClassACare},
	subscribeToTone: {Name: "subscribeToTone", Go: "CallClient.SubscribeToTone", HTTP: http.MethodPost, Path: onePath + "/subscribeToTone", Page: "call-subscribetotone", Class: ClassA},
	sendTones:       {Name: "sendDtmfTones", Go: "CallClient.SendDtmfTones", HTTP: http.MethodPost, Path: onePath + "/sendDtmfTones", Page: "call-senddtmftones", Class: ClassB},
	muteSelf:        {Name: "mute", Go: "CallClient.Mute", HTTP: http.MethodPost, Path: onePath + "/mute", Page: "call-mute", Class: ClassA},
	unmuteSelf:      {Name: "unmute", Go: "CallClient.Unmute", HTTP: http.MethodPost, Path: onePath + "/unmute", Page: "call-unmute", Class: ClassA},
	changeRole:      {Name: "changeScreenSharingRole", Go: "CallClient.ChangeScreenSharingRole", HTTP: http.MethodPost, Path: onePath + "/changeScreenSharingRole", Page: "call-changescreensharingrole", Class: ClassA},
	addGallery:      {Name: "addLargeGalleryView", Go: "CallClient.AddLargeGalleryView", HTTP: http.MethodPost, Path: onePath + "/addLargeGalleryView", Page: "call-addlargegalleryview", Class: ClassB},
	updateRecording: {Name: "updateRecordingStatus", Go: "CallClient.UpdateRecordingStatus", HTTP: http.MethodPost, Path: onePath + "/updateRecordingStatus", Page: "call-updaterecordingstatus", Class: ClassA},

	listParticipants:   {Name: "list participants", Go: "CallClient.Participants", HTTP: http.MethodGet, Path: participantsPath, Page: "call-list-participants", Class: ClassA, Query: true},
	getParticipant:     {Name: "read participant", Go: "ParticipantClient.Get", HTTP: http.MethodGet, Path: participantPath, Page: "participant-get", Class: ClassA, Query: true},
	deleteParticipant:  {Name: "remove participant", Go: "ParticipantClient.Delete", HTTP: http.MethodDelete, Path: participantPath, Page: "participant-delete", Class: ClassA},
	inviteParticipants: {Name: "invite", Go: "CallClient.Invite", HTTP: http.MethodPost, Path: participantsPath + "/invite", Page: "participant-invite", Class: ClassB},
	muteParticipant:    {Name: "mute participant", Go: "ParticipantClient.Mute", HTTP: http.MethodPost, Path: participantPath + "/mute", Page: "participant-mute", Class: ClassA},
	muteAll:            {Name: "muteAll", Go: "CallClient.MuteAll", HTTP: http.MethodPost, Path: participantsPath + "/muteAll", Page: "participant-muteall", Class: ClassA, Beta: true},
	startHold:          {Name: "startHoldMusic", Go: "ParticipantClient.StartHoldMusic", HTTP: http.MethodPost, Path: participantPath + "/startHoldMusic", Page: "participant-startholdmusic", Class: ClassB},
	stopHold:           {Name: "stopHoldMusic", Go: "ParticipantClient.StopHoldMusic", HTTP: http.MethodPost, Path: participantPath + "/stopHoldMusic", Page: "participant-stopholdmusic", Class: ClassA},

	listGroups:  {Name: "list audio routing groups", Go: "CallClient.AudioRoutingGroups", HTTP: http.MethodGet, Path: groupsPath, Page: "call-list-audioroutinggroups", Class: ClassA, Query: true},
	createGroup: {Name: "create audio routing group", Go: "CallClient.CreateAudioRoutingGroup", HTTP: http.MethodPost, Path: groupsPath, Page: "call-post-audioroutinggroups", Class: ClassB},
	getGroup:    {Name: "read audio routing group", Go: "GroupClient.Get", HTTP: http.MethodGet, Path: groupPath, Page: "audioroutinggroup-get", Class: ClassA, Query: true},
	updateGroup: {Name: "update audio routing group", Go: "GroupClient.Update", HTTP: http.MethodPatch, Path: groupPath, Page: "audioroutinggroup-update", Class: ClassA},
	deleteGroup: {Name: "delete audio routing group", Go: "GroupClient.Delete", HTTP: http.MethodDelete, Path: groupPath, Page: "audioroutinggroup-delete", Class: ClassA},

	listSessions: {Name: "list content sharing sessions", Go: "CallClient.ContentSharingSessions", HTTP: http.MethodGet, Path: sessionsPath, Page: "call-list-contentsharingsessions", Class: ClassA},
	getSession:   {Name: "read content sharing session", Go: "CallClient.ContentSharingSession", HTTP: http.MethodGet, Path: sessionsPath + "/{id}", Page: "contentsharingsession-get", Class: ClassA},
	getOperation: {Name: "read operation", Go: "CallClient.Operation", HTTP: http.MethodGet, Path: onePath + "/operations/{id}", Page: "addlargegalleryviewoperation-get", Class: ClassA},
}

// Methods are all methods of the call API that have a typed form in this
// package, in the documentation's order.
func Methods() []Method { return append([]Method(nil), methods[:]...) }
