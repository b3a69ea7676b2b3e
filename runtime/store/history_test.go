package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
)

// torn is a database whose disk damages one row of a journal.
type torn struct {
	store.DB
	damage func([]store.Entry)
}

func (d *torn) Journal(ctx context.Context, id ivr.SessionID) ([]store.Entry, error) {
	list, err := d.DB.Journal(ctx, id)
	if d.damage != nil {
		d.damage(list)
	}
	return list, err
}

// keysOf are the keys that a history knows, and how many there were.
func keysOf(h store.History) (keys string, pressed int) {
	for _, m := range h.Moments {
		for _, ev := range m.Events {
			if tone, ok := ev.(ivr.ToneReceived); ok {
				keys += tone.Key.String()
				pressed++
			}
		}
	}
	return keys, pressed
}

// A history is whole where its key is there, and else the outline: nothing that
// was typed, and how often.
func TestHistory(t *testing.T) {
	const plain = "ivr: 1\nflow: plain\nprompts: {ask: 'Which?'}\nvars: {n: {type: digits, length: 3}}\nstart: main\nstates: {main: [{collect: n, prompt: ask, gave_up: end}, {tag: {name: number, text: '${n}'}}, end]}\n"
	db := &torn{DB: &store.MemoryDB{Now: func() time.Time { return begin }}}
	st := newStore(t, db, nil)
	p := newPlayer(t, st, loadText(t, plain), "s1", 1)
	p.run("123")
	good, err := store.NewReader(db, slices.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	blind, err := store.NewReader(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := store.NewReader(db, slices.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	purge := func() {
		if _, err := db.Purge(t.Context(), store.Limits{Keys: begin.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	broken := func(list []store.Entry) {
		for i := range list {
			list[i].Body[len(list[i].Body)-1] ^= 1
		}
	}
	for _, tt := range []struct {
		name   string
		r      *store.Reader
		before func()
		damage func([]store.Entry)
		why    error // nil: it is whole
	}{
		{"whole", good, nil, nil, nil},
		{"without a key", blind, nil, nil, store.ErrNoKey},
		{"with another key", foreign, nil, nil, seal.ErrOtherMaster},
		{"damaged", good, nil, broken, seal.ErrDamaged},
		{"moved", good, nil, func(list []store.Entry) { list[1].Body, list[2].Body = list[2].Body, list[1].Body }, seal.ErrDamaged},
		{"too late", good, purge, nil, store.ErrDestroyed},
		{"too late, and without a key", blind, nil, nil, store.ErrNoKey},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.before != nil {
				tt.before()
			}
			db.damage = tt.damage
			h, err := tt.r.History(t.Context(), "s1")
			if err != nil {
				t.Fatal(err)
			}
			if h.Session != "s1" || h.Flow != "plain" || h.Caller.ID != "+442071838750" || h.Node != "" || int(h.Changes) < len(h.Moments) || len(h.Moments) < 5 {
				t.Errorf("got %+v", h)
			}
			why := h.Hidden()
			if tt.why == nil && len(why) != 0 || tt.why != nil && (len(why) != 1 || !errors.Is(why[0], tt.why)) {
				t.Errorf("hidden because of %v, want %v", why, tt.why)
			}
			keys, n := keysOf(h)
			if want := map[bool]string{true: "123"}[tt.why == nil]; n != 3 || keys != want && tt.name != "moved" {
				t.Errorf("%d keys, %q, want 3, %q", n, keys, want)
			}
		})
	}
	db.damage = func(list []store.Entry) { list[1].Outline = []byte(`{"events":[{"Telepathy":{}}]}`) }
	h, err := good.History(t.Context(), "s1")
	if err != nil || len(h.Moments) < 5 || len(h.Moments[1].Events) != 0 || !strings.Contains(h.Moments[1].Hidden.Error(), "a newer one wrote it") || len(h.Moments[2].Commands)+len(h.Moments[2].Events) == 0 {
		t.Errorf("an outline of a later version: %v, %+v", err, h.Moments)
	}
	if _, err := good.History(t.Context(), "s9"); !errors.Is(err, store.ErrNone) || !strings.Contains(err.Error(), "session s9") {
		t.Errorf("of an unknown session: %v", err)
	}
	if err := good.CheckKey(t.Context()); err != nil {
		t.Error(err)
	}
	if err := foreign.CheckKey(t.Context()); !errors.Is(err, seal.ErrOtherMaster) {
		t.Errorf("another key: %v", err)
	}
}

// What may be sensitive is not told while the call lives, though the key is
// there; all else is.
func TestHistorySensitive(t *testing.T) {
	st := newStore(t, &store.MemoryDB{Now: func() time.Time { return begin }}, nil)
	p := newPlayer(t, st, loadText(t, leaky), "s1", 1)
	p.out = map[string]any{"text": "87654321"}
	p.keys = "1" + "87654321"
	p.give(ivr.CallIncoming{Head: p.head(), Call: "c1"})
	for p.keys != "" {
		p.now = p.now.Add(time.Second)
		p.next()
	}
	h, err := st.History(t.Context(), "s1")
	if err != nil {
		t.Fatal(err)
	}
	keys, n := keysOf(h)
	if n < 9 || strings.ContainsAny(keys, "2345678") {
		t.Errorf("%d keys, and shown are %q", n, keys)
	}
	if why := h.Hidden(); !h.Ended.IsZero() || h.Node != "n1" || len(why) != 1 || !errors.Is(why[0], store.ErrSensitive) {
		t.Errorf("node %q, hidden because of %v", h.Node, why)
	}
	whole := 0
	for _, m := range h.Moments {
		if m.Hidden == nil {
			whole++
		}
		text, err := wire.AppendEvents(nil, m.Events)
		if err != nil || strings.Contains(string(text), "87654321") {
			t.Errorf("%v, %s", err, text)
		}
	}
	if whole == 0 {
		t.Error("nothing at all is shown")
	}
}
