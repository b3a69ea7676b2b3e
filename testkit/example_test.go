package testkit_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/cover"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const bankFlow = "testdata/bank_balance/bank_balance.ivr.yaml"

// passes runs a test as go test does, so that the examples here are run. In your own
// files a test is a function that go test finds.
func passes(name string, test func(*testing.T)) {
	all := func(string, string) (bool, error) { return true, nil }
	if testing.RunTests(all, []testing.InternalTest{{Name: name, F: test}}) {
		fmt.Println("ok", name)
	}
}

// The tests of a file, each as a subtest.
func ExampleRun() {
	TestBank := func(t *testing.T) { testkit.Run(t, bankFlow) } // plays bank_balance.ivr-test.yaml

	passes("TestBank", TestBank)
	// Output: ok TestBank
}

// A call with faked actions: the first PIN is wrong, the second is right.
func ExampleDial() {
	TestWrongPIN := func(t *testing.T) {
		call := testkit.Dial(t, bankFlow, testkit.Given{
			Actions: map[string][]testkit.Reply{
				"verify":      testkit.Returns("wrong", "ok"),
				"get_balance": {{Out: map[string]any{"balance": "12.50"}, After: 2 * time.Second}},
			},
		})
		call.Hears("enter_account").Press("12345674#")
		call.Hears("enter_pin").Press("0000#")
		call.Hears("wrong_pin", "enter_pin").Press("2718#")
		call.Hears("music_short", "your_balance_is", "twelve pounds and fifty pence")
		call.HangUp().Ended(ivr.EndedByCaller)
		if got := fmt.Sprint(call.Actions()); got != "[verify verify get_balance]" {
			t.Errorf("the flow did %s", got)
		}
	}

	passes("TestWrongPIN", TestWrongPIN)
	// Output: ok TestWrongPIN
}

// A table of worlds, each a subtest that runs beside the others.
func ExampleDial_table() {
	const agent = "5f0c7c7e-0000-4000-8000-000000000001"
	TestAgents := func(t *testing.T) {
		for name, tt := range map[string]struct {
			agent graphsim.Behaviour
			want  ivr.EndedBy
			hears []string
		}{
			"there":    {graphsim.Answers, ivr.EndedByTransfer, nil},
			"busy":     {graphsim.Busy, ivr.EndedByFlow, []string{"no_agents"}},
			"gone out": {graphsim.NoAnswer, ivr.EndedByFlow, []string{"no_agents"}},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				testkit.Dial(t, bankFlow, testkit.Given{
					Config:  map[string]any{"service_desk": agent},
					Targets: map[string]graphsim.Behaviour{agent: tt.agent},
				}).Silence(testkit.GaveUp).Hears(tt.hears...).Ended(tt.want)
			})
		}
	}

	passes("TestAgents", TestAgents)
	// Output: ok TestAgents
}

// Faults of Graph: the second prompt is refused once, with a time to come again, and
// the flow's author need not know.
func ExampleDial_faults() {
	TestBusyGraph := func(t *testing.T) {
		testkit.Dial(t, bankFlow, testkit.Given{Faults: []graphsim.Fault{
			{Action: "playPrompt", Nth: 2, Status: 429, RetryAfter: 3 * time.Second},
			{Action: "callback", Match: "tone", Duplicate: 1},
		}}).Hears("welcome", "enter_account").Press("12345674#").Hears("enter_pin")
	}

	passes("TestBusyGraph", TestBusyGraph)
	// Output: ok TestBusyGraph
}

// Fake data services: requests are built and checked as in production, and none is
// sent.
func ExampleDial_services() {
	flow := "testdata/web/web.ivr.yaml"
	TestBalance := func(t *testing.T) {
		call := testkit.Dial(t, flow, testkit.Given{
			Actions: map[string][]testkit.Reply{"login": {{Out: map[string]any{"customer": "c-1"}}}},
			HTTP: map[string][]testkit.HTTPReply{
				"ask_balance":             {{JSON: map[string]any{"balance": "7.50"}}},
				"motd.example.org:8443/*": {{Text: "Hello."}},
			},
		})
		call.Press("12345678#").Press("4711#").Hears("told")
		if got := call.Asked()[1].URL; got != "https://api.example.com/customers/c-1/balance" {
			t.Errorf("the flow asked %s", got)
		}
	}

	passes("TestBalance", TestBalance)
	// Output: ok TestBalance
}

// Without package testing: play a file, and see what its tests reach. The caller of
// the second hangs up while he hears goodbye, so that the flow never gets to its end.
func ExampleRunFile() {
	files := fstest.MapFS{
		"door.ivr.yaml": {Data: []byte(`ivr: 1
flow: door
prompts: {hello: Hello., bye: Goodbye.}
start: main
states:
  main:
    - menu: hello
      keys: {1: open}
      gave_up: bye
  open: [{tag: opened}, end]
  bye: [{play: bye}, end]
`)},
		"door.ivr-test.yaml": {Data: []byte(`flow: ./door.ivr.yaml
tests:
  key 1 opens: {call: [{hears: hello}, {press: "1"}, {ended: by_flow}], expect: {tags: [opened]}}
  key 2 does not: {call: [{hears: hello}, {press: "2"}, {hears: goodbye}]}
`)},
	}
	var tally cover.Tally
	rep, findings, err := testkit.RunFile(context.Background(), "door.ivr.yaml", testkit.Options{FS: files, Cover: &tally})
	if err != nil || findings.HasErrors() {
		fmt.Println(err, findings)
		return
	}
	for _, test := range rep.Tests {
		fmt.Println(test.Passed, test.Name)
	}
	fmt.Println(tally.Report().Share(cover.Outcome))
	if err := tally.Report().PrintMissing(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// true key 1 opens
	// true key 2 does not
	// 66.7% (4/6)
	// door.ivr.yaml:11:10: no test reaches the outcome done of bye.1
	// door.ivr.yaml:11:22: no test reaches the step bye.2
}
