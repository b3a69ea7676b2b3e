package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
	"github.com/ivrflow/ivrflow/runtime/store/wire"
	"github.com/ivrflow/ivrflow/testkit/script"
)

func newStore(t testing.TB, db store.DB, change func(*store.Config)) *store.Store {
	t.Helper()
	cfg := store.Config{DB: db, Key: slices.Repeat([]byte{7}, 32), Node: store.Node{ID: "n1"}, Now: func() time.Time { return begin }}
	if change != nil {
		change(&cfg)
	}
	st, err := store.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	return st
}

func loadFS(t testing.TB, fsys fs.FS, name string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fsys, name)
	if f == nil || err != nil {
		t.Fatalf("%s: %v\n%s", name, err, list)
	}
	return f
}

func loadText(t testing.TB, text string) *flow.Flow {
	t.Helper()
	return loadFS(t, fstest.MapFS{"a.ivr.yaml": {Data: []byte(text)}}, "a.ivr.yaml")
}

const pinCaller = `
ivr: 1
flow: customers
vars: {customer: {type: digits, length: 9, sensitive: true}}
prompts: {ask: "Who are you?", more: "What else?", bye: Goodbye.}
start: main
states:
  main:
    - collect: {var: customer, prompt: ask, gave_up: end}
    - call: flows/pin
      with: {customer: "${customer}"}
      wrong: end
      locked: end
      nothing_typed: end
    - menu: {prompt: more, keys: {1: repeat, 0: end}, gave_up: end}
`

// An action of this flow gives back what it was given, into what is not marked;
// a request takes it along; it is forgotten as soon as it is not needed.
const leaky = `
ivr: 1
flow: leaky
vars:
  pin: {type: digits, length: 8, sensitive: true}
  tan: {type: digits, length: 8, sensitive: once}
  text: {type: string, default: none}
  right: {type: bool, default: false}
actions:
  echo: {in: [pin], out: [text], outcomes: [ok]}
  tell: {in: [text], outcomes: [ok]}
  burn: {in: [tan], outcomes: [ok]}
prompts: {hello: "Hello, and welcome.", more: "What else?", bye: Goodbye.}
start: main
states:
  main:
    - play: hello
    - menu: {prompt: more, keys: {1: ask}, gave_up: end}
  ask:
    - {collect: pin, gave_up: end}
    - {do: echo, failed: end}
    - log: "said ${text}"
    - tag: {name: said, text: "${text}"}
    - milestone: told
    - play: {say: "You said ${text}."}
    - {do: tell, failed: end}
    - http: {post: "https://api.example.com/x/${text == 'none'}", headers: {X: "${pin}"}, json: {all: ["${pin}"]}}
      failed: end
    - {collect: pin, gave_up: end}
    - set: {right: "${pin == '00000000'}", text: none}
    - forget: [pin]
    - menu: {prompt: more, keys: {2: burn}, gave_up: end}
  burn:
    - {collect: tan, gave_up: end}
    - {do: burn, failed: end}
    - play: bye
    - end
`

// planted is a call with secrets in it.
type planted struct {
	f       *flow.Flow
	secrets []string // what the caller types that is one, in order
	keys    string   // all that he types; a secret stands for itself
	out     map[string]any
}

func plant(t *testing.T, r *rand.Rand) planted {
	t.Helper()
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('0' + r.IntN(10))
		}
		return string(b)
	}
	account := digits(7)
	for c := byte('0'); ; c++ {
		if full := account + string(c); ivr.Luhn(full) {
			account = full
			break
		}
	}
	switch r.IntN(3) {
	case 0:
		pin := digits(6)
		return planted{loadFS(t, os.DirFS("../../examples/bank"), "bank_balance.ivr.yaml"), []string{account, pin}, account + pin + "1*", map[string]any{"balance": "12.50 GBP"}}
	case 1:
		who, pin := digits(9), digits(8)
		return planted{loadText(t, pinCaller), []string{who, pin}, who + pin + "0", nil}
	default:
		pin, other, tan := digits(8), digits(8), digits(8)
		return planted{loadText(t, leaky), []string{pin, other, tan}, "1" + pin + other + "2" + tan, map[string]any{"text": "it was " + pin}}
	}
}

// disguises are the forms in which a secret would still be one.
func disguises(value string) []string {
	sum := sha256.Sum256([]byte(value))
	backwards := []byte(value)
	slices.Reverse(backwards)
	each := strings.Split(value, "")
	return []string{
		value, string(backwards), value[:len(value)-1], value[1:], strings.Join(each, " "), strings.Join(each, ", "), strings.Join(each, ","),
		strings.Join(each, `","`), hex.EncodeToString([]byte(value)), hex.EncodeToString(sum[:]), base64.StdEncoding.EncodeToString(sum[:]),
		base64.RawStdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString(sum[:]),
	}
}

// ledger is what is left of a session in the database, opened with the keys that
// are left.
type ledger struct {
	outlines, open       []string
	events               []ivr.Event // that can be read
	secret, outline, all int         // rows that cannot, rows without a body, all
}

func readLedger(t *testing.T, db store.DB, id ivr.SessionID) ledger {
	t.Helper()
	master, err := seal.NewMaster(slices.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	row, err := db.Read(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]*seal.Key{}
	for _, k := range row.Keys {
		if keys[k.Name], err = master.Unwrap(id, k.Name, k.Wrapped); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := db.Journal(t.Context(), id)
	if err != nil || len(entries) == 0 {
		t.Fatalf("%d rows, %v", len(entries), err)
	}
	l := ledger{all: len(entries), outlines: []string{string(row.Summary)}}
	for _, e := range entries {
		l.outlines = append(l.outlines, string(e.Outline))
		key := keys[e.Key]
		switch {
		case e.Key == "" && len(e.Body) == 0:
			l.outline++
			continue
		case key == nil:
			l.secret++
			continue
		}
		body, err := key.Open(seal.Place{Kind: seal.Journal, Version: e.Version}, e.Body)
		if err != nil {
			t.Fatal(err)
		}
		l.open = append(l.open, string(body))
		var happened struct{ Events wire.Events }
		parse(t, body, &happened)
		l.events = append(l.events, happened.Events...)
	}
	return l
}

// wiretap is a database that remembers all that is given to it.
type wiretap struct {
	store.DB
	seen bytes.Buffer
}

func (w *wiretap) Write(ctx context.Context, c *store.Write) error {
	fmt.Fprintln(&w.seen, c.Session, c.Flow, c.Name, c.Tenant, c.Calls)
	for _, b := range [][]byte{c.Record, c.Summary} {
		w.seen.Write(b)
	}
	for _, k := range c.Keys {
		w.seen.Write(k.Wrapped)
	}
	if c.Entry != nil {
		w.seen.Write(c.Entry.Outline)
		w.seen.Write(c.Entry.Body)
	}
	return w.DB.Write(ctx, c)
}

func (w *wiretap) Post(ctx context.Context, m store.Mail) error {
	w.seen.Write(m.Body)
	return w.DB.Post(ctx, m)
}

// 200 secrets are typed in calls of three kinds, in and out of turn. When a call
// is over nothing of them is left: not in outlines and call records, not in rows
// that can still be read, and no key that was pressed for them. While it lives
// nothing of them is given to the database in clear, also not as mail.
func TestSecrets(t *testing.T) {
	db := &wiretap{DB: &store.MemoryDB{Now: func() time.Time { return begin }}}
	st := newStore(t, db, nil)
	typed, all := 0, ledger{}
	for seed := uint64(0); typed < 200; seed++ {
		r := rand.New(rand.NewPCG(seed, 9))
		c := plant(t, r)
		typed += len(c.secrets)
		p := newPlayer(t, st, c.f, ivr.SessionID(fmt.Sprint("s", seed)), seed)
		p.s.Config = map[string]any{"service_desk": "5f0c7c7e-0000-4000-8000-000000000001"}
		p.out = c.out
		p.run(c.keys)
		if p.keys != "" {
			t.Errorf("seed %d, %s: %q were not typed: the call ended too early", seed, c.f.Name, p.keys)
		}
		if db.seen.Len() < 1000 {
			t.Fatal("nothing was given to the database")
		}
		l := readLedger(t, db, p.s.ID)
		l.outlines = append(l.outlines, db.seen.String())
		db.seen.Reset()
		all.outline, all.secret, all.all = all.outline+l.outline, all.secret+l.secret, all.all+l.all
		all.open = append(all.open, l.open...)
		for _, text := range append(l.outlines, l.open...) {
			for _, s := range c.secrets {
				if i := slices.IndexFunc(disguises(s), func(d string) bool { return strings.Contains(text, d) }); i >= 0 {
					t.Errorf("seed %d, %s: %s is there: %s", seed, c.f.Name, s, text)
				}
			}
		}
		for _, ev := range l.events {
			if e, ok := ev.(ivr.ToneReceived); ok && secretKey(c, e.Seq) {
				t.Errorf("seed %d, %s: key %d can be read, and belongs to a secret of %q", seed, c.f.Name, e.Seq, c.keys)
			}
		}
		if row, err := db.Read(t.Context(), p.s.ID); err != nil || row.Record != nil || len(row.Keys) != 1 || row.Keys[0].Name != "call" {
			t.Errorf("seed %d: left of the session: %d bytes and the keys %v, %v", seed, len(row.Record), row.Keys, err)
		}
	}
	t.Logf("%d secrets, %d rows: %d open, %d lost, %d outlines", typed, all.all, len(all.open), all.secret, all.outline)
	if len(all.open) < all.all/4 || all.secret < typed || all.outline < typed/10 {
		t.Errorf("of %d rows %d are open, %d lost, %d have an outline only: the rule says the same of everything", all.all, len(all.open), all.secret, all.outline)
	}
}

// Mail holds keys too, and is read by whoever has the session.
func TestSecretMail(t *testing.T) {
	db := &wiretap{DB: &store.MemoryDB{Now: func() time.Time { return begin }}}
	st := newStore(t, db, nil)
	p := newPlayer(t, st, loadText(t, leaky), "s1", 1)
	p.give(ivr.CallIncoming{Head: p.head(), Call: "c1", Tenant: "t"})
	want := call.Mail{Session: "s1", Leg: "a", Tenant: "t", Unanswered: true, Items: []call.Item{
		{Call: "c1", Event: ivr.ToneReceived{Head: p.head(), Key: '7', Seq: 1}}, {Event: ivr.ActionReturned{Head: p.head(), Op: 3, Out: map[string]any{"pin": "73194628"}}},
	}}
	if err := newStore(t, db, func(c *store.Config) { c.Node.ID = "n2" }).Post(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := st.Mails(t.Context(), 10)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	want.ID, want.Epoch = got[0].ID, got[0].Epoch
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
	if text := db.seen.String(); strings.Contains(text, "73194628") || strings.Contains(text, `"key"`) {
		t.Errorf("in clear: %q", text)
	}
}

// secretKey reports whether the nth key of a call belongs to a secret.
func secretKey(c planted, n int64) bool {
	at := 0
	for _, s := range c.secrets {
		i := at + strings.Index(c.keys[at:], s)
		if int64(i) < n && n <= int64(i+len(s)) {
			return true
		}
		at = i + len(s)
	}
	return false
}

// The engine's own conversations: rows that can be read are what happened, and
// hold no value of a sensitive variable.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("../../framework/engine/testdata/*.txt")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d conversations: %v", len(files), err)
	}
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if i%5 > 0 && !bytes.Contains(text, []byte("sensitive")) {
			continue // of those without secrets some are enough
		}
		r, err := script.Play(text)
		if err != nil {
			t.Fatal(err)
		}
		id := ivr.SessionID(fmt.Sprint("s", i))
		db := &store.MemoryDB{Now: func() time.Time { return begin }}
		p := newPlayer(t, newStore(t, db, nil), r.Flow, id, 1)
		n := 0
		for _, s := range r.Steps {
			if p.s.Over() {
				break
			}
			s.Before.ID, s.After.ID = id, id
			p.commit(&call.Change{Session: &s.After, Events: []ivr.Event{s.Event}, Commands: s.Commands})
			n++
		}
		l := readLedger(t, db, id)
		if l.all != n {
			t.Errorf("%s: %d rows, want %d", file, l.all, n)
		}
		checkOpen(t, file, l, r)
	}
}

func checkOpen(t *testing.T, file string, l ledger, r script.Result) {
	t.Helper()
	if !r.Flow.Secrets().Any {
		var want []ivr.Event
		for _, s := range r.Steps[:l.all] {
			want = append(want, s.Event)
		}
		if got, want := stored(t, l.events), stored(t, want); l.secret+l.outline > 0 || got != want {
			t.Errorf("%s: %d rows cannot be read, and of the rest the events are\n%s, want\n%s", file, l.secret+l.outline, got, want)
		}
		return
	}
	for _, s := range r.Steps {
		for name, v := range s.After.Vars {
			text, ok := v.(string)
			if !ok || r.Flow.Secret(name) == nil || len(text) < 3 || !s.After.Over() && !r.Session.Over() {
				continue
			}
			for _, row := range append(l.outlines, l.open...) {
				if strings.Contains(row, text) {
					t.Errorf("%s: %s is %q, and there is a row\n%s", file, name, text, row)
				}
			}
		}
	}
}

func stored(t *testing.T, list []ivr.Event) string {
	t.Helper()
	b, err := wire.AppendEvents(nil, list)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// While a call lives all of it can be read with its keys, but for what was
// forgotten.
func TestForget(t *testing.T) {
	db := &store.MemoryDB{Now: func() time.Time { return begin }}
	p := newPlayer(t, newStore(t, db, nil), loadText(t, leaky), "s1", 1)
	p.out = map[string]any{"text": "fine"}
	p.give(ivr.CallIncoming{Head: p.head(), Call: "c"})
	press := func(keys string) ledger {
		p.keys = keys
		for p.keys != "" || len(p.s.Ops) > 0 {
			p.next()
		}
		return readLedger(t, db, "s1")
	}
	if l := press("112345678"); l.secret != 0 || l.outline != 0 || len(l.open) != l.all || !strings.Contains(strings.Join(l.open, ""), "12345678") {
		t.Errorf("before: of %d rows %d can be read", l.all, len(l.open))
	}
	before := readLedger(t, db, "s1").all
	l := press("00000001")
	if l.secret < 16 || l.outline != 1 || len(l.open) != l.all-l.secret-l.outline {
		t.Errorf("of %d rows %d are lost and %d have an outline only; want those of 16 keys and more, and one", l.all, l.secret, l.outline)
	}
	if text := strings.Join(l.open, ""); strings.Contains(text, "12345678") || l.all <= before {
		t.Errorf("it can still be read: %s", text)
	}
	row, err := db.Read(t.Context(), "s1")
	if err != nil || len(row.Keys) != 2 || row.Keys[0].Name != "call" || !strings.HasPrefix(row.Keys[1].Name, "secret.") || row.Keys[1].Name == "secret.1" {
		t.Errorf("keys %v, %v", row.Keys, err)
	}
	if l := press("2"); !strings.Contains(l.open[len(l.open)-1], "PlayPrompt") && len(l.open) == 0 {
		t.Errorf("what follows cannot be read: %v", l)
	}
}

// With a retention of none nothing is left but outlines.
func TestNoRetention(t *testing.T) {
	db := &store.MemoryDB{Now: func() time.Time { return begin }}
	st := newStore(t, db, func(c *store.Config) { c.KeepKeys = -1 })
	for i, f := range []*flow.Flow{loadText(t, leaky), loadFS(t, flows.FS, "demo/demo.ivr.yaml")} {
		p := newPlayer(t, st, f, ivr.SessionID(fmt.Sprint("s", i)), 1)
		p.out = map[string]any{"text": "fine"}
		p.run("11234567800000000212345678")
		l := readLedger(t, db, p.s.ID)
		row, err := db.Read(t.Context(), p.s.ID)
		if err != nil || len(row.Keys) != 0 || len(l.open) != 0 || l.outline == 0 || l.secret+l.outline != l.all {
			t.Errorf("%s: keys %v, of %d rows %d can be read, %v", f.Name, row.Keys, l.all, len(l.open), err)
		}
		if !strings.Contains(strings.Join(l.outlines, ""), "ToneReceived") {
			t.Errorf("%s: no outlines: %v", f.Name, l.outlines)
		}
	}
}

// A session that is given up without its flow, and what comes after the end,
// leave nothing that can be read and may be sensitive.
func TestGivenUp(t *testing.T) {
	db := &store.MemoryDB{Now: func() time.Time { return begin }}
	st := newStore(t, db, nil)
	p := newPlayer(t, st, loadText(t, leaky), "s1", 1)
	p.give(ivr.CallIncoming{Head: p.head(), Call: "c"})
	over, cmds := engine.Abandon(p.s, begin)
	before, n := p.s, p.rec.Version
	hangUp := []call.Pending{{Cmd: ivr.HangUp{Op: 99}}}
	key := ivr.ToneReceived{Head: p.head(), Key: '7', Seq: 1}
	for _, c := range []*call.Change{
		{Before: &before, Session: &over, Commands: cmds, Pending: hangUp},
		{Before: &over, Session: &over, Events: []ivr.Event{key}, Pending: hangUp},
		{Before: &over, Session: &over, Flow: p.f, Events: []ivr.Event{key}, Pending: hangUp},
		{Before: &over, Session: &over, Flow: p.f, Parked: key},
	} {
		n++
		c.Version, c.Epoch = n, p.rec.Epoch
		if err := st.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	l := readLedger(t, db, "s1")
	row, err := db.Read(t.Context(), "s1")
	if err != nil || l.outline != 4 || len(l.open) != l.all-4 || len(row.Keys) != 1 || row.Record != nil {
		t.Errorf("of %d rows %d have an outline only and %d can be read; keys %v, %v", l.all, l.outline, len(l.open), row.Keys, err)
	}
}

// A flow without secrets has one key, and all that happened can be read.
func TestNoSecrets(t *testing.T) {
	db := &store.MemoryDB{Now: func() time.Time { return begin }}
	p := newPlayer(t, newStore(t, db, nil), loadFS(t, flows.FS, "demo/demo.ivr.yaml"), "s1", 1)
	p.give(ivr.CallIncoming{Head: p.head(), Call: "c"})
	if row, err := db.Read(t.Context(), "s1"); err != nil || len(row.Keys) != 1 {
		t.Errorf("keys %v, %v", row.Keys, err)
	}
	p.rec, p.s = call.Record{}, engine.New("s2", p.f, nil)
	p.run("12312")
	l := readLedger(t, db, "s2")
	if len(l.open) != l.all || !bytes.Contains([]byte(strings.Join(l.open, "")), []byte(`"key":"1"`)) {
		t.Errorf("of %d rows %d can be read", l.all, len(l.open))
	}
}
