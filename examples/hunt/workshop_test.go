package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit"
)

const flowFile = "workshop.ivr.yaml"

// The tests that are written in YAML. They need no Go: ivrflow test plays them,
// too.
func TestFiles(t *testing.T) { testkit.Run(t, flowFile) }

// ring calls with the code that answers real calls. That is all that the flow
// needs, or the bot is not ready.
func ring(t *testing.T, s schedule.State) (call *testkit.Call, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "messages.jsonl")
	m := openMessages(file)
	m.now = testkit.DefaultNow
	return testkit.DialWith(t, flowFile, testkit.Given{Schedules: map[string]schedule.State{"workshop": s}}, testkit.Options{
		Register: func(b *bot.Bot) error { return errors.Join(register(b, m), b.Ready()) },
	}), file
}

func TestMessage(t *testing.T) {
	call, file := ring(t, schedule.Holiday)
	call.Hears("holiday", "after_the_tone").Records(20 * time.Second).HangUp().Ended("caller")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil || l.Recording == "" || l.Caller == "" || !l.At.Equal(testkit.DefaultNow()) {
		t.Errorf("the file holds %s (%v)", text, err)
	}
}

func TestNoMessage(t *testing.T) {
	call, file := ring(t, schedule.Open)
	call.Hears("music").Transferred()
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a message of a caller who was put through (%v)", err)
	}
}

func TestDeliverFails(t *testing.T) {
	if _, _, err := openMessages(t.TempDir()).deliver(t.Context(), message{Recording: "m-1"}); err == nil { // a folder
		t.Error("a message that could not be written was delivered")
	}
}
