package flow_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

const everyVerb = `
vars:
  code: {type: digits}
  pin: {type: digits, length: 4..6}
  day: {type: date}
  at: {type: time}
  sum: {type: money, currency: GBP}
  yes_or_no: {type: bool}
  message: {type: recording}
actions: {look: {in: [pin], out: [code], outcomes: [found, lost]}}
start: main
states:
  main:
    - {redirect: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: ringing}
  ringing:
    - answer
    - {play: hello, id: plain}
    - {menu: ask, id: choice, keys: {1: rest}, gave_up: end}
  rest:
    - {collect: code, id: free, gave_up: end}
    - {collect: pin, id: bound, gave_up: end}
    - {collect: day, id: date, gave_up: end}
    - {collect: at, id: time, gave_up: end}
    - {collect: sum, id: money, gave_up: end}
    - {collect: yes_or_no, id: bool, gave_up: end}
    - {record: message, id: message, consent: announced, empty: end}
    - {do: look, id: look}
    - {transfer: {application: 5f0c7c7e-0000-4000-8000-000000000002}, id: over, failed: end}
`

// Defaults are those of the language's table.
func TestDefaults(t *testing.T) {
	f := good(t, everyVerb)
	in := flow.Input{FirstKey: 5 * time.Second, BetweenKeys: 2 * time.Second, Tries: 3, BargeIn: flow.BargeOn, Reprompt: true}
	menu := spec[*flow.Menu](t, f, "choice")
	in.Prompt = menu.Prompt
	same(t, "menu", menu.Input, in)
	in.Prompt, in.BetweenKeys = nil, 3*time.Second
	for id, want := range map[string]flow.Collect{
		"free":  {Var: "code", Min: 1, Max: 30, Allowed: "0123456789"},
		"bound": {Var: "pin", Min: 4, Max: 6, Allowed: "0123456789"},
		"date":  {Var: "day", Min: 8, Max: 8, Allowed: "0123456789"},
		"time":  {Var: "at", Min: 4, Max: 4, Allowed: "0123456789"},
		"money": {Var: "sum", Min: 1, Max: 30, Allowed: "0123456789*"},
		"bool":  {Var: "yes_or_no", Min: 1, Max: 1, Allowed: "12"},
	} {
		want.Input, want.EndsWith, want.Whole = in, '#', 30*time.Second
		same(t, id, *spec[*flow.Collect](t, f, id), want)
	}
	same(t, "record", *spec[*flow.Record](t, f, "message"), flow.Record{
		Var: "message", BargeIn: flow.BargeOn, FirstKey: 5 * time.Second, Max: time.Minute, Silence: 4 * time.Second,
		InitialSilence: 5 * time.Second, StopKeys: []ivr.Key("0123456789*#"), Beep: true, Consent: flow.ConsentAnnounced})
	same(t, "play", spec[*flow.Play](t, f, "plain").BargeIn, flow.BargeUnset)
	same(t, "loop", spec[*flow.Play](t, f, "plain").Loop, 1)
	same(t, "redirect", spec[*flow.Redirect](t, f, "main.1").Ring, 0)
	same(t, "transfer", spec[*flow.Transfer](t, f, "over").Retry, false)
	look := spec[*flow.Do](t, f, "look")
	same(t, "timeout", look.Action.Timeout, 5*time.Second)
	same(t, "outcomes", look.Action.Outcomes, []string{"found", "lost"})
	same(t, "into", look.Into, map[string]string{"code": "code"})
	same(t, "with", look.With["pin"].Source(), "${pin}")
	same(t, "call", f.CallLimit, 30*time.Minute)
	same(t, "steps", f.StepLimit, 500)
	same(t, "locales", f.Locales, []string{"en-US"})
	same(t, "dtmf", f.DTMF, flow.DTMFAuto)
	same(t, "uses keys", f.UsesKeys, true)
}

// same compares by what can be printed.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s: got\n%s\nwant\n%s", what, g, w)
	}
}

// Every option can be written, in the step and in defaults, and a step's own
// value wins.
func TestOptions(t *testing.T) {
	f := good(t, `
locales: [en-GB, de-DE]
dtmf: always
limits: {call: 8m, steps: 50}
vars:
  code: {type: digits, length: 2..8}
  message: {type: recording}
  n: {type: number, default: 2}
defaults:
  menu: {first_key: 7s, tries: 5, no_input: [sorry], gave_up: bye}
  collect: {ends_with: star, flush: true}
start: main
states:
  main:
    - {menu: ask, id: m1, keys: {1: repeat, 2: []}}
    - {menu: ask, id: m2, keys: {1: []}, tries: 2, first_key: 6s, between_keys: 0s, barge_in: false, reprompt: false,
       no_input: [[sorry, ask], bye], no_match: sorry, flush: true, gave_up: other}
    - goto: other
  other:
    - {collect: code, id: c1, prompt: [ask, {silence: 500ms}], length: 4, ends_with: none, terminate: 1s, whole: 20s, allowed: [1, 2, "345"], gave_up: bye}
    - {collect: code, id: c2, flush: false, allowed: "12*", gave_up: bye}
    - {play: [hello, {say: "You have ${n}", when: n > 1}, {say_as: digits, value: "0012"}, {say_as: number, value: n}, {say_as: number, value: 5}], id: p, loop: 3, barge_in: true}
    - {record: message, id: r, consent: announced, prompt: ask, max: 5m, silence: 3s, initial_silence: 2s, stop_keys: [1, pound], beep: false, keep_on_hangup: {every: 20s}, empty: bye}
    - {play: message, id: back}
    - {transfer: {phone: "+442071838750"}, id: t, on_unknown: retry, failed: bye}
  bye: end
`)
	m1, m2 := spec[*flow.Menu](t, f, "m1"), spec[*flow.Menu](t, f, "m2")
	same(t, "m1", []any{m1.FirstKey, m1.Tries, len(m1.NoInput)}, []any{7 * time.Second, 5, 1})
	same(t, "m2", []any{m2.FirstKey, m2.BetweenKeys, m2.Tries, m2.BargeIn, m2.Reprompt, m2.Flush, len(m2.NoInput), len(m2.NoInput[0]), len(m2.NoMatch)},
		[]any{6 * time.Second, 0, 2, flow.BargeOff, false, true, 2, 2, 1})
	c1, c2 := spec[*flow.Collect](t, f, "c1"), spec[*flow.Collect](t, f, "c2")
	same(t, "c1", []any{c1.Min, c1.Max, c1.EndsWith, c1.Terminate, c1.Whole, c1.Allowed, c1.Flush, c1.Prompt[1].Silence},
		[]any{4, 4, ivr.Key(0), time.Second, 20 * time.Second, "12345", true, 500 * time.Millisecond})
	same(t, "c2", []any{c2.EndsWith, c2.Allowed, c2.Flush}, []any{ivr.Key('*'), "12", false})
	p := spec[*flow.Play](t, f, "p")
	same(t, "p", []any{p.Loop, p.BargeIn, p.Prompt[2].Value.Source(), p.Prompt[3].Value.Source(), p.Prompt[4].Value.Source()},
		[]any{3, flow.BargeOn, `"0012"`, "n", "5"})
	r := spec[*flow.Record](t, f, "r")
	same(t, "r", []any{r.Max, r.Silence, r.InitialSilence, r.StopKeys, r.Beep, r.Every},
		[]any{5 * time.Minute, 3 * time.Second, 2 * time.Second, []ivr.Key("1#"), false, 20 * time.Second})
	same(t, "back", spec[*flow.Play](t, f, "back").Prompt[0].Recording, "message")
	same(t, "t", spec[*flow.Transfer](t, f, "t").Retry, true)
	same(t, "limits", []any{f.CallLimit, f.StepLimit, f.DTMF}, []any{8 * time.Minute, 50, flow.DTMFAlways})
	same(t, "apology", len(spec[*flow.Play](t, f, "on_error.1").Prompt), 2)
}

// The table of verbs is sound: it is what the manual is made of.
func TestVerbs(t *testing.T) {
	const spec = "play menu collect confirm record transfer hunt redirect reject answer dial invite mute unmute hold resume send_keys " +
		"recording_status route_audio gallery join do http set forget switch hours wait call goto return end milestone log tag"
	var names []string
	for _, v := range flow.Verbs() {
		names = append(names, v.Name)
		if v.Doc == "" || v.Main == "" && !v.Bare && v.Name != "transfer" && v.Name != "dial" && v.Name != "http" {
			t.Errorf("%s has no doc, or no value", v.Name)
		}
		for _, o := range v.Options {
			if o.Doc == "" || o.Type == "" || o.Type == flow.OptWord && len(o.Words) == 0 {
				t.Errorf("%s: option %s is not told", v.Name, o.Name)
			}
			if o.Type == flow.OptDuration && o.Default != "" {
				if _, err := time.ParseDuration(o.Default); err != nil {
					t.Errorf("%s: %s: %v", v.Name, o.Name, err)
				}
			}
			if slices.Contains(strings.Fields(spec), o.Name) && v.Name+" "+o.Name != "join wait" { // of which the loader knows
				t.Errorf("%s: the option %s is named like a verb", v.Name, o.Name)
			}
		}
		if main := v.Main; main != "" && !slices.ContainsFunc(v.Options, func(o flow.Option) bool { return o.Name == main }) {
			t.Errorf("%s: no option %s", v.Name, main)
		}
	}
	want := strings.Fields(spec)
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("got  %v\nwant %v", names, want)
	}
}
