// Package ivr is the vocabulary of an interactive voice response system: the
// names of calls, keys, events, commands and results that every other package
// speaks.
//
// An [Event] is a fact that happened to a call (a tone was received, a prompt
// completed). A [Command] is what a flow decided to do about it (play a
// prompt, transfer the call). Both are plain values that survive JSON; none of
// them knows Microsoft Graph, HTTP or YAML.
//
// All types are plain data. They are safe for concurrent use as long as nobody
// writes to them.
package ivr

import (
	"encoding/base32"
	"strings"
)

// SessionID names one caller's run through a flow. It is chosen by us before
// Graph tells us anything, so that a callback can find its session even when
// it overtakes the response of the request that caused it.
type SessionID string

// SessionIDFrom is a session's id made of a hash, of which it needs 16 bytes: 26 capital
// letters and digits, which no command line takes for a flag.
func SessionIDFrom(sum []byte) SessionID {
	return SessionID(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}

// LegID names one Graph call inside a session. The caller's own leg is
// [CallerLeg].
type LegID string

// CallerLeg is the leg on which the caller reached us.
const CallerLeg LegID = "a"

// CallID is Graph's id of a call, normalised by [NormalizeCallID].
type CallID string

// NormalizeCallID brings the spellings of a call or operation id that Graph
// uses to one: callback URLs hold GUIDs in upper case without dashes, bodies
// hold them in lower case with dashes. Ids that are not GUIDs are kept as they
// are, since Graph's ids are case-sensitive.
func NormalizeCallID(id string) CallID {
	if isGUID(id) {
		return CallID(id)
	}
	hex := strings.ReplaceAll(id, "-", "")
	if len(hex) != 32 || strings.Trim(hex, "0123456789abcdefABCDEF") != "" {
		return CallID(id)
	}
	hex = strings.ToLower(hex)
	return CallID(hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:])
}

// isGUID reports whether an id is a GUID in the one spelling, as most are.
func isGUID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i, c := range []byte(id) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// OpID names an operation (a command that is sent and has a result) within
// its session. Ids count from 1, are used once and are never reused; 0 means
// none. On the wire it travels in Graph's clientContext.
type OpID int

// TimerID names a timer within its session. It comes from the same counter as
// [OpID], is used once, and 0 means none.
type TimerID int
