package prove

import (
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Keys that are pressed while nobody listens are kept for the next step that does.
// For where the call goes it is as if they were pressed there. Only what is heard
// differs: a prompt that a key can end is not even begun. So if an invariant
// remembers such a prompt, there is a second node for the call in which it was
// skipped, from which only keys lead on.

// typesAhead adds the node of the call in which keys have been typed ahead when an
// act is over, if they may have been and it matters. certain says that they have
// been: then there is no other.
func (g *graph) typesAhead(at breach, n node, t turn) (certain bool) {
	w := g.worlds[n.start]
	skip := skipped(w, t.to, t.tr)
	if !n.ahead {
		if skip < 0 || !w.mayType(&t.from.session, t.c) {
			return false
		}
		if g.watch.follow(w, n.past, t, skip).past == g.watch.follow(w, n.past, t, -1).past {
			return false // nobody remembers the prompt
		}
	}
	_, phase := w.root.StepAt(t.from.session.Running, t.from.session.State)
	used := n.ahead && t.c.Kind == Presses && phase == flow.PhaseCollecting
	if used && skip < 0 || !w.keeps(&t.to.session) {
		return false
	}
	said := g.watch.follow(w, n.past, t, skip)
	g.watch.note(&said, at)
	barred := n.barred
	switch {
	case used:
		barred = "" // others may have been pressed later
	case !n.ahead:
		barred = ownKeys(w, &t.from.session)
	}
	g.add(node{parent: at.node, act: at.act, start: n.start, past: said.past, ahead: true, struck: n.struck, barred: barred}, t.to)
	return n.ahead && !used
}

// ownKeys are the keys that a step takes at once which waits for something else.
func ownKeys(w *world, s *engine.Session) string {
	var entries []flow.Entry
	step, _ := w.root.StepAt(s.Running, s.State)
	if step == nil {
		return ""
	}
	switch spec := step.Spec.(type) {
	case *flow.Wait:
		entries = spec.Entries
	case *flow.Hunt:
		entries = spec.Entries
	default:
	}
	var keys strings.Builder
	for _, e := range entries {
		keys.WriteString(e.Keys)
	}
	return keys.String()
}

// mayFollow reports what may happen when keys have been typed ahead that are none of
// some: what would be played is skipped, and the step that listens takes a key.
func (w *world) mayFollow(s *engine.Session, c *choice, barred string) bool {
	step, phase := w.root.StepAt(s.Running, s.State)
	switch {
	case step == nil || !barges(step.Spec):
		return true
	case phase == flow.PhaseCollecting:
		return c.Kind == Presses && !strings.ContainsAny(c.Keys, barred)
	}
	return skips(c)
}

// skips reports the end of a prompt, which a key that was typed ahead brings at once.
func skips(c *choice) bool { return c.Kind == Ends && c.What == opPlay }

// keeps reports whether keys that were typed ahead are still there.
func (w *world) keeps(s *engine.Session) bool {
	if w.gone(s) {
		return false
	}
	step, phase := w.root.StepAt(s.Running, s.State)
	if step == nil || phase != flow.PhasePlaying && phase != flow.PhasePrompting {
		return true
	}
	switch spec := step.Spec.(type) {
	case *flow.Play:
		return spec.BargeIn != flow.BargeOff
	case *flow.Record:
		return spec.Consent != flow.ConsentAsked && spec.BargeIn != flow.BargeOff
	default:
		return barges(step.Spec)
	}
}

// skipped is the command with which a prompt begins that keys typed ahead skip,
// and that plays when all is done; -1 if there is none.
func skipped(w *world, to *state, tr *trace) int {
	s := &to.session
	if s.Media.Op == 0 || s.Media.Music || s.Media.Cancelled {
		return -1
	}
	step, _ := w.root.StepAt(s.Running, s.State)
	if step == nil || !barges(step.Spec) {
		return -1
	}
	return slices.IndexFunc(tr.cmds, func(cmd ivr.Command) bool {
		play, ok := cmd.(ivr.PlayPrompt)
		return ok && play.Op == s.Media.Op
	})
}

// barges reports a step whose prompt is not begun if there are keys.
func barges(spec flow.Spec) bool {
	switch spec := spec.(type) {
	case *flow.Play:
		return spec.BargeIn == flow.BargeOn
	case *flow.Menu:
		return spec.BargeIn != flow.BargeOff && !spec.Flush
	case *flow.Collect:
		return spec.BargeIn != flow.BargeOff && !spec.Flush
	default:
		return false
	}
}

// mayType reports whether keys may be pressed before an act that are kept until
// after it: nobody listens, or a key that ends a prompt is followed by others
// before the platform has stopped it.
func (w *world) mayType(s *engine.Session, c *choice) bool {
	step, phase := w.root.StepAt(s.Running, s.State)
	if step == nil || !s.Leg.Audio || s.Leg.Gone {
		return false
	}
	switch phase {
	case flow.PhaseActing, flow.PhaseRecording, flow.PhaseSaving, flow.PhaseTransferring, flow.PhaseSending, flow.PhaseMuting, flow.PhaseConferring,
		flow.PhaseWaiting, flow.PhaseDialling, flow.PhaseAnnouncing, flow.PhaseAccepting:
		return true // any key but those of the step's own
	case flow.PhasePlaying:
		play, ok := step.Spec.(*flow.Play)
		return ok && play.BargeIn != flow.BargeOff
	case flow.PhaseCollecting:
		return c.Kind == Presses && barges(step.Spec)
	default:
	}
	return false
}

// skippable reports a prompt that keys typed ahead skip.
func (w *world) skippable(s *engine.Session) bool {
	step, phase := w.root.StepAt(s.Running, s.State)
	return step != nil && barges(step.Spec) && (phase == flow.PhasePlaying || phase == flow.PhasePrompting)
}
