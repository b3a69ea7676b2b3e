package bot_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const deskFlow = `
ivr: 1
flow: desk
prompts: {music: {file: ask.wav}, take_it: {file: bye.wav}, nobody: {file: hello.wav}}
vars: {code: {type: digits, length: 2, default: "42"}}
actions: {greet: {in: [code], outcomes: [ok, unknown], timeout: 2s}}
groups: {desk: [{user: 5f0c7c7e-0000-4000-8000-000000000001}, {user: 5f0c7c7e-0000-4000-8000-000000000002}]}
start: main
states:
  main:
    - hunt: desk
      order: round_robin
      music: music
      announce: take_it
      accept: 1
      exhausted: [{do: greet, unknown: end}, {play: nobody}, end]
`

func desk(t *testing.T) func(*bot.Config) {
	t.Helper()
	files := shortFiles()
	files["desk.ivr.yaml"] = files["short.ivr.yaml"]
	files["desk.ivr.yaml"].Data = []byte(deskFlow)
	f, list, err := flow.Load(files, "desk.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return func(c *bot.Config) { c.Flows = []*flow.Flow{f} }
}

// Two calls of one session over real HTTP, each with its own address: music on
// one, the announcement and the key on the other, and the hand-over.
func TestHuntOverHTTP(t *testing.T) {
	w := connect(t, desk(t))
	w.sim.SetTarget("5f0c7c7e-0000-4000-8000-000000000001", graphsim.Busy)
	caller, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	music := await(t, w, anyOf[graphsim.PromptStarted])
	if music.Call != caller.ID() || music.Problem != "" {
		t.Fatalf("the caller hears no music: %+v", music)
	}
	up := await(t, w, anyOf[graphsim.PickedUp])
	told := await(t, w, func(e graphsim.PromptStarted) bool { return e.Call == up.Call })
	if told.Problem != "" {
		t.Fatalf("the callee hears nothing: %+v", told)
	}
	w.sim.Call(up.Call).Press('1')
	if cut := await(t, w, func(e graphsim.PromptEnded) bool { return e.Call == caller.ID() && e.Cancelled }); cut.Played == 0 {
		t.Errorf("the music was not heard: %+v", cut)
	}
	begun := await(t, w, anyOf[graphsim.Transferring])
	if begun.Call != caller.ID() || begun.Replaces != up.Call {
		t.Errorf("transferring %+v, want the caller to take the place in %s", begun, up.Call)
	}
	await(t, w, anyOf[graphsim.Transferred])
	w.finished(t, ivr.EndedByTransfer)
}

// A caller who hangs up ends the call to whom the flow calls.
func TestHuntHangUpOverHTTP(t *testing.T) {
	w := connect(t, desk(t))
	caller, err := w.sim.Ring(graphsim.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	made := await(t, w, anyOf[graphsim.Calling])
	caller.HangUp()
	await(t, w, func(e graphsim.Ended) bool { return e.Call == made.Call })
	w.finished(t, ivr.EndedByCaller)
}

// Each hunt of a group begins one member further than the one before, whoever
// calls.
func TestRoundRobinOverHTTP(t *testing.T) {
	w := connect(t, desk(t))
	for _, want := range []string{"5f0c7c7e-0000-4000-8000-000000000001", "5f0c7c7e-0000-4000-8000-000000000002", "5f0c7c7e-0000-4000-8000-000000000001"} {
		caller, err := w.sim.Ring(graphsim.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		if e := await(t, w, anyOf[graphsim.Calling]); e.Target.ID != want {
			t.Errorf("%s was called first, want %s", e.Target.ID, want)
		}
		caller.HangUp()
		await(t, w, func(e graphsim.Ended) bool { return e.Call != caller.ID() })
	}
}
