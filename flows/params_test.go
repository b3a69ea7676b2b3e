package flows_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/testkit"
)

// What the parameters change that the examples leave as it is.
func TestParameters(t *testing.T) {
	for _, tt := range []struct{ name, top, call, tests string }{
		{"voicemail/greeting", "", "call: flows/voicemail", "call: [{hears: [nobody_there, after_the_tone]}, hang_up]"},
		{"voicemail/review", "vars: {message: {type: recording}}", "call: flows/voicemail, with: {with_review: false}",
			"call: [{hears: after_the_tone}, {records: 3s}, {hears: after}]\n    expect: {never_hears: [keep_it]}"},
		{"pin/tries", "", "call: flows/pin, with: {customer: '1', tries: 1}",
			"given: {check_pin: wrong}\n    call: [{press: '1234#'}, {hears: [too_many, after]}]\n    expect: {do: [check_pin]}"},
		{"hours/closed_text", "", "call: flows/hours, with: {state: holiday, closed_text: Come on Monday.}",
			"strict: true\n    call: [{hears: [Come on Monday., after]}]"},
		{"hours/next_open", "", "call: flows/hours, with: {state: closed}", "strict: true\n    call: [{hears: [closed, after]}]"},
		{"hours/no time", "", "call: flows/hours, with: {state: closed, next_open: soon}, failed: [{play: it_failed}, end]",
			"call: [{hears: it_failed}]"},
		{"language/default", "vars: {chosen: {type: string}}", "call: flows/language",
			"call: [{hears: [Für Deutsch, Para español, Voor Nederlands, vijf]}, {press: '4'}, {hears: after}]\n    expect: {vars: {chosen: es-ES}}"},
		{"language/not spoken", "vars: {languages: {type: list, default: [en-GB, it-IT]}}", "call: flows/language, with: {languages: '${languages}'}, failed: [{play: it_failed}, end]",
			"call: [{hears: [For English, it_failed]}]"},
		{"language/none", "vars: {languages: {type: list, default: []}}", "call: flows/language, with: {languages: '${languages}'}, failed: [{play: it_failed}, end]",
			"strict: true\n    call: [{hears: it_failed}]"},
		{"emergency/go_on", "", "call: flows/emergency, with: {active: true, go_on: false}",
			"strict: true\n    call: [{hears: [disturbance, {end: goodbye}]}, {ended: by_flow}]"},
		{"survey/introduction", "vars: {questions: {type: list, default: [Once]}}", "call: flows/survey, with: {questions: '${questions}', introduction: Tell us.}",
			"strict: true\n    call: [{hears: [Tell us., Once]}, {press: '1'}, {hears: [thank_you, after]}]"},
		{"survey/ten", "vars: {questions: {type: list, default: [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11]}, scores: {type: list}, answered: {type: number}, average: {type: number}}",
			"call: flows/survey, with: {questions: '${questions}'}",
			"call: [{press: '1'}, {press: '2'}, {press: '3'}, {press: '4'}, {press: '5'}, {press: '0'}, {press: '1'}, {press: '2'}, {press: '3'}, {press: '4'}, {hears: after}]\n" +
				"    expect: {vars: {scores: [1, 2, 3, 4, 5, 0, 1, 2, 3, 4], answered: 9}}"},
		{"survey/none", "vars: {scores: {type: list}, questions: {type: list, default: []}}", "call: flows/survey, with: {questions: '${questions}'}",
			"call: [{hears: [thank_you, after]}]\n    expect: {vars: {scores: []}}"},
		{"hunt/nobody to call", "vars: {members: {type: list, default: []}}", "call: flows/hunt, with: {members: '${members}'}",
			"call: [{hears: [we_connect_you, nobody_free, after]}]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			testkit.RunWith(t, "main.ivr-test.yaml", testkit.Options{FS: fstest.MapFS{
				"main.ivr.yaml": {Data: []byte("ivr: 1\nflow: main\nlocales: [en-GB]\nprompts: {after: After it., it_failed: It failed.}\n" + tt.top +
					"\nstart: main\nstates:\n  main:\n    - {" + tt.call + "}\n    - play: after\n    - end\non_error: [{play: it_failed}, end]\n")},
				"main.ivr-test.yaml": {Data: []byte("flow: ./main.ivr.yaml\ntests:\n  it:\n    " + tt.tests + "\n")},
			}})
		})
	}
}

// A member hears what the call is about.
func TestHuntAnnounces(t *testing.T) {
	fsys := fstest.MapFS{"main.ivr.yaml": {Data: []byte("ivr: 1\nflow: main\nlocales: [en-GB]\n" +
		"vars: {members: {type: list, default: [5f0c7c7e-0000-4000-8000-000000000001]}}\nstart: main\nstates:\n  main:\n" +
		"    - {call: flows/hunt, with: {members: '${members}', announce: It is about a bicycle.}, message: [], nobody: []}\n    - end\n")}}
	call := testkit.Dial(t, load(t, fsys, "main.ivr.yaml"), testkit.Given{}).Hears("we_connect_you").Transferred()
	var told []string
	for _, line := range call.Conversation() {
		if what, ok := strings.CutPrefix(line.What, "tells whom it called "); ok {
			told = append(told, what)
		}
	}
	if len(told) != 2 || !strings.Contains(told[0], "It is about a bicycle.") || !strings.Contains(told[1], "take_the_call") {
		t.Errorf("the member heard %q", told)
	}
}
