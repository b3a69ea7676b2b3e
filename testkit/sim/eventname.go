package sim

import (
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// words are a callback's notifications, for people.
func (j *judge) words(l letter) []string {
	var list []string
	for _, ev := range j.read(l) {
		list = append(list, keyOf(ev))
	}
	return list
}

// bodyOf names a callback's body, and where it was sent.
type bodyOf struct {
	first *byte
	path  string
}

// read is events, each body once.
func (j *judge) read(l letter) []ivr.Event {
	if len(l.body) == 0 {
		return nil
	}
	name := bodyOf{&l.body[0], l.URL.Path}
	list, ok := j.told[name]
	if !ok {
		list = events(l)
		j.told[name] = list
	}
	return list
}

// events are the facts that a callback tells.
func events(l letter) []ivr.Event {
	list, err := graph.DecodeNotifications(l.body)
	if err != nil {
		return nil
	}
	_, leg := addressOf(l.URL.Path)
	var all []ivr.Event
	for _, n := range list {
		if ev, ok := n.Event(time.Time{}, ivr.LegID(leg)); ok {
			all = append(all, ev)
		}
	}
	return all
}

// keyOf names an event so that repeats of it have the same name.
func keyOf(ev ivr.Event) string {
	switch e := ev.(type) {
	case ivr.CallIncoming:
		return "incoming " + short(e.Call)
	case ivr.CallChanged:
		return fmt.Sprintf("%s/%s of %s%s", e.State, e.Audio, short(e.Call), of(e.Result))
	case ivr.CallTerminated:
		return "terminated " + short(e.Call)
	case ivr.ToneReceived:
		return fmt.Sprintf("tone %d", e.Seq)
	case ivr.OperationCompleted:
		return fmt.Sprintf("completed %d %s", e.Op, e.Remote)
	case ivr.OperationFailed:
		return fmt.Sprintf("failed %d %s %d/%d", e.Op, e.Remote, e.Result.Code, e.Result.Subcode)
	case ivr.TimerExpired:
		return fmt.Sprintf("timer %d", e.Timer)
	case ivr.OperationAccepted:
		return fmt.Sprintf("accepted %d %s", e.Op, e.Remote)
	case ivr.OperationUnknown:
		return fmt.Sprintf("unknown %d", e.Op)
	case ivr.CallRead:
		return fmt.Sprintf("read %d %s", e.Op, e.State)
	case ivr.CallCreated:
		return fmt.Sprintf("created %d %s", e.Op, short(e.Call))
	case ivr.ActionReturned:
		return fmt.Sprintf("returned %d %s", e.Op, e.Outcome)
	case ivr.RosterChanged:
		return fmt.Sprintf("roster %d of %s %s", e.Seq, short(e.Call), hexed(fmt.Append(nil, e.People)))
	case ivr.Intervened:
		return "ordered " + e.ID
	case ivr.CallWanted, ivr.Counted, ivr.RecordingSaved, ivr.Signalled:
	}
	return fmt.Sprintf("%T", ev)
}

func of(r *ivr.Result) string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf(" %d/%d", r.Code, r.Subcode)
}
