package ivr

import "time"

// Duration is a time.Duration that is written as text ("1.5s") in JSON.
type Duration time.Duration

// Std is the duration as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String is Go's notation, such as "1m30s".
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes Go's notation.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads Go's notation.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// Secret is a text that hides itself wherever it is printed, logged or
// marshalled. Reveal is the only way to its content.
type Secret struct{ text string }

// NewSecret hides s.
func NewSecret(s string) Secret { return Secret{s} }

// Reveal is the hidden text.
func (s Secret) Reveal() string { return s.text }

// String is "***", or "" for an empty secret.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return "***"
}

// GoString is the same as String, so that %#v hides it too.
func (s Secret) GoString() string { return s.String() }

// MarshalText writes "***", never the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
