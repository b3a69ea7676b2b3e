// Package keep opens the store that a bot's configuration names, for programs
// that embed the bot and for ivrflow itself:
//
//	cfg, list, err := bot.LoadConfig("bot.yaml")
//	err = keep.Run(ctx, cfg, func(b *bot.Bot) error { return bot.RegisterAction(b, ...) })
//
// [Run] is [Open], bot.New, Bot.ListenAndServe and [Store.Close].
//
// It is apart from package bot so that a bot that keeps its calls in memory is
// built without a database.
package keep

import (
	"context"
	"errors"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
	"github.com/ivrflow/ivrflow/runtime/store/postgres"
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
	if s.db != nil { // and not a DB that is not nil and has none
		cfg.DB = s.db
	}
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
		return openPostgres(ctx, cfg, postgres.Open)
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

// ErrFailed says that the disk failed a write that it had taken. Nobody knows what
// it holds until it is read anew.
var ErrFailed = errors.New("the store has failed: start again, and look at the disk and the system's log")

// Context is over when ctx is, or when the store has failed for good, so that the
// process has to start again: then its cause is ErrFailed.
func (s *Store) Context(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-s.failed:
			cancel(ErrFailed)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// Run opens the store that cfg names, makes a bot, has prepare register what the
// bot needs (nil: nothing), serves until ctx is over, and closes the store. The
// error wraps ErrFailed if the process has to start again.
func Run(ctx context.Context, cfg bot.Config, prepare func(*bot.Bot) error) (err error) {
	kept, err := Open(ctx, &cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	b, err := bot.New(cfg)
	if err == nil && prepare != nil {
		err = prepare(b)
	}
	if err != nil {
		return err
	}
	ctx, stop := kept.Context(ctx)
	defer stop()
	err = b.ListenAndServe(ctx)
	if errors.Is(context.Cause(ctx), ErrFailed) {
		err = errors.Join(ErrFailed, err)
	}
	return err
}

// Close closes the store.
func (s *Store) Close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// Look is a store that is open to be looked at.
type Look struct {
	DB     store.DB // methods that would write may be refused
	Reader *store.Reader
	Key    []byte // see bot.Config; nil: it is not known
	// NoKey says why not.
	NoKey error
}

// Read opens a store to be looked at, also while processes use it, and changes
// nothing: tables of another version of this program are an error. It needs of
// the configuration StoreAt, and Key or else the key in the file beside the
// store. The caller closes Look.DB.
func Read(ctx context.Context, cfg bot.Config) (*Look, error) {
	l, key, err := read(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	if key != nil {
		if l.Reader, err = store.NewReader(l.DB, bot.StoreKey(key)); err == nil {
			l.NoKey = l.Reader.CheckKey(ctx)
		}
	}
	if l.NoKey == nil {
		l.Key = key
	} else if err == nil {
		l.Reader, err = store.NewReader(l.DB, nil)
	}
	if err != nil {
		return nil, errors.Join(err, l.DB.Close())
	}
	return l, nil
}

// read opens the store, and finds its key.
func read(ctx context.Context, cfg *bot.Config) (l *Look, key []byte, err error) {
	l, key = &Look{}, cfg.Key
	if key == nil {
		l.NoKey = errors.New("there is no key here")
	}
	switch cfg.StoreAt.Kind {
	case bot.StoreMemory:
		return nil, nil, errors.New("calls are kept in memory, where only the process sees them; name a file or a database with store")
	case bot.StorePostgres:
		s, err := openPostgres(ctx, cfg, postgres.OpenAsIs)
		if err != nil {
			return nil, nil, err
		}
		l.DB = s.db
		return l, key, nil
	case bot.StoreSQLite:
	}
	file := cfg.StoreAt.Path()
	if err := bot.CheckStoreFile(file); err != nil {
		return nil, nil, err
	}
	if key == nil {
		key, l.NoKey = bot.ReadKeyFile(file)
	}
	db, err := sqlite.OpenReadOnly(ctx, file)
	if err != nil {
		return nil, nil, err
	}
	l.DB = db
	return l, key, nil
}
