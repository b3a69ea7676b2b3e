package graph

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Response is a success.
type Response struct {
	Status          int    // HTTP status, 2xx
	RequestID       string // Graph's id of the request
	ClientRequestID string // ours
	// Remote is Graph's operation id, normalised; "" if the answer has none or
	// could not be read.
	Remote    string
	Operation *Operation // nil if the answer has none or could not be read
	Call      *Call      // of read call and create call; nil if the answer could not be read
}

// newResponse is what an answer's head says.
func newResponse(answer *http.Response) Response {
	return Response{
		Status:    answer.StatusCode,
		RequestID: shorten(answer.Header.Get("Request-Id"), 64),
		Remote:    remoteOf(answer.Header.Get("Location")),
	}
}

// read reads a success leniently: what cannot be read stays unknown.
func (r *Response) read(to Request, body []byte) {
	if len(body) == 0 || len(body) > MaxBody || checkShape(body) != nil {
		return
	}
	if to.Method == http.MethodGet || to.Path == callsPath {
		var call Call
		if json.Unmarshal(body, &call) == nil {
			r.Call = &call
		}
		return
	}
	if o, ok := readOperation(body); ok {
		r.Operation = o
		if o.ID != "" && len(o.ID) <= longestID {
			r.Remote = string(ivr.NormalizeCallID(o.ID))
		}
	}
}

// remoteOf is the operation id in a Location header.
func remoteOf(location string) string {
	if location == "" {
		return ""
	}
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	r, err := parseResource(u.Path)
	if err != nil {
		return ""
	}
	return r.op
}

// Event is the success as the event of its command. An operation that is
// already over in the answer sends no notification, so it ends here.
func (r Response) Event(cmd ivr.Command, at time.Time) ivr.Event {
	o := operationOf(cmd)
	head := ivr.Head{At: at, Leg: o.leg}
	if r.Operation != nil && (r.Operation.Status == StatusCompleted || r.Operation.Status == StatusFailed) {
		return r.Operation.ended(head, o.op, r.Remote)
	}
	running := r.Operation != nil && (r.Operation.Status == StatusRunning || r.Operation.Status == StatusNotStarted)
	switch c := cmd.(type) {
	case ivr.ReadCall:
		return r.callRead(head, o.op)
	case ivr.CreateCall:
		if r.Call != nil && r.Call.ID != "" && len(r.Call.ID) <= longestID {
			e := ivr.CallCreated{Head: head, Op: o.op, Call: ivr.NormalizeCallID(r.Call.ID)}
			if c.Meeting != nil && len(r.Call.MyParticipantID) <= longestID {
				e.Me = r.Call.MyParticipantID
			}
			return e
		}
		// The leg's first notification brings the id.
	case ivr.HangUp, ivr.KeepAlive:
		return ivr.OperationCompleted{Head: head, Op: o.op}
	case ivr.RouteAudio: // its answer is the group, or none
		return ivr.OperationCompleted{Head: head, Op: o.op, Remote: r.group()}
	case ivr.Hold:
		if c.Off && !running {
			return ivr.OperationCompleted{Head: head, Op: o.op, Remote: r.Remote}
		}
	case ivr.SubscribeToTone, ivr.CancelMedia, ivr.Mute, ivr.TellRecording:
		// The service sends no notification about these, so an answer that
		// could not be read is their end, too.
		if !running {
			return ivr.OperationCompleted{Head: head, Op: o.op, Remote: r.Remote}
		}
	case ivr.Answer, ivr.Reject, ivr.Redirect, ivr.PlayPrompt, ivr.RecordResponse, ivr.Transfer, ivr.SendTones, ivr.Invite, ivr.AddGallery,
		ivr.FetchRecording, ivr.JoinRecordings, ivr.CountUp, ivr.RunAction, ivr.HTTPRequest, ivr.CancelAction, ivr.StartTimer,
		ivr.StopTimer, ivr.Moved, ivr.Mark, ivr.Finish:
	}
	return ivr.OperationAccepted{Head: head, Op: o.op, Remote: r.Remote}
}

func (r Response) callRead(head ivr.Head, op ivr.OpID) ivr.Event {
	e := ivr.CallRead{Head: head, Op: op}
	if r.Call != nil {
		e.State = r.Call.State
		if r.Call.MediaState != nil {
			e.Audio = r.Call.MediaState.Audio
		}
	}
	return e
}

// group is the id of the audio routing group in the answer, as it is written
// there: it goes into paths.
func (r Response) group() string {
	if r.Operation == nil || len(r.Operation.ID) > longestID {
		return ""
	}
	return r.Operation.ID
}
