package testkit

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
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
	text, res, err := scribe.Keep(t.Context(), file, nil, tc.name, Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !res.Passed {
		t.Errorf("%s\n%s\nwritten of\n", res, text)
	}
	if by := talk.endedBy(); by != "" && !strings.Contains(string(text), "expect: {ended: by_"+string(by)) || strings.Contains(string(text), "do: [") != (len(s.flow.Actions) > 0) {
		t.Errorf("it does not expect who ended the call, and the actions:\n%s", text)
	}
}

// A person who does anything at any time, as people do in dev: what is written down
// is a test that passes.
func TestScribeOfAnybody(t *testing.T) {
	files := []string{"../examples/bank/bank_balance.ivr.yaml", "../examples/frontdesk/frontdesk.ivr.yaml", "../examples/simpleivr/simpleivr.ivr.yaml",
		"../examples/recorder/recorder.ivr.yaml", "../flows/demo/demo.ivr.yaml", "../flows/pin/example.ivr.yaml", "../flows/voicemail/example.ivr.yaml",
		"../examples/survey/visit.ivr.yaml", "../flows/directory/example.ivr.yaml"}
	for _, file := range files {
		for seed := range uint64(6) {
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(file), seed), func(t *testing.T) {
				t.Parallel()
				anybody(t, file, seed)
			})
		}
	}
}

func anybody(t *testing.T, file string, seed uint64) {
	f, _, err := loadFlow(file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(seed, 7))
	given := Given{Now: DefaultNow(), Actions: map[string][]Reply{}}
	for name, a := range f.Actions {
		for range 4 {
			out := map[string]any{}
			for _, o := range a.Out {
				out[o] = map[string]any{"balance": "12.50", "number": "1001", "people": []any{map[string]any{"name": "Anne", "id": placeholder}}}[o]
			}
			given.Actions[name] = append(given.Actions[name], Reply{Outcome: a.Outcomes[rnd.IntN(len(a.Outcomes))], Out: out})
		}
	}
	var scribe *Scribe
	w, err := newWorld(f, given, Options{Observe: func(c call.Change) { scribe.Change(c) }}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer w.clock.Close()
	given.Config = w.config()
	scribe = NewScribe(f, given)
	w.sim.Observe(scribe.Event)
	if err := w.ring(); err != nil {
		t.Fatal(err)
	}
	keys := []string{"1", "2", "1", "0", "*", "12345674#", "2718#", "3", "9", "639#", "1234"}
	for range 40 {
		w.clock.Advance(time.Duration(300+rnd.IntN(6000)) * time.Millisecond)
		if w.over() || w.seen.end != nil {
			break
		}
		switch n := rnd.IntN(20); {
		case n < 12:
			typed, err := parseKeys(keys[rnd.IntN(len(keys))])
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range typed {
				w.line().Press(k)
				w.clock.Advance(time.Duration(150+rnd.IntN(300)) * time.Millisecond)
			}
		case n < 14 && w.seen.listening:
			long := time.Duration(1+rnd.IntN(8)) * time.Second
			scribe.Speaks(w.clock.Now(), long)
			w.line().Speak(graphsim.Tone(long))
		case n == 19:
			w.line().HangUp()
		}
	}
	if w.seen.end == nil {
		w.line().HangUp()
	}
	w.clock.RunFor(longest, w.over)
	text, res, err := scribe.Keep(t.Context(), strings.TrimSuffix(file, flowExtension)+testExtension, nil, "anybody", Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !res.Passed {
		var b strings.Builder
		writeConversation(&b, w.seen.lines)
		t.Errorf("%s\n%s\nwritten of\n%s", res, text, &b)
	}
}

// A test is added after the others, with its own indent, before the keys that follow and
// their comments.
func TestScribeAddsToFiles(t *testing.T) {
	f, _, err := loadFlow("../examples/simpleivr/simpleivr.ivr.yaml", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ before, after string }{
		"nothing yet":       {"", ""},
		"the last":          {"flow: ./f\ntests:\n  a: {call: []}\n", ""},
		"no end of line":    {"flow: ./f\ntests:\n  a: {call: []}", ""},
		"wider":             {"flow: ./f\ntests:\n     a: {call: []}\n", ""},
		"others follow":     {"flow: ./f\ntests:\n  a: {call: []}\n", "given: {caller: hidden}\n"},
		"and their remarks": {"flow: ./f\ntests:\n  a: {call: []}\n", "\n# who rings\n# always\ngiven: {caller: hidden}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewScribe(f, Given{Now: DefaultNow()})
			text, _, err := s.addTo([]byte(tt.before+tt.after), "new one", false)
			if err != nil {
				t.Fatal(err)
			}
			before := tt.before
			if before == "" {
				before = "flow: ./simpleivr.ivr.yaml\ntests:\n"
			}
			rest, begins := strings.CutPrefix(string(text), strings.TrimSuffix(before, "\n")+"\n")
			rest, ends := strings.CutSuffix(rest, tt.after)
			if !begins || !ends {
				t.Fatalf("the rest of the file is not as it was:\n%s", text)
			}
			indent := "  "
			if name == "wider" {
				indent = "     "
			}
			if !strings.HasPrefix(rest, indent+"\"new one\":\n"+indent+"  given:") || strings.HasSuffix(rest, "\n\n") || !strings.HasSuffix(rest, "\n") {
				t.Errorf("added is\n%s", rest)
			}
		})
	}
}
