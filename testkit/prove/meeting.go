package prove

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// What happens in meetings.
//
// The people whom the flow names are away, in the lobby or in the meeting; of all
// others only how many there are matters. That is counted as far as conditions do;
// beyond that there are many, of whom one may leave, or all but as many as can be
// counted. Each roster that comes is one in which one person has come or gone: the
// platform tells of each change. The first one tells who was there before the bot.
// Nobody but the people who are in the meeting presses keys.

// me is the bot's participant id.
const me = "me"

// where somebody is.
type where uint8

const (
	away where = iota
	lobby
	inside
)

// scene is who is in a meeting.
type scene struct {
	named  []where // by person of the crowd
	others int
}

// spareOthers are how many more than can be counted there are when there are many,
// so that some can leave, and there are still many.
const spareOthers = 8

// many are more people than the flow can count.
func (c *crowd) many() int { return c.most + spareOthers }

// scenes are all that the flow can tell apart.
func (c *crowd) scenes() []scene {
	all := []scene{{}}
	for range c.named {
		var more []scene
		for _, s := range all {
			for _, at := range [...]where{away, inside, lobby} {
				more = append(more, scene{named: append(slices.Clone(s.named), at)})
			}
		}
		all = more
	}
	var more []scene
	for _, s := range all {
		for n := range c.most {
			more = append(more, scene{s.named, n})
		}
		more = append(more, scene{s.named, c.many()})
	}
	return more
}

// other reports a participant whom the flow does not name.
func other(p ivr.Participant) bool {
	return p.Party.Kind == ivr.PartyGuest && strings.HasPrefix(p.ID, "other-")
}

// find is the participation of a person, and where that is.
func (c *crowd) find(people []ivr.Participant, i int) (ivr.Participant, where) {
	for _, p := range people {
		switch {
		case other(p) || p.Party.ID != c.named[i].ID:
		case p.Lobby:
			return p, lobby
		default:
			return p, inside
		}
	}
	return ivr.Participant{}, away
}

// sceneOf is who is in the meeting of a call.
func (c *crowd) sceneOf(mt *engine.Meeting) scene {
	s := scene{named: make([]where, len(c.named))}
	for i := range c.named {
		_, s.named[i] = c.find(mt.People, i)
	}
	for _, p := range mt.People {
		if other(p) {
			s.others++
		}
	}
	return s
}

// seen is what expressions see of the people in a meeting.
func seen(mt *engine.Meeting) (count float64, roster []any) {
	for _, p := range mt.People {
		if !p.Lobby {
			count++
		}
		roster = append(roster, map[string]any{"id": p.ID, "kind": string(p.Party.Kind), "who": p.Party.ID, "name": p.Party.Name, "muted": p.Muted, "lobby": p.Lobby})
	}
	return count, roster
}

// holds reports whether what came of an act puts somebody on hold.
func (w *world) holds(tr *trace) bool {
	return slices.ContainsFunc(tr.cmds, func(cmd ivr.Command) bool {
		hold, ok := cmd.(ivr.Hold)
		return ok && !hold.Off
	})
}

// alone reports whether nobody but the bot is in the meeting.
func (s *scene) alone() bool { return s.others == 0 && !slices.Contains(s.named, inside) }

// attended reports whether somebody may be there to press keys: the roster may not
// have come yet.
func (w *world) attended(s *engine.Session) bool {
	if s.Meeting == nil || !s.Meeting.Seen {
		return true
	}
	at := w.start.crowd.sceneOf(s.Meeting)
	return !at.alone()
}

// deserted reports whether the bot is in no meeting yet, or alone in it.
func (w *world) deserted(s *engine.Session) bool {
	return s.Meeting != nil && (s.Leg.Call == "" || s.Meeting.Seen && !w.attended(s))
}

// newcomer is a participation of somebody who comes with a roster. It has an id of
// its own each time.
func newcomer(who ivr.Party, id string, seq int64, at where) ivr.Participant {
	return ivr.Participant{ID: fmt.Sprintf("%s-%d", id, seq), Party: who, Lobby: at == lobby}
}

// enter is what comes of joining the meeting.
func (m *menu) enter(leg *engine.Leg) {
	head := func(h ivr.Head) ivr.Head { h.Leg = leg.ID; return h }
	last := m.left(whyRing)
	if i := slices.IndexFunc(m.s.Ops, func(op engine.Op) bool { return op.Leg == leg.ID && op.Kind == opCreate }); i >= 0 {
		id := m.s.Ops[i].ID
		m.add(Act{Kind: Ends, What: opEnter}, func(h ivr.Head) ivr.Event {
			return ivr.CallCreated{Head: head(h), Op: id, Call: ivr.CallID("call-" + leg.ID), Me: me}
		}, func(h ivr.Head) ivr.Event {
			return ivr.CallChanged{Head: head(h), State: ivr.StateEstablished, Audio: ivr.AudioActive}
		})
		m.fails(id, opEnter, ivr.ReasonNotAllowed)
		if m.w.facts.reasons {
			m.add(Act{Kind: Fails, What: opEnter, Outcome: string(ivr.ReasonUnknownResult)}, refused(id, ivr.ReasonUnknownResult))
		}
		return
	}
	first := len(m.all)
	m.add(Act{Kind: Refuses, What: opEnter, Outcome: "lobby"}, ended(leg.ID, ivr.ReasonHungUp))
	m.rosters(leg.ID)
	for i := range m.all[first:] {
		m.all[first+i].late = last
	}
	if !m.s.Meeting.Seen {
		m.add(Act{Kind: Meets, What: "lobby"}, m.roster(leg.ID, []ivr.Participant{m.myself(lobby)}))
	}
}

func (m *menu) myself(at where) ivr.Participant {
	return ivr.Participant{ID: me, Party: ivr.Party{Kind: ivr.PartyBot, ID: instance}, Lobby: at == lobby}
}

// roster tells who is in the meeting.
func (m *menu) roster(leg ivr.LegID, people []ivr.Participant) func(ivr.Head) ivr.Event {
	seq := m.s.Meeting.Seq + 1
	return func(h ivr.Head) ivr.Event {
		h.Leg = leg
		return ivr.RosterChanged{Head: h, Seq: seq, People: people}
	}
}

// rosters tell for the first time who is in the meeting.
func (m *menu) rosters(leg ivr.LegID) {
	c := &m.w.start.crowd
	seq := m.s.Meeting.Seq + 1
	for _, s := range c.scenes() {
		people := []ivr.Participant{m.myself(inside)}
		for i, at := range s.named {
			if at != away {
				people = append(people, newcomer(c.named[i], c.named[i].ID, seq, at))
			}
		}
		people = m.addOthers(people, s.others)
		m.add(Act{Kind: Meets, On: c.told(&s)}, m.roster(leg, people))
	}
}

// addOthers adds so many people whom the flow does not name.
func (m *menu) addOthers(people []ivr.Participant, n int) []ivr.Participant {
	for i := range n {
		id := fmt.Sprintf("other-%d", i)
		p := newcomer(ivr.Party{Kind: ivr.PartyGuest}, id, m.s.Meeting.Seq+1, inside)
		p.Party.ID = p.ID
		people = append(people, p)
	}
	return people
}

// people adds that somebody comes into the meeting in which the bot is, or leaves it.
func (m *menu) people() {
	mt, leg := m.s.Meeting, &m.s.Leg
	if mt == nil || leg.Call == "" || leg.Gone || m.s.State == flow.StateHangingUp {
		return
	}
	first := len(m.all)
	if !mt.Seen {
		m.rosters(leg.ID)
	} else {
		for i := range m.w.start.crowd.named {
			m.person(i)
		}
		m.strangers()
	}
	for i := range m.all[first:] {
		m.all[first+i].late = m.ending()
	}
}

// ending is how long it takes at most until somebody comes or leaves, if that ends
// what the call waits for.
func (m *menu) ending() time.Duration {
	if m.phase == flow.PhaseWaiting {
		if spec, ok := m.step.Spec.(*flow.Wait); ok && spec.People {
			return m.left(whyWait)
		}
	}
	return m.left(whyRoster)
}

// left is how long it is until a timer runs out; 0 if it is not armed.
func (m *menu) left(why engine.Why) time.Duration {
	if t := armed(m.s, why); t != nil {
		return max(t.Due.Sub(m.now), 0)
	}
	return 0
}

// person adds that somebody whom the flow names comes or leaves.
func (m *menu) person(i int) {
	c, mt := &m.w.start.crowd, m.s.Meeting
	p, at := c.find(mt.People, i)
	rest := slices.DeleteFunc(slices.Clone(mt.People), func(q ivr.Participant) bool { return q.ID == p.ID })
	who := partyText(c.named[i])
	add := func(kind Kind, what string, people []ivr.Participant) {
		m.add(Act{Kind: kind, What: what}, m.roster(m.s.Leg.ID, people))
	}
	if at == away {
		come := func(to where) []ivr.Participant {
			return append(slices.Clip(rest), newcomer(c.named[i], c.named[i].ID, mt.Seq+1, to))
		}
		add(Joins, who, come(inside))
		add(Knocks, who, come(lobby))
		return
	}
	if at == lobby {
		in := p
		in.Lobby = false
		add(Joins, who, append(slices.Clip(rest), in))
	}
	add(Leaves, who, rest)
}

// strangers adds that somebody comes or leaves whom the flow does not name.
func (m *menu) strangers() {
	c, mt := &m.w.start.crowd, m.s.Meeting
	n := c.sceneOf(mt).others
	more := 1
	if n+1 == c.most {
		more = c.many() - n
	}
	m.add(Act{Kind: Joins, What: someone}, m.roster(m.s.Leg.ID, m.addOthers(slices.Clone(mt.People), more)))
	leave := func(what string, so int) {
		people := slices.DeleteFunc(slices.Clone(mt.People), func(p ivr.Participant) bool {
			if !other(p) || so == 0 {
				return false
			}
			so--
			return true
		})
		m.add(Act{Kind: Leaves, What: what}, m.roster(m.s.Leg.ID, people))
	}
	switch {
	case n == 0:
	case n < c.most:
		leave(someone, 1)
	case n == c.most:
		m.w.facts.doubt(m.w.root.Steps[0].Pos, "more people leave the meeting one after another than were tried")
		fallthrough
	default:
		if n > c.most {
			leave(someone, 1)
		}
		leave(lastOfMany, n-c.most+1)
	}
}

// Whom the flow does not name.
const (
	someone    = "somebody"
	lastOfMany = "the last whom the flow does not count"
)

// told says who is in a meeting.
func (c *crowd) told(s *scene) []string {
	var words []string
	for i, at := range s.named {
		switch at {
		case inside:
			words = append(words, partyText(c.named[i]))
		case lobby:
			words = append(words, partyText(c.named[i])+" in the lobby")
		case away:
		}
	}
	switch {
	case s.others >= c.most && c.most == 1:
		words = append(words, "others")
	case s.others >= c.most:
		words = append(words, fmt.Sprintf("%d others or more", c.most))
	case s.others > 0:
		words = append(words, count(s.others, "other"))
	}
	return words
}

func partyText(p ivr.Party) string { return string(p.Kind) + " " + p.ID }

// conferring adds what comes of asking for something about the meeting or its
// people. Of somebody who may be on hold, nobody may be able to tell.
func (m *menu) conferring(id ivr.OpID) {
	remote := ""
	if spec, ok := m.step.Spec.(*flow.RouteAudio); ok {
		remote = "route-" + spec.Name
	}
	m.add(Act{Kind: Ends, What: opMeet}, func(h ivr.Head) ivr.Event { return ivr.OperationCompleted{Head: h, Op: id, Remote: remote} })
	m.fails(id, opMeet, ivr.ReasonService)
	if spec, ok := m.step.Spec.(*flow.Hold); ok && !spec.Off && !m.w.facts.reasons {
		m.add(Act{Kind: Fails, What: opMeet, Outcome: string(ivr.ReasonTimedOut)}, refused(id, ivr.ReasonTimedOut))
	}
}

// meeting is who is there, who is on hold, and which routes of audio there are.
func (k *keyer) meeting() {
	mt, c := k.s.Meeting, &k.w.start.crowd
	if mt == nil {
		return
	}
	if !k.w.facts.mindful && k.w.gone(k.s) {
		return // nobody asks any more
	}
	k.flags(mt.Seen, mt.Lobby, mt.Me != "", mt.Op != 0, mt.Joined && c.news, mt.Left && c.news, mt.Held != "")
	k.number(int64(min(c.sceneOf(mt).others, c.most)))
	for i := range c.named {
		p, at := c.find(mt.People, i)
		k.flags(p.ID != "" && p.ID == mt.Held)
		k.number(int64(at))
	}
	for _, name := range slices.Sorted(maps.Keys(mt.Groups)) {
		k.text(name)
	}
	k.b = append(k.b, ';')
}
