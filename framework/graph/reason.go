package graph

import "github.com/ivrflow/ivrflow/framework/ivr"

// Codes that stand for several in the table of reasons.
const (
	anyCode = -1 // whatever the code
	okCode  = -2 // 0 or 2xx: the service uses both for a success
)

// reasons translates the service's codes, first match first. Pairs without a
// row take the reason of their code's class, see [ReasonOf].
var reasons = [...]struct {
	code, subcode int
	reason        ivr.Reason
}{
	// How calls end.
	{okCode, 4097, ivr.ReasonHungUp},       // other participant ended the call
	{okCode, 4521, ivr.ReasonHungUp},       // other participant ended the peer-to-peer call
	{okCode, 5000, ivr.ReasonHungUp},       // removed by another participant
	{okCode, 5001, ivr.ReasonHungUp},       // conversation over
	{okCode, 5002, ivr.ReasonHungUp},       // everybody else left
	{okCode, 5003, ivr.ReasonHungUp},       // conversation over
	{okCode, 5007, ivr.ReasonHungUp},       // initiator of the group call left
	{okCode, 5010, ivr.ReasonHungUp},       // one participant remained
	{okCode, 5012, ivr.ReasonHungUp},       // roster without participants
	{okCode, 5013, ivr.ReasonNoAnswer},     // nobody else joined
	{okCode, 5014, ivr.ReasonUnreachable},  // no possible host
	{okCode, 5020, ivr.ReasonHungUp},       // roster without visible participants
	{okCode, 5030, ivr.ReasonHungUp},       // breakout room's time is over
	{okCode, 5300, ivr.ReasonHungUp},       // removed by another participant
	{okCode, 5855, ivr.ReasonTimedOut},     // removed from the lobby
	{okCode, 7000, ivr.ReasonNone},         // ended by the bot
	{okCode, 10550, ivr.ReasonNone},        // ended by the bot
	{okCode, 18503, ivr.ReasonHungUp},      // other side of the peer-to-peer call left
	{okCode, 540000, ivr.ReasonHungUp},     // telephone user hung up
	{okCode, 560000, ivr.ReasonHungUp},     // telephone user hung up
	{anyCode, 7015, ivr.ReasonTransferred}, // transfer completed
	{408, 1106, ivr.ReasonTimedOut},        // our acceptance was not acknowledged in time
	{408, 8537, ivr.ReasonTimedOut},        // keepAlive missing
	{408, 10057, ivr.ReasonUnreachable},    // no signalling from the callee's endpoints
	{410, 301005, ivr.ReasonMedia},         // media connectivity failure
	{480, 10037, ivr.ReasonUnreachable},    // no callee endpoint found
	{480, 10076, ivr.ReasonUnreachable},    // callee not reachable
	{480, 10134, ivr.ReasonUnreachable},    // call could not be routed
	{480, 10199, ivr.ReasonNotAllowed},     // private calling is disabled for the user
	{500, 1005, ivr.ReasonMedia},           // no connectivity with the bot's media
	{500, 7000, ivr.ReasonService},         // blind transfer failed
	{500, 7700, ivr.ReasonService},         // consultative transfer failed
	{500, 7106, ivr.ReasonMedia},           // media of the call failed
	{anyCode, 9997, ivr.ReasonNotFound},    // older form of 8522
	// Permissions and identities.
	{anyCode, 7500, ivr.ReasonNotAllowed}, // unsupported identity
	{anyCode, 7501, ivr.ReasonNotAllowed}, // invalid token
	{anyCode, 7502, ivr.ReasonNotAllowed}, // access not enabled
	{anyCode, 7504, ivr.ReasonNotAllowed}, // insufficient application permissions
	{anyCode, 7505, ivr.ReasonNotAllowed}, // tenant of the token is not the call's
	{anyCode, 7506, ivr.ReasonNotAllowed}, // untrusted certificate
	{anyCode, 7507, ivr.ReasonNotAllowed}, // source application instance invalid
	{anyCode, 7508, ivr.ReasonNotAllowed}, // unsupported identity
	{anyCode, 7509, ivr.ReasonNotAllowed}, // HMAC error
	{anyCode, 7510, ivr.ReasonNotAllowed}, // managed identity error
	{anyCode, 7600, ivr.ReasonNotAllowed}, // resource access not enabled
	{anyCode, 7601, ivr.ReasonNotAllowed}, // invalid source
	{anyCode, 7602, ivr.ReasonNotAllowed}, // invalid target
	{anyCode, 7603, ivr.ReasonNotAllowed}, // invalid identity
	{anyCode, 7604, ivr.ReasonNotAllowed}, // unauthorised interoperation
	{anyCode, 7605, ivr.ReasonNotAllowed}, // unauthorised recording
	{anyCode, 7606, ivr.ReasonNotAllowed}, // unauthorised cognitive resource
	{anyCode, 8517, ivr.ReasonNotAllowed}, // call of another tenant
	// Media and operations.
	{anyCode, 8500, ivr.ReasonMedia},     // wrong kind of media for this operation
	{anyCode, 8503, ivr.ReasonMedia},     // audio is inactive
	{anyCode, 8504, ivr.ReasonMedia},     // no media streams
	{anyCode, 8508, ivr.ReasonCancelled}, // cancelled by us, a barge-in or a hang-up
	{anyCode, 8509, ivr.ReasonTimedOut},  // silence after speech
	{anyCode, 8510, ivr.ReasonTimedOut},  // silence instead of speech
	{anyCode, 8511, ivr.ReasonMedia},     // prompt could not be played
	{anyCode, 8512, ivr.ReasonMedia},     // beep could not be played
	{anyCode, 8513, ivr.ReasonMedia},     // no media came in
	{anyCode, 8514, ivr.ReasonNone},      // stop tone
	{anyCode, 8515, ivr.ReasonNone},      // longest recording reached
	{anyCode, 8516, ivr.ReasonThrottled}, // call throttled
	{anyCode, 8522, ivr.ReasonNotFound},  // call not found
	{anyCode, 8528, ivr.ReasonNotFound},  // call is over
	{anyCode, 8529, ivr.ReasonThrottled}, // monthly limit
	{anyCode, 8530, ivr.ReasonThrottled}, // limit of active calls
	{anyCode, 8531, ivr.ReasonNone},      // all keys received
	{anyCode, 8532, ivr.ReasonTimedOut},  // time between keys ran out
	{anyCode, 8535, ivr.ReasonMedia},     // wrong format of a prompt
	{anyCode, 8536, ivr.ReasonMedia},     // prompt could not be fetched
	{anyCode, 8537, ivr.ReasonTimedOut},  // keepAlive missing
	{anyCode, 8572, ivr.ReasonMedia},     // nothing plays
	{anyCode, 8588, ivr.ReasonMedia},     // no media came in while recording
	{anyCode, 8589, ivr.ReasonThrottled}, // recording throttled
	// Callees.
	{anyCode, 8538, ivr.ReasonDeclined},    // callee declined
	{anyCode, 8539, ivr.ReasonBusy},        // callee busy
	{anyCode, 8540, ivr.ReasonBusy},        // callee busy everywhere
	{anyCode, 8541, ivr.ReasonUnreachable}, // callee unavailable
	{anyCode, 8542, ivr.ReasonHungUp},      // call cancelled by its caller
	{anyCode, 8543, ivr.ReasonNotFound},    // call does not exist
	{anyCode, 8544, ivr.ReasonUnreachable}, // callee unreachable
	{anyCode, 8586, ivr.ReasonTimedOut},    // incoming call not acknowledged by the bot
	{anyCode, 8587, ivr.ReasonNoAnswer},    // incoming call not answered in time
	{anyCode, 8610, ivr.ReasonTimedOut},    // no response of the bot to a notification
}

// ReasonOf translates a code and a subcode of the service (resultInfo, or an
// HTTP status with the number in the error's code). An unknown pair takes the
// reason of its code: 0 and 2xx are a success.
func ReasonOf(code, subcode int) ivr.Reason {
	ok := code == 0 || code >= 200 && code < 300
	for _, r := range reasons {
		if r.subcode == subcode && (r.code == code || r.code == anyCode || r.code == okCode && ok) {
			return r.reason
		}
	}
	switch {
	case ok:
		return ivr.ReasonNone
	case code == 401, code == 403:
		return ivr.ReasonNotAllowed
	case code == 404, code == 410:
		return ivr.ReasonNotFound
	case code == 408:
		return ivr.ReasonTimedOut
	case code == 429:
		return ivr.ReasonThrottled
	case code == 480:
		return ivr.ReasonUnreachable
	case code == 486, code == 600:
		return ivr.ReasonBusy
	case code == 603:
		return ivr.ReasonDeclined
	}
	return ivr.ReasonService
}
