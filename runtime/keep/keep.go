// Package keep opens the store that a bot's configuration names, for programs
// that embed the bot and for ivrflow itself:
//
//	cfg, list, err := bot.LoadConfig("bot.yaml")
//	kept, err := keep.Open(ctx, &cfg)
//	defer kept.Close()
//	b, err := bot.New(cfg)
//
// It is apart from package bot so that a bot that keeps its calls in memory is
// built without a database.
package keep

import (
	"context"
	"errors"
	"fmt"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/seal"
	"github.com/ivrflow/ivrflow/runtime/store/sqlite"
)

// Store is a store that is open. The bot that uses it ends before it is closed.
type Store struct {
	db     store.DB // nil: memory
	failed <-chan struct{}
}

// Open opens the store that cfg.StoreAt names, or else the file
// bot.DefaultStoreFile beside the configuration file, and sets cfg.DB. For
// PostgreSQL it sets cfg.Shared. For a file without cfg.Key it sets that: to the
// key in the file beside the store, which is made with the store. For memory it
// changes nothing.
//
// The error wraps store.ErrTaken if another process has the file.
func Open(ctx context.Context, cfg *bot.Config) (*Store, error) {
	s, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if s.db == nil {
		return s, nil
	}
	if err := checkKey(ctx, s.db, cfg.Key, true); err != nil {
		return nil, errors.Join(fmt.Errorf("the store %s: %w", cfg.StoreAt, err), s.Close())
	}
	cfg.DB = s.db
	return s, nil
}

func open(ctx context.Context, cfg *bot.Config) (*Store, error) {
	switch at := cfg.StoreAt; at.Kind {
	case bot.StoreMemory:
		return &Store{}, nil
	case bot.StorePostgres:
		if cfg.Key == nil {
			return nil, errors.New("calls in PostgreSQL need a key, the same for all processes of the bot; set key in the configuration, and make one with: openssl rand -base64 32")
		}
		cfg.Shared = true
		return openPostgres(ctx, cfg)
	case bot.StoreSQLite:
	}
	file := cfg.StoreAt.Path()
	if err := bot.CheckStoreFile(file); err != nil {
		return nil, err
	}
	if cfg.Key == nil {
		var err error
		if cfg.Key, err = keyOf(file); err != nil {
			return nil, err
		}
	}
	cfg.StoreAt.Kind, cfg.StoreAt.File = bot.StoreSQLite, file
	o := sqlite.Options{}
	if cfg.Clock != nil {
		o.Now = cfg.Clock.Now
	}
	db, err := sqlite.Open(ctx, file, o)
	if err != nil {
		return nil, err
	}
	return &Store{db: db, failed: db.Failed()}, nil
}

// Failed is closed when the store has failed for good, so that the process has to
// start again.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Close closes the store.
func (s *Store) Close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// keyBlob is where a store notes under which key it is.
const keyBlob = "key"

// errOtherKey is what is wrong with a key that is not the store's.
var errOtherKey = errors.New("it was made with another key than the one that is configured now; give the right one, or move the store away to begin anew: without its key nothing in it can be read")

// checkKey reports a key that is not the store's. A store that has none yet
// notes it.
func checkKey(ctx context.Context, db store.DB, key []byte, note bool) error {
	master, err := seal.NewMaster(bot.StoreKey(key))
	if err != nil {
		return err
	}
	known, err := db.Blob(ctx, keyBlob)
	switch {
	case errors.Is(err, store.ErrNone) && note:
		return db.PutBlob(ctx, keyBlob, []byte(master.String()))
	case errors.Is(err, store.ErrNone):
		return nil
	case err != nil:
		return err
	case string(known) != master.String():
		return errOtherKey
	}
	return nil
}

// Look is a store that is open to be looked at.
type Look struct {
	DB  store.DB // methods that would write may be refused
	Key []byte   // see bot.Config; nil: nobody knows it
	// NoKey says why there is none.
	NoKey error
}

// Read opens a store to be looked at, also while processes use it. It needs of
// the configuration StoreAt, and Key or else the key in the file beside the
// store. The caller closes Look.DB.
func Read(ctx context.Context, cfg bot.Config) (*Look, error) {
	l := &Look{Key: cfg.Key, NoKey: errors.New("there is no key here")}
	var err error
	switch cfg.StoreAt.Kind {
	case bot.StoreMemory:
		return nil, errors.New("calls are kept in memory, where only the process sees them; name a file or a database with store")
	case bot.StorePostgres:
		var s *Store
		if s, err = openPostgres(ctx, &cfg); err == nil {
			l.DB = s.db
		}
	default:
		file := cfg.StoreAt.Path()
		if err := bot.CheckStoreFile(file); err != nil {
			return nil, err
		}
		if l.Key == nil {
			l.Key, l.NoKey = bot.ReadKeyFile(file)
		}
		l.DB, err = sqlite.OpenReadOnly(ctx, file)
	}
	if err != nil {
		return nil, err
	}
	if l.Key != nil {
		l.NoKey = checkKey(ctx, l.DB, l.Key, false)
	}
	if l.NoKey != nil {
		l.Key = nil
	}
	return l, nil
}
