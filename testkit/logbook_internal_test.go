package testkit

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// Errors that the bot logs are lines of the conversation, and all that it logs goes on to
// the test's own log, if that wants it.
func TestLogbook(t *testing.T) {
	var own strings.Builder
	for level, want := range map[slog.Level]string{slog.LevelWarn: "warned", slog.LevelError + 4: ""} {
		own.Reset()
		seen := newWitness(nil, &instant{time.Unix(0, 0)})
		log := slog.New(logbook{slog.NewTextHandler(&own, &slog.HandlerOptions{Level: level}), seen})
		log.Info("told")
		log.Warn("warned", slog.Any("error", errors.New("a bit")))
		log.Error("command not sent", slog.String("session", "s"), slog.Any("error", errors.New("no way")))
		if len(seen.lines) != 1 || seen.lines[0].Who != byFlow || seen.lines[0].What != "error: command not sent: no way" {
			t.Errorf("the conversation is %v", seen.lines)
		}
		if got := own.String(); strings.Contains(got, "told") || want != "" && !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("the test's log, from %s, is %q", level, got)
		}
	}
}
