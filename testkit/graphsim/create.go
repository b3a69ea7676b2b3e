package graphsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// createRole is the permission to call one person.
const createRole = "Calls.Initiate.All"

// callProperties are those of a call that can be created:
// https://learn.microsoft.com/graph/api/application-post-calls
func callProperties() []param {
	return []param{
		{name: "callbackUri", kind: text, required: true}, {name: "targets", kind: list},
		{name: "requestedModalities", kind: list, required: true}, {name: "mediaConfig", kind: entity, required: true},
		{name: "source", kind: entity}, {name: "tenantId", kind: text}, {name: "subject", kind: text},
		{name: "direction", kind: text, values: []string{"incoming", "outgoing"}}, {name: "callOptions", kind: entity},
		{name: "callChainId", kind: text}, {name: "ringingTimeoutInSeconds", kind: whole, betaOnly: true},
		{name: "routingPolicies", kind: list, betaOnly: true}, {name: "chatInfo", kind: entity}, {name: "meetingInfo", kind: entity},
	}
}

// maxRinging is the longest that a call of the bot may ring, in seconds:
// https://learn.microsoft.com/graph/api/resources/call
const maxRinging = 115

// create answers POST /communications/calls. The lock is held.
func (s *Sim) create(method string, x *exchange) reply {
	switch {
	case method != http.MethodPost:
		return notSimulated(method + " /communications/calls")
	case !slices.Contains(x.access.roles, createRole):
		return reply{fail: &failure{status: 403, code: "7504",
			message: "Insufficient enterprise tenant permissions, cannot access this API. It needs " + createRole + "."}}
	}
	if fail := checkParams(action{name: "create call", params: callProperties()}, x); fail != nil {
		return reply{fail: fail}
	}
	callee, fail := s.readNewCall(x)
	if fail != nil {
		return reply{fail: fail}
	}
	c := s.newOutgoing(x, callee)
	if bad := c.mayTransfer(callee); bad != nil {
		return *bad
	}
	if s.closed || s.set.MaxCalls > 0 && s.live >= s.set.MaxCalls {
		return refuse(s.set.TooManyCalls, "Too many calls are active.")
	}
	s.calls[ivr.CallID(c.id)] = c
	s.live++
	c.armKeepAlive()
	c.armLength()
	first := c.early()
	c.ringOut(callee.Target, time.Duration(number(x.body, "ringingTimeoutInSeconds", 0))*time.Second, first != nil)
	return reply{status: http.StatusCreated, body: c.entity(x), first: first,
		location: s.cfg.BaseURL + "/" + x.version + "/communications/calls/" + c.id}
}

// readNewCall checks the body of a new call. Only calls of two are simulated.
func (s *Sim) readNewCall(x *exchange) (callee invited, fail *failure) {
	for _, check := range []func() *failure{
		func() *failure { return checkTag("the call", x.body, "call", false) },
		func() *failure { return s.readCallback(str(x.body, "callbackUri")) },
		func() *failure { return s.readSource(x.body) },
		func() *failure { _, fail := readMediaConfig(sub(x.body, "mediaConfig"), x.beta()); return fail },
	} {
		if fail := check(); fail != nil {
			return callee, fail
		}
	}
	tenant := str(x.body, "tenantId")
	switch n := number(x.body, "ringingTimeoutInSeconds", 1); {
	case tenant != "" && !strings.EqualFold(tenant, x.access.tenant):
		return callee, &failure{status: 403, code: "7505", message: "Request authorization tenant mismatch."}
	case n < 1 || n > maxRinging:
		return callee, invalid(fmt.Sprintf("'ringingTimeoutInSeconds' is %d; it must be 1 to %d.", n, maxRinging))
	case x.body["meetingInfo"] != nil || x.body["chatInfo"] != nil:
		return callee, notSimulated("joining a meeting").fail
	case len(items(x.body, "targets")) > 1:
		return callee, notSimulated("a new group call").fail
	case len(items(x.body, "targets")) == 0:
		return callee, invalid("'targets' is empty; a call of two needs one.")
	case !slices.Contains(items(x.body, "requestedModalities"), any("audio")):
		return callee, invalid("'requestedModalities' has no audio.")
	}
	callee, fail = readTarget("targets[0]", items(x.body, "targets")[0])
	if fail == nil && (callee.Kind == ivr.PartyVoicemail || callee.Kind == ivr.PartyBot) {
		return callee, invalid("targets[0] is nobody who can be called.")
	}
	return callee, fail
}

// readSource checks who calls: the bot, or its application instance.
func (s *Sim) readSource(body object) *failure {
	source := sub(body, "source")
	if source == nil {
		return nil
	}
	from, fail := readIdentity("source.identity", source["identity"])
	switch {
	case fail != nil:
		return fail
	case from.Kind == ivr.PartyApplication && strings.EqualFold(from.ID, s.cfg.Instance):
		return nil
	case from.Kind == ivr.PartyBot && strings.EqualFold(from.ID, s.cfg.AppID):
		return nil
	}
	return &failure{status: 403, code: "7507", message: "Call source identity invalid: it is neither the bot nor its application instance."}
}

// newOutgoing is a call that the bot makes. The person on the phone is the
// callee.
func (s *Sim) newOutgoing(x *exchange, callee invited) *Call {
	c := &Call{sim: s, id: s.chance.guid(), outgoing: true, tenant: x.access.tenant,
		caller: ivr.Party{Kind: callee.Kind, ID: callee.ID, Tenant: callee.tenant}, called: ivr.Party{Kind: ivr.PartyBot, ID: s.cfg.AppID},
		chain: s.chance.guid(), scenario: s.chance.guid(), state: ivr.StateEstablishing,
		callback: str(x.body, "callbackUri"), config: sub(x.body, "mediaConfig")}
	if from := sub(sub(x.body, "source"), "identity"); sub(from, "applicationInstance") != nil {
		c.called = ivr.Party{Kind: ivr.PartyApplication, ID: s.cfg.Instance}
	}
	c.participants = [2]string{s.chance.guid(), s.chance.guid()}
	c.tones.next = 1 + int64(s.chance.rand.IntN(7))
	seeded := s.chance.rand.IntN(2) == 1
	c.upper = s.set.IDs == SpellUpper || s.set.IDs == SpellSeeded && seeded
	return c
}

// ringOut lets the callee's phone ring. At once means that the bot hears of it
// before its request is answered.
func (c *Call) ringOut(to ivr.Target, most time.Duration, atOnce bool) {
	set := c.sim.set
	if most == 0 {
		most = set.RingFor
	}
	b := c.sim.behaviour(to)
	c.sim.emit(Calling{Head: c.head(), Target: to, Behaviour: b})
	swapped := c.sim.occurs(EstablishedFirst)
	establishing := func() { c.tell("establishing", c.stateUpdate(ivr.StateEstablishing)) }
	switch {
	case swapped:
	case atOnce:
		establishing()
	default:
		c.timers.after(c, timerConnect, set.EstablishingDelay, establishing)
	}
	wait := set.TransferRing
	if b == NoAnswer || wait > most {
		b, wait = NoAnswer, most
	}
	c.timers.after(c, timerTransfer, wait, func() {
		switch b {
		case Answers, Machine:
			c.pickUp(to, b, swapped)
		case Busy:
			c.terminate(ivr.EndedByCaller, set.CalleeBusy)
		case Declined:
			c.terminate(ivr.EndedByCaller, set.CalleeDeclined)
		case NoAnswer:
			c.terminate(ivr.EndedByService, set.CalleeNoAnswer)
		}
	})
}

// pickUp connects a call whose callee took it.
func (c *Call) pickUp(by ivr.Target, b Behaviour, swapped bool) {
	set := c.sim.set
	c.sim.emit(PickedUp{Head: c.head(), Target: by, Behaviour: b})
	established := c.establish
	if swapped {
		established = func() {
			c.establish()
			c.tell("establishing", c.stateUpdate(ivr.StateEstablishing))
		}
	}
	steps := []step{{set.EstablishedDelay, established}, {set.AudioDelay, func() { c.startAudio("audio") }}}
	switch set.Audio {
	case AudioMerged:
		steps = steps[:1]
	case AudioFirst:
		steps[0], steps[1] = steps[1], steps[0]
	case AudioAfter:
	}
	c.walk(append(steps, c.manyEstablished()...))
}
