package graphsim

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"sync"

	"github.com/golang-jwt/jwt/v5"
)

// Shared is what simulators may have in common so that each of them costs
// less; it changes nothing that they do. It remembers the signatures of
// callback tokens, since the same key gives the same one for the same token and
// takes a millisecond, and prompts, since tests of one flow download the same
// ones over and over. The zero value is ready to use, also by several
// simulators at once.
type Shared struct {
	mu         sync.Mutex
	signatures map[signed][]byte
	prompts    map[string][]byte // as they were downloaded last, never written
	size       int               // of prompts
}

// What bounds the memory; beyond it all are forgotten.
const (
	maxSignatures = 256
	maxShared     = 64 << 20 // bytes of prompts
)

type signed struct {
	keyID string
	text  string
}

// sign signs a token's text. A nil s remembers nothing.
func (s *Shared) sign(text, keyID string, key *rsa.PrivateKey) ([]byte, error) {
	if s == nil {
		return jwt.SigningMethodRS256.Sign(text, key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	what := signed{keyID, text}
	if signature, ok := s.signatures[what]; ok {
		return signature, nil
	}
	signature, err := jwt.SigningMethodRS256.Sign(text, key)
	if err != nil {
		return nil, err
	}
	if s.signatures == nil || len(s.signatures) >= maxSignatures {
		s.signatures = map[signed][]byte{}
	}
	s.signatures[what] = signature
	return signature, nil
}

// prompt is what was downloaded last from an address without its query.
func (s *Shared) prompt(path string) []byte {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.prompts[path]
}

func (s *Shared) keepPrompt(path string, wav []byte) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size += len(wav) - len(s.prompts[path])
	if s.prompts == nil || s.size > maxShared {
		s.prompts, s.size = map[string][]byte{}, len(wav)
	}
	s.prompts[path] = wav
}

// intake takes a download in. As long as it is the same as what is known
// already, nothing is copied.
type intake struct {
	known []byte
	same  int          // bytes that are as in known
	other bytes.Buffer // all bytes, once one of them was not
	hint  int64        // how many there will be, if positive
	most  int64
}

// Write fails if there are too many bytes.
func (t *intake) Write(p []byte) (int, error) {
	if int64(max(t.same, t.other.Len())+len(p)) > t.most {
		return 0, fmt.Errorf("it has more than %d bytes", t.most)
	}
	if t.other.Len() == 0 && begins(t.known[t.same:], p) {
		t.same += len(p)
		return len(p), nil
	}
	if t.other.Len() == 0 {
		t.other.Grow(int(max(t.hint, 0)))
		t.other.Write(t.known[:t.same])
	}
	return t.other.Write(p)
}

// begins is bytes.HasPrefix, which without a network sees the same memory.
func begins(b, p []byte) bool {
	alias := len(p) > 0 && len(p) <= len(b) && &p[0] == &b[0]
	return alias || bytes.HasPrefix(b, p)
}

// bytes are what came in; they are not to be changed.
func (t *intake) bytes() []byte {
	if t.other.Len() > 0 {
		return t.other.Bytes()
	}
	return t.known[:t.same:t.same]
}
