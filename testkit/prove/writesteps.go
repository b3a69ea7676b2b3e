package prove

import (
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// steps are what the caller does as the steps of a test. Those that are not exact wait
// for what begins, and leave out for how long.
func steps(doings []doing, exact bool) []any {
	var all, heard []any
	flush := func() {
		switch len(heard) {
		case 0:
		case 1:
			all = append(all, map[string]any{"hears": heard[0]})
		default:
			all = append(all, map[string]any{"hears": heard})
		}
		heard = nil
	}
	for i, d := range doings {
		switch {
		case needless(doings[i:], exact):
		case d.word == "hears" && d.ends:
			heard = append(heard, map[string]any{"end": d.value})
		case d.word == "hears":
			heard = append(heard, d.value)
		case d.value == nil:
			flush()
			all = append(all, d.word)
		default:
			flush()
			all = append(all, map[string]any{d.word: d.value})
		}
	}
	flush()
	return all
}

// needless reports that the first of some doings goes without saying: what comes next
// is waited for, or it is over before.
func needless(doings []doing, exact bool) bool {
	d, rest := doings[0], doings[1:]
	switch {
	case d.word == "wait":
		for len(rest) > 0 && rest[0].word == "wait" {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return !exact
		}
		switch rest[0].word {
		case "hears", "transferred", "redirected":
			return true
		}
		return false
	case d.word != "hears":
		return false
	case len(rest) == 0:
		return d.ends
	case d.ends:
		return !exact || rest[0].word == "hears"
	}
	return exact && rest[0].word == "hears" && rest[0].ends
}

// lingers presses the keys of an act, each as late as it may.
func (w *testWriter) lingers(i int, tr *trace) {
	last, keys := w.call.states[i-1].now, ""
	for k, ev := range tr.events {
		tone, ok := ev.(ivr.ToneReceived)
		if !ok {
			continue
		}
		if gap := tone.At.Sub(last); gap > lateBy {
			w.do("wait", timeText(gap-lateBy))
		}
		last, keys = tone.At, keys+string(rune(tone.Key))
		if k+1 == len(tr.events) || tr.events[k+1].When().After(last) {
			w.do("press", keys)
			keys = ""
		}
	}
	if keys != "" {
		w.do("press", keys)
	}
}

// lateBy is how much sooner than at the last moment a test does what is late, so that it
// still comes in time.
const lateBy = 300 * time.Millisecond
