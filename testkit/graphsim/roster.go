package graphsim

import (
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// escalate makes the call one of several, as the oddity does: somebody comes
// who does nothing.
func (c *Call) escalate() {
	if !c.app.may(joinRoles()...) {
		c.terminate(ivr.EndedByService, c.sim.set.EscalateEnd)
		return
	}
	c.widen()
	guest := ivr.Party{Kind: ivr.PartyUser, ID: c.sim.chance.guid(), Name: "Added Participant"}
	c.room.enter(&Person{id: c.sim.chance.guid(), party: guest, scenery: true})
	c.room.changed()
}

// widen makes a call of two one of several, which has a chat, and says so.
func (c *Call) widen() {
	if c.room != nil {
		return
	}
	c.room = &Meeting{sim: c.sim, chat: true, plan: c.widened()}
	c.me.hidden = truth(c.options, "hideBotAfterEscalation")
	c.room.enter(c.me)
	c.room.enter(c.other)
	m := c.stateUpdate(c.state)
	c.addMeeting(m)
	c.tell("escalated", m)
}

// widened is the plan of a call of two that becomes one of several.
func (c *Call) widened() MeetingPlan {
	return MeetingPlan{Thread: "19:meeting_" + c.chain + "@thread.v2", Organizer: c.caller, Lobby: LobbyNobody}
}

// tellRoster tells who is there: all of them, each time. That a roster is
// complete is what was seen; no page says so.
func (c *Call) tellRoster() {
	switch c.state {
	case ivr.StateEstablished, ivr.StateTransferring, ivr.StateTransferAccepted:
		c.post(&note{change: "updated", kind: "participants", below: "participants", data: c.roster()})
	default: // it hears when it is there
	}
}

// roster lists the participants that the bot sees: itself and the caller, or
// all in a meeting, of which a bot in the lobby sees only itself.
func (c *Call) roster() []object {
	all := []object{}
	for _, p := range c.present() {
		all = append(all, p.entity(c.hidesCallers()))
	}
	return all
}

func (c *Call) present() []*Person {
	switch {
	case c.room == nil && c.other == nil, c.me.inLobby:
		return []*Person{c.me}
	case c.room == nil:
		return []*Person{c.me, c.other}
	}
	var all []*Person
	for _, p := range c.room.people {
		if !p.hidden || p == c.me {
			all = append(all, p)
		}
	}
	return all
}
