package bot

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// The number of a card is hidden wherever it stands in a record.
func TestMaskLog(t *testing.T) {
	const card = "4111 1111 1111 1111"
	var out bytes.Buffer
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	for _, log := range []*slog.Logger{maskLog(slog.New(slog.NewTextHandler(&out, options))), maskLog(slog.New(slog.NewJSONHandler(&out, options)))} {
		out.Reset()
		log.With(slog.String("with", card)).WithGroup("g").Debug("said", slog.String("text", "card "+card), slog.Any("error", errors.New(card)),
			slog.Group("group", slog.Any("list", []string{card})), slog.Any("value", hides{}), slog.Int("n", 42))
		got := out.String()
		if strings.Contains(got, "1111") || strings.Count(got, "***") != 5 || !strings.Contains(got, "42") {
			t.Errorf("logged %s", got)
		}
	}
	if maskLog(slog.New(slog.NewTextHandler(&out, nil))).Enabled(t.Context(), slog.LevelDebug) {
		t.Error("the level of the log is not kept")
	}
}

type hides struct{}

func (hides) LogValue() slog.Value { return slog.StringValue("4111111111111111") }
