package graphsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// What a request asks for that is no action of a call.
const (
	actionToken    = "token"
	actionTenant   = "tenant" // where the token endpoint is
	actionMetadata = "metadata"
	actionKeys     = "keys"
	actionDownload = "download"
	actionList     = "listCalls"
)

// Asks names what a request asks for, in the words of [Fault.Action], and the
// call that it is about, if there is one. What the simulator does not have is
// "unknown".
func (s *Sim) Asks(method, path string) (action string, call ivr.CallID) {
	seg := segments(path)
	switch {
	case seg.isToken():
		return actionToken, ""
	case seg.isTenant():
		return actionTenant, ""
	case strings.EqualFold(path, discoveryPath):
		return actionMetadata, ""
	case strings.EqualFold(path, keysPath):
		return actionKeys, ""
	case seg.isRecording():
		return actionDownload, ""
	case !seg.isCalls():
		return "unknown", ""
	}
	return s.actionName(method, seg), ivr.NormalizeCallID(callSegment(seg))
}

// FaultActions are the words for [Fault.Action].
func FaultActions() []string {
	known := []string{"callback", actionToken, actionTenant, actionMetadata, actionKeys, actionDownload, "create", actionList, "get", "delete", deviceQuality}
	for _, a := range actions() {
		if !slices.Contains(known, a.name) {
			known = append(known, a.name)
		}
	}
	return known
}

// actionName is the action that a request asks for, by its documented name.
func (s *Sim) actionName(method string, seg path) string {
	switch len(seg) {
	case 3:
		if method == http.MethodGet {
			return actionList
		}
		return "create"
	case 4:
		if strings.EqualFold(unqualified(seg[3]), deviceQuality) {
			return deviceQuality
		}
		return strings.ToLower(method)
	}
	if a, _, ok, _ := s.findAction(method, seg[4:]); ok {
		return a.name
	}
	return unqualified(seg[4])
}

// unqualified is the name of an action without what may stand before it.
func unqualified(name string) string {
	if hasQualifier(name) {
		return name[len(qualifier):]
	}
	return name
}

// qualifier may stand before the name of an action.
const qualifier = "microsoft.graph."

func hasQualifier(name string) bool {
	return len(name) > len(qualifier) && strings.EqualFold(name[:len(qualifier)], qualifier)
}
