package graph

import (
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// ChangeType says what happened to a notification's resource. A value that
// this version does not know keeps its spelling.
type ChangeType string

// The change types. Operations end with Deleted, also the successful ones.
const (
	Created ChangeType = "created"
	Updated ChangeType = "updated"
	Deleted ChangeType = "deleted"
)

// UnmarshalText reads a change type, ignoring case.
func (c *ChangeType) UnmarshalText(b []byte) error {
	*c = canonical(b, Created, Updated, Deleted)
	return nil
}

// OperationStatus is the state of an operation. A value that this version
// does not know keeps its spelling; "" is not mentioned.
type OperationStatus string

// The states of an operation. Metadata spells them in Pascal case, the wire in
// camel case.
const (
	StatusNotStarted OperationStatus = "notStarted"
	StatusRunning    OperationStatus = "running"
	StatusCompleted  OperationStatus = "completed"
	StatusFailed     OperationStatus = "failed"
)

// UnmarshalText reads a status, ignoring case.
func (s *OperationStatus) UnmarshalText(b []byte) error {
	*s = canonical(b, StatusNotStarted, StatusRunning, StatusCompleted, StatusFailed)
	return nil
}

// CompletionReason says why an operation ended, in the words of Graph's
// playPromptCompletionReason, sendDtmfCompletionReason and
// recordCompletionReason (beta). A value that this version does not know keeps
// its spelling; "" is not mentioned.
type CompletionReason string

// The completion reasons of prompts and tones, then those of recordings.
const (
	CompletionUnknown                CompletionReason = "unknown"
	CompletionSuccessful             CompletionReason = "completedSuccessfully"
	CompletionMediaOperationCanceled CompletionReason = "mediaOperationCanceled"

	CompletionOperationCanceled     CompletionReason = "operationCanceled"
	CompletionStopTone              CompletionReason = "stopToneDetected"
	CompletionMaxRecordDuration     CompletionReason = "maxRecordDurationReached"
	CompletionInitialSilenceTimeout CompletionReason = "initialSilenceTimeout"
	CompletionMaxSilenceTimeout     CompletionReason = "maxSilenceTimeout"
	CompletionPlayPromptFailed      CompletionReason = "playPromptFailed"
	CompletionPlayBeepFailed        CompletionReason = "playBeepFailed"
	CompletionMediaReceiveTimeout   CompletionReason = "mediaReceiveTimeout"
	CompletionUnspecifiedError      CompletionReason = "unspecifiedError"
	CompletionNone                  CompletionReason = "none"
)

// UnmarshalText reads a completion reason, ignoring case.
func (r *CompletionReason) UnmarshalText(b []byte) error {
	*r = canonical(b, CompletionUnknown, CompletionSuccessful, CompletionMediaOperationCanceled,
		CompletionOperationCanceled, CompletionStopTone, CompletionMaxRecordDuration,
		CompletionInitialSilenceTimeout, CompletionMaxSilenceTimeout, CompletionPlayPromptFailed,
		CompletionPlayBeepFailed, CompletionMediaReceiveTimeout, CompletionUnspecifiedError, CompletionNone)
	return nil
}

// Direction is who began a call.
type Direction string

// The directions of a call, as the bot sees it.
const (
	DirectionIncoming Direction = "incoming"
	DirectionOutgoing Direction = "outgoing"
)

// UnmarshalText reads a direction, ignoring case.
func (d *Direction) UnmarshalText(b []byte) error {
	*d = canonical(b, DirectionIncoming, DirectionOutgoing)
	return nil
}

// Tone is a key in the spelling of toneInfo: "tone1", "star", "pound", "a".
type Tone string

// ToneOf is the tone of a key; "" for no key.
func ToneOf(k ivr.Key) Tone {
	if k >= '0' && k <= '9' {
		return Tone("tone" + k.String())
	}
	return Tone(k.Name())
}

// Key is the tone's key, ignoring case. It is false for "flash" and for tones
// that this version does not know.
func (t Tone) Key() (ivr.Key, bool) {
	name := strings.ToLower(string(t))
	digit, isDigit := strings.CutPrefix(name, "tone")
	if isDigit && (len(digit) != 1 || digit[0] < '0' || digit[0] > '9') {
		return 0, false
	}
	k, err := ivr.ParseKey(digit)
	return k, err == nil
}

// canonical is the known value that b spells, ignoring case, else b itself.
func canonical[T ~string](b []byte, known ...T) T {
	for _, v := range known {
		if strings.EqualFold(string(v), string(b)) {
			return v
		}
	}
	return T(b)
}

// RecordingStatus is whether a call is recorded (enumeration recordingStatus).
// A value that this version does not know keeps its spelling.
type RecordingStatus string

// The states of a recording. RecordingUnknown is not a state that a bot can
// report.
const (
	RecordingUnknown      RecordingStatus = "unknown"
	RecordingNotRecording RecordingStatus = "notRecording"
	RecordingRecording    RecordingStatus = "recording"
	RecordingFailed       RecordingStatus = "failed"
)

// UnmarshalText reads a recording's state, ignoring case.
func (s *RecordingStatus) UnmarshalText(b []byte) error {
	*s = canonical(b, RecordingUnknown, RecordingNotRecording, RecordingRecording, RecordingFailed)
	return nil
}

// ScreenSharingRole is whether a bot looks at a screen or shows one
// (enumeration screenSharingRole).
type ScreenSharingRole string

// The roles.
const (
	RoleViewer ScreenSharingRole = "viewer"
	RoleSharer ScreenSharingRole = "sharer"
)

// RoutingMode is the kind of an audio routing group (enumeration routingMode).
// A value that this version does not know keeps its spelling.
type RoutingMode string

// The routing modes.
const (
	RoutingOneToOne  RoutingMode = "oneToOne"  // one speaks to one
	RoutingMulticast RoutingMode = "multicast" // one speaks to several
)

// UnmarshalText reads a routing mode, ignoring case.
func (m *RoutingMode) UnmarshalText(b []byte) error {
	*m = canonical(b, RoutingOneToOne, RoutingMulticast)
	return nil
}
