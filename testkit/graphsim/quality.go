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

// qualityProperties are those of
// https://learn.microsoft.com/graph/api/resources/teleconferencedevicequality
// The type is open, as are those of the streams: others are taken too.
func qualityProperties() []param {
	return []param{{name: "callChainId", kind: text}, {name: "mediaLegId", kind: text}, {name: "participantId", kind: text},
		{name: "deviceName", kind: text}, {name: "deviceDescription", kind: text}, {name: "mediaQualityList", kind: list},
		{name: "cloudServiceName", kind: text}, {name: "cloudServiceInstanceName", kind: text},
		{name: "cloudServiceDeploymentId", kind: text}, {name: "cloudServiceDeploymentEnvironment", kind: text}}
}

// streamProperties are those of
// https://learn.microsoft.com/graph/api/resources/teleconferencedevicemediaquality
// and of its kinds.
func streamProperties() []param {
	all := []param{{name: "channelIndex", kind: whole}, {name: "mediaDuration", kind: duration}, {name: "networkLinkSpeedInBytes", kind: long},
		{name: "localIPAddress", kind: text}, {name: "localPort", kind: whole}, {name: "remoteIPAddress", kind: text}, {name: "remotePort", kind: whole},
		{name: "inboundPackets", kind: long}, {name: "outboundPackets", kind: long},
		{name: "averageInboundBitRate", kind: fraction}, {name: "averageOutboundBitRate", kind: fraction},
		{name: "averageInboundFrameRate", kind: fraction}, {name: "averageOutboundFrameRate", kind: fraction}}
	for _, which := range []string{"averageInbound", "averageOutbound", "maximumInbound", "maximumOutbound"} {
		all = append(all, param{name: which + "PacketLossRateInPercentage", kind: fraction},
			param{name: which + "RoundTripDelay", kind: duration}, param{name: which + "Jitter", kind: duration})
	}
	return all
}

func readQuality(q object) *failure {
	if fail := checkTag("quality", q, "teleconferenceDeviceQuality", false); fail != nil {
		return fail
	}
	if fail := checkValues("quality: ", q, qualityProperties()); fail != nil {
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
		if fail := checkValues(fmt.Sprintf("quality: mediaQualityList[%d]: ", i), m, streamProperties()); fail != nil {
			return fail
		}
	}
	return nil
}
