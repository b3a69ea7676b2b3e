package graphsim

import (
	"net/http"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// mute and unmute are the actions of these names.
func (c *Call) mute(x *exchange) reply   { return c.setMuted(x, true) }
func (c *Call) unmute(x *exchange) reply { return c.setMuted(x, false) }

// setMuted mutes the bot, or ends that. It is for group calls only, and a
// roster tells of it: https://learn.microsoft.com/graph/api/call-mute
func (c *Call) setMuted(x *exchange, muted bool) reply {
	bad := c.isGroup()
	if c.room == nil && c.sim.set.MuteOfTwo {
		bad = c.stateIs(ivr.StateEstablished)
	}
	if bad != nil {
		return *bad
	}
	if c.me.silenced != muted {
		c.me.silenced = muted
		c.sim.emit(Muted{c.head(), muted})
	}
	if c.room != nil {
		c.room.changed()
	} else if c.sim.set.Roster {
		c.tellRoster()
	}
	name := "unmuteParticipantOperation"
	if muted {
		name = "muteParticipantOperation"
	}
	return c.completed(x, http.StatusOK, name, nil)
}
