package graph

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Operation is a media or participant operation as responses and notifications
// show it. One struct serves all types of operation; ODataType tells which.
type Operation struct {
	ODataType        string           `json:"@odata.type,omitempty"`
	ODataID          string           `json:"@odata.id,omitempty"`
	ID               string           `json:"id,omitempty"`
	Status           OperationStatus  `json:"status,omitempty"`
	ClientContext    string           `json:"clientContext,omitempty"`
	ResultInfo       *ResultInfo      `json:"resultInfo,omitempty"`
	CompletionReason CompletionReason `json:"completionReason,omitempty"` // beta, prompts, tones and recordings

	// Recordings only. The token opens this recording; keep it out of logs.
	RecordingLocation    string `json:"recordingLocation,omitempty"`
	RecordingAccessToken string `json:"recordingAccessToken,omitempty"`
}

// recordEnds maps the ends of a recording: the beta's completion reason and
// the result's subcode say the same thing.
var recordEnds = [...]struct {
	completion CompletionReason
	subcode    int
	why        ivr.RecordEnd
	reason     ivr.Reason
}{
	{CompletionStopTone, 8514, ivr.RecordStopTone, ivr.ReasonNone},
	{CompletionMaxRecordDuration, 8515, ivr.RecordMaxDuration, ivr.ReasonNone},
	{CompletionMaxSilenceTimeout, 8509, ivr.RecordMaxSilence, ivr.ReasonNone},
	// The service calls silence a failure. For a flow it is an answer: empty.
	{CompletionInitialSilenceTimeout, 8510, ivr.RecordInitialSilence, ivr.ReasonNone},
	{CompletionOperationCanceled, 8508, ivr.RecordCancelled, ivr.ReasonCancelled},
	{CompletionMediaOperationCanceled, 8508, ivr.RecordCancelled, ivr.ReasonCancelled},
	{CompletionPlayPromptFailed, 8511, ivr.RecordFailed, ivr.ReasonMedia},
	{CompletionPlayBeepFailed, 8512, ivr.RecordFailed, ivr.ReasonMedia},
	{CompletionMediaReceiveTimeout, 8513, ivr.RecordFailed, ivr.ReasonMedia},
	{CompletionUnspecifiedError, 0, ivr.RecordFailed, ivr.ReasonService},
}

// ended is the event of an operation that is over.
func (o *Operation) ended(head ivr.Head, op ivr.OpID, remote string) ivr.Event {
	result, recording := o.outcome()
	if result.Reason != ivr.ReasonNone {
		return ivr.OperationFailed{Head: head, Op: op, Remote: remote, Result: result}
	}
	return ivr.OperationCompleted{Head: head, Op: op, Remote: remote, Result: result, Recording: recording}
}

// outcome is how the operation ended. Success is ReasonNone, whatever the
// status says: the service reports "completed" for prompts that nobody heard
// and "failed" for a prompt that the caller interrupted.
func (o *Operation) outcome() (ivr.Result, *ivr.RecordingRef) {
	if o.isRecording() {
		return o.recordOutcome()
	}
	r := o.ResultInfo.Result()
	switch {
	case o.CompletionReason == CompletionMediaOperationCanceled, o.CompletionReason == CompletionOperationCanceled:
		r.Reason = ivr.ReasonCancelled
	case o.CompletionReason == CompletionUnknown && o.ResultInfo == nil:
		r.Reason = ivr.ReasonMedia
	case o.Status == StatusFailed && r.Reason == ivr.ReasonNone:
		r.Reason = ivr.ReasonService
	}
	return r, nil
}

func (o *Operation) isRecording() bool {
	return strings.EqualFold(typeName(o.ODataType), "recordOperation") || o.RecordingLocation != ""
}

func (o *Operation) recordOutcome() (ivr.Result, *ivr.RecordingRef) {
	r := o.ResultInfo.Result()
	ref := &ivr.RecordingRef{Location: o.RecordingLocation, Token: ivr.NewSecret(o.RecordingAccessToken)}
	ref.Why, r.Reason = o.recordEnd(r)
	// What was recorded before the audio broke off is worth keeping: it may be
	// the message of a caller who hung up.
	if r.Reason == ivr.ReasonMedia && ref.Location != "" {
		r.Reason = ivr.ReasonNone
	}
	if r.Reason != ivr.ReasonNone {
		return r, nil
	}
	return r, ref
}

func (o *Operation) recordEnd(r ivr.Result) (ivr.RecordEnd, ivr.Reason) {
	for _, e := range recordEnds {
		if e.completion == o.CompletionReason {
			return e.why, e.reason
		}
	}
	for _, e := range recordEnds {
		if e.subcode != 0 && e.subcode == r.Subcode {
			return e.why, e.reason
		}
	}
	if o.Status == StatusFailed && r.Reason == ivr.ReasonNone {
		return ivr.RecordFailed, ivr.ReasonService
	}
	if r.Reason != ivr.ReasonNone {
		return ivr.RecordFailed, r.Reason
	}
	return "", ivr.ReasonNone
}
