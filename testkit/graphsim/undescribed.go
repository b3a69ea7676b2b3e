package graphsim

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// undescribed are what the service's metadata declares and no page describes.
// That they are done at once, as their sibling muteParticipant, and what follows,
// is the simulator's reading of their names and types:
// https://graph.microsoft.com/beta/$metadata
func undescribed() []action {
	get, context := http.MethodGet, contextParams()
	one := "participants/{id}/"
	all := []action{
		{name: "record", params: recordParams(), run: (*Call).recordResponse, doc: "the same as `recordResponse`, whose older name it is"},
		{name: "startRecording", params: context, run: func(c *Call, x *exchange) reply { return c.setRecording(x, "recording") },
			doc: "group calls; a roster follows, in which the bot's `recordingInfo` says it; nothing is kept"},
		{name: "stopRecording", params: context, run: func(c *Call, x *exchange) reply { return c.setRecording(x, "notRecording") }, doc: "ends that"},
		{name: "startTranscription", params: transcriptionParams(), run: func(c *Call, x *exchange) reply { return c.setTranscription(x, "active") },
			doc: "group calls; `transcription` of the call is active, and an update tells it; nothing is written down"},
		{name: "stopTranscription", params: context, run: func(c *Call, x *exchange) reply { return c.setTranscription(x, "inactive") }, doc: "ends that"},
		{name: "admitAllFromLobby", path: "participants/admitAllFromLobby", params: context, run: (*Call).admitAll, doc: "all who wait are there; a roster follows"},
		{name: "admitFromLobby", path: one + "admitFromLobby", params: context, run: (*Call).admitOne, doc: "one who waits is there; a roster follows"},
		{name: "removeFromLobby", path: one + "removeFromLobby", params: context, run: (*Call).turnAway, doc: "one who waits is gone; a roster follows"},
		{name: "reportSyntheticMedia", path: one + "reportSyntheticMedia", params: syntheticParams(), run: (*Call).reportSynthetic, doc: "read and forgotten"},
		{name: "listOperations", method: get, path: "operations", run: (*Call).listOperations, doc: "those of the call, as `getOperation` has them"},
	}
	for i := range all {
		all[i].undescribed, all[i].betaOnly = true, all[i].method != get
	}
	return all
}

func transcriptionParams() []param {
	return append(contextParams(), param{name: "language", kind: text})
}

func syntheticParams() []param {
	return []param{{name: "id", kind: text}, {name: "detectionDateTime", kind: text}, {name: "detections", kind: list}, {name: "contentMetadata", kind: entity},
		{name: "isMalicious", kind: flag}, {name: "overallConfidence", kind: fraction}, {name: "severity", kind: text}}
}

// setRecording is startRecording and stopRecording.
func (c *Call) setRecording(x *exchange, status string) reply {
	if bad := c.isGroup(); bad != nil {
		return *bad
	}
	if (c.me.recording == "recording") == (status == "recording") {
		return refuse(c.sim.set.WrongState, "The recording is "+status+" already.")
	}
	c.me.recording = status
	c.sim.emit(RecordingTold{c.head(), status})
	r := c.completed(x, http.StatusOK, x.action+"Operation", nil)
	c.room.changed()
	return r
}

// setTranscription is startTranscription and stopTranscription.
func (c *Call) setTranscription(x *exchange, state string) reply {
	if bad := c.isGroup(); bad != nil {
		return *bad
	}
	if (str(c.transcription, "state") == "active") == (state == "active") {
		return refuse(c.sim.set.WrongState, "The transcription is "+state+" already.")
	}
	c.transcription = typed("callTranscriptionInfo", object{"state": state, "lastModifiedDateTime": c.sim.clock.Now().UTC().Format(time.RFC3339)})
	r := c.completed(x, http.StatusOK, x.action+"Operation", nil)
	c.tell("transcription", c.update(object{"transcription": c.transcription}))
	return r
}

// waiting is the participant in a request's path, who waits in the lobby.
func (c *Call) waiting(x *exchange) (*Person, *reply) {
	p, bad := c.ofSeveral(x)
	if bad == nil && !p.inLobby {
		r := refuse(c.sim.set.WrongState, "The participant does not wait in the lobby.")
		return nil, &r
	}
	return p, bad
}

func (c *Call) admitOne(x *exchange) reply {
	p, bad := c.waiting(x)
	if bad != nil {
		return *bad
	}
	r := c.completed(x, http.StatusOK, "admitFromLobbyOperation", nil)
	c.room.admit(p)
	c.room.changed()
	return r
}

func (c *Call) admitAll(x *exchange) reply {
	if bad := c.isGroup(); bad != nil {
		return *bad
	}
	r := c.completed(x, http.StatusOK, "admitAllFromLobbyOperation", nil)
	for _, p := range slices.Clone(c.room.people) {
		if p.inLobby {
			c.room.admit(p)
		}
	}
	c.room.changed()
	return r
}

func (c *Call) turnAway(x *exchange) reply {
	p, bad := c.waiting(x)
	if bad != nil {
		return *bad
	}
	r := c.completed(x, http.StatusOK, "removeFromLobbyOperation", nil)
	c.room.remove(p)
	return r
}

func (c *Call) reportSynthetic(x *exchange) reply {
	if _, bad := c.ofSeveral(x); bad != nil {
		return *bad
	}
	return reply{status: http.StatusNoContent, first: c.early()}
}

// listOperations lists what getOperation reads.
func (c *Call) listOperations(x *exchange) reply {
	list := []object{}
	for _, id := range slices.Sorted(maps.Keys(c.operations)) {
		if op := c.operation(x, id); !(c.sim.set.OperationsGone && (op["status"] == "completed" || op["status"] == "failed")) {
			list = append(list, op)
		}
	}
	return c.list(x, "operations", "commsOperation", list)
}

// listCalls lists the app's calls of the token's tenant that are not over.
func (s *Sim) listCalls(x *exchange) reply {
	if !s.set.Undescribed {
		return notDescribed("GET /communications/calls")
	}
	list := []object{}
	for _, id := range sortedCalls(s.calls) {
		if c := s.calls[id]; c.app == x.access.app && c.state != ivr.StateTerminated && s.permit(c, x) == nil {
			m := c.entity(x)
			delete(m, "@odata.context")
			list = append(list, m)
		}
	}
	return reply{status: http.StatusOK, body: object{"@odata.context": s.cfg.BaseURL + "/" + x.version + "/$metadata#communications/calls", "value": list}}
}
