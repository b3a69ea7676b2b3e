package testkit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const reminder = `
ivr: 1
flow: reminder
kind: outgoing
params: {number: {type: phone}, name: {type: string, default: Ann}}
prompts: {clinic: "This is the clinic. Press 1.", hello: "Your appointment is tomorrow.", ask: "Press 1 if you will come.", thanks: "Thank you."}
start: main
states:
  main:
    - dial: {phone: "${number}", ring: 40s, announce: clinic, accept: "1"}
      answered: tell
      busy: {up_to: 1, then: [{wait: 5m}, {goto: main}], else: not_reached}
      failed: [{tag: {name: why, text: "${result.outcome}"}}, {goto: not_reached}]
  tell:
    - play: [hello, {say: "${name}, ${call.direction} to ${call.called}"}]
    - menu: ask
      keys: {1: comes}
      gave_up: not_reached
  comes: [{milestone: comes}, {play: thanks}, end]
  not_reached: [{milestone: not_reached}, end]
on_hangup: [{milestone: hung_up}]
`

func TestOutgoing(t *testing.T) {
	f := loadText(t, reminder)
	given := func(b graphsim.Behaviour) testkit.Given {
		return testkit.Given{Params: map[string]any{"number": "+442071838750"}, Targets: map[string]graphsim.Behaviour{"+442071838750": b}}
	}
	milestones := func(t *testing.T, c *testkit.Call, want string) {
		t.Helper()
		if got := c.Milestones(); len(got) != 1 || got[0] != want {
			t.Errorf("milestones %q, want %s", got, want)
		}
	}
	t.Run("comes", func(t *testing.T) {
		c := testkit.Dial(t, f, given(graphsim.Answers))
		c.Hears("clinic").Press("1").Hears("hello", "Ann, outgoing to +442071838750").HearsEnd("ask").Press("1").Hears("thanks").Ended("flow")
		milestones(t, c, "comes")
	})
	t.Run("machine", func(t *testing.T) {
		c := testkit.Dial(t, f, given(graphsim.Machine))
		c.HearsEnd("clinic").Ended("flow").NeverHeard("hello")
		milestones(t, c, "not_reached")
		lines := c.Conversation()
		if last := lines[len(lines)-1].What; !strings.Contains(last, "ended by flow") {
			t.Errorf("the bot did not hang up: %s", last)
		}
	})
	t.Run("another key", func(t *testing.T) {
		milestones(t, testkit.Dial(t, f, given(graphsim.Answers)).HearsEnd("clinic").Press("2").Ended("flow"), "not_reached")
	})
	t.Run("busy twice", func(t *testing.T) {
		c := testkit.Dial(t, f, given(graphsim.Busy)).Ended("flow")
		milestones(t, c, "not_reached")
		if took := c.Clock().Now().Sub(testkit.DefaultNow()); took < 5*time.Minute {
			t.Errorf("it took %v; the flow waits 5m between its calls", took)
		}
	})
	for _, b := range []graphsim.Behaviour{graphsim.NoAnswer, graphsim.Declined} {
		t.Run(b.String(), func(t *testing.T) {
			milestones(t, testkit.Dial(t, f, given(b)).Ended("flow"), "not_reached")
		})
	}
	t.Run("hangs up", func(t *testing.T) {
		milestones(t, testkit.Dial(t, f, given(graphsim.Answers)).Hears("clinic").Press("1").Hears("hello").HangUp().Ended("caller"), "hung_up")
	})
	t.Run("not allowed", func(t *testing.T) {
		g := given(graphsim.Answers)
		g.Phones = []string{"+49"}
		milestones(t, testkit.Dial(t, f, g).Ended("flow"), "not_reached")
	})
}
