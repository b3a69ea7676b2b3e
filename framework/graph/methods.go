package graph

import "net/http"

// Method is one method of Graph's call API, as its documentation page tells.
type Method struct {
	Name  string // Graph's name of it, for logs and errors
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
	createCall:      {Name: "create call", HTTP: http.MethodPost, Path: callsPath, Page: "application-post-calls", Class: ClassB},
	logQuality:      {Name: "logTeleconferenceDeviceQuality", HTTP: http.MethodPost, Path: callsPath + "/logTeleconferenceDeviceQuality", Page: "call-logteleconferencedevicequality", Class: ClassB},
	getCall:         {Name: "read call", HTTP: http.MethodGet, Path: onePath, Page: "call-get", Class: ClassA, Query: true},
	hangUp:          {Name: "hang up", HTTP: http.MethodDelete, Path: onePath, Page: "call-delete", Class: ClassA},
	keepAlive:       {Name: "keepAlive", HTTP: http.MethodPost, Path: onePath + "/keepAlive", Page: "call-keepalive", Class: ClassA},
	answerCall:      {Name: "answer", HTTP: http.MethodPost, Path: onePath + "/answer", Page: "call-answer", Class: ClassA},
	rejectCall:      {Name: "reject", HTTP: http.MethodPost, Path: onePath + "/reject", Page: "call-reject", Class: ClassA},
	redirectCall:    {Name: "redirect", HTTP: http.MethodPost, Path: onePath + "/redirect", Page: "call-redirect", Class: ClassB},
	transferCall:    {Name: "transfer", HTTP: http.MethodPost, Path: onePath + "/transfer", Page: "call-transfer", Class: ClassB},
	playPrompt:      {Name: "playPrompt", HTTP: http.MethodPost, Path: onePath + "/playPrompt", Page: "call-playprompt", Class: ClassACare},
	recordResponse:  {Name: "recordResponse", HTTP: http.MethodPost, Path: onePath + "/recordResponse", Page: "call-record", Class: ClassACare},
	cancelMedia:     {Name: "cancelMediaProcessing", HTTP: http.MethodPost, Path: onePath + "/cancelMediaProcessing", Page: "call-cancelmediaprocessing", Class: ClassACare},
	subscribeToTone: {Name: "subscribeToTone", HTTP: http.MethodPost, Path: onePath + "/subscribeToTone", Page: "call-subscribetotone", Class: ClassA},
	sendTones:       {Name: "sendDtmfTones", HTTP: http.MethodPost, Path: onePath + "/sendDtmfTones", Page: "call-senddtmftones", Class: ClassB},
	muteSelf:        {Name: "mute", HTTP: http.MethodPost, Path: onePath + "/mute", Page: "call-mute", Class: ClassA},
	unmuteSelf:      {Name: "unmute", HTTP: http.MethodPost, Path: onePath + "/unmute", Page: "call-unmute", Class: ClassA},
	changeRole:      {Name: "changeScreenSharingRole", HTTP: http.MethodPost, Path: onePath + "/changeScreenSharingRole", Page: "call-changescreensharingrole", Class: ClassA},
	addGallery:      {Name: "addLargeGalleryView", HTTP: http.MethodPost, Path: onePath + "/addLargeGalleryView", Page: "call-addlargegalleryview", Class: ClassB},
	updateRecording: {Name: "updateRecordingStatus", HTTP: http.MethodPost, Path: onePath + "/updateRecordingStatus", Page: "call-updaterecordingstatus", Class: ClassA},

	listParticipants:   {Name: "list participants", HTTP: http.MethodGet, Path: participantsPath, Page: "call-list-participants", Class: ClassA, Query: true},
	getParticipant:     {Name: "read participant", HTTP: http.MethodGet, Path: participantPath, Page: "participant-get", Class: ClassA, Query: true},
	deleteParticipant:  {Name: "remove participant", HTTP: http.MethodDelete, Path: participantPath, Page: "participant-delete", Class: ClassA},
	inviteParticipants: {Name: "invite", HTTP: http.MethodPost, Path: participantsPath + "/invite", Page: "participant-invite", Class: ClassB},
	muteParticipant:    {Name: "mute participant", HTTP: http.MethodPost, Path: participantPath + "/mute", Page: "participant-mute", Class: ClassA},
	muteAll:            {Name: "muteAll", HTTP: http.MethodPost, Path: participantsPath + "/muteAll", Page: "participant-muteall", Class: ClassA, Beta: true},
	startHold:          {Name: "startHoldMusic", HTTP: http.MethodPost, Path: participantPath + "/startHoldMusic", Page: "participant-startholdmusic", Class: ClassB},
	stopHold:           {Name: "stopHoldMusic", HTTP: http.MethodPost, Path: participantPath + "/stopHoldMusic", Page: "participant-stopholdmusic", Class: ClassA},

	listGroups:  {Name: "list audio routing groups", HTTP: http.MethodGet, Path: groupsPath, Page: "call-list-audioroutinggroups", Class: ClassA, Query: true},
	createGroup: {Name: "create audio routing group", HTTP: http.MethodPost, Path: groupsPath, Page: "call-post-audioroutinggroups", Class: ClassB},
	getGroup:    {Name: "read audio routing group", HTTP: http.MethodGet, Path: groupPath, Page: "audioroutinggroup-get", Class: ClassA, Query: true},
	updateGroup: {Name: "update audio routing group", HTTP: http.MethodPatch, Path: groupPath, Page: "audioroutinggroup-update", Class: ClassA},
	deleteGroup: {Name: "delete audio routing group", HTTP: http.MethodDelete, Path: groupPath, Page: "audioroutinggroup-delete", Class: ClassA},

	listSessions: {Name: "list content sharing sessions", HTTP: http.MethodGet, Path: sessionsPath, Page: "call-list-contentsharingsessions", Class: ClassA},
	getSession:   {Name: "read content sharing session", HTTP: http.MethodGet, Path: sessionsPath + "/{id}", Page: "contentsharingsession-get", Class: ClassA},
	getOperation: {Name: "read operation", HTTP: http.MethodGet, Path: onePath + "/operations/{id}", Page: "addlargegalleryviewoperation-get", Class: ClassA},
}

// Methods are all methods of the call API that have a typed form in this
// package, in the documentation's order.
func Methods() []Method { return append([]Method(nil), methods[:]...) }
