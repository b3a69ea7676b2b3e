package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit"
)

const flowFile = "visit.ivr.yaml"

// The tests that are written in YAML. They need no Go: ivrflow test plays them,
// too.
func TestFiles(t *testing.T) { testkit.Run(t, flowFile) }

// ring calls with the code that answers real calls. That is all that the flow
// needs, or the bot is not ready.
func ring(t *testing.T) (call *testkit.Call, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "answers.jsonl")
	a := openAnswers(file)
	a.now = testkit.DefaultNow
	return testkit.DialWith(t, flowFile, testkit.Given{}, testkit.Options{
		Register: func(b *bot.Bot) error { return errors.Join(register(b, a), b.Ready()) },
	}), file
}

// lines are what stands in the file of answers.
func lines(t *testing.T, file string) []line {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []line
	for text := range strings.Lines(string(text)) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all = append(all, l)
	}
	return all
}

func TestAnswersAndMessage(t *testing.T) {
	call, file := ring(t)
	call.Press("2").Hears("Wie freundlich").Press("1").Hears("Wie bald").Press("2").Hears("wiederkommen").Press("0")
	call.Hears("may_we_know").Press("1").Hears("after_the_tone").Records(8 * time.Second).Press("#")
	call.Hears("keep_it").Press("1").Hears("we_will_listen", "goodbye").Ended("flow")
	all := lines(t, file)
	if len(all) != 1 || !slices.Equal(all[0].Scores, []int{1, 2, 0}) || all[0].Average != 1.5 || all[0].Message == "" || !all[0].At.Equal(testkit.DefaultNow()) {
		t.Errorf("the file holds %+v", all)
	}
}

// Who hangs up half way has given the answers so far.
func TestHangUp(t *testing.T) {
	call, file := ring(t)
	call.Press("1").Hears("How friendly").Press("4").Hears("How soon").HangUp().Ended("caller")
	if all := lines(t, file); len(all) != 1 || !slices.Equal(all[0].Scores, []int{4}) || all[0].Message != "" {
		t.Errorf("the file holds %+v", all)
	}
}

func TestKeepAddsLines(t *testing.T) {
	a := openAnswers(filepath.Join(t.TempDir(), "answers.jsonl"))
	for range 3 {
		if _, outcome, err := a.keep(t.Context(), answer{Scores: []int{5}, Average: 5}); outcome != "ok" || err != nil {
			t.Fatalf("keep: %q, %v", outcome, err)
		}
	}
	if all := lines(t, a.file); len(all) != 3 {
		t.Errorf("the file holds %+v, want three lines", all)
	}
	a.file = t.TempDir() // a folder
	if _, _, err := a.keep(t.Context(), answer{}); err == nil {
		t.Error("answers that could not be kept were kept")
	}
}
