package dev

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// record is what is told of a call at its end. It is made of the bot's own
// changes, and holds nothing secret: of keys that belong to a sensitive
// variable it knows only how many there were.
type record struct {
	flow     *flow.Flow
	session  ivr.SessionID
	caller   ivr.Party
	called   ivr.Party
	began    time.Time
	answered time.Time
	ended    time.Time
	endedBy  ivr.EndedBy
	end      ivr.Result
	visits   []visit
	ops      []*operation
	marks    []mark
	place    place // where the call is now
	remotes  map[string]*operation
}

// place is a state of the machine of a flow: of the one that took the call, or
// of one that it calls.
type place struct{ flow, state string }

// visit is a stay in a state of the flow.
type visit struct {
	at     time.Time
	state  string
	keys   string // pressed meanwhile, those that may be shown
	hidden int    // pressed meanwhile, those that may not
}

// operation is a command and what came of it.
type operation struct {
	op     ivr.OpID
	at     time.Time
	what   string
	result string // empty while there is none
	until  time.Time
}

// mark is a milestone, a tag or a log line.
type mark struct {
	at   time.Time
	kind string
	text string
}

func newRecord(f *flow.Flow, began time.Time) *record {
	return &record{flow: f, began: began, remotes: map[string]*operation{}}
}

// add takes a change of the call.
func (r *record) add(ch call.Change) {
	s := ch.Session
	before := r.place
	if ch.New {
		r.session, r.caller, r.called = s.ID, s.Caller, s.Called
	}
	at := r.began
	if n := len(ch.Events); n > 0 {
		at = ch.Events[n-1].When()
	}
	secret := r.secret(before) || len(ch.Events) > 1 && r.passesSecret(ch.Commands)
	for _, ev := range ch.Events {
		r.event(s, ev, secret)
	}
	for _, cmd := range ch.Commands {
		r.command(at, cmd)
	}
	r.answered, r.ended, r.endedBy, r.end = s.Answered, s.Ended, s.EndedBy, s.End
	if s.Over() {
		r.settle(at)
	}
}

// secret reports whether keys that are pressed at a place may belong to a
// sensitive variable. Where nothing listens they are typed ahead, perhaps for
// the next step: then one sensitive step in the flow is enough.
func (r *record) secret(p place) bool {
	if step, _ := r.flow.StepAt(p.flow, p.state); step != nil {
		switch spec := step.Spec.(type) {
		case *flow.Collect:
			return sensitive(r.flow.Member(p.flow), spec.Var)
		case *flow.Menu:
			return false
		default:
		}
	}
	return slices.ContainsFunc(r.flow.Members(), func(f *flow.Flow) bool {
		return slices.ContainsFunc(f.Steps, func(s *flow.Step) bool {
			c, ok := s.Spec.(*flow.Collect)
			return ok && sensitive(f, c.Var)
		})
	})
}

// passesSecret is secret for all places on the way: of several keys in one
// change nobody can tell which was pressed where.
func (r *record) passesSecret(cmds []ivr.Command) bool {
	for _, cmd := range cmds {
		if m, ok := cmd.(ivr.Moved); ok {
			if r.secret(place{m.Flow, m.State}) {
				return true
			}
		}
	}
	return false
}

func sensitive(f *flow.Flow, name string) bool {
	v := f.Vars[name]
	return v != nil && v.Sensitive != flow.NotSensitive
}

func (r *record) event(s *engine.Session, ev ivr.Event, secret bool) {
	switch e := ev.(type) {
	case ivr.ToneReceived:
		if s.Main(e.Leg) {
			r.key(e.Key, secret)
		}
	case ivr.OperationAccepted:
		if o := r.find(e.Op, e.Remote); o != nil && e.Remote != "" {
			r.remotes[e.Remote] = o
		}
	case ivr.OperationCompleted:
		text := "done"
		if e.Recording != nil {
			text = tell.RecordEnd(e.Recording.Why)
		}
		r.result(e.Op, e.Remote, e.When(), text)
	case ivr.OperationFailed:
		text := "failed, " + e.Result.String()
		if e.Result.Reason == ivr.ReasonCancelled {
			text = "cut short"
		}
		r.result(e.Op, e.Remote, e.When(), text)
	case ivr.OperationUnknown:
		r.result(e.Op, "", e.When(), "unknown result")
	case ivr.CallRead:
		text := e.State.String()
		if e.Gone {
			text = "the call is gone"
		}
		r.result(e.Op, "", e.When(), text)
	case ivr.ActionReturned:
		r.result(e.Op, "", e.When(), strings.TrimSpace(e.Outcome+" "+string(e.Reason)))
	case ivr.Counted:
		r.result(e.Op, "", e.When(), fmt.Sprint(e.N))
	case ivr.RecordingSaved:
		r.result(e.Op, "", e.When(), "saved, "+tell.Seconds(e.Length.Std()))
	case ivr.CallWanted:
	case ivr.CallCreated:
		r.result(e.Op, "", e.When(), "the phone rings")
	case ivr.CallChanged:
		if !s.Main(e.Leg) {
			return
		}
		if e.Result != nil && e.State == ivr.StateEstablished {
			r.resolve("transfer", e.When(), "failed, "+e.Result.String())
		}
		if e.Audio == ivr.AudioActive {
			r.resolve("answer", e.When(), "done")
		}
	case ivr.CallIncoming, ivr.CallTerminated, ivr.Signalled, ivr.Intervened, ivr.RosterChanged, ivr.TimerExpired:
	}
}

// key notes a key in the state in which it was pressed.
func (r *record) key(k ivr.Key, secret bool) {
	if len(r.visits) == 0 {
		return
	}
	v := &r.visits[len(r.visits)-1]
	if secret {
		v.hidden++
	} else {
		v.keys += k.String()
	}
}

func (r *record) find(op ivr.OpID, remote string) *operation {
	if op == 0 {
		return r.remotes[remote]
	}
	for _, o := range r.ops {
		if o.op == op {
			return o
		}
	}
	return nil
}

func (r *record) result(op ivr.OpID, remote string, at time.Time, text string) {
	if o := r.find(op, remote); o != nil && o.result == "" {
		o.result, o.until = text, at
	}
}

// resolve ends the last operation of a kind by what the call's state says.
func (r *record) resolve(kind string, at time.Time, text string) {
	for _, o := range slices.Backward(r.ops) {
		if strings.HasPrefix(o.what, kind) && o.result == "" {
			o.result, o.until = text, at
			return
		}
	}
}

// settle ends what got no result of its own.
func (r *record) settle(at time.Time) {
	switch r.endedBy {
	case ivr.EndedByTransfer:
		r.resolve("transfer", at, "done")
	case ivr.EndedByRedirect:
		r.resolve("redirect", at, "done")
	case ivr.EndedByReject:
		r.resolve("reject", at, "done")
	default:
	}
	for _, o := range r.ops {
		if o.result == "" {
			o.result, o.until = "ended with the call", at
		}
	}
}

func (r *record) command(at time.Time, cmd ivr.Command) {
	switch c := cmd.(type) {
	case ivr.Moved:
		r.moved(at, c)
	case ivr.Mark:
		r.marks = append(r.marks, mark{at, c.Kind, tell.Mark(c)})
	case ivr.StartTimer, ivr.StopTimer, ivr.CancelAction, ivr.Finish:
	default:
		if op, what := tell.Operation(cmd); op != 0 {
			r.ops = append(r.ops, &operation{op: op, at: at, what: what})
		}
	}
}

func (r *record) moved(at time.Time, m ivr.Moved) {
	r.place = place{m.Flow, m.State}
	step, _ := r.flow.StepAt(m.Flow, m.State)
	if step == nil {
		return
	}
	state := step.State
	if m.Flow != "" {
		state = r.flow.Member(m.Flow).Name + ": " + state
	}
	if n := len(r.visits); n == 0 || r.visits[n-1].state != state {
		r.visits = append(r.visits, visit{at: at, state: state})
	}
}
