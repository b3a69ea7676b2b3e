package testkit_test

import (
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const consultFlow = `
ivr: 1
flow: ask_first
prompts: {hello: "Hello.", music: "La la la.", take_it: "Press 1 to take a call.", busy: "Busy.", no_answer: "No answer.", declined: "Declined.", failed: "It did not work."}
start: main
states:
  main:
    - play: hello
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}
      kind: consult
      ring: 20s
      music: music
      announce: take_it
      accept: 1
      done: [{milestone: handed_over}]
      busy: [{play: busy}, end]
      no_answer: [{play: no_answer}, end]
      declined: [{play: declined}, end]
      failed: [{play: failed}, end]
`

// The caller hears music while somebody is called, and is handed over if that
// person takes the call.
func TestConsult(t *testing.T) {
	f := loadText(t, consultFlow)
	agent := ivr.Target{Kind: ivr.PartyUser, ID: "5f0c7c7e-0000-4000-8000-000000000001"}
	is := func(b graphsim.Behaviour) testkit.Given {
		return testkit.Given{Targets: map[string]graphsim.Behaviour{agent.ID: b}}
	}
	fault := func(f graphsim.Fault) testkit.Given { return testkit.Given{Faults: []graphsim.Fault{f}} }
	for name, given := range map[string]testkit.Given{
		"taken":                           is(graphsim.Answers),
		"no response to the new call":     fault(graphsim.Fault{Action: "create", Nth: 1, NoResponse: true, Accept: true}),
		"new call throttled":              fault(graphsim.Fault{Action: "create", Nth: 1, Status: 429}),
		"no response to the transfer":     fault(graphsim.Fault{Action: "transfer", Nth: 1, NoResponse: true, Accept: true}),
		"music refused":                   fault(graphsim.Fault{Action: "playPrompt", Nth: 2, Status: 400, Code: "8535"}),
		"established before establishing": {Oddities: []graphsim.Oddity{graphsim.EstablishedFirst}},
		"everything twice":                {Oddities: []graphsim.Oddity{graphsim.Duplicates, graphsim.ManyEstablished}},
		"events first":                    {Oddities: []graphsim.Oddity{graphsim.OperationEventFirst}},
		"the end is never told":           {Oddities: []graphsim.Oddity{graphsim.NoDeleted}},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Dial(t, f, given).Hears("hello").Transferred(agent).Ended(ivr.EndedByTransfer)
		})
	}
	for name, c := range map[string]struct {
		given testkit.Given
		hears string
	}{
		"busy":              {is(graphsim.Busy), "busy"},
		"no answer":         {is(graphsim.NoAnswer), "no_answer"},
		"declined":          {is(graphsim.Declined), "declined"},
		"a machine":         {is(graphsim.Machine), "declined"},
		"not made":          {fault(graphsim.Fault{Action: "create", Status: 403, Code: "7504"}), "failed"},
		"nobody knows":      {fault(graphsim.Fault{Action: "create", NoResponse: true}), "failed"},
		"transfer refused":  {fault(graphsim.Fault{Action: "transfer", Status: 400, Code: "8523"}), "failed"},
		"transfer fails":    {testkit.Given{Settings: &graphsim.Settings{ConsultFails: true}}, "failed"},
		"rings and no word": {testkit.Given{Targets: is(graphsim.NoAnswer).Targets, Oddities: []graphsim.Oddity{graphsim.NoDeleted}, Settings: &graphsim.Settings{RingFor: time.Hour}}, "no_answer"},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Dial(t, f, c.given).Hears("hello", "music", c.hears)
		})
	}
}

// A caller who hangs up takes the call to somebody else with him, at any moment.
func TestConsultHangUp(t *testing.T) {
	f := loadText(t, consultFlow)
	for ms := range 60 {
		at := time.Duration(ms) * 150 * time.Millisecond
		c := testkit.Dial(t, f, testkit.Given{Seed: uint64(ms)}).Wait(at)
		if _, over := c.Phone().Ended(); over {
			break // handed over
		}
		c.HangUp().Wait(10 * time.Second)
		for _, callee := range c.Callees() {
			if s := callee.State(); s != ivr.StateTerminated {
				t.Errorf("hung up after %s: the call to somebody else is %s", at, s)
			}
		}
	}
}

// Somebody who is called may hang up at any moment, too: then the caller is
// told.
func TestConsultCalleeHangsUp(t *testing.T) {
	f := loadText(t, consultFlow)
	for _, after := range []time.Duration{0, time.Second, 2500 * time.Millisecond, 3500 * time.Millisecond} {
		c := testkit.Dial(t, f, testkit.Given{}).Hears("music").Wait(after)
		c.Callees()[0].HangUp()
		c.Hears("declined").Ended(ivr.EndedByFlow)
	}
}

// A call of which the flow never heard is hung up when it is answered, even if
// the caller's is over.
func TestConsultOrphan(t *testing.T) {
	c := testkit.Dial(t, loadText(t, consultFlow), testkit.Given{Faults: []graphsim.Fault{
		{Action: "create", NoResponse: true, Accept: true}, {Action: "callback", Match: "establishing", Nth: 2, Lose: true}}})
	c.Hears("music").Wait(time.Second).HangUp().Wait(10 * time.Second)
	if callees := c.Callees(); len(callees) != 1 || callees[0].State() != ivr.StateTerminated {
		t.Errorf("%d calls to somebody else, or not over", len(callees))
	}
}

// Whatever Graph's odd ways, a caller is handed over or told why not, and
// nobody's phone is left with the bot on it.
func TestConsultOddly(t *testing.T) {
	f := loadText(t, consultFlow)
	for seed := range uint64(60) {
		settings := graphsim.SomeSettings(seed)
		c := testkit.Dial(t, f, testkit.Given{Seed: seed, Settings: &settings, Oddities: graphsim.SomeOddities(seed)}).Wait(time.Minute)
		for _, callee := range c.Callees() {
			if s := callee.State(); s != ivr.StateTerminated {
				t.Errorf("seed %d: the call to somebody else is %s\n%v", seed, s, c.Conversation())
			}
		}
		if end, over := c.Phone().Ended(); !over || end.By != ivr.EndedByTransfer && end.By != ivr.EndedByFlow {
			t.Errorf("seed %d, %v: ended %t %+v\n%v", seed, graphsim.SomeOddities(seed), over, end, c.Conversation())
		}
	}
}
