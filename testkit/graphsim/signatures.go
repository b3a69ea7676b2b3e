package graphsim

import (
	"crypto/rsa"
	"sync"

	"github.com/golang-jwt/jwt/v5"
)

// Signatures remembers the signatures of callback tokens. A signature takes a
// millisecond, and the same key gives the same one for the same token, so that
// simulators that begin at the same virtual time can share them. The zero
// value is ready to use, also by several simulators at once.
type Signatures struct {
	mu   sync.Mutex
	made map[signed][]byte
}

type signed struct {
	keyID string
	text  string
}

// maxSignatures bounds the memory; beyond it all are forgotten.
const maxSignatures = 256

// sign signs a token's text. A nil s remembers nothing.
func (s *Signatures) sign(text, keyID string, key *rsa.PrivateKey) ([]byte, error) {
	if s == nil {
		return jwt.SigningMethodRS256.Sign(text, key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	what := signed{keyID, text}
	if signature, ok := s.made[what]; ok {
		return signature, nil
	}
	signature, err := jwt.SigningMethodRS256.Sign(text, key)
	if err != nil {
		return nil, err
	}
	if s.made == nil || len(s.made) >= maxSignatures {
		s.made = map[signed][]byte{}
	}
	s.made[what] = signature
	return signature, nil
}
