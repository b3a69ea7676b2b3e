package keep

import (
	"context"
	"errors"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store/postgres"
)

// openFunc is postgres.Open or postgres.OpenAsIs.
type openFunc func(ctx context.Context, url string, o postgres.Options) (*postgres.DB, error)

// openPostgres connects to a database that several processes may share.
func openPostgres(ctx context.Context, cfg *bot.Config, open openFunc) (*Store, error) {
	url := cfg.StoreAt.URL.Reveal()
	if url == "" {
		return nil, errors.New("the address of the PostgreSQL database is not here; see store in the configuration")
	}
	db, err := open(ctx, url, postgres.Options{Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	return &Store{db: db}, nil
}
