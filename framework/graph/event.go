package graph

import (
	"encoding/json"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Event is the notification as an event of a leg that was received at a time.
// It is false if the notification says nothing that a flow could care about:
// operations that still run, elements that could not be read.
//
// An operation's event carries the Op of its clientContext. The caller
// compares n.Session with the session that it looked up, since the context
// could be another's.
func (n Notification) Event(at time.Time, leg ivr.LegID) (ivr.Event, bool) {
	head := ivr.Head{At: at, Leg: leg}
	switch {
	case n.Err != nil:
		return nil, false
	case n.Kind == KindCall:
		return n.callEvent(head)
	case n.Kind == KindOperation:
		return n.operationEvent(head)
	case n.Kind == KindRoster:
		return n.rosterEvent(head)
	}
	return nil, false
}

// rosterEvent reads a roster. The service sends the whole of it, as captures show,
// unless a call asks for changes only (callOptions.isDeltaRosterEnabled), which
// this package does not; the pages' examples show single participants, and do not
// say that it is the whole. A list that cannot be read, or names
// nobody by id, says nothing.
func (n Notification) rosterEvent(head ivr.Head) (ivr.Event, bool) {
	var list []Participant
	if n.ChangeType == Deleted || len(n.Other) == 0 || n.Other[0] != '[' || json.Unmarshal(n.Other, &list) != nil {
		return nil, false
	}
	e := ivr.RosterChanged{Head: head, Call: n.CallID, People: People(list)}
	for _, p := range list {
		e.Seq = max(e.Seq, int64(p.RosterSequenceNumber))
	}
	return e, len(e.People) > 0
}

// People are participants as the engine knows them, without those that have no id.
func People(list []Participant) []ivr.Participant {
	var all []ivr.Participant
	for _, p := range list {
		if p.ID == "" || len(p.ID) > longestID {
			continue
		}
		all = append(all, ivr.Participant{ID: p.ID, Party: p.Info.Identity.Party(), Muted: p.IsMuted, Lobby: p.IsInLobby,
			Gone: p.RemovedState != nil})
	}
	return all
}

// Routes are audio routing groups as the engine knows them, without those that have
// no id or not one source.
func Routes(list []AudioRoutingGroup) []ivr.Route {
	var all []ivr.Route
	for _, g := range list {
		if g.ID == "" || len(g.ID) > longestID || len(g.Sources) != 1 {
			continue
		}
		all = append(all, ivr.Route{ID: g.ID, Source: g.Sources[0], Receivers: g.Receivers})
	}
	return all
}

func (n Notification) callEvent(head ivr.Head) (ivr.Event, bool) {
	call := n.Call
	if call == nil {
		call = &Call{}
	}
	switch {
	case n.ChangeType == Deleted, call.State == ivr.StateTerminated:
		return ivr.CallTerminated{Head: head, Call: n.CallID, Result: call.result()}, true
	case n.ChangeType == Created && call.State == ivr.StateIncoming:
		return n.incoming(head), true
	case n.Call == nil:
		return nil, false
	}
	if call.ToneInfo != nil {
		if key, ok := call.ToneInfo.Tone.Key(); ok {
			return ivr.ToneReceived{Head: head, Key: key, Seq: int64(call.ToneInfo.SequenceID)}, true
		}
	}
	return n.changed(head), true
}

func (n Notification) incoming(head ivr.Head) ivr.Event {
	e := ivr.CallIncoming{Head: head, Call: n.CallID, Tenant: n.Call.TenantID, ChainID: n.Call.CallChainID}
	if n.Call.Source != nil {
		e.Caller = n.Call.Source.Identity.Party()
	}
	if len(n.Call.Targets) > 0 {
		e.Called = n.Call.Targets[0].Identity.Party()
	}
	return e
}

func (n Notification) changed(head ivr.Head) ivr.Event {
	e := ivr.CallChanged{Head: head, Call: n.CallID, State: n.Call.State}
	if n.Call.MediaState != nil {
		e.Audio = n.Call.MediaState.Audio
	}
	if n.Call.ResultInfo != nil {
		result := n.Call.ResultInfo.Result()
		e.Result = &result
	}
	return e
}

func (n Notification) operationEvent(head ivr.Head) (ivr.Event, bool) {
	o := n.Operation
	if o == nil {
		o = &Operation{}
	}
	over := n.ChangeType == Deleted || o.Status == StatusCompleted || o.Status == StatusFailed
	if !over {
		return nil, false
	}
	return o.ended(head, n.Op, n.OperationID), true
}
