package graphsim

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Behaviour is what somebody does when a call is sent to them.
type Behaviour int

// What targets do.
const (
	Answers  Behaviour = iota // picks up
	Busy                      // is on the phone
	NoAnswer                  // does not hear it
	Declined                  // presses the red button
	Machine                   // is away, and a machine picks up
)

var behaviours = [...]string{"answers", "busy", "no_answer", "declined", "machine"}

// String is the behaviour's name, such as "no_answer".
func (b Behaviour) String() string {
	if b < 0 || int(b) >= len(behaviours) {
		return "unknown"
	}
	return behaviours[b]
}

// ParseBehaviour reads a behaviour's name.
func ParseBehaviour(s string) (Behaviour, error) {
	for i, name := range behaviours {
		if s == name {
			return Behaviour(i), nil
		}
	}
	return 0, fmt.Errorf("%q is not a behaviour; there are %s", s, strings.Join(behaviours[:], ", "))
}

func (b Behaviour) picksUp() bool { return b == Answers || b == Machine }

// handover is a transfer that is under way.
type handover struct{ target ivr.Target }

func transferParams() []param {
	return []param{{name: "transferTarget", kind: entity, required: true}, {name: "transferee", kind: entity}}
}

// transfer is the action of that name.
func (c *Call) transfer(x *exchange) reply {
	target, fail := readTarget("transferTarget", x.body["transferTarget"])
	if fail != nil {
		return reply{fail: fail}
	}
	switch {
	case str(sub(x.body, "transferTarget"), "replacesCallId") != "":
		return notSimulated("consultative transfers (replacesCallId)")
	case c.state == ivr.StateTransferring || c.state == ivr.StateTransferAccepted:
		return refuse(Refusal{http.StatusConflict, "8607"}, "A transfer is in progress.")
	case c.group:
		return refuse(Refusal{http.StatusBadRequest, "8523"}, "Cannot do transfer for meeting mode.")
	case x.body["transferee"] != nil:
		return refuse(Refusal{http.StatusBadRequest, "8523"}, "'transferee' is for group calls only.")
	}
	if bad := c.stateIs(ivr.StateEstablished); bad != nil {
		return *bad
	}
	if fail := c.mayReach(target); fail != nil {
		return reply{fail: fail}
	}
	c.beginTransfer(target)
	return reply{status: http.StatusAccepted, first: c.early()}
}

// mayReach refuses telephone targets on calls without a telephone number of
// our own.
func (c *Call) mayReach(t ivr.Target) *failure {
	if t.Kind == ivr.PartyPhone && !c.byInstance() && !c.sim.set.PSTNAlways {
		return &failure{status: 403, code: "7507",
			message: "Call source identity invalid: a telephone target needs a call that was received by an application instance."}
	}
	return nil
}

func (c *Call) beginTransfer(target ivr.Target) {
	c.handover = &handover{target}
	c.state = ivr.StateTransferring
	c.sim.emit(Transferring{c.head(), target})
	c.tell("transferring", c.stateUpdate(ivr.StateTransferring))
	c.releaseTones()
	b := c.sim.targets[targetKey(target.ID)]
	c.timers.after(c, timerTransfer, c.sim.ringing(b), func() {
		if b.picksUp() {
			c.handedOver()
		} else {
			c.cameBack(b)
		}
	})
}

// ringing is how long it takes until a target's behaviour shows.
func (s *Sim) ringing(b Behaviour) time.Duration {
	if b == NoAnswer {
		return s.set.TransferNoAnswer
	}
	return s.set.TransferRing
}

// handedOver tells that the target took the call, and ends the bot's part.
func (c *Call) handedOver() {
	target := c.handover.target
	quiet := func() {
		c.audio = ivr.AudioInactive
		c.sim.emit(AudioInactive{c.head()})
		c.tell("audio", c.audioUpdate(ivr.AudioInactive))
	}
	quietFirst := c.sim.chance.rand.IntN(2) == 0
	if quietFirst {
		quiet()
	}
	c.state = ivr.StateTransferAccepted
	c.tell("transferAccepted", c.stateUpdate(ivr.StateTransferAccepted))
	if !quietFirst {
		quiet()
	}
	c.timers.after(c, timerTransfer, c.sim.set.Latency, func() {
		r := Result{c.sim.set.TransferCode, 7015, "GracefulTransferCompleted"}
		c.sim.emit(Transferred{c.head(), target})
		c.terminate(ivr.EndedByTransfer, r)
	})
}

// cameBack returns the call to the bot. The documentation's example spells
// the subcode "subCode".
func (c *Call) cameBack(b Behaviour) {
	target := c.handover.target
	c.handover = nil
	c.state = ivr.StateEstablished
	r := c.sim.set.TransferFailed
	info := resultInfo(r, false)
	info["subCode"] = info["subcode"]
	delete(info, "subcode")
	c.sim.emit(TransferFailed{Head: c.head(), Target: target, Behaviour: b, Result: r})
	c.tell("transferFailed", c.update(object{"state": ivr.StateEstablished.String(), "resultInfo": info}))
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// targetKey makes ids of targets comparable.
func targetKey(id string) string { return strings.ToLower(id) }

// readTarget reads an invitationParticipantInfo.
func readTarget(place string, v any) (ivr.Target, *failure) {
	m, ok := v.(object)
	if !ok {
		return ivr.Target{}, invalid(place + " must be an object of type invitationParticipantInfo.")
	}
	if tag, ok := m[odataType]; ok && tag != "#microsoft.graph.invitationParticipantInfo" {
		return ivr.Target{}, invalid(fmt.Sprintf("%s has the type '%v'; expected '#microsoft.graph.invitationParticipantInfo'.", place, tag))
	}
	if fail := checkKnown(place, m, "identity", "endpointType", "replacesCallId", "participantId", "hidden",
		"removeFromDefaultAudioRoutingGroup", "region", "languageId", "id"); fail != nil {
		return ivr.Target{}, fail
	}
	return readIdentity(place+".identity", m["identity"])
}

// readIdentity reads an identitySet that names exactly one party.
func readIdentity(place string, v any) (ivr.Target, *failure) {
	m, ok := v.(object)
	if !ok {
		return ivr.Target{}, invalid(place + " is missing or no object.")
	}
	kinds := map[string]ivr.PartyKind{"user": ivr.PartyUser, "phone": ivr.PartyPhone,
		"applicationInstance": ivr.PartyApplication, "application": ivr.PartyBot}
	var found []ivr.Target
	for _, name := range names(m) {
		if strings.HasPrefix(name, "@") || m[name] == nil {
			continue
		}
		kind, ok := kinds[name]
		if !ok {
			return ivr.Target{}, invalid(place + " has '" + name + "'; a call can be sent to user, phone, applicationInstance or application.")
		}
		found = append(found, ivr.Target{Kind: kind, ID: str(sub(m, name), "id")})
	}
	switch {
	case len(found) != 1:
		return ivr.Target{}, invalid(fmt.Sprintf("%s names %d parties; it must name one.", place, len(found)))
	case found[0].ID == "":
		return ivr.Target{}, invalid(place + " has a party without an id.")
	case found[0].Kind == ivr.PartyPhone && !e164.MatchString(found[0].ID):
		return ivr.Target{}, invalid(place + ".phone.id is not a number in E.164, such as +14255550100.")
	}
	return found[0], nil
}
