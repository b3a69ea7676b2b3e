package bot_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// converts writes a flow that plays a file which nobody reads, and a program
// that makes a WAV file of such: it leaves out the first four bytes.
func converts(t *testing.T, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "hold.ivr.yaml"), "ivr: 1\nflow: hold\nprompts: {hold: {file: hold.ogg}}\nstart: main\nstates: {main: [{play: hold}, end]}\n", 0o600)
	write(t, filepath.Join(dir, "hold.ogg"), "OggS"+string(prompt.Tone(1300*time.Millisecond, "hold")), 0o600)
	write(t, filepath.Join(dir, "unwrap"), "#!/bin/sh\nexec tail -c +5 \"$1\" >\"$2\"\n", 0o700)
}

const converting = `flows: [hold.ivr.yaml]
app_id: 6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11
secret: {env: BOT_SECRET}
tenants: [b41b72d0-4e9f-4c26-8a69-f949f367c91d]
public_url: https://bot.example.com
`

// The flows' files are converted by the program that the configuration names,
// wherever that stands in it, and whatever the working directory is.
func TestConfigConverts(t *testing.T) {
	dir := t.TempDir()
	converts(t, dir)
	write(t, filepath.Join(dir, "bot.yaml"), converting+"prompts: {convert: [./unwrap, \"{in}\", \"{out}\"]}\n", 0o600)
	write(t, filepath.Join(dir, "bare.yaml"), converting, 0o600)
	for _, name := range []string{filepath.Join(dir, "bot.yaml"), "bot.yaml"} {
		cfg, list, err := loader(new(bytes.Buffer)).Load(name)
		if err != nil || len(list) > 0 {
			t.Fatalf("%s: %v\n%s", name, err, list)
		}
		if e, ok := cfg.Flows[0].Catalogue.Lookup("en-US", "hold"); !ok || e.Length != 1300*time.Millisecond {
			t.Errorf("%s: the prompt is %+v", name, e)
		}
		t.Chdir(dir)
	}
	_, list, err := loader(new(bytes.Buffer)).Load("bare.yaml")
	if want := "prompts.convert in the bot's configuration"; err != nil || !strings.Contains(list.String(), want) {
		t.Errorf("without a program: %v, want a finding with %q\n%s", err, want, list)
	}
}

// With faults in it the configuration still tells how files are converted.
func TestConfigConvertsWithFaults(t *testing.T) {
	dir := t.TempDir()
	converts(t, dir)
	write(t, filepath.Join(dir, "bot.yaml"), strings.Replace(converting, "https", "http", 1)+"prompts: {convert: [./unwrap, \"{in}\", \"{out}\"]}\n", 0o600)
	cfg, list, err := loader(new(bytes.Buffer)).Load(filepath.Join(dir, "bot.yaml"))
	if err != nil || !list.HasErrors() || cfg.Audio.Command == nil || strings.Contains(list.String(), "[wav]") {
		t.Errorf("%v, command %t\n%s", err, cfg.Audio.Command != nil, list)
	}
}
