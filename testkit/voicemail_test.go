package testkit_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const awayFlow = `
ivr: 1
flow: away
prompts: {sorry: "There is no voicemail."}
start: main
states:
  main:
    - transfer: {voicemail: 5f0c7c7e-0000-4000-8000-000000000001}
      failed: [{play: sorry}, end]
`

// A caller is left with somebody's voicemail, even if that person is busy.
func TestVoicemail(t *testing.T) {
	f := loadText(t, awayFlow)
	to := ivr.Target{Kind: ivr.PartyVoicemail, ID: "5f0c7c7e-0000-4000-8000-000000000001"}
	busy := map[string]graphsim.Behaviour{to.ID: graphsim.Busy}
	testkit.Dial(t, f, testkit.Given{Targets: busy}).Transferred(to).Ended(ivr.EndedByTransfer)
	testkit.Dial(t, f, testkit.Given{Settings: &graphsim.Settings{NoVoicemail: true}}).Hears("sorry").Ended(ivr.EndedByFlow)
}
