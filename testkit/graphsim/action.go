package graphsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// action is an operation on one call.
type action struct {
	name   string
	role   string // permission it needs, empty for none
	params []param
	run    func(*Call, *exchange) reply // called with the lock held; nil is not simulated
	// noAlias says that its page does not list the alias /app/calls.
	noAlias bool
}

// actions lists what can be done with a call, in the spelling of the
// documentation. Those without run are known but not simulated.
func actions() []action {
	return []action{
		{name: "answer", params: answerParams(), run: (*Call).answer},
		{name: "reject", params: rejectParams(), run: (*Call).reject},
		{name: "redirect", role: "Calls.Initiate.All", params: redirectParams(), run: (*Call).redirect},
		{name: "transfer", role: "Calls.Initiate.All", params: transferParams(), run: (*Call).transfer},
		{name: "keepAlive", run: (*Call).keepAlive, noAlias: true},
		{name: "playPrompt", params: playParams(), run: (*Call).playPrompt},
		{name: "recordResponse", role: "Calls.AccessMedia.All", params: recordParams(), run: (*Call).recordResponse},
		{name: "cancelMediaProcessing", params: contextParams(), run: (*Call).cancelMedia},
		{name: "subscribeToTone", role: "Calls.AccessMedia.All", params: contextParams(), run: (*Call).subscribe},
		{name: "sendDtmfTones", params: dtmfParams(), run: (*Call).sendTones},
		{name: "mute", params: contextParams(), run: (*Call).mute},
		{name: "unmute", params: contextParams(), run: (*Call).unmute},
		{name: "record"},
		{name: "participants"}, {name: "operations"}, {name: "changeScreenSharingRole"},
		{name: "addLargeGalleryView"}, {name: "contentSharingSessions"}, {name: "updateRecordingStatus"},
		{name: "audioRoutingGroups"}, {name: "startRecording"}, {name: "stopRecording"},
		{name: "startTranscription"}, {name: "stopTranscription"},
	}
}

func (s *Sim) findAction(name string) (action, bool) {
	i := slices.IndexFunc(s.actions, func(a action) bool { return a.name == name })
	if i < 0 {
		return action{}, false
	}
	return s.actions[i], true
}

// handle checks a request from the outside in, and runs it.
func (s *Sim) handle(r *http.Request, x *exchange, seg path) reply {
	grant, fail := s.authenticate(r)
	if fail != nil {
		return reply{fail: fail}
	}
	x.access = grant
	if !acceptsJSON(r) {
		return reply{fail: &failure{status: http.StatusNotAcceptable, code: "NotAcceptable", message: "The answer is application/json, which the Accept header does not allow."}}
	}
	if x.body, fail = s.readBody(r); fail != nil {
		return reply{fail: fail}
	}
	if x.action != "create" && s.lacksID(seg) {
		return s.noCallID(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.action == "create" {
		return s.create(r.Method, x)
	}
	c, known := s.calls[ivr.NormalizeCallID(seg[3])]
	if !known || c.state == ivr.StateTerminated || !c.isSpelled(seg[3]) {
		return refuse(s.set.CallNotFound, "Call not found.")
	}
	if fail := s.permit(c, x); fail != nil {
		return reply{fail: fail}
	}
	if len(seg) == 4 {
		return c.resource(r.Method, x)
	}
	return c.act(r.Method, x, len(seg))
}

// lacksID says that a path has nothing where the id of a call belongs, or the
// action itself, as when a client writes an empty id.
func (s *Sim) lacksID(seg path) bool {
	return seg[3] == "" || len(seg) == 4 && (hasQualifier(seg[3]) || slices.ContainsFunc(s.actions, func(a action) bool { return strings.EqualFold(a.name, seg[3]) }))
}

// noCallID is how the service answered a path without an id, a message within
// the message: https://github.com/microsoftgraph/microsoft-graph-comms-samples/issues/616
func (s *Sim) noCallID(r *http.Request) reply {
	return refuse(s.set.NoCallID, `{"message":"No HTTP resource was found that matches the request URI '`+s.cfg.BaseURL+r.URL.Path+`'."}`)
}

// isSpelled says whether a request spells the call's id as a body or a URL of
// the call has it. Ids are case-sensitive:
// https://learn.microsoft.com/graph/traverse-the-graph
func (c *Call) isSpelled(id string) bool {
	return id == c.id || id == spell(c.id, c.upper) || c.sim.set.IDsIgnoreCase
}

// permit refuses the token of another tenant.
func (s *Sim) permit(c *Call, x *exchange) *failure {
	if !strings.EqualFold(x.access.tenant, c.tenant) {
		return &failure{status: 403, code: "7505", message: "Request authorization tenant mismatch."}
	}
	return nil
}

// resource answers a request on the call itself.
func (c *Call) resource(method string, x *exchange) reply {
	switch method {
	case http.MethodGet:
		return reply{status: http.StatusOK, body: c.entity(x)}
	case http.MethodDelete:
		return c.delete()
	}
	return wrongVerb(method)
}

// act answers a request on one of the call's actions.
func (c *Call) act(method string, x *exchange, depth int) reply {
	a, ok := c.sim.findAction(x.action)
	switch {
	case !ok:
		return reply{fail: &failure{status: 404, code: "ResourceNotFound", message: "Resource not found for the segment '" + x.action + "'."}}
	case a.run == nil:
		return notSimulated(a.name)
	case a.noAlias && x.root == "app" && !c.sim.set.KeepAliveOnApp:
		return reply{fail: &failure{status: http.StatusNotFound, code: "ResourceNotFound", message: "Resource not found for the segment '" + a.name + "'; it is known below /communications/calls only."}}
	case depth != 5:
		return reply{fail: &failure{status: 404, code: "ResourceNotFound", message: "Nothing lies below the action '" + a.name + "'."}}
	case method != http.MethodPost:
		return wrongVerb(method)
	case a.role != "" && !slices.Contains(x.access.roles, a.role):
		return reply{fail: &failure{status: 403, code: "7504",
			message: "Insufficient enterprise tenant permissions, cannot access this API. It needs " + a.role + "."}}
	}
	if fail := checkParams(a, x); fail != nil {
		return reply{fail: fail}
	}
	return a.run(c, x)
}

func wrongVerb(method string) reply {
	return reply{fail: &failure{status: 405, code: "MethodNotAllowed", message: "The method " + method + " is not allowed here."}}
}

func notSimulated(what string) reply {
	return reply{fail: &failure{status: 501, code: "NotImplemented",
		message: "The simulator does not know " + what + "; the real service may."}}
}
