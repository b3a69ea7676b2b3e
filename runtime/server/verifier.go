package server

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	maxSkew = 5 * time.Minute // between our clock and the issuer's
	maxLife = 24 * time.Hour  // of a token
)

// VerifierConfig configures NewVerifier.
type VerifierConfig struct {
	// Profiles are the kinds of token that are accepted, at least one.
	Profiles []Profile
	// HTTP fetches keys. nil means http.DefaultTransport.
	HTTP http.RoundTripper
	// Now is the clock. nil means time.Now.
	Now func() time.Time
	// Log hears about key refreshes. nil is silent.
	Log *slog.Logger
}

// Claims are what a good token vouches for.
type Claims struct {
	Profile  string // name of the profile whose key signed it
	Tenant   string // tid in lower case
	Issuer   string // iss
	Audience string // aud: the bot's application id, in lower case
	AppID    string // appid, empty if absent
	Kid      string // id of the key
	Expires  time.Time
}

// Verifier checks callback tokens. It is safe for concurrent use.
type Verifier struct {
	sets   []*keySet
	parser *jwt.Parser
	cache  *tokenCache
	now    func() time.Time
}

// NewVerifier checks the profiles and reports all their faults. It fetches
// nothing: keys are read when the first token, or Ready, asks for them.
func NewVerifier(c VerifierConfig) (*Verifier, error) {
	if len(c.Profiles) == 0 {
		return nil, errors.New("verifier needs at least one profile of callback tokens")
	}
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Now == nil {
		c.Now = time.Now
	}
	v := &Verifier{
		parser: jwt.NewParser(jwt.WithStrictDecoding()),
		cache:  newTokenCache(),
		now:    c.Now,
	}
	var errs []error
	for _, p := range c.Profiles {
		errs = append(errs, p.validate())
		v.sets = append(v.sets, newKeySet(p, c.HTTP, c.Now, c.Log))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return v, nil
}

// Verify checks a token (without "Bearer "). The error is an *AuthError. It
// takes at most about five seconds, when keys have to be read.
func (v *Verifier) Verify(ctx context.Context, text string) (Claims, error) {
	now := v.now()
	if c, ok := v.cache.get(text, now); ok {
		return c, nil
	}
	t, refused := parse(v.parser, text)
	if refused != nil {
		return Claims{}, refused
	}
	p, refused := v.signer(ctx, t)
	if refused == nil {
		refused = checkClaims(p, t.claims, now)
	}
	if refused != nil {
		return Claims{}, refused.about(t)
	}
	c := Claims{
		Profile:  p.Name,
		Tenant:   strings.ToLower(t.claims.tenant),
		Issuer:   t.claims.issuer,
		Audience: strings.ToLower(t.claims.audience),
		AppID:    t.claims.appID,
		Kid:      t.kid,
		Expires:  t.claims.expires,
	}
	v.cache.put(text, c, now)
	return c, nil
}

// Ready reads missing and old keys, and says why tokens cannot be checked:
// a profile never got keys, or this machine's clock is off.
func (v *Verifier) Ready(ctx context.Context) error {
	errs := make([]error, len(v.sets))
	for i, s := range v.sets {
		errs[i] = s.ready(ctx)
	}
	return errors.Join(errs...)
}

// signer finds the profile whose key made the signature. Keys are fetched for
// a profile only if the token looks like one of its own, so that nobody can
// make the bot fetch by sending rubbish.
func (v *Verifier) signer(ctx context.Context, t token) (Profile, *AuthError) {
	refused := refuse(ReasonUnknownKey, nil)
	for _, s := range v.sets {
		keys := s.known(t.kid)
		if s.profile.issuedBy(t.claims.issuer, t.claims.tenant) && s.profile.meantFor(t.claims.audience) {
			var err error
			if keys, err = s.find(ctx, t.kid); err != nil {
				refused = refuse(ReasonNoKeys, err)
			}
		}
		if len(keys) == 0 {
			continue
		}
		if slices.ContainsFunc(keys, t.signedBy) {
			return s.profile, nil
		}
		refused = refuse(ReasonSignature, nil)
	}
	return Profile{}, refused
}

// signedBy reports whether key made the signature. The method is ours; what
// the token says of it has been compared, and is not used.
func (t token) signedBy(key *rsa.PublicKey) bool {
	return jwt.SigningMethodRS256.Verify(t.signed, t.signature, key) == nil
}

// checkClaims judges the claims of a token that p's key signed.
func checkClaims(p Profile, c claimSet, now time.Time) *AuthError {
	switch {
	case !p.issuedBy(c.issuer, c.tenant):
		return refuse(ReasonIssuer, nil)
	case !p.meantFor(c.audience):
		return refuse(ReasonAudience, nil)
	case c.expires.IsZero():
		return refuse(ReasonNoExpiry, nil)
	case !now.Before(c.expires.Add(maxSkew)):
		return refuse(ReasonExpired, nil)
	case now.Add(maxSkew).Before(c.notBefore):
		return refuse(ReasonNotYetValid, nil)
	case c.expires.Sub(c.begin(now)) > maxLife:
		return refuse(ReasonTooLongLife, nil)
	case c.tenant == "" || !p.admitsTenant(c.tenant):
		return refuse(ReasonTenant, nil)
	case !p.admitsApp(c.appID):
		return refuse(ReasonApplication, nil)
	}
	return nil
}

// begin is when the token's life began, at the latest now.
func (c claimSet) begin(now time.Time) time.Time {
	if c.notBefore.IsZero() {
		return now
	}
	return c.notBefore
}

// refuse makes an AuthError with the status that belongs to the reason.
func refuse(reason string, err error) *AuthError {
	status := http.StatusForbidden
	if reason == ReasonMissing || reason == ReasonExpired {
		status = http.StatusUnauthorized
	}
	return &AuthError{Reason: reason, Status: status, Err: err}
}

// about adds what the token claims to be, for the log.
func (e *AuthError) about(t token) *AuthError {
	e.Kid, e.Issuer, e.Tenant = clip(t.kid), clip(t.claims.issuer), clip(t.claims.tenant)
	return e
}

// clip keeps a stranger's text from filling the log.
func clip(s string) string { return s[:min(len(s), 128)] }
