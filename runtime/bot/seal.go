package bot

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// sealer encrypts what others keep for the bot, each under its name, so that
// nothing can be put in the place of another.
type sealer struct{ aead cipher.AEAD }

// newSealer has a key of 32 bytes.
func newSealer(key []byte) sealer {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("bot: a key of another size: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("bot: AES without GCM: " + err.Error())
	}
	return sealer{aead}
}

func (s sealer) seal(name string, data []byte) []byte {
	return s.aead.Seal(nil, nil, data, []byte(name))
}

var errSealed = errors.New("it is damaged, or sealed under another key")

// open is what seal sealed under the same name. The error wraps errSealed.
func (s sealer) open(name string, sealed []byte) ([]byte, error) {
	data, err := s.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, errSealed)
	}
	return data, nil
}
