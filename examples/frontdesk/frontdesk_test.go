package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit"
)

const flowFile = "frontdesk.ivr.yaml"

// The tests that are written in YAML. They need no Go: ivrflow test plays them,
// too.
func TestFiles(t *testing.T) { testkit.Run(t, flowFile) }

// withInbox plays the flow with the code that answers real calls. That is all
// that the flow needs, or the bot is not ready.
func withInbox(t *testing.T) (folder string, o testkit.Options) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "inbox")
	box, err := openInbox(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	box.now = testkit.DefaultNow
	return folder, testkit.Options{Register: func(b *bot.Bot) error { return errors.Join(register(b, box), b.Ready()) }}
}

// notes are what lies in the inbox.
func notes(t *testing.T, folder string) []note {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []note
	for _, f := range files {
		var n note
		b, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil || json.Unmarshal(b, &n) != nil {
			t.Fatalf("%s holds %q, %v", f.Name(), b, err)
		}
		if want := n.Message + ".json"; f.Name() != want {
			t.Errorf("the note of %s is called %s, want %s", n.Message, f.Name(), want)
		}
		all = append(all, n)
	}
	return all
}

func TestMessage(t *testing.T) {
	folder, o := withInbox(t)
	call := testkit.DialWith(t, flowFile, testkit.Given{}, o)
	call.Hears("main_menu").Press("3")
	call.Hears("leave_message").Records(20 * time.Second).Press("#")
	call.Hears("you_said", "review_menu").Press("1")
	call.Hears("thank_you", "goodbye").Ended("flow")
	all := notes(t, folder)
	if len(all) != 1 || all[0].Message == "" || all[0].Caller == "" || !all[0].At.Equal(testkit.DefaultNow()) {
		t.Errorf("the inbox holds %+v, want one message of this caller", all)
	}
}

// Who speaks and hangs up leaves a message all the same.
func TestHangUpKeepsTheMessage(t *testing.T) {
	folder, o := withInbox(t)
	call := testkit.DialWith(t, flowFile, testkit.Given{}, o)
	call.Press("3").Hears("leave_message").Records(40 * time.Second).HangUp().Ended("caller")
	if all := notes(t, folder); len(all) != 1 {
		t.Errorf("the inbox holds %+v, want one message", all)
	}
}

func TestThrownAway(t *testing.T) {
	folder, o := withInbox(t)
	call := testkit.DialWith(t, flowFile, testkit.Given{}, o)
	call.Press("3").Records(5 * time.Second).Hears("review_menu").Press("*").Hears("thrown_away").Ended("flow")
	if all := notes(t, folder); len(all) != 0 {
		t.Errorf("the inbox holds %+v, want nothing", all)
	}
}

func TestDeliverOnce(t *testing.T) {
	folder := t.TempDir()
	box, err := openInbox(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	first := testkit.DefaultNow()
	for i := range 3 {
		box.now = func() time.Time { return first.Add(time.Duration(i) * time.Minute) }
		if _, outcome, err := box.deliver(t.Context(), delivery{Message: "m-1", Caller: "+441632960123"}); outcome != "ok" || err != nil {
			t.Fatalf("deliver: %q, %v", outcome, err)
		}
	}
	if all := notes(t, folder); len(all) != 1 || !all[0].At.Equal(first) {
		t.Errorf("the inbox holds %+v, want the first delivery only", all)
	}
	for _, wrong := range []string{"", "../escape"} {
		if _, _, err := box.deliver(t.Context(), delivery{Message: wrong}); err == nil {
			t.Errorf("a message named %q was delivered", wrong)
		}
	}
}
