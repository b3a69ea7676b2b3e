package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit"
)

const flowFile = "bank_balance.ivr.yaml"

// The tests that are written in YAML. They need no Go: ivrflow test plays them,
// too.
func TestFiles(t *testing.T) {
	testkit.Run(t, flowFile)
	testkit.Run(t, "more.ivr-test.yaml")
}

// withLedger plays the flow with the code that answers real calls. That is all
// that the flow needs, or the bot is not ready.
func withLedger(l *ledger) testkit.Options {
	return testkit.Options{Register: func(b *bot.Bot) error { return errors.Join(register(b, l), b.Ready()) }}
}

func TestBalance(t *testing.T) {
	call := testkit.DialWith(t, flowFile, testkit.Given{}, withLedger(newLedger()))
	call.Hears("welcome", "enter_account").Press("20481636#")
	call.Hears("enter_pin").Press("161803")
	call.Hears("your_balance_is", "minus seven pounds and five pence", "again_or_agent").Press("*")
	call.Hears("goodbye").Ended("flow").NeverHeard("wrong_pin")
}

// Wrong PINs add up over calls: the second call finds the account locked.
func TestLock(t *testing.T) {
	o := withLedger(newLedger())
	first := testkit.DialWith(t, flowFile, testkit.Given{}, o)
	first.Press("12345674#")
	for range 3 {
		first.Hears("enter_pin").Press("0000#")
	}
	first.Transferred()
	second := testkit.DialWith(t, flowFile, testkit.Given{}, o)
	second.Press("12345674#")
	for range 2 {
		second.Hears("enter_pin").Press("9999#")
	}
	second.Hears("enter_pin").Press("2718#") // the right one, too late
	second.Hears("locked").Ended("flow").NeverHeard("your_balance_is")
}

func TestUnknownAccountSoundsLikeAWrongPIN(t *testing.T) {
	call := testkit.DialWith(t, flowFile, testkit.Given{}, withLedger(newLedger()))
	call.Press("31415920#").Hears("enter_pin").Press("2718#").Hears("wrong_pin")
}

// What callers type stays out of the log, at every level.
func TestLogKeepsSecrets(t *testing.T) {
	var log bytes.Buffer
	o := withLedger(newLedger())
	o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	call := testkit.DialWith(t, flowFile, testkit.Given{}, o)
	call.Press("12345674#").Press("60061#").Hears("wrong_pin").Press("2718#").Hears("your_balance_is").HangUp().Ended("caller")
	for _, secret := range []string{"12345674", "60061", "2718", "1234.50"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, &log)
		}
	}
}

// The German prompts, in the flow that the README makes of this one.
func TestGerman(t *testing.T) {
	call := testkit.DialWith(t, flowFile, testkit.Given{}, withLanguages(t))
	call.Hears("Für Deutsch").Press("2")
	call.Hears("Willkommen bei der Bank", "Kontonummer").Press("1#")
	call.Hears("ungültig", "Kontonummer").Press("12345674#")
	call.Hears("Geheimzahl", "Rautetaste").Press("0000#")
	call.Hears("Diese Geheimzahl ist falsch").Silence(testkit.NoInput)
	call.Hears("Sind Sie noch da").Press("2718#")
	call.Hears("Ihr Kontostand beträgt", "eintausendzweihundertvierunddreißig", "Sterntaste").Press("*")
	call.Hears("Auf Wiederhören").Ended("flow")
}

func TestEnglishByChoice(t *testing.T) {
	testkit.DialWith(t, flowFile, testkit.Given{}, withLanguages(t)).Press("1").Hears("Welcome to the bank")
}

// withLanguages is this folder with the state of the README in the flow.
func withLanguages(t *testing.T) testkit.Options {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"README.md", flowFile, "prompts/en-GB.prompts.yaml", "prompts/de-DE.prompts.yaml"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: b}
	}
	_, rest, _ := strings.Cut(string(files["README.md"].Data), "```yaml\n")
	state, _, ok := strings.Cut(rest, "```")
	text := string(files[flowFile].Data)
	if !ok || !strings.Contains(text, "start: welcome\nstates:\n") {
		t.Fatalf("the README has no state, or %s does not begin as this test thinks", flowFile)
	}
	text = strings.Replace(text, "start: welcome\nstates:\n", "start: language\nstates:\n"+state, 1)
	files[flowFile].Data = []byte(text)
	o := withLedger(newLedger())
	o.FS = files
	return o
}
