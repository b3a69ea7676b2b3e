package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// optOutBlobs begins the names of those who want no more calls. It is under no limit of
// purging: they are kept for as long as the database is.
const optOutBlobs = "opt_out/"

var errForgets = errors.New("the bot keeps its calls in memory, which would forget who wants no more calls; let store be a file or PostgreSQL, or give the bot a DB")

// OptOut notes that somebody, by a number in E.164 form or an object id, wants no more
// calls. When it returns that is on disk, for all nodes and for good; who is there is
// not added again. The database does not show whose number it is.
//
// It keeps nobody from [Bot.Dial]: whoever calls the people on a list asks
// [Bot.OptedOut] before, as package campaign does.
func (b *Bot) OptOut(ctx context.Context, who string) error {
	db := b.db()
	if db == nil {
		return fmt.Errorf("bot: opt out: %w", errForgets)
	}
	since := b.cfg.Clock.Now().UTC().Format(time.RFC3339)
	if _, err := db.AddBlob(ctx, b.optOutBlob(who), []byte(since)); err != nil {
		return fmt.Errorf("bot: opt out: %w", err)
	}
	return nil
}

// OptedOut reports whether somebody wants no more calls, as he told any node.
func (b *Bot) OptedOut(ctx context.Context, who string) (bool, error) {
	db := b.db()
	if db == nil {
		return false, fmt.Errorf("bot: opted out: %w", errForgets)
	}
	_, err := db.Blob(ctx, b.optOutBlob(who))
	switch {
	case errors.Is(err, store.ErrNone):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("bot: opted out: %w", err)
	}
	return true, nil
}

func (b *Bot) optOutBlob(who string) string {
	mac := hmac.New(sha256.New, b.derive("opt out"))
	mac.Write([]byte(who))
	return optOutBlobs + hex.EncodeToString(mac.Sum(nil))
}
