package graph

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Kind is what a notification is about.
type Kind uint8

// The kinds of resource. KindUnknown is anything that this version does not
// know; such a notification is skipped and counted, never an error.
const (
	KindUnknown        Kind = iota
	KindCall                // the call itself
	KindOperation           // a prompt, a recording, another operation of a call
	KindRoster              // the participants of a call
	KindContentSharing      // screens that are shared on a call
	KindJoining             // somebody whose calls are recorded joins; see ParticipantNotice
	KindLeft                // ... or has left
)

var kinds = [...]string{"unknown", "call", "operation", "roster", "content sharing", "joining", "left"}

// String is the kind for people and logs.
func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return kinds[KindUnknown]
}

// Longest addresses and ids, in bytes. Graph's ids are GUIDs.
const (
	longestURL = 2048
	longestID  = 256
)

var errNoCall = errors.New("no call id")

// resource is what a resource URL names.
type resource struct {
	kind Kind
	call ivr.CallID
	op   string // normalised operation id
}

// parseResource reads a notification's resource URL: ".../calls/{id}" and what
// follows. The slash at its start may be missing, "/app" may stand for
// "/communications", and ids come in two spellings.
func parseResource(url string) (resource, error) {
	if len(url) > longestURL {
		return resource{}, fmt.Errorf("the resource's address has %d bytes, at most %d are read", len(url), longestURL)
	}
	url, _, _ = strings.Cut(url, "?")
	segments := make([]string, 0, 8) // of which none is on the heap
	for s := range strings.SplitSeq(strings.Trim(url, "/"), "/") {
		segments = append(segments, s)
	}
	for len(segments) > 0 && !strings.EqualFold(segments[0], "calls") {
		segments = segments[1:]
	}
	if len(segments) < 2 || segments[1] == "" || len(segments[1]) > longestID {
		return resource{}, fmt.Errorf("%w in %.80q", errNoCall, url)
	}
	r := resource{call: ivr.NormalizeCallID(segments[1])}
	switch rest := segments[2:]; {
	case len(rest) == 0:
		r.kind = KindCall
	case strings.EqualFold(rest[0], "participants"):
		r.kind = KindRoster
	case strings.EqualFold(rest[0], "contentSharingSessions"):
		r.kind = KindContentSharing
	case isOperation(rest):
		if len(rest[1]) > longestID {
			return resource{}, fmt.Errorf("the operation id in %.80q is longer than %d bytes", url, longestID)
		}
		r.kind, r.op = KindOperation, string(ivr.NormalizeCallID(rest[1]))
	}
	return r, nil
}

func isOperation(segments []string) bool {
	return len(segments) == 2 && strings.EqualFold(segments[0], "operations") && segments[1] != ""
}

// typeName is the last part of a type tag: "recordOperation". Its case says
// nothing.
func typeName(tag string) string { return tag[strings.LastIndexByte(tag, '.')+1:] }

// endsFold is strings.HasSuffix without regard to case.
func endsFold(s, end string) bool {
	return len(s) >= len(end) && strings.EqualFold(s[len(s)-len(end):], end)
}
