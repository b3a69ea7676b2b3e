package testkit_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/testkit"
)

// What both sides do is told in the conversation, in the words of people.
func TestConversation(t *testing.T) {
	fsys := fstest.MapFS{
		"in.ivr.yaml": {Data: []byte(`ivr: 1
flow: in
vars: {note: {type: recording}}
actions: {look: {in: [], outcomes: [ok], timeout: 2s}, save: {http: {post: "https://api.example.com/notes"}}}
prompts: {hello: Hello., more: Press 1 or 2., take: Press 1 to take it., sure: "Are you sure?", tune: La la., gone: Nobody is there., bye: Goodbye.}
start: main
states:
  main:
    - play: hello
    - menu: more
      keys: {1: desk, 2: note, 3: look, 4: save, 5: ask}
      gave_up: bye
  ask: [{menu: sure, keys: {1: bye}, gave_up: bye}]
  save: [{do: save, failed: gone}, {goto: bye}]
  look: [{do: look, failed: bye}, {goto: bye}]
  note: [{record: note, consent: announced, keep_on_hangup: {every: 15s}, empty: bye, failed: gone}, {goto: bye}]
  desk:
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}
      kind: consult
      announce: take
      music: tune
      accept: 1
      failed: gone
  gone: [{play: gone}, {goto: bye}]
  bye: [{play: bye}, end]
`)},
		"in.ivr-test.yaml": {Data: []byte(`flow: ./in.ivr.yaml
tests:
  an action takes too long: {given: {look: {timeout: true}}, call: [{press: "3"}, {hears: bye}]}
  somebody takes the call: {call: [{press: "1"}, transferred]}
  a prompt is heard to its end: {call: [{hears: hello}, {hears: {end: hello}}, {hears: more}]}
  two keys answer two questions: {call: [{hears: more}, {press: "5"}, {press: "1"}, {hears: bye}]}
  a service fails: {given: {save: failed}, call: [{press: "4"}, {hears: gone}]}
  all callbacks are late: {given: {callbacks: {any: {late: 3s}}}, call: [{wait: 2s}]}
  nothing can be recorded: {given: {graph: {recordResponse: 400}}, call: [{press: "2"}, {hears: gone}]}
  the second prompt fails, and those after it: {given: {graph: {playPrompt: [ok, 404]}}, call: [{hears: {end: hello}}, {ended: by_error}]}
`)},
		"away.ivr.yaml": {Data: []byte(`ivr: 1
flow: away
start: main
states: {main: {redirect: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: end}}
`)},
		"away.ivr-test.yaml": {Data: []byte(`flow: ./away.ivr.yaml
tests:
  it goes elsewhere: {call: [redirected]}
`)},
		"out.ivr.yaml": {Data: []byte(`ivr: 1
flow: out
kind: outgoing
params: {number: {type: phone}}
prompts: {hello: Hello.}
start: main
states:
  main: [{dial: {phone: "${number}"}, answered: tell, failed: end}]
  tell: [{play: hello}, end]
`)},
		"out.ivr-test.yaml": {Data: []byte(`flow: ./out.ivr.yaml
tests:
  somebody answers: {given: {params: {number: "+441632960123"}}, call: [{hears: hello}]}
`)},
	}
	told := map[string]string{}
	for _, name := range []string{"in.ivr.yaml", "away.ivr.yaml", "out.ivr.yaml"} {
		rep, list, err := testkit.RunFile(t.Context(), name, testkit.Options{FS: fsys})
		if err != nil || list.HasErrors() {
			t.Fatal(err, list)
		}
		for _, test := range rep.Tests {
			var lines strings.Builder
			for _, l := range test.Conversation {
				lines.WriteString(l.Who + " " + l.What + "\n")
			}
			told[test.Name] = lines.String()
			if !test.Passed {
				t.Errorf("%s\n%s", test.Name, test)
			}
		}
	}
	for name, want := range map[string]string{
		"an action takes too long":                    "flow does look(): failed (timed_out) after 2s\n",
		"somebody takes the call":                     "flow tells whom it called take \"Press 1 to take it.\"\ngraph whom it called presses 1\n",
		"nothing can be recorded":                     "flow cannot record: service\n",
		"the second prompt fails, and those after it": "flow cannot play: ",
		"two keys answer two questions":               "caller presses 5\nflow stops more after 0.0s\nflow plays sure \"Are you sure?\" (0.8s)\ncaller presses 1\n",
		"all callbacks are late":                      "caller rings\ncaller waits 2s\ncaller hangs up",
		"it goes elsewhere":                           "flow redirects the call to user 5f0c7c7e-0000-4000-8000-000000000001\n",
		"somebody answers":                            "flow calls phone +441632960123\ncaller answers\n",
	} {
		if !strings.Contains(told[name], want) {
			t.Errorf("%s: no %q in\n%s", name, want, told[name])
		}
	}
}
