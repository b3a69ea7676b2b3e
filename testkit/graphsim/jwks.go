package graphsim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	discoveryPath = "/v1/.well-known/OpenIdConfiguration"
	keysPath      = "/v1/.well-known/keys"
	defaultIssuer = "https://api.botframework.com"
)

// keyring holds the keys that callbacks were and are signed with. The last
// one signs; the others are still published.
type keyring struct {
	mu   sync.Mutex
	keys []signingKey
}

type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

func newKeyring(key *rsa.PrivateKey) (*keyring, error) {
	k := &keyring{}
	return k, k.add(key)
}

// add makes key the signing key; nil makes a new one.
func (k *keyring) add(key *rsa.PrivateKey) error {
	if key == nil {
		var err error
		if key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return err
		}
	}
	if key.N.BitLen() < 2048 {
		return fmt.Errorf("an RSA key of %d bits is too short, 2048 are needed", key.N.BitLen())
	}
	sum := sha256.Sum256(key.N.Bytes())
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = append(k.keys, signingKey{id: base64.RawURLEncoding.EncodeToString(sum[:15]), key: key})
	return nil
}

// forget stops publishing all keys but the signing one.
func (k *keyring) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = k.keys[len(k.keys)-1:]
}

func (k *keyring) signer() signingKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys[len(k.keys)-1]
}

// RotateKey signs the next callbacks with key, or with a new one if it is nil.
// The old keys stay published, unless forget is set.
func (s *Sim) RotateKey(key *rsa.PrivateKey, forget bool) error {
	if err := s.keys.add(key); err != nil {
		return fmt.Errorf("rotate the simulator's signing key: %w", err)
	}
	if forget {
		s.keys.forget()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
	return nil
}

type cachedToken struct {
	text   string
	expiry time.Time
}

// callbackToken is the token of callbacks to an app for a tenant. One token serves many
// callbacks, until five minutes before its end. The lock is held.
func (s *Sim) callbackToken(app, tenant string) (string, error) {
	now := s.clock.Now()
	if t, ok := s.tokens[app+tenant]; ok && t.expiry.Sub(now) > 5*time.Minute {
		return t.text, nil
	}
	notBefore := now.Add(-5 * time.Minute)
	expiry := notBefore.Add(s.set.TokenLife)
	signer := s.keys.signer()
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": s.set.TokenIssuer, "aud": app, "tid": tenant,
		"nbf": notBefore.Unix(), "exp": expiry.Unix(), "serviceurl": s.cfg.BaseURL,
	})
	t.Header["kid"] = signer.id
	text, err := t.SigningString()
	if err != nil {
		return "", fmt.Errorf("encode callback token: %w", err)
	}
	signature, err := s.cfg.Shared.sign(text, signer.id, signer.key)
	if err != nil {
		return "", fmt.Errorf("sign callback token: %w", err)
	}
	text += "." + t.EncodeSegment(signature)
	s.tokens[app+tenant] = cachedToken{text: text, expiry: expiry}
	return text, nil
}

// serveMetadata answers the OpenID metadata.
func (s *Sim) serveMetadata(w http.ResponseWriter) {
	writeJSON(w, http.StatusOK, object{
		"issuer":                                defaultIssuer,
		"authorization_endpoint":                "https://invalid.botframework.com/",
		"jwks_uri":                              s.cfg.BaseURL + keysPath,
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"private_key_jwt"},
	})
}

// serveKeys answers the published keys.
func (s *Sim) serveKeys(w http.ResponseWriter) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	list := make([]object, 0, len(s.keys.keys))
	published := s.keys.keys
	if s.set.TwinKeys {
		published = append(slices.Clip(published), published...)
	}
	for _, k := range published {
		list = append(list, object{
			"kty": "RSA", "use": "sig", "kid": k.id, "x5t": k.id, "alg": "RS256",
			"n": base64.RawURLEncoding.EncodeToString(k.key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.key.E)).Bytes()),
		})
	}
	writeJSON(w, http.StatusOK, object{"keys": list})
}

// object is a JSON object; its keys are written in alphabetical order, so the
// same content has the same bytes.
type object = map[string]any

func writeJSON(w http.ResponseWriter, status int, body any) {
	b, err := encode(body)
	if err != nil { // bodies are made of texts, numbers and lists of such
		panic(fmt.Sprintf("encode an answer: %v", err))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the other side may be gone; there is nobody to tell
}
