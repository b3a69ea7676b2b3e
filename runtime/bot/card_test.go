package bot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit"
)

// The ready-made flow for cards leaves none of their digits in the store, for somebody
// who has its key, while the call lives and afterwards.
func TestCardIsNotStored(t *testing.T) {
	key := []byte("a key that outlives processes....")
	db := &store.MemoryDB{Now: testkit.DefaultNow}
	kept, err := store.New(store.Config{DB: db, Key: bot.StoreKey(key), Now: testkit.DefaultNow})
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := store.NewReader(db, bot.StoreKey(key))
	if err != nil {
		t.Fatal(err)
	}
	read := func() string {
		h, err := r.History(t.Context(), "test")
		if err != nil || len(h.Moments) == 0 {
			t.Fatalf("%d moments, %v", len(h.Moments), err)
		}
		text, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		row, err := db.Read(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s\n%s\n%s", text, row.Record, row.Summary)
	}
	given := testkit.Given{Actions: map[string][]testkit.Reply{"find_invoice": {{Out: map[string]any{"amount": "12.50 GBP"}}}, "pay": testkit.Returns("ok"), "note_payment": testkit.Returns("ok")}}
	c := testkit.DialWith(t, "../../flows/card/example.ivr.yaml", given, testkit.Options{Observe: func(ch call.Change) {
		if err := kept.Commit(t.Context(), &ch); err != nil {
			t.Error(err)
		}
	}})
	clean := func(when string) {
		t.Helper()
		text := read()
		for _, secret := range []string{"4111111111", "0328", "7373"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s the store tells %s:\n%.2000s", when, secret, text)
			}
		}
	}
	c.Hears("enter_invoice").Press("654321").Hears("enter_card").Press("4111111111111111#").Hears("right_or_again")
	clean("while the card is known")
	c.Press("1").Hears("enter_expiry").Press("0328").Hears("enter_code").Press("7373#").Hears("paid")
	clean("when it is paid")
	c.HearsEnd("goodbye").Ended("flow")
	clean("after the call")
	if text := read(); !strings.Contains(text, `"name":"paid"`) {
		t.Errorf("the store does not tell that it was paid:\n%.2000s", text)
	}
}
