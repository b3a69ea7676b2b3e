package testkit_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/testkit"
)

const deskFlow = `
ivr: 1
flow: desk
prompts: {welcome: "Welcome.", closed: "We are closed.", feast: "It is a holiday."}
schedules: {desk: {timezone: Europe/Berlin, open: {mon-fri: 09:00-17:00}, holidays: DE}}
start: main
states:
  main:
    - hours: desk
      open: [{play: welcome}, end]
      closed: [{play: [closed, {say: "Until ${schedules.desk.next_open}."}]}, end]
      holiday: [{play: feast}, end]
`

// A schedule is asked at the time of the call, or is what the test gives.
func TestSchedules(t *testing.T) {
	f := loadText(t, deskFlow)
	given := func(s schedule.State) testkit.Given {
		return testkit.Given{Schedules: map[string]schedule.State{"desk": s}}
	}
	for name, c := range map[string]struct {
		given testkit.Given
		hears string
	}{
		"a Monday morning": {testkit.Given{}, "welcome"},
		"at night":         {testkit.Given{Now: time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)}, "closed"},
		"Christmas Day":    {testkit.Given{Now: time.Date(2026, 12, 25, 10, 0, 0, 0, time.UTC)}, "feast"},
		"given open":       {given(schedule.Open), "welcome"},
		"given closed":     {given(schedule.Closed), "closed"},
		"given holiday":    {given(schedule.Holiday), "feast"},
	} {
		t.Run(name, func(t *testing.T) { testkit.Dial(t, f, c.given).Hears(c.hears) })
	}
	// A Monday morning: what is given as closed opens the next morning.
	testkit.Dial(t, f, given(schedule.Closed)).Hears("Until 2026-11-24T09:00:00+01:00.")
}

// The same in a test file, whose words are checked.
func TestSchedulesInFiles(t *testing.T) {
	const tests = `
flow: ./f.ivr.yaml
tests:
  closed:
    given: {schedules: {desk: closed}}
    call: [{hears: closed}]
`
	run := func(text string) (testkit.Report, string) {
		t.Helper()
		fsys := fstest.MapFS{"f.ivr.yaml": {Data: []byte(deskFlow)}, "f.ivr-test.yaml": {Data: []byte(text)}}
		rep, list, err := testkit.RunFile(t.Context(), "f.ivr-test.yaml", testkit.Options{FS: fsys})
		if err != nil {
			t.Fatal(err)
		}
		return rep, list.String()
	}
	if rep, list := run(tests); !rep.Passed() || list != "" {
		t.Errorf("%v\n%s", rep.Tests, list)
	}
	for old, bad := range map[string]struct{ text, want string }{
		"desk: closed}": {"desk: shut}", `"open", "closed" or "holiday"`},
		"{desk:":        {"{dsk:", `did you mean "desk"`},
	} {
		if _, list := run(strings.Replace(tests, old, bad.text, 1)); !strings.Contains(list, bad.want) {
			t.Errorf("%s: findings %q, want %s", bad.text, list, bad.want)
		}
	}
}
