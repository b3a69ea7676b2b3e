package main

import (
	"errors"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit"
)

const flowFile = "simpleivr.ivr.yaml"

// The tests that are written in YAML. They need no Go: ivrflow test plays them,
// too.
func TestFiles(t *testing.T) { testkit.Run(t, flowFile) }

// london is the office at a time there.
func london(t *testing.T, at string) *office {
	t.Helper()
	o, err := newOffice("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	now, err := time.ParseInLocation("2006-01-02 15:04", at, o.zone)
	if err != nil {
		t.Fatal(err)
	}
	o.now = func() time.Time { return now }
	return o
}

// dialAt rings at a time, with the code that answers real calls. That is all that
// the flow needs, or the bot is not ready.
func dialAt(t *testing.T, at string) *testkit.Call {
	t.Helper()
	office := london(t, at)
	return testkit.DialWith(t, flowFile, testkit.Given{}, testkit.Options{
		Register: func(b *bot.Bot) error { return errors.Join(register(b, office), b.Ready()) },
	})
}

func TestOpen(t *testing.T) {
	call := dialAt(t, "2026-11-23 10:00").Strict()
	call.Hears("welcome", "choices").Press("8")
	call.Hears("not_valid", "choices").Press("2")
	call.Hears("to_support").Transferred()
}

func TestClosed(t *testing.T) {
	dialAt(t, "2026-11-22 10:00").Strict().Hears("closed_now").Ended("flow")
}

func TestHours(t *testing.T) {
	for _, tt := range []struct{ at, want string }{
		{"2026-11-23 08:59", "closed"}, // Monday
		{"2026-11-23 09:00", "open"},
		{"2026-07-20 09:00", "open"}, // summer time
		{"2026-11-27 16:59", "open"}, // Friday
		{"2026-11-27 17:00", "closed"},
		{"2026-11-28 12:00", "closed"}, // Saturday
		{"2026-11-29 12:00", "closed"},
	} {
		_, got, err := london(t, tt.at).hours(t.Context(), struct{}{})
		if got != tt.want || err != nil {
			t.Errorf("at %s: %q, %v; want %q", tt.at, got, err, tt.want)
		}
	}
	if _, err := newOffice("Europe/Atlantis"); err == nil {
		t.Error("a zone that does not exist was accepted")
	}
}
