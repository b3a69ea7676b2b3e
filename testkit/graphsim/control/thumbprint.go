package control

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
)

// Thumbprint names a key: the SHA-256 of its JSON Web Key in the canonical form
// of RFC 7638, in base64url without padding.
func Thumbprint(key *rsa.PublicKey) string {
	enc := base64.RawURLEncoding.EncodeToString
	sum := sha256.Sum256([]byte(`{"e":"` + enc(big.NewInt(int64(key.E)).Bytes()) + `","kty":"RSA","n":"` + enc(key.N.Bytes()) + `"}`))
	return enc(sum[:])
}
