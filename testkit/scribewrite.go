package testkit

import (
	"fmt"
	"strings"
	"time"
)

// keyPause parts keys that are pressed for two things.
const keyPause = 2 * time.Second

// tidy are the steps as a person would write them: what is heard, and what is done
// then, without times.
func (s *Scribe) tidy() []string {
	var w stepWriter
	for i, a := range s.acts {
		switch a.kind {
		case heardOne:
			w.endKeys()
			w.hears = append(w.hears, a.text)
		case keyed:
			if i > 0 && a.at.Sub(s.acts[i-1].at) > keyPause {
				w.endKeys()
			}
			w.press(a.text)
		case spoke, let, hungUp, came:
			w.add(a.text)
		}
	}
	return w.end()
}

// exact are the steps with all times: what a person does who acts between two
// things that a test can wait for.
func (s *Scribe) exact() []string {
	var w stepWriter
	now := s.given.Now
	until := func(at time.Time) {
		w.endKeys()
		w.endHears()
		if d := at.Sub(now); d > 0 {
			w.add("wait: " + d.Round(time.Millisecond).String())
		}
		now = at
	}
	for _, a := range s.acts {
		switch a.kind {
		case heardOne:
			w.endKeys()
			w.hears = append(w.hears, a.text)
			now = a.at
		case keyed:
			until(a.at)
			w.press(a.text)
		case spoke:
			until(a.at.Add(-a.takes))
			w.add("records: " + a.takes.Round(time.Millisecond).String())
			now = a.at
		case hungUp:
			until(a.at)
			w.add(a.text)
		case came:
			w.add(a.text)
			now = a.at
		case let:
		}
	}
	return w.end()
}

// stepWriter gathers what belongs into one step.
type stepWriter struct {
	steps []string
	hears []string
	keys  string
}

func (w *stepWriter) add(step string) {
	w.endKeys()
	w.endHears()
	w.steps = append(w.steps, step)
}

func (w *stepWriter) press(key string) {
	w.endHears()
	w.keys += key
}

func (w *stepWriter) endKeys() {
	if w.keys != "" {
		w.steps = append(w.steps, fmt.Sprintf("press: %q", w.keys))
		w.keys = ""
	}
}

func (w *stepWriter) endHears() {
	switch len(w.hears) {
	case 0:
	case 1:
		w.steps = append(w.steps, "hears: "+w.hears[0])
	default:
		w.steps = append(w.steps, "hears: ["+strings.Join(w.hears, ", ")+"]")
	}
	w.hears = nil
}

func (w *stepWriter) end() []string {
	w.endKeys()
	w.endHears()
	return w.steps
}

// lines are the test without its name.
func (s *Scribe) lines(exact bool) []string {
	s.spoken()
	steps := s.tidy()
	if exact {
		steps = s.exact()
	}
	lines := []string{"given:"}
	for _, g := range s.givenLines() {
		lines = append(lines, "  "+g)
	}
	lines = append(lines, "call:")
	for _, step := range steps {
		lines = append(lines, "  - "+step)
	}
	if len(steps) == 0 {
		lines[len(lines)-1] = "call: []"
	}
	return append(lines, "expect: "+s.expects())
}
