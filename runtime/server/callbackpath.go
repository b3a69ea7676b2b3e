package server

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"

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

// parseCallback takes a path of CallbackPath apart.
func parseCallback(path string) (session ivr.SessionID, leg ivr.LegID, secret string, ok bool) {
	rest, ok := strings.CutPrefix(path, WebhookPath+"/")
	first, rest, ok1 := strings.Cut(rest, "/")
	second, third, ok2 := strings.Cut(rest, "/")
	ok = ok && ok1 && ok2 && isName(first, 1, 128) && isName(second, 1, 32) && isName(third, 22, 128)
	return ivr.SessionID(first), ivr.LegID(second), third, ok
}

func isCallback(path string) bool {
	_, _, _, ok := parseCallback(path)
	return ok
}

// isName reports whether s has the length and characters of an id or a secret.
func isName(s string, least, most int) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// NewSecret makes the secret part of a session's callback addresses: at least
// 128 random bits in 26 characters.
func NewSecret() string { return rand.Text() }

// SameSecret compares two secrets in a time that depends on neither.
func SameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
