package call

import (
	"maps"
	"slices"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// queueOf is a leg's own queue: what goes slowly on one leg holds no other up.
// The call is locked.
func (o *owner) queueOf(id ivr.LegID) *queue {
	q := o.others[id] // also of one that became the session's own
	if q == nil && o.s.Main(id) {
		return &o.queue
	}
	if q == nil {
		if o.others == nil {
			o.others = map[ivr.LegID]*queue{}
		}
		q = &queue{}
		o.others[id] = q
	}
	return q
}

// serveLegs is serve for the further legs. The queue of one that is gone goes
// too, once it is empty.
func (o *owner) serveLegs() {
	if len(o.others) == 0 {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(o.others)) { // the same order in every run
		q := o.others[id]
		gone := !o.keeps(id)
		o.serveQueue(q, gone)
		if gone && len(q.list) == 0 && !q.busy {
			delete(o.others, id)
		}
	}
}

// keeps reports whether a leg is one of the session's, and not gone.
func (o *owner) keeps(id ivr.LegID) bool {
	if o.s.Main(id) {
		return !o.s.Leg.Gone
	}
	return slices.ContainsFunc(o.s.Others, func(l engine.Leg) bool { return l.ID == id })
}

// unwanted hangs up a call that came into being after its session had ended.
func (o *owner) unwanted(ev ivr.Event) {
	created, ok := ev.(ivr.CallCreated)
	if !ok {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.s.Over() && !up(o.s, created.Leg) {
		to := o.address(o.s.Leg.ID)
		to.Leg, to.Call = created.Leg, created.Call
		o.sendLastTo(to, sending{cmd: ivr.HangUp{Op: created.Op, Leg: created.Leg}})
	}
}

// indexLegs keeps the calls of further legs findable. The call is locked.
func (o *owner) indexLegs() {
	for _, l := range o.s.Others {
		if l.Call == "" || slices.Contains(o.calls, l.Call) {
			continue
		}
		o.calls = append(o.calls, l.Call)
		o.c.mu.Lock()
		o.c.byCall[l.Call] = o.id
		o.c.mu.Unlock()
	}
}

// legOf is the leg that a command is for; empty for none.
func legOf(cmd ivr.Command) ivr.LegID {
	switch c := cmd.(type) {
	case ivr.CreateCall:
		return c.Leg
	case ivr.Answer:
		return c.Leg
	case ivr.Reject:
		return c.Leg
	case ivr.Redirect:
		return c.Leg
	case ivr.SubscribeToTone:
		return c.Leg
	case ivr.PlayPrompt:
		return c.Leg
	case ivr.RecordResponse:
		return c.Leg
	case ivr.CancelMedia:
		return c.Leg
	case ivr.Transfer:
		return c.Leg
	case ivr.SendTones:
		return c.Leg
	case ivr.Mute:
		return c.Leg
	case ivr.Invite:
		return c.Leg
	case ivr.Hold:
		return c.Leg
	case ivr.RouteAudio:
		return c.Leg
	case ivr.AddGallery:
		return c.Leg
	case ivr.TellRecording:
		return c.Leg
	case ivr.HangUp:
		return c.Leg
	case ivr.KeepAlive:
		return c.Leg
	case ivr.ReadCall:
		return c.Leg
	case ivr.FetchRecording:
		return c.Leg
	case ivr.JoinRecordings, ivr.CountUp, ivr.RunAction, ivr.HTTPRequest, ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
	}
	return ""
}
