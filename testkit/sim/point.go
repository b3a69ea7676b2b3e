package sim

import "time"

// Point is a place at a process's handles where it can be killed or stopped:
// between two of its effects on the world, or between an effect and its
// learning of it.
type Point string

// The points.
const (
	AtAccept    Point = "callback.accepted"  // a callback's connection was accepted
	AtKeep      Point = "callback.checked"   // it was read and its token checked; the store is asked next
	AtKept      Point = "callback.stored"    // the store has it, the answer has not left
	AtAnswering Point = "callback.answering" // the handler has answered, no byte has left
	AtAnswered  Point = "callback.answered"  // the answer has left

	AtDue       Point = "timer.due"           // a timer has run out; the store is asked next
	AtTimed     Point = "timer.stored"        // the store has what came of it
	AtResult    Point = "result.arrived"      // a result has come; the store is asked next
	AtPlanned   Point = "operation.planned"   // the store has what came of it, and what is to be sent
	AtMid       Point = "store.writing"       // the store is writing: it is written, or it is not
	AtMarking   Point = "operation.marking"   // it is to be written that an operation leaves
	AtMarked    Point = "operation.marked"    // it is written
	AtSending   Point = "operation.sending"   // the bytes leave next
	AtExecuted  Point = "operation.executed"  // Graph has done it, the answer has not left there
	AtResponded Point = "operation.responded" // the answer is here, and not recorded

	AtRecording Point = "recording.fetching" // a recording is downloaded next
	AtSaving    Point = "recording.saving"   // it was downloaded, half of it is saved
	AtSaved     Point = "recording.saved"    // it is saved
	AtAction    Point = "action.begun"       // the bot's own code begins
	AtActed     Point = "action.done"        // it has done its work, nobody knows yet
	AtRequest   Point = "request.sending"    // a flow's request leaves next
	AtRequested Point = "request.done"       // the other side has acted, nobody knows yet
	AtCount     Point = "counter.counted"    // a counter was counted up, nobody knows yet

	AtJoin   Point = "node.joined"       // the node has made itself known
	AtRenew  Point = "lease.renewed"     // its lease was renewed
	AtClaim  Point = "sessions.claimed"  // sessions were given to it
	AtTake   Point = "session.taken"     // one session was given to it
	AtLeave  Point = "sessions.given_up" // it has left
	AtPosted Point = "mail.posted"       // mail for another node is kept
	AtMails  Point = "mail.read"         // mail was read, and not yet applied
)

// Points are all points.
func Points() []Point {
	return []Point{AtAccept, AtKeep, AtKept, AtAnswering, AtAnswered, AtDue, AtTimed, AtResult, AtPlanned, AtMid, AtMarking, AtMarked,
		AtSending, AtExecuted, AtResponded, AtRecording, AtSaving, AtSaved, AtAction, AtActed, AtRequest, AtRequested, AtCount,
		AtJoin, AtRenew, AtClaim, AtTake, AtLeave, AtPosted, AtMails}
}

// Crash kills a process when a point is passed for the nth time, by any.
type Crash struct {
	At  Point
	Nth int // from 1
	// Torn says what becomes of the write at AtMid: it is made, or it is not.
	Torn bool
}

// Scene is what makes sessions change their process, besides a [Crash].
type Scene string

// The scenes.
const (
	Calm   Scene = ""       // nothing
	Dies   Scene = "dies"   // it is killed, and the other one takes its calls over
	Leaves Scene = "leaves" // it hands its calls over
	Fails  Scene = "fails"  // the answer to a write is lost, and it takes the session anew

	HangsUp   Scene = "hangs_up"   // none does: an operator ends the call, SceneAt after the answer
	HandsOver Scene = "hands_over" // ... or has it handed over
)

// scene has it happen.
func (w *world) scene() {
	s := w.o.Scene
	if s == Calm || s == HangsUp || s == HandsOver {
		return
	}
	w.after(time.Duration(w.o.SceneAt)*time.Millisecond, func() {
		n := w.nodes[0]
		for _, r := range w.judge.order {
			if r.owner != nil && !r.owner.dead {
				n = r.owner.node
			}
		}
		w.trace.addf("world", "%s %s", n, s)
		switch s {
		case Dies:
			w.crash(n, "the scene")
		case Leaves:
			w.retire(n)
		case Fails:
			w.unsure = true
		case Calm, HangsUp, HandsOver:
		}
	})
}

// at is passed by a process at a point. It is false if the process is dead.
func (w *world) at(p *proc, at Point, what string) bool {
	if p.dead {
		return false
	}
	if w.dies(p, at) {
		w.judge.diesAt(what)
		w.crash(p.node, string(at)+", "+what)
		return false
	}
	if w.freezeAt == at && !w.calm {
		w.freezeAt = ""
		w.freeze(p.node)
	}
	return p.gate()
}

// dies counts that a point is passed, and decides whether the process dies
// there.
func (w *world) dies(p *proc, at Point) bool {
	if p.dead {
		return false
	}
	w.passed[at]++
	if c := w.o.Crash; c != nil {
		return c.At == at && c.Nth == w.passed[at]
	}
	for _, f := range w.plan {
		if f.at == at && !f.used && !w.clock.Now().Before(f.from) && w.mayDie(p.node) {
			f.used = true
			w.strikes[f.kind.Number]++
			return true
		}
	}
	return false
}

// torn decides what becomes of a write during which the process dies.
func (w *world) torn() bool {
	if w.o.Crash != nil {
		return w.o.Crash.Torn
	}
	return w.net.IntN(2) == 0
}

// crash kills a node's process, and starts another after a while.
func (w *world) crash(n *node, why string) {
	n.kill(why)
	w.after(w.restartAfter(), func() { w.must(n.start()) })
}
