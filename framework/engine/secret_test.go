package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// A menu whose keys are 1 to 3, and a PIN.
const vault = `
ivr: 1
flow: vault
prompts: {ask: "Enter it.", what: "What do you want?", bye: "Goodbye."}
vars:
  pin: {type: digits, length: 4 MARK}
  once: {type: digits, length: 2 ONCE}
  amount: {type: digits, length: 1}
  room: {type: digits, length: 1}
  words: {type: recording MARK}
  memo: {type: recording}
  text: {type: string, default: "x"}
  cards: {type: list MARK}
  card: {type: string MARK}
  colours: {type: list}
  colour: {type: string}
  to: {type: string, default: "+442071838750"}
actions:
  check: {in: [pin], outcomes: [ok, bad], timeout: 2s}
  burn: {in: [once], outcomes: [ok], timeout: 2s}
  fetch: {in: [], out: [cards, colours], timeout: 2s}
  plain: {in: [amount], out: [text], outcomes: [ok], timeout: 2s}
  echo: {in: [text], outcomes: [ok], timeout: 2s}
start: main
states:
  main:
    - play: ask
    - menu: what
      keys: {1: enter, 2: ask_amount, 3: more}
      first_key: 9s
      gave_up: main
  enter:
    - collect: pin
      prompt: ask
      first_key: 9s
      gave_up: main
    - do: check
      bad: main
      failed: main
    - goto: main
  ask_amount: [{collect: amount, gave_up: main}, {do: plain, failed: main}, {goto: main}]
  more:
    - menu: what
      keys: {1: tell, 2: burn, 3: drop, 4: speak, 5: memo, 6: choose, 7: paint, 8: copy, 9: hand, 0: ask_web, star: room, pound: hall, d: sure_first}
      gave_up: main
  tell: [{play: {say: "${pin ?? 'no'}"}}, {goto: main}]
  burn: [{collect: once, gave_up: main}, {do: burn, failed: main}, {goto: main}]
  drop: [{forget: [pin]}, {goto: main}]
  speak: [{record: words, consent: announced, empty: main}, {goto: main}]
  memo: [{record: memo, consent: announced, empty: main}, {goto: main}]
  choose: [{do: fetch, failed: main}, {menu: what, choices: cards, into: card, gave_up: main}, {goto: main}]
  paint: [{do: fetch, failed: main}, {menu: what, choices: colours, into: colour, gave_up: main}, {goto: main}]
  room: [{collect: room, terminate: 2s, gave_up: main}, {collect: pin, gave_up: main}, {goto: main}]
  hall: [{collect: room, terminate: 2s, gave_up: main}, {play: ask}, {collect: pin, gave_up: main}, {goto: main}]
  sure_first: [{switch: [{when: has(pin), then: sure}]}, {goto: main}]
  sure: [{confirm: pin, rejected: main, gave_up: main}, {goto: main}]
  copy: [{do: echo, failed: main}, {goto: main}]
  hand: [{transfer: {phone: "${to}", dynamic: true}, failed: main}]
  ask_web:
    - http: {post: "https://api.example.com/x", json: {pin: "${pin ?? 'no'}"}}
      failed: main
    - goto: main
`

func vaultOf(t testing.TB, mark bool) *flow.Flow {
	t.Helper()
	if !mark {
		return load(t, replaced(vault, " MARK", "", " ONCE", ""))
	}
	return load(t, replaced(vault, " MARK", ", sensitive: true", " ONCE", ", sensitive: once"))
}

// ledger gives events to a session and keeps the changes.
type ledger struct {
	t   testing.TB
	f   *flow.Flow
	s   engine.Session
	now time.Time
	seq int64
}

func newLedger(t testing.TB, f *flow.Flow) *ledger {
	t.Helper()
	l := &ledger{t: t, f: f, s: engine.New("s", f, nil), now: head().At}
	l.give(ivr.CallIncoming{Head: l.head(), Call: "c"})
	l.give(ivr.CallChanged{Head: l.head(), State: ivr.StateEstablished, Audio: ivr.AudioActive})
	l.settle("")
	return l
}

func (l *ledger) head() ivr.Head { return ivr.Head{At: l.now, Leg: ivr.CallerLeg} }

// give applies events as one change.
func (l *ledger) give(evs ...ivr.Event) engine.Change {
	l.t.Helper()
	before := l.s
	c := engine.Change{Before: &before, Events: evs}
	for _, ev := range evs {
		next, cmds, err := engine.Step(l.f, l.s, ev)
		if err != nil {
			l.t.Fatal(err)
		}
		l.s, c.Commands = next, append(c.Commands, cmds...)
	}
	after := l.s
	c.After = &after
	return c
}

// settle lets operations end, but for those of a kind, and gives the changes.
func (l *ledger) settle(but engine.OpKind) []engine.Change {
	l.t.Helper()
	var all []engine.Change
	for range 100 {
		i := slices.IndexFunc(l.s.Ops, func(o engine.Op) bool { return o.Kind != but })
		if i < 0 || l.s.Over() {
			return all
		}
		ev := awaited(l.s, l.head(), 0)[i]
		if e, ok := ev.(ivr.ActionReturned); ok {
			e.Out = map[string]any{"cards": []any{"Visa", "Giro"}, "colours": []any{"red", "blue"}}
			ev = e
		}
		all = append(all, l.give(ev))
	}
	l.t.Fatalf("it does not settle: %v", l.s)
	return nil
}

func (l *ledger) key(k byte) ivr.ToneReceived {
	l.seq++
	return ivr.ToneReceived{Head: l.head(), Key: ivr.Key(k), Seq: l.seq}
}

// press gives keys one by one, with all that follows but the results of
// actions, and gives the changes.
func (l *ledger) press(keys string) []engine.Change {
	l.t.Helper()
	var all []engine.Change
	for _, k := range []byte(keys) {
		all = append(all, l.give(l.key(k)))
		all = append(all, l.settle("action")...)
	}
	return all
}

// What is sensitive: keys of a PIN and what is made of it, and nothing else.
func TestSensitive(t *testing.T) {
	for name, c := range map[string]struct {
		keys string // that lead there; the change is that of the last key ...
		end  bool   // ... or of the result of the action that follows
		want bool
	}{
		"key of a menu":                          {keys: "1"},
		"first digit of the PIN":                 {keys: "14", want: true},
		"last digit of the PIN":                  {keys: "14567", want: true},
		"what an action says of it":              {keys: "14567", end: true, want: true},
		"digit of an open value, and its action": {keys: "25"},
		"what an action with an open value says": {keys: "25", end: true},
		"what an action brings into it":          {keys: "36", end: true, want: true},
		"key that accepts a PIN":                 {keys: "14567!3d1"},
		"key that rejects a PIN":                 {keys: "14567!3d2"},
		"choice of a sensitive list":             {keys: "36!1", want: true},
		"key that leads to a prompt that may":    {keys: "31", want: true},
		"choice of an open list":                 {keys: "37!1"},
		"what an action brings into an open one": {keys: "37", end: true, want: true}, // the same action

		"key that leads to a prompt that tells": {keys: "14567!31", want: true},
		"key that leads to a request that may":  {keys: "30", want: true},
		"key that leads to a dynamic target":    {keys: "39", want: true},
		"key that leads to forgetting":          {keys: "14567!33"},
		"digit of what is used once":            {keys: "324", want: true},
	} {
		for _, mark := range []bool{true, false} {
			l := newLedger(t, vaultOf(t, mark))
			got := l.last(c.keys, c.end)
			if sensitive := engine.Sensitive(l.f, got); sensitive != (c.want && mark) {
				t.Errorf("%s, marked %t: %t: %v, %v", name, mark, sensitive, got.Events, got.Commands)
			}
		}
	}
}

// last is the change that the last key brings, or the result of the action
// behind it. "!" is the result of an action on the way.
func (l *ledger) last(keys string, end bool) (c engine.Change) {
	l.t.Helper()
	for _, k := range []byte(keys) {
		if k == '!' {
			c = l.settle("")[0]
			continue
		}
		c = l.give(l.key(k))
		l.settle("action")
	}
	if end {
		c = l.settle("")[0]
	}
	return c
}

// A recording is sensitive, where it is kept and what it is called, if its
// variable is.
func TestSensitiveRecordings(t *testing.T) {
	for keys, want := range map[string]bool{"34": true, "35": false} {
		l := newLedger(t, vaultOf(t, true))
		all := l.press(keys)
		n := 0
		for _, c := range all {
			switch e := c.Events[0].(type) {
			case ivr.OperationCompleted:
				if e.Recording == nil {
					continue
				}
			case ivr.RecordingSaved:
			default:
				continue
			}
			n++
			if got := engine.Sensitive(l.f, c); got != want {
				t.Errorf("%s: %T is %t", keys, c.Events[0], got)
			}
		}
		if n != 2 {
			t.Errorf("%s: %d changes with a recording, want 2", keys, n)
		}
	}
}

// What an action has copied out of a sensitive variable is found by its value.
func TestSensitiveCopies(t *testing.T) {
	l := newLedger(t, vaultOf(t, true))
	l.press("14567")
	l.settle("")
	l.press("2")
	for out, want := range map[string]bool{"nothing": false, "it was 4567, I think": true} {
		s, seq := l.s, l.seq
		l.press("5")
		returned := ivr.ActionReturned{Head: l.head(), Op: l.s.Ops[0].ID, Outcome: "ok", Out: map[string]any{"text": out}}
		if got := engine.Sensitive(l.f, l.give(returned)); got != want {
			t.Errorf("%q is %t", out, got)
		}
		l.settle("action")
		l.press("3")
		if got := engine.Sensitive(l.f, l.give(l.key('8'))); got != want {
			t.Errorf("%q, given on, is %t", out, got)
		}
		l.s, l.seq = s, seq
	}
}

// A key of which nobody knows where it belongs is sensitive: pressed before its
// time, held back, late, told twice, without a number, or together with others.
func TestSensitiveKeysInDoubt(t *testing.T) {
	for name, c := range map[string]func(l *ledger) engine.Change{
		"in a prompt that does not listen": func(l *ledger) engine.Change { l.s = l.inPrompt(); return l.give(l.key('1')) },
		"beyond a gap":                     func(l *ledger) engine.Change { l.give(l.key('3')); l.seq++; return l.give(l.key('9')) },
		"told twice": func(l *ledger) engine.Change {
			e := l.key('3')
			l.give(e)
			return l.give(e)
		},
		"without a number":                     func(l *ledger) engine.Change { return l.give(ivr.ToneReceived{Head: l.head(), Key: '3'}) },
		"on an unknown leg":                    func(l *ledger) engine.Change { e := l.key('3'); e.Leg = "x"; return l.give(e) },
		"too much for an open value":           func(l *ledger) engine.Change { l.press("3*5"); return l.give(l.key('4')) },
		"too much for an open value, kept":     func(l *ledger) engine.Change { l.press("3#5"); return l.give(l.key('4')) },
		"on an unknown leg, for an open value": func(l *ledger) engine.Change { l.press("2"); e := l.key('3'); e.Leg = "x"; return l.give(e) },
		"with one of the PIN":                  func(l *ledger) engine.Change { return l.give(l.key('1'), l.key('4')) },
		"late": func(l *ledger) engine.Change {
			l.give(ivr.ToneReceived{Head: l.head(), Key: '3', Seq: 5})
			return l.give(ivr.ToneReceived{Head: l.head(), Key: '9', Seq: 4})
		},
		"that the menu has not": func(l *ledger) engine.Change { return l.give(l.key('8')) },
		"while an action runs":  func(l *ledger) engine.Change { l.press("14567"); return l.give(l.key('9')) },
	} {
		l := newLedger(t, vaultOf(t, true))
		if got := c(l); !engine.Sensitive(l.f, got) {
			t.Errorf("%s: not sensitive: %+v", name, got.Events)
		}
	}
}

// inPrompt is the session while its first prompt plays.
func (l *ledger) inPrompt() engine.Session {
	s := engine.New("s", l.f, nil)
	for _, ev := range []ivr.Event{ivr.CallIncoming{Head: l.head(), Call: "c"}, ivr.CallChanged{Head: l.head(), State: ivr.StateEstablished, Audio: ivr.AudioActive}} {
		s, _, _ = engine.Step(l.f, s, ev)
	}
	return s
}

// However keys come, those of the PIN are in no change that is not sensitive. No
// menu knows the digits of these PINs.
func TestSensitiveKeysInAnyOrder(t *testing.T) {
	f, open := vaultOf(t, true), 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		l := newLedger(t, f)
		for range 6 {
			keys := []ivr.ToneReceived{l.key('1')}
			for range 4 {
				keys = append(keys, l.key("456789"[r.IntN(6)]))
			}
			for i := range keys { // some change places, some come twice
				if j := r.IntN(len(keys)); r.IntN(6) == 0 {
					keys[i], keys[j] = keys[j], keys[i]
				}
				if r.IntN(8) == 0 {
					keys = append(keys, keys[i])
				}
			}
			for len(keys) > 0 {
				n := 1 + r.IntN(min(2, len(keys)))
				var evs []ivr.Event
				for _, k := range keys[:n] {
					evs = append(evs, k)
				}
				keys = keys[n:]
				c := l.give(evs...)
				secret := slices.ContainsFunc(evs, func(e ivr.Event) bool { return e.(ivr.ToneReceived).Key >= '4' })
				switch sensitive := engine.Sensitive(f, c); {
				case secret && !sensitive:
					t.Errorf("seed %d: in %s %+v is not sensitive", seed, c.Before.State, evs)
				case !sensitive:
					open++
				}
				l.settle(engine.OpKind([]string{"action", ""}[r.IntN(2)]))
			}
		}
	}
	if open < 300 {
		t.Errorf("only %d changes with keys were open: the rule says yes to everything", open)
	}
}

// A result that nobody waits for any more is sensitive: it may be that of another
// step.
func TestSensitiveLateResults(t *testing.T) {
	l := newLedger(t, vaultOf(t, true))
	l.press("14567")
	late := awaited(l.s, l.head(), 0)[slices.IndexFunc(l.s.Ops, func(o engine.Op) bool { return o.Kind == "action" })]
	for len(l.s.Ops) > 0 && l.s.State == "enter.2/acting" {
		i := slices.IndexFunc(l.s.Timers, func(t engine.Timer) bool { return t.Op != 0 })
		l.now = l.s.Timers[i].Due
		l.give(ivr.TimerExpired{Head: l.head(), Timer: l.s.Timers[i].ID})
	}
	l.settle("")
	if l.press("25"); l.s.State != "ask_amount.2/acting" {
		t.Fatal(l.s)
	}
	if c := l.give(late); !engine.Sensitive(l.f, c) {
		t.Errorf("%v is not sensitive", late)
	}
	l.settle("")
	l.press("3")
	l.give(l.key('5'))
	for _, ev := range []ivr.Event{ivr.RecordingSaved{Head: l.head(), Op: 2}, ivr.OperationCompleted{Head: l.head(), Op: 2, Recording: &ivr.RecordingRef{}}} {
		if c := l.give(ev); c.Before.State != "memo.1/recording" || !engine.Sensitive(l.f, c) {
			t.Errorf("in %s, %v is not sensitive", c.Before.State, ev)
		}
	}
}

// An error that tells what was used once is masked, although that is forgotten by
// then.
func TestErrorOfOnce(t *testing.T) {
	l := newLedger(t, load(t, "ivr: 1\nflow: a\nvars: {tan: {type: digits, length: 4, sensitive: once}}\nactions: {burn: {in: [tan], outcomes: [ok]}}\n"+
		"prompts: {bye: Goodbye.}\nstart: main\nstates:\n  main: [{collect: tan, gave_up: end}, {do: burn, failed: [{play: bye}]}, end]\n"))
	l.press("4567")
	c := l.give(ivr.ActionReturned{Head: l.head(), Op: l.s.Ops[0].ID, Outcome: "failed", Detail: "no such TAN: 4567"})
	if notes(c.Commands, "action burn failed: no such TAN: ***") != 1 || !engine.Forgotten(l.f, c) {
		t.Errorf("got %v", c.Commands)
	}
}

// Whatever happens: what sets a sensitive variable is sensitive, and what unsets
// one forgets.
func TestSensitiveWhateverHappens(t *testing.T) {
	f := vaultOf(t, true)
	usual := []byte{2, 5, 5, 5, 5, 5, 5, 20, 20, 20, 20, 20, 20, 20, 15}
	set, unset := 0, 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 8))
		l := newLedger(t, f)
		for range 300 {
			l.now = l.now.Add(100 * time.Millisecond)
			kind := byte(r.Uint32())
			if r.IntN(10) > 0 {
				kind = usual[r.IntN(len(usual))]
			}
			ev := eventOf(l.s, l.now, kind, byte(r.Uint32()))
			if l.now = ev.When(); l.s.Over() {
				break
			}
			before := l.s
			next, cmds, _ := engine.Step(f, before, ev)
			c := engine.Change{Before: &before, After: &next, Events: []ivr.Event{ev}, Commands: cmds}
			sensitive, forgotten := engine.Sensitive(f, c), engine.Forgotten(f, c)
			for name := range f.Vars {
				was, is := before.Vars[name], next.Vars[name]
				switch {
				case f.Secret(name) == nil, fmt.Sprint(was) == fmt.Sprint(is):
				case is != nil:
					set++
					_, ended := ev.(ivr.OperationCompleted) // what was typed ahead is read: the keys are in other changes
					if !sensitive && !ended {
						t.Errorf("seed %d: in %s %T sets %s, and is not sensitive", seed, before.State, ev, name)
					}
				default:
					unset++
					if !forgotten {
						t.Errorf("seed %d: in %s %T unsets %s, and forgets nothing", seed, before.State, ev, name)
					}
				}
			}
			l.s = next
		}
	}
	if set < 100 || unset < 20 {
		t.Errorf("set %d times, unset %d times: too little happens", set, unset)
	}
}

// What forgets a sensitive variable, and what does not.
func TestForgotten(t *testing.T) {
	for name, c := range map[string]struct {
		keys string
		end  bool
		want bool
	}{
		"a PIN is typed":     {keys: "14567"},
		"an action has it":   {keys: "14567", end: true},
		"forget":             {keys: "14567!33", want: true},
		"used once, not yet": {keys: "3245"},
		"used once":          {keys: "3245", end: true, want: true},
		"nothing was there":  {keys: "33", want: true}, // nobody sees that it came and went
		"an open action":     {keys: "25", end: true},
		"typed anew":         {keys: "14567!14568"},
		"a key of a menu":    {keys: "3"},
	} {
		for _, mark := range []bool{true, false} {
			l := newLedger(t, vaultOf(t, mark))
			got := l.last(c.keys, c.end)
			if forgotten := engine.Forgotten(l.f, got); forgotten != (c.want && mark) {
				t.Errorf("%s, marked %t: %t: %v", name, mark, forgotten, got.Commands)
			}
		}
	}
	l := newLedger(t, vaultOf(t, true))
	if c := l.give(ivr.CallTerminated{Head: l.head()}); !l.s.Over() || !engine.Forgotten(l.f, c) {
		t.Errorf("the end forgets nothing: %v", c.Commands)
	}
	if c := l.give(ivr.CallTerminated{Head: l.head()}); engine.Forgotten(l.f, c) {
		t.Error("what is told after the end forgets again")
	}
}

// A value that comes and goes within one change is forgotten as well: the key
// that completes it leads on to forget, or out of the flow that has it.
func TestForgottenAtOnce(t *testing.T) {
	const head = "ivr: 1\nflow: a\nvars: {pin: {type: digits, length: 2, sensitive: true}, right: {type: bool, default: false}}\nprompts: {bye: Goodbye.}\nstart: main\nstates:\n  main:\n"
	for name, steps := range map[string]string{
		"forget":       "    - {collect: pin, gave_up: end}\n    - set: {right: \"${pin == '12'}\"}\n    - forget: [pin]\n    - play: bye\n    - end\n",
		"forget, when": "    - {collect: pin, gave_up: end}\n    - {forget: [pin], when: has(pin)}\n    - play: bye\n    - end\n",
	} {
		l := newLedger(t, load(t, head+steps))
		l.press("1")
		if c := l.give(l.key('2')); !engine.Forgotten(l.f, c) || !engine.Sensitive(l.f, c) || l.s.Vars["pin"] != nil {
			t.Errorf("%s: not forgotten: %v", name, c.Commands)
		}
	}
	f := family(t, "ivr: 1\nflow: a\nprompts: {bye: Goodbye., ask: \"What?\"}\nstart: main\nstates:\n  main:\n    - call: flows/pin\n      with: {customer: x}\n      wrong: end\n      locked: end\n      nothing_typed: end\n    - menu: ask\n      keys: {1: end}\n      gave_up: end\n")
	l := newLedger(t, f)
	for _, c := range l.press("4567#") {
		if engine.Forgotten(f, c) {
			t.Errorf("forgotten too early: %v", c.Events)
		}
	}
	if c := l.settle("")[0]; !engine.Forgotten(f, c) || l.s.Running != "" {
		t.Errorf("the flow was left, and its PIN not forgotten: %v", c.Commands)
	}
}

// A hang-up leaves the flow that has the PIN: with it that is gone.
func TestForgottenWithItsFlow(t *testing.T) {
	f := family(t, "ivr: 1\nflow: a\nprompts: {bye: Goodbye.}\nactions: {note: {in: [], outcomes: [ok]}}\nstart: main\nstates:\n  main:\n    - call: flows/pin\n      with: {customer: x}\n      wrong: end\n      locked: end\n      nothing_typed: end\n    - end\non_hangup: [{do: note, failed: end}]\n")
	l := newLedger(t, f)
	l.press("45")
	if c := l.give(ivr.CallTerminated{Head: l.head()}); l.s.Over() || !engine.Forgotten(f, c) {
		t.Errorf("%s, %v", l.s, c.Commands)
	}
}

// So is one of a flow that waits for another, and one that came and went.
func TestForgottenWithOuterFlow(t *testing.T) {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"a":     "vars: {x: {type: string}}\nactions: {note: {in: [], outcomes: [ok]}}\nstart: main\nstates:\n  main: [{menu: ask, keys: {1: go_on}, gave_up: end}]\n  go_on: [{call: outer}, {menu: ask, keys: {1: end}, gave_up: end}]\non_hangup: [{do: note, failed: end}]\n",
		"outer": "vars: {code: {type: string, sensitive: true}}\nstart: main\nstates:\n  main: [{set: {code: \"1234\"}}, {call: inner}, {play: {say: \"${code}\"}}, return]\n",
		"inner": "start: main\nstates:\n  main: [{menu: ask, keys: {1: return}, gave_up: end}]\n",
	} {
		files[name+".ivr.yaml"] = &fstest.MapFile{Data: []byte("ivr: 1\nflow: " + name + "\nprompts: {ask: \"What?\"}\n" + text)}
	}
	f, list, err := flow.Load(files, "a.ivr.yaml")
	if f == nil {
		t.Fatal(list, err)
	}
	l := newLedger(t, f)
	if c := l.give(l.key('1'), ivr.CallTerminated{Head: l.head()}); !engine.Forgotten(f, c) {
		t.Errorf("it came and went: %v", c.Commands)
	}
	l = newLedger(t, f)
	if c := l.give(l.key('1')); engine.Forgotten(f, c) {
		t.Errorf("it came: %v", c.Commands)
	}
	l.settle("")
	if c := l.give(ivr.CallTerminated{Head: l.head()}); c.Before.Running == "" || l.s.Over() || !engine.Forgotten(f, c) {
		t.Errorf("%s, %v", l.s, c.Commands)
	}
}

func BenchmarkSensitive(b *testing.B) {
	for name, mark := range map[string]bool{"marked": true, "not marked": false} {
		l := newLedger(b, vaultOf(b, mark))
		l.press("14567")
		l.settle("")
		c := l.give(l.key('3'))
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				engine.Sensitive(l.f, c)
			}
		})
	}
}

func replaced(text string, pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(text)
}
