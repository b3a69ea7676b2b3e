package engine

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// enterDialling begins to call somebody: at once if a hunt goes on, else once the
// caller is connected.
func (r *run) enterDialling(step *flow.Step) {
	if _, dial := step.Spec.(*flow.Dial); dial {
		r.enterDial(step)
		return
	}
	if len(r.s.Consult.Order) == 0 {
		r.startMedia()
		return
	}
	hunt, ok := step.Spec.(*flow.Hunt)
	if ok && hunt.Every > 0 && !r.s.Consult.Said && !r.waitsFor(whyEvery) {
		r.start(whyEvery, hunt.Every, 0)
	}
	if ok && r.s.Consult.Tried%len(hunt.Members) == 0 {
		r.start(whyRound, roundPause, 0) // who was busy a moment ago still is
		return
	}
	r.callMember()
}

// onHunt is what happens on the caller's leg when nothing plays there: the hunt
// begins, something is said, or there is music.
func (r *run) onHunt(step *flow.Step, hunt *flow.Hunt) {
	if !r.s.Consult.Begun && !r.beginHunt(hunt) {
		return
	}
	if r.s.Consult.Say && r.playSay(step, hunt) {
		return
	}
	r.playHoldMusic(step)
}

// beginHunt decides in which order the members are called. It is false if the
// hunt is over already.
func (r *run) beginHunt(hunt *flow.Hunt) bool {
	r.s.Consult = Consult{Begun: true}
	if len(hunt.Entries) > 0 {
		r.subscribe()
	}
	if hunt.Every > 0 {
		r.start(whyEvery, hunt.Every, 0)
	}
	if hunt.MaxWait > 0 {
		r.start(whyMaxWait, hunt.MaxWait, 0)
	}
	if hunt.Order == flow.OrderRoundRobin {
		r.emit(ivr.CountUp{Op: r.newOp(opCount, countWithin), Name: r.f.Name + "/" + hunt.Group})
		return true
	}
	r.orderMembers(0)
	return r.s.Consult.Begun
}

// counted: the shared counter of a round robin says who is first.
func (r *run) counted(e ivr.Counted) {
	if op := r.find(e.Op, ""); op == nil || op.Kind != opCount {
		return
	}
	r.drop(e.Op)
	r.orderMembers(e.N)
}

// orderMembers puts the members into their order, and calls the first. n is how
// many hunts there were with this one, 0 if that is not known.
func (r *run) orderMembers(n int64) {
	step, phase := r.place()
	if step == nil || phase != flow.PhaseDialling || len(r.s.Consult.Order) > 0 {
		return
	}
	hunt, ok := step.Spec.(*flow.Hunt)
	if !ok {
		return
	}
	members := len(hunt.Members)
	order := make([]int, members)
	for i := range order {
		order[i] = (i + int(max(n-1, 0)%int64(members))) % members
	}
	if hunt.Order == flow.OrderRandom {
		order = r.shuffled(step, members)
	}
	r.s.Consult.Order = order
	r.callMember()
}

// shuffled is an order that the session and the place decide, so that the same
// events bring the same commands.
func (r *run) shuffled(step *flow.Step, n int) []int {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s %d", r.s.ID, step.ID, r.s.Steps)
	return rand.New(rand.NewPCG(h.Sum64(), 0)).Perm(n)
}

// callMember calls the member whose turn it is. One whose target is refused is
// passed over.
func (r *run) callMember() {
	step, phase := r.place()
	if step == nil || phase != flow.PhaseDialling {
		return
	}
	hunt, ok := step.Spec.(*flow.Hunt)
	if !ok {
		return
	}
	c := &r.s.Consult
	for range len(hunt.Members) {
		member := c.Order[c.Tried%len(c.Order)]
		c.Tried++
		err := r.callTo(hunt.Members[member], hunt.Ring)
		if err == nil {
			return
		}
		if _, refused := errors.AsType[targetError](err); !refused {
			r.fault(step, err)
			return
		}
		r.note("member %d of %s is passed over: %v", member+1, hunt.Group, err)
		if c.Tried%len(c.Order) == 0 {
			break
		}
	}
	r.nextMember(hunt, ivr.Result{Reason: ivr.ReasonNotAllowed})
}

// nextMember: the one who was called does not take the call.
func (r *run) nextMember(hunt *flow.Hunt, res ivr.Result) {
	c := &r.s.Consult
	if c.Tried >= len(c.Order)*hunt.Rounds {
		r.leaveConsult("exhausted", res)
		return
	}
	r.release(c.Leg)
	c.Leg, c.Announce = "", 0
	r.fire(flow.TriggerNext)
}

// sayNow: it is time to say something to the caller. The music ends for it.
func (r *run) sayNow() {
	step, phase := r.place()
	if consultOf(step) == nil || phase == flow.PhaseTransferring {
		return // if it comes to nothing, the next member's call sets the time anew
	}
	r.stopMedia()
	r.s.Consult.Say, r.s.Media.Waiting = true, true
	r.openGate()
}

// playSay plays what every says. It is false if there is nothing to play.
func (r *run) playSay(step *flow.Step, hunt *flow.Hunt) bool {
	c := &r.s.Consult
	c.Say = false
	parts, err := r.parts(hunt.Say)
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("%s: every: %w", step.Pos, err))
	}
	if err != nil || len(parts) == 0 {
		r.start(whyEvery, hunt.Every, 0)
		return false
	}
	c.Said = true
	op := r.newOp(opPlay, length(parts)+promptSlack)
	r.s.Media.Op, r.s.Media.Music = op, true
	r.emit(ivr.PlayPrompt{Op: op, Leg: r.s.Leg.ID, Parts: parts})
	return true
}

// said: what every says was heard, or could not be played. The music goes on.
func (r *run) said() {
	if !r.s.Consult.Said {
		return
	}
	r.s.Consult.Said = false
	step, phase := r.place()
	if step == nil || phase == flow.PhaseTransferring {
		return
	}
	if hunt, ok := step.Spec.(*flow.Hunt); ok {
		r.start(whyEvery, hunt.Every, 0)
		r.playHoldMusic(step)
	}
}

// huntKey: a key of the caller that is one of the hunt's own ends it. Others are
// typed ahead.
func (r *run) huntKey(step *flow.Step, t Tone) {
	if hunt, ok := step.Spec.(*flow.Hunt); ok {
		if e, _ := match(hunt.Entries, t.Key.String()); e != nil {
			r.stopMedia()
			r.leave(e.Outcome, View{Keys: e.Keys})
			return
		}
	}
	r.keepAhead(t)
}

// huntOver: the caller has waited as long as he may. One who is being handed over
// is not called back.
func (r *run) huntOver() {
	if step, phase := r.place(); consultOf(step) != nil && phase != flow.PhaseTransferring {
		r.leaveConsult("too_long", ivr.Result{Reason: ivr.ReasonTimedOut})
	}
}
