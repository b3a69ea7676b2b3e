package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/keep"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// lookOptions say which store is looked at.
type lookOptions struct {
	config string
	store  string
}

func (o *lookOptions) lookFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.config, "config", "bot.yaml", "the bot's configuration file, which says where calls are kept")
	cmd.Flags().StringVar(&o.store, "store", "", "the store itself: its file, or postgres://...")
}

// place reads where the store is, and its key if it is on this machine.
func (o lookOptions) place(cmd *cobra.Command) (bot.Config, error) {
	var at bot.StorePlace
	if cmd.Flags().Changed("store") {
		var err error
		if at, err = bot.ParseStore(o.store); err != nil {
			return bot.Config{}, usagef("--store: %w", err)
		}
	}
	cfg, list, err := bot.ConfigLoader{StoreAt: at}.LoadStore(o.config)
	switch {
	case errors.Is(err, fs.ErrNotExist) && at.Named() && !cmd.Flags().Changed("config"):
		return bot.Config{StoreAt: at}, nil
	case errors.Is(err, fs.ErrNotExist) && !at.Named():
		return bot.Config{}, failuref("%w; name a configuration with --config, or the store itself with --store", err)
	case err != nil:
		return bot.Config{}, failuref("%w", err)
	case list.HasErrors():
		r := &report{}
		if src, err := os.ReadFile(o.config); err == nil {
			r.keep(o.config, bot.MaskSecrets(o.config, src, list))
		}
		if err := r.print(cmd.ErrOrStderr(), list); err != nil {
			return bot.Config{}, failuref("writing the findings: %w", err)
		}
		return bot.Config{}, exit(exitFindings)
	}
	if at.Kind == bot.StoreSQLite {
		if _, err := os.Stat(bot.KeyFile(at.Path())); err == nil {
			cfg.Key = nil // its own is beside it
		}
	}
	return cfg, nil
}

// looking opens the store for as long as do takes.
func (o lookOptions) looking(cmd *cobra.Command, do func(ctx context.Context, l *keep.Look) error) error {
	cfg, err := o.place(cmd)
	if err != nil {
		return err
	}
	l, err := keep.Read(cmd.Context(), cfg)
	if err != nil {
		return failuref("%w%s", err, noStore(cmd, err))
	}
	err = do(cmd.Context(), l)
	if closing := l.DB.Close(); err == nil && closing != nil {
		err = closing
	}
	if _, ours := errors.AsType[*exitError](err); err != nil && !ours {
		return failuref("%w", err)
	}
	return err
}

// noStore is what to do if there is no file, and none was named.
func noStore(cmd *cobra.Command, err error) string {
	if errors.Is(err, fs.ErrNotExist) && !cmd.Flags().Changed("store") {
		return "; run makes it at its first start; if the bot runs with --node, or keeps its calls elsewhere, name that with --store"
	}
	return ""
}

// filterOptions say which calls are wanted.
type filterOptions struct {
	flow  string
	since string
	until string
}

func (o *filterOptions) filterFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.flow, "flow", "", "only calls of this flow, by its name or version")
	cmd.Flags().StringVar(&o.since, "since", "", "only calls that began since: 2026-11-27, 2026-11-27T08:00:00Z, or 90m, 24h, 7d ago")
	cmd.Flags().StringVar(&o.until, "until", "", "only calls that began before, in the same forms")
}

func (o filterOptions) filter(now time.Time) (f store.Filter, err error) {
	f.Flow = o.flow
	if f.Since, err = moment("since", o.since, now); err != nil {
		return f, err
	}
	f.Until, err = moment("until", o.until, now)
	if err == nil && !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		err = usagef("--since is not before --until, so no call fits")
	}
	return f, err
}

var daysAgo = regexp.MustCompile(`^([0-9]{1,5})d$`)

// moment reads a time as people write it.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if m := daysAgo.FindStringSubmatch(text); m != nil {
		days, _ := strconv.Atoi(m[1]) // it has the form
		return now.AddDate(0, 0, -days), nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("--%s takes a day (2026-11-27), a time (2026-11-27T08:00:00Z), or how long ago (90m, 24h, 7d), not %q", flag, text)
}
