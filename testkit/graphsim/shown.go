package graphsim

import (
	"net/http"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// ownMedia refuses an action that is for group calls whose bot has the media
// itself.
func (c *Call) ownMedia() *reply {
	if bad := c.isGroup(); bad != nil {
		return bad
	}
	if c.config[odataType] == appHosted {
		return nil
	}
	r := refuse(c.sim.set.MediaMode, "The action is for application hosted media only.")
	return &r
}

// addGallery is the action addLargeGalleryView:
// https://learn.microsoft.com/graph/api/call-addlargegalleryview
func (c *Call) addGallery(x *exchange) reply {
	if bad := c.ownMedia(); bad != nil {
		return *bad
	}
	ch := &chore{typeName: "addLargeGalleryViewOperation", kind: "addLargeGalleryView", id: c.sim.chance.guid(), context: str(x.body, "clientContext")}
	body := c.chore(ch, "running")
	c.sim.emit(GalleryAdded{c.head()})
	c.sim.after(c.sim.set.ChoreDelay, func() {
		if c.state != ivr.StateTerminated {
			c.choreOver(ch)
		}
	})
	return reply{status: http.StatusAccepted, body: body, location: c.location(x, ch.id), first: c.early()}
}

func roleParams() []param {
	return []param{{name: "role", kind: text, required: true, values: []string{"viewer", "sharer"}}}
}

// changeRole is the action changeScreenSharingRole:
// https://learn.microsoft.com/graph/api/call-changescreensharingrole
func (c *Call) changeRole(x *exchange) reply {
	if bad := c.ownMedia(); bad != nil {
		return *bad
	}
	c.me.role = str(x.body, "role")
	c.sim.emit(ScreenRole{c.head(), c.me.role})
	c.room.changed()
	return reply{status: http.StatusAccepted, first: c.early()}
}

func recordingParams() []param {
	return []param{{name: "status", kind: text, required: true, values: []string{"notRecording", "recording", "failed"}}, {name: "clientContext", kind: text}}
}

// tellRecording is the action updateRecordingStatus. It is for policy-based
// recording; the simulator knows no policies and takes it on every call.
// Nothing follows: https://learn.microsoft.com/graph/api/call-updaterecordingstatus
func (c *Call) tellRecording(x *exchange) reply {
	if bad := c.stateIs(ivr.StateEstablished); bad != nil {
		return *bad
	}
	c.me.recording = str(x.body, "status")
	c.sim.emit(RecordingTold{c.head(), c.me.recording})
	return c.completed(x, http.StatusOK, "updateRecordingStatusOperation", nil)
}

// sessions are the screens that are shared in the call.
func (c *Call) sessions(x *exchange) []object {
	list := []object{}
	if c.room == nil || c.me.inLobby {
		return list
	}
	for _, p := range c.room.people {
		if p.screen != "" {
			list = append(list, p.session(x != nil && x.beta()))
		}
	}
	return list
}

func (p *Person) session(beta bool) object {
	m := typed("contentSharingSession", object{"id": p.screen})
	if beta {
		m["presenterParticipantId"] = p.id
	}
	return m
}

// listSessions lists them:
// https://learn.microsoft.com/graph/api/call-list-contentsharingsessions
func (c *Call) listSessions(x *exchange) reply {
	return c.list(x, "contentSharingSessions", "contentSharingSession", c.sessions(x))
}

// getSession reads one:
// https://learn.microsoft.com/graph/api/contentsharingsession-get
func (c *Call) getSession(x *exchange) reply {
	for _, s := range c.sessions(x) {
		if c.spells(str(s, "id"), x.id) {
			return c.read(x, "contentSharingSessions", "contentSharingSession", s)
		}
	}
	return refuse(c.sim.set.NotFound, "The content sharing session was not found.")
}

// tellSession tells the bots that asked for it about a shared screen. One page
// has a list of ids, another the id in the address and no data.
func (m *Meeting) tellSession(change string, p *Person) {
	for _, c := range m.calls() {
		if c == p.call || c.me.inLobby || !truth(c.options, "isContentSharingNotificationEnabled") {
			continue
		}
		n := &note{change: change, kind: "contentSharing", below: "contentsharingsessions", data: []object{p.session(false)}}
		if m.sim.set.SessionInAddress {
			n.below, n.data = n.below+"/"+p.screen, nil
		}
		c.post(n)
	}
}
