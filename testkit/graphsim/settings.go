package graphsim

import (
	"time"
)

// Refusal is an error answer to a request: its HTTP status and Graph's
// error.code.
type Refusal struct {
	Status int    // HTTP status
	Code   string // error.code, mostly a number such as "8522"
}

// Result is a resultInfo: an HTTP-like class and the service's refinement.
type Result struct {
	Code, Subcode int
	Message       string
}

// Settings are the simulator's choices where the service's documentation is
// silent, contradicts itself or is contradicted by what was seen. A zero field
// means the default named beside it; a negative duration means none.
type Settings struct {
	// Call set-up and end.

	Latency           time.Duration // from a fact to the POST that tells it; 10ms
	EstablishingDelay time.Duration // from answer to establishing; 100ms
	EstablishedDelay  time.Duration // from establishing to established; 200ms
	AudioDelay        time.Duration // from established to mediaState.audio active; 200ms
	Audio             AudioOrder    // which update tells that audio is active; AudioAfter
	AnswerWithin      time.Duration // an unanswered call lives that long; 15s
	AnswerTimeout     Result        // the end of an unanswered call; 408/8587
	Unacknowledged    Result        // the end of a call whose first notification was not answered 2xx; none: it rings on
	KeepAliveWithin   time.Duration // a call without keepAlive lives that long; 45m
	HangUpByUser      Result        // a Teams user hangs up; 200/5002
	HangUpByPhone     Result        // a PSTN caller hangs up; 200/540000
	Abandoned         Result        // the caller gives up before the answer; 487/8542
	HangUpByBot       Result        // DELETE; 200/7000
	CodesAsText       bool          // resultInfo codes of the call's end as strings, as one documentation page has them
	ZeroCode          bool          // the end after DELETE has only the code "0", as another page has it
	NoTerminating     bool          // leave out the terminating update after DELETE
	MaxCalls          int           // concurrent calls, of which the service's limit was 100; 0 is no limit
	MaxCallLength     time.Duration // of an answered call; 0 is no limit
	Roster            bool          // a call of two has a roster, too
	MuteOfTwo         bool          // take mute and unmute in a call of two, too
	MaxCallsAMonth    int           // new calls of an app in 30 days, of which the service's limit was 10,000; 0 is no limit
	MaxRequests       int           // requests of an app in 10 seconds, of which the service's limit is 130,000; 0 is no limit

	// Refusals.

	WrongState      Refusal // an action that the call's state does not allow; 400/8585
	NotEstablished  Refusal // a media action before the call is established; 400/8501
	NoAudio         Refusal // a media action before audio is active; 400/8503
	CallNotFound    Refusal // an unknown or ended call; 404/8522
	NoCallID        Refusal // an action without the id of a call; 404/UnknownError
	Malformed       Refusal // a body or parameter that breaks a rule; 400/BadRequest
	QueueFull       Refusal // a media operation beyond QueueLimit; 429/8516
	TransferRuns    Refusal // a transfer while one is under way; 409/8607
	TransferGroup   Refusal // a transfer of a group call; 400/8523
	NoInstance      Refusal // a telephone target on a call that no application instance received; 403/7507
	OtherTenant     Refusal // a user of another tenant as target; 403/8517
	TooManyCalls    Refusal // a new call of the bot beyond MaxCalls; 429/8530
	NotGroup        Refusal // mute and unmute in a call of two; 400/8548
	NoMeeting       Refusal // no meeting has this organizer and chat; 400/8527
	BadToken        Refusal // no meeting has this token; 400/8526
	BadJoinID       Refusal // no meeting has this join id, or the passcode is wrong; 400/8561
	NoParticipant   Refusal // an unknown participant; 404/8558
	NotFound        Refusal // an unknown operation, routing group or content sharing session; 404/8522
	GroupExists     Refusal // a routing group whose id there is; 409/8519
	HoldRuns        Refusal // hold for a second participant; 409/8519
	AlreadyIn       Refusal // an invitation of somebody who is there; 400/8559
	MediaMode       Refusal // an action for the other kind of media; 400/8500
	TonesOfApp      Refusal // subscribeToTone with app-hosted media; 500/9999
	RemoveOrganizer Refusal // removing a meeting's organizer; 400/8552
	MonthUsedUp     Refusal // a new call beyond MaxCallsAMonth; 429/8529
	TooManyRequests Refusal // a request beyond MaxRequests; 429/TooManyRequests

	// Requests.

	IDsIgnoreCase   bool // take ids in any spelling, not only as bodies and URLs of the call have them
	NamesIgnoreCase bool // take names of parameters and properties in any case
	KeepAliveOnApp  bool // take keepAlive below the alias /app/calls, for which it is not listed
	HTTPSOnly       bool // refuse plain http on loopback addresses, too, as the service does
	Undescribed     bool // take what only the metadata declares, such as startRecording or admitFromLobby; otherwise it is answered 501
	InnerErrorOld   bool // errors have "innererror", with another one inside, as older pages show
	PlainBodies     bool // refuse bodies that are compressed (gzip)

	// Callbacks.

	IDs                Spelling      // ids in resourceUrl; SpellSeeded
	IDInUpdates        bool          // put the id into resourceData of call updates too
	NoOperationID      bool          // leave the id out of resourceData of operations
	NoLegacyResource   bool          // leave out the /app/calls twin of resourceUrl
	OnlyLegacyResource bool          // leave out resourceUrl and send its twin only
	NoLeadingSlash     bool          // leave out the slash at the start of resourceUrl
	PascalCase         bool          // enum values begin with a capital, as in metadata and old traces
	PascalStatus       bool          // the status of operations begins with a capital, as in metadata and pages on invitations; Microsoft's typed clients read no other
	Undeclared         bool          // add fields that no type declares: the echo of the request, dates, identityProvider ...
	UnknownTypes       bool          // an element of a type that nobody knows comes first in every body
	OperationUpdates   bool          // an update tells that a media operation runs
	TellRedirecting    bool          // an update tells that the call is redirecting
	LegacyFirst        bool          // the first incoming notification has the legacy form, until answered 204
	CallbackType       string        // Content-Type of callbacks; application/json
	CallbackTimeout    time.Duration // the bot's time to answer a callback; 10s
	CallbackRetries    int           // repeats of a callback that was not answered 2xx; 0
	CallbackRetryGap   time.Duration // between repeats; 1s
	SameMessageID      bool          // repeats and duplicates keep their message id
	TokenLife          time.Duration // nbf to exp of a callback token; 65m
	TokenIssuer        string        // iss of callback tokens; https://api.botframework.com, also seen: https://graph.microsoft.com
	TwinKeys           bool          // the published set has every key twice
	AccessTokenLife    time.Duration // of the access tokens; 3599s

	// Media.

	Start              StartStatus        // status of a media operation in the answer of its request; StartRunning
	BadPrompt          BadPrompt          // what a wrong or missing prompt file does; BadPromptSilent
	PromptCancel       CancelForm         // how a cancelled prompt is reported; CancelFailed
	MaxPromptBytes     int64              // larger prompt files count as not downloadable; 32 MiB
	MaxPromptLength    time.Duration      // longer prompts count as files of the wrong form; 0 is no limit
	PromptTimeout      time.Duration      // for one download; 10s
	PromptRedirects    int                // redirects followed while downloading; 0
	PromptCacheLife    time.Duration      // of a prompt cached by resourceId; 0 is for ever
	PromptCacheByCall  bool               // every call has a cache of its own
	IdleCancelRefused  bool               // cancelMediaProcessing with nothing to cancel is refused
	QueueLimit         int                // media operations waiting on a call; 0 is no limit
	NoResultInfo       bool               // successful beta media results without resultInfo, as the documentation's examples
	NoCompletionReason bool               // beta playPrompt results without completionReason, as the documentation's example
	Subscription       DoubleSubscription // a second subscribeToTone; SubscribeOnce
	SubscribeDelay     time.Duration      // from subscribeToTone until keys are reported; 0
	EarlyTones         bool               // keys that were pressed before the subscription follow it
	StopToneHidden     bool               // keys that stop a recording do not reach the subscription
	BeepLength         time.Duration      // beep before a recording; 250ms
	ToneLength         time.Duration      // of one tone that is sent; 100ms
	SpeechLevel        int                // loudest sample of a 20 ms frame from which it is speech; 500 of 32767
	RecordEndsReported bool               // a recording cut off by the end of its call reports 400/8508 first
	BargedOutSilent    bool               // operations pushed out by bargeInAllowed report nothing
	RecordingKept      time.Duration      // after the end of its call; 30s
	RecordingTokenLife time.Duration      // of the token of a recording; 0 is as long as the recording
	AudioLossCancels   bool               // media that runs when audio goes inactive is cancelled, and reports it

	// Calls of the bot.

	RingFor        time.Duration // a call that names no time rings that long; 60s
	CalleeBusy     Result        // 486/8539
	CalleeDeclined Result        // 603/8538
	CalleeNoAnswer Result        // as was seen, that of a call that both ended well; 200/5002

	// Calls of several and meetings.

	AnyMeeting        bool          // a meeting that was not scheduled comes into being when a bot joins it by organizer and chat
	LobbyEstablishing bool          // a bot in the lobby is establishing; otherwise it is established, without audio
	LobbyFor          time.Duration // a bot waits that long; 30m
	LobbyTimeout      Result        // its end then; 200/5855
	AloneFor          time.Duration // a bot that is alone in a meeting stays that long; 0 is for ever
	LastOne           Result        // the end of a call of several in which only bots are left; 200/5010
	NobodyJoined      Result        // the end of a new call of several that nobody took; 200/5013
	MeetingEnded      Result        // the organizer ends the meeting; 200/5001
	Removed           Result        // the bot is removed by another participant; 200/5000
	InviteNoAnswer    Result        // an invitation that nobody took; 408/8544
	NoInviteIDs       bool          // the answer to invite has no ids of participants
	RemoveForbidden   bool          // the tenant does not let the app remove participants
	TransfereeOnly    bool          // the bot stays when somebody was transferred out of a call of several; the page's example ends its call
	ChoreDelay        time.Duration // until startHoldMusic and addLargeGalleryView are done; 100ms
	OperationsGone    bool          // an operation that is over cannot be read
	SessionInAddress  bool          // notifications of shared screens have the id in the address, and no data
	PageSize          int           // of lists; 0 is no limit

	// Transfer and redirect.

	TransferRing     time.Duration // until a target answers, is busy or declines; 2s
	TransferNoAnswer time.Duration // until a transfer to nobody fails; 40s
	TransferCode     int           // resultInfo.code of a completed transfer, 0 or 200; 0
	TransferFailed   Result        // a failed blind transfer; 500/7000
	ConsultDelay     time.Duration // until a consultative transfer is done; 500ms
	ConsultFails     bool          // consultative transfers fail
	ConsultFailed    Result        // a failed consultative transfer; 500/7700
	ConsultResult    bool          // a consultative one ends with a resultInfo, not only with AppTransferred
	Replaced         Result        // the end of the call whose place was taken; 200/5001
	NoVoicemail      bool          // a transfer to a user's voicemail fails
	TransferMutes    bool          // audio is inactive while the target's phone rings
	PSTNAlways       bool          // allow telephone targets on calls that no application instance received
	RedirectFailed   Result        // nobody took a redirected call; 408/8544

	// Oddities.

	OddChance     float64       // chance that an oddity happens where it can, 0 to 1; 1
	GatherFor     time.Duration // batched and parallel collect notifications that long; 30ms
	AudioDropAt   time.Duration // audio-drops: after audio became active; 2s
	AudioDropFor  time.Duration // audio-drops: until it is active again; 1s
	ToneHeld      time.Duration // tones-while-playing: the longest wait for a prompt; 1500ms
	CancelLag     time.Duration // cancel-interleaves: from cancel to its reports; 300ms
	LateEventLag  time.Duration // late-operation-event: after the call's end; 500ms
	EscalateAfter time.Duration // escalates: after audio became active; 3s
	EscalateEnd   Result        // escalates: end of a call whose bot may not join group calls; 403/7504
}
