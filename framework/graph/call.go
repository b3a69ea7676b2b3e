package graph

import "github.com/ivrflow/ivrflow/framework/ivr"

// Call is a call as notifications and GET show it. Updates are partial: a
// field that is absent did not change. Only the fields that this project uses
// are declared; readers ignore the others.
type Call struct {
	ODataType           string                      `json:"@odata.type,omitempty" graph:"#microsoft.graph.call"`
	ODataID             string                      `json:"@odata.id,omitempty"`
	ID                  string                      `json:"id,omitempty"`
	State               ivr.CallState               `json:"state,omitempty"`
	Direction           Direction                   `json:"direction,omitempty"`
	CallbackURI         string                      `json:"callbackUri,omitempty"`
	CallChainID         string                      `json:"callChainId,omitempty"`
	TenantID            string                      `json:"tenantId,omitempty"`
	MyParticipantID     string                      `json:"myParticipantId,omitempty"`
	Source              *ParticipantInfo            `json:"source,omitempty"`
	Targets             []InvitationParticipantInfo `json:"targets,omitempty"`
	AnsweredBy          *ParticipantInfo            `json:"answeredBy,omitempty"` // beta
	CallRoutes          []CallRoute                 `json:"callRoutes,omitempty"`
	RequestedModalities []string                    `json:"requestedModalities,omitempty"`
	MediaState          *MediaState                 `json:"mediaState,omitempty"`
	ToneInfo            *ToneInfo                   `json:"toneInfo,omitempty"`
	ResultInfo          *ResultInfo                 `json:"resultInfo,omitempty"`
	TerminationReason   string                      `json:"terminationReason,omitempty"` // beta
	ChatInfo            *ChatInfo                   `json:"chatInfo,omitempty"`          // meetings and group calls
}

// CallRoute tells how a call was retargeted before it reached the bot.
type CallRoute struct {
	RoutingType string      `json:"routingType"` // "forwarded", "lookup" or "selfFork"
	Original    IdentitySet `json:"original"`
	Final       IdentitySet `json:"final"`
	Other       Properties  `json:"-"`
}

// MediaState says whether audio flows (Graph: callMediaState).
type MediaState struct {
	ODataType string         `json:"@odata.type,omitempty"`
	Audio     ivr.AudioState `json:"audio,omitempty"`
	Other     Properties     `json:"-"`
}

// ToneInfo is one key that was pressed on the call.
type ToneInfo struct {
	ODataType  string     `json:"@odata.type,omitempty"`
	SequenceID Int        `json:"sequenceId"` // grows with each tone of the call
	Tone       Tone       `json:"tone"`
	Other      Properties `json:"-"`
}

// ResultInfo is why a call or an operation ended.
type ResultInfo struct {
	ODataType string     `json:"@odata.type,omitempty"`
	Code      Int        `json:"code"`
	Subcode   Int        `json:"subcode"` // readers also take "subCode"
	Message   string     `json:"message,omitempty"`
	Other     Properties `json:"-"`
}

// ChatInfo is the chat of a meeting or group call (resource type chatInfo).
type ChatInfo struct {
	ODataType           string     `json:"@odata.type,omitempty" graph:"#microsoft.graph.chatInfo"`
	ThreadID            string     `json:"threadId,omitempty"`            // "19:meeting_...@thread.v2"
	MessageID           string     `json:"messageId,omitempty"`           // of the thread's root, "0" for a scheduled meeting
	ReplyChainMessageID string     `json:"replyChainMessageId,omitempty"` // of a channel meeting
	Other               Properties `json:"-"`
}

// Result is the outcome in our words. A nil ResultInfo is a success without
// codes.
func (r *ResultInfo) Result() ivr.Result {
	if r == nil {
		return ivr.Result{}
	}
	code, subcode := int(r.Code), int(r.Subcode)
	return ivr.Result{Code: code, Subcode: subcode, Reason: ReasonOf(code, subcode), Message: r.Message}
}

// appTransferred is the terminationReason of a call that left by a
// consultative transfer; such a call has no resultInfo.
const appTransferred = "AppTransferred"

// result is why the call ended.
func (c *Call) result() ivr.Result {
	r := c.ResultInfo.Result()
	if c.ResultInfo == nil && c.TerminationReason != "" {
		r.Message = c.TerminationReason
		if c.TerminationReason == appTransferred {
			r.Reason = ivr.ReasonTransferred
		}
	}
	return r
}
