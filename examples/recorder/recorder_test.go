package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit"
)

const flowFile = "recorder.ivr.yaml"

// The tests that are written in YAML. They need no Go: ivrflow test plays them,
// too.
func TestFiles(t *testing.T) { testkit.Run(t, flowFile) }

// withShelf plays the flow with the code that answers real calls. That is all
// that the flow needs, or the bot is not ready.
func withShelf() testkit.Options {
	s := newShelf()
	return testkit.Options{Register: func(b *bot.Bot) error { return errors.Join(register(b, s), b.Ready()) }}
}

// What was said is what is played back: it plays as long as the caller spoke.
func TestPlaysBack(t *testing.T) {
	call := testkit.DialWith(t, flowFile, testkit.Given{}, withShelf())
	call.Hears("welcome", "speak").Records(21 * time.Second).Press("#").Hears("you_said")
	began := call.HearsEnd("you_said").Clock().Now()
	call.Hears("keep_or_again")
	if took := call.Clock().Now().Sub(began); took < 20*time.Second || took > 23*time.Second {
		t.Errorf("the recording played for %s, want about 21s", took)
	}
	played := false
	for _, line := range call.Conversation() {
		played = played || strings.Contains(line.What, "plays the recording")
	}
	if !played {
		t.Error("no recording was played")
	}
	call.Press("1").Hears("kept_under", "one, zero, zero, one", "goodbye").Ended("flow")
}

// Each message gets its own number, and a message handed over again keeps its.
func TestShelf(t *testing.T) {
	s := newShelf()
	for _, tt := range []struct{ name, want string }{{"a", "1001"}, {"b", "1002"}, {"a", "1001"}, {"c", "1003"}} {
		got, outcome, err := s.keep(t.Context(), message{Name: tt.name})
		if got.Number != tt.want || outcome != "ok" || err != nil {
			t.Errorf("keep(%s) = %q, %q, %v; want %s", tt.name, got.Number, outcome, err, tt.want)
		}
	}
	if _, _, err := s.keep(t.Context(), message{}); err == nil {
		t.Error("a message without a name was kept")
	}
}
