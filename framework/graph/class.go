package graph

import "github.com/ivrflow/ivrflow/framework/ivr"

// OpClass says whether an operation may be sent again when nobody knows
// whether the service executed it.
type OpClass uint8

// The classes of operation.
const (
	// ClassNone is a command that is no request to Graph.
	ClassNone OpClass = iota
	// ClassA may be sent again: a repeat changes nothing.
	ClassA
	// ClassACare may be sent again with care: cancelMediaProcessing only while
	// no later media operation was sent, prompts and recordings once, after a
	// cancel and its completion.
	ClassACare
	// ClassB must not be sent again before the call's true state is known: a
	// repeat does harm.
	ClassB
)

var classNames = [...]string{"none", "A", "A with care", "B"}

// String is the class's letter.
func (c OpClass) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return classNames[ClassNone]
}

// operation is what a command is to Graph.
type operation struct {
	name  string // Graph's name of the action
	class OpClass
	op    ivr.OpID
	leg   ivr.LegID
}

// operationOf is the table of operations. Commands without a row are not for
// Graph.
func operationOf(cmd ivr.Command) operation {
	switch c := cmd.(type) {
	case ivr.Answer:
		return operation{"answer", ClassA, c.Op, c.Leg}
	case ivr.Reject:
		return operation{"reject", ClassA, c.Op, c.Leg}
	case ivr.HangUp:
		return operation{"hang up", ClassA, c.Op, c.Leg}
	case ivr.KeepAlive:
		return operation{"keepAlive", ClassA, c.Op, c.Leg}
	case ivr.ReadCall:
		return operation{"read call", ClassA, c.Op, c.Leg}
	case ivr.SubscribeToTone:
		return operation{"subscribeToTone", ClassA, c.Op, c.Leg}
	case ivr.FetchRecording:
		return operation{"fetch recording", ClassA, c.Op, c.Leg}
	case ivr.CancelMedia:
		return operation{"cancelMediaProcessing", ClassACare, c.Op, c.Leg}
	case ivr.PlayPrompt:
		return operation{"playPrompt", ClassACare, c.Op, c.Leg}
	case ivr.RecordResponse:
		return operation{"recordResponse", ClassACare, c.Op, c.Leg}
	case ivr.CreateCall:
		return operation{"create call", ClassB, c.Op, c.Leg}
	case ivr.Transfer:
		return operation{"transfer", ClassB, c.Op, c.Leg}
	case ivr.Redirect:
		return operation{"redirect", ClassB, c.Op, c.Leg}
	case ivr.Mute:
		return operation{muteName(c), ClassA, c.Op, c.Leg}
	case ivr.Invite:
		return operation{"invite", ClassB, c.Op, c.Leg}
	case ivr.Hold:
		name, class := holdName(c)
		return operation{name, class, c.Op, c.Leg}
	case ivr.RouteAudio:
		name, class := groupName(c)
		return operation{name, class, c.Op, c.Leg}
	case ivr.AddGallery:
		return operation{"addLargeGalleryView", ClassB, c.Op, c.Leg}
	case ivr.TellRecording:
		return operation{"updateRecordingStatus", ClassA, c.Op, c.Leg}
	case ivr.SendTones:
		return operation{"sendDtmfTones", ClassB, c.Op, c.Leg}
	case ivr.JoinRecordings, ivr.CountUp, ivr.RunAction, ivr.HTTPRequest, ivr.CancelAction, ivr.StartTimer, ivr.StopTimer,
		ivr.Moved, ivr.Mark, ivr.Finish:
	}
	return operation{}
}

// Class is the class of a command.
func Class(cmd ivr.Command) OpClass { return operationOf(cmd).class }
