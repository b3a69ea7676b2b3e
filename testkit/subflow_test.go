package testkit_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/testkit"
)

var messages = fstest.MapFS{
	"main.ivr.yaml": {Data: []byte(`
ivr: 1
flow: desk
vars: {name: {type: string, default: Ann}, note: {type: recording}}
actions: {deliver: {in: [note]}}
prompts: {hello: Hello., thanks: Thank you., tone: After the tone., closed: "We are closed."}
start: main
states:
  main:
    - play: hello
    - call: message
      with: {for_whom: "${name}"}
      nothing_said: [{play: hello}, end]
    - play: thanks
    - do: deliver
    - end
on_hangup:
  - when: has(note)
    do: deliver
  - log: left
`)},
	"message.ivr.yaml": {Data: []byte(`
ivr: 1
flow: message
params: {for_whom: {type: string}}
returns: {note: {type: recording}}
outcomes: [nothing_said]
schedules: {office: {timezone: Europe/Berlin, open: {mon-fri: 09:00-17:00}}}
actions: {look: {in: [for_whom], out: [mood], outcomes: [known, unknown]}}
vars: {mood: {type: string, default: ""}}
prompts: {after_tone: "Please speak.", play_it: "Press 1 to keep it.", open_now: "We are open."}
start: main
states:
  main:
    - do: look
    - hours: office
      open: [{play: open_now}]
      closed: []
    - play: {say: "${for_whom} is ${mood}"}
    - record: note
      prompt: after_tone
      consent: announced
      max: 20s
      keep_on_hangup: {every: 10s}
      empty: {return: nothing_said}
    - menu: play_it
      keys: {1: return}
      gave_up: return
`)},
}

func TestSubFlow(t *testing.T) {
	f, list, err := flow.Load(messages, "main.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	given := func() testkit.Given {
		return testkit.Given{
			Actions:   map[string][]testkit.Reply{"look": {{Outcome: "known", Out: map[string]any{"mood": "away"}}}, "deliver": {{}}},
			Schedules: map[string]schedule.State{"office": schedule.Open},
		}
	}
	t.Run("comes back", func(t *testing.T) {
		call := testkit.Dial(t, f, given())
		call.Hears("hello", "open_now", "Ann is away", "after_tone").Records(3 * time.Second).HearsEnd("play_it").Press("1").Hears("thanks").Ended("flow")
		if call.Vars()["note"] == nil || call.Vars()["for_whom"] != nil {
			t.Errorf("note %v, for_whom %v", call.Vars()["note"], call.Vars()["for_whom"])
		}
	})
	t.Run("hang-up while recording", func(t *testing.T) {
		call := testkit.Dial(t, f, given())
		call.Hears("after_tone").Records(15 * time.Second).HangUp().Ended("caller")
		if call.Vars()["note"] == nil {
			t.Error("the message is lost")
		}
	})
	t.Run("outcome", func(t *testing.T) {
		testkit.Dial(t, f, given()).Hears("after_tone").Wait(30 * time.Second).Hears("hello").Ended("flow")
	})
}

// A flow with a parameter that must be given takes no calls by itself.
func TestSubFlowAlone(t *testing.T) {
	f, list, err := flow.Load(messages, "message.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	if err := f.Runnable(); err == nil || !strings.Contains(err.Error(), `needs the parameter "for_whom"`) {
		t.Errorf("it can run: %v", err)
	}
}

// A flow that others call is tested as if it were called with the parameters.
func TestCalledWith(t *testing.T) {
	files := fstest.MapFS{"ask.ivr.yaml": {Data: []byte(`
ivr: 1
flow: ask
params: {tries: {type: number}, name: {type: string, default: Ann}}
prompts: {hello: Hello., many: You may try often.}
start: main
states:
  main:
    - play: [hello, {say: "${name}"}]
    - switch: [{when: tries > 2, then: many}]
    - end
  many: [{play: many}, end]
`)}, "ask.ivr-test.yaml": {Data: []byte(`
flow: ./ask.ivr.yaml
given: {params: {tries: 2}}
tests:
  few:
    call: [{hears: [hello, Ann]}, ended]
    expect: {never_hears: [many]}
  many:
    given: {params: {tries: 3, name: Ben}}
    call: [{hears: [hello, Ben, many]}]
`)}}
	rep, list, err := testkit.RunFile(t.Context(), "ask.ivr-test.yaml", testkit.Options{FS: files})
	if err != nil || list.HasErrors() || !rep.Passed() {
		t.Fatal(err, list, rep.Tests)
	}
}
