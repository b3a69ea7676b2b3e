package graphsim

import (
	"maps"
	"net/http"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// joinRoles are the permissions to join meetings and calls of several; with
// the second one a bot comes as a guest.
func joinRoles() []string {
	return []string{"Calls.JoinGroupCall.All", "Calls.JoinGroupCallAsGuest.All"}
}

func chatProperties() []param {
	return []param{{name: "threadId", kind: text}, {name: "messageId", kind: text}, {name: "replyChainMessageId", kind: text}}
}

// meetingTypes are the types of meetingInfo with their properties. The page of
// v1.0 shows allowConversationWithoutHost, too:
// https://learn.microsoft.com/graph/api/application-post-calls
func meetingTypes() map[string][]param {
	host := param{name: "allowConversationWithoutHost", kind: flag}
	return map[string][]param{
		"organizerMeetingInfo":     {{name: "organizer", kind: entity}, host},
		"tokenMeetingInfo":         {{name: "token", kind: text}, host},
		"joinMeetingIdMeetingInfo": {{name: "joinMeetingId", kind: text}, {name: "passcode", kind: text}, host},
	}
}

// join makes the bot's call into a meeting. The lock is held.
func (s *Sim) join(x *exchange) reply {
	if x.body["meetingInfo"] == nil {
		return reply{fail: invalid("'meetingInfo' is missing; 'chatInfo' alone names no meeting.")}
	}
	if len(items(x.body, "targets")) > 0 {
		return reply{fail: invalid("'targets' and 'meetingInfo' exclude each other.")}
	}
	m, bad := s.meetingOf(x)
	if bad != nil {
		return *bad
	}
	c := s.newOutgoing(x, invited{})
	guest := sub(sub(sub(x.body, "source"), "identity"), "guest")
	asGuest := guest != nil || !c.app.may("Calls.JoinGroupCall.All")
	if guest != nil {
		if !c.app.may("Calls.JoinGroupCallAsGuest.All") {
			return forbidden("Calls.JoinGroupCallAsGuest.All")
		}
		c.me.party = ivr.Party{Kind: ivr.PartyGuest, ID: str(guest, "id"), Name: str(guest, "displayName")}
	}
	if bad := s.accept(c); bad != nil {
		return *bad
	}
	c.other = nil
	c.room, c.chat, c.meetingInfo = m, sub(x.body, "chatInfo"), sub(x.body, "meetingInfo")
	c.me.inLobby = m.waits(c.me.party, asGuest)
	s.emit(Joining{Head: c.head(), Meeting: m, Guest: asGuest})
	r := s.created(c, x, c.early())
	c.connect(r.first != nil)
	return r
}

// meetingOf finds the meeting that a request names.
func (s *Sim) meetingOf(x *exchange) (*Meeting, *reply) {
	info := sub(x.body, "meetingInfo")
	kind := strings.TrimPrefix(str(info, odataType), "#microsoft.graph.")
	properties, ok := meetingTypes()[kind]
	if !ok || !strings.HasPrefix(str(info, odataType), "#") {
		fail := checkTag("meetingInfo", info, "organizerMeetingInfo", true)
		return nil, &reply{fail: fail}
	}
	if fail := checkProperties("meetingInfo", info, properties, x.beta()); fail != nil {
		return nil, &reply{fail: fail}
	}
	if chat := sub(x.body, "chatInfo"); chat != nil {
		fail := checkTag("chatInfo", chat, "chatInfo", false)
		if fail == nil {
			fail = checkProperties("chatInfo", chat, chatProperties(), x.beta())
		}
		if fail != nil {
			return nil, &reply{fail: fail}
		}
	}
	switch kind {
	case "tokenMeetingInfo":
		return s.seek(s.set.BadToken, "The join token names no meeting.", func(p MeetingPlan) bool { return p.Token == str(info, "token") })
	case "joinMeetingIdMeetingInfo":
		id := strings.ReplaceAll(str(info, "joinMeetingId"), " ", "")
		return s.seek(s.set.BadJoinID, "The join meeting id or its passcode is wrong.",
			func(p MeetingPlan) bool { return p.JoinID == id && p.Passcode == str(info, "passcode") })
	}
	return s.organized(x, info)
}

// organized finds a meeting by its organizer and its chat.
func (s *Sim) organized(x *exchange, info object) (*Meeting, *reply) {
	organizer, fail := readIdentity("meetingInfo.organizer", info["organizer"])
	thread := str(sub(x.body, "chatInfo"), "threadId")
	switch {
	case fail != nil:
		return nil, &reply{fail: fail}
	case organizer.Kind != ivr.PartyUser:
		return nil, &reply{fail: invalid("meetingInfo.organizer is no user.")}
	case thread == "":
		return nil, &reply{fail: invalid("'chatInfo' with a 'threadId' is missing; an organizer's meeting needs it.")}
	}
	is := func(p MeetingPlan) bool {
		return p.Thread == thread && strings.EqualFold(p.Organizer.ID, organizer.ID) && (organizer.tenant == "" || strings.EqualFold(p.Organizer.Tenant, organizer.tenant))
	}
	known := func(p MeetingPlan) bool { return p.Thread == thread }
	if s.set.AnyMeeting && s.scheduled(known) == nil {
		m := s.newMeeting(MeetingPlan{Thread: thread, Organizer: ivr.Party{Kind: ivr.PartyUser, ID: organizer.ID, Tenant: organizer.tenant}})
		m.planned, m.chat = true, true
		s.meetings = append(s.meetings, m)
	}
	return s.seek(s.set.NoMeeting, "The meeting was not found.", is)
}

func (s *Sim) scheduled(is func(MeetingPlan) bool) *Meeting {
	for _, m := range s.meetings {
		if is(m.plan) {
			return m
		}
	}
	return nil
}

// seek is the meeting that is meant, unless there is none or it is over.
func (s *Sim) seek(not Refusal, message string, is func(MeetingPlan) bool) (*Meeting, *reply) {
	m := s.scheduled(is)
	if m == nil || m.over {
		r := refuse(not, message)
		return nil, &r
	}
	return m, nil
}

// created answers the request for a new call.
func (s *Sim) created(c *Call, x *exchange, first func()) reply {
	return reply{status: http.StatusCreated, body: c.entity(x), first: first,
		location: s.cfg.BaseURL + "/" + x.version + "/communications/calls/" + c.id}
}

// arrive puts a bot that is established into its meeting, or its lobby.
func (c *Call) arrive() {
	c.room.enter(c.me)
	if !c.me.inLobby {
		c.room.changed()
		c.room.checkAlone(c.sim.set.LastOne)
		return
	}
	c.room.changed()
	if c.sim.set.LobbyFor > 0 {
		c.timers.after(c, timerLobby, c.sim.set.LobbyFor, func() { c.terminate(ivr.EndedByService, c.sim.set.LobbyTimeout) })
	}
}

// admitted lets a bot in that waited.
func (c *Call) admitted() {
	c.timers.cancel(timerLobby)
	if c.sim.set.LobbyEstablishing {
		c.state = ivr.StateEstablished
		c.tell("established", c.stateUpdate(ivr.StateEstablished))
	}
	c.timers.after(c, timerConnect, c.sim.set.AudioDelay, func() { c.startAudio("audio") })
}

// addMeeting adds what only a call with several participants has: the chat and
// the meeting as the bot named them, if it did.
func (c *Call) addMeeting(m object) {
	plan := c.widened()
	switch {
	case c.room == nil:
	case !c.room.chat:
		return
	default:
		plan = c.room.plan
	}
	m["chatInfo"] = typed("chatInfo", object{"threadId": plan.Thread, "messageId": "0"})
	if c.chat != nil {
		m["chatInfo"] = typed("chatInfo", maps.Clone(c.chat))
	}
	m["meetingInfo"] = typed("organizerMeetingInfo", object{"organizer": identitySet(plan.Organizer, c.hidesCallers())})
	if c.meetingInfo != nil {
		m["meetingInfo"] = c.meetingInfo
	}
}

// forbidden refuses what needs one of these permissions.
func forbidden(roles ...string) reply {
	return reply{fail: &failure{status: 403, code: "7504",
		message: "Insufficient enterprise tenant permissions, cannot access this API. It needs " + strings.Join(roles, " or ") + "."}}
}
