package wire_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
)

// A session is written as encoding/json writes it, whatever is in it: a member
// that is added later is not forgotten.
func TestSession(t *testing.T) {
	for seed := range uint64(500) {
		m := &maker{r: rand.New(rand.NewPCG(seed, 3)), full: seed%5 == 0}
		sessionAsJSON(t, m.of(engine.Session{}).(engine.Session))
	}
}

// One member alone, of the session and of what is in it.
func TestSessionMembers(t *testing.T) {
	m := &maker{r: rand.New(rand.NewPCG(1, 4)), full: true}
	full := m.of(engine.Session{}).(engine.Session)
	sessionAsJSON(t, engine.Session{})
	for i := range reflect.TypeOf(full).NumField() {
		var s engine.Session
		to, from := reflect.ValueOf(&s).Elem().Field(i), reflect.ValueOf(full).Field(i)
		to.Set(from)
		sessionAsJSON(t, s)
		switch from.Kind() { // empty is not nil
		case reflect.Slice:
			to.Set(reflect.MakeSlice(from.Type(), 0, 0))
			sessionAsJSON(t, s)
		case reflect.Map:
			to.Set(reflect.MakeMap(from.Type()))
			sessionAsJSON(t, s)
		default:
		}
	}
}

func sessionAsJSON(t *testing.T, s engine.Session) {
	t.Helper()
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		t.Fatal(err)
	}
	got, err := wire.AppendSession([]byte("x"), &s)
	if err != nil || string(got)+"\n" != "x"+want.String() {
		t.Errorf("written as\n%s, %v, want\n%s", got, err, want.String())
	}
}

// What JSON cannot hold is an error.
func TestSessionBad(t *testing.T) {
	for _, s := range []engine.Session{
		{Started: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, {Vars: map[string]any{"f": func() {}}},
	} {
		if b, err := wire.AppendSession(nil, &s); err == nil {
			t.Errorf("stored as %s", b)
		}
	}
}
