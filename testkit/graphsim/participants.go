package graphsim

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// listParticipants lists who is in the call:
// https://learn.microsoft.com/graph/api/call-list-participants
func (c *Call) listParticipants(x *exchange) reply {
	return c.list(x, "participants", "participant", c.roster())
}

// getParticipant reads one of them:
// https://learn.microsoft.com/graph/api/participant-get
func (c *Call) getParticipant(x *exchange) reply {
	p, bad := c.named(x)
	if bad != nil {
		return *bad
	}
	return c.read(x, "participants", "participant", p.entity(c.hidesCallers()))
}

// named is the participant in a request's path.
func (c *Call) named(x *exchange) (*Person, *reply) {
	for _, p := range c.present() {
		if c.spells(p.id, x.id) {
			return p, nil
		}
	}
	r := refuse(c.sim.set.NoParticipant, "The participant was not found.")
	return nil, &r
}

// ofSeveral is the participant of a call of several in a request's path, on
// whom the bot acts.
func (c *Call) ofSeveral(x *exchange) (*Person, *reply) {
	if bad := c.isGroup(); bad != nil {
		return nil, bad
	}
	return c.named(x)
}

// isGroup refuses an action on a call of two, one that is not established, and
// one whose bot waits in the lobby.
func (c *Call) isGroup() *reply {
	if bad := c.stateIs(ivr.StateEstablished); bad != nil {
		return bad
	}
	var r reply
	switch {
	case c.room == nil:
		r = refuse(c.sim.set.NotGroup, "The action is for group calls only.")
	case c.me.inLobby:
		r = refuse(c.sim.set.WrongState, "The bot waits in the lobby.")
	default:
		return nil
	}
	return &r
}

// deleteParticipant removes somebody from the call, or takes an invitation
// back: https://learn.microsoft.com/graph/api/participant-delete
func (c *Call) deleteParticipant(x *exchange) reply {
	if bad := c.isGroup(); bad != nil {
		return *bad
	}
	if c.sim.set.RemoveForbidden {
		return reply{fail: &failure{status: 403, code: "7504", message: "The tenant does not allow the application to remove participants (AllowRemoveParticipantAppIds)."}}
	}
	for _, inv := range c.room.pending {
		if inv.by == c && c.spells(inv.person.id, x.id) {
			inv.stop()
			c.room.forget(inv)
			c.sim.emit(InviteFailed{Head: c.head(), Target: inv.target, Withdrawn: true})
			c.room.checkAlone(c.sim.set.LastOne)
			return reply{status: http.StatusNoContent, first: c.early()}
		}
	}
	p, bad := c.named(x)
	switch {
	case bad != nil:
		return *bad
	case p == c.me:
		return reply{fail: invalid("A bot hangs up instead of removing itself.")}
	case c.room.planned && strings.EqualFold(p.party.ID, c.room.plan.Organizer.ID):
		return refuse(c.sim.set.RemoveOrganizer, "The organizer cannot be removed.")
	}
	c.room.remove(p)
	return reply{status: http.StatusNoContent, first: c.early()}
}

// muteParticipant mutes somebody in the service:
// https://learn.microsoft.com/graph/api/participant-mute
func (c *Call) muteParticipant(x *exchange) reply {
	p, bad := c.ofSeveral(x)
	if bad != nil {
		return *bad
	}
	r := c.completed(x, http.StatusOK, "muteParticipantOperation", nil)
	c.silence(p)
	c.room.changed()
	return r
}

func (c *Call) silence(p *Person) {
	if !p.silenced {
		p.silenced = true
		who := p.attendee()
		c.room.emit(func(h Head) Event { return Silenced{h, who} })
	}
}

// https://learn.microsoft.com/graph/api/participant-muteall
func muteAllParams() []param {
	return []param{{name: "participants", kind: list}, {name: "clientContext", kind: text}}
}

// muteAll mutes those who are named, or everybody else. That an empty list
// means everybody is our reading of the page, and that a roster follows, too.
func (c *Call) muteAll(x *exchange) reply {
	if bad := c.isGroup(); bad != nil {
		return *bad
	}
	chosen, fail := c.chosen("participants", items(x.body, "participants"))
	if fail != nil {
		return reply{fail: fail}
	}
	if len(chosen) == 0 {
		for _, p := range c.present() {
			if p != c.me {
				chosen = append(chosen, p)
			}
		}
	}
	// The page's example has a commsOperation; the metadata has this type.
	ids := make([]string, 0, len(chosen))
	for _, p := range chosen {
		c.silence(p)
		ids = append(ids, p.id)
	}
	r := c.completed(x, http.StatusOK, "muteParticipantsOperation", object{"participants": ids})
	c.room.changed()
	return r
}

// chosen are the participants whose ids a parameter lists.
func (c *Call) chosen(name string, list []any) ([]*Person, *failure) {
	var all []*Person
	for i, v := range list {
		id, _ := v.(string)
		p, bad := c.named(&exchange{id: id})
		if bad != nil {
			return nil, invalid(fmt.Sprintf("%s[%d] is '%v'; it is no participant of the call.", name, i, v))
		}
		all = append(all, p)
	}
	return all, nil
}

// https://learn.microsoft.com/graph/api/participant-startholdmusic
func holdParams() []param {
	return []param{{name: "customPrompt", kind: entity}, {name: "clientContext", kind: text}}
}

// startHold puts somebody on hold, one at a time. The file of the music is not
// fetched: what the service does with a bad one is documented nowhere.
func (c *Call) startHold(x *exchange) reply {
	if m := x.body["customPrompt"]; m != nil {
		if _, fail := readPrompt("customPrompt", m, x.beta()); fail != nil {
			return reply{fail: fail}
		}
	}
	p, bad := c.ofSeveral(x)
	if bad != nil {
		return *bad
	}
	if c.room.find(func(p *Person) bool { return p.held }) != nil {
		return refuse(c.sim.set.HoldRuns, "A participant is on hold already.")
	}
	if p == c.me || p.inLobby {
		return refuse(c.sim.set.WrongState, "The participant cannot be put on hold.")
	}
	ch := &chore{typeName: "startHoldMusicOperation", kind: "startHoldMusic", id: c.sim.chance.guid(), context: str(x.body, "clientContext")}
	body := c.chore(ch, "running")
	c.hold(p, true)
	c.sim.after(c.sim.set.ChoreDelay, func() {
		if c.state != ivr.StateTerminated {
			c.choreOver(ch)
		}
	})
	return reply{status: http.StatusAccepted, body: body, location: c.location(x, ch.id), first: c.early()}
}

func (c *Call) hold(p *Person, held bool) {
	p.held = held
	who := p.attendee()
	c.room.emit(func(h Head) Event { return Held{h, who} })
}

// stopHold brings somebody back:
// https://learn.microsoft.com/graph/api/participant-stopholdmusic
func (c *Call) stopHold(x *exchange) reply {
	p, bad := c.ofSeveral(x)
	if bad != nil {
		return *bad
	}
	if !p.held {
		return refuse(c.sim.set.WrongState, "The participant is not on hold.")
	}
	c.hold(p, false)
	return c.completed(x, http.StatusAccepted, "stopHoldMusicOperation", nil)
}
