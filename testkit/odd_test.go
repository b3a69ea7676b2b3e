package testkit_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// oddFlow uses every kind of operation once.
const oddFlow = `
ivr: 1
flow: odd
vars:
  code: {type: digits, length: 4}
  message: {type: recording}
actions:
  check: {in: [code], outcomes: [ok, wrong], timeout: 3s, waiting: music}
prompts:
  hello: Good morning and welcome.
  choose: Press 1 to go on.
  enter: Please enter your code.
  wrong: That is wrong.
  speak: Please leave a message after the tone.
  thanks: Thank you for your message.
  music: La la la la la.
  sorry: Nobody is there.
start: main
states:
  main:
    - play: hello
    - menu: choose
      keys: {1: enter}
      gave_up: bye
  enter:
    - collect: code
      prompt: enter
      gave_up: bye
    - do: check
      wrong: [{play: wrong}, {goto: enter}]
      failed: bye
    - record: message
      prompt: speak
      max: 30s
      silence: 2s
      consent: announced
      keep_on_hangup: {every: 10s}
      empty: bye
      failed: bye
    - play: thanks
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}
      failed: [{play: sorry}, end]
  bye: [{play: sorry}, end]
on_end: [{milestone: over}]
`

func oddFlowLoaded(t testing.TB) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"odd.ivr.yaml": {Data: []byte(oddFlow)}}, "odd.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// oddCall is a call through all of oddFlow. How it goes must not depend on
// the platform's oddities.
func oddCall(t *testing.T, f *flow.Flow, g testkit.Given) {
	t.Helper()
	g.Actions = map[string][]testkit.Reply{"check": {{Outcome: "wrong"}, {Outcome: "ok", After: 2 * time.Second}}}
	g.Targets = map[string]graphsim.Behaviour{"5f0c7c7e-0000-4000-8000-000000000001": graphsim.Busy}
	c := testkit.Dial(t, f, g).
		Hears("hello", "choose").Press("1").
		Hears("enter").Press("1234#").
		Hears("wrong", "enter").Press("5678").
		Hears("speak").Records(14*time.Second).
		Hears("thanks", "sorry").Ended(ivr.EndedByFlow)
	vars := c.Vars()
	if vars["code"] != "5678" || vars["message"] == nil {
		t.Errorf("variables at the end: %v", vars)
	}
	if got := c.Actions(); !slices.Equal(got, []string{"check", "check"}) {
		t.Errorf("actions %v, want check twice", got)
	}
	if got := c.Milestones(); !slices.Equal(got, []string{"over"}) {
		t.Errorf("milestones %v, want over once", got)
	}
}

// Every odd order that has been reported, by its name, each with several seeds.
func TestOddities(t *testing.T) {
	f := oddFlowLoaded(t)
	for _, odd := range graphsim.Oddities() {
		if odd.Name == "escalates" {
			continue // it ends the call: TestEscalation
		}
		for seed := range uint64(10) {
			t.Run(fmt.Sprintf("%s/%d", odd.Name, seed), func(t *testing.T) {
				t.Parallel()
				oddCall(t, f, testkit.Given{Oddities: []graphsim.Oddity{odd.Name}, Seed: seed})
			})
		}
	}
}

// Mixtures of oddities, from seeds.
func TestOddMixtures(t *testing.T) {
	f := oddFlowLoaded(t)
	for seed := range uint64(100) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			odd := slices.DeleteFunc(graphsim.SomeOddities(seed), func(o graphsim.Oddity) bool { return o == "escalates" })
			oddCall(t, f, testkit.Given{Oddities: odd, Seed: seed, Settings: &graphsim.Settings{OddChance: 0.4}})
		})
	}
}

// A call that becomes a meeting drops a bot without the permission for
// meetings; the flow is told.
func TestEscalation(t *testing.T) {
	c := testkit.Dial(t, oddFlowLoaded(t), testkit.Given{Oddities: []graphsim.Oddity{"escalates"}}).Hears("hello").Ended("")
	if got := c.Milestones(); !slices.Equal(got, []string{"over"}) {
		t.Errorf("milestones %v, want over once", got)
	}
}

// What the simulator leaves open must not matter to a flow.
func TestUndocumentedChoices(t *testing.T) {
	f := oddFlowLoaded(t)
	for name, s := range map[string]graphsim.Settings{
		"cancelled prompts by enum":   {PromptCancel: graphsim.CancelByEnum},
		"cancelled prompts completed": {PromptCancel: graphsim.CancelCompleted},
		"no resultInfo":               {NoResultInfo: true},
		"codes as text":               {CodesAsText: true},
		"no terminating":              {NoTerminating: true},
		"ids in updates":              {IDInUpdates: true},
		"no legacy resource":          {NoLegacyResource: true},
		"legacy first":                {LegacyFirst: true},
		"upper ids":                   {IDs: graphsim.SpellUpper},
		"dashed ids":                  {IDs: graphsim.SpellDashed},
		"double keys":                 {Subscription: graphsim.SubscribeTwice},
		"hidden stop tones":           {StopToneHidden: true},
		"slow callbacks":              {Latency: 900 * time.Millisecond},
		"slow audio":                  {AudioDelay: 8 * time.Second},
		"transfer code 200":           {TransferCode: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			oddCall(t, f, testkit.Given{Settings: &s})
		})
	}
}

// Requests that fail once, in every way, for every action.
func TestFaultsOfRequests(t *testing.T) {
	f := oddFlowLoaded(t)
	for _, action := range []string{"answer", "subscribeToTone", "playPrompt", "cancelMediaProcessing", "recordResponse"} {
		for name, fault := range map[string]graphsim.Fault{
			"429":                  {Status: 429, RetryAfter: 2 * time.Second},
			"429 without a time":   {Status: 429},
			"503":                  {Status: 503},
			"500 but done":         {Status: 500, Accept: true},
			"no response":          {NoResponse: true},
			"no response but done": {NoResponse: true, Accept: true},
			"401":                  {Status: 401},
		} {
			fault.Action, fault.Nth = action, 1
			t.Run(action+"/"+name, func(t *testing.T) {
				t.Parallel()
				oddCall(t, f, testkit.Given{Faults: []graphsim.Fault{fault}})
			})
		}
	}
}

// The caller hangs up at any moment, in fair and in odd weather: the flow is
// told once, and nothing is left behind.
func TestHangUpAnywhere(t *testing.T) {
	f := oddFlowLoaded(t)
	for name, to := range map[string]func(*testkit.Call) *testkit.Call{
		"greeting": func(c *testkit.Call) *testkit.Call { return c },
		"menu":     func(c *testkit.Call) *testkit.Call { return c.Hears("choose") },
		"entry":    func(c *testkit.Call) *testkit.Call { return c.Hears("choose").Press("1").Hears("enter").Press("12") },
		"recording": func(c *testkit.Call) *testkit.Call {
			return c.Hears("choose").Press("1").Hears("enter").Press("1234").Hears("speak")
		},
	} {
		for i := range 40 {
			after := time.Duration(i+1) * 120 * time.Millisecond
			t.Run(fmt.Sprintf("%s/%s", name, after), func(t *testing.T) {
				t.Parallel()
				g := testkit.Given{Actions: map[string][]testkit.Reply{"check": testkit.Returns("ok")}, Seed: uint64(i)}
				if i%2 == 1 {
					g.Oddities = slices.DeleteFunc(graphsim.SomeOddities(g.Seed), func(o graphsim.Oddity) bool { return o == "escalates" })
				}
				c := to(testkit.Dial(t, f, g)).Wait(after).HangUp().Ended("")
				if got := c.Milestones(); !slices.Equal(got, []string{"over"}) {
					t.Errorf("milestones %v, want over once", got)
				}
			})
		}
	}
}
