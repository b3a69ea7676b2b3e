package bot

import (
	"context"
	"log/slog"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// maskedLog is the last net under what is logged: it hides what looks like the
// number of a payment card, wherever it came from.
type maskedLog struct{ slog.Handler }

func maskLog(log *slog.Logger) *slog.Logger { return slog.New(maskedLog{log.Handler()}) }

// Handle masks the record's attributes. Messages are constants.
func (m maskedLog) Handle(ctx context.Context, r slog.Record) error {
	masked := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		masked.AddAttrs(maskAttr(a))
		return true
	})
	return m.Handler.Handle(ctx, masked)
}

// WithAttrs masks attributes that many records share.
func (m maskedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	masked := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		masked[i] = maskAttr(a)
	}
	return maskedLog{m.Handler.WithAttrs(masked)}
}

// WithGroup keeps the net under a group.
func (m maskedLog) WithGroup(name string) slog.Handler {
	return maskedLog{m.Handler.WithGroup(name)}
}

func maskAttr(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(ivr.Mask(a.Value.String()))
	case slog.KindGroup:
		group := make([]slog.Attr, 0, len(a.Value.Group()))
		for _, member := range a.Value.Group() {
			group = append(group, maskAttr(member))
		}
		a.Value = slog.GroupValue(group...)
	case slog.KindAny: // an error, a panic's value: their text is what is logged
		a.Value = slog.StringValue(ivr.Mask(a.Value.String()))
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindTime, slog.KindUint64, slog.KindLogValuer:
	}
	return a
}
