package testkit

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// addMeeting plans the meeting of a flow that joins one, and lets the people come
// who are there already.
func (w *world) addMeeting() error {
	if w.flow.Kind != flow.Meeting || w.sim == nil {
		return nil
	}
	var err error
	if w.meeting, err = w.sim.Schedule(w.given.Meeting); err != nil {
		return err
	}
	people := w.given.Participants
	if people == nil {
		people = []ivr.Party{w.meeting.Plan().Organizer}
	}
	for _, who := range people {
		p, err := w.meeting.Enter(who)
		if err != nil {
			return err
		}
		p.Admit()
	}
	return nil
}

// meetingLink is how the bot's program names the meeting.
func (w *world) meetingLink() (graph.Join, error) { return graph.ParseJoinURL(w.meeting.JoinURL()) }

// meetingEvent takes what happened in the meeting.
func (w *witness) meetingEvent(ev graphsim.Event) {
	who := func(a graphsim.Attendee) string {
		if a.Party.Kind == ivr.PartyBot {
			return "the bot"
		}
		return named(a.Party)
	}
	switch e := ev.(type) {
	case graphsim.Joining:
		w.call, w.end, w.connected = e.Call, nil, true
		w.say(byFlow, "joins the meeting")
	case graphsim.Joined:
		if e.Who.InLobby {
			w.say(byGraph, "%s waits in the lobby", who(e.Who))
			return
		}
		w.say(byGraph, "%s is in the meeting", who(e.Who))
	case graphsim.Admitted:
		w.say(byGraph, "%s is let in", who(e.Who))
	case graphsim.Left:
		w.say(byGraph, "%s leaves", who(e.Who))
	case graphsim.Inviting:
		w.say(byGraph, "%s is invited", target(e.Target))
	case graphsim.InviteFailed:
		w.say(byGraph, "%s does not come: %s", target(e.Target), e.Behaviour)
	case graphsim.Held:
		w.say(byGraph, "%s is %s", who(e.Who), map[bool]string{true: "on hold", false: "back from hold"}[e.Who.OnHold])
	case graphsim.Silenced:
		w.say(byGraph, "%s is muted", who(e.Who))
	case graphsim.Routed:
		w.say(byGraph, "audio is %s", map[bool]string{true: "no longer routed apart", false: "routed apart"}[e.Gone])
	case graphsim.RecordingTold:
		w.say(byGraph, "people are told that recording is %s", e.Status)
	case graphsim.GalleryAdded:
		w.say(byGraph, "the large gallery view is added")
	default:
	}
}

// named is somebody by name, or by id.
func named(p ivr.Party) string {
	if p.Name != "" {
		return p.Name
	}
	return strings.TrimSpace(string(p.Kind) + " " + p.ID)
}

// inMeeting says that a step of the test needs a meeting.
func (t *talk) inMeeting(what string) *Failure {
	if f := t.check(); f != nil {
		return f
	}
	if t.meeting == nil {
		return t.fail("somebody to "+what, "the flow is of kind "+string(t.flow.Kind), "write kind: meeting in the flow")
	}
	t.paused, t.busy = true, true
	return nil
}

// joins lets somebody come.
func (t *talk) joins(who ivr.Party) *Failure {
	if f := t.inMeeting("join the meeting"); f != nil {
		return f
	}
	t.seen.say(byCaller, "is joined by %s", named(who))
	p, err := t.meeting.Enter(who)
	if err != nil {
		return t.fail(named(who)+" to join the meeting", err.Error(), "")
	}
	p.Admit()
	return nil
}

// leaves lets somebody go, who may still be on the way.
func (t *talk) leaves(who ivr.Party) *Failure {
	if f := t.inMeeting("leave the meeting"); f != nil {
		return f
	}
	if !t.until(func() bool { return t.meeting.Find(who.ID) != nil }) {
		return t.fail(named(who)+" to leave the meeting", "nobody of that id is there", "")
	}
	t.seen.say(byCaller, "is left by %s", named(who))
	t.meeting.Find(who.ID).Leave()
	return nil
}

// letIn admits the bot from the lobby, once it waits there.
func (t *talk) letIn() *Failure {
	if f := t.inMeeting("let the bot in"); f != nil {
		return f
	}
	bot := t.waiting()
	if bot == nil {
		t.until(func() bool { bot = t.waiting(); return bot != nil })
	}
	if bot == nil {
		return t.fail("the bot to wait in the lobby", t.instead(t.next), "write lobby: everybody in given")
	}
	t.seen.say(byCaller, "lets the bot in")
	bot.Admit()
	return nil
}

// waiting is the bot if it waits in the lobby, else nil.
func (t *talk) waiting() *graphsim.Person {
	bot := t.meeting.Find(t.sim.AppID())
	if bot == nil {
		return nil
	}
	if now, ok := bot.Now(); !ok || !now.InLobby {
		return nil
	}
	return bot
}

// meeting reads what is special about the meeting.
func (r *reader) meeting(g *Given, n *tree.Node) {
	if r.flow.Kind != flow.Meeting {
		r.list.Errorf(n.Pos, ruleValue, "the flow is of kind %s, and is in no meeting", r.flow.Kind)
		return
	}
	for _, e := range n.Fields(&r.list, "a meeting", "lobby", "join_id", "passcode", "thread", "organizer") {
		switch e.Key {
		case "lobby":
			word, _ := e.Value.Word(&r.list, "guests", "nobody", "everybody")
			g.Meeting.Lobby = map[string]graphsim.Lobby{"nobody": graphsim.LobbyNobody, "everybody": graphsim.LobbyEverybody}[word]
		case "join_id":
			text, _ := e.Value.Str(&r.list)
			g.Meeting.JoinID = strings.ReplaceAll(text, " ", "")
		case "passcode":
			g.Meeting.Passcode, _ = e.Value.Str(&r.list)
		case "thread":
			g.Meeting.Thread, _ = e.Value.Str(&r.list)
		case "organizer":
			g.Meeting.Organizer = r.party(e.Value, ivr.PartyUser)
		}
	}
}

// participants reads who is in the meeting when the bot comes.
func (r *reader) participants(g *Given, n *tree.Node) {
	g.Participants = []ivr.Party{}
	for _, item := range n.ListItems() {
		g.Participants = append(g.Participants, r.somebody(item))
	}
}

func (r *reader) somebody(n *tree.Node) ivr.Party {
	return r.party(n, ivr.PartyUser, ivr.PartyPhone, ivr.PartyGuest, ivr.PartyApplication)
}

func (r *reader) joins(n *tree.Node) func(*talk) *Failure {
	who := r.somebody(n)
	return func(t *talk) *Failure { return t.joins(who) }
}

func (r *reader) leaves(n *tree.Node) func(*talk) *Failure {
	who := r.somebody(n)
	return func(t *talk) *Failure { return t.leaves(who) }
}

func (r *reader) letIn(n *tree.Node) func(*talk) *Failure {
	if n != nil {
		r.list.Errorf(n.Pos, ruleValue, "let_in stands alone, without a value")
	}
	return (*talk).letIn
}

// Joins lets somebody come into the meeting.
func (c *Call) Joins(who ivr.Party) *Call {
	c.t.Helper()
	return c.must(c.talk.joins(who))
}

// Leaves lets somebody go.
func (c *Call) Leaves(who ivr.Party) *Call {
	c.t.Helper()
	return c.must(c.talk.leaves(who))
}

// LetIn lets the bot in, once it waits in the lobby.
func (c *Call) LetIn() *Call {
	c.t.Helper()
	return c.must(c.talk.letIn())
}

// Meeting is the meeting in the simulated Graph, for what this type has no method
// for; nil in flows of other kinds.
func (c *Call) Meeting() *graphsim.Meeting { return c.talk.meeting }
