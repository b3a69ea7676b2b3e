package prove_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

const leaky = `
ivr: 1
flow: leaky
config: {desk: {type: string}}
vars: {pin: {type: digits, length: 4}, amount: {type: money, currency: GBP}}
actions: {verify: {in: [pin], outcomes: [ok, wrong]}, look_up: {in: [], out: [amount]}}
prompts: {welcome: Welcome., enter_pin: Your PIN., your_balance: Your balance is, choices: Press 1 or 2., nobody: Nobody is there.}
start: main
states:
  main:
    - play: welcome
    - collect: pin
      prompt: enter_pin
      gave_up: desk
    - do: verify
      ok: tell
      wrong: {up_to: 1, then: main, else: tell}
      failed: desk
  tell:
    - do: look_up
      failed: desk
    - play: [your_balance, {say_as: money, value: "${amount}"}]
    - menu: choices
      keys: {1: tell, 2: desk}
      gave_up: tell
  desk:
    - transfer: {user: "${config.desk}"}
      failed: [{play: nobody}, end]
on_hangup: [{do: look_up}]
invariants:
  - play(your_balance) requires verify.ok
  - transfer requires verify.ok
  - do(look_up) requires verify.ok
  - can: reach main within 1 keys
  - must: reach desk or end within 100 steps
  - 'never: play(nobody) after play(enter_pin)'
`

// Each counter-example that can be written as a test is one that fails, and fails
// because of what the flow does.
func TestWritesFailingTests(t *testing.T) {
	src := strings.Replace(leaky, "'never: play(nobody) after play(enter_pin)'", "never: play(nobody) after play(enter_pin)", 1)
	files := fstest.MapFS{"leaky.ivr.yaml": {Data: []byte(src)}}
	f, list, err := flow.Load(files, "leaky.ivr.yaml")
	if f == nil {
		t.Fatal(list, err)
	}
	r, err := prove.Run(context.Background(), f, prove.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, without := r.Tests()
	text := prove.File("./leaky.ivr.yaml", all)
	t.Logf("%s", text)
	for _, err := range without {
		t.Log("without: ", err)
	}
	files["leaky.ivr-test.yaml"] = &fstest.MapFile{Data: text}
	report, list, err := testkit.RunFile(context.Background(), "leaky.ivr-test.yaml", testkit.Options{FS: files})
	if err != nil || list.HasErrors() {
		t.Fatalf("%v\n%s", err, list)
	}
	var b bytes.Buffer
	for _, test := range report.Tests {
		if test.Passed || strings.Contains(test.String(), "the test does not say what comes of it") {
			t.Errorf("%s passes, or is void\n%s", test.Name, test.String())
		}
		b.WriteString(test.String())
	}
	if len(report.Tests) < 5 {
		t.Errorf("only %d tests were written", len(report.Tests))
	}
	t.Log(b.String())
}

const callsAgain = `ivr: 1
flow: c
kind: outgoing
params: {number: {type: phone}}
prompts: {hello: Hi., clinic: This is the clinic., again: We have called before.}
vars: {calls: {type: number, default: 0}}
start: main
states:
  main:
    - set: {calls: "${calls + 1}"}
    - dial: {phone: "${number}", announce: clinic, accept: 1}
      answered: taken
      busy: {up_to: 1, then: main, else: end}
      declined: end
      failed: end
  taken:
    - switch: [{when: calls > 1, then: again}]
    - end
  again: [{play: again}, end]
invariants:
  - never: play(again) after play(clinic)
  - play(again) requires play(hello)
`

// What was found says what people do who are called.
func TestWritesWhomItCalls(t *testing.T) {
	files := fstest.MapFS{"c.ivr.yaml": {Data: []byte(callsAgain)}}
	f, list, err := flow.Load(files, "c.ivr.yaml")
	if f == nil {
		t.Fatal(list, err)
	}
	r, err := prove.Run(t.Context(), f, prove.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, without := r.Tests()
	text := prove.File("./c.ivr.yaml", all)
	if len(all) != 2 || len(without) > 0 || !strings.Contains(string(text), `targets: {"+442071838750": [busy, answers]}`) {
		t.Fatalf("%v\n%s", without, text)
	}
	files["c.ivr-test.yaml"] = &fstest.MapFile{Data: text}
	report, list, err := testkit.RunFile(t.Context(), "c.ivr-test.yaml", testkit.Options{FS: files})
	if err != nil || list.HasErrors() || report.Failed() != 2 {
		t.Errorf("not all fail: %v\n%s\n%v", err, list, report.Tests)
	}
}

const crowded = `
ivr: 1
flow: crowded
kind: meeting
config: {chair: {type: string}}
prompts: {hello: Hello., together: All are here., alone: Nobody is here., back: Back again., sorry: Sorry.}
actions: {note: {}}
start: main
states:
  main:
    - join:
      wait: 30s
      lobby: [{do: note, failed: []}, end]
      failed: end
    - play: hello
      failed: end
    - goto: listen
  listen:
    - wait: {for: 10m, people: true, keys: {1: waiting, 2: call_in, 3: quiet}}
      joined: [{play: together}, {goto: listen}]
      left: look
    - goto: look
  look:
    - switch:
        - {when: call.participants > 2, then: listen}
        - {when: 'any(call.roster, #.who == config.chair)', then: listen}
        - {else: leave}
  leave: [{play: alone}, {goto: listen}]
  waiting:
    - hold: {user: "${config.chair}"}
      failed: [{play: sorry}, {goto: listen}]
    - resume:
      failed: [{do: note, failed: []}, {goto: listen}]
    - play: back
    - goto: listen
  call_in:
    - invite: {user: "${config.chair}"}
      failed: [{do: note, failed: []}, {goto: listen}]
    - play: together
    - end
  quiet:
    - mute: everyone
      failed: [{do: note, failed: []}, {goto: listen}]
    - end
invariants:
  - do(note) requires play(back)
  - play(sorry) requires play(back)
  - never: play(alone) after play(hello)
  - never: play(together) after play(alone)
  - play(back) requires play(together)
`

// So it is of meetings: who is there, joins and leaves, is written as well.
func TestWritesFailingTestsOfMeetings(t *testing.T) {
	files := fstest.MapFS{"crowded.ivr.yaml": {Data: []byte(crowded)}}
	f, list, err := flow.Load(files, "crowded.ivr.yaml")
	if f == nil {
		t.Fatal(list, err)
	}
	r, err := prove.Run(context.Background(), f, prove.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, _ := r.Tests()
	text := prove.File("./crowded.ivr.yaml", all)
	files["crowded.ivr-test.yaml"] = &fstest.MapFile{Data: text}
	report, list, err := testkit.RunFile(context.Background(), "crowded.ivr-test.yaml", testkit.Options{FS: files})
	if err != nil || list.HasErrors() {
		t.Fatalf("%v\n%s\n%s", err, list, text)
	}
	for _, test := range report.Tests {
		if test.Passed || strings.Contains(test.String(), "the test does not say what comes of it") {
			t.Errorf("%s passes, or is void\n%s", test.Name, text)
		}
	}
	if len(report.Tests) < 6 || strings.Contains(string(text), "lost") {
		t.Errorf("%d tests were written:\n%s", len(report.Tests), text)
	}
}
