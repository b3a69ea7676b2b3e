package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// ErrFlowOwns says that a method of a call would come between its flow and the
// platform.
var ErrFlowOwns = errors.New("the call's flow does this itself")

// GraphCall is Graph's call resource of a live call, with all its methods. The flow
// does not learn of what they do, so those are refused with [ErrFlowOwns] that would
// change what it waits for: answering and ending the call, handing it over, its media
// and its keys. HangUp, Transfer and Signal of [Call], and steps of the flow, do that.
//
// What is left is safe while a flow runs: reading, participants and invitations,
// muting others, audio routing groups, the large gallery, the recording status, the
// screen sharing role, keeping alive. Mute and Unmute are the bot's own microphone: a
// flow with these steps may undo them.
//
// Who wants the rest all the same has it by Bot.Graph, and answers for it.
type GraphCall struct{ graph.CallClient }

// Graph is the call resource of the caller's leg, and an error if Graph has given it
// no id yet.
func (c *Call) Graph(ctx context.Context) (GraphCall, error) { return c.GraphOf(ctx, ivr.CallerLeg) }

// GraphOf is Graph for a leg, whose names State tells.
func (c *Call) GraphOf(ctx context.Context, leg ivr.LegID) (GraphCall, error) {
	s, _, err := c.look(ctx)
	if err != nil {
		return GraphCall{}, c.failed("look at it", err)
	}
	id := s.CallOf(leg)
	if leg == ivr.CallerLeg {
		id = s.Leg.Call
	}
	if id == "" {
		return GraphCall{}, c.failed("its resource", fmt.Errorf("the leg %q has no call yet; ask again once it rings", leg))
	}
	g := c.b.client.Call(s.Tenant, id)
	g.Scenario = s.Scenario
	return GraphCall{g}, nil
}

func owned(method, instead string) error {
	return fmt.Errorf("bot: %s: %w; %s", method, ErrFlowOwns, instead)
}

const byAStep = "write it as a step of the flow"

// Delete is refused: see [Call.HangUp].
func (GraphCall) Delete(context.Context) error { return owned("delete", "use HangUp of the call") }

// Answer is refused.
func (GraphCall) Answer(context.Context, graph.AnswerCall) error { return owned("answer", byAStep) }

// Reject is refused: see [Call.HangUp].
func (GraphCall) Reject(context.Context, graph.RejectRequest) error {
	return owned("reject", "use HangUp of the call")
}

// Redirect is refused.
func (GraphCall) Redirect(context.Context, graph.RedirectRequest) error {
	return owned("redirect", byAStep)
}

// Transfer is refused: see [Call.Transfer].
func (GraphCall) Transfer(context.Context, graph.TransferRequest) error {
	return owned("transfer", "use Transfer of the call")
}

// PlayPrompt is refused.
func (GraphCall) PlayPrompt(context.Context, graph.PlayPromptRequest) (graph.OperationResource, error) {
	return graph.OperationResource{}, owned("playPrompt", byAStep)
}

// RecordResponse is refused.
func (GraphCall) RecordResponse(context.Context, graph.RecordResponseRequest) (graph.OperationResource, error) {
	return graph.OperationResource{}, owned("recordResponse", byAStep)
}

// CancelMediaProcessing is refused.
func (GraphCall) CancelMediaProcessing(context.Context, string) (graph.OperationResource, error) {
	return graph.OperationResource{}, owned("cancelMediaProcessing", "send a signal that a step waits for")
}

// SubscribeToTone is refused.
func (GraphCall) SubscribeToTone(context.Context, string) (graph.OperationResource, error) {
	return graph.OperationResource{}, owned("subscribeToTone", byAStep)
}

// SendDtmfTones is refused.
func (GraphCall) SendDtmfTones(context.Context, graph.SendDtmfTonesRequest) (graph.OperationResource, error) {
	return graph.OperationResource{}, owned("sendDtmfTones", byAStep)
}
