package server

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	rs256    = "RS256"
	maxToken = 8 << 10 // bytes
)

// token is a callback token that was taken apart. Nothing in it is to be
// believed before its signature was checked.
type token struct {
	kid       string
	signed    string // what the signature covers
	signature []byte
	claims    claimSet
}

// claimSet are the claims that decide. Times are zero if they are absent.
type claimSet struct {
	issuer, audience, tenant, appID string
	expires, notBefore              time.Time
}

// parse does the steps that need no key: shape, header, reading of claims. The
// library's own validation of claims is not used: it judges all of them at
// once, before the key's owner is known.
func parse(parser *jwt.Parser, raw string) (token, *AuthError) {
	if e := checkShape(raw); e != nil {
		return token{}, e
	}
	claims := jwt.MapClaims{}
	t, parts, err := parser.ParseUnverified(raw, claims)
	if t == nil {
		return token{}, refuse(ReasonMalformed, err)
	}
	if e := checkHeader(t.Header, err); e != nil {
		return token{}, e
	}
	c, err := readClaims(claims)
	if err != nil {
		return token{}, refuse(ReasonMalformed, err)
	}
	kid, _ := t.Header["kid"].(string) // checkHeader saw to it
	return token{kid, strings.Join(parts[:2], "."), t.Signature, c}, nil
}

// checkShape looks at bytes only, so that no parser sees a hostile token's
// millions of dots, and no decoder the line ends that Go's base64 skips.
func checkShape(raw string) *AuthError {
	switch {
	case raw == "":
		return refuse(ReasonMissing, nil)
	case len(raw) > maxToken:
		return refuse(ReasonTooLong, nil)
	case strings.Count(raw, ".") != 2, strings.ContainsFunc(raw, strange):
		return refuse(ReasonMalformed, nil)
	}
	return nil
}

// strange is whatever is neither base64url nor the dot between two parts.
func strange(c rune) bool {
	return (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.'
}

// checkHeader judges the header; err is what the parser had to say. Headers
// that point at keys (jku, jwk, x5u, x5c) are not looked at: keys come from
// the profile.
func checkHeader(header map[string]any, err error) *AuthError {
	if header == nil || errors.Is(err, jwt.ErrTokenMalformed) {
		return refuse(ReasonMalformed, err)
	}
	if header["alg"] != rs256 {
		return refuse(ReasonAlgorithm, nil)
	}
	for _, extension := range []string{"crit", "b64"} {
		if _, ok := header[extension]; ok {
			return refuse(ReasonCritical, nil)
		}
	}
	if kid, ok := header["kid"].(string); !ok || kid == "" {
		return refuse(ReasonNoKeyID, nil)
	}
	if err != nil {
		return refuse(ReasonMalformed, err)
	}
	return nil
}

// readClaims picks the claims that decide. A claim of a wrong kind is an error,
// an absent one is its zero value.
func readClaims(m jwt.MapClaims) (claimSet, error) {
	var c claimSet
	var errs [6]error
	c.issuer, errs[0] = m.GetIssuer()
	c.audience, errs[1] = onlyAudience(m)
	c.tenant, errs[2] = text(m, "tid")
	c.appID, errs[3] = text(m, "appid")
	c.expires, errs[4] = date(m.GetExpirationTime())
	c.notBefore, errs[5] = date(m.GetNotBefore())
	return c, errors.Join(errs[:]...)
}

// onlyAudience reads a string or an array of one string. More audiences would
// let one token serve several bots.
func onlyAudience(m jwt.MapClaims) (string, error) {
	list, err := m.GetAudience()
	if err != nil || len(list) == 0 {
		return "", err
	}
	if len(list) > 1 {
		return "", errors.New("aud names more than one audience")
	}
	return list[0], nil
}

func text(m jwt.MapClaims, name string) (string, error) {
	v, ok := m[name]
	if s, isText := v.(string); isText || !ok {
		return s, nil
	}
	return "", fmt.Errorf("%s is not a string", name)
}

// date is the zero time for an absent claim. Years beyond 9999 are refused,
// since arithmetic on them overflows.
func date(d *jwt.NumericDate, err error) (time.Time, error) {
	if err != nil || d == nil {
		return time.Time{}, err
	}
	if y := d.UTC().Year(); y < 1 || y > 9999 {
		return time.Time{}, errors.New("a time is out of range")
	}
	return d.Time, nil
}
