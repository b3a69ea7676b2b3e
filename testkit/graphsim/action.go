package graphsim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// action is an operation on one call, or on something below it.
type action struct {
	name   string   // in faults
	method string   // of HTTP
	path   string   // below the call, with {id}
	role   string   // permission it needs, empty for none
	roles  []string // permissions of which it needs one, nil for none
	params []param
	run    func(*Call, *exchange) reply // called with the lock held
	// noAlias says that its page does not list the alias /app/calls.
	noAlias  bool
	betaOnly bool
	// undescribed says that the metadata declares it, and no page describes it.
	undescribed bool
	doc         string   // what the simulator does
	pattern     []string // its path in segments
}

// verb is the action's method of HTTP.
func (a action) verb() string { return cmp.Or(a.method, http.MethodPost) }

// matches says whether a path below a call is the action's, and what stands for
// its {id}.
func (a action) matches(below path) (id string, ok bool) {
	if len(a.pattern) != len(below) {
		return "", false
	}
	for i, segment := range a.pattern {
		switch {
		case segment == "{id}" && below[i] != "":
			id = below[i]
		case !strings.EqualFold(segment, unqualified(below[i])):
			return "", false
		}
	}
	return id, true
}

// findAction is what a request below a call asks for. If only its method is
// wrong, the action has no run and wrong is set.
func (s *Sim) findAction(method string, below path) (a action, id string, found, wrong bool) {
	for _, a := range s.actions {
		id, ok := a.matches(below)
		if ok && a.method == method {
			return a, id, true, false
		}
		wrong = wrong || ok
	}
	return action{}, "", false, wrong
}

// may says that the token has one of these permissions.
func (x *exchange) may(roles ...string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(x.access.roles, r) })
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
	x.query = r.URL.Query()
	if len(seg) > 3 && x.action != deviceQuality && s.lacksID(seg) {
		return s.noCallID(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if bad := s.throttle(grant.app); bad != nil {
		return *bad
	}
	switch x.action {
	case "create":
		return s.create(r.Method, x)
	case actionList:
		return s.listCalls(x)
	case deviceQuality:
		return s.logDeviceQuality(r, x)
	}
	c, known := s.calls[ivr.NormalizeCallID(seg[3])]
	if !known || c.app != grant.app || c.state == ivr.StateTerminated || !c.isSpelled(seg[3]) {
		return refuse(s.set.CallNotFound, "Call not found.")
	}
	if fail := s.permit(c, x); fail != nil {
		return reply{fail: fail}
	}
	if len(seg) == 4 {
		return c.resource(r.Method, x)
	}
	return c.act(r.Method, x, seg[4:])
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
		return c.get(x)
	case http.MethodDelete:
		return c.delete()
	}
	return wrongVerb(method)
}

// act answers a request on one of the call's actions.
func (c *Call) act(method string, x *exchange, below path) reply {
	a, id, ok, wrong := c.sim.findAction(method, below)
	x.id = id
	switch {
	case wrong:
		return wrongVerb(method)
	case !ok && len(below) > 1:
		return nothingBelow(c.sim, below)
	case !ok || a.betaOnly && !x.beta():
		return noSegment(unqualified(below[len(below)-1]))
	case a.undescribed && !c.sim.set.Undescribed:
		return notDescribed(a.name)
	case a.noAlias && x.root == "app" && !c.sim.set.KeepAliveOnApp:
		return reply{fail: &failure{status: http.StatusNotFound, code: "ResourceNotFound", message: "Resource not found for the segment '" + a.name + "'; it is known below /communications/calls only."}}
	case a.role != "" && !x.may(a.role):
		return forbidden(a.role)
	case a.roles != nil && !x.may(a.roles...):
		return forbidden(a.roles...)
	}
	if fail := checkParams(a, x); fail != nil {
		return reply{fail: fail}
	}
	return a.run(c, x)
}

func noSegment(name string) reply {
	return reply{fail: &failure{status: 404, code: "ResourceNotFound", message: "Resource not found for the segment '" + name + "'."}}
}

// nothingBelow refuses a path that goes on where nothing is.
func nothingBelow(s *Sim, below path) reply {
	for _, a := range s.actions {
		if _, ok := a.matches(below[:1]); ok && a.path == a.name {
			return reply{fail: &failure{status: 404, code: "ResourceNotFound", message: "Nothing lies below the action '" + a.name + "'."}}
		}
	}
	return noSegment(unqualified(below[len(below)-1]))
}

func wrongVerb(method string) reply {
	return reply{fail: &failure{status: 405, code: "MethodNotAllowed", message: "The method " + method + " is not allowed here."}}
}

// notDescribed refuses what no page describes, as the service never does: a bot
// should not count on it by accident.
func notDescribed(what string) reply {
	return reply{fail: &failure{status: 501, code: "NotImplemented",
		message: "The service's metadata declares " + what + ", and no page describes it. The simulator takes it with the setting Undescribed."}}
}
