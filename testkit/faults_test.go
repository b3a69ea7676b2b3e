package testkit_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/testkit"
)

const faultyFlow = `ivr: 1
flow: faulty
vars: {message: {type: recording}}
prompts: {hello: Hello., unheard: Unheard., unsent: Unsent., unmuted: Unmuted., lost: Lost., bye: Bye.}
start: main
states:
  main:
    - play: hello
      failed: [{play: unheard}]
    - send_keys: "12"
      failed: [{play: unsent}]
    - mute:
      failed: [{play: unmuted}]
    - unmute:
      failed: [{play: unmuted}]
    - record: message
      max: 10s
      consent: not_required
      empty: bye
      failed: [{play: lost}]
    - goto: bye
  bye: [{play: bye}, end]
`

func runFaulty(t *testing.T, tests string) (testkit.Report, string) {
	t.Helper()
	fsys := fstest.MapFS{"faulty.ivr.yaml": {Data: []byte(faultyFlow)}, "faulty.ivr-test.yaml": {Data: []byte("flow: ./faulty.ivr.yaml\ntests:\n" + tests)}}
	rep, list, err := testkit.RunFile(t.Context(), "faulty.ivr-test.yaml", testkit.Options{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	if list.HasErrors() {
		return rep, list.String()
	}
	return rep, ""
}

// Requests of all kinds can fail, and what they began can fail later.
func TestGivenFaults(t *testing.T) {
	rep, wrong := runFaulty(t, `
  all is well: {strict: true, call: [{hears: hello}, {records: 2s}, {hears: {end: bye}}, {ended: by_flow}]}
  no keys: {given: {graph: {sendDtmfTones: 403}}, call: [{hears: [hello, unsent]}]}
  keys that break off: {given: {graph: {sendDtmfTones: {ends: mediaOperationCanceled}}}, call: [{hears: [hello, unsent]}]}
  not muted: {given: {graph: {mute: 403}}, call: [{hears: [hello, unmuted]}]}
  muted for good: {given: {graph: {unmute: [403, ok]}}, call: [{hears: [hello, unmuted]}]}
  a prompt that breaks off: {given: {graph: {playPrompt: [{ends: unknown}, ok]}}, call: [{hears: unheard}]}
  no beep: {given: {graph: {recordResponse: {ends: playBeepFailed}}}, call: [{hears: [hello, lost, bye]}]}
  keys late: {given: {callbacks: {sendDtmfTones: lost}}, call: [{hears: hello}, {records: 2s}, {hears: bye}]}
`)
	if wrong != "" {
		t.Fatal(wrong)
	}
	for _, r := range rep.Tests {
		if !r.Passed {
			t.Errorf("%s: %s", r.Name, r)
		}
	}
	if len(rep.Tests) != 8 {
		t.Errorf("%d tests were played", len(rep.Tests))
	}
}

// A fault that cannot be is a finding.
func TestGivenFaultsThatCannotBe(t *testing.T) {
	for given, want := range map[string]string{
		"graph: {sendDtmfTone: 403}":                          `did you mean "sendDtmfTones"`,
		"graph: {recordResponse: {ends: broken}}":             "playBeepFailed",
		"callbacks: {sendDtmfTones: lame}":                    "lost",
		"graph: {playPrompt: {ends: playBeepFailed}}":         "unknown",
		"callbacks: {playPromt: lost}":                        `did you mean "playPrompt"`,
		"graph: {muteParticipant: 200}":                       "no HTTP status of a failure",
		"graph: {playPrompt: [ok, {status: 429, mesage: x}]}": `did you mean "message"`,
	} {
		if _, wrong := runFaulty(t, "  t: {given: {"+given+"}, call: [ended]}\n"); !strings.Contains(wrong, want) {
			t.Errorf("%s: %q, want %q in it", given, wrong, want)
		}
	}
}
