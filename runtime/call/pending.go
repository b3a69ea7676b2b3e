package call

import (
	"slices"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// left is what is to be sent after a change: what was, without that of which
// the reply came or nobody waits for any more, and what the change decided. The
// call is locked.
func (o *owner) left(ch *Change) []Pending {
	var rest []Pending
	for _, p := range o.pending {
		op := opOf(p.Cmd)
		if !answered(ch.Events, op) && wants(ch.Session, p.Cmd) {
			rest = append(rest, p)
		}
	}
	for _, cmd := range ch.Commands {
		if opOf(cmd) != 0 && wants(ch.Session, cmd) {
			rest = append(rest, Pending{Cmd: cmd, Sent: once(cmd) && beside(cmd)})
		}
	}
	return rest
}

// wants reports whether a command is still to be sent: somebody waits for its
// result, or it hangs up a call of a session that has ended.
func wants(s *engine.Session, cmd ivr.Command) bool {
	if s.Wants(opOf(cmd)) {
		return true
	}
	hangUp, ok := cmd.(ivr.HangUp)
	return ok && s.Over() && up(s, hangUp.Leg)
}

// up reports whether a leg may have a call that goes on.
func up(s *engine.Session, id ivr.LegID) bool {
	if s.Main(id) {
		return !s.Leg.Gone
	}
	return s.CallOf(id) != ""
}

// hangUps are those of a session of which all else is left undone: the engine has
// decided them, and does not decide them again.
func hangUps(pending []Pending) []Pending {
	return slices.DeleteFunc(slices.Clone(pending), func(p Pending) bool {
		_, ok := p.Cmd.(ivr.HangUp)
		return !ok
	})
}

// answered reports whether one of the events is the reply to an operation.
func answered(evs []ivr.Event, op ivr.OpID) bool {
	return slices.ContainsFunc(evs, func(ev ivr.Event) bool { return replyTo(ev) == op })
}

// replyTo is the operation that an event is a reply to, 0 for none.
func replyTo(ev ivr.Event) ivr.OpID {
	switch e := ev.(type) {
	case ivr.CallCreated:
		return e.Op
	case ivr.OperationAccepted:
		return e.Op
	case ivr.OperationCompleted:
		return e.Op
	case ivr.OperationFailed:
		return e.Op
	case ivr.OperationUnknown:
		return e.Op
	case ivr.CallRead:
		return e.Op
	case ivr.ActionReturned:
		return e.Op
	case ivr.Counted:
		return e.Op
	case ivr.RecordingSaved:
		return e.Op
	case ivr.CallIncoming, ivr.CallWanted, ivr.CallChanged, ivr.CallTerminated, ivr.ToneReceived, ivr.RosterChanged, ivr.Signalled, ivr.Intervened, ivr.TimerExpired:
	}
	return 0
}

// once reports whether a command must not be sent again before it is known what
// became of it: a repeat does harm (class B).
func once(cmd ivr.Command) bool {
	switch c := cmd.(type) {
	case ivr.Transfer, ivr.Redirect, ivr.CreateCall, ivr.SendTones, ivr.RunAction, ivr.Invite, ivr.AddGallery:
		return true
	case ivr.Hold:
		return !c.Off
	case ivr.RouteAudio:
		return c.Group == ""
	case ivr.HTTPRequest:
		return !c.Safe()
	case ivr.Answer, ivr.Reject, ivr.SubscribeToTone, ivr.PlayPrompt, ivr.RecordResponse, ivr.CancelMedia, ivr.Mute, ivr.TellRecording, ivr.HangUp,
		ivr.KeepAlive, ivr.ReadCall, ivr.FetchRecording, ivr.JoinRecordings, ivr.CountUp:
	case ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish: // nothing is sent
	}
	return false
}

// beside reports whether a command is sent at once and beside the others, so
// that it holds no queue up.
func beside(cmd ivr.Command) bool {
	switch cmd.(type) {
	case ivr.RunAction, ivr.HTTPRequest, ivr.FetchRecording, ivr.JoinRecordings, ivr.CountUp:
		return true
	case ivr.CreateCall, ivr.Answer, ivr.Reject, ivr.Redirect, ivr.SubscribeToTone, ivr.PlayPrompt, ivr.RecordResponse,
		ivr.CancelMedia, ivr.Transfer, ivr.SendTones, ivr.Mute, ivr.Invite, ivr.Hold, ivr.RouteAudio, ivr.AddGallery, ivr.TellRecording,
		ivr.HangUp, ivr.KeepAlive, ivr.ReadCall:
	case ivr.CancelAction, ivr.StartTimer, ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish: // nothing is sent
	}
	return false
}

// media reports whether a command plays or records: it is sent again only after
// what may be running was cancelled.
func media(cmd ivr.Command) bool {
	_, play := cmd.(ivr.PlayPrompt)
	_, record := cmd.(ivr.RecordResponse)
	return play || record
}

// doubtful lists the pending operations that a process which is no more may
// have sent, and which cannot be sent again just so. A prompt or recording can
// have left only if nothing on its leg stands before it.
func doubtful(list []Pending) []ivr.OpID {
	var ops []ivr.OpID
	before := map[ivr.LegID]bool{}
	for _, p := range list {
		if p.Sent || media(p.Cmd) && !before[legOf(p.Cmd)] {
			ops = append(ops, opOf(p.Cmd))
		}
		if !beside(p.Cmd) {
			before[legOf(p.Cmd)] = true
		}
	}
	return ops
}
