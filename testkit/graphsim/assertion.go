package graphsim

import (
	"crypto/sha1" //nolint:gosec // the thumbprint that older libraries name a certificate by
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// assertionType says that an assertion stands in place of the client secret.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

var errNoCertificate = errors.New("no certificate of the application has the thumbprint")

// checkCredential checks how an application proves that it is one: by its secret,
// or by an assertion that it signed with the key of its certificate.
func (s *Sim) checkCredential(a *registered, tenant string, form url.Values) *tokenFault {
	secret, assertion := form.Get("client_secret"), form.Get("client_assertion")
	switch {
	case assertion != "" && form.Get("client_assertion_type") != assertionType:
		return &tokenFault{400, "invalid_request", 900144, "The request body must contain the following parameter: 'client_assertion_type', which is " + assertionType + "."}
	case assertion != "":
		return s.checkAssertion(a, tenant, assertion)
	case secret == "":
		return &tokenFault{401, "invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."}
	case subtle.ConstantTimeCompare([]byte(secret), []byte(a.Secret)) != 1:
		return &tokenFault{401, "invalid_client", 7000215, "Invalid client secret provided."}
	}
	return nil
}

// checkAssertion checks a signed assertion:
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
func (s *Sim) checkAssertion(a *registered, tenant, text string) *tokenFault {
	_, err := jwt.Parse(text, func(t *jwt.Token) (any, error) {
		for _, c := range a.Certificates {
			if named(t.Header, c) {
				return c.PublicKey, nil
			}
		}
		return nil, errNoCertificate
	}, jwt.WithValidMethods([]string{"RS256", "PS256"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.clock.Now),
		jwt.WithIssuer(a.ID), jwt.WithSubject(a.ID), jwt.WithAudience(s.cfg.BaseURL+"/"+tenant+"/oauth2/v2.0/token"))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errNoCertificate):
		return &tokenFault{401, "invalid_client", 700027, "The certificate with identifier used to sign the client assertion is not registered on application."}
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return &tokenFault{401, "invalid_client", 700027, "Client assertion failed signature validation."}
	case errors.Is(err, jwt.ErrTokenExpired), errors.Is(err, jwt.ErrTokenNotValidYet):
		return &tokenFault{401, "invalid_client", 700024, "Client assertion is not within its valid time range."}
	}
	return &tokenFault{401, "invalid_client", 50027, "JWT token is invalid or malformed: " + err.Error() + "."}
}

// named says that the head of an assertion names a certificate, by the SHA-256 of
// it or, as older libraries do, the SHA-1.
func named(head map[string]any, c *x509.Certificate) bool {
	long, short := sha256.Sum256(c.Raw), sha1.Sum(c.Raw) //nolint:gosec // see above
	is := func(value any, sum []byte) bool {
		text, _ := value.(string)
		// MSAL for Go writes base64 in its first form, with padding.
		text = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "=")
		return text == base64.RawURLEncoding.EncodeToString(sum)
	}
	return is(head["x5t#S256"], long[:]) || is(head["x5t"], short[:])
}
