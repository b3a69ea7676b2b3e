package testkit

import (
	"context"
	"log/slog"
)

// logbook is what the bot logs to: its errors become lines of the
// conversation, and all of it goes on to the test's own log, if there is one.
type logbook struct {
	next slog.Handler
	seen *witness
}

func (l logbook) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError || l.next.Enabled(ctx, level)
}

func (l logbook) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		text := r.Message
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "error" || a.Key == "panic" {
				text += ": " + a.Value.String()
			}
			return true
		})
		l.seen.say(byFlow, "error: %s", text)
	}
	if !l.next.Enabled(ctx, r.Level) {
		return nil
	}
	return l.next.Handle(ctx, r)
}

func (l logbook) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logbook{l.next.WithAttrs(attrs), l.seen}
}

func (l logbook) WithGroup(name string) slog.Handler {
	return logbook{l.next.WithGroup(name), l.seen}
}
