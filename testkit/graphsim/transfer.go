package graphsim

import (
	"fmt"
	"net/http"
	"strings"

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
type handover struct {
	target   ivr.Target
	replaces *Call // the bot's call with the target; nil: the target's phone rings
	beta     bool
	who      *Person // who is transferred out of a call of several; nil: the caller
}

func transferParams() []param {
	return []param{{name: "transferTarget", kind: entity, required: true}, {name: "transferee", kind: entity}}
}

// transfer is the action of that name.
func (c *Call) transfer(x *exchange) reply {
	target, fail := readTarget("transferTarget", x.body["transferTarget"])
	if fail != nil {
		return reply{fail: fail}
	}
	set := c.sim.set
	switch {
	case c.state == ivr.StateTransferring || c.state == ivr.StateTransferAccepted:
		return refuse(set.TransferRuns, "A transfer is in progress.")
	case c.room != nil && (c.room.planned || x.body["transferee"] == nil):
		return refuse(set.TransferGroup, "Cannot do transfer for meeting mode.")
	case c.room == nil && x.body["transferee"] != nil:
		return refuse(set.TransferGroup, "'transferee' is for group calls only.")
	}
	who, bad := c.transferee(x)
	if bad != nil {
		return *bad
	}
	if bad := c.stateIs(ivr.StateEstablished); bad != nil {
		return *bad
	}
	if bad := c.mayTransfer(target); bad != nil {
		return *bad
	}
	var other *Call
	if id := str(sub(x.body, "transferTarget"), "replacesCallId"); id != "" {
		var bad *reply
		if other, bad = c.replaced(id, target.Target); bad != nil {
			return *bad
		}
	}
	c.beginTransfer(handover{target.Target, other, x.beta(), who})
	return reply{status: http.StatusAccepted, first: c.early()}
}

// participantProperties are those of
// https://learn.microsoft.com/graph/api/resources/participantinfo
// and what examples have besides.
func participantProperties() []param {
	return []param{{name: "identity", kind: entity}, {name: "participantId", kind: text}, {name: "endpointType", kind: text, values: endpointTypes()},
		{name: "platformId", kind: text, betaOnly: true}, {name: "nonAnonymizedIdentity", kind: entity, betaOnly: true},
		{name: "region", kind: text}, {name: "languageId", kind: text}, {name: "countryCode", kind: text}, {name: "id", kind: text}}
}

// transferee is who is to be transferred out of a call of several.
func (c *Call) transferee(x *exchange) (*Person, *reply) {
	m := sub(x.body, "transferee")
	if m == nil {
		return nil, nil
	}
	fail := checkTag("transferee", m, "participantInfo", false)
	if fail == nil {
		fail = checkProperties("transferee", m, participantProperties(), x.beta())
	}
	var who invited
	if fail == nil {
		who, fail = readIdentity("transferee.identity", m["identity"])
	}
	if fail != nil {
		return nil, &reply{fail: fail}
	}
	p, bad := c.named(&exchange{id: str(m, "participantId")})
	if bad != nil {
		return nil, bad
	}
	if p == c.me || !strings.EqualFold(p.party.ID, who.ID) {
		return nil, &reply{fail: invalid("transferee: 'participantId' is not the participant whom 'identity' names.")}
	}
	return p, nil
}

// mayTransfer refuses targets that a transfer cannot reach. Users have to be
// of the call's tenant: https://learn.microsoft.com/graph/api/call-transfer
func (c *Call) mayTransfer(t invited) *reply {
	user := t.Kind == ivr.PartyUser || t.Kind == ivr.PartyVoicemail
	if !user || t.tenant == "" || strings.EqualFold(t.tenant, c.tenant) {
		return c.mayReach(t)
	}
	r := refuse(c.sim.set.OtherTenant, "Call tenant mismatch: the target is of another tenant.")
	return &r
}

// replaced is the bot's call with a target, whose place the caller is to take.
func (c *Call) replaced(id string, target ivr.Target) (*Call, *reply) {
	other := c.sim.calls[ivr.NormalizeCallID(id)]
	var bad reply
	switch {
	case other == nil || other.app != c.app || other.state == ivr.StateTerminated:
		bad = refuse(c.sim.set.CallNotFound, "The call to be replaced was not found.")
	case other == c || !other.outgoing || other.room != nil:
		bad = reply{fail: invalid("'replacesCallId' is not a call that the bot made.")}
	case !strings.EqualFold(other.caller.ID, target.ID):
		bad = reply{fail: invalid("'replacesCallId' is a call with somebody else than the transfer's target.")}
	case other.state != ivr.StateEstablished:
		bad = refuse(c.sim.set.WrongState, "The call to be replaced is "+other.state.String()+".")
	default:
		return other, nil
	}
	return nil, &bad
}

func (c *Call) beginTransfer(h handover) {
	target := h.target
	c.handover = &h
	c.state = ivr.StateTransferring
	begun := Transferring{Head: c.head(), Target: target}
	if h.replaces != nil {
		begun.Replaces = ivr.CallID(h.replaces.id)
	}
	c.sim.emit(begun)
	c.tell("transferring", c.stateUpdate(ivr.StateTransferring))
	if c.sim.set.TransferMutes {
		c.loseAudio()
	}
	c.releaseTones()
	if h.replaces != nil {
		c.timers.after(c, timerTransfer, c.sim.set.ConsultDelay, c.join)
		return
	}
	r := c.sim.reaction(target).within(c.sim.set.TransferNoAnswer)
	c.timers.after(c, timerTransfer, r.After, func() {
		if r.Behaviour.picksUp() {
			c.handedOver()
		} else {
			c.cameBack(r.Behaviour)
		}
	})
}

// join ends a consultative transfer: the caller takes the bot's place in its
// call with the target, unless that is over.
func (c *Call) join() {
	other := c.handover.replaces
	if c.sim.set.ConsultFails || other.state != ivr.StateEstablished {
		c.cameBack(Answers)
		return
	}
	before := c.sim.chance.rand.IntN(2) == 0
	if before {
		other.terminate(ivr.EndedByTransfer, c.sim.set.Replaced)
	}
	c.handedOver()
	if !before {
		other.terminate(ivr.EndedByTransfer, c.sim.set.Replaced)
	}
}

// handedOver tells that the target took the call, and ends the bot's part.
func (c *Call) handedOver() {
	target := c.handover.target
	who := c.handover.who
	switch {
	case who == nil:
	case who.gone:
		c.cameBack(Declined)
		return
	case c.sim.set.TransfereeOnly:
		c.handover, c.state = nil, ivr.StateEstablished
		c.sim.emit(Transferred{c.head(), target})
		c.tell("established", c.stateUpdate(ivr.StateEstablished))
		c.room.leave(who, c.sim.set.LastOne)
		return
	}
	quietFirst := c.sim.chance.rand.IntN(2) == 0
	if quietFirst {
		c.loseAudio()
	}
	c.state = ivr.StateTransferAccepted
	c.tell("transferAccepted", c.stateUpdate(ivr.StateTransferAccepted))
	if !quietFirst {
		c.loseAudio()
	}
	c.timers.after(c, timerTransfer, c.sim.set.Latency, func() {
		r := Result{c.sim.set.TransferCode, 7015, "GracefulTransferCompleted"}
		c.sim.emit(Transferred{c.head(), target})
		if h := c.handover; h.replaces != nil && h.beta && !c.sim.set.ConsultResult {
			c.finish(ivr.EndedByTransfer, r, c.update(object{"state": ivr.StateTerminated.String(), "terminationReason": "AppTransferred"}))
			return
		}
		c.terminate(ivr.EndedByTransfer, r)
		if who != nil {
			c.room.leave(who, c.sim.set.LastOne)
		}
	})
}

// cameBack returns the call to the bot. The documentation's example spells
// the subcode "subCode".
func (c *Call) cameBack(b Behaviour) {
	target, consult := c.handover.target, c.handover.replaces != nil
	c.handover = nil
	c.state = ivr.StateEstablished
	r := c.sim.set.TransferFailed
	if consult {
		r = c.sim.set.ConsultFailed
	}
	info := resultInfo(r, false)
	info["subCode"] = info["subcode"]
	delete(info, "subcode")
	c.sim.emit(TransferFailed{Head: c.head(), Target: target, Behaviour: b, Result: r})
	m := c.update(object{"state": ivr.StateEstablished.String(), "resultInfo": info})
	if consult {
		m["replacesContext"] = "simulated"
	}
	c.tell("transferFailed", m)
	if c.sim.set.TransferMutes {
		c.timers.after(c, timerAudio, c.sim.set.AudioDelay, c.regainAudio)
	}
}
