package testkit_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const quietFlow = `
ivr: 1
flow: quiet
prompts: {hello: "Hello.", bye: "Goodbye.", sorry: "It did not work."}
start: main
states:
  main:
    - play: hello
    - mute:
      failed: [{play: sorry}, end]
    - unmute
    - play: bye
    - end
`

// Muting works where the platform offers it, and fails where it does not.
func TestMute(t *testing.T) {
	f := loadText(t, quietFlow)
	taken := &graphsim.Settings{MuteOfTwo: true}
	fault := func(f graphsim.Fault) testkit.Given {
		f.Action, f.Nth = "mute", 1
		return testkit.Given{Faults: []graphsim.Fault{f}, Settings: taken}
	}
	for name, c := range map[string]struct {
		given testkit.Given
		hears string
	}{
		"taken":                {testkit.Given{Settings: taken}, "bye"},
		"a call of two":        {testkit.Given{}, "sorry"},
		"throttled":            {fault(graphsim.Fault{Status: 429}), "bye"},
		"no response":          {fault(graphsim.Fault{NoResponse: true, Accept: true}), "bye"},
		"not executed, silent": {fault(graphsim.Fault{NoResponse: true}), "bye"},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Dial(t, f, c.given).Hears("hello", c.hears).Ended(ivr.EndedByFlow)
		})
	}
}
