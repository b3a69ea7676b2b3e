package testkit_test

import (
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/testkit"
)

// Whom a flow calls may do something else each time, and hang up again.
func TestReactions(t *testing.T) {
	files := fstest.MapFS{"reminder.ivr.yaml": {Data: []byte(reminder)}, "reminder.ivr-test.yaml": {Data: []byte(`
flow: ./reminder.ivr.yaml
given: {params: {number: "+442071838750"}, targets: {"+442071838750": busy}}
tests:
  the second call is taken:
    given: {targets: {"+442071838750": [busy, answers]}}
    call: [{hears: clinic}, {press: "1"}, {hears: hello}, hang_up]
  the second call is not taken either:
    given: {targets: {"+442071838750": [busy, {behaviour: declined, answers_in: 20s}]}}
    call: [ended]
    expect: {milestones: [not_reached]}
  who answers late hangs up at once:
    given: {targets: {"+442071838750": {answers_in: 10s, leaves_in: 1s}}}
    call: [{hears: clinic}, {ended: by_flow}]
    expect: {milestones: [not_reached]}
  it is always busy: {call: [ended], expect: {milestones: [not_reached]}}
`)}}
	rep, list, err := testkit.RunFile(t.Context(), "reminder.ivr-test.yaml", testkit.Options{FS: files})
	if err != nil || list.HasErrors() || !rep.Passed() || len(rep.Tests) != 4 {
		t.Fatal(err, list, rep.Tests)
	}
}
