package prompt_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// A moment is spoken as the clocks of its zone show it.
func TestSayMoment(t *testing.T) {
	for moment, same := range map[string]struct{ date, time string }{
		"2026-11-24T09:30:00+01:00": {"2026-11-24", "09:30"},
		"2026-11-24T23:05:00-05:00": {"2026-11-24", "23:05"},
		"2026-01-01T00:00:00Z":      {"2026-01-01", "00:00"},
	} {
		for kind, plain := range map[string]string{"date": same.date, "time": same.time} {
			got, err := prompt.SayAs(kind, moment, "en-GB")
			want, err2 := prompt.SayAs(kind, plain, "en-GB")
			if err != nil || err2 != nil || got != want {
				t.Errorf("%s of %s: %q, %v; want %q, as of %s", kind, moment, got, err, want, plain)
			}
		}
	}
	if got, err := prompt.SayAs("time", "2026-11-24T25:00:00Z", "en-GB"); err == nil {
		t.Errorf("an hour that there is not: %q", got)
	}
}
