package server

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// WebhookPath takes new calls. It is what is registered with Teams as the
// bot's webhook for calling.
const WebhookPath = "/api/calls"

// CallbackPath is where the callbacks of one leg go: the path of the
// callbackUri of its first request. Ids are 1 to 128 (leg: 32) of the
// characters A-Z a-z 0-9 _ -, the secret is as NewSecret makes it.
func CallbackPath(session ivr.SessionID, leg ivr.LegID, secret string) string {
	return WebhookPath + "/" + string(session) + "/" + string(leg) + "/" + secret
}

// NewSecret makes the secret part of a session's callback addresses: at least
// 128 random bits in 26 characters.
func NewSecret() string { return rand.Text() }

// SameSecret compares two secrets in a time that depends on neither.
func SameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
