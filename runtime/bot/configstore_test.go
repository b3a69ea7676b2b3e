package bot_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Where calls are kept is checked without opening or making anything, also on a
// machine where the bot does not run.
func TestConfigStoreCheckOnly(t *testing.T) {
	const ours = "postgres://ivrflow:hunter2@db.example.com/ivrflow"
	for _, tt := range []struct{ name, more, want string }{
		{"a folder that is not here", "store: none/calls.db\n", `5:8: note: there is no folder`},
		{"an address that is not here", "key: {env: BOT_KEY}\nstore: {postgres: {env: NOT_SET}}\n", "6:25: note: the environment variable NOT_SET is not set here"},
		{"a key that is not here", "key: {env: NOT_SET}\nstore: {postgres: {env: BOT_POSTGRES}}\n", "5:12: note: the environment variable NOT_SET is not set here"},
		{"no key", "store: {postgres: {env: BOT_POSTGRES}}\n", "5:8: error: calls in PostgreSQL need key"},
		{"a lost key", "store: {sqlite: old.db}\n", `the store "`},
		{"an open key", "store: open.db\n", "can be read by others (its mode is 0644)"},
		{"a key from elsewhere", "store: old.db\nkey: {env: BOT_KEY}\n", ""},
		{"fine", "store: new.db\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "old.db"), "not empty", 0o600)
			write(t, filepath.Join(dir, "open.db.key"), strings.Repeat("A", 43), 0o644)
			_, list := loadWith(t, bot.ConfigLoader{Env: environment, CheckOnly: true}, dir, tt.more)
			got := strings.ReplaceAll(list.String(), filepath.Join(dir, "bot.yaml")+":", "")
			if !strings.Contains(got, tt.want) || tt.want == "" && got != "" || strings.Contains(got, ours) {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
			for _, name := range []string{"new.db", "new.db.key", "old.db.key", "ivrflow.db"} {
				if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
					t.Errorf("%s was made", name)
				}
			}
		})
	}
}

// The commands that look at calls need nothing of the file but where they are.
func TestLoadStore(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name, text string
		at         bot.StorePlace // given in place of the file's
		want       bot.StorePlace
		key        bool
		fault      string
	}{
		{"nothing is said", "flows: 7\nzzz: 1\n", bot.StorePlace{}, bot.StorePlace{Folder: dir}, false, ""},
		{"a file", "store: calls.db\nkey: {env: BOT_KEY}\n", bot.StorePlace{}, bot.StorePlace{Kind: bot.StoreSQLite, File: filepath.Join(dir, "calls.db")}, true, ""},
		{"a database", "store: {postgres: {env: BOT_POSTGRES}}\nkey: {env: NOT_SET}\n", bot.StorePlace{},
			bot.StorePlace{Kind: bot.StorePostgres, URL: ivr.NewSecret("postgres://ivrflow:hunter2@db.example.com/ivrflow")}, false, "note: the environment variable NOT_SET"},
		{"another place", "store: [wrong]\nkey: {env: BOT_KEY}\n", bot.StorePlace{Kind: bot.StoreSQLite, File: "x.db"}, bot.StorePlace{Kind: bot.StoreSQLite, File: "x.db"}, true, ""},
		{"a slip", "store: memroy\n", bot.StorePlace{}, bot.StorePlace{}, false, "error: this is no store that is known; did you mean memory?"},
		{"a fault", "store: sqlite\n", bot.StorePlace{}, bot.StorePlace{}, false, "error: name the file of the store"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(dir, "bot.yaml")
			write(t, name, tt.text, 0o600)
			cfg, list, err := bot.ConfigLoader{Env: environment, StoreAt: tt.at}.LoadStore(name)
			if err != nil {
				t.Fatal(err)
			}
			if cfg.StoreAt != tt.want || (cfg.Key != nil) != tt.key {
				t.Errorf("got %+v and a key of %d bytes, want %+v", cfg.StoreAt, len(cfg.Key), tt.want)
			}
			if got := list.String(); !strings.Contains(got, tt.fault) || tt.fault == "" && got != "" {
				t.Errorf("got the findings\n%swant %q", got, tt.fault)
			}
		})
	}
}

func TestParseStore(t *testing.T) {
	for text, want := range map[string]string{
		"memory":                               "memory",
		"calls.db":                             "calls.db",
		"./memory":                             "./memory",
		"/var/lib/ivrflow/calls.db":            "/var/lib/ivrflow/calls.db",
		"postgres://u:hunter2@db/x":            "postgres://u:xxxxx@db/x",
		"postgresql:///x?host=/run/postgresql": "postgresql:///x",
		"postgres://db/x?password=hunter2":     "postgres://db/x",
		"postgres://":                          "not the address of a database",
		"postgres://u:hunter2@db:x/y":          "not the address of a database",
		"":                                     "the store has no name",
		"sqlite":                               "name the file of the store",
		"postgres":                             "give the address of the database",
		"file://calls.db":                      "there is no other store",
		"memroy":                               "did you mean memory?",
		"Memory":                               "did you mean memory?",
		"sqlite3":                              "did you mean sqlite?",
		"postgress":                            "did you mean postgres?",
		"./memroy":                             "./memroy",
		"memroy.db":                            "memroy.db",
		"calls":                                "calls",
	} {
		at, err := bot.ParseStore(text)
		got := at.String()
		if err != nil {
			got = err.Error()
		}
		if (err == nil) != (got == want) || !strings.Contains(got, want) || strings.Contains(got, "hunter2") {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// A bot in a database needs a key, and one whose store was named must have it
// open: it would forget its calls without a word.
func TestBotStore(t *testing.T) {
	cfg, list := loadWith(t, loader(new(bytes.Buffer)), t.TempDir(), "store: calls.db\nretention: {keys: 0}\n")
	if list.Count(diag.Error) > 0 {
		t.Fatal(list)
	}
	if _, err := bot.New(cfg); err == nil || !strings.Contains(err.Error(), "calls.db, which is not open: call keep.Open before bot.New") {
		t.Errorf("a store that is not open: %v", err)
	}
	cfg.DB = &store.MemoryDB{}
	if _, err := bot.New(cfg); err == nil || !strings.Contains(err.Error(), "a Key is missing") {
		t.Errorf("no key: %v", err)
	}
	cfg.Key = make([]byte, 32)
	b, err := bot.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	nodes, err := cfg.DB.Nodes(t.Context())
	if err != nil || len(nodes) != 1 || time.Until(nodes[0].Until) > store.DefaultLease {
		t.Errorf("the nodes are %v, %v; want one, with the usual lease", nodes, err)
	}
}
