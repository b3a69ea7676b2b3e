package wire

import (
	"encoding/json"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// eventName is the word by which an event is known; "" for what is none of the set.
func eventName(e ivr.Event) string {
	switch e.(type) {
	case ivr.CallIncoming:
		return "CallIncoming"
	case ivr.CallWanted:
		return "CallWanted"
	case ivr.CallCreated:
		return "CallCreated"
	case ivr.CallChanged:
		return "CallChanged"
	case ivr.CallTerminated:
		return "CallTerminated"
	case ivr.ToneReceived:
		return "ToneReceived"
	case ivr.OperationAccepted:
		return "OperationAccepted"
	case ivr.OperationCompleted:
		return "OperationCompleted"
	case ivr.OperationFailed:
		return "OperationFailed"
	case ivr.OperationUnknown:
		return "OperationUnknown"
	case ivr.CallRead:
		return "CallRead"
	case ivr.ActionReturned:
		return "ActionReturned"
	case ivr.Counted:
		return "Counted"
	case ivr.RecordingSaved:
		return "RecordingSaved"
	case ivr.Signalled:
		return "Signalled"
	case ivr.Intervened:
		return "Intervened"
	case ivr.RosterChanged:
		return "RosterChanged"
	case ivr.TimerExpired:
		return "TimerExpired"
	}
	return ""
}

// readEvent reads what is stored under a name.
func readEvent(name string, of []byte) (ivr.Event, error) {
	switch name {
	case "CallIncoming":
		return eventAs[ivr.CallIncoming](of)
	case "CallWanted":
		return eventAs[ivr.CallWanted](of)
	case "CallCreated":
		return eventAs[ivr.CallCreated](of)
	case "CallChanged":
		return eventAs[ivr.CallChanged](of)
	case "CallTerminated":
		return eventAs[ivr.CallTerminated](of)
	case "ToneReceived":
		return eventAs[ivr.ToneReceived](of)
	case "OperationAccepted":
		return eventAs[ivr.OperationAccepted](of)
	case "OperationCompleted":
		return readCompleted(of)
	case "OperationFailed":
		return eventAs[ivr.OperationFailed](of)
	case "OperationUnknown":
		return eventAs[ivr.OperationUnknown](of)
	case "CallRead":
		return eventAs[ivr.CallRead](of)
	case "ActionReturned":
		return eventAs[ivr.ActionReturned](of)
	case "Counted":
		return eventAs[ivr.Counted](of)
	case "RecordingSaved":
		return eventAs[ivr.RecordingSaved](of)
	case "Signalled":
		return eventAs[ivr.Signalled](of)
	case "Intervened":
		return eventAs[ivr.Intervened](of)
	case "RosterChanged":
		return eventAs[ivr.RosterChanged](of)
	case "TimerExpired":
		return eventAs[ivr.TimerExpired](of)
	}
	return nil, errNewer("event")
}

func eventAs[T ivr.Event](of []byte) (ivr.Event, error) {
	var v T
	err := json.Unmarshal(of, &v)
	return v, err
}

// completed is an [ivr.OperationCompleted] with its recording's token.
type completed struct {
	ivr.OperationCompleted
	Recording *recording `json:"recording,omitempty"`
}

// storedEvent is what is written of an event.
func storedEvent(e ivr.Event) any {
	if c, ok := e.(ivr.OperationCompleted); ok && c.Recording != nil {
		return completed{c, recordingOf(c.Recording)}
	}
	return e
}

func readCompleted(of []byte) (ivr.Event, error) {
	var c completed
	err := json.Unmarshal(of, &c)
	c.OperationCompleted.Recording = c.Recording.ref()
	return c.OperationCompleted, err
}
