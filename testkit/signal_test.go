package testkit_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit"
)

const approvalFlow = `
ivr: 1
flow: approval
prompts: {hold: "One moment, please.", granted: "It is approved.", nobody: "Nobody could be asked."}
start: main
states:
  main:
    - play: hold
    - wait: {for: 1m, keys: {star: bye}, signal: approved}
      signalled: granted
    - play: nobody
    - end
  granted: [{play: granted}, end]
  bye: end
`

// The bot's program can end a wait, also before it begins; so can the caller,
// and time.
func TestSignal(t *testing.T) {
	f := loadText(t, approvalFlow)
	for name, play := range map[string]func(*testkit.Call){
		"in time":   func(c *testkit.Call) { c.HearsEnd("hold").Signal("approved").Hears("granted") },
		"early":     func(c *testkit.Call) { c.Hears("hold").Signal("approved").Hears("granted") },
		"another":   func(c *testkit.Call) { c.HearsEnd("hold").Signal("refused").Hears("nobody") },
		"by a key":  func(c *testkit.Call) { c.HearsEnd("hold").Press("*").Ended(ivr.EndedByFlow).NeverHeard("nobody") },
		"in no way": func(c *testkit.Call) { c.Hears("hold", "nobody") },
	} {
		t.Run(name, func(t *testing.T) { play(testkit.Dial(t, f, testkit.Given{})) })
	}
}
