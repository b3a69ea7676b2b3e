package testkit_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const machineFlow = `
ivr: 1
flow: machine
prompts: {hello: "Hello.", bye: "Goodbye.", sorry: "It did not work."}
start: main
states:
  main:
    - play: hello
    - send_keys: {keys: "12#", between: 200ms}
      failed: [{play: sorry}, end]
    - play: bye
    - end
`

// Keys are sent over the wire and awaited, whatever goes wrong once.
func TestSendKeys(t *testing.T) {
	f := loadText(t, machineFlow)
	fault := func(f graphsim.Fault) testkit.Given {
		f.Action, f.Nth = "sendDtmfTones", 1
		return testkit.Given{Faults: []graphsim.Fault{f}}
	}
	for name, c := range map[string]struct {
		given testkit.Given
		hears string
	}{
		"well":                    {testkit.Given{}, "bye"},
		"throttled":               {fault(graphsim.Fault{Status: 429}), "bye"},
		"refused":                 {fault(graphsim.Fault{Status: 400, Code: "8523"}), "sorry"},
		"executed, no response":   {fault(graphsim.Fault{NoResponse: true, Accept: true}), "bye"},
		"not executed, no answer": {fault(graphsim.Fault{NoResponse: true}), "sorry"},
		"cancelled by others":     {fault(graphsim.Fault{Ends: "mediaOperationCanceled"}), "sorry"},
		"ended for unknown cause": {fault(graphsim.Fault{Ends: "unknown"}), "sorry"},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Dial(t, f, c.given).Hears("hello", c.hears).Ended(ivr.EndedByFlow)
		})
	}
}
