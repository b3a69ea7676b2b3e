package ivr

import "strings"

// CallState is the state of a Graph call, with Graph's own names
// (resource type call, property state).
type CallState uint8

// The call states of Microsoft Graph, beta.
const (
	StateUnknown          CallState = iota // a value this version does not know
	StateIncoming                          // ringing at the bot, nobody answered
	StateEstablishing                      // answered or dialled, not yet connected
	StateRinging                           // the callee's endpoint rings (beta only)
	StateEstablished                       // connected
	StateHold                              // held by the other side
	StateTransferring                      // a transfer was accepted for processing
	StateTransferAccepted                  // the transfer's target accepted
	StateRedirecting                       // a redirect was accepted for processing
	StateTerminating                       // being ended
	StateTerminated                        // over
)

var callStates = [...]string{"unknown", "incoming", "establishing", "ringing", "established",
	"hold", "transferring", "transferAccepted", "redirecting", "terminating", "terminated"}

// String is Graph's spelling of the state.
func (s CallState) String() string { return enumName(callStates[:], uint8(s)) }

// ParseCallState reads Graph's spelling, ignoring case; anything new is
// [StateUnknown].
func ParseCallState(s string) CallState { return CallState(enumValue(callStates[:], s)) }

// MarshalText writes Graph's spelling.
func (s CallState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads Graph's spelling.
func (s *CallState) UnmarshalText(b []byte) error {
	*s = ParseCallState(string(b))
	return nil
}

// AudioState says whether audio flows on a call (Graph: mediaState.audio).
type AudioState uint8

// The audio states of Microsoft Graph. AudioUnknown also stands for an update
// that does not mention audio.
const (
	AudioUnknown AudioState = iota
	AudioActive
	AudioInactive
)

var audioStates = [...]string{"unknown", "active", "inactive"}

// String is Graph's spelling of the state.
func (s AudioState) String() string { return enumName(audioStates[:], uint8(s)) }

// ParseAudioState reads Graph's spelling, ignoring case; anything new is
// [AudioUnknown].
func ParseAudioState(s string) AudioState { return AudioState(enumValue(audioStates[:], s)) }

// MarshalText writes Graph's spelling.
func (s AudioState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads Graph's spelling.
func (s *AudioState) UnmarshalText(b []byte) error {
	*s = ParseAudioState(string(b))
	return nil
}

func enumName(names []string, v uint8) string {
	if int(v) < len(names) {
		return names[v]
	}
	return names[0]
}

func enumValue(names []string, s string) uint8 {
	for i, n := range names {
		if strings.EqualFold(n, s) {
			return uint8(i)
		}
	}
	return 0
}
