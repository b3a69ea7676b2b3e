package graph

import "github.com/ivrflow/ivrflow/framework/ivr"

// MediaInfo is an audio file that the service fetches: WAV, PCM, 16 kHz, 16
// bits, mono.
type MediaInfo struct {
	ODataType  string     `json:"@odata.type,omitempty" graph:"#microsoft.graph.mediaInfo"`
	URI        string     `json:"uri"`
	ResourceID string     `json:"resourceId,omitempty"` // the service's cache key: same id, same audio
	Other      Properties `json:"-"`
}

// MediaPrompt is a prompt that plays a file.
type MediaPrompt struct {
	ODataType string    `json:"@odata.type" graph:"#microsoft.graph.mediaPrompt"`
	MediaInfo MediaInfo `json:"mediaInfo"`
}

// ServiceHostedMediaConfig says that the service plays, records and listens
// for keys, and which files it may fetch early.
type ServiceHostedMediaConfig struct {
	ODataType     string      `json:"@odata.type"`
	PreFetchMedia []MediaInfo `json:"preFetchMedia,omitempty"`
}

// AnswerRequest is the body of answer.
type AnswerRequest struct {
	CallbackURI        string                   `json:"callbackUri"`
	MediaConfig        ServiceHostedMediaConfig `json:"mediaConfig"`
	AcceptedModalities []string                 `json:"acceptedModalities"`
}

// RejectRequest is the body of reject.
type RejectRequest struct {
	Reason      ivr.RejectReason `json:"reason,omitempty"`
	CallbackURI string           `json:"callbackUri,omitempty"`
}

// RedirectRequest is the body of redirect.
type RedirectRequest struct {
	Targets     []InvitationParticipantInfo `json:"targets"`
	Timeout     *int                        `json:"timeout,omitempty"` // seconds of ringing, 15 to 90; nil for the service's default
	CallbackURI string                      `json:"callbackUri,omitempty"`
	// MaskCallee and MaskCaller put the bot's identity in the place of that one.
	MaskCallee bool `json:"maskCallee,omitempty" graph:"beta"`
	MaskCaller bool `json:"maskCaller,omitempty" graph:"beta"`
	// TargetDisposition is deprecated: the number of targets decides.
	TargetDisposition string `json:"targetDisposition,omitempty" graph:"beta"`
}

// CreateCallRequest is the body of a new call of two.
type CreateCallRequest struct {
	ODataType               string                      `json:"@odata.type"`
	CallbackURI             string                      `json:"callbackUri"`
	Source                  *ParticipantInfo            `json:"source,omitempty"` // nil: the bot
	Targets                 []InvitationParticipantInfo `json:"targets"`
	RequestedModalities     []string                    `json:"requestedModalities"`
	MediaConfig             ServiceHostedMediaConfig    `json:"mediaConfig"`
	TenantID                string                      `json:"tenantId,omitempty"`
	RingingTimeoutInSeconds *int                        `json:"ringingTimeoutInSeconds,omitempty"` // beta only, at most 115
}

// TransferRequest is the body of transfer.
type TransferRequest struct {
	TransferTarget InvitationParticipantInfo `json:"transferTarget"`
	Transferee     *ParticipantInfo          `json:"transferee,omitempty"` // only out of a group call
}

// PlayPromptRequest is the body of playPrompt.
type PlayPromptRequest struct {
	ClientContext string        `json:"clientContext,omitempty"`
	Prompts       []MediaPrompt `json:"prompts"`
	Loop          bool          `json:"loop,omitempty" graph:"beta"` // for ever
}

// SendDtmfTonesRequest is the body of sendDtmfTones.
type SendDtmfTonesRequest struct {
	ClientContext       string `json:"clientContext,omitempty"`
	Tones               []Tone `json:"tones"`
	DelayBetweenTonesMs int    `json:"delayBetweenTonesMs"`
}

// RecordResponseRequest is the body of recordResponse. Times are whole
// seconds from 1 to 120; nil takes the service's default, which is 5 for the
// times and true for the beep.
type RecordResponseRequest struct {
	ClientContext                  string        `json:"clientContext,omitempty"`
	Prompts                        []MediaPrompt `json:"prompts,omitempty"` // at most 1
	BargeInAllowed                 bool          `json:"bargeInAllowed,omitempty"`
	InitialSilenceTimeoutInSeconds *int          `json:"initialSilenceTimeoutInSeconds,omitempty"`
	MaxSilenceTimeoutInSeconds     *int          `json:"maxSilenceTimeoutInSeconds,omitempty"`
	MaxRecordDurationInSeconds     *int          `json:"maxRecordDurationInSeconds,omitempty"`
	PlayBeep                       *bool         `json:"playBeep,omitempty"`
	StopTones                      []string      `json:"stopTones,omitempty"` // the characters on the keys: "1", "*", "#"
	StreamWhileRecording           bool          `json:"streamWhileRecording,omitempty" graph:"beta"`
}

// CancelMediaProcessingRequest is the body of cancelMediaProcessing.
type CancelMediaProcessingRequest struct {
	ClientContext string `json:"clientContext,omitempty"`
}

// SubscribeToToneRequest is the body of subscribeToTone.
type SubscribeToToneRequest struct {
	ClientContext string `json:"clientContext,omitempty"`
}

// MuteRequest is the body of mute and unmute.
type MuteRequest struct {
	ClientContext string `json:"clientContext,omitempty"`
}

// ErrorBody is the body of an HTTP error.
type ErrorBody struct {
	Error ErrorDetail `json:"error"`
}

// ErrorDetail is what went wrong. Errors of the call API put their subcode
// into Code ("7504", "400#2203"); gateways put a word there.
type ErrorDetail struct {
	Code       string      `json:"code"`
	Message    string      `json:"message"`
	InnerError *InnerError `json:"innerError,omitempty"`
}

// InnerError identifies the failed request.
type InnerError struct {
	Date            string `json:"date,omitempty"`
	RequestID       string `json:"request-id,omitempty"`
	ClientRequestID string `json:"client-request-id,omitempty"`
}
