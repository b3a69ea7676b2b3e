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
	if bad := c.stateIs(ivr.StateEstablished); bad != nil {
		return *bad
	}
	if !c.group && !c.sim.set.MuteOfTwo {
		return refuse(c.sim.set.NotGroup, "The action is for group calls only.")
	}
	if c.muted != muted {
		c.muted = muted
		c.sim.emit(Muted{c.head(), muted})
	}
	if c.group || c.sim.set.Roster {
		c.tellRoster()
	}
	name := "unmuteParticipantOperation"
	if muted {
		name = "muteParticipantOperation"
	}
	id := c.sim.chance.guid()
	return reply{status: http.StatusOK, location: c.location(x, id), first: c.early(),
		body: typed(name, object{
			"id": id, "status": "completed", "clientContext": orNull(str(x.body, "clientContext")), "resultInfo": nil,
		})}
}
