package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit"
)

const flowFile = "appointments.ivr.yaml"

// The tests that are written in YAML. They need no Go: ivrflow test plays them,
// too.
func TestFiles(t *testing.T) { testkit.Run(t, flowFile) }

// newPractice is a practice with the plan of the example.
func newPractice(t *testing.T) *practice {
	t.Helper()
	p := &practice{folder: t.TempDir()}
	text, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.folder, plan), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// orders has everybody called who is due, and keeps what is ordered.
func orders(t *testing.T, p *practice) []bot.Order {
	t.Helper()
	var all []bot.Order
	p.remindAll(t.Context(), func(_ context.Context, o bot.Order) (bot.Started, error) {
		all = append(all, o)
		return bot.Started{}, errors.New("one that fails does not stop the others")
	}, 0)
	return all
}

// The first of those who are due is called, with the code that makes real calls. She
// wants no more calls, and gets none.
func TestNoMoreCalls(t *testing.T) {
	p := newPractice(t)
	due := orders(t, p)
	if len(due) != 2 || due[0].From == "" {
		t.Fatalf("due are %+v, want two, and an account that calls", due)
	}
	call := testkit.DialWith(t, flowFile, testkit.Given{Params: due[0].Params}, testkit.Options{
		Register: func(b *bot.Bot) error { return errors.Join(register(b, p), b.Ready()) },
	})
	call.Hears("with a message for Anne Meyer", "who_is_there").Press("9").Hears("no_more_calls").Press("1")
	call.Hears("taken_off", "goodbye").Ended("flow")
	text, err := os.ReadFile(filepath.Join(p.folder, answers))
	const want = `{"number":"+441632960123","appointment":"2026-11-24T09:30:00Z","answer":"no_more_calls"}` + "\n"
	if string(text) != want || err != nil {
		t.Errorf("the answers are %s (%v), want %s", text, err, want)
	}
	if left := orders(t, p); len(left) != 1 || left[0].Params["number"] != "+441632960124" {
		t.Errorf("now due are %+v, want the other one", left)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	p := &practice{folder: t.TempDir()}
	if got := orders(t, p); len(got) != 0 {
		t.Errorf("without a plan %+v are called", got)
	}
	p = newPractice(t)
	if err := os.WriteFile(filepath.Join(p.folder, noCalls), []byte("damaged\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := orders(t, p); len(got) != 0 {
		t.Errorf("%+v are called, and nobody knows whether they want it", got)
	}
	if _, _, err := (&practice{folder: filepath.Join(p.folder, plan)}).note(t.Context(), answer{}); err == nil {
		t.Error("an answer that could not be written was")
	}
}
