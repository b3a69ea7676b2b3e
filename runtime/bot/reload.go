package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Reloads say how a bot follows the file that it was configured from.
type Reloads struct {
	Path   string
	Loader ConfigLoader
	// Prepare completes a configuration with what no file can say, as the program
	// did before New, or refuses it; nil: neither.
	Prepare func(*Config) error
	// Now has the file read again, whether or not anything has changed.
	Now <-chan os.Signal
	// Watch has it read when it, or a file that it names, has changed and then kept
	// still for Every, since editors write in several steps. The files are those of
	// Loader.Files, if the first Load has filled them; else Follow loads once to learn
	// which they are.
	Watch bool
	Every time.Duration // how often the files are looked at; 0: 1 s
}

// errRefused is the error of a configuration with findings, which are in the log.
var errRefused = errors.New("it has errors")

// Follow reloads the bot's configuration until ctx is over. What is refused
// changes nothing, and the log says why. It is tried again if only the store was
// to blame.
func (b *Bot) Follow(ctx context.Context, r Reloads) {
	if r.Every == 0 {
		r.Every = time.Second
	}
	if r.Loader.Files == nil {
		r.Loader.Files = &Files{}
		if r.Watch {
			b.noteFiles(r)
		}
	}
	look := time.NewTicker(r.Every)
	defer look.Stop()
	if !r.Watch {
		look.Stop()
	}
	var moving map[string]stamp // what the files were at the last look; nil: as they were read
	var again <-chan time.Time  // if the store was to blame
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.Now:
		case <-again:
		case <-look.C:
			var still bool
			if moving, still = r.Loader.Files.still(moving); !still {
				continue
			}
		}
		moving, again = nil, nil
		if _, err := b.Reload(ctx, r); errors.Is(err, errNotKept) {
			again = time.After(10 * r.Every)
		}
	}
}

// noteFiles loads the configuration for nothing but to learn of which files it is
// made.
func (b *Bot) noteFiles(r Reloads) {
	r.Loader.Cache = b.cfg.Audio.Cache
	cfg, _, err := r.Loader.Load(r.Path)
	if err == nil {
		b.closeUnused(cfg.Recordings)
	}
}

// still looks at files that may be written just now: at what they are, which is
// nil if nothing has changed, and whether something has and they were the same at
// the last look.
func (f *Files) still(last map[string]stamp) (now map[string]stamp, still bool) {
	if !f.Changed() {
		return nil, false
	}
	now = f.now()
	return now, last != nil && maps.Equal(last, now)
}

// Reload reads the configuration once more and takes what it says; see
// [Bot.Reconfigure]. It logs what came of it.
func (b *Bot) Reload(ctx context.Context, r Reloads) (Changes, error) {
	c, err := b.reload(ctx, r)
	switch {
	case err != nil:
		b.cfg.Log.Error("configuration refused: the one before goes on", slog.String("file", r.Path), slog.String("error", err.Error()))
		return c, err
	case c.None():
		b.cfg.Log.Info("configuration read again: nothing has changed", slog.String("file", r.Path))
		return c, nil
	}
	if len(c.Flows)+len(c.Other) > 0 {
		b.cfg.Log.Info("configuration taken", slog.String("file", r.Path), slog.String("flows", c.Versions()), slog.String("keys", strings.Join(c.Other, " ")))
	}
	if len(c.Restart) > 0 {
		b.cfg.Log.Warn("part of the configuration needs a restart", slog.String("file", r.Path), slog.String("keys", strings.Join(c.Restart, " ")))
	}
	return c, nil
}

func (b *Bot) reload(ctx context.Context, r Reloads) (Changes, error) {
	if r.Loader.Cache == nil {
		r.Loader.Cache = b.cfg.Audio.Cache
	}
	cfg, list, err := r.Loader.Load(r.Path)
	defer b.closeUnused(cfg.Recordings)
	b.logFindings(list)
	switch {
	case err != nil:
		return Changes{}, err
	case list.HasErrors():
		return Changes{}, errRefused
	}
	if r.Prepare != nil {
		if err := r.Prepare(&cfg); err != nil {
			return Changes{}, err
		}
	}
	return b.Reconfigure(ctx, cfg)
}

// closeUnused closes a folder that the bot does not use: where recordings are is
// settled until it is started again.
func (b *Bot) closeUnused(r Recordings) {
	if f, ok := r.(*FolderRecordings); ok && r != b.cfg.Recordings {
		_ = f.root.Close() // nothing was written
	}
}

// logFindings logs what is wrong with a configuration and its flows, with its
// place.
func (b *Bot) logFindings(list diag.List) {
	for _, d := range list {
		level := slog.LevelWarn
		switch d.Severity {
		case diag.Error:
			level = slog.LevelError
		case diag.Note:
			level = slog.LevelInfo
		case diag.Warning:
		}
		b.cfg.Log.Log(context.Background(), level, "finding", slog.String("at", d.Pos.String()), slog.String("rule", d.Rule),
			slog.String("finding", fmt.Sprintf("%s: %s", d.Severity, d.Message)))
	}
}
