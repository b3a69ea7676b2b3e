package seal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
)

func master(t testing.TB, fill byte) *seal.Master {
	t.Helper()
	m, err := seal.NewMaster(bytes.Repeat([]byte{fill}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newKey(t testing.TB, m *seal.Master, session ivr.SessionID, name string) (*seal.Key, []byte) {
	t.Helper()
	k, wrapped, err := m.NewKey(session, name)
	if err != nil {
		t.Fatal(err)
	}
	return k, wrapped
}

var here = seal.Place{Kind: seal.Journal, Version: 4}

// What is sealed is opened, also after the key was stored, and is of the size
// that is promised.
func TestSeal(t *testing.T) {
	m := master(t, 1)
	k, wrapped := newKey(t, m, "s1", "call")
	again, err := m.Unwrap("s1", "call", wrapped)
	if err != nil || again.Name() != "call" {
		t.Fatalf("%v, %v", again, err)
	}
	for _, body := range []string{"", "x", strings.Repeat("long ", 1000)} {
		sealed := k.Seal([]byte("before"), here, []byte(body))
		if len(sealed) != len("before")+len(body)+seal.Overhead || !strings.HasPrefix(string(sealed), "before") {
			t.Errorf("%d bytes are %d sealed", len(body), len(sealed))
		}
		got, err := again.Open(here, sealed[len("before"):])
		if err != nil || string(got) != body {
			t.Errorf("opened %q, %v; want %q", got, err, body)
		}
		if body != "" && bytes.Contains(sealed, []byte(body)) && len(body) > 1 {
			t.Errorf("%q stands there in clear", body)
		}
	}
	if a, b := k.Seal(nil, here, []byte("x")), k.Seal(nil, here, []byte("x")); bytes.Equal(a, b) {
		t.Error("the same body is sealed to the same bytes")
	}
}

// Whatever bit is another, whatever is missing or too much: it is found out.
func TestDamage(t *testing.T) {
	m := master(t, 1)
	k, wrapped := newKey(t, m, "s1", "call")
	sealed := k.Seal(nil, here, []byte(`{"state":"main.1/prompting","vars":{"pin":"4711"}}`))
	each(sealed, func(what string, b []byte) {
		if body, err := k.Open(here, b); !errors.Is(err, seal.ErrDamaged) || body != nil {
			t.Errorf("body, %s: %q, %v", what, body, err)
		}
	})
	each(wrapped, func(what string, b []byte) {
		if got, err := m.Unwrap("s1", "call", b); !errors.Is(err, seal.ErrDamaged) && !errors.Is(err, seal.ErrOtherMaster) || got != nil {
			t.Errorf("key, %s: %v, %v", what, got, err)
		}
	})
}

// each calls do with every damage of b.
func each(b []byte, do func(what string, b []byte)) {
	for i := range b {
		for bit := range 8 {
			b[i] ^= 1 << bit
			do(fmt.Sprintf("byte %d, bit %d", i, bit), b)
			b[i] ^= 1 << bit
		}
		do(fmt.Sprintf("the first %d bytes", i), b[:i])
		do(fmt.Sprintf("without byte %d", i), append(bytes.Clone(b[:i]), b[i+1:]...))
	}
	do("one more byte", append(bytes.Clone(b), 0))
	do("twice", append(bytes.Clone(b), b...))
	do("nothing", nil)
}

// What was sealed for one place is damaged at any other.
func TestPlaces(t *testing.T) {
	m := master(t, 1)
	k, wrapped := newKey(t, m, "s1", "call")
	sealed := k.Seal(nil, here, []byte("x"))
	blob := k.Seal(nil, seal.Place{Kind: seal.Blob, Name: "ab"}, []byte("x"))
	for name, c := range map[string]struct {
		place  seal.Place
		sealed []byte
	}{
		"another version":  {seal.Place{Kind: seal.Journal, Version: 5}, sealed},
		"negative version": {seal.Place{Kind: seal.Journal, Version: -4}, sealed},
		"no version":       {seal.Place{Kind: seal.Journal}, sealed},
		"another kind":     {seal.Place{Kind: seal.Record, Version: 4}, sealed},
		"a name":           {seal.Place{Kind: seal.Journal, Version: 4, Name: "s1"}, sealed},
		"another name":     {seal.Place{Kind: seal.Blob, Name: "abs"}, blob},
		"no name":          {seal.Place{Kind: seal.Blob}, blob},
	} {
		if body, err := k.Open(c.place, c.sealed); !errors.Is(err, seal.ErrDamaged) {
			t.Errorf("%s: %q, %v", name, body, err)
		}
	}
	other, _ := newKey(t, m, "s1", "secret.1")
	if body, err := other.Open(here, sealed); !errors.Is(err, seal.ErrDamaged) {
		t.Errorf("another key: %q, %v", body, err)
	}
	for session, name := range map[ivr.SessionID]string{"s2": "call", "s1": "secret.1", "s1c": "all"} {
		if k, err := m.Unwrap(session, name, wrapped); !errors.Is(err, seal.ErrDamaged) {
			t.Errorf("the key as %s of %s: %v, %v", name, session, k, err)
		}
	}
}

// A master key that is another is said, with what tells the two apart.
func TestOtherMaster(t *testing.T) {
	m, other := master(t, 1), master(t, 2)
	_, wrapped := newKey(t, m, "s1", "call")
	_, err := other.Unwrap("s1", "call", wrapped)
	if !errors.Is(err, seal.ErrOtherMaster) || errors.Is(err, seal.ErrDamaged) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"key call of session s1", "another key than the one that is configured", strings.TrimPrefix(m.String(), "master key "), strings.TrimPrefix(other.String(), "master key ")} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestMasterSize(t *testing.T) {
	for _, n := range []int{0, 16, 31, 33, 64} {
		if m, err := seal.NewMaster(make([]byte, n)); err == nil || m != nil || !strings.Contains(err.Error(), fmt.Sprintf("%d bytes, want 32", n)) {
			t.Errorf("%d bytes: %v, %v", n, m, err)
		}
	}
}

// Keys print without what they are.
func TestKeysHide(t *testing.T) {
	raw := make([]byte, seal.KeySize)
	_, _ = rand.Read(raw)
	m, err := seal.NewMaster(raw)
	if err != nil {
		t.Fatal(err)
	}
	k, _ := newKey(t, m, "s1", "call")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%c"} {
		for v, want := range map[any]string{m: m.String(), k: "key call of session s1"} {
			if text := fmt.Sprintf(verb, v); text != want {
				t.Errorf("%s prints %q", verb, text)
			}
		}
	}
	if text := m.String(); strings.Contains(text, string(raw)) || strings.Contains(text, fmt.Sprintf("%x", raw[:4])) {
		t.Errorf("printed as %q", text)
	}
}

// Bodies that were sealed by the first version are opened for ever. The key is
// wrapped under 32 bytes of 1.
func TestFirstForm(t *testing.T) {
	m := master(t, 1)
	k, err := m.Unwrap("s1", "call", unhex(t, storedKey))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := k.Open(here, unhex(t, storedBody)); err != nil || string(body) != "hello" {
		t.Errorf("%q, %v", body, err)
	}
}

func unhex(t *testing.T, s string) (b []byte) {
	t.Helper()
	if _, err := fmt.Sscanf(s, "%x", &b); err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkSeal(b *testing.B) {
	k, _ := newKey(b, master(b, 1), "s1", "call")
	body := make([]byte, 2500)
	b.ReportAllocs()
	for b.Loop() {
		k.Seal(nil, here, body)
	}
}

func BenchmarkUnwrap(b *testing.B) {
	m := master(b, 1)
	_, wrapped := newKey(b, m, "s1", "call")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Unwrap("s1", "call", wrapped); err != nil {
			b.Fatal(err)
		}
	}
}
