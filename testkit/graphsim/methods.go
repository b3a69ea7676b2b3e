package graphsim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// actions lists what can be done with a call, in the spelling of the
// documentation.
func actions() []action {
	all := slices.Concat(callActions(), groupActions(), undescribed())
	for i := range all {
		a := &all[i]
		a.method = a.verb()
		if a.path == "" {
			a.path = a.name
		}
		a.pattern = strings.Split(a.path, "/")
	}
	return all
}

func callActions() []action {
	initiate, access := "Calls.Initiate.All", "Calls.AccessMedia.All"
	return []action{
		{name: "keepAlive", run: (*Call).keepAlive, noAlias: true, doc: "without it the call ends after 45 minutes (408/8537)"},
		{name: "answer", params: answerParams(), run: (*Call).answer, doc: "establishing, established, then audio; the files of `preFetchMedia` are fetched"},
		{name: "reject", params: rejectParams(), run: (*Call).reject, doc: "the call is over, without a state or a result"},
		{name: "redirect", role: initiate, params: redirectParams(), run: (*Call).redirect, doc: "the targets' phones ring; the bot hears of the end"},
		{name: "transfer", role: initiate, params: transferParams(), run: (*Call).transfer,
			doc: "blind, to one who is in a call with the bot (`replacesCallId`), or of a `transferee` out of a group call; refused in meetings"},
		{name: "playPrompt", params: playParams(), run: (*Call).playPrompt, doc: "queued; the files are downloaded, checked and heard in time"},
		{name: "recordResponse", role: access, params: recordParams(), run: (*Call).recordResponse, doc: "queued; keeps what is said, behind a token"},
		{name: "cancelMediaProcessing", params: contextParams(), run: (*Call).cancelMedia, doc: "each operation that is cancelled reports its end"},
		{name: "subscribeToTone", role: access, params: contextParams(), run: (*Call).subscribe, doc: "keys come as updates of the call; those of everybody in a meeting"},
		{name: "sendDtmfTones", params: dtmfParams(), run: (*Call).sendTones, doc: "queued with the prompts"},
		{name: "mute", params: contextParams(), run: (*Call).mute, doc: "group calls; a roster follows"},
		{name: "unmute", params: contextParams(), run: (*Call).unmute, doc: "group calls; a roster follows"},
	}
}

// groupActions are those on the participants of a call, and on what they share.
func groupActions() []action {
	get, del := http.MethodGet, http.MethodDelete
	join, context := joinRoles(), contextParams()
	route := []string{"Calls.JoinGroupCall.All", "Calls.InitiateGroupCall.All"}
	several := slices.Concat(join, []string{"Calls.InitiateGroupCall.All"})
	watch := slices.Concat(several, []string{"Calls.Initiate.All"})
	return []action{
		{name: "listParticipants", method: get, path: "participants", run: (*Call).listParticipants, doc: "all whom the bot sees; in the lobby only itself"},
		{name: "invite", path: "participants/invite", role: "Calls.InitiateGroupCall.All", params: inviteParams(), run: (*Call).invite,
			doc: "phones ring; the operation ends and a roster follows; a call of two becomes a group call; with `replacesCallId` or `participantId` somebody comes from another call"},
		{name: "muteAll", path: "participants/muteAll", roles: join, betaOnly: true, params: muteAllParams(), run: (*Call).muteAll, doc: "those who are named, or all but the bot"},
		{name: "getParticipant", method: get, path: "participants/{id}", roles: join, run: (*Call).getParticipant, doc: "one whom the bot sees"},
		{name: "deleteParticipant", method: del, path: "participants/{id}", roles: join, run: (*Call).deleteParticipant,
			doc: "removes them, or takes an invitation back; not the organizer"},
		{name: "muteParticipant", path: "participants/{id}/mute", roles: join, params: context, run: (*Call).muteParticipant, doc: "a roster follows; they can unmute themselves"},
		{name: "startHoldMusic", path: "participants/{id}/startHoldMusic", roles: join, params: holdParams(), run: (*Call).startHold,
			doc: "one participant at a time; the file is not fetched"},
		{name: "stopHoldMusic", path: "participants/{id}/stopHoldMusic", roles: join, params: context, run: (*Call).stopHold, doc: "done at once"},

		{name: "listAudioRoutingGroups", method: get, path: "audioRoutingGroups", roles: route, run: (*Call).listGroups, doc: "those of this call"},
		{name: "createAudioRoutingGroup", path: "audioRoutingGroups", roles: route, params: routingParams(), run: (*Call).createGroup,
			doc: "one source, one receiver or several; `Person.Hears` tells who hears whom"},
		{name: "getAudioRoutingGroup", method: get, path: "audioRoutingGroups/{id}", roles: route, run: (*Call).getGroup, doc: "one of them"},
		{name: "updateAudioRoutingGroup", method: http.MethodPatch, path: "audioRoutingGroups/{id}", roles: route, params: routingParams(), run: (*Call).updateGroup,
			doc: "what the request names is changed, the rest stays"},
		{name: "deleteAudioRoutingGroup", method: del, path: "audioRoutingGroups/{id}", roles: route, run: (*Call).deleteGroup, doc: "it is gone"},

		{name: "addLargeGalleryView", roles: several, params: context, run: (*Call).addGallery, doc: "group calls with app-hosted media"},
		{name: "changeScreenSharingRole", role: "Calls.AccessMedia.All", params: roleParams(), run: (*Call).changeRole,
			doc: "group calls with app-hosted media; the bot's streams in the roster change"},
		{name: "updateRecordingStatus", role: "Calls.JoinGroupCall.All", roles: []string{"Calls.AccessMedia.All"}, params: recordingParams(), run: (*Call).tellRecording,
			doc: "on any call: policies are not simulated; shows in the next roster"},
		{name: "listContentSharingSessions", method: get, path: "contentSharingSessions", roles: watch, run: (*Call).listSessions, doc: "the screens that people share"},
		{name: "getContentSharingSession", method: get, path: "contentSharingSessions/{id}", roles: watch, run: (*Call).getSession, doc: "one of them"},
		{name: "getOperation", method: get, path: "operations/{id}", run: (*Call).getOperation, doc: "any operation, while its call lasts"},
	}
}

// MethodDoc describes a method of the call API that the simulator serves.
type MethodDoc struct {
	Name  string // in [Fault.Action]
	HTTP  string // GET, POST, PATCH or DELETE
	Path  string // below the API's root, with {call} and {id}
	Needs string // permissions, besides those of having the call; empty for none
	Beta  bool   // v1.0 does not have it
	Doc   string // what the simulator does
}

// Undescribed are the methods that the service's metadata declares, and no page
// describes. The simulator serves them with [Settings.Undescribed].
func Undescribed() []MethodDoc {
	all := []MethodDoc{{Name: actionList, HTTP: http.MethodGet, Path: "/communications/calls", Doc: "the app's own calls that are not over"}}
	for _, a := range undescribed() {
		all = append(all, MethodDoc{Name: a.name, HTTP: a.verb(), Path: "/communications/calls/{call}/" + cmp.Or(a.path, a.name), Beta: a.betaOnly, Doc: a.doc})
	}
	return all
}

// Methods are all that the simulator serves.
func Methods() []MethodDoc {
	const calls, call = "/communications/calls", "/communications/calls/{call}"
	all := []MethodDoc{
		{Name: "create", HTTP: http.MethodPost, Path: calls,
			Needs: "Calls.Initiate.All; of several, Calls.InitiateGroupCall.All; into a meeting, Calls.JoinGroupCall.All or Calls.JoinGroupCallAsGuest.All; app-hosted media, Calls.AccessMedia.All",
			Doc:   "a call of two, a group call of at most five users, or the way into a meeting that was scheduled, maybe by its lobby"},
		{Name: deviceQuality, HTTP: http.MethodPost, Path: calls + "/" + deviceQuality, Needs: "Calls.AccessMedia.All", Doc: "checked and forgotten"},
		{Name: "get", HTTP: http.MethodGet, Path: call, Doc: "the call, with `$select` and `$expand`"},
		{Name: "delete", HTTP: http.MethodDelete, Path: call, Doc: "the bot hangs up; others in a group call stay"},
	}
	for _, a := range actions() {
		if a.undescribed {
			continue
		}
		needs := strings.Join(a.roles, " or ")
		if a.role != "" {
			needs = strings.TrimSuffix(a.role+" and "+needs, " and ")
		}
		all = append(all, MethodDoc{Name: a.name, HTTP: a.method, Path: call + "/" + a.path, Needs: needs, Beta: a.betaOnly, Doc: a.doc})
	}
	return all
}
