package replay

import (
	"fmt"
	"slices"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// leg is what an event is about; "" if it is about no call.
func leg(ev ivr.Event) ivr.LegID {
	switch e := ev.(type) {
	case ivr.CallChanged:
		return e.Leg
	case ivr.CallTerminated:
		return e.Leg
	case ivr.ToneReceived:
		return e.Leg
	default:
		return ""
	}
}

// head is an event's head for the new version.
func (o *other) head(h ivr.Head) ivr.Head {
	if of, ok := o.legs[h.Leg]; ok {
		h.Leg = of
	}
	return h
}

// meant is what an event means to the new version; nil if it is nothing to it.
func (o *other) meant(b *beat) ivr.Event {
	switch e := b.ev.(type) {
	case ivr.CallIncoming, ivr.Signalled, ivr.Intervened, ivr.RosterChanged:
		return e
	case ivr.CallWanted:
		return o.wanted(e)
	case ivr.CallChanged:
		e.Head = o.head(e.Head)
		return e
	case ivr.CallTerminated:
		e.Head = o.head(e.Head)
		return e
	case ivr.ToneReceived:
		e.Head = o.head(e.Head)
		return e
	case ivr.TimerExpired:
		return o.expired(b, e)
	default:
		return o.result(b)
	}
}

// wanted gives the new version the parameters that it has.
func (o *other) wanted(e ivr.CallWanted) ivr.Event {
	params := map[string]any{}
	for name, v := range e.Params {
		if slices.Contains(o.pair.New.Params, name) {
			params[name] = v
		}
	}
	for _, name := range o.pair.New.Params {
		if decl := o.pair.New.Vars[name]; params[name] == nil && decl.Default == nil {
			o.why = fmt.Sprintf("the parameter %s is new", name)
		}
	}
	e.Params = params
	return e
}

// expired is the timer of the new version that waits for the same.
func (o *other) expired(b *beat, e ivr.TimerExpired) ivr.Event {
	was := timerOf(&b.before, e.Timer)
	if was == nil {
		return nil
	}
	op := ivr.OpID(0)
	if was.Op != 0 {
		if op = o.ops[was.Op]; op == 0 {
			return nil
		}
	}
	now := timerWhy(&o.new.s, was.Why, op)
	if now == nil {
		return nil
	}
	e.Timer = now.ID
	return e
}

// result is the result of an operation as that of what stands in its place.
func (o *other) result(b *beat) ivr.Event {
	switch e := b.ev.(type) {
	case ivr.CallCreated:
		e.Head, e.Op = o.head(e.Head), o.ops[e.Op]
		return orNil(e, e.Op)
	case ivr.OperationAccepted:
		e.Head, e.Op = o.head(e.Head), o.ops[e.Op]
		return orNil(e, e.Op)
	case ivr.OperationCompleted:
		e.Head, e.Op = o.head(e.Head), o.ops[idOf(&b.before, e.Op, e.Remote)]
		return orNil(e, e.Op)
	case ivr.OperationFailed:
		e.Head, e.Op = o.head(e.Head), o.ops[idOf(&b.before, e.Op, e.Remote)]
		return orNil(e, e.Op)
	case ivr.OperationUnknown:
		e.Head, e.Op = o.head(e.Head), o.ops[e.Op]
		return orNil(e, e.Op)
	case ivr.CallRead:
		e.Head, e.Op = o.head(e.Head), o.ops[e.Op]
		return orNil(e, e.Op)
	case ivr.Counted:
		e.Op = o.ops[e.Op]
		return orNil(e, e.Op)
	case ivr.RecordingSaved:
		e.Op = o.ops[e.Op]
		return orNil(e, e.Op)
	case ivr.ActionReturned:
		return o.returned(e)
	default:
		return nil
	}
}

func orNil(ev ivr.Event, op ivr.OpID) ivr.Event {
	if op == 0 {
		return nil
	}
	return ev
}

// idOf is an operation's id, which the platform need not have told.
func idOf(s *engine.Session, op ivr.OpID, remote string) ivr.OpID {
	for _, known := range s.Ops {
		if op == 0 && remote != "" && known.Remote == remote {
			return known.ID
		}
	}
	return op
}

// returned is what an action returned. If the new version wants more of it than the
// old one did, nobody knows that.
func (o *other) returned(e ivr.ActionReturned) ivr.Event {
	was, now := o.old.ops[e.Op].cmd, ivr.Command(nil)
	if e.Op = o.ops[e.Op]; e.Op == 0 {
		return nil
	}
	now = o.new.ops[e.Op].cmd
	if name, more := o.more(was, now); more && e.Outcome != "failed" {
		o.why = fmt.Sprintf("it wants %q of %s, which the call did not ask for", name, actionName(now))
	}
	return e
}

func actionName(cmd ivr.Command) string {
	switch c := cmd.(type) {
	case ivr.RunAction:
		return c.Name
	case ivr.HTTPRequest:
		if c.Action != "" {
			return c.Action
		}
		return c.String()
	default:
		return "an action"
	}
}

// more is what the new version takes of an answer and the old one did not.
func (o *other) more(was, now ivr.Command) (string, bool) {
	takes := func(f *flow.Flow, cmd ivr.Command, running string) []string {
		switch c := cmd.(type) {
		case ivr.HTTPRequest:
			return c.Take
		case ivr.RunAction:
			if m := f.Member(running); m != nil && m.Actions[c.Name] != nil {
				return m.Actions[c.Name].Out
			}
		default: // nothing else is an action
		}
		return nil
	}
	had := takes(o.pair.Old.Flow, was, o.old.at.flow)
	for _, name := range takes(o.pair.New.Flow, now, o.new.at.flow) {
		if !slices.Contains(had, name) {
			return name, true
		}
	}
	return "", false
}
