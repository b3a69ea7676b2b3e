package sim

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// plan plans a meeting. Its organizer is there before the bot is.
func (p *phone) plan() {
	w := p.w
	plan := graphsim.MeetingPlan{Organizer: p.person(ivr.PartyUser, p.target)}
	if !w.o.Plain && p.r.IntN(3) == 0 {
		plan.Lobby = graphsim.LobbyEverybody
	}
	var err error
	p.meeting, err = w.graph.Schedule(plan)
	w.must(err)
}

func (p *phone) person(kind ivr.PartyKind, id string) ivr.Party {
	return ivr.Party{Kind: kind, ID: id, Name: p.String(), Tenant: graphsim.DefaultTenant}
}

// meet has the organizer come, others come and go, and perhaps the meeting end.
func (p *phone) meet() {
	w := p.w
	p.enters(p.person(ivr.PartyUser, p.target))
	visits := 1
	if !w.o.Plain {
		visits = p.r.IntN(4)
	}
	for range visits {
		guest := p.person(ivr.PartyGuest, p.String()+" guest")
		w.after(time.Duration(2+p.r.IntN(40))*time.Second, func() {
			if who := p.enters(guest); who != nil {
				w.after(time.Duration(1+p.r.IntN(20))*time.Second, who.Leave)
			}
		})
	}
	if p.manner.leaves > 0 {
		w.after(p.manner.leaves, p.hangUp)
	}
}

// enters lets somebody come, who need not wait; nil if he is there, or the meeting is
// over.
func (p *phone) enters(who ivr.Party) *graphsim.Person {
	person, err := p.meeting.Enter(who)
	if err != nil {
		return nil
	}
	person.Admit()
	return person
}

// letIn has the organizer let the bot in, if that waits in the lobby, after a while
// that may be longer than the bot waits.
func (p *phone) letIn() {
	p.w.after(time.Duration(1+p.r.IntN(45))*time.Second, func() {
		if bot := p.meeting.Find(p.w.graph.AppID()); bot != nil {
			bot.Admit()
		}
	})
}
