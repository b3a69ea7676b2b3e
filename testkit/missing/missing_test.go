package missing_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/missing"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// worlds are flows in which much of the world matters, with what some test must say.
var worlds = map[string]struct {
	text string
	says []string
}{
	"asks before it hands over": {`
config: {desk: {type: string}}
prompts: {hello: Hello., take_it: Press 1., busy: Busy., silent: Nobody answers., declined: They do not want to., no_way: It did not work.}
start: main
states:
  main:
    - play: hello
    - transfer: {user: "${config.desk}", kind: consult, announce: take_it, accept: 1}
      busy: [{play: busy}, end]
      no_answer: [{play: silent}, end]
      declined: [{play: declined}, end]
      failed: [{play: no_way}, end]
`, []string{"targets: {00000000-0000-4000-8000-000000000001: busy}", "targets: {00000000-0000-4000-8000-000000000001: no_answer}", "graph: {create: [403, ok]}"}},
	"says who is busy, in every way of handing over": {`
config: {desk: {type: string}}
prompts: {hello: Hello., call: A call., busy: Busy., silent: Nobody answers., declined: They do not want to., no_way: It did not work.}
start: main
states:
  main:
    - menu: hello
      keys: {1: at_once, 2: told}
      gave_up: end
  at_once:
    - transfer: {user: "${config.desk}", kind: consult}
      busy: [{play: busy}, {goto: told}]
      no_answer: [{play: silent}, end]
      declined: [{play: declined}, end]
      failed: [{play: no_way}, end]
  told:
    - transfer: {user: "${config.desk}", kind: consult, announce: call}
      busy: [{play: busy}, end]
      no_answer: [{play: silent}, end]
      declined: [{play: declined}, end]
      failed: [{play: no_way}, end]
`, []string{"targets: {00000000-0000-4000-8000-000000000001: [busy, no_answer]}", "targets: {00000000-0000-4000-8000-000000000001: declined}"}},
	"calls again": {`
kind: outgoing
params: {number: {type: phone}}
prompts: {clinic: This is the clinic., again: We have called before., machine: Leave a message.}
vars: {calls: {type: number, default: 0}}
start: main
states:
  main:
    - set: {calls: "${calls + 1}"}
    - dial: {phone: "${number}", announce: clinic, accept: 1}
      answered: taken
      busy: {up_to: 1, then: main, else: end}
      declined: [{milestone: not_taken}, end]
      failed: end
  taken:
    - switch: [{when: calls > 1, then: again}]
    - end
  again: [{play: again}, end]
`, []string{`targets: {"+442071838750": [busy, answers]}`, "milestones: [not_taken]"}},
	"records": {`
prompts: {speak: You are recorded. Speak., lost: It is lost., empty: Nothing was said., done: Thank you.}
vars: {message: {type: recording}}
start: main
states:
  main:
    - record: message
      prompt: speak
      consent: announced
      max: 20s
      empty: [{play: empty}, end]
      failed: [{play: lost}, end]
    - play: done
    - end
`, []string{"records: 5s"}},
	"lets hear what was recorded": {`
prompts: {speak: You are recorded. Speak., said: You said, lost: It is lost., empty: Nothing was said., done: Thank you., anew: Again., never: As you like.}
vars: {message: {type: recording}}
start: main
states:
  main:
    - record: message
      prompt: speak
      consent: announced
      empty: [{play: empty}, end]
      failed: [{play: lost}, end]
    - confirm: message
      prompt: [said, message]
      done: [{play: done}, end]
      rejected: {up_to: 1, then: [{play: anew}, {goto: main}], else: end}
      gave_up: [{play: never}, end]
`, []string{"- hears: said\n      - wait: 1s\n      - press: \"1\"\n      - hears: done\n"}},
	"asks a web service": {`
prompts: {hello: Hello., none: There is none., rich: You are rich., poor: You are not., broken: It is broken., moment: One moment.}
vars: {balance: {type: number}}
start: main
states:
  main:
    - play: hello
    - http: {get: "https://api.example.com/balance", into: {balance: balance}, timeout: 4s, waiting: moment}
      404: [{play: none}, end]
      failed: [{play: broken}, end]
    - switch: [{when: balance > 1000, then: rich}]
    - play: poor
    - end
  rich: [{play: rich}, end]
`, []string{"404", "json: {balance: 1001}", "after: "}},
	"knows who rings, and when": {`
schedules: {office: {timezone: Europe/London, open: {mon-fri: 09:00-17:00}, holidays: GB-ENG}}
prompts: {phone: You ring by telephone., hidden: You do not say who you are., closed: We are closed., holiday: It is a holiday., away: Nobody is here.}
config: {works: {type: bool}}
start: main
states:
  main:
    - switch: [{when: "!config.works", then: away}, {when: call.caller == nil, then: hidden}]
    - hours: office
      open: end
      closed: closed
      holiday: holiday
  away: [{play: away}, end]
  hidden: [{play: hidden}, end]
  closed: [{play: closed}, end]
  holiday: [{play: holiday}, end]
`, []string{"caller: hidden", "schedules: {office: closed}", "schedules: {office: holiday}", "config: {works: false}"}},
	"has actions with names of the world": {`
actions: {seed: {outcomes: [ok, none]}, find: {out: [name]}}
vars: {name: {type: string}}
prompts: {hello: Hello., none: There is none.}
start: main
states:
  main:
    - answer
    - do: find
      failed: []
    - do: seed
      none: [{play: none}, end]
      failed: end
    - play: [hello, {say: "${name}", when: has(name)}]
    - end
`, []string{"actions: {seed: none}", "find: {name: something}"}},
	"is ended by the platform": {`
prompts: {hello: Hello.}
start: main
states:
  main: [{play: hello}, {wait: 10m}, end]
on_end: [{milestone: lost, when: call.ended_by == "service"}]
`, []string{"callbacks: {terminated: lost}", "milestones: [lost]"}},
	"lasts as long as it may": {`
limits: {call: 10m}
prompts: {hello: Hello.}
start: main
states:
  main:
    - play: hello
    - wait: 4m
    - goto: main
on_end: [{milestone: over, when: call.ended_by == "limit"}]
`, []string{"ended: by_limit"}},
}

func TestWorlds(t *testing.T) {
	for name, tt := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{"f.ivr.yaml": {Data: []byte("ivr: 1\nflow: f\n" + tt.text)}}
			f, list, err := flow.Load(files, "f.ivr.yaml")
			if f == nil {
				t.Fatal(list, err)
			}
			proof, err := prove.Run(t.Context(), f, prove.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := missing.Write(t.Context(), f, proof, missing.Options{})
			if err != nil {
				t.Fatal(err)
			}
			text := r.File("./f.ivr.yaml")
			files["f.ivr-test.yaml"] = &fstest.MapFile{Data: text}
			rep, list, err := testkit.RunFile(t.Context(), "f.ivr-test.yaml", testkit.Options{FS: files})
			if err != nil || list.HasErrors() || !rep.Passed() {
				t.Errorf("they do not all pass: %v\n%s\n%v", err, list, rep.Tests)
			}
			for _, u := range r.Without {
				t.Errorf("without a test: %s", u)
			}
			for _, say := range tt.says {
				if !strings.Contains(string(text), say) {
					t.Errorf("no test says %q", say)
				}
			}
			if t.Failed() {
				t.Logf("%s", text)
			}
		})
	}
}
