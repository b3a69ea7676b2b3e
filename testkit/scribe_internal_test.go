package testkit

import (
	"path/filepath"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// A call that is written down while it is made is a test that passes: over the
// calls of all tests of the examples and of the ready-made flows.
func TestScribe(t *testing.T) {
	var files []string
	for _, pattern := range []string{"testdata/bank_balance/*.ivr-test.yaml", "testdata/frontdesk/*.ivr-test.yaml", "testdata/web/*.ivr-test.yaml",
		"testdata/renew/*.ivr-test.yaml", "../examples/*/*.ivr-test.yaml", "../flows/*/*.ivr-test.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	written := 0
	for _, file := range files {
		s, _, err := open(file, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s == nil || s.flow.Kind != flow.Incoming {
			continue
		}
		for _, tc := range s.tests {
			if !s.canBeWritten(tc) {
				continue
			}
			written++
			t.Run(filepath.Base(file)+"/"+tc.name, func(t *testing.T) {
				t.Parallel()
				s.writeDown(t, file, tc)
			})
		}
	}
	if written < 100 {
		t.Errorf("only %d calls were written down", written)
	}
}

// canBeWritten leaves out what happens to a call beside what a caller does: faults,
// waits for an action, keys at a time of their own.
func (s *suite) canBeWritten(tc test) bool {
	g := tc.given
	slow := false
	for _, replies := range g.Actions {
		for _, r := range replies {
			slow = slow || r.After > 0 || r.Timeout
		}
	}
	for _, replies := range g.HTTP {
		for _, r := range replies {
			slow = slow || r.After > 0 || r.Timeout || r.Text != ""
		}
	}
	return !slow && len(g.Faults) == 0 && len(g.Oddities) == 0 && g.Settings == nil
}

func (s *suite) writeDown(t *testing.T, file string, tc test) {
	given := tc.given
	if given.Now.IsZero() {
		given.Now = DefaultNow()
	}
	var scribe *Scribe
	w, err := newWorld(withSchedules(s.flow, given.Schedules), given, Options{Observe: func(c call.Change) { scribe.Change(c) }}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer w.clock.Close()
	given.Config = w.config()
	scribe = NewScribe(s.flow, given)
	w.sim.Observe(scribe.Event)
	w.spoke = scribe.Speaks
	talk := &talk{world: w, strict: tc.strict}
	if err := w.ring(); err != nil {
		t.Fatal(err)
	}
	talk.playSteps(tc)
	text, name, err := scribe.AddTo(nil, s.flow.File, tc.name)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Try(t.Context(), file, text, name, Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !res.Passed {
		t.Errorf("%s\n%s\nwritten of\n", res, text)
	}
}
