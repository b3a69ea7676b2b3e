package graphsim

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// https://learn.microsoft.com/graph/api/participant-invite
func inviteParams() []param {
	return []param{{name: "participants", kind: list, required: true}, {name: "clientContext", kind: text}}
}

// invite is the action of that name. A call of two becomes one of several.
func (c *Call) invite(x *exchange) reply {
	guests, bad := c.readInvitation(x)
	if bad == nil {
		bad = c.stateIs(ivr.StateEstablished)
	}
	if bad != nil {
		return *bad
	}
	if c.inLobby() {
		return refuse(c.sim.set.WrongState, "The bot waits in the lobby.")
	}
	from, other, bad := c.mover(guests[0])
	if bad != nil {
		return *bad
	}
	ch := &chore{typeName: "inviteParticipantsOperation", kind: "invite", id: c.sim.chance.guid(), context: str(x.body, "clientContext")}
	people := make([]*Person, 0, len(guests))
	list := make([]object, 0, len(guests))
	for _, g := range guests {
		p := &Person{id: c.sim.chance.guid(), party: g.party(), hidden: g.hidden, apart: g.apart}
		people = append(people, p)
		list = append(list, c.asked(g, p))
	}
	ch.extra = object{"participants": list}
	body := c.chore(ch, "running")
	c.widen()
	if from != nil {
		c.pull(ch, people[0], from, other)
	} else {
		c.ringAll(ch, guests, people)
	}
	return reply{status: http.StatusOK, body: body, location: c.location(x, ch.id), first: c.early()}
}

// asked is an invited participant as the answer has it. The documentation's
// examples have null for the id with which the invitation can be taken back.
func (c *Call) asked(g invited, p *Person) object {
	m := typed("invitationParticipantInfo", object{"identity": identitySet(p.party, false), "endpointType": nil,
		"replacesCallId": orNull(g.replaces), "id": p.id})
	if c.sim.set.NoInviteIDs {
		m["id"] = nil
	}
	if g.participant != "" {
		m["participantId"] = g.participant
	}
	return m
}

// readInvitation reads who is invited. Of one who comes from another call only
// the first is read.
func (c *Call) readInvitation(x *exchange) ([]invited, *reply) {
	list := items(x.body, "participants")
	if len(list) < 1 || len(list) > maxInvited {
		return nil, &reply{fail: invalid(fmt.Sprintf("'participants' has %d elements; 1 to %d are allowed.", len(list), maxInvited))}
	}
	var guests []invited
	for i, v := range list {
		g, fail := readTarget(fmt.Sprintf("participants[%d]", i), v)
		if fail == nil && g.Kind == ivr.PartyVoicemail {
			fail = invalid(fmt.Sprintf("participants[%d] is a voicemail.", i))
		}
		if fail != nil {
			return nil, &reply{fail: fail}
		}
		guests = append(guests, g)
		if guests[0].replaces != "" || guests[0].participant != "" {
			break
		}
	}
	for i, g := range guests {
		if bad := c.mayTransfer(g); bad != nil {
			return nil, bad
		}
		if c.knows(g.ID) {
			r := refuse(c.sim.set.AlreadyIn, fmt.Sprintf("participants[%d] is in the call already, or invited.", i))
			return nil, &r
		}
	}
	switch {
	case len(guests) > 1 && c.room == nil:
		r := refuse(c.sim.set.NotGroup, "Several participants can be invited into a group call only.")
		return nil, &r
	case len(guests) > 1 && !c.room.chat:
		return nil, &reply{fail: invalid("Several participants can be invited only into a group call that has a chatInfo.")}
	}
	return guests, nil
}

// knows says that somebody with an id is in the call, or invited.
func (c *Call) knows(id string) bool {
	for _, p := range c.present() {
		if strings.EqualFold(p.party.ID, id) {
			return true
		}
	}
	if c.room != nil {
		for _, inv := range c.room.pending {
			if strings.EqualFold(inv.person.party.ID, id) {
				return true
			}
		}
	}
	return false
}

// ringAll lets the invited phones ring. The operation ends with the last of
// them, and fails if nobody came; a failure is documented nowhere.
func (c *Call) ringAll(ch *chore, guests []invited, people []*Person) {
	open, came := len(guests), 0
	for i, g := range guests {
		p := people[i]
		c.ring(p, g.Target, func(b Behaviour) {
			open--
			if b.picksUp() {
				came++
				p.inLobby = c.room.waits(p.party, false)
				c.room.enter(p)
			} else {
				c.sim.emit(InviteFailed{Head: c.head(), Target: g.Target, Behaviour: b})
			}
			if open == 0 && came == 0 {
				ch.result = c.refusal(b)
			}
			if open == 0 {
				c.choreOver(ch)
			}
			if b.picksUp() {
				c.room.changed()
			} else if open == 0 {
				c.room.checkAlone(c.sim.set.LastOne)
			}
		})
	}
}

// refusal is the result of an invitation that nobody took: the same as of a
// call that nobody took.
func (c *Call) refusal(b Behaviour) Result {
	switch set := c.sim.set; b {
	case Busy:
		return set.CalleeBusy
	case Declined:
		return set.CalleeDeclined
	case NoAnswer, Answers, Machine:
		return set.InviteNoAnswer
	}
	return Result{}
}

// mover is somebody who is to come from another call of the bot: the other side
// of a call of two, or a participant of another meeting.
func (c *Call) mover(g invited) (*Person, *Call, *reply) {
	var bad reply
	other := c.sim.calls[ivr.NormalizeCallID(g.replaces)]
	switch {
	case g.replaces == "" && g.participant == "":
		return nil, nil, nil
	case g.replaces != "" && (other == nil || other.app != c.app || other.state == ivr.StateTerminated):
		bad = refuse(c.sim.set.CallNotFound, "The call to be replaced was not found.")
	case other == c:
		bad = reply{fail: invalid("'replacesCallId' is the call itself.")}
	case other != nil && other.state != ivr.StateEstablished:
		bad = refuse(c.sim.set.WrongState, "The call to be replaced is "+other.state.String()+".")
	case g.participant != "":
		return c.elsewhere(g)
	case other.room != nil:
		bad = reply{fail: invalid("'replacesCallId' is a group call; 'participantId' says who is to come from it.")}
	case !strings.EqualFold(other.other.party.ID, g.ID):
		bad = reply{fail: invalid("'replacesCallId' is a call with somebody else than the participant.")}
	default:
		return other.other, other, nil
	}
	return nil, nil, &bad
}

// elsewhere finds a participant of another meeting that the app is in.
func (c *Call) elsewhere(g invited) (*Person, *Call, *reply) {
	for _, id := range sortedCalls(c.sim.calls) {
		other := c.sim.calls[id]
		if other.app != c.app || other.room == nil || other.room == c.room {
			continue
		}
		if p := other.room.find(func(p *Person) bool { return p.id == g.participant }); p != nil && strings.EqualFold(p.party.ID, g.ID) {
			return p, other, nil
		}
	}
	r := refuse(c.sim.set.NoParticipant, "'participantId' is nobody in another meeting of the app.")
	return nil, nil, &r
}

// pull brings somebody from another call, which ends if it was one of two.
func (c *Call) pull(ch *chore, p, from *Person, other *Call) {
	c.sim.after(c.sim.set.ConsultDelay, func() {
		if c.state == ivr.StateTerminated {
			return
		}
		if from.gone || other.state == ivr.StateTerminated {
			ch.result = c.sim.set.ConsultFailed
			c.choreOver(ch)
			return
		}
		c.room.enter(p)
		c.choreOver(ch)
		c.room.changed()
		if other.room == nil {
			other.terminate(ivr.EndedByTransfer, c.sim.set.Replaced)
			return
		}
		other.room.leave(from, c.sim.set.LastOne)
	})
}

// chore is an operation that is no media.
type chore struct {
	typeName string
	kind     string // what its end is for faults
	id       string
	context  string
	extra    object // more properties
	result   Result // of a failure
}

// chore is a chore's entity in a status, which can be read from then on.
func (c *Call) chore(ch *chore, status string) object {
	body := typed(ch.typeName, object{"id": ch.id, "status": status, "clientContext": orNull(ch.context), "resultInfo": nil})
	maps.Copy(body, ch.extra)
	c.remember(ch.id, body)
	return body
}

// completed answers a request whose operation is done at once.
func (c *Call) completed(x *exchange, status int, typeName string, extra object) reply {
	ch := &chore{typeName: typeName, id: c.sim.chance.guid(), context: str(x.body, "clientContext"), extra: extra}
	return reply{status: status, body: c.chore(ch, "completed"), location: c.location(x, ch.id), first: c.early()}
}

// choreOver tells that a chore is over, well unless it has a result.
func (c *Call) choreOver(ch *chore) {
	m := typed(ch.typeName, object{"@odata.id": c.operationAddress(ch.id), "id": ch.id, "clientContext": orNull(ch.context), "status": "completed"})
	maps.Copy(m, ch.extra)
	if c.sim.set.NoOperationID {
		delete(m, "id")
	}
	if ch.result != (Result{}) {
		m["status"], m["resultInfo"] = "failed", resultInfo(ch.result, false)
	}
	c.remember(ch.id, m)
	c.post(&note{change: "deleted", kind: ch.kind, below: ch.id, data: m})
}
