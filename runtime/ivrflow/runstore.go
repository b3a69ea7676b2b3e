package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// nodeStore is the place of --node: a database that several processes share.
func nodeStore(stderr io.Writer, address string) (bot.StorePlace, error) {
	if address == "" {
		return bot.StorePlace{}, nil
	}
	at, err := bot.ParseStore(address)
	if err == nil && at.Kind != bot.StorePostgres {
		err = errors.New("several processes can share a PostgreSQL database only, such as postgres://ivrflow@db.example.com/ivrflow")
	}
	if err != nil {
		return bot.StorePlace{}, usagef("--node: %w", err)
	}
	if at.HasPassword() {
		fmt.Fprintln(stderr, "ivrflow: everybody on this machine can see the password of --node; put it into PGPASSWORD or a password file, or name the store in the configuration")
	}
	return at, nil
}

// openStore opens the store of a bot that is going to take calls.
func openStore(ctx context.Context, cfg *bot.Config) (*keep.Store, error) {
	kept, err := keep.Open(ctx, cfg)
	switch {
	case errors.Is(err, store.ErrTaken):
		return nil, failuref("%w; several processes that answer for one bot need PostgreSQL (ivrflow help store)", err)
	case err != nil:
		return nil, failuref("%w", err)
	}
	cfg.Log.Info("store open", slog.String("store", cfg.StoreAt.String()))
	return kept, nil
}

// closeStore closes the store, also after an error.
func closeStore(kept *keep.Store, err error) error {
	closing := kept.Close()
	switch {
	case closing == nil:
		return err
	case err == nil:
		return failuref("%w", closing)
	}
	return fmt.Errorf("%w; %w", err, closing)
}
