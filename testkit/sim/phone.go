package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// phone is a caller, somebody whom the outgoing flow calls, or the people of a
// meeting.
type phone struct {
	w      *world
	num    int
	script Script
	manner manner
	aim    Aim
	r      *rand.Rand
	target string // whom the outgoing flow calls, or the meeting's organizer; "" for a caller

	meeting *graphsim.Meeting // nil if it is none

	call     *graphsim.Call
	rang     int // times
	answered bool
	taken    bool            // somebody has taken the call
	left     bool            // has hung up
	over     bool            // and will not ring again
	heard    int             // prompts with a reply
	texts    map[string]bool // prompts that were played to it
	account  string
	replies  string // the prompt to which it is typing a reply
	pin      string
}

// mostRings is how often a caller rings who is not answered.
const mostRings = 3

func (w *world) newPhone(num int, s Script) *phone {
	r := w.people
	p := &phone{w: w, num: num, script: s, manner: someManner(r, s, w.o.Plain), r: r}
	w.sceneFor(p)
	p.aim = p.manner.aim(s)
	p.account = fmt.Sprintf("%08d", r.IntN(100_000_000))
	p.pin = fmt.Sprintf("%08d", r.IntN(100_000_000))
	if w.kit.rung(s.Flow) {
		return p
	}
	p.target = fmt.Sprintf("5f0c7c7e-0000-4000-8000-%012x", 0xf000+num)
	if w.kit.byName[s.Flow].Kind == flow.Meeting {
		p.plan()
		return p
	}
	p.manner.leaves = 0
	p.aim = p.manner.aim(s)
	return p
}

func (p *phone) String() string { return fmt.Sprintf("phone%d", p.num) }

// ring rings the bot.
func (p *phone) ring() {
	p.rang++
	c, err := p.w.graph.Ring(graphsim.Caller{Called: ivr.Party{Kind: ivr.PartyApplication, ID: calledID(p.w.kit, p.script.Flow)}})
	if err != nil { // the limit of calls
		p.w.trace.addf(p.String(), "cannot ring: %v", err)
		p.again()
		return
	}
	p.w.trace.addf(p.String(), "rings %s, call %s, aims at %s", p.script.Flow, short(c.ID()), p.aim)
	p.call = c
	p.w.phones[c.ID()] = p
}

// again rings once more, if it makes sense.
func (p *phone) again() {
	if p.rang >= mostRings {
		p.over = true
		return
	}
	p.w.after(time.Duration(3+p.r.IntN(10))*time.Second, p.ring)
}

// event is something that happens on the phone.
func (p *phone) event(e graphsim.Event) {
	switch e := e.(type) {
	case graphsim.Answered:
		p.answered = true
		if d := p.manner.leaves; d > 0 {
			p.w.after(d, p.hangUp)
		}
		p.operated()
	case graphsim.PickedUp:
		p.answered = true
		p.operated()
	case graphsim.PromptStarted:
		p.hears(e)
	case graphsim.RecordingStarted:
		if p.script.Speaks && !p.manner.quiet {
			p.call.SpeakFor(p.manner.speaks)
		}
	case graphsim.Joining:
		p.answered = true
		p.letIn()
		p.operated()
	case graphsim.Transferred:
		p.taken = true
	case graphsim.Ended:
		p.ended(e)
	default:
	}
}

func (p *phone) ended(e graphsim.Ended) {
	p.w.trace.addf(p.String(), "is over, by %s (%d/%d)", e.By, e.Result.Code, e.Result.Subcode)
	switch {
	case e.By == ivr.EndedByRedirect && e.Result.Code < 300:
		p.taken = true
	case p.target != "":
		return // the flow may call again
	case !p.answered && !p.left:
		p.again()
		return
	}
	p.over = true
}

// hangUp ends the call from the phone.
func (p *phone) hangUp() {
	if p.call == nil && p.meeting == nil || p.over || p.left {
		return
	}
	p.w.trace.add(p.String(), "hangs up")
	p.left = true
	if p.meeting != nil {
		p.meeting.End()
		return
	}
	p.call.HangUp()
}

// hears reacts to a prompt.
func (p *phone) hears(e graphsim.PromptStarted) {
	name, _, _ := strings.Cut(e.URI[strings.LastIndexByte(e.URI, '/')+1:], ".")
	text := p.w.kit.speech.text(name)
	p.w.trace.addf(p.String(), "hears %q %s", text, e.Problem)
	if e.Problem == "" {
		if p.texts == nil {
			p.texts = map[string]bool{}
		}
		p.texts[text] = true
	}
	keys, ok := p.script.Replies[text]
	if !ok || p.manner.quiet || e.Problem != "" || p.replies == text { // who hears it twice goes on typing
		return
	}
	p.heard++
	thinks := p.manner.thinks
	switch {
	case p.manner.early:
		thinks = 20 * time.Millisecond
	case p.manner.sleeps && p.heard == 1:
		return
	case p.manner.slip && p.heard == 1:
		keys = "7#"
	}
	keys = strings.NewReplacer("ACCOUNT", p.account, "PIN", p.pin).Replace(keys)
	p.replies = text
	p.w.after(thinks, func() { p.types(keys) })
}

// types presses keys one after the other.
func (p *phone) types(keys string) {
	if keys == "" {
		p.replies = ""
	}
	if keys == "" || p.over || p.left {
		return
	}
	k, err := ivr.ParseKey(keys[:1])
	p.w.must(err)
	p.call.Press(k)
	p.w.after(time.Duration(120+p.r.IntN(200))*time.Millisecond, func() { p.types(keys[1:]) })
}
