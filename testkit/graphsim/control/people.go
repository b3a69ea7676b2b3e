package control

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// Person is somebody who can be called, and how they behave.
type Person struct {
	ID          string       `json:"id,omitempty" doc:"object id, or number in E.164; may be left out where the path has it"`
	Behaviour   string       `json:"behaviour,omitempty" enum:"answers,busy,no_answer,declined,machine" doc:"when the bot calls them, or sends a call to them; answers if it is left out"`
	AnswersIn   ivr.Duration `json:"answers_in,omitzero" doc:"how long the telephone rings until they answer, or the bot hears that they are busy or decline; left out: the setting transfer_ring"`
	LeavesIn    ivr.Duration `json:"leaves_in,omitzero" doc:"how long after answering they hang up"`
	HangUpAfter ivr.Duration `json:"hang_up_after,omitzero" doc:"from when the telephone rings: hangs up then, whatever goes on"`
	Script      []Step       `json:"script,omitempty" doc:"what they do in a call with the bot, one step after the other"`
}

// Step is one thing that somebody does in a call. It has one of press, speak
// and hang_up.
type Step struct {
	When   string       `json:"when,omitempty" enum:"audio,prompt,prompt_over,recording" doc:"what the step waits for: audio flows, a prompt plays, a prompt is over, the bot records; a prompt or recording serves one step only. Left out: nothing"`
	Prompt string       `json:"prompt,omitempty" doc:"with prompt and prompt_over: only one whose address or resource id holds this"`
	After  ivr.Duration `json:"after,omitzero" doc:"and then waits that long"`
	Press  string       `json:"press,omitempty" doc:"keys: 0 to 9, *, #, a to d"`
	Speak  ivr.Duration `json:"speak,omitzero" doc:"speaks that long, as soon as the bot records"`
	HangUp bool         `json:"hang_up,omitempty" doc:"puts the receiver down"`
}

var behaviours = []string{"answers", "busy", "no_answer", "declined", "machine"} //nolint:gochecknoglobals // a list of words

// e164 and guid are the forms of ids.
var (
	e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// check finds the first mistake.
func (p Person) check() error {
	switch {
	case !e164.MatchString(p.ID) && !guid.MatchString(p.ID):
		return bad("id", fmt.Sprintf("%q is no id of anybody", p.ID), "give a number in E.164 such as +441632960123, or a user's object id")
	case p.Behaviour != "" && !slices.Contains(behaviours, p.Behaviour):
		return bad("behaviour", fmt.Sprintf("nobody behaves like %q", p.Behaviour), "give "+diag.OneOf(behaviours)+diag.DidYouMean(p.Behaviour, behaviours))
	case p.AnswersIn < 0 || p.LeavesIn < 0:
		return bad("answers_in", "a time is less than nothing", "give 0s or more")
	}
	return checkActs(p.HangUpAfter, p.Script)
}

// checkActs finds the first mistake in what somebody does.
func checkActs(hangUpAfter ivr.Duration, script []Step) error {
	if hangUpAfter < 0 {
		return bad("hang_up_after", "it is before the call", "give 0s or more")
	}
	for i, st := range script {
		if err := st.check(); err != nil {
			return within(fmt.Sprintf("script[%d]", i), err)
		}
	}
	return nil
}

// whens are what a step can wait for.
func whens() []string { return []string{"audio", "prompt", "prompt_over", "recording"} }

func (st Step) check() error {
	acts := 0
	for _, has := range []bool{st.Press != "", st.Speak != 0, st.HangUp} {
		if has {
			acts++
		}
	}
	switch {
	case st.When != "" && !slices.Contains(whens(), st.When):
		return bad("when", fmt.Sprintf("%q does not happen in a call", st.When), "give "+diag.OneOf(whens())+", or leave it out")
	case st.Prompt != "" && !strings.HasPrefix(st.When, "prompt"):
		return bad("prompt", "the step waits for no prompt", `give "when": "prompt" or "prompt_over", too`)
	case st.After < 0 || st.Speak < 0:
		return bad("after", "a time is less than nothing", "give 0s or more")
	case acts != 1:
		return bad("press", fmt.Sprintf("the step does %d things", acts), "give one of press, speak and hang_up")
	}
	_, err := parseKeys("press", st.Press)
	return err
}

// parseKeys reads keys.
func parseKeys(place, text string) ([]ivr.Key, error) {
	var keys []ivr.Key
	for _, r := range text {
		k, err := ivr.ParseKey(string(r))
		if err != nil {
			return nil, bad(place, fmt.Sprintf("%q is on no telephone", r), "give keys from 0 to 9, *, # and a to d, such as 12#")
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// people knows who behaves how, and acts for those who are in a call.
type people struct {
	world *world
	// mayRing lets one call be placed after the other, until it is known what the
	// caller does.
	mayRing sync.Mutex

	mu     sync.Mutex
	known  map[string]Person
	caller Person // of the call that is being placed
	actors map[ivr.CallID]*actor
}

func newPeople(w *world) *people {
	return &people{world: w, known: map[string]Person{}, actors: map[ivr.CallID]*actor{}}
}

// personKey makes ids comparable.
func personKey(id string) string { return strings.ToLower(id) }

// put says how somebody behaves from now on.
func (p *people) put(person Person) {
	b, err := graphsim.ParseBehaviour(cmp.Or(person.Behaviour, behaviours[0]))
	if err != nil { // it was checked
		panic(err)
	}
	p.world.sim.SetReaction(person.ID, graphsim.Reaction{Behaviour: b, After: person.AnswersIn.Std(), Leaves: person.LeavesIn.Std()})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[personKey(person.ID)] = person
}

// get finds somebody.
func (p *people) get(id string) (Person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	person, ok := p.known[personKey(id)]
	return person, ok
}

// forget makes somebody a stranger again, who answers.
func (p *people) forget(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.known[personKey(id)]
	delete(p.known, personKey(id))
	p.world.sim.SetTarget(id, graphsim.Answers)
	return ok
}

// list is everybody, by id.
func (p *people) list() []Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]Person, 0, len(p.known))
	for _, id := range slices.Sorted(maps.Keys(p.known)) {
		all = append(all, p.known[id])
	}
	return all
}

// expect says what the caller of the next call does.
func (p *people) expect(caller Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.caller = caller
}

// act lets somebody do something in a call that rings.
func (p *people) act(id ivr.CallID, person Person) {
	call := p.world.sim.Call(id)
	if person.HangUpAfter > 0 {
		p.world.later(person.HangUpAfter.Std(), call.HangUp)
	}
	if len(person.Script) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	a := &actor{people: p, call: call, steps: person.Script}
	p.actors[id] = a
	a.advance()
}

// observe takes what happens on the phones.
func (p *people) observe(e graphsim.Event) {
	switch e := e.(type) {
	case graphsim.Ringing:
		p.mu.Lock()
		caller := p.caller
		p.mu.Unlock()
		p.act(e.Call, caller)
		return
	case graphsim.Calling:
		callee, _ := p.get(e.Target.ID)
		p.act(e.Call, callee)
		return
	default:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.actors[e.CallID()]; a != nil {
		a.observe(e)
	}
}

// actor is somebody in a call. people.mu guards it.
type actor struct {
	people *people
	call   *graphsim.Call
	steps  []Step // those still to do
	busy   bool   // a step waits for its time

	audio     bool
	playing   chance // of prompts that begin
	over      chance // of prompts that are over
	listening chance // of recordings
}

// chance is something that a step can wait for: it can be taken while it is
// open, and once.
type chance struct {
	open bool
	text string // of a prompt: its address and resource id
}

func (a *actor) observe(e graphsim.Event) {
	switch e := e.(type) {
	case graphsim.AudioActive:
		a.audio = true
	case graphsim.AudioInactive:
		a.audio = false
	case graphsim.PromptStarted:
		if e.Problem == "" {
			a.playing = chance{open: true, text: e.URI + " " + e.ResourceID}
			a.over.open = false
		}
	case graphsim.PromptEnded:
		a.over, a.playing.open = chance{open: true, text: a.playing.text}, false
	case graphsim.RecordingStarted:
		a.listening.open = true
	case graphsim.RecordingEnded:
		a.listening.open = false
	case graphsim.Ended:
		delete(a.people.actors, e.Call)
		a.steps = nil
	default:
	}
	a.advance()
}

// advance begins the next step if what it waits for has come.
func (a *actor) advance() {
	if a.busy || len(a.steps) == 0 || !a.due(a.steps[0]) {
		return
	}
	step := a.steps[0]
	a.steps, a.busy = a.steps[1:], true
	a.people.world.later(step.After.Std(), func() {
		a.do(step)
		a.people.mu.Lock()
		defer a.people.mu.Unlock()
		a.busy = false
		a.advance()
	})
}

// due says whether a step need wait no longer, and takes the chance.
func (a *actor) due(st Step) bool {
	var c *chance
	switch st.When {
	case "":
		return true
	case "audio":
		return a.audio
	case "prompt":
		c = &a.playing
	case "prompt_over":
		c = &a.over
	default:
		c = &a.listening
	}
	if !c.open || !strings.Contains(c.text, st.Prompt) {
		return false
	}
	c.open = false
	return true
}

// do acts as the step says. It holds no lock, since the simulator tells what
// comes of it.
func (a *actor) do(st Step) {
	switch {
	case st.HangUp:
		a.call.HangUp()
	case st.Speak > 0:
		a.call.SpeakFor(time.Duration(st.Speak))
	default:
		keys, _ := parseKeys("press", st.Press) // it was checked
		a.call.Press(keys...)
	}
}
