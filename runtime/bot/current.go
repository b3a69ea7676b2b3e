package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// currentBlob is where a bot notes which versions new calls run.
const currentBlob = "flows/current"

// CurrentVersion is the version of a flow that new calls run.
type CurrentVersion struct {
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
}

// CurrentVersions are the versions that new calls run, by the flow's name, as a
// running bot noted them: of several the one that started or changed last.
func CurrentVersions(ctx context.Context, b Blobs) (map[string]CurrentVersion, error) {
	data, err := b.Blob(ctx, currentBlob)
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	current := map[string]CurrentVersion{}
	if err == nil {
		err = json.Unmarshal(data, &current)
	}
	if err != nil {
		return nil, fmt.Errorf("which versions are current: %w", err)
	}
	return current, nil
}

// markCurrent notes them. It is for people only: failing is no reason to stop.
func (b *Bot) markCurrent(ctx context.Context, is *settings) {
	kept := b.versions.kept
	if kept == nil {
		return
	}
	before, err := CurrentVersions(ctx, kept)
	if err == nil {
		now := map[string]CurrentVersion{}
		for name, s := range is.flows {
			now[name] = CurrentVersion{s.flow.Version, b.cfg.Clock.Now()}
			if was := before[name]; was.Version == s.flow.Version {
				now[name] = was
			}
		}
		var data []byte
		if data, err = json.Marshal(now); err == nil {
			err = kept.PutBlob(ctx, currentBlob, data)
		}
	}
	if err != nil {
		b.cfg.Log.Warn("the store does not know which versions are current", slog.String("error", err.Error()))
	}
}

// keepFirst keeps the versions with which the bot begins to serve.
func (b *Bot) keepFirst(ctx context.Context) error {
	b.changing.Lock()
	defer b.changing.Unlock()
	now := b.settings.Load()
	if err := b.keepAll(ctx, now); err != nil {
		return fmt.Errorf("bot: %w", err)
	}
	b.markCurrent(ctx, now)
	return nil
}
