package graphsim

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// MeetingPlan describes a meeting that bots can join. All of it may be empty.
type MeetingPlan struct {
	Thread    string    // chatInfo.threadId; "" makes one up
	Organizer ivr.Party // a user; the zero Party is a new one of the bot's tenant
	JoinID    string    // the number by which it is joined; "" makes one up
	Passcode  string    // that goes with the number, "" for none
	Token     string    // of a tokenMeetingInfo; "" makes one up
	Lobby     Lobby     // who has to wait; LobbyGuests
}

// Lobby says who waits until somebody admits them.
type Lobby int

// Who waits in the lobby.
const (
	LobbyGuests    Lobby = iota // guests, telephones, users of other tenants, and bots that join as guests
	LobbyNobody                 // nobody
	LobbyEverybody              // everybody but the organizer
)

// Meeting is a meeting, or a call of several. Its methods act for the people in
// it and for its organizer.
type Meeting struct {
	sim     *Sim
	plan    MeetingPlan
	planned bool // a meeting; otherwise a call of several
	chat    bool // it has a chat
	over    bool
	people  []*Person // who are there, in the order in which they came
	pending []*invitation
	sources int // numbers of audio sources given so far
}

// Schedule plans a meeting. Bots join it with its join URL, number or token.
func (s *Sim) Schedule(plan MeetingPlan) (*Meeting, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, errClosed
	case plan.Organizer != (ivr.Party{}) && (plan.Organizer.Kind != ivr.PartyUser || plan.Organizer.ID == ""):
		return nil, fmt.Errorf("schedule: the organizer %+v is no user with an id", plan.Organizer)
	case plan.Lobby < LobbyGuests || plan.Lobby > LobbyEverybody:
		return nil, fmt.Errorf("schedule: %d says nothing about the lobby", plan.Lobby)
	case plan.Passcode != "" && plan.JoinID == "":
		return nil, errors.New("schedule: a passcode needs a join id")
	}
	m := s.newMeeting(plan)
	m.planned, m.chat = true, true
	for _, other := range s.meetings {
		if other.plan.Thread == m.plan.Thread || other.plan.JoinID == m.plan.JoinID || other.plan.Token == m.plan.Token {
			return nil, errors.New("schedule: there is a meeting with this thread, join id or token already")
		}
	}
	s.meetings = append(s.meetings, m)
	return m, nil
}

// newMeeting fills what a plan leaves open. The lock is held.
func (s *Sim) newMeeting(plan MeetingPlan) *Meeting {
	if plan.Organizer == (ivr.Party{}) {
		plan.Organizer = ivr.Party{Kind: ivr.PartyUser, ID: s.chance.guid(), Name: "Simulated Organizer"}
	}
	if plan.Organizer.Tenant == "" {
		plan.Organizer.Tenant = s.cfg.Tenant
	}
	if plan.Thread == "" {
		plan.Thread = "19:meeting_" + strings.ReplaceAll(s.chance.guid(), "-", "") + "@thread.v2"
	}
	if plan.JoinID == "" {
		plan.JoinID = fmt.Sprintf("%012d", s.chance.rand.Int64N(1e12))
	}
	if plan.Token == "" {
		plan.Token = s.chance.guid()
	}
	return &Meeting{sim: s, plan: plan}
}

// Meetings are those that were scheduled, in that order.
func (s *Sim) Meetings() []*Meeting {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.meetings)
}

// Plan is the meeting's plan, with what was made up for it.
func (m *Meeting) Plan() MeetingPlan { return m.plan }

// JoinURL is the link that Teams hands out:
// https://learn.microsoft.com/graph/api/resources/call
func (m *Meeting) JoinURL() string {
	context := fmt.Sprintf(`{"Tid":"%s","Oid":"%s"}`, m.plan.Organizer.Tenant, m.plan.Organizer.ID)
	return "https://teams.microsoft.com/l/meetup-join/" + url.QueryEscape(m.plan.Thread) + "/0?context=" + url.QueryEscape(context)
}

// Meeting is the meeting or call of several that a call belongs to; nil for a
// call of two.
func (c *Call) Meeting() *Meeting {
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	return c.room
}

// Participant is the bot as a participant of a meeting or call of several; nil
// for a call of two, and until it is there.
func (c *Call) Participant() *Person {
	c.sim.mu.Lock()
	defer c.sim.mu.Unlock()
	if c.me.meeting == nil {
		return nil
	}
	return c.me
}

// People are those who are in the meeting or its lobby, bots among them, in
// the order in which they came.
func (m *Meeting) People() []*Person {
	m.sim.mu.Lock()
	defer m.sim.mu.Unlock()
	return slices.Clone(m.people)
}

// Find is who is there with a participant id, or with an object id, app id or
// telephone number; nil if nobody is.
func (m *Meeting) Find(id string) *Person {
	m.sim.mu.Lock()
	defer m.sim.mu.Unlock()
	return m.find(func(p *Person) bool { return p.id == id || strings.EqualFold(p.party.ID, id) })
}

func (m *Meeting) find(is func(*Person) bool) *Person {
	if i := slices.IndexFunc(m.people, is); i >= 0 {
		return m.people[i]
	}
	return nil
}

// Enter lets somebody come, into the lobby if they have to wait there.
func (m *Meeting) Enter(who ivr.Party) (*Person, error) {
	var p *Person
	var err error
	m.sim.do(func() {
		switch {
		case m.over || m.sim.closed:
			err = errors.New("enter: the meeting is over")
		case who.ID == "":
			err = errors.New("enter: who comes has an id")
		case !slices.Contains([]ivr.PartyKind{ivr.PartyUser, ivr.PartyPhone, ivr.PartyGuest, ivr.PartyApplication, ivr.PartyEncrypted}, who.Kind):
			err = fmt.Errorf("enter: nobody of kind %q comes; user, phone, guest, application and encrypted do", who.Kind)
		case m.find(func(p *Person) bool { return strings.EqualFold(p.party.ID, who.ID) }) != nil:
			err = fmt.Errorf("enter: %s is in the meeting already", who.ID)
		default:
			p = &Person{id: m.sim.chance.guid(), party: who, inLobby: m.waits(who, false)}
			m.enter(p)
			m.changed()
		}
	})
	return p, err
}

// End ends the meeting for all, as its organizer can.
func (m *Meeting) End() {
	m.sim.do(func() { m.end(m.sim.set.MeetingEnded) })
}

func (m *Meeting) end(r Result) {
	if m.over {
		return
	}
	m.over = true
	for _, c := range m.calls() {
		c.terminate(ivr.EndedByCaller, r)
	}
	for _, p := range m.people {
		p.gone = true
	}
	m.people = nil
}

// waits says whether somebody who comes has to wait in the lobby.
func (m *Meeting) waits(who ivr.Party, guest bool) bool {
	switch m.plan.Lobby {
	case LobbyEverybody:
		return m.planned && !strings.EqualFold(who.ID, m.plan.Organizer.ID)
	case LobbyNobody:
		return false
	case LobbyGuests:
	}
	stranger := who.Kind == ivr.PartyGuest || who.Kind == ivr.PartyPhone || who.Kind == ivr.PartyEncrypted
	abroad := who.Kind == ivr.PartyUser && who.Tenant != "" && !strings.EqualFold(who.Tenant, m.plan.Organizer.Tenant)
	return m.planned && (guest || stranger || abroad)
}

// The functions below are called with the lock held.

// calls are the calls of the bots that are there.
func (m *Meeting) calls() []*Call {
	var all []*Call
	for _, p := range m.people {
		if p.call != nil {
			all = append(all, p.call)
		}
	}
	return all
}

// emit tells the observers something of every bot's call.
func (m *Meeting) emit(event func(Head) Event) {
	for _, c := range m.calls() {
		m.sim.emit(event(c.head()))
	}
}

// enter adds somebody; changed is to follow.
func (m *Meeting) enter(p *Person) {
	m.sources++
	p.meeting, p.source = m, m.sources
	if p.call != nil {
		p.apart = truth(p.call.config, "removeFromDefaultAudioGroup")
	}
	who := p.attendee()
	m.emit(func(h Head) Event { return Joined{h, who} })
	m.people = append(m.people, p)
	for _, c := range m.calls() {
		if p.call == nil {
			c.timers.cancel(timerAlone)
		}
	}
}

// leave takes somebody away, and ends what nobody is left in with a result.
func (m *Meeting) leave(p *Person, r Result) {
	i := slices.Index(m.people, p)
	if i < 0 {
		return
	}
	m.stopSharing(p)
	m.people = slices.Delete(m.people, i, i+1)
	p.gone = true
	who := p.attendee()
	m.emit(func(h Head) Event { return Left{h, who} })
	m.changed()
	m.checkAlone(r)
}

// changed tells every bot who is there now.
func (m *Meeting) changed() {
	for _, c := range m.calls() {
		c.tellRoster()
	}
}

// checkAlone ends a call of several in which only bots are left, and those
// bots' calls that were alone in a meeting for too long.
func (m *Meeting) checkAlone(r Result) {
	other := m.find(func(p *Person) bool { return p.call == nil && !p.scenery })
	if m.over || other != nil || len(m.pending) > 0 {
		return
	}
	for _, c := range m.calls() {
		switch {
		case !m.planned:
			c.terminate(ivr.EndedByCaller, r)
		case m.sim.set.AloneFor > 0:
			c.timers.after(c, timerAlone, m.sim.set.AloneFor, func() { c.terminate(ivr.EndedByService, m.sim.set.LastOne) })
		}
	}
}
