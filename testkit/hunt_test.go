package testkit_test

import (
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const huntFlow = `
ivr: 1
flow: sales
prompts: {hello: "Hello.", music: "La la la.", please_wait: "Please hold the line.", take_it: "Press 1 to take a call.", nobody: "Nobody is there.", failed: "It did not work.", long: "That was long.", message: "Leave a message."}
groups:
  sales:
    - {user: 5f0c7c7e-0000-4000-8000-000000000001}
    - {phone: "+442071838750"}
    - {user: 5f0c7c7e-0000-4000-8000-000000000003}
start: main
states:
  main:
    - play: hello
    - hunt: sales
      order: round_robin
      rounds: 2
      ring: 20s
      music: music
      announce: take_it
      accept: 1
      every: {30s: please_wait}
      max_wait: 100s
      keys: {9: message}
      exhausted: [{play: nobody}, end]
      too_long: [{play: long}, end]
      failed: [{play: failed}, end]
  message: [{play: message}, end]
`

const (
	first  = "5f0c7c7e-0000-4000-8000-000000000001"
	second = "+442071838750"
	third  = "5f0c7c7e-0000-4000-8000-000000000003"
)

// whoAnswers are targets of which all but one do the same.
func whoAnswers(who string, others graphsim.Behaviour) testkit.Given {
	all := map[string]graphsim.Behaviour{first: others, second: others, third: others}
	if who != "" {
		all[who] = graphsim.Answers
	}
	return testkit.Given{Targets: all}
}

// The members are called in turn until one takes the call.
func TestHunt(t *testing.T) {
	f := loadText(t, huntFlow)
	for who, kind := range map[string]ivr.PartyKind{first: ivr.PartyUser, second: ivr.PartyPhone, third: ivr.PartyUser} {
		for _, others := range []graphsim.Behaviour{graphsim.Busy, graphsim.Declined, graphsim.NoAnswer, graphsim.Machine} {
			c := testkit.Dial(t, f, whoAnswers(who, others)).Hears("hello", "music")
			c.Transferred(ivr.Target{Kind: kind, ID: who}).Ended(ivr.EndedByTransfer)
			for _, callee := range c.Callees() {
				if s := callee.State(); s != ivr.StateTerminated {
					t.Errorf("%s answers, others %s: a call is %s", who, others, s)
				}
			}
		}
	}
	testkit.Dial(t, f, whoAnswers("", graphsim.Busy)).Hears("nobody").Ended(ivr.EndedByFlow)
	testkit.Dial(t, f, whoAnswers("", graphsim.NoAnswer)).Hears("music", "please_wait", "music", "please_wait", "long").Ended(ivr.EndedByFlow)
	c := testkit.Dial(t, f, whoAnswers("", graphsim.NoAnswer)).Hears("music").Wait(12 * time.Second)
	c.Press("9").Hears("message").Ended(ivr.EndedByFlow)
	if n := len(c.Callees()); n != 1 || c.Callees()[0].State() != ivr.StateTerminated {
		t.Errorf("%d calls, or one that is not over", n)
	}
}

// Numbers that the bot may not call are passed over.
func TestHuntNotAllowed(t *testing.T) {
	g := whoAnswers(third, graphsim.Busy)
	g.Phones = []string{"+49"}
	c := testkit.Dial(t, loadText(t, huntFlow), g).Transferred(ivr.Target{Kind: ivr.PartyUser, ID: third})
	if n := len(c.Callees()); n != 2 {
		t.Errorf("%d people were called, want 2", n)
	}
}

// Whatever Graph's odd ways, the hunt ends, and nobody is left with the bot.
func TestHuntOddly(t *testing.T) {
	f := loadText(t, huntFlow)
	for seed := range uint64(40) {
		settings := graphsim.SomeSettings(seed)
		g := whoAnswers([]string{first, second, third, ""}[seed%4], graphsim.Behaviour(1+seed%3))
		g.Seed, g.Settings, g.Oddities = seed, &settings, graphsim.SomeOddities(seed)
		c := testkit.Dial(t, f, g).Wait(5 * time.Minute)
		for _, callee := range c.Callees() {
			if s := callee.State(); s != ivr.StateTerminated {
				t.Errorf("seed %d: a call is %s\n%v", seed, s, c.Conversation())
			}
		}
		if end, over := c.Phone().Ended(); !over || end.By != ivr.EndedByTransfer && end.By != ivr.EndedByFlow {
			t.Errorf("seed %d: ended %t %+v\n%v", seed, over, end, c.Conversation())
		}
	}
}

const callBack = `
ivr: 1
flow: call_back
kind: outgoing
params: {number: {type: phone}}
prompts: {hello: "You asked for a call.", music: "La la la.", take_it: "Press 1.", nobody: "Nobody is there."}
groups: {team: [{user: 5f0c7c7e-0000-4000-8000-000000000001}, {user: 5f0c7c7e-0000-4000-8000-000000000003}]}
start: main
states:
  main:
    - dial: {phone: "${number}"}
      answered: greet
      failed: end
  greet:
    - play: hello
    - hunt: team
      music: music
      announce: take_it
      accept: 1
      exhausted: [{play: nobody}, end]
`

// Who was called by the flow can be handed over, too.
func TestHuntOutgoing(t *testing.T) {
	f := loadText(t, callBack)
	given := func(who string) testkit.Given {
		g := whoAnswers(who, graphsim.Busy)
		g.Params, g.Targets["+442071838751"] = map[string]any{"number": "+442071838751"}, graphsim.Answers
		return g
	}
	testkit.Dial(t, f, given(third)).Hears("hello", "music").Transferred(ivr.Target{Kind: ivr.PartyUser, ID: third}).Ended(ivr.EndedByTransfer)
	testkit.Dial(t, f, given("")).Hears("hello", "music", "nobody").Ended(ivr.EndedByFlow)
}
