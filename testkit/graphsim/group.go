package graphsim

import (
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// maxInvited is how many users a new call of several can have, and how many
// people one invite can name:
// https://learn.microsoft.com/graph/api/participant-invite
const maxInvited = 5

// invitation is somebody whose phone rings.
type invitation struct {
	person *Person
	by     *Call
	target ivr.Target
	told   func(b Behaviour) // what came of it
	stop   func()
}

// createGroup makes a call of several: everybody's phone rings, and it is
// established when the first one picks up. It has no chat.
func (s *Sim) createGroup(x *exchange) reply {
	var callees []invited
	users := 0
	for i := range items(x.body, "targets") {
		callee, fail := readCallee(x, i)
		if fail != nil {
			return reply{fail: fail}
		}
		if callee.Kind != ivr.PartyPhone {
			users++
		}
		for _, other := range callees {
			if strings.EqualFold(other.ID, callee.ID) {
				return reply{fail: invalid(fmt.Sprintf("targets[%d] is there twice.", i))}
			}
		}
		callees = append(callees, callee)
	}
	if users > maxInvited {
		return reply{fail: invalid(fmt.Sprintf("'targets' has %d users; a new group call can have %d.", users, maxInvited))}
	}
	c := s.newOutgoing(x, callees[0])
	for _, callee := range callees {
		if bad := c.mayTransfer(callee); bad != nil {
			return *bad
		}
	}
	if bad := s.accept(c); bad != nil {
		return *bad
	}
	c.room = &Meeting{sim: s, plan: MeetingPlan{Organizer: c.me.party, Lobby: LobbyNobody}}
	c.callees = nil
	for _, callee := range callees {
		c.callees = append(c.callees, callee.party())
	}
	first := c.early()
	establishing := func() { c.tell("establishing", c.stateUpdate(ivr.StateEstablishing)) }
	if first != nil {
		establishing()
	} else {
		c.timers.after(c, timerConnect, s.set.EstablishingDelay, establishing)
	}
	for i, callee := range callees {
		p := &Person{id: s.chance.guid(), party: callee.party()}
		if i == 0 {
			p = c.other
		}
		c.ring(p, callee.Target, func(b Behaviour) { c.answeredBy(p, callee.Target, b) })
	}
	return s.created(c, x, first)
}

// answeredBy is what comes of one phone of a new call of several.
func (c *Call) answeredBy(p *Person, target ivr.Target, b Behaviour) {
	switch {
	case b.picksUp() && c.me.meeting == nil:
		c.room.enter(c.me)
		c.room.enter(p)
		c.pickUp(target, b, false)
	case b.picksUp():
		c.room.enter(p)
		c.room.changed()
	case len(c.room.pending) > 0:
	case c.me.meeting == nil:
		c.terminate(ivr.EndedByService, c.sim.set.NobodyJoined)
	default:
		c.room.checkAlone(c.sim.set.NobodyJoined)
	}
}

// ring lets somebody's phone ring until they do what they do.
func (c *Call) ring(p *Person, target ivr.Target, told func(Behaviour)) {
	r := c.sim.reaction(target)
	inv := &invitation{person: p, by: c, target: target, told: told}
	c.room.pending = append(c.room.pending, inv)
	c.sim.emit(Inviting{Head: c.head(), Target: target, Behaviour: r.Behaviour, Participant: p.id})
	r = r.within(c.sim.set.RingFor)
	inv.stop = c.sim.after(r.After, func() {
		c.room.forget(inv)
		if c.state == ivr.StateTerminated {
			return
		}
		inv.told(r.Behaviour)
		if r.Leaves > 0 && r.Behaviour.picksUp() {
			c.sim.after(r.Leaves, func() { p.meeting.leave(p, c.sim.set.LastOne) })
		}
	})
}

// forget takes an invitation from those that are open.
func (m *Meeting) forget(inv *invitation) {
	for i, other := range m.pending {
		if other == inv {
			m.pending = append(m.pending[:i:i], m.pending[i+1:]...)
			return
		}
	}
}

// withdraw takes back what a call that is over has invited.
func (m *Meeting) withdraw(c *Call) {
	for _, inv := range m.pending {
		if inv.by == c {
			inv.stop()
			m.forget(inv)
		}
	}
}

// hangUpSeveral lets the person who called, or was called first, go; once they
// have gone, everybody. A meeting that the bot joined ends.
func (c *Call) hangUpSeveral(r Result) {
	switch {
	case c.room.planned:
		c.room.end(c.sim.set.MeetingEnded)
	case c.me.meeting == nil:
		c.terminate(ivr.EndedByCaller, c.sim.set.CalleeDeclined)
	case c.other.meeting == c.room && !c.other.gone:
		c.room.leave(c.other, r)
	default:
		for _, p := range append([]*Person(nil), c.room.people...) {
			if p.call == nil {
				c.room.leave(p, r)
			}
		}
	}
}
