package control

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Plan describes a meeting that bots can join.
type Plan struct {
	Organizer ivr.Party `json:"organizer,omitzero" doc:"a user; left out: a new one of the bot's tenant"`
	Thread    string    `json:"thread,omitempty" doc:"chatInfo.threadId; left out: made up, as all below"`
	JoinID    string    `json:"join_id,omitempty" doc:"the number by which it is joined"`
	Passcode  string    `json:"passcode,omitempty" doc:"that goes with a join_id; left out: none"`
	Token     string    `json:"token,omitempty" doc:"of a tokenMeetingInfo"`
	Lobby     string    `json:"lobby,omitempty" enum:"guests,nobody,everybody" doc:"who waits until somebody admits them; guests if it is left out"`
}

// Meeting is a meeting that was scheduled.
type Meeting struct {
	N         int           `json:"n" doc:"its number, in the order of scheduling, from 1; stands for it in paths"`
	JoinURL   string        `json:"join_url" doc:"the link that Teams hands out"`
	Organizer ivr.Party     `json:"organizer"`
	Thread    string        `json:"thread"`
	JoinID    string        `json:"join_id"`
	Passcode  string        `json:"passcode"`
	Token     string        `json:"token"`
	Lobby     string        `json:"lobby" enum:"guests,nobody,everybody"`
	People    []Participant `json:"people" doc:"who is there or in the lobby, bots among them, in the order in which they came"`
}

// Participant is somebody in a meeting.
type Participant struct {
	ID      string    `json:"id" doc:"of the participant"`
	Party   ivr.Party `json:"party"`
	InLobby bool      `json:"in_lobby"`
	Muted   bool      `json:"muted"`
	OnHold  bool      `json:"on_hold"`
	Hears   []string  `json:"hears" doc:"ids of the participants whom they hear, if these say or play something"`
}

// Meetings is a list of meetings.
type Meetings struct {
	Meetings []Meeting `json:"meetings"`
}

// lobbies are the words for graphsim's constants, in their order.
func lobbies() []string { return []string{"guests", "nobody", "everybody"} }

// acts are what somebody in a meeting does.
func acts() map[string]func(*graphsim.Person) {
	return map[string]func(*graphsim.Person){
		"admit": (*graphsim.Person).Admit, "leave": (*graphsim.Person).Leave, "mute": (*graphsim.Person).Mute, "unmute": (*graphsim.Person).Unmute,
		"share": func(p *graphsim.Person) { p.Share() }, "stop_sharing": (*graphsim.Person).StopSharing,
	}
}

func actNames() []string {
	return []string{"admit", "leave", "mute", "unmute", "share", "stop_sharing"}
}

func meetingRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/meetings", ID: "listMeetings", Doc: "List the meetings that were scheduled.",
			Out: Meetings{}, Status: http.StatusOK, handle: serveMeetings},
		{Method: http.MethodPost, Path: "/meetings", ID: "schedule", Doc: "Schedule a meeting, which bots then join.",
			In: Plan{}, Empty: true, Out: Meeting{}, Status: http.StatusCreated, handle: serveSchedule},
		{Method: http.MethodGet, Path: "/meetings/{meeting}", ID: "getMeeting", Doc: "Tell how a meeting stands.",
			Out: Meeting{}, Status: http.StatusOK, handle: func(_ *Server, c *call) error { return c.inMeeting(func(*graphsim.Meeting) error { return nil }) }},
		{Method: http.MethodPost, Path: "/meetings/{meeting}/end", ID: "endMeeting", Doc: "End a meeting for all, as its organizer can.",
			Out: Meeting{}, Status: http.StatusOK, handle: func(_ *Server, c *call) error {
				return c.inMeeting(func(m *graphsim.Meeting) error { m.End(); return nil })
			}},
		{Method: http.MethodPost, Path: "/meetings/{meeting}/people", ID: "enterMeeting", Doc: "Let somebody come, into the lobby if they have to wait there.",
			In: ivr.Party{}, Out: Meeting{}, Status: http.StatusOK, handle: serveEnter},
		{Method: http.MethodPost, Path: "/meetings/{meeting}/people/{person}/press", ID: "pressInMeeting", Doc: "Press keys; all bots that subscribed hear of them.",
			In: Press{}, Out: Meeting{}, Status: http.StatusOK, handle: servePressInMeeting},
		{Method: http.MethodPost, Path: "/meetings/{meeting}/people/{person}/speak", ID: "speakInMeeting", Doc: "Speak, for some time or what is in a WAV file. The recording of each bot that hears the person hears it: nobody hears who is muted, on hold or in the lobby.",
			In: Speak{}, AlsoWAV: true, Out: Meeting{}, Status: http.StatusOK, handle: serveSpeakInMeeting},
		{Method: http.MethodPost, Path: "/meetings/{meeting}/people/{person}/{act}", ID: "actInMeeting",
			Doc: "Do something as somebody in a meeting, or for them: admit (from the lobby), leave, mute, unmute, share (a screen), stop_sharing. People are named by the participant's id, or by object id or number.",
			Out: Meeting{}, Status: http.StatusOK, handle: serveActInMeeting},
	}
}

// view is a meeting as it is now.
func view(n int, m *graphsim.Meeting) Meeting {
	plan := m.Plan()
	now := Meeting{N: n, JoinURL: m.JoinURL(), Organizer: plan.Organizer, Thread: plan.Thread, JoinID: plan.JoinID, Passcode: plan.Passcode,
		Token: plan.Token, Lobby: lobbies()[plan.Lobby], People: []Participant{}}
	all := m.People()
	for _, p := range all {
		a, there := p.Now()
		if !there {
			continue
		}
		hears := []string{}
		for _, other := range all {
			if p.Hears(other) {
				hears = append(hears, other.ID())
			}
		}
		now.People = append(now.People, Participant{ID: a.ID, Party: a.Party, InLobby: a.InLobby, Muted: a.Muted, OnHold: a.OnHold, Hears: hears})
	}
	return now
}

func serveMeetings(_ *Server, c *call) error {
	out := Meetings{Meetings: []Meeting{}}
	for i, m := range c.world.sim.Meetings() {
		out.Meetings = append(out.Meetings, view(i+1, m))
	}
	return c.answer(out)
}

func serveSchedule(_ *Server, c *call) error {
	in := Plan{}
	if err := c.into(&in); err != nil {
		return err
	}
	lobby := 0
	if in.Lobby != "" {
		if lobby = slices.Index(lobbies(), in.Lobby); lobby < 0 {
			return bad("lobby", fmt.Sprintf("%q waits in no lobby", in.Lobby), "give "+diag.OneOf(lobbies()))
		}
	}
	m, err := c.world.sim.Schedule(graphsim.MeetingPlan{Thread: in.Thread, Organizer: in.Organizer, JoinID: in.JoinID, Passcode: in.Passcode,
		Token: in.Token, Lobby: graphsim.Lobby(lobby)})
	if err != nil {
		return bad("body", err.Error(), "change what it names, or leave it out")
	}
	return c.answer(view(slices.Index(c.world.sim.Meetings(), m)+1, m))
}

// intoMeeting is the meeting into which the bot is called; nil for 0.
func (c *call) intoMeeting(n int) (*graphsim.Meeting, error) {
	all := c.world.sim.Meetings()
	switch {
	case n == 0:
		return nil, nil //nolint:nilnil // no meeting is no fault
	case n < 0 || n > len(all):
		return nil, bad("meeting", fmt.Sprintf("there is no meeting %d", n), "take the n of one of GET "+Root+"/meetings")
	}
	return all[n-1], nil
}

// inMeeting does something in the meeting that the path names, and answers with
// the meeting as it is then.
func (c *call) inMeeting(do func(*graphsim.Meeting) error) error {
	all := c.world.sim.Meetings()
	n, err := strconv.Atoi(c.r.PathValue("meeting"))
	if c.r.PathValue("meeting") == lastCall {
		n, err = len(all), nil
	}
	if err != nil || n < 1 || n > len(all) {
		return missing(fmt.Sprintf("there is no meeting %q", c.r.PathValue("meeting")), "take the n of one of GET "+Root+"/meetings, or "+lastCall)
	}
	if err := do(all[n-1]); err != nil {
		return err
	}
	return c.answer(view(n, all[n-1]))
}

// asSomebody does something as the participant whom the path names.
func (c *call) asSomebody(do func(*graphsim.Person)) error {
	return c.inMeeting(func(m *graphsim.Meeting) error {
		p := m.Find(c.r.PathValue("person"))
		if p == nil {
			return missing(fmt.Sprintf("nobody in the meeting is %q", c.r.PathValue("person")), "take an id of its people")
		}
		do(p)
		return nil
	})
}

func serveEnter(_ *Server, c *call) error {
	var who ivr.Party
	if err := c.into(&who); err != nil {
		return err
	}
	if who.Kind == "" {
		who.Kind = ivr.PartyUser
		if e164.MatchString(who.ID) {
			who.Kind = ivr.PartyPhone
		}
	}
	return c.inMeeting(func(m *graphsim.Meeting) error {
		if _, err := m.Enter(who); err != nil {
			return bad("body", err.Error(), "give the id of somebody who is not there yet")
		}
		return nil
	})
}

func servePressInMeeting(_ *Server, c *call) error {
	var in Press
	if err := c.into(&in); err != nil {
		return err
	}
	keys, err := parseKeys("keys", in.Keys)
	if err != nil {
		return err
	}
	return c.asSomebody(func(p *graphsim.Person) { p.Press(keys...) })
}

func serveSpeakInMeeting(_ *Server, c *call) error {
	pcm, err := c.speech()
	if err != nil {
		return err
	}
	return c.asSomebody(func(p *graphsim.Person) { p.Speak(pcm) })
}

func serveActInMeeting(_ *Server, c *call) error {
	act := acts()[c.r.PathValue("act")]
	if act == nil {
		return missing(fmt.Sprintf("nobody can %q", c.r.PathValue("act")), "give "+diag.OneOf(actNames()))
	}
	return c.asSomebody(act)
}
