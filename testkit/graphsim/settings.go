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

// Spelling says how ids are written in the URLs of notifications.
type Spelling int

// The spellings of ids in notifications. Bodies always hold the dashed lower
// case form, as the service does.
const (
	SpellSeeded Spelling = iota // one of the two others a call, chosen by the seed
	SpellDashed                 // lower case with dashes
	SpellUpper                  // upper case without dashes
)

// BadPrompt says what a prompt does that cannot be fetched or is not a WAV
// file of 16 kHz, mono, 16 bits.
type BadPrompt int

// What a bad prompt does.
const (
	BadPromptSilent BadPrompt = iota // nothing is heard and the operation completes, with reason unknown
	BadPromptFails                   // the operation fails with 400/8535 (format) or 400/8536 (download)
)

// CancelForm is how a cancelled prompt is reported; a cancelled recording is
// always failed, 400/8508, operationCanceled.
type CancelForm int

// The forms in which the end of a cancelled prompt has been described.
const (
	CancelFailed    CancelForm = iota // failed, 400/8508, operationCanceled
	CancelByEnum                      // failed, 400/8508, mediaOperationCanceled
	CancelCompleted                   // completed, mediaOperationCanceled, without resultInfo
)

// DoubleSubscription is what a second subscribeToTone on a call does.
type DoubleSubscription int

// The effects of a second tone subscription.
const (
	SubscribeOnce   DoubleSubscription = iota // nothing: keys come once
	SubscribeTwice                            // every key comes once a subscription, with the same sequenceId
	SubscribeRefuse                           // refused like an action in the wrong state
)

// Settings are the simulator's choices where the service's documentation is
// silent. A zero field means the default named beside it; a negative duration
// means none.
type Settings struct {
	// Call set-up and end.

	Latency           time.Duration // from a fact to the POST that tells it; 10ms
	EstablishingDelay time.Duration // from answer to establishing; 100ms
	EstablishedDelay  time.Duration // from establishing to established; 200ms
	AudioDelay        time.Duration // from established to mediaState.audio active; 200ms
	AnswerWithin      time.Duration // an unanswered call lives that long; 15s
	AnswerTimeout     Result        // the end of an unanswered call; 408/8587
	KeepAliveWithin   time.Duration // a call without keepAlive lives that long; 45m
	HangUpByUser      Result        // a Teams user hangs up; 200/5002
	HangUpByPhone     Result        // a PSTN caller hangs up; 200/540000
	Abandoned         Result        // the caller gives up before the answer; 487/8542
	HangUpByBot       Result        // DELETE; 200/7000
	CodesAsText       bool          // resultInfo codes of the call's end as strings, as one documentation page has them
	NoTerminating     bool          // leave out the terminating update after DELETE
	MaxCalls          int           // concurrent calls; 0 is no limit
	MaxCallLength     time.Duration // of an answered call; 0 is no limit

	// Refusals.

	WrongState     Refusal // an action that the call's state does not allow; 400/8585
	NotEstablished Refusal // a media action before the call is established; 400/8501
	NoAudio        Refusal // a media action before audio is active; 400/8503
	CallNotFound   Refusal // an unknown or ended call; 404/8522

	// Callbacks.

	IDs              Spelling      // ids in resourceUrl; SpellSeeded
	IDInUpdates      bool          // put the id into resourceData of call updates too
	NoLegacyResource bool          // leave out the /app/calls twin of resourceUrl
	LegacyFirst      bool          // the first incoming notification has the legacy form, until answered 204
	CallbackTimeout  time.Duration // the bot's time to answer a callback; 10s
	CallbackRetries  int           // repeats of a callback that was not answered 2xx; 0
	CallbackRetryGap time.Duration // between repeats; 1s
	TokenLife        time.Duration // nbf to exp of a callback token; 65m
	AccessTokenLife  time.Duration // of the access tokens; 3599s

	// Media.

	BadPrompt          BadPrompt          // what a wrong or missing prompt file does; BadPromptSilent
	PromptCancel       CancelForm         // how a cancelled prompt is reported; CancelFailed
	MaxPromptBytes     int64              // larger prompt files count as not downloadable; 32 MiB
	PromptTimeout      time.Duration      // for one download; 10s
	PromptRedirects    int                // redirects followed while downloading; 0
	PromptCacheLife    time.Duration      // of a prompt cached by resourceId; 0 is for ever
	IdleCancelRefused  bool               // cancelMediaProcessing with nothing to cancel is refused
	QueueLimit         int                // media operations waiting on a call; 0 is no limit
	NoResultInfo       bool               // beta media results without resultInfo, as the documentation's examples
	Subscription       DoubleSubscription // a second subscribeToTone; SubscribeOnce
	StopToneHidden     bool               // keys that stop a recording do not reach the subscription
	BeepLength         time.Duration      // beep before a recording; 250ms
	SpeechLevel        int                // loudest sample of a 20 ms frame from which it is speech; 500 of 32767
	RecordEndsReported bool               // a recording cut off by the end of its call reports 400/8508 first
	BargedOutSilent    bool               // operations pushed out by bargeInAllowed report nothing
	RecordingKept      time.Duration      // after the end of its call; 30s

	// Transfer and redirect.

	TransferRing     time.Duration // until a target answers, is busy or declines; 2s
	TransferNoAnswer time.Duration // until a transfer to nobody fails; 40s
	TransferCode     int           // resultInfo.code of a completed transfer, 0 or 200; 0
	TransferFailed   Result        // a failed blind transfer; 500/7000
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

func (t Settings) withDefaults() Settings {
	t.durations()
	t.results()
	if t.MaxPromptBytes == 0 {
		t.MaxPromptBytes = 32 << 20
	}
	if t.SpeechLevel == 0 {
		t.SpeechLevel = 500
	}
	if t.OddChance == 0 {
		t.OddChance = 1
	}
	return t
}

func (t *Settings) durations() {
	for _, d := range [...]struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.Latency, 10 * time.Millisecond},
		{&t.EstablishingDelay, 100 * time.Millisecond},
		{&t.EstablishedDelay, 200 * time.Millisecond},
		{&t.AudioDelay, 200 * time.Millisecond},
		{&t.AnswerWithin, 15 * time.Second},
		{&t.KeepAliveWithin, 45 * time.Minute},
		{&t.CallbackTimeout, 10 * time.Second},
		{&t.CallbackRetryGap, time.Second},
		{&t.TokenLife, 65 * time.Minute},
		{&t.AccessTokenLife, 3599 * time.Second},
		{&t.PromptTimeout, 10 * time.Second},
		{&t.BeepLength, 250 * time.Millisecond},
		{&t.RecordingKept, 30 * time.Second},
		{&t.TransferRing, 2 * time.Second},
		{&t.TransferNoAnswer, 40 * time.Second},
		{&t.GatherFor, 30 * time.Millisecond},
		{&t.AudioDropAt, 2 * time.Second},
		{&t.AudioDropFor, time.Second},
		{&t.ToneHeld, 1500 * time.Millisecond},
		{&t.CancelLag, 300 * time.Millisecond},
		{&t.LateEventLag, 500 * time.Millisecond},
		{&t.EscalateAfter, 3 * time.Second},
	} {
		switch {
		case *d.field == 0:
			*d.field = d.value
		case *d.field < 0:
			*d.field = 0
		}
	}
}

func (t *Settings) results() {
	for _, r := range [...]struct {
		field *Result
		value Result
	}{
		{&t.AnswerTimeout, Result{408, 8587, "Call was not answered in time."}},
		{&t.HangUpByUser, Result{200, 5002, "The conversation has ended. DiagCode: 0#5002.@"}},
		{&t.HangUpByPhone, Result{200, 540000, "PSTN user hung up. DiagCode: 0#540000.@"}},
		{&t.Abandoned, Result{487, 8542, "Call was canceled. DiagCode: 487#8542.@"}},
		{&t.HangUpByBot, Result{200, 7000, "Call was ended by the application. DiagCode: 0#7000.@"}},
		{&t.TransferFailed, Result{500, 7000, "Transfer failed."}},
		{&t.RedirectFailed, Result{408, 8544, "Callee could not be reached. DiagCode: 408#8544.@"}},
		{&t.EscalateEnd, Result{403, 7504, "Insufficient enterprise tenant permissions, cannot access this API."}},
	} {
		if *r.field == (Result{}) {
			*r.field = r.value
		}
	}
	for _, r := range [...]struct {
		field *Refusal
		value Refusal
	}{
		{&t.WrongState, Refusal{400, "8585"}},
		{&t.NotEstablished, Refusal{400, "8501"}},
		{&t.NoAudio, Refusal{400, "8503"}},
		{&t.CallNotFound, Refusal{404, "8522"}},
	} {
		if *r.field == (Refusal{}) {
			*r.field = r.value
		}
	}
}
