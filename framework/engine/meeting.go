package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Meeting is what is known of the meeting that a session is in, or is to join.
type Meeting struct {
	Asked  ivr.Meeting       `json:"asked,omitzero"` // what the bot's program named
	Me     string            `json:"me,omitempty"`   // the bot's participant id, if the platform said so
	Seen   bool              `json:"seen,omitempty"` // there was a roster
	Lobby  bool              `json:"lobby,omitempty"`
	Seq    int64             `json:"seq,omitempty"` // of the last roster
	People []ivr.Participant `json:"people,omitempty"`
	More   int               `json:"more,omitempty"`   // how many more are there than People has
	Joined bool              `json:"joined,omitempty"` // somebody has, since the last wait for people
	Left   bool              `json:"left,omitempty"`
	Op     ivr.OpID          `json:"op,omitempty"`     // what the step is doing
	Read   ivr.OpID          `json:"read,omitempty"`   // reads who is there; 0 once a roster has told
	Held   string            `json:"held,omitempty"`   // who is on hold, by participant id
	Groups map[string]string `json:"groups,omitempty"` // routes of audio by the flow's name for them: the platform's id
}

// mostPeople is how many people of a meeting are known one by one.
const mostPeople = 300

// Times of meetings.
const (
	inviteWithin  = 2 * time.Minute // people may be rung before the platform says that they were invited
	galleryWithin = time.Minute
	rosterAfter   = 3 * time.Second // from audio to the roster, which tells whether that was the lobby
	rosterFor     = 5 * time.Second // for somebody who is invited to turn up in the roster
)

func newMeeting(f *flow.Flow) *Meeting {
	if f.Kind != flow.Meeting {
		return nil
	}
	return &Meeting{}
}

// clone is a copy that may be written to, but for its lists and maps.
func (m *Meeting) clone() *Meeting {
	if m == nil {
		return nil
	}
	c := *m
	return &c
}

// there is how many people are in the meeting, the bot among them.
func (m *Meeting) there() float64 {
	n := m.More
	for _, p := range m.People {
		if !p.Lobby {
			n++
		}
	}
	return float64(n)
}

// roster is what expressions see of the people.
func (m *Meeting) roster() []any {
	list := make([]any, len(m.People))
	for i, p := range m.People {
		list[i] = map[string]any{"id": p.ID, "kind": string(p.Party.Kind), "who": p.Party.ID, "name": p.Party.Name,
			"muted": p.Muted, "lobby": p.Lobby}
	}
	return list
}

// enterJoining joins the meeting, unless there is or was one: a flow has one
// call.
func (r *run) enterJoining(step *flow.Step) {
	spec, ok := step.Spec.(*flow.Join)
	if !ok {
		return
	}
	if r.s.Meeting == nil || !r.uncalled() {
		r.note("join refused: the flow has its call already")
		r.failWith(ivr.Result{Reason: ivr.ReasonNotAllowed})
		return
	}
	where, err := r.where(spec)
	if err != nil {
		r.refuse(step, err)
		return
	}
	if where == (ivr.Meeting{}) {
		r.note("join refused: neither the flow nor the bot's program names a meeting")
		r.failWith(ivr.Result{Reason: ivr.ReasonNotFound})
		return
	}
	r.s.Meeting = &Meeting{Asked: r.s.Meeting.Asked}
	cmd := ivr.CreateCall{Meeting: &where}
	if r.s.Caller.Kind == ivr.PartyApplication {
		cmd.Source = r.s.Caller // through which telephones can be invited
	}
	r.s.Consult.Begun, r.s.Consult.Leg = true, r.callee(cmd)
	r.start(whyRing, spec.Wait+ringSlack, 0)
}

// where computes which meeting is joined; the zero Meeting if none is named.
func (r *run) where(j *flow.Join) (ivr.Meeting, error) {
	m := ivr.Meeting{}
	for _, part := range []struct {
		from flow.Template
		to   *string
	}{
		{j.Link, &m.Link}, {j.JoinID, &m.JoinID}, {j.Passcode, &m.Passcode},
		{j.Organizer, &m.Organizer}, {j.Thread, &m.Thread}, {j.Tenant, &m.Tenant},
	} {
		if part.from == nil {
			continue
		}
		text, err := part.from.Text(r.env())
		if err != nil {
			return m, err
		}
		*part.to = strings.TrimSpace(text)
	}
	if j.Link == nil && j.JoinID == nil && j.Organizer == nil {
		return r.s.Meeting.Asked, nil
	}
	if m.Organizer != "" && !guid.MatchString(m.Organizer) {
		return m, targetError("organizer's object id (a GUID)")
	}
	if m.Link == "" && m.JoinID == "" && m.Organizer == "" {
		return ivr.Meeting{}, nil
	}
	return m, nil
}

// joining: something is new about the call with which a meeting is joined. The
// bot is in once there is audio and the roster does not say that it waits in the
// lobby; a roster that does not come is not waited for long.
func (r *run) joining(leg *Leg) {
	m := r.s.Meeting
	switch {
	case m == nil || leg == nil || leg.ID != r.s.Consult.Leg || leg.State != ivr.StateEstablished || !leg.Audio:
	case m.Lobby:
		r.stop(whyRoster)
	case m.Seen:
		r.taken("done")
	case !r.waitsFor(whyRoster):
		r.start(whyRoster, rosterAfter, 0)
	}
}

// notJoined: the call with which a meeting is joined is over or was not made, or
// nobody let the bot in.
func (r *run) notJoined(res ivr.Result) {
	outcome := "failed"
	if m := r.s.Meeting; m != nil && m.Lobby {
		outcome = "lobby"
		if res.Reason == ivr.ReasonHungUp || res.Reason == ivr.ReasonNone {
			res.Reason = ivr.ReasonDeclined
		}
	}
	if res.Reason == ivr.ReasonNone {
		res.Reason = ivr.ReasonHungUp
	}
	r.leave(outcome, View{Code: res.Code, Subcode: res.Subcode, Reason: res.Reason})
}

// roster takes in who is in the meeting. An older roster that comes late is
// dropped, and so is one of a call of two.
func (r *run) roster(e ivr.RosterChanged) {
	m := r.s.Meeting
	joining := e.Leg == r.s.Consult.Leg && r.s.Consult.Leg != ""
	switch {
	case m == nil || !joining && (!r.s.Main(e.Leg) || r.s.Leg.Gone):
		return
	case e.Seq != 0 && e.Seq <= m.Seq:
		return
	}
	before, first := m.People, !m.Seen
	m.Seen, m.Seq, m.Read = true, max(e.Seq, m.Seq), 0
	all := r.whole(e.People)
	m.People, m.More = all, 0
	if len(all) > mostPeople {
		m.People, m.More = slices.Clone(all[:mostPeople]), len(all)-mostPeople
	}
	me := r.myself()
	m.Lobby = me != nil && me.Lobby
	if m.Held != "" && m.More == 0 && m.find(m.Held) == nil {
		m.Held = "" // that participant has left
	}
	if !first && !joining {
		m.Joined = m.Joined || r.news(m.People, before)
		m.Left = m.Left || r.news(before, m.People)
	}
	r.rosterNew(joining)
}

// whole is everybody who is there after a roster. One without the bot itself, of
// which it is known who that is, is not the whole: nobody has left because of it.
// Whether the platform sends such is not documented.
func (r *run) whole(people []ivr.Participant) []ivr.Participant {
	var all []ivr.Participant
	me := r.myself()
	known := func(list []ivr.Participant, id string) int {
		return slices.IndexFunc(list, func(p ivr.Participant) bool { return p.ID == id })
	}
	if me != nil && known(people, me.ID) < 0 {
		for _, p := range r.s.Meeting.People {
			if known(people, p.ID) < 0 {
				all = append(all, p)
			}
		}
	}
	for _, p := range people {
		if !p.Gone {
			all = append(all, p)
		}
	}
	return all
}

// news reports whether somebody is in one list of people and not in another, the
// bot and those in the lobby apart.
func (r *run) news(in, notIn []ivr.Participant) bool {
	me := r.s.Meeting.Me
	return slices.ContainsFunc(in, func(p ivr.Participant) bool {
		known := func(q ivr.Participant) bool { return q.ID == p.ID && !q.Lobby }
		return !p.Lobby && p.ID != me && !slices.ContainsFunc(notIn, known)
	})
}

// rosterNew lets what waits for the roster go on.
func (r *run) rosterNew(joining bool) {
	step, phase := r.place()
	switch {
	case joining:
		r.joining(r.other(r.s.Consult.Leg))
	case phase == flow.PhaseWaiting && r.waitsFor(whyWait):
		if spec, ok := step.Spec.(*flow.Wait); ok {
			r.takeNews(spec)
		}
	case phase == flow.PhaseMuting && r.waitsFor(whyRoster):
		r.mute(step)
	case phase == flow.PhaseConferring && r.waitsFor(whyRoster):
		r.confer(step)
	case phase == flow.PhaseConferring:
		if op := r.find(r.s.Meeting.Op, ""); op != nil && op.Unknown && r.invited(step) {
			r.conferred(op.ID, "")
		}
	}
}

// takeNews ends a wait for people if somebody has joined or left since the last
// one.
func (r *run) takeNews(spec *flow.Wait) bool {
	m := r.s.Meeting
	if m == nil || !spec.People || !m.Joined && !m.Left {
		return false
	}
	outcome := "left"
	if m.Joined {
		outcome = "joined"
	}
	m.Joined, m.Left = m.Joined && outcome != "joined", m.Left && outcome != "left"
	r.leave(outcome, View{})
	return true
}

// rosterOver: the roster did not bring what was waited for.
func (r *run) rosterOver() {
	switch _, phase := r.place(); phase {
	case flow.PhaseJoining:
		leg := r.other(r.s.Consult.Leg)
		if leg != nil && leg.Audio && !r.s.Meeting.Lobby {
			r.taken("done")
		}
	case flow.PhaseMuting, flow.PhaseConferring:
		r.failWith(ivr.Result{Reason: ivr.ReasonNotFound})
	default:
	}
}

// myself is the bot in the roster: by the id that the platform told, else by who
// it is; nil if it is not there.
func (r *run) myself() *ivr.Participant {
	m := r.s.Meeting
	if m.Me != "" {
		return m.find(m.Me)
	}
	for i, p := range m.People {
		if p.Party.ID != "" && p.Party.ID == r.s.Caller.ID {
			return &m.People[i]
		}
	}
	return nil
}

// find is the participant with an id; nil if it is not known.
func (m *Meeting) find(id string) *ivr.Participant {
	for i, p := range m.People {
		if p.ID == id {
			return &m.People[i]
		}
	}
	return nil
}

// others are the ids of everybody but the bot. It is false if the step goes on
// without them: they are not known yet, or there is nobody.
func (r *run) others(to *[]string) bool {
	m := r.s.Meeting
	switch {
	case m == nil:
		r.failWith(ivr.Result{Reason: ivr.ReasonNotAllowed})
		return false
	case !m.Seen:
		r.awaitRoster()
		return false
	}
	r.stop(whyRoster)
	me := r.myself()
	for _, p := range m.People {
		if !p.Lobby && (me == nil || p.ID != me.ID) {
			*to = append(*to, p.ID)
		}
	}
	if len(*to) == 0 {
		r.leave("done", View{})
		return false
	}
	return true
}

func (r *run) awaitRoster() {
	if !r.waitsFor(whyRoster) {
		r.start(whyRoster, rosterFor, 0)
	}
}

// findWho is the id of a participant. It is false if the step waits for the
// roster, in which somebody may turn up who was just invited, or has ended.
func (r *run) findWho(step *flow.Step, who flow.Who) (string, bool) {
	if r.s.Meeting == nil {
		r.failWith(ivr.Result{Reason: ivr.ReasonNotAllowed})
		return "", false
	}
	id, err := r.lookUp(who)
	switch {
	case err != nil:
		r.stop(whyRoster)
		r.refuse(step, err)
		return "", false
	case id == "":
		r.awaitRoster()
		return "", false
	}
	return id, true
}

// lookUp is findWho in the roster as it is; "" for somebody who is not there.
func (r *run) lookUp(who flow.Who) (string, error) {
	m := r.s.Meeting
	if who.Bot {
		if me := r.myself(); me != nil {
			return me.ID, nil
		}
		return m.Me, nil
	}
	if who.Kind == "" {
		id, err := who.ID.Text(r.env())
		if err != nil || m.find(id) == nil && m.More == 0 {
			id = ""
		}
		return id, err
	}
	to, err := r.target(flow.Dest{Kind: who.Kind, ID: who.ID})
	if err != nil {
		return "", err
	}
	for _, p := range m.People {
		if !p.Lobby && isParty(p.Party, to) {
			return p.ID, nil
		}
	}
	return "", nil
}

// isParty reports whether somebody is who is meant. A bot is meant by its app id
// or by its resource account's.
func isParty(p ivr.Party, t ivr.Target) bool {
	if t.Kind == ivr.PartyPhone {
		return p.Kind == t.Kind && p.ID == t.ID
	}
	same := strings.EqualFold(p.ID, t.ID)
	return same && (p.Kind == t.Kind || t.Kind == ivr.PartyApplication && p.Kind == ivr.PartyBot)
}
