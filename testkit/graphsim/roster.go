package graphsim

import (
	"maps"
	"reflect"
	"slices"

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
		list := c.roster()
		if truth(c.options, "isDeltaRosterEnabled") {
			if list = c.delta(list); len(list) == 0 {
				return
			}
		}
		c.post(&note{change: "updated", kind: "participants", below: "participants", data: list})
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

// delta is what of a roster is new since the last one, and who is gone. That
// isDeltaRosterEnabled asks for this, and for the number and the removedState,
// is how the metadata reads; no page shows it.
func (c *Call) delta(list []object) []object {
	before := c.rostered
	c.rostered = nil
	changed := []object{}
	send := func(m object) {
		c.rosters++
		m = maps.Clone(m)
		m["rosterSequenceNumber"] = c.rosters
		changed = append(changed, m)
	}
	for _, m := range list {
		c.rostered = append(c.rostered, m)
		i := slices.IndexFunc(before, func(old object) bool { return old["id"] == m["id"] })
		if i < 0 || !reflect.DeepEqual(before[i], m) {
			send(m)
		}
	}
	for _, old := range before {
		if !slices.ContainsFunc(list, func(m object) bool { return m["id"] == old["id"] }) {
			old = maps.Clone(old)
			old["removedState"] = typed("removedState", object{"reason": "Removed"})
			send(old)
		}
	}
	return changed
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
