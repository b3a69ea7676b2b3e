package graphsim

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// escalate makes the call a group call.
func (c *Call) escalate() {
	may := slices.ContainsFunc(c.sim.cfg.Permissions, func(p string) bool {
		return p == "Calls.JoinGroupCall.All" || p == "Calls.JoinGroupCallAsGuest.All"
	})
	if !may {
		c.terminate(ivr.EndedByService, c.sim.set.EscalateEnd)
		return
	}
	c.group = true
	m := c.stateUpdate(c.state)
	c.addMeeting(m)
	c.tell("escalated", m)
	c.tellRoster()
}

func (c *Call) tellRoster() {
	c.post(&note{change: "updated", kind: "participants", below: "participants", data: c.roster()})
}

// roster lists the participants: bot, caller and, of an escalated call, one
// more.
func (c *Call) roster() []object {
	hidden := c.sim.hidesCallers()
	all := []object{
		c.myself(),
		participant(c.participants[1], identitySet(c.caller, hidden)),
	}
	if c.group {
		guest := ivr.Party{Kind: ivr.PartyUser, ID: c.sim.chance.guid(), Name: "Added Participant"}
		all = append(all, participant(c.sim.chance.guid(), identitySet(guest, hidden)))
	}
	return all
}

// myself is the bot as a participant.
func (c *Call) myself() object {
	p := participant(c.participants[0], identitySet(ivr.Party{Kind: ivr.PartyBot, ID: c.sim.cfg.AppID}, false))
	p["isMuted"] = c.muted
	return p
}

func participant(id string, identity object) object {
	return typed("participant", object{"id": id, "isInLobby": false, "isMuted": false,
		"info": typed("participantInfo", object{"identity": identity}),
		"mediaStreams": []object{typed("mediaStream", object{"mediaType": "audio", "label": "main-audio",
			"sourceId": "1", "direction": "sendReceive", "serverMuted": false})},
	})
}
