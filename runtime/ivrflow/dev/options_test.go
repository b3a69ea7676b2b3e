package dev_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/runtime/ivrflow/dev"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// teller asks for a secret, uses actions and configuration, and transfers.
const teller = `
ivr: 1
flow: teller
config:
  service_desk: {type: string}
  hotline: {type: string}
  limit: {type: number}
vars:
  pin: {type: digits, length: 4, sensitive: true}
  branch: {type: digits, length: 2}
  balance: {type: money, currency: GBP}
  token: {type: string, length: 12, sensitive: true}
actions:
  verify: {in: [pin], out: [token], outcomes: [ok, wrong], timeout: 3s}
  look: {in: [branch], out: [balance], timeout: 3s}
prompts: {notice: Calls are recorded, ask_pin: Pin, ask_branch: Branch, your: You have, wrong: Wrong, busy: Busy, more: More}
start: login
states:
  login:
    - play: {prompt: notice, barge_in: false}
    - collect: pin
      prompt: ask_pin
      gave_up: desk
    - do: verify
      wrong: {up_to: 1, then: [{play: wrong}, {goto: login}], else: desk}
    - collect: branch
      prompt: ask_branch
      gave_up: desk
    - do: look
    - play: [your, {say_as: money, value: "${balance}"}, {say: "Your secret is ${token}"}]
    - goto: desk
  desk:
    - log: "the limit is ${config.limit}"
    - transfer: {user: "${config.service_desk}"}
      failed: [{play: busy}, {goto: hotline}]
  hotline:
    - transfer: {phone: "${config.hotline}"}
      failed: [{play: busy}, end]
`

func TestSecretsAreHidden(t *testing.T) {
	r := run(t, dev.Options{Path: flowFile(t, teller), Fast: true, Script: "8642,75", Given: []string{"verify=ok"}}, "")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "ask_pin", "key      ••••\n", "do       verify → ok {token: (hidden)} (played by dev",
		"key      75\n", "look → ok {balance: 1234.50 GBP}", "one thousand two hundred", "(a sensitive value, not shown)",
		"login                  keys 75, 4 hidden keys", "do verify: ok", "+ (hidden): done")
	if strings.Contains(r.out, "8642") || strings.Contains(r.out, "examplexxxxx") {
		t.Errorf("a secret is on the screen:\n%s", r.out)
	}
}

// What nobody gave is made up, and told.
func TestStandIns(t *testing.T) {
	r := run(t, dev.Options{Path: flowFile(t, teller), Fast: true, Script: "8642,1111,22"}, "")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "config.hotline is not given: +441632960100 stands in for it (--set hotline=VALUE)",
		"config.limit is not given: 42 stands in for it", "config.service_desk is not given: ", "-4",
		"verify → ok", "log the limit is 42", "transferring to user")
}

func TestGiven(t *testing.T) {
	desk := "5f0c7c7e-0000-4000-8000-000000000001"
	r := run(t, dev.Options{Path: flowFile(t, teller), Fast: true, Script: "8642,8642",
		Given: []string{"verify=wrong|wrong|ok, look=failed"}, Config: []string{"service_desk=" + desk, "limit=7", "hotline=+441632960111"},
		Targets: []string{strings.ToUpper(desk) + "=busy"}, Caller: desk, Called: "+441632960199"}, "")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "user "+desk+" calls phone +441632960199", "verify → wrong", "wrong: Wrong", "verify → wrong", "log the limit is 7",
		"transferring to user "+desk, "transfer failed: user "+desk+" is busy", "busy: Busy", "transferred to phone +441632960111",
		"transfer to user "+desk+": failed", "transfer to phone +441632960111: done")
}

// Whatever Graph does, the caller is served, and the call's end is noticed.
func TestOddities(t *testing.T) {
	for _, o := range graphsim.Oddities() {
		t.Run(string(o.Name), func(t *testing.T) {
			r := run(t, dev.Options{Fast: true, Script: "1,1234,wait 20s,0,wait 30s,hangup", Oddities: []string{string(o.Name)}}, "")
			wantCode(t, r, dev.ExitOK)
			inOrder(t, r.out, "Graph is odd, with seed 0: "+string(o.Name)+".", "you_entered", "Call record", "ended by    ")
			if strings.Contains(r.out, "ended by    nobody") || strings.Contains(r.out, "ended by    error") {
				t.Errorf("the call has no end:\n%s", r.out)
			}
		})
	}
}

// A seed picks oddities, always the same, and each is named once.
func TestOdditiesBySeed(t *testing.T) {
	var lines []string
	for _, seed := range []uint64{3, 3, 4} {
		r := run(t, dev.Options{Path: flowFile(t, quick), Fast: true, Script: "1", Oddities: []string{"duplicates", dev.SomeOddities}, Seed: seed}, "")
		wantCode(t, r, dev.ExitOK)
		_, line, _ := strings.Cut(r.out, "Graph is odd, with seed ")
		line, _, _ = strings.Cut(line, "\n")
		if strings.Count(line, "duplicates") != 1 {
			t.Errorf("seed %d: oddities %q, want duplicates once", seed, line)
		}
		lines = append(lines, line)
	}
	if lines[0] != lines[1] || lines[0] == lines[2] {
		t.Errorf("seeds 3, 3 and 4 give %q", lines)
	}
}

// A call that ends by an error is a finding.
func TestErrorIsAFinding(t *testing.T) {
	r := run(t, dev.Options{Path: flowFile(t, teller), Fast: true, Script: "8642,75", Given: []string{"look=failed"}}, "")
	wantCode(t, r, dev.ExitFindings)
	inOrder(t, r.out, "look → failed, as given", "ended by    error", "do look: failed")
}

// Keys are pressed when they count; what follows wait comes at once.
func TestWhenElementsAct(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		want         []string
	}{
		{"not during a notice", "8642,75", []string{"notice:", "ask_pin:", "••••"}},
		{"three keys, one by one", "8,6,4,2,75", []string{"ask_pin:", "••••", "verify"}},
		{"a wait, then a hang-up in a prompt", "wait 600ms,hangup", []string{"notice:", "ended by caller"}},
		{"more than is asked for", "8642,75,1,2", []string{"transferred", "Not done of the script, since the call was over: 1", "over: 2"}},
		{"silence", "", []string{"ask_pin:", "hangs up: the flow listened in vain", "ended by caller"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, dev.Options{Path: flowFile(t, teller), Fast: true, Script: tt.script}, "")
			wantCode(t, r, dev.ExitOK)
			inOrder(t, r.out, tt.want...)
			if tt.name == "a wait, then a hang-up in a prompt" && strings.Contains(r.out, "ask_pin:") {
				t.Errorf("the caller did not hang up in the first prompt:\n%s", r.out)
			}
		})
	}
}

// A key that does not end the recording waits for the menu behind it.
func TestStopKeys(t *testing.T) {
	text := strings.NewReplacer("      silence: 20s", "      silence: 2s\n      stop_keys: [pound]", "    - play: bye\n    - end", "    - menu: bye\n      keys: {1: end}\n      gave_up: end").Replace(recorder)
	r := run(t, dev.Options{Path: flowFile(t, text), Fast: true, Script: "say 2s,1"}, "")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "speak    2.0 s", "max silence", "bye:", "key      1", "ended by flow")
	r = run(t, dev.Options{Path: flowFile(t, text), Fast: true, Script: "say 2s,#,1"}, "")
	inOrder(t, r.out, "speak    2.0 s", "key      #", "stop tone", "bye:", "key      1", "ended by flow")
}

// Who speaks longer than a piece of the recording is heard in the next ones.
func TestPieces(t *testing.T) {
	text := strings.NewReplacer("      initial_silence: 20s", "      initial_silence: 4s", "      silence: 20s", "      silence: 2s\n      keep_on_hangup: {every: 5s}").Replace(recorder)
	r := run(t, dev.Options{Path: flowFile(t, text), Fast: true, Script: "say 13s,#"}, "")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "speak    13.0 s", "5.0 s, max duration", "5.0 s, max duration", "key      #", "stop tone", "bye:", "ended by flow")
}

const recorder = `
ivr: 1
flow: recorder
vars: {message: {type: recording}}
prompts: {bye: By by by by by by by by by by by by}
start: main
states:
  main:
    - record: message
      initial_silence: 20s
      silence: 20s
      consent: not_required
      empty: main
    - play: bye
    - end
`

func TestSayFile(t *testing.T) {
	wav := filepath.Join(t.TempDir(), "hello.wav")
	if err := os.WriteFile(wav, prompt.Tone(1500*time.Millisecond, "hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, dev.Options{Fast: true, Script: "2,say " + wav + ",#,1,hangup"}, "")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "recording", "speak    1.5 s", "stop tone", "you_said", "message_left", "ended by caller")
}

// The author's own command speaks.
func TestSpeechCommand(t *testing.T) {
	wav := filepath.Join(t.TempDir(), "voice.wav")
	if err := os.WriteFile(wav, prompt.Tone(700*time.Millisecond, "voice"), 0o600); err != nil {
		t.Fatal(err)
	}
	cat := "/bin/cat"
	if _, err := os.Stat(cat); err != nil {
		t.Skip("the machine has no /bin/cat")
	}
	r := run(t, dev.Options{Path: flowFile(t, quick), Fast: true, Script: "1", Speech: []string{cat, wav}}, "")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "spoken by "+cat, "hi: Hi (0.7 s)", "bye: By (0.7 s)")
}

func TestWrongUse(t *testing.T) {
	folder := t.TempDir()
	two := t.TempDir()
	write(t, filepath.Join(two, "a.ivr.yaml"), quick)
	write(t, filepath.Join(two, "b.ivr.yaml"), quick)
	good := flowFile(t, teller)
	for _, tt := range []struct {
		name string
		o    dev.Options
		code int
		want []string // in the error
	}{
		{"script", dev.Options{Script: "1,x,wait,wait 0s,say nothing.wav"}, dev.ExitUsage,
			[]string{`"x": neither keys`, `"wait": "" is no duration`, `"wait 0s"`, "nothing.wav"}},
		{"caller", dev.Options{Caller: "0207"}, dev.ExitUsage, []string{`--caller "0207"`, "+44"}},
		{"called", dev.Options{Called: "me"}, dev.ExitUsage, []string{`--called "me"`}},
		{"all at once", dev.Options{Given: []string{"verify"}, Config: []string{"=1"}, Targets: []string{"x=sleeps", "y"}}, dev.ExitUsage,
			[]string{`--given "verify"`, `--set "=1"`, `--target "x=sleeps"`, "answers, busy, no_answer, declined", `--target "y"`}},
		{"a target of no form", dev.Options{Targets: []string{"*=busy"}}, dev.ExitUsage, []string{`--target "*=busy": give a telephone number`, "object id"}},
		{"speech", dev.Options{Speech: []string{"no-such-program", "-x"}}, dev.ExitUsage, []string{"--speech no-such-program -x: ", "not found"}},
		{"no such action", dev.Options{Path: good, Given: []string{"verfy=ok"}}, dev.ExitUsage, []string{`declares no action "verfy"`}},
		{"no such outcome", dev.Options{Path: good, Given: []string{"verify=perhaps"}}, dev.ExitUsage, []string{"outcomes are ok, wrong, failed"}},
		{"no such value", dev.Options{Path: good, Config: []string{"desk=1"}}, dev.ExitUsage, []string{`declares no configuration value "desk"`}},
		{"wrong value", dev.Options{Path: good, Config: []string{"limit=many"}}, dev.ExitUsage, []string{"--set limit: want a number"}},
		{"oddity", dev.Options{Oddities: []string{"duplicate", "x"}}, dev.ExitUsage,
			[]string{`--oddity "duplicate": Graph has no such oddity; did you mean "duplicates"?`, `--oddity "x": Graph has no such oddity; --oddity list shows all`}},
		{"no flow", dev.Options{Path: folder}, dev.ExitUsage, []string{"has no flow", ".ivr.yaml"}},
		{"two flows", dev.Options{Path: two}, dev.ExitUsage, []string{"has 2 flows (a.ivr.yaml, b.ivr.yaml)"}},
		{"missing", dev.Options{Path: filepath.Join(folder, "x.ivr.yaml")}, dev.ExitFailure, []string{"x.ivr.yaml"}},
		{"a meeting", dev.Options{Path: flowFile(t, "ivr: 1\nflow: m\nkind: meeting\nstart: main\nstates:\n  main: [{join: , failed: end}, end]\n")}, dev.ExitUsage,
			[]string{"the bot joins a meeting; play it with ivrflow test", "ivrflow graphsim"}},
		{"outgoing", dev.Options{Path: flowFile(t, "ivr: 1\nflow: m\nkind: outgoing\nstart: main\nstates:\n  main: [end]\n")}, dev.ExitUsage,
			[]string{"kind outgoing: the bot calls; play it with ivrflow test"}},
		{"wav", dev.Options{WAV: filepath.Join(folder, "no", "x.wav")}, dev.ExitFailure, []string{"--wav: "}},
		{"findings", dev.Options{Path: flowFile(t, strings.Replace(quick, "1: bye", "1: by", 1))}, dev.ExitFindings,
			[]string{`no state "by"; did you mean "bye"? [unknown-state]`, "^"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, tt.o, "")
			wantCode(t, r, tt.code)
			for _, want := range tt.want {
				if !strings.Contains(r.err, want) {
					t.Errorf("%q is missing in:\n%s", want, r.err)
				}
			}
			if r.out != "" {
				t.Errorf("it went on all the same:\n%s", r.out)
			}
		})
	}
}

// A folder with one flow is that flow.
func TestFolder(t *testing.T) {
	folder := filepath.Dir(flowFile(t, quick))
	r := run(t, dev.Options{Path: folder, Fast: true, Script: "1"}, "")
	wantCode(t, r, dev.ExitOK)
	inOrder(t, r.out, "flow quick (test.ivr.yaml)")
}

// The machine's player plays each prompt, unless it is muted.
func TestPlayer(t *testing.T) {
	folder := t.TempDir()
	played := filepath.Join(folder, "played")
	script := fmt.Sprintf("#!/bin/sh\necho played >> %s\n", played)
	if err := os.WriteFile(filepath.Join(folder, "aplay"), []byte(script), 0o700); err != nil { //nolint:gosec // it is a program
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	var out strings.Builder
	o := dev.Options{Path: flowFile(t, quick), Script: "1", Speech: []string{"tones"}}
	if code := dev.Run(t.Context(), o, strings.NewReader(""), &out, &out); code != dev.ExitOK {
		t.Fatalf("exit code %d:\n%s", code, &out)
	}
	inOrder(t, out.String(), "Prompts are tones, played by aplay.")
	if text, err := os.ReadFile(played); err != nil || !strings.Contains(string(text), "played") {
		t.Errorf("nothing was played: %q, %v", text, err)
	}
}
