package graph

import (
	"context"
	"errors"
	"fmt"
)

// DeviceQuality is how well a video conferencing device did in a call
// (resource type teleconferenceDeviceQuality).
type DeviceQuality struct {
	ODataType                         string         `json:"@odata.type,omitempty" graph:"#microsoft.graph.teleconferenceDeviceQuality"`
	CallChainID                       string         `json:"callChainId"`       // a GUID, as all three ids
	ParticipantID                     string         `json:"participantId"`     // the device in the call
	MediaLegID                        string         `json:"mediaLegId"`        // between the bot and the device
	DeviceName                        string         `json:"deviceName"`        // of the user agent that the bot uses
	DeviceDescription                 string         `json:"deviceDescription"` // of the device
	CloudServiceName                  string         `json:"cloudServiceName,omitempty"`
	CloudServiceInstanceName          string         `json:"cloudServiceInstanceName,omitempty"`
	CloudServiceDeploymentID          string         `json:"cloudServiceDeploymentId,omitempty"`
	CloudServiceDeploymentEnvironment string         `json:"cloudServiceDeploymentEnvironment,omitempty"`
	MediaQualityList                  []MediaQuality `json:"mediaQualityList"`
	Other                             Properties     `json:"-"`
}

// The kinds of media quality.
const (
	TypeAudioQuality         = "#microsoft.graph.teleconferenceDeviceAudioQuality"
	TypeVideoQuality         = "#microsoft.graph.teleconferenceDeviceVideoQuality"
	TypeScreenSharingQuality = "#microsoft.graph.teleconferenceDeviceScreenSharingQuality"
)

// MediaQuality is the quality of one stream of a device; ODataType says of
// which kind (resource types teleconferenceDevice*Quality). Durations are ISO
// 8601: "PT20M", "PT0.03S". A nil number is not known.
type MediaQuality struct {
	ODataType               string `json:"@odata.type"`
	ChannelIndex            int    `json:"channelIndex"` // 1 for the first stream of a kind
	MediaDuration           string `json:"mediaDuration,omitempty"`
	NetworkLinkSpeedInBytes *int64 `json:"networkLinkSpeedInBytes,omitempty"` // bytes per second
	LocalIPAddress          string `json:"localIPAddress,omitempty"`
	LocalPort               int    `json:"localPort,omitempty"`
	RemoteIPAddress         string `json:"remoteIPAddress,omitempty"`
	RemotePort              int    `json:"remotePort,omitempty"`
	InboundPackets          *int64 `json:"inboundPackets,omitempty"`
	OutboundPackets         *int64 `json:"outboundPackets,omitempty"`

	// Losses are fractions or percentages as the device counts them: the page
	// calls them percentages, and its example has 0.01.
	AverageInboundPacketLoss  *float64 `json:"averageInboundPacketLossRateInPercentage,omitempty"`
	AverageOutboundPacketLoss *float64 `json:"averageOutboundPacketLossRateInPercentage,omitempty"`
	MaximumInboundPacketLoss  *float64 `json:"maximumInboundPacketLossRateInPercentage,omitempty"`
	MaximumOutboundPacketLoss *float64 `json:"maximumOutboundPacketLossRateInPercentage,omitempty"`

	AverageInboundRoundTripDelay  string `json:"averageInboundRoundTripDelay,omitempty"`
	AverageOutboundRoundTripDelay string `json:"averageOutboundRoundTripDelay,omitempty"`
	MaximumInboundRoundTripDelay  string `json:"maximumInboundRoundTripDelay,omitempty"`
	MaximumOutboundRoundTripDelay string `json:"maximumOutboundRoundTripDelay,omitempty"`
	AverageInboundJitter          string `json:"averageInboundJitter,omitempty"`
	AverageOutboundJitter         string `json:"averageOutboundJitter,omitempty"`
	MaximumInboundJitter          string `json:"maximumInboundJitter,omitempty"`
	MaximumOutboundJitter         string `json:"maximumOutboundJitter,omitempty"`

	// Of video and screen sharing: bits and frames per second.
	AverageInboundBitRate    *float64 `json:"averageInboundBitRate,omitempty"`
	AverageOutboundBitRate   *float64 `json:"averageOutboundBitRate,omitempty"`
	AverageInboundFrameRate  *float64 `json:"averageInboundFrameRate,omitempty"`
	AverageOutboundFrameRate *float64 `json:"averageOutboundFrameRate,omitempty"`

	Other Properties `json:"-"`
}

type qualityBody struct {
	Quality DeviceQuality `json:"quality"`
}

// LogTeleconferenceDeviceQuality reports how a device did that a bot connects
// to Teams, for partners of Microsoft's cloud video interop. The user agent
// names the application and its version: "MyBridge/2.1". (Page
// call-logteleconferencedevicequality; permission Calls.AccessMedia.All.)
func (c CallsClient) LogTeleconferenceDeviceQuality(ctx context.Context, userAgent string, quality DeviceQuality) error {
	return c.client.invoke(ctx, logQuality, invocation{tenant: c.Tenant, scenario: c.Scenario, body: qualityBody{quality},
		userAgent: userAgent, fault: checkQuality(userAgent, quality)}, nil)
}

func checkQuality(userAgent string, q DeviceQuality) error {
	var faults []error
	for _, p := range []struct{ name, value string }{
		{"user agent", userAgent}, {"callChainId", q.CallChainID}, {"participantId", q.ParticipantID},
		{"mediaLegId", q.MediaLegID}, {"deviceName", q.DeviceName}, {"deviceDescription", q.DeviceDescription},
	} {
		if p.value == "" {
			faults = append(faults, fmt.Errorf("the %s is empty; the service needs it", p.name))
		}
	}
	if len(q.MediaQualityList) == 0 {
		faults = append(faults, errors.New("the mediaQualityList is empty; the service needs at least one stream"))
	}
	for _, m := range q.MediaQualityList {
		faults = append(faults, oneOf("mediaQualityList has an @odata.type that", m.ODataType, TypeAudioQuality, TypeVideoQuality, TypeScreenSharingQuality))
	}
	return errors.Join(faults...)
}
