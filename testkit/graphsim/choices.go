package graphsim

// Spelling says how ids are written in the URLs of notifications.
type Spelling int

// The spellings of ids in notifications. Bodies always hold the dashed lower
// case form, as the service does.
const (
	SpellSeeded Spelling = iota // one of the two others a call, chosen by the seed
	SpellDashed                 // lower case with dashes
	SpellUpper                  // upper case without dashes
)

// AudioOrder says which update of an answered call tells that audio is active.
type AudioOrder int

// Where mediaState comes from. All three have been described.
const (
	AudioAfter  AudioOrder = iota // one of its own, AudioDelay after established
	AudioMerged                   // established itself
	AudioFirst                    // one of its own, before established
)

// StartStatus is the status of a media operation that was accepted. All three
// mean that a notification follows:
// https://learn.microsoft.com/graph/api/resources/commsoperation
type StartStatus int

// The statuses of accepted operations.
const (
	StartRunning    StartStatus = iota // running
	StartNotStarted                    // notStarted
	StartNull                          // null
)

// value is the status as the wire has it.
func (s StartStatus) value() any {
	switch s {
	case StartNotStarted:
		return "notStarted"
	case StartNull:
		return nil
	case StartRunning:
	}
	return "running"
}

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
