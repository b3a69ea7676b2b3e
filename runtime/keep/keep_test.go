package keep_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/testkit/pgtest"
)

var server pgtest.Lazy

func TestMain(m *testing.M) {
	code := m.Run()
	server.Close()
	os.Exit(code)
}

func open(t *testing.T, cfg *bot.Config) *keep.Store {
	t.Helper()
	s, err := keep.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fails(t *testing.T, cfg bot.Config, want string) {
	t.Helper()
	s, err := keep.Open(t.Context(), &cfg)
	if err == nil {
		t.Fatalf("it opened; want an error with %q (%v)", want, s.Close())
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if cfg.DB != nil {
		t.Error("DB is set")
	}
}

// Without a word there is a file beside the configuration, and a key that is
// made once, and is the same at each start.
func TestDefault(t *testing.T) {
	dir := t.TempDir()
	var keys [][]byte
	for range 2 {
		cfg := bot.Config{StoreAt: bot.StorePlace{Folder: dir}}
		s := open(t, &cfg)
		if cfg.DB == nil || cfg.Shared || len(cfg.Key) != 32 {
			t.Fatalf("DB %v, shared %t, a key of %d bytes", cfg.DB, cfg.Shared, len(cfg.Key))
		}
		keys = append(keys, cfg.Key)
		fails(t, bot.Config{StoreAt: bot.StorePlace{Folder: dir}}, store.ErrTaken.Error())
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(keys[0], keys[1]) || bytes.Equal(keys[0], make([]byte, 32)) {
		t.Error("the key is another one at the second start, or none")
	}
	name := filepath.Join(dir, bot.DefaultStoreFile)
	for _, file := range []string{name, name + ".key"} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
}

// A key is never made anew for a store that is there, nor put in the place of
// another.
func TestKey(t *testing.T) {
	name := filepath.Join(t.TempDir(), "calls.db")
	at := bot.StorePlace{Kind: bot.StoreSQLite, File: name}
	cfg := bot.Config{StoreAt: at}
	if err := open(t, &cfg).Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name + ".key")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(name + ".key"); err != nil {
		t.Fatal(err)
	}
	fails(t, bot.Config{StoreAt: at}, "the store \""+name+"\" is there and its key is not; put \""+name+".key\" back")
	if _, err := os.Stat(name + ".key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key was made: %v", err)
	}
	given := bot.Config{StoreAt: at, Key: cfg.Key} // the right one, from elsewhere
	if err := open(t, &given).Close(); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		"":      "holds no key", // the disk was full at the first start
		"abc\n": "holds no key",
		base64.StdEncoding.EncodeToString(make([]byte, 16)): "holds no key",
	} {
		if err := os.WriteFile(name+".key", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		fails(t, bot.Config{StoreAt: at}, want)
		if got, err := os.ReadFile(name + ".key"); err != nil || string(got) != content {
			t.Errorf("the key's file is %q now, %v", got, err)
		}
	}
	if err := os.WriteFile(name+".key", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name+".key", 0o644); err != nil {
		t.Fatal(err)
	}
	fails(t, bot.Config{StoreAt: at}, "can be read by others")
}

func TestMemory(t *testing.T) {
	cfg := bot.Config{StoreAt: bot.StorePlace{Kind: bot.StoreMemory}}
	s := open(t, &cfg)
	if cfg.DB != nil || cfg.Key != nil {
		t.Errorf("DB %v, key %v", cfg.DB, cfg.Key)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := keep.Read(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "only the process sees them") {
		t.Errorf("read: %v", err)
	}
}

// join has a process begin with the store.
func join(t *testing.T, cfg bot.Config) {
	t.Helper()
	s, err := store.New(store.Config{DB: cfg.DB, Key: bot.StoreKey(cfg.Key)})
	if err == nil {
		err = s.Join(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A store is read while a process has it, with the right key or with none.
func TestRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "calls.db")
	at := bot.StorePlace{Kind: bot.StoreSQLite, File: name}
	if _, err := keep.Read(t.Context(), bot.Config{StoreAt: at}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no file: %v", err)
	}
	cfg := bot.Config{StoreAt: at}
	s := open(t, &cfg)
	defer s.Close()
	join(t, cfg)
	for _, tt := range []struct {
		key  []byte
		want string // why there is no key
	}{
		{nil, ""},
		{cfg.Key, ""},
		{bytes.Repeat([]byte{9}, 32), "another key"},
	} {
		l, err := keep.Read(t.Context(), bot.Config{StoreAt: at, Key: tt.key})
		if err != nil {
			t.Fatal(err)
		}
		if tt.want == "" && l.NoKey != nil || tt.want != "" && (l.NoKey == nil || !strings.Contains(l.NoKey.Error(), tt.want)) {
			t.Errorf("no key because of %v; want %q", l.NoKey, tt.want)
		}
		if _, err := l.DB.Nodes(t.Context()); err != nil {
			t.Error(err)
		}
		if err := l.DB.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Processes share a database, for which they need a key.
func TestPostgres(t *testing.T) {
	url := server.Database(t)
	at := bot.StorePlace{Kind: bot.StorePostgres, URL: ivr.NewSecret(url)}
	fails(t, bot.Config{StoreAt: at}, "calls in PostgreSQL need a key")
	fails(t, bot.Config{StoreAt: bot.StorePlace{Kind: bot.StorePostgres}, Key: make([]byte, 32)}, "the address of the PostgreSQL database is not here")
	one, two := bot.Config{StoreAt: at, Key: make([]byte, 32)}, bot.Config{StoreAt: at, Key: make([]byte, 32)}
	if _, err := keep.Read(t.Context(), one); err == nil || !strings.Contains(err.Error(), "no bot has run with this database") {
		t.Errorf("read before a bot has run: %v", err)
	}
	a, b := open(t, &one), open(t, &two)
	defer a.Close()
	defer b.Close()
	if !one.Shared || one.DB == nil {
		t.Errorf("shared %t, DB %v", one.Shared, one.DB)
	}
	join(t, one)
	l, err := keep.Read(t.Context(), bot.Config{StoreAt: at})
	if err != nil {
		t.Fatal(err)
	}
	if l.NoKey == nil {
		t.Error("it knows the key")
	}
	if err := l.DB.Close(); err != nil {
		t.Error(err)
	}
}

// Run opens, prepares, serves and closes.
func TestRun(t *testing.T) {
	f, list, err := flow.Load(fstest.MapFS{"a.ivr.yaml": {Data: []byte("ivr: 1\nflow: a\nstart: a\nstates: {a: {reject: none}}\non_error: [end]\n")}}, "a.ivr.yaml")
	if err != nil || f == nil {
		t.Fatal(err, list)
	}
	dir := t.TempDir()
	cfg := bot.Config{AppID: "app", Secret: ivr.NewSecret("s"), Tenants: []string{"t"}, PublicURL: "https://bot.example.com", Flows: []*flow.Flow{f},
		Addr: "127.0.0.1:0", StoreAt: bot.StorePlace{Folder: dir}}
	bad := errors.New("bad")
	for _, tt := range []struct {
		prepare func(*bot.Bot) error
		want    error
	}{
		{func(*bot.Bot) error { return bad }, bad},
		{(*bot.Bot).Ready, nil},
		{nil, nil},
	} {
		ctx, stop := context.WithCancel(t.Context())
		cfg.Transport = nowhere{stop} // it serves: it asks for the keys of its callbacks
		if err := keep.Run(ctx, cfg, tt.prepare); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("got %v, want %v", err, tt.want)
		}
		stop()
	}
	again := bot.Config{StoreAt: cfg.StoreAt}
	if err := open(t, &again).Close(); err != nil { // it was closed each time
		t.Error(err)
	}
}

// nowhere is a network that is down, and tells so.
type nowhere struct{ tell func() }

func (n nowhere) RoundTrip(*http.Request) (*http.Response, error) {
	n.tell()
	return nil, errors.New("no network")
}
