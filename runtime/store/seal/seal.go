// Package seal keeps what is stored of calls secret, and finds out what was
// changed.
//
// Each session has keys of its own, which are stored beside it, wrapped under a
// master key that is not. Whoever destroys a session's key destroys what was
// sealed under it, wherever copies of that lie:
//
//	k, wrapped, err := master.NewKey("s1", "call") // wrapped is stored
//	row := k.Seal(nil, seal.Place{Kind: seal.Journal, Version: 4}, body)
//	...
//	k, err = master.Unwrap("s1", "call", wrapped)
//	body, err = k.Open(seal.Place{Kind: seal.Journal, Version: 4}, row)
//
// The cipher is AES-256-GCM with random nonces of 96 bits. What is sealed is
// bound to its session, its kind and its version: a row that was moved, or of
// which one bit is another, is an error and never another body.
//
// Random nonces allow 2^32 seals under one key (NIST SP 800-38D, section 8.3).
// A session's key seals a few bodies for each event of one call; the flow's
// limits end a call long before a million. The master key seals nothing
// itself: the key that wraps a session's keys is derived from it and the
// session's id, so that the number of calls does not matter.
//
// Bodies are not compressed: they are too small to gain what it costs, and a
// length that depends on the content tells of it.
//
// All methods are safe for concurrent use.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Errors that callers branch on.
var (
	// ErrDamaged says that something is not as it was sealed, or not where.
	ErrDamaged = errors.New("the stored data is damaged")
	// ErrOtherMaster says that a key was wrapped under another master key.
	ErrOtherMaster = errors.New("it was stored with another key than the one that is configured now")
)

// KeySize is the size of a master key in bytes.
const KeySize = 32

// The first byte of what is sealed says in which form that is.
const form = 1

const idSize = 8

// Master is the key that the database does not have.
type Master struct {
	key string
	id  [idSize]byte // tells master keys apart, and nothing of the key
}

// NewMaster is the master key of [KeySize] random bytes.
func NewMaster(key []byte) (*Master, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("seal: the key has %d bytes, want %d random ones", len(key), KeySize)
	}
	m := &Master{key: string(key)}
	id, err := m.derive("id", idSize)
	copy(m.id[:], id)
	return m, err
}

// String tells which key it is, and nothing of it.
func (m *Master) String() string { return fmt.Sprintf("master key %x", m.id) }

// Format prints the same as String for all verbs.
func (m *Master) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, m.String()) }

func (m *Master) derive(what string, size int) ([]byte, error) {
	secret := []byte(m.key)
	key, err := hkdf.Expand(sha256.New, secret, "ivrflow store 1: "+what, size)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return key, nil
}

// wrapper is the cipher that wraps the keys of a session.
func (m *Master) wrapper(session ivr.SessionID) (cipher.AEAD, error) {
	key, err := m.derive("keys of "+string(session), KeySize)
	if err != nil {
		return nil, err
	}
	return newCipher(key)
}

func newCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return aead, nil
}

// Key is a key of one session. It prints as its name.
type Key struct {
	session ivr.SessionID
	name    string
	raw     [KeySize]byte // a cipher is some 1.5 KB, too much for each idle call; making one takes less than a microsecond
}

// cipher is the key's cipher.
func (k *Key) cipher() cipher.AEAD {
	aead, err := newCipher(k.raw[:])
	if err != nil {
		panic(err) // keys of KeySize bytes always have one
	}
	return aead
}

func newKey(session ivr.SessionID, name string, raw []byte) *Key {
	k := &Key{session: session, name: name}
	copy(k.raw[:], raw)
	return k
}

// NewKey makes a random key of a session. wrapped is what is stored of it.
func (m *Master) NewKey(session ivr.SessionID, name string) (k *Key, wrapped []byte, err error) {
	w, err := m.wrapper(session)
	if err != nil {
		return nil, nil, err
	}
	raw := make([]byte, KeySize)
	_, _ = rand.Read(raw) // never fails
	head := append([]byte{form}, m.id[:]...)
	return newKey(session, name, raw), w.Seal(head, nil, raw, m.bound(name)), nil
}

// bound is what a wrapped key is bound to. Its session decides the cipher.
func (m *Master) bound(name string) []byte { return append(m.id[:], name...) }

// named is a key, for people. One that belongs to no session is the store's own.
func named(session ivr.SessionID, name string) string {
	if session == "" {
		return "key " + name
	}
	return fmt.Sprintf("key %s of session %s", name, session)
}

// Unwrap is a key again that was stored. The error is ErrOtherMaster or
// ErrDamaged.
func (m *Master) Unwrap(session ivr.SessionID, name string, wrapped []byte) (*Key, error) {
	body, err := opened(wrapped)
	if err == nil && len(body) < idSize {
		err = ErrDamaged
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", named(session, name), err)
	}
	if id := body[:idSize]; string(id) != string(m.id[:]) {
		return nil, fmt.Errorf("%s: %w: it is under %x, and this one is %x", named(session, name), ErrOtherMaster, id, m.id)
	}
	w, err := m.wrapper(session)
	if err != nil {
		return nil, err
	}
	raw, err := w.Open(nil, nil, body[idSize:], m.bound(name))
	if err != nil {
		return nil, fmt.Errorf("key %s of session %s: %w", name, session, ErrDamaged)
	}
	return newKey(session, name, raw), nil
}

// Name is the key's name.
func (k *Key) Name() string { return k.name }

// String names the key, and tells nothing of it.
func (k *Key) String() string { return fmt.Sprintf("key %s of session %s", k.name, k.session) }

// Format prints the same as String for all verbs.
func (k *Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.String()) }

// Kind is what something is that is sealed.
type Kind byte

// The kinds. Their numbers are stored and never change.
const (
	Record  Kind = 1
	Journal Kind = 2
	Mail    Kind = 3
	Blob    Kind = 4
)

// Place is where something stands that is sealed, beside its session.
type Place struct {
	Kind    Kind
	Version int64  // of the session; 0 if it has none
	Name    string // of a blob
}

// bound is the place as bytes. No two places have the same.
func (k *Key) bound(p Place) []byte {
	b := make([]byte, 0, 2+8+8+len(p.Name)+len(k.session))
	b = append(b, form, byte(p.Kind))
	b = binary.BigEndian.AppendUint64(b, uint64(p.Version))
	b = binary.BigEndian.AppendUint64(b, uint64(len(p.Name)))
	b = append(b, p.Name...)
	return append(b, k.session...)
}

// Overhead is by how many bytes what is sealed is longer than its body.
const Overhead = 1 + 12 + 16

// Seal adds a body to b, sealed for its place.
func (k *Key) Seal(b []byte, p Place, body []byte) []byte { return k.Sealer().Seal(b, p, body) }

// Sealer is a key that seals several things at once: its cipher is made only
// once, and lasts as long as the Sealer.
type Sealer struct {
	key    *Key
	cipher cipher.AEAD
}

// Sealer is the key for several things.
func (k *Key) Sealer() Sealer { return Sealer{k, k.cipher()} }

// Seal adds a body to b, sealed for its place.
func (s Sealer) Seal(b []byte, p Place, body []byte) []byte {
	return s.cipher.Seal(append(b, form), nil, body, s.key.bound(p))
}

// Open is the body of what was sealed for a place. The error is ErrDamaged.
func (k *Key) Open(p Place, sealed []byte) ([]byte, error) {
	body, err := opened(sealed)
	if err == nil {
		body, err = k.cipher().Open(nil, nil, body, k.bound(p))
	}
	if err != nil {
		return nil, fmt.Errorf("session %s, version %d: %w", k.session, p.Version, ErrDamaged)
	}
	return body, nil
}

// opened is what is sealed without the byte of its form.
func opened(sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != form {
		return nil, ErrDamaged
	}
	return sealed[1:], nil
}
