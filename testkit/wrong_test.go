package testkit_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/testkit"
)

// rareFlow asks, records and hands over.
const rareFlow = `ivr: 1
flow: desk
vars: {note: {type: recording}}
actions: {look: {in: [], outcomes: [ok, none]}}
prompts: {more: Press 1 or 2., bye: Goodbye.}
start: main
states:
  main:
    - menu: more
      keys: {1: desk, 2: note, 3: looked}
      gave_up: bye
  looked: [{do: look, none: bye, failed: bye}, {goto: bye}]
  note: [{record: note, consent: announced, keep_on_hangup: {every: 15s}, empty: bye, failed: bye}, {goto: bye}]
  desk:
    - transfer: {phone: "+441632960999"}
      failed: bye
  bye: [{play: bye}, end]
`

// What is wrong in a test file is said with its place, and with the mend.
func TestWrongTests(t *testing.T) {
	for text, want := range map[string]string{
		"tests: [x]":                                                       `7:8: error: want a map of tests, each under its name here, not a list`,
		"tests: {x: {call: [jump]}}":                                       `no step "jump"; a caller can "hears", `,
		"tests: {x: {call: [perss: 1]}":                                    `not valid YAML`,
		"tests: {x: {call: [{perss: '1'}]}}":                               `no step "perss"; did you mean "press"?`,
		"tests: {x: {call: [{records: ../../x.wav}]}}":                     `"../../x.wav" is not a path inside the project`,
		"tests: {x: {call: [{records: gone.wav}]}}":                        `the file "gone.wav" cannot be read: file does not exist`,
		"tests: {x: {call: [{records: desk.ivr.yaml}]}}":                   `the caller cannot speak "desk.ivr.yaml": `,
		"tests: {x: {call: [{records: 11m}]}}":                             `nobody speaks for 11m0s; at most 10m0s`,
		"tests: {x: {call: [{wait: 6h}]}}":                                 `no call lasts 6h0m0s; the longest lasts 4h0m0s`,
		"tests: {x: {given: [], call: []}}":                                `want a map of what is given here, not a list`,
		"tests: {x: {given: {actions: []}, call: []}}":                     `want a map of actions here, not a list`,
		"tests: {x: {given: {loook: ok}, call: []}}":                       `the flow has no action "loook"; did you mean "look"?`,
		"tests: {x: {given: {nothing_like_it: ok}, call: []}}":             `the flow has no action "nothing_like_it"; besides the flow's actions there are "actions", `,
		"tests: {x: {given: {look: {after: 2s, outcome: nay}}, call: []}}": `nay`,
		"tests: {x: {given: {params: {a: 1}}, call: []}}":                  `the map of parameters of desk has no key "a"`,
		"tests: {x: {given: {schedules: {office: open}}, call: []}}":       `the flow has no schedules`,
		"tests: {x: {call: [], expect: {vars: [note]}}}":                   `want a map of variables here, not a list`,
		"tests: {x: {call: [], expect: {do: [3]}}}":                        `3`,
		"tests: {x: {given: {meeting: {lobby: guests}}, call: []}}":        `the flow is of kind incoming, and is in no meeting`,
		"tests: {x: {given: {graph: {playPrompt: 200}}, call: []}}":        `200 is no HTTP status of a failure; those are 400 to 599`,
		"tests: {x: {given: {graph: {playPrompt: no_answr}}, call: []}}":   `did you mean "no_answer"?`,
		"tests: {x: {given: {callbacks: {tone: lots}}, call: []}}":         `lots`,
		"tests: {x: {given: {http: {a: 404}}, call: []}}":                  `the flow makes no request, so nothing answers for "a"`,
		"tests: {x: {call: [{silence: forever}]}}":                         `forever`,
	} {
		fsys := fstest.MapFS{"desk.ivr.yaml": {Data: []byte(rareFlow)}, "desk.ivr-test.yaml": {Data: []byte("\n\n\n\n\nflow: ./desk.ivr.yaml\n" + text + "\n")}}
		rep, list, err := testkit.RunFile(t.Context(), "desk.ivr.yaml", testkit.Options{FS: fsys})
		if err != nil || len(rep.Tests) > 0 || !list.HasErrors() || !strings.Contains(list.String(), want) || !strings.Contains(list.String(), "desk.ivr-test.yaml:7:") {
			t.Errorf("%s: %v, %d tests, %s, want %s", text, err, len(rep.Tests), list, want)
		}
	}
}

// A world that is rare does what it says.
func TestRareWorlds(t *testing.T) {
	const tests = `flow: ./desk.ivr.yaml
tests:
  a number that may not be called: {given: {phones: ["+49"]}, call: [{press: "1"}, {hears: bye}]}
  no number may be called: {given: {phones: []}, call: [{press: "1"}, {hears: bye}]}
  a number of the prefixes: {given: {phones: ["+49", "+44"]}, call: [{press: "1"}, {transferred: "+441632960999"}]}
  nobody answers a request: {given: {graph: {transfer: no_answer}}, call: [{press: "1"}, {hears: bye}]}
  a request that says what it is: {given: {graph: {transfer: {status: 403, code: "7503", message: not today}}}, call: [{press: "1"}, {hears: bye}]}
  a request that was done all the same: {given: {graph: {transfer: {status: 503, executed: true}}}, call: [{press: "1"}, transferred]}
  callbacks without anything in them: {given: {callbacks: {tone: empty}}, call: [{press: "1"}, {silence: gave_up}]}
  what was heard is told: {call: [{silence: gave_up}, {ended: by_flow}], expect: {never_hears: []}}
  another number: {call: [{press: "1"}, {transferred: {phone: "+441632960998"}}]}
  another outcome: {given: {look: none}, call: [{press: "3"}, {rejected: busy}]}
  a call that goes on: {call: [{hears: more}, hang_up, {press: "1"}]}
  not yet: {call: [{hears: {end: nothing like it}}]}
`
	fsys := fstest.MapFS{"desk.ivr.yaml": {Data: []byte(rareFlow)}, "desk.ivr-test.yaml": {Data: []byte(tests)}}
	rep, list, err := testkit.RunFile(t.Context(), "desk.ivr.yaml", testkit.Options{FS: fsys})
	if err != nil || list.HasErrors() {
		t.Fatal(err, list)
	}
	fails := map[string]string{
		"another number":      "expected the call to be transferred to phone +441632960998: it was transferred to phone +441632960999",
		"another outcome":     "expected the call to be rejected: ",
		"a call that goes on": "expected the caller to press 1: the call was over, ended by_caller",
		"not yet":             `expected to hear "nothing like it" to its end: `,
	}
	told := map[string]string{
		"nobody answers a request":       "graph refuses POST transfer: 0",
		"a request that says what it is": "graph refuses POST transfer: 403 7503 not today\nflow cannot transfer the call: not_allowed",
	}
	for _, test := range rep.Tests {
		want, fail := fails[test.Name]
		if fail == test.Passed || fail && !strings.Contains(test.Failures[0].String(), want) {
			t.Errorf("%s: passed %t\n%s", test.Name, test.Passed, test)
		}
		var lines strings.Builder
		for _, l := range test.Conversation {
			lines.WriteString(l.Who + " " + l.What + "\n")
		}
		if !strings.Contains(lines.String(), told[test.Name]) {
			t.Errorf("%s: no %q in\n%s", test.Name, told[test.Name], &lines)
		}
	}
}
