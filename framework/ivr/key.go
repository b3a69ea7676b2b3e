package ivr

import (
	"fmt"
	"strings"
)

// Key is one DTMF key, as the character that is printed on it: '0' to '9',
// '*', '#', 'a' to 'd' (ITU-T Q.23). The zero Key is no key.
type Key byte

// ParseKey reads a key as flows write it: "0" to "9", "star" or "*", "pound"
// or "#", "a" to "d" in either case.
func ParseKey(s string) (Key, error) {
	switch s = strings.ToLower(s); s {
	case "star", "*":
		return '*', nil
	case "pound", "#":
		return '#', nil
	}
	if len(s) == 1 && (s[0] >= '0' && s[0] <= '9' || s[0] >= 'a' && s[0] <= 'd') {
		return Key(s[0]), nil
	}
	return 0, fmt.Errorf("%q is not a key; keys are 0 to 9, star, pound and a to d", s)
}

// String is the character on the key.
func (k Key) String() string {
	if k == 0 {
		return ""
	}
	return string(rune(k))
}

// Name is the key as flows and trigger names write it: "1", "star", "pound".
func (k Key) Name() string {
	switch k {
	case '*':
		return "star"
	case '#':
		return "pound"
	}
	return k.String()
}

// MarshalText writes the character on the key.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what [ParseKey] reads; the empty text is no key.
func (k *Key) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*k = 0
		return nil
	}
	v, err := ParseKey(string(b))
	*k = v
	return err
}
