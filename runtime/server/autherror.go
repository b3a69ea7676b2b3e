package server

import "fmt"

// AuthError says why a callback's token was refused. The sender is told the
// status and nothing else; the reason is for logs and counters.
type AuthError struct {
	// Reason is one of the Reason constants.
	Reason string
	// Status is the HTTP answer: 401 for a missing or expired token, else 403.
	Status int
	// Kid, Issuer and Tenant are what the token claims, at most 128 bytes
	// each. Unless the reason says that the signature held, nothing vouches
	// for them.
	Kid, Issuer, Tenant string
	// Err is the cause, if there is one below the token, such as a key set
	// that could not be read.
	Err error
}

// Error names the reason, never the token.
func (e *AuthError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("checking callback token: %s: %v", e.Reason, e.Err)
	}
	return "checking callback token: " + e.Reason
}

// Unwrap is the cause.
func (e *AuthError) Unwrap() error { return e.Err }

// The reasons of an AuthError, in the order in which tokens are checked.
const (
	ReasonMissing     = "missing"     // no Authorization header, or no token in it
	ReasonRepeated    = "repeated"    // more than one Authorization header
	ReasonScheme      = "scheme"      // not Bearer
	ReasonTooLong     = "too_long"    // over 8 KiB
	ReasonMalformed   = "malformed"   // not three parts of base64url and JSON
	ReasonAlgorithm   = "algorithm"   // alg is not RS256
	ReasonCritical    = "critical"    // header asks for an extension (crit, b64)
	ReasonNoKeyID     = "no_key_id"   // header has no kid
	ReasonNoKeys      = "no_keys"     // no key of the issuer could be loaded
	ReasonUnknownKey  = "unknown_key" // no profile has a key of this id
	ReasonSignature   = "signature"   // signature does not hold
	ReasonIssuer      = "issuer"      // iss is not the signer's
	ReasonAudience    = "audience"    // meant for somebody else
	ReasonExpired     = "expired"     // exp has passed
	ReasonNoExpiry    = "no_expiry"   // no usable exp
	ReasonNotYetValid = "not_yet"     // nbf is in the future
	ReasonTooLongLife = "life"        // valid for more than 24 hours
	ReasonTenant      = "tenant"      // tid is missing or not let in
	ReasonApplication = "application" // appid is missing or not let in
	ReasonOtherApp    = "other_app"   // a good token, for another app of this verifier
)
