package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// A flow with a file that nobody reads can be checked, drawn, tested and rung
// with a program that makes a WAV file of it.
func TestConvert(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"hold.ivr.yaml":      "ivr: 1\nflow: hold\nprompts: {hold: {file: hold.ogg}}\nstart: main\nstates: {main: [{play: hold}, end]}\n",
		"hold.ivr-test.yaml": "flow: ./hold.ivr.yaml\ntests: {it plays: {call: [{hears: {end: hold}}, ended]}}\n",
		"hold.ogg":           "OggS" + string(prompt.Tone(1300*time.Millisecond, "hold")),
		"unwrap":             "#!/bin/sh\nexec tail -c +5 \"$1\" >\"$2\"\n",
		"bot.yaml": "app_id: 6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11\nsecret: {env: IVRFLOW_TEST_SECRET}\ntenants: [b41b72d0-4e9f-4c26-8a69-f949f367c91d]\n" +
			"public_url: https://bot.example.com\nflows: [hold.ivr.yaml]\nprompts: {convert: [./unwrap, \"{in}\", \"{out}\"]}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("IVRFLOW_TEST_SECRET", "a secret")
	t.Setenv("TMPDIR", t.TempDir())
	const by = "./unwrap {in} {out}"
	for _, args := range [][]string{
		{"check", "hold.ivr.yaml", "--convert", by}, {"draw", "hold.ivr.yaml", "--convert", by}, {"test", "--convert", by}, {"script", "hold.ivr.yaml", "--convert", by},
		{"prove", "hold.ivr.yaml", "--convert", by}, {"diff", "hold.ivr.yaml", "hold.ivr.yaml", "--convert", by}, {"replay", "--was", "hold.ivr.yaml", "--convert", by, "-"},
		{"dev", "hold.ivr.yaml", "--fast", "--script", "wait 5s", "--convert", by}, {"check", "--config", "bot.yaml"}, {"check", "--config", "bot.yaml", "hold.ivr.yaml"},
	} {
		stdout, stderr, code := invoke(t, "", args...)
		if code != exitFine {
			t.Errorf("ivrflow %s: exit code %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
		}
	}
	for _, args := range [][]string{{"check", "hold.ivr.yaml"}, {"draw", "hold.ivr.yaml"}, {"test"}, {"dev", "hold.ivr.yaml", "--fast"}} {
		stdout, stderr, code := invoke(t, "", args...)
		if code != exitFindings || !strings.Contains(stdout+stderr, "or with --convert [wav]") {
			t.Errorf("ivrflow %s: exit code %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
		}
	}
	for line, want := range map[string]string{
		"unwrap {in}": "lacks {in} or {out}", "./unwarp {in} {out}": "no such file", "unwrap '{in}": "quote ' is not closed",
	} {
		_, stderr, code := invoke(t, "", "check", "hold.ivr.yaml", "--convert", line)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("--convert %q: exit code %d, and it said %q, want %q", line, code, stderr, want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "ivrflow-transcode-*")); err != nil || len(left) > 0 {
		t.Errorf("folders are left: %v, %v", left, err)
	}
}

// check -v lists the words that are to be recorded, if values shall be heard
// from recordings.
func TestCheckListsWordsToRecord(t *testing.T) {
	t.Chdir(t.TempDir())
	const text = "ivr: 1\nflow: pin\nlocales: [de-DE]\nstart: main\nstates: {main: [{play: {say_as: digits, value: \"1\"}}, end]}\n"
	if err := os.WriteFile("pin.ivr.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const words = "acht, drei, eins, fünf, neun, null, raute, sechs, sieben, stern, vier, zwei"
	for _, tt := range []struct{ format, want string }{
		{"text", "pin.ivr.yaml: to be recorded for say_as: digits in de-DE: " + words + "\n"},
		{"json", `"words": [` + "\n        \"" + strings.ReplaceAll(words, ", ", "\",\n        \"") + `"`},
	} {
		stdout, stderr, code := invoke(t, "", "check", "-v", "--format", tt.format, "pin.ivr.yaml")
		if code != exitFine || !strings.Contains(stdout, tt.want) {
			t.Errorf("exit code %d\n%s%s, want %s", code, stdout, stderr, tt.want)
		}
		if stdout, _, _ := invoke(t, "", "check", "--format", tt.format, "pin.ivr.yaml"); strings.Contains(stdout, "raute") {
			t.Errorf("without -v it says\n%s", stdout)
		}
	}
}
