package sim

// Point is a place at a process's handles where it can be killed or stopped:
// between two of its effects on the world, or between an effect and its
// learning of it.
type Point string

// The points.
const (
	AtAccept    Point = "cb.accept"    // a callback's connection was accepted
	AtKeep      Point = "cb.auth"      // it was read and its token checked; the store is asked next
	AtKept      Point = "cb.committed" // the store has it, the answer has not left
	AtAnswering Point = "cb.answering" // the handler has answered, no byte has left
	AtAnswered  Point = "cb.acked"     // the answer has left

	AtDue       Point = "timer.due"       // a timer has run out; the store is asked next
	AtTimed     Point = "timer.committed" // the store has what came of it
	AtResult    Point = "res.due"         // a result has come; the store is asked next
	AtPlanned   Point = "op.planned"      // the store has what came of it, and what is to be sent
	AtMid       Point = "apply.mid"       // the store is writing: it is written, or it is not
	AtMarking   Point = "op.marking"      // it is to be written that an operation leaves
	AtMarked    Point = "op.marked"       // it is written
	AtSending   Point = "op.sending"      // the bytes leave next
	AtExecuted  Point = "op.executed"     // Graph has done it, the answer has not left there
	AtResponded Point = "op.responded"    // the answer is here, and not recorded

	AtRecording Point = "rec.fetch"   // a recording is downloaded next
	AtSaving    Point = "rec.partial" // it was downloaded, half of it is saved
	AtSaved     Point = "rec.saved"   // it is saved
	AtAction    Point = "act.begin"   // the bot's own code begins
	AtActed     Point = "act.done"    // it has done its work, nobody knows yet
	AtRequest   Point = "http.send"   // a flow's request leaves next
	AtRequested Point = "http.done"   // the other side has acted, nobody knows yet
	AtCount     Point = "count"       // a counter was counted up, nobody knows yet

	AtJoin   Point = "node.join"   // the node has made itself known
	AtRenew  Point = "node.renew"  // its lease was renewed
	AtClaim  Point = "node.claim"  // sessions were given to it
	AtTake   Point = "node.take"   // one session was given to it
	AtLeave  Point = "node.leave"  // it has left
	AtPosted Point = "mail.posted" // mail for another node is kept
	AtMails  Point = "mail.taken"  // mail was read, and not yet applied
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

// at is passed by a process at a point. It is false if the process is dead.
func (w *world) at(p *proc, at Point, what string) bool {
	if p.dead {
		return false
	}
	if w.dies(p, at) {
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
