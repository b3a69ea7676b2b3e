// Package graph speaks the cloud communications API of Microsoft Graph: it
// turns callbacks into events, commands into requests, and sends the requests.
//
// The wire types ([Call], [Operation], the request bodies) are the exact JSON
// of the service. What the bot sends is strict; what it reads is lenient, since
// real callbacks spell the same thing in several ways.
//
//	notifications, err := graph.DecodeNotifications(body)
//	for _, n := range notifications {
//		if event, ok := n.Event(now, leg); ok { ... }
//	}
//
//	request, err := graph.Build(command, graph.Params{CallID: id, Session: session})
//	response, err := client.Send(ctx, tenant, scenario, request)
//
// Beside what flows need, each method of the call API has a typed form:
//
//	call := client.Call(tenant, id)
//	roster, err := call.Participants(ctx)
//	operation, err := call.Invite(ctx, graph.InviteRequest{Participants: people})
//	operation, err = call.Participant(roster[0].ID).StartHoldMusic(ctx, graph.HoldRequest{})
//	made, err := client.Calls(tenant).Create(ctx, graph.JoinMeeting(callback, graph.ServiceHosted(), meeting, chat))
//
// [Methods] lists them. They check the service's limits before they send, and
// keep what the service says that this version does not know ([Properties]).
//
// A [Client] is safe for concurrent use; everything else is plain data and
// pure functions.
package graph

// The type tags (@odata.type) of the elements that this package reads and
// writes. Graph refuses abstract elements without one.
const (
	TypeNotifications             = "#microsoft.graph.commsNotifications"
	TypeNotification              = "#microsoft.graph.commsNotification"
	TypeCall                      = "#microsoft.graph.call"
	TypeResultInfo                = "#microsoft.graph.resultInfo"
	TypeToneInfo                  = "#microsoft.graph.toneInfo"
	TypeMediaState                = "#microsoft.graph.callMediaState"
	TypeParticipantInfo           = "#microsoft.graph.participantInfo"
	TypeInvitationParticipantInfo = "#microsoft.graph.invitationParticipantInfo"
	TypeIdentitySet               = "#microsoft.graph.identitySet"
	TypeIdentity                  = "#microsoft.graph.identity"
	TypeMediaPrompt               = "#microsoft.graph.mediaPrompt"
	TypeMediaInfo                 = "#microsoft.graph.mediaInfo"
	TypeServiceHostedMediaConfig  = "#microsoft.graph.serviceHostedMediaConfig"
	TypeAppHostedMediaConfig      = "#microsoft.graph.appHostedMediaConfig"
	TypeOutgoingCallOptions       = "#microsoft.graph.outgoingCallOptions"
	TypeIncomingCallOptions       = "#microsoft.graph.incomingCallOptions"
	TypePlayPromptOperation       = "#microsoft.graph.playPromptOperation"
	TypeRecordOperation           = "#microsoft.graph.recordOperation"
	TypeSubscribeToToneOperation  = "#microsoft.graph.subscribeToToneOperation"
	TypeCancelMediaOperation      = "#microsoft.graph.cancelMediaProcessingOperation"
)

// Limits of the service and of this package.
const (
	// MaxBody is the size in bytes of the largest body that is read, from a
	// callback or as an answer.
	MaxBody = 256 << 10
	// MaxRecording is the size in bytes of the largest recording that is
	// downloaded: more than twice the 120 s that the service records.
	MaxRecording = 8 << 20
	// MaxClientContext is the longest clientContext in characters.
	MaxClientContext = 256
	// MaxPrompts is how many prompts one playPrompt plays.
	MaxPrompts = 20
	// MaxTargets is how many targets one redirect rings.
	MaxTargets = 25
	// MaxInvited is how many people one invitation brings in, and how many users
	// a new group call calls.
	MaxInvited = 5
)
