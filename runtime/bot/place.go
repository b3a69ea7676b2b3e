package bot

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// StoreKind is what keeps the calls of a bot.
type StoreKind string

// The kinds of store. Without a kind, nothing was said.
const (
	StoreMemory   StoreKind = "memory"   // calls end with the process
	StoreSQLite   StoreKind = "sqlite"   // a file, which one process has to itself
	StorePostgres StoreKind = "postgres" // a database, which several processes may share
)

// DefaultStoreFile is the file of the store if a configuration does not name one.
const DefaultStoreFile = "ivrflow.db"

// StorePlace says where the calls of a bot are kept. Package keep opens it.
type StorePlace struct {
	Kind   StoreKind
	File   string     // of StoreSQLite; empty: DefaultStoreFile in Folder
	URL    ivr.Secret // of StorePostgres
	Folder string     // that of the configuration file
}

// ParseStore reads a place that is one word: "memory", an address postgres://...,
// or else a file. A word that is nearly one of the kinds of store is not taken for
// a file. The error says what is wrong, and repeats nothing.
func ParseStore(text string) (StorePlace, error) {
	scheme, _, isURL := strings.Cut(text, "://")
	switch {
	case text == string(StoreMemory):
		return StorePlace{Kind: StoreMemory}, nil
	case strings.TrimSpace(text) == "":
		return StorePlace{}, errors.New("the store has no name; give a file, postgres://..., or memory")
	case text == string(StoreSQLite):
		return StorePlace{}, errors.New("name the file of the store, such as ivrflow.db")
	case text == string(StorePostgres), text == "postgresql":
		return StorePlace{}, errors.New("give the address of the database, such as postgres://ivrflow@db.example.com/ivrflow")
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		u, err := url.Parse(text)
		if err != nil || u.Host+u.Path+u.RawQuery == "" || u.Fragment != "" {
			return StorePlace{}, errors.New("this is not the address of a database, such as postgres://ivrflow@db.example.com/ivrflow")
		}
		return StorePlace{Kind: StorePostgres, URL: ivr.NewSecret(text)}, nil
	case isURL:
		return StorePlace{}, errors.New("calls are kept in a file, at postgres://..., or in memory; there is no other store")
	}
	if near, ok := diag.Suggest(text, []string{"memory", "sqlite", "postgres", "postgresql"}); ok && !strings.ContainsAny(text, `./\`) {
		return StorePlace{}, fmt.Errorf("this is no store that is known; did you mean %s? A file of that name is written with its folder, such as ./calls, or an ending, such as calls.db", near)
	}
	return StorePlace{Kind: StoreSQLite, File: text}, nil
}

// hasPassword reports an address with a password in it.
func hasPassword(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return true // nobody knows
	}
	_, has := u.User.Password()
	return has || u.Query().Has("password") || u.Query().Has("sslpassword")
}

// HasPassword reports an address with a password in it.
func (p StorePlace) HasPassword() bool {
	return p.Kind == StorePostgres && hasPassword(p.URL.Reveal())
}

// Named reports that somebody said where calls are kept.
func (p StorePlace) Named() bool { return p.Kind != "" }

// Path is the file of a store that is a file, or that is nowhere else.
func (p StorePlace) Path() string {
	if p.File != "" {
		return p.File
	}
	return filepath.Join(p.Folder, DefaultStoreFile)
}

// identity tells places apart, also one that Open has completed.
func (p StorePlace) identity() [2]string {
	switch p.Kind {
	case StoreMemory:
		return [2]string{string(p.Kind)}
	case StorePostgres:
		return [2]string{string(p.Kind), p.URL.Reveal()}
	case StoreSQLite:
	}
	return [2]string{string(StoreSQLite), p.Path()}
}

// String names the place without its password.
func (p StorePlace) String() string {
	switch p.Kind {
	case StoreMemory:
		return "memory"
	case StorePostgres:
		u, err := url.Parse(p.URL.Reveal())
		if err != nil || p.URL.Reveal() == "" {
			return "postgres"
		}
		u.RawQuery = ""
		return u.Redacted()
	case StoreSQLite:
	}
	return p.Path()
}

// Retention says how long what is kept of calls that are over is kept.
type Retention struct {
	// Keys is how long the journal can be read whole, with the keys that were
	// pressed; negative: no longer than the call; 0: store.DefaultKeepKeys.
	Keys time.Duration
	// Calls is how long the call's record and its journal's outline are there; 0:
	// DefaultKeepCalls.
	Calls time.Duration
	// Recordings is how long recordings in the store are there; 0:
	// DefaultKeepRecordings.
	Recordings time.Duration
}

// How long calls and recordings are kept if nothing is said.
const (
	DefaultKeepCalls      = 90 * 24 * time.Hour
	DefaultKeepRecordings = 30 * 24 * time.Hour
)

func (r Retention) withDefaults() Retention {
	if r.Keys == 0 {
		r.Keys = store.DefaultKeepKeys
	}
	if r.Calls == 0 {
		r.Calls = DefaultKeepCalls
	}
	if r.Recordings == 0 {
		r.Recordings = DefaultKeepRecordings
	}
	return r
}

// StoreKey is the key under which a store keeps calls, derived from a bot's Key.
func StoreKey(key []byte) []byte { return derive(key, "store") }

// inDatabase makes of DB what else keeps something, unless it is there.
func (c *Config) inDatabase() error {
	switch {
	case c.DB == nil && c.Store == nil && (c.StoreAt.Kind == StoreSQLite || c.StoreAt.Kind == StorePostgres):
		return fmt.Errorf("calls are to be kept in %s, which is not open: call keep.Open before bot.New", c.StoreAt)
	case c.DB == nil:
		return nil
	case c.Key == nil:
		return errors.New("a Key is missing: calls in a database need the same one at each start")
	}
	if c.Counters == nil {
		c.Counters = dbCounters{c.DB}
	}
	if c.Store != nil {
		return nil
	}
	s, err := store.New(store.Config{DB: c.DB, Key: StoreKey(c.Key), Lease: c.Lease, KeepKeys: c.Retention.withDefaults().Keys, Now: c.Clock.Now})
	if err != nil {
		return err
	}
	c.Store = s
	return nil
}
