package engine

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// enterWaiting begins a wait step. Keys come from a call that is answered.
func (r *run) enterWaiting(step *flow.Step) {
	spec, ok := step.Spec.(*flow.Wait)
	if !ok {
		return
	}
	if len(spec.Entries) > 0 || spec.People {
		r.startMedia()
		return
	}
	r.beginWaiting(step)
}

// beginWaiting arms the time. A signal that has come already ends the wait, and so
// does a key.
func (r *run) beginWaiting(step *flow.Step) {
	spec, ok := step.Spec.(*flow.Wait)
	if !ok {
		return
	}
	if r.takeSignal(spec.Signal) || r.takeAhead(spec) || r.takeNews(spec) {
		return
	}
	if len(spec.Entries) > 0 {
		r.subscribe()
	}
	r.start(whyWait, spec.For, 0)
}

// takeAhead ends the wait by the first key of its own that was typed ahead. Those
// before it are left, as they are when they come during the wait.
func (r *run) takeAhead(spec *flow.Wait) bool {
	for i, t := range r.s.Tones.Ahead {
		if e, _ := match(spec.Entries, t.Key.String()); e != nil {
			r.s.Tones.Ahead = slices.Delete(slices.Clone(r.s.Tones.Ahead), i, i+1)
			r.silent = 0 // the caller was waited for
			r.leave(e.Outcome, View{Keys: e.Keys})
			return true
		}
	}
	return false
}

// waitKey ends the wait if the key is one of its own; others are typed ahead.
func (r *run) waitKey(step *flow.Step, t Tone) {
	spec, ok := step.Spec.(*flow.Wait)
	if !ok {
		return
	}
	if e, _ := match(spec.Entries, t.Key.String()); e != nil && r.waitsFor(whyWait) {
		r.leave(e.Outcome, View{Keys: e.Keys})
		return
	}
	r.keepAhead(t)
}

// mostSignals is how many signals are remembered.
const mostSignals = 16

// signalled remembers a signal, for a wait that is there or comes later.
func (r *run) signalled(e ivr.Signalled) {
	if e.Name == "" || slices.ContainsFunc(r.s.Signals, func(s Signal) bool { return s.ID == e.ID }) {
		return
	}
	if len(r.s.Signals) >= mostSignals {
		r.s.Signals = slices.Delete(r.s.Signals, 0, 1)
	}
	r.s.Signals = append(r.s.Signals, Signal{ID: e.ID, Name: e.Name})
	step, phase := r.place()
	if phase != flow.PhaseWaiting || !r.waitsFor(whyWait) {
		return
	}
	if spec, ok := step.Spec.(*flow.Wait); ok {
		r.takeSignal(spec.Signal)
	}
}

// takeSignal ends the wait if its signal is there.
func (r *run) takeSignal(name string) bool {
	i := slices.IndexFunc(r.s.Signals, func(s Signal) bool { return s.Name == name && !s.Taken })
	if i < 0 {
		return false
	}
	r.s.Signals[i].Taken = true
	r.leave("signalled", View{})
	return true
}
