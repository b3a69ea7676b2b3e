package ivr

import "time"

// Stamped is an event with another time: when it was received where it is applied.
func Stamped(ev Event, at time.Time) Event {
	switch e := ev.(type) {
	case CallIncoming:
		e.At = at
		return e
	case CallWanted:
		e.At = at
		return e
	case CallCreated:
		e.At = at
		return e
	case CallChanged:
		e.At = at
		return e
	case CallTerminated:
		e.At = at
		return e
	case ToneReceived:
		e.At = at
		return e
	case OperationAccepted:
		e.At = at
		return e
	case OperationCompleted:
		e.At = at
		return e
	case OperationFailed:
		e.At = at
		return e
	case OperationUnknown:
		e.At = at
		return e
	case CallRead:
		e.At = at
		return e
	case ActionReturned:
		e.At = at
		return e
	case Counted:
		e.At = at
		return e
	case RecordingSaved:
		e.At = at
		return e
	case Signalled:
		e.At = at
		return e
	case RosterChanged:
		e.At = at
		return e
	case Intervened:
		e.At = at
		return e
	case TimerExpired:
		e.At = at
		return e
	}
	return ev
}
