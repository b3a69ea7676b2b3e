package graphsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// callProperties are those of a call that can be created:
// https://learn.microsoft.com/graph/api/application-post-calls
func callProperties() []param {
	return []param{
		{name: "callbackUri", kind: text, required: true}, {name: "targets", kind: list},
		{name: "requestedModalities", kind: list, required: true, values: []string{"unknown", "audio", "video", "videoBasedScreenSharing", "data"}},
		{name: "mediaConfig", kind: entity, required: true},
		{name: "source", kind: entity}, {name: "tenantId", kind: text}, {name: "subject", kind: text},
		{name: "direction", kind: text, values: []string{"incoming", "outgoing"}}, {name: "callOptions", kind: entity},
		{name: "callChainId", kind: text}, {name: "ringingTimeoutInSeconds", kind: whole, betaOnly: true},
		{name: "routingPolicies", kind: list, betaOnly: true,
			values: []string{"none", "noMissedCall", "disableForwardingExceptPhone", "disableForwarding", "preferSkypeForBusiness"}},
		{name: "chatInfo", kind: entity}, {name: "meetingInfo", kind: entity},
	}
}

// maxRinging is the longest that a call of the bot may ring, in seconds:
// https://learn.microsoft.com/graph/api/resources/call
const maxRinging = 115

// create answers POST /communications/calls: a call of two, a call of several
// or the way into a meeting. The lock is held.
func (s *Sim) create(method string, x *exchange) reply {
	if method != http.MethodPost {
		return wrongVerb(method)
	}
	several := len(items(x.body, "targets")) > 1
	meeting := x.body["meetingInfo"] != nil || x.body["chatInfo"] != nil
	roles := []string{"Calls.Initiate.All"}
	switch {
	case meeting:
		roles = joinRoles()
	case several:
		roles = []string{"Calls.InitiateGroupCall.All"}
	}
	if !x.may(roles...) {
		return forbidden(roles...)
	}
	if fail := checkParams(action{name: "create call", params: callProperties()}, x); fail != nil {
		return reply{fail: fail}
	}
	if bad := s.readNewCall(x, meeting); bad != nil {
		return *bad
	}
	switch {
	case meeting:
		return s.join(x)
	case several:
		return s.createGroup(x)
	}
	return s.createOfTwo(x)
}

func (s *Sim) createOfTwo(x *exchange) reply {
	callee, fail := readCallee(x, 0)
	if fail != nil {
		return reply{fail: fail}
	}
	c := s.newOutgoing(x, callee)
	if bad := c.mayTransfer(callee); bad != nil {
		return *bad
	}
	if bad := s.accept(c); bad != nil {
		return *bad
	}
	first := c.early()
	c.ringOut(callee.Target, time.Duration(number(x.body, "ringingTimeoutInSeconds", 0))*time.Second, first != nil)
	return s.created(c, x, first)
}

// accept takes a new call in, unless the app has too many.
func (s *Sim) accept(c *Call) *reply {
	if s.closed || s.set.MaxCalls > 0 && c.app.live >= s.set.MaxCalls {
		r := refuse(s.set.TooManyCalls, "Too many calls are active.")
		return &r
	}
	if bad := s.countCall(c.app); bad != nil {
		return bad
	}
	s.calls[ivr.CallID(c.id)] = c
	c.app.live++
	c.armKeepAlive()
	c.armLength()
	return nil
}

// readNewCall checks what all new calls have in common.
func (s *Sim) readNewCall(x *exchange, meeting bool) *reply {
	for _, check := range []func() *failure{
		func() *failure { return checkTag("the call", x.body, "call", false) },
		func() *failure { return s.readCallback(str(x.body, "callbackUri")) },
		func() *failure { return readOptions(x, "outgoingCallOptions") },
		func() *failure { return s.readSource(x, meeting) },
		func() *failure { _, fail := readMediaConfig(x); return fail },
	} {
		if fail := check(); fail != nil {
			return &reply{fail: fail}
		}
	}
	tenant, targets := str(x.body, "tenantId"), len(items(x.body, "targets"))
	ringing := number(x.body, "ringingTimeoutInSeconds", 1)
	var fail *failure
	switch {
	case tenant != "" && !strings.EqualFold(tenant, x.access.tenant):
		fail = &failure{status: 403, code: "7505", message: "Request authorization tenant mismatch."}
	case ringing < 1 || ringing > maxRinging:
		fail = invalid(fmt.Sprintf("'ringingTimeoutInSeconds' is %d; it must be 1 to %d.", ringing, maxRinging))
	case targets == 0 && !meeting:
		fail = invalid("'targets' is empty; a call of two needs one.")
	case x.body["ringingTimeoutInSeconds"] != nil && targets != 1:
		fail = invalid("'ringingTimeoutInSeconds' is for a call to one target only.")
	case len(items(x.body, "routingPolicies")) > 0 && targets != 1:
		fail = invalid("'routingPolicies' are for a call to one target only.")
	case !slices.Contains(items(x.body, "requestedModalities"), any("audio")):
		fail = invalid("'requestedModalities' has no audio.")
	default:
		return nil
	}
	return &reply{fail: fail}
}

func readCallee(x *exchange, i int) (invited, *failure) {
	place := fmt.Sprintf("targets[%d]", i)
	callee, fail := readTarget(place, items(x.body, "targets")[i])
	if fail == nil && (callee.Kind == ivr.PartyVoicemail || callee.Kind == ivr.PartyBot) {
		return callee, invalid(place + " is nobody who can be called.")
	}
	return callee, fail
}

// readSource checks who calls: the bot, its application instance, or for a
// meeting a guest.
func (s *Sim) readSource(x *exchange, meeting bool) *failure {
	source := sub(x.body, "source")
	if source == nil {
		return nil
	}
	if fail := checkTag("source", source, "participantInfo", false); fail != nil {
		return fail
	}
	if fail := checkProperties("source", source, participantProperties(), x.beta()); fail != nil {
		return fail
	}
	if guest := sub(sub(source, "identity"), "guest"); guest != nil && meeting {
		if str(guest, "id") == "" {
			return invalid("source.identity.guest has no id.")
		}
		return checkValues("source.identity.guest: ", guest, identityProperties())
	}
	from, fail := readIdentity("source.identity", source["identity"])
	app := x.access.app
	switch {
	case fail != nil:
		return fail
	case from.Kind == ivr.PartyApplication && app.Instance != "" && strings.EqualFold(from.ID, app.Instance):
		return nil
	case from.Kind == ivr.PartyBot && strings.EqualFold(from.ID, app.ID):
		return nil
	}
	return &failure{status: 403, code: "7507", message: "Call source identity invalid: it is neither the bot nor its application instance."}
}

// newOutgoing is a call that the bot makes. The person on the phone is the
// callee.
func (s *Sim) newOutgoing(x *exchange, callee invited) *Call {
	app := x.access.app
	c := &Call{sim: s, app: app, id: s.chance.guid(), outgoing: true, tenant: x.access.tenant, caller: callee.party(),
		called: ivr.Party{Kind: ivr.PartyBot, ID: app.ID},
		chain:  s.chance.guid(), scenario: s.chance.guid(), state: ivr.StateEstablishing, subject: str(x.body, "subject"),
		callback: str(x.body, "callbackUri"), config: sub(x.body, "mediaConfig"), options: sub(x.body, "callOptions")}
	if from := sub(sub(x.body, "source"), "identity"); sub(from, "applicationInstance") != nil {
		c.called = ivr.Party{Kind: ivr.PartyApplication, ID: app.Instance}
	}
	c.begin()
	if callee.ID != "" {
		c.callees = []ivr.Party{c.caller}
	}
	return c
}
