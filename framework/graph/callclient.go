package graph

import (
	"context"
	"errors"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// CallsClient makes calls in the name of a tenant.
//
// Every error of its methods, and of those of [CallClient] and what that leads
// to, is an [*Error]. One with Sent false was refused here, with the limit in
// its text, or could not be sent. One with a Status of 2xx was executed; only
// its answer could not be read. Nothing is sent twice, except that a refused
// token is renewed once.
type CallsClient struct {
	client *Client
	Tenant string // whose calls they are, an id or a domain
	// Scenario ties the requests of one call together (Graph's Scenario-Id), ""
	// for none.
	Scenario string
}

// Calls is a tenant's calls.
func (c *Client) Calls(tenant string) CallsClient { return CallsClient{client: c, Tenant: tenant} }

// Create makes a call: to one target, a new group call with several, or into a
// meeting; [NewCall] and [JoinMeeting] are its forms. The answer is the new
// call, establishing. (Page application-post-calls. Permissions by purpose:
// Calls.Initiate.All, Calls.InitiateGroupCall.All, Calls.JoinGroupCall.All or
// Calls.JoinGroupCallAsGuest.All, and Calls.AccessMedia.All for app-hosted
// media.)
//
// It checks: callbackUri is https; mediaConfig is there; either targets or a
// meeting; at most [MaxInvited] targets that are no telephones; a source that
// is an application instance for a telephone; ringing of 1 to 115 s and routing
// policies for one target only.
func (c CallsClient) Create(ctx context.Context, call CallResource) (CallResource, error) {
	body, err := checkNewCall(call)
	var made CallResource
	err = c.client.invoke(ctx, createCall, invocation{tenant: c.Tenant, scenario: c.Scenario, body: body, fault: err}, &made)
	return made, err
}

// CallClient is one call of a tenant, on which its methods act.
type CallClient struct {
	client   *Client
	Tenant   string // whose call it is, an id or a domain
	ID       ivr.CallID
	Scenario string // Graph's Scenario-Id, "" for none
}

// Call is a call that exists: no request is made.
func (c *Client) Call(tenant string, id ivr.CallID) CallClient {
	return CallClient{client: c, Tenant: tenant, ID: id}
}

func (c CallClient) with(body any, faults ...error) invocation {
	return invocation{tenant: c.Tenant, scenario: c.Scenario, call: c.ID, body: body, fault: errors.Join(faults...)}
}

// do sends a request whose answer says nothing.
func (c CallClient) do(ctx context.Context, m methodID, in invocation) error {
	return c.client.invoke(ctx, m, in, nil)
}

// Get reads the call. It takes [Select] and [Expand]. (Page call-get.)
func (c CallClient) Get(ctx context.Context, options ...Query) (CallResource, error) {
	in := c.with(nil)
	in.query = options
	var call CallResource
	err := c.client.invoke(ctx, getCall, in, &call)
	return call, err
}

// Delete hangs up; of a group call only the bot's leg ends. (Page call-delete.)
func (c CallClient) Delete(ctx context.Context) error { return c.do(ctx, hangUp, c.with(nil)) }

// KeepAlive keeps the call from being cleaned up: 45 minutes after the last
// one, or after its start, the service ends a call. Send one every 15 minutes.
// HTTP 404 says that the call is over. (Page call-keepalive.)
func (c CallClient) KeepAlive(ctx context.Context) error { return c.do(ctx, keepAlive, c.with(nil)) }

// AnswerCall is how to answer (page call-answer).
type AnswerCall struct {
	CallbackURI string `json:"callbackUri"` // https
	// AcceptedModalities are audio, video or videoBasedScreenSharing.
	AcceptedModalities []string     `json:"acceptedModalities"`
	MediaConfig        *MediaConfig `json:"mediaConfig"`
	CallOptions        *CallOptions `json:"callOptions,omitempty"`
	// ParticipantCapacity is of policy-based recording: how many participants of
	// the same policy this call can record; 0 says nothing about it.
	ParticipantCapacity int `json:"participantCapacity,omitempty"`
}

// Answer takes an incoming call: within 15 s of its notification, or 5 s in
// policy-based recording. It is accepted when this returns, and established
// when a notification says so. (Page call-answer.)
func (c CallClient) Answer(ctx context.Context, how AnswerCall) error {
	how, err := checkAnswer(how)
	return c.do(ctx, answerCall, c.with(how, err))
}

// Reject refuses an incoming call that was not answered. (Page call-reject.)
func (c CallClient) Reject(ctx context.Context, how RejectRequest) error {
	return c.do(ctx, rejectCall, c.with(how, checkReject(how)))
}

// Redirect sends an incoming call that was not answered to 1 to [MaxTargets]
// targets; the first to pick up has it. It rings for 15 to 90 s. (Page
// call-redirect; permission Calls.Initiate.All.)
func (c CallClient) Redirect(ctx context.Context, to RedirectRequest) error {
	return c.do(ctx, redirectCall, c.with(to, checkRedirect(to)))
}

// Transfer hands the call to a target. With ReplacesCallID the target is
// already in a call with the bot, which ends. With a Transferee, a participant
// is taken out of a group call. If the transfer fails later, a notification
// says so and the call goes on. (Page call-transfer; permission
// Calls.Initiate.All.)
func (c CallClient) Transfer(ctx context.Context, to TransferRequest) error {
	return c.do(ctx, transferCall, c.with(to, checkTransfer(to)))
}

// PlayPrompt plays 1 to [MaxPrompts] files one after another. (Page
// call-playprompt; service-hosted media.)
func (c CallClient) PlayPrompt(ctx context.Context, what PlayPromptRequest) (OperationResource, error) {
	return c.client.operation(ctx, playPrompt, c.with(what, checkPrompts(what.Prompts, 1, MaxPrompts), checkContext(what.ClientContext)))
}

// RecordResponse records a short answer after at most one prompt. (Page
// call-record; service-hosted media; permission Calls.AccessMedia.All.)
func (c CallClient) RecordResponse(ctx context.Context, what RecordResponseRequest) (OperationResource, error) {
	return c.client.operation(ctx, recordResponse, c.with(what, checkRecord(what), checkContext(what.ClientContext)))
}

// CancelMediaProcessing ends the prompt or recording that runs and those that
// wait; each of them reports its end. The subscription to tones stays. (Page
// call-cancelmediaprocessing.)
func (c CallClient) CancelMediaProcessing(ctx context.Context, clientContext string) (OperationResource, error) {
	return c.client.operation(ctx, cancelMedia, c.with(withContext{clientContext}, checkContext(clientContext)))
}

// SubscribeToTone asks for a notification of each key that is pressed. (Page
// call-subscribetotone; service-hosted media; permission
// Calls.AccessMedia.All.)
func (c CallClient) SubscribeToTone(ctx context.Context, clientContext string) (OperationResource, error) {
	return c.client.operation(ctx, subscribeToTone, c.with(withContext{clientContext}, checkContext(clientContext)))
}

// SendDtmfTones presses keys on the bot's side. (Page call-senddtmftones.)
func (c CallClient) SendDtmfTones(ctx context.Context, what SendDtmfTonesRequest) (OperationResource, error) {
	return c.client.operation(ctx, sendTones, c.with(what, checkTones(what), checkContext(what.ClientContext)))
}

// Mute mutes the bot in a group call, in the service. (Page call-mute.)
func (c CallClient) Mute(ctx context.Context, clientContext string) (OperationResource, error) {
	return c.client.operation(ctx, muteSelf, c.with(withContext{clientContext}, checkContext(clientContext)))
}

// Unmute takes Mute back. (Page call-unmute.)
func (c CallClient) Unmute(ctx context.Context, clientContext string) (OperationResource, error) {
	return c.client.operation(ctx, unmuteSelf, c.with(withContext{clientContext}, checkContext(clientContext)))
}

// withContext is the body of a method that takes nothing else.
type withContext struct {
	ClientContext string `json:"clientContext,omitempty"`
}
