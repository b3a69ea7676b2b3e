package graphsim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
)

// deviceQuality is the action that belongs to no call:
// https://learn.microsoft.com/graph/api/call-logteleconferencedevicequality
const deviceQuality = "logTeleconferenceDeviceQuality"

var guidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// logDeviceQuality takes how a conferencing device did.
func (s *Sim) logDeviceQuality(r *http.Request, x *exchange) reply {
	switch {
	case r.Method != http.MethodPost:
		return wrongVerb(r.Method)
	case !x.may("Calls.AccessMedia.All"):
		return forbidden("Calls.AccessMedia.All")
	case r.UserAgent() == "":
		return reply{fail: invalid("The header 'User-Agent' is missing; it names the partner's application and its version.")}
	}
	if fail := checkParams(action{name: deviceQuality, params: []param{{name: "quality", kind: entity, required: true}}}, x); fail != nil {
		return reply{fail: fail}
	}
	q := sub(x.body, "quality")
	if fail := readQuality(q); fail != nil {
		return reply{fail: fail}
	}
	s.emit(DeviceReported{Head: Head{At: s.clock.Now()}, Device: str(q, "deviceName"), Streams: len(items(q, "mediaQualityList"))})
	return reply{status: http.StatusOK}
}

func readQuality(q object) *failure {
	if fail := checkTag("quality", q, "teleconferenceDeviceQuality", false); fail != nil {
		return fail
	}
	for _, name := range []string{"callChainId", "mediaLegId", "participantId"} {
		if !guidForm.MatchString(str(q, name)) {
			return invalid(fmt.Sprintf("quality: '%s' is '%v'; it must be a GUID.", name, q[name]))
		}
	}
	for _, name := range []string{"deviceName", "deviceDescription"} {
		if str(q, name) == "" {
			return invalid("quality: '" + name + "' is missing.")
		}
	}
	list := items(q, "mediaQualityList")
	if len(list) == 0 {
		return invalid("quality: 'mediaQualityList' is empty.")
	}
	kinds := []any{"#microsoft.graph.teleconferenceDeviceAudioQuality", "#microsoft.graph.teleconferenceDeviceVideoQuality", "#microsoft.graph.teleconferenceDeviceScreenSharingQuality"}
	for i, v := range list {
		m, ok := v.(object)
		if !ok || !slices.Contains(kinds, m[odataType]) {
			return invalid(fmt.Sprintf("quality: mediaQualityList[%d] has the type '%v'; it can be %v.", i, m[odataType], kinds))
		}
	}
	return nil
}
