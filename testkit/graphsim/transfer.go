package graphsim

import (
	"fmt"
	"net/http"
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
	target, fail := readTarget("transferTarget", x.body["transferTarget"], x.beta())
	if fail != nil {
		return reply{fail: fail}
	}
	set := c.sim.set
	switch {
	case str(sub(x.body, "transferTarget"), "replacesCallId") != "":
		return notSimulated("consultative transfers (replacesCallId)")
	case c.state == ivr.StateTransferring || c.state == ivr.StateTransferAccepted:
		return refuse(set.TransferRuns, "A transfer is in progress.")
	case c.group:
		return refuse(set.TransferGroup, "Cannot do transfer for meeting mode.")
	case x.body["transferee"] != nil:
		return refuse(set.TransferGroup, "'transferee' is for group calls only.")
	}
	if bad := c.stateIs(ivr.StateEstablished); bad != nil {
		return *bad
	}
	if bad := c.mayTransfer(target); bad != nil {
		return *bad
	}
	c.beginTransfer(target.Target)
	return reply{status: http.StatusAccepted, first: c.early()}
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

func (c *Call) beginTransfer(target ivr.Target) {
	c.handover = &handover{target}
	c.state = ivr.StateTransferring
	c.sim.emit(Transferring{c.head(), target})
	c.tell("transferring", c.stateUpdate(ivr.StateTransferring))
	if c.sim.set.TransferMutes {
		c.loseAudio()
	}
	c.releaseTones()
	b := c.sim.behaviour(target)
	c.timers.after(c, timerTransfer, c.sim.ringing(b), func() {
		if b.picksUp() {
			c.handedOver()
		} else {
			c.cameBack(b)
		}
	})
}

// behaviour is what a target does. Its voicemail takes every call.
func (s *Sim) behaviour(t ivr.Target) Behaviour {
	switch {
	case t.Kind != ivr.PartyVoicemail:
		return s.targets[targetKey(t.ID)]
	case s.set.NoVoicemail:
		return Declined
	}
	return Machine
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
	if c.sim.set.TransferMutes {
		c.timers.after(c, timerAudio, c.sim.set.AudioDelay, c.regainAudio)
	}
}
