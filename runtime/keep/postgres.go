package keep

import (
	"context"
	"errors"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store/postgres"
)

// openPostgres connects to a database that several processes may share.
func openPostgres(ctx context.Context, cfg *bot.Config) (*Store, error) {
	url := cfg.StoreAt.URL.Reveal()
	if url == "" {
		return nil, errors.New("the address of the PostgreSQL database is not here; see store in the configuration")
	}
	db, err := postgres.Open(ctx, url, postgres.Options{Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	return &Store{db: db}, nil
}
