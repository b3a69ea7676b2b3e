package engine_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// everyVerb uses all verbs, so that any event meets any phase.
const everyVerb = `
ivr: 1
flow: every_verb
prompts: {hello: "Hello.", ask: "Enter it.", silent: "I heard nothing.", wrong: "That is wrong.", bye: "Goodbye.", music: "La la la."}
vars:
  code: {type: digits, length: 2..4}
  message: {type: recording}
  n: {type: number, default: 0}
  things: {type: list}
  thing: {type: string}
groups: {team: [{user: 5f0c7c7e-0000-4000-8000-000000000001}, {phone: "+442071838750"}, {user: 5f0c7c7e-0000-4000-8000-000000000003}]}
actions:
  check: {in: [n], outcomes: [ok, bad], timeout: 2s, waiting: music}
start: first
states:
  first:
    - redirect: {user: 5f0c7c7e-0000-4000-8000-000000000001}
      failed: main
  main:
    - answer
    - play: {prompt: hello, barge_in: true}
    - play: {prompt: hello, barge_in: false, loop: 2}
    - menu: ask
      keys: {1: enter, 10: speak, 5: speak, 2: act, 3: hand_over, 6: ask_first, 7: hunt_them, 4: repeat, 8: below, 9: offer, star: bye}
      no_input: [silent]
      no_match: [wrong]
      gave_up: {up_to: 2, then: main, else: bye}
  enter:
    - collect: code
      prompt: ask
      terminate: 1s
      gave_up: main
    - set: {n: "${n + 1}"}
    - switch:
        - {when: "n > 5", then: bye}
        - {else: main}
  speak:
    - record: message
      prompt: ask
      max: 60s
      consent: asked
      keep_on_hangup: {every: 15s}
      stop_keys: [pound]
      empty: main
      refused: main
      failed: bye
    - forget: [message]
    - goto: main
  act:
    - do: check
      bad: main
      failed: {up_to: 2, then: repeat, else: main}
    - goto: main
  hand_over:
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001, on_unknown: retry}
      done: [{do: check, bad: end, failed: end}, {tag: handed_over}]
      failed: main
  ask_first:
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001, kind: consult, music: music, announce: hello, accept: 1}
      busy: {up_to: 1, then: repeat, else: main}
      failed: main
  hunt_them:
    - hunt: team
      order: round_robin
      rounds: 2
      music: music
      announce: hello
      accept: 1
      every: {10s: hello}
      max_wait: 3m
      keys: {9: main}
      exhausted: {up_to: 1, then: repeat, else: main}
      failed: main
  below:
    - call: middle
      with: {depth: "${n}"}
      into: {typed: code, said: message}
      odd: {up_to: 2, then: main, else: bye}
      failed: main
    - goto: main
  offer:
    - http: {get: "https://api.example.com/things", into: {things: things}, timeout: 2s, waiting: music}
      4xx: main
      failed: {up_to: 1, then: repeat, else: main}
    - menu: ask
      choices: things
      into: thing
      max: 3
      tries: 2
      gave_up: main
    - goto: main
  bye: [{play: bye}, end]
on_hangup: [{log: "${n} ${code} ${thing}"}, {do: check, bad: end, failed: end}]
on_end: [{do: check, bad: end, failed: end}, {milestone: over}]
on_error: [{do: check, bad: end, failed: [{tag: e}]}, {play: wrong, failed: {up_to: 1, then: repeat, else: bye}}, {goto: main}]
handlers: {keys: {d: main}}
`

// middle calls itself and inner, which calls it back: with an on_error of its
// own, and steps that hand the caller over, record and ask.
const middle = `
ivr: 1
flow: middle
params: {depth: {type: number, default: 0}}
returns: {typed: {type: digits, length: 2..4}, said: {type: recording}}
outcomes: [odd]
prompts: {ask: "Enter it.", wrong: "That is wrong.", music: "La la la."}
actions:
  check: {in: [n], outcomes: [ok, bad], timeout: 2s, waiting: music}
start: main
states:
  main:
    - menu: ask
      keys: {1: enter, 2: deeper, 3: hand_over, 4: speak, 5: act, 6: across, 7: rest, 8: [{return: odd}], 9: return, 0: end}
      gave_up: {up_to: 2, then: repeat, else: return}
  enter: [{collect: typed, prompt: ask, gave_up: main}, {goto: main}]
  deeper:
    - call: middle
      with: {depth: "${depth + 1}"}
      odd: {up_to: 1, then: repeat, else: main}
      failed: main
    - goto: main
  across: [{call: inner}, {goto: main}]
  hand_over:
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001, kind: consult, music: music, announce: ask, accept: 1}
      busy: {up_to: 1, then: repeat, else: main}
      done: return
      failed: [{return: failed}]
  speak:
    - record: said
      prompt: ask
      consent: announced
      keep_on_hangup: {every: 15s}
      empty: main
    - return
  act: [{do: check, with: {n: "${depth}"}, bad: [{return: failed}]}, {goto: main}]
  rest: [{send_keys: "12"}, mute, unmute, {wait: {for: 5s, keys: {1: main}, signal: go}}, {goto: main}]
on_error: [{do: check, with: {n: 1}, bad: main}, {call: inner, failed: main}, {play: wrong}, {return: failed}]
`

// inner has no on_error: what fails in it is its caller's business.
const inner = `
ivr: 1
flow: inner
prompts: {ask: "Enter it.", music: "La la la."}
start: main
states:
  main:
    - play: ask
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001, on_unknown: retry}
      done: return
      failed: next
  next:
    - http: {post: "https://api.example.com/things", json: {a: 1}, timeout: 2s, waiting: music}
      4xx: next
      failed: [{return: failed}]
    - call: middle
      odd: next
    - return
`

// callsOut calls somebody, again if need be, and goes on with the call.
const callsOut = `
ivr: 1
flow: calls_out
kind: outgoing
limits: {steps: 60, call: 10m}
prompts: {hello: "Hello.", ask: "Enter it.", take_it: "Press 1.", music: "La la la.", wrong: "That is wrong."}
groups: {team: [{user: 5f0c7c7e-0000-4000-8000-000000000001}, {user: 5f0c7c7e-0000-4000-8000-000000000003}]}
actions:
  ask_again: {in: [], outcomes: [ok, bad], timeout: 2s}
start: main
states:
  main:
    - dial: {user: 5f0c7c7e-0000-4000-8000-000000000001, ring: 20s, announce: take_it, accept: 1}
      answered: talk
      busy: [{wait: {for: 1m, signal: go}}, {goto: main}]
      no_answer: {up_to: 3, then: other, else: [{do: ask_again, bad: main, failed: end}, {goto: other}]}
      declined: {up_to: 1, then: repeat, else: other}
      failed: other
  other:
    - dial: {user: 5f0c7c7e-0000-4000-8000-000000000002, ring: 10s}
      answered: talk
      failed: {up_to: 3, then: main, else: end}
  talk:
    - menu: ask
      keys: {1: below, 2: ask_first, 3: hunt_them, 4: repeat, 5: [{do: ask_again, bad: talk}, {goto: talk}], star: end}
      gave_up: end
  below: [{call: middle, odd: talk}, {goto: talk}]
  ask_first:
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000004, kind: consult, music: music, announce: take_it, accept: 1}
      failed: talk
  hunt_them:
    - hunt: team
      rounds: 2
      music: music
      accept: 1
      every: {10s: hello}
      keys: {9: talk}
      exhausted: talk
on_hangup: [{do: ask_again, bad: end, failed: end}]
on_end: [{milestone: over}]
on_error: [{play: wrong, failed: main}, {goto: main}]
`

// meets joins a meeting and does all that can be done there.
const meets = `
ivr: 1
flow: meets
kind: meeting
limits: {steps: 60, call: 10m}
prompts: {hello: "Hello.", ask: "Enter it.", music: "La la la.", wrong: "That is wrong."}
vars: {code: {type: digits, length: 2..4}, message: {type: recording}}
actions:
  check: {in: [], outcomes: [ok, bad], timeout: 2s, waiting: music}
start: main
states:
  main:
    - join: "https://teams.microsoft.com/meet/1234567890"
      wait: 20s
      done: talk
      lobby: {up_to: 2, then: repeat, else: end}
      failed: {up_to: 2, then: [{wait: 10s}, {goto: main}], else: end}
  talk:
    - menu: ask
      keys: {1: people, 2: held, 3: routes, 4: look, 5: [{do: check, bad: talk}, {goto: talk}], 6: write, star: end}
      gave_up: end
  people:
    - invite: {user: 5f0c7c7e-0000-4000-8000-000000000001}
      failed: {up_to: 1, then: repeat, else: talk}
    - mute: everyone
      failed: talk
    - mute: {user: 5f0c7c7e-0000-4000-8000-000000000001}
      failed: talk
    - goto: talk
  held:
    - hold: {user: 5f0c7c7e-0000-4000-8000-000000000001, music: music}
      failed: talk
    - play: hello
    - resume:
      failed: talk
    - goto: talk
  routes:
    - route_audio: {from: bot, to: {user: 5f0c7c7e-0000-4000-8000-000000000001}}
      failed: talk
    - route_audio: {from: {participant: b}, to: [bot, {participant: a}]}
      failed: talk
    - route_audio: {stop: true}
      failed: talk
    - goto: talk
  look:
    - wait: {for: 20s, people: true, keys: {1: talk}, signal: go}
      joined: [{gallery: {failed: talk}}, {mute: {failed: talk}}, {unmute: {failed: talk}}, {goto: talk}]
      left: talk
    - goto: talk
  write:
    - recording_status: recording
      failed: talk
    - record: message
      consent: announced
      empty: talk
      failed: talk
    - recording_status: not_recording
      failed: talk
    - goto: talk
on_hangup: [{do: check, bad: end, failed: end}]
on_end: [{milestone: over}]
on_error: [{play: wrong, failed: talk}, {goto: talk}]
`

func load(t testing.TB, yaml string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"flow.ivr.yaml": {Data: []byte(yaml)}}, "flow.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("loading the flow: %v\n%s", err, list)
	}
	return f
}

// family is a flow with those that it may call.
func family(t testing.TB, yaml string) *flow.Flow {
	t.Helper()
	files := fstest.MapFS{"flow.ivr.yaml": {Data: []byte(yaml)}, "middle.ivr.yaml": {Data: []byte(middle)}, "inner.ivr.yaml": {Data: []byte(inner)}}
	f, list, err := flow.Load(files, "flow.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("loading the flow: %v\n%s", err, list)
	}
	return f
}

// kinds is how many kinds of byte there are. The last stands for what is no
// event: the process stops, or could not apply one.
const kinds = 22

// eventOf makes an event of two bytes: what happens, and to which operation
// or timer, counted from the newest.
func eventOf(s engine.Session, now time.Time, kind, which byte) ivr.Event {
	h := ivr.Head{At: now, Leg: s.Leg.ID}
	call := ivr.CallID("c")
	kind %= kinds
	if n := len(s.Others); n > 0 && which%2 == 0 && (kind < 3 || kind > 3 && kind < 7 || kind == 18) {
		h.Leg, call = s.Others[int(which/2)%n].ID, "d"
	}
	op := ivr.OpID(s.Seq - int(which%8))
	if len(s.Ops) > 0 && which < 128 {
		op = s.Ops[int(which)%len(s.Ops)].ID
	}
	results := [...]ivr.Result{{}, {Code: 400, Subcode: 8508, Reason: ivr.ReasonCancelled}, {Code: 500, Subcode: 7000, Reason: ivr.ReasonService},
		{Code: 404, Subcode: 8522, Reason: ivr.ReasonNotFound}, {Subcode: 8510, Reason: ivr.ReasonTimedOut}, {Subcode: 7015, Reason: ivr.ReasonTransferred}}
	res := results[int(which)%len(results)]
	states := [...]ivr.CallState{ivr.StateUnknown, ivr.StateIncoming, ivr.StateEstablishing, ivr.StateEstablished,
		ivr.StateHold, ivr.StateTransferring, ivr.StateTransferAccepted, ivr.StateTerminating}
	ends := [...]ivr.RecordEnd{ivr.RecordStopTone, ivr.RecordMaxDuration, ivr.RecordMaxSilence, ivr.RecordInitialSilence}
	remotes := [...]string{"r", "s", "t", ""}
	if s.Meeting != nil && kind == 1 && which%3 > 0 {
		return roster(h, s, which)
	}
	switch kind {
	case 0:
		if s.Outgoing {
			return ivr.CallWanted{Head: h}
		}
		return ivr.CallIncoming{Head: h, Call: "c"}
	case 1:
		return ivr.CallChanged{Head: h, Call: call, State: states[int(which)%len(states)], Audio: ivr.AudioState(which % 3)}
	case 2:
		return ivr.CallChanged{Head: h, Call: call, State: ivr.StateEstablished, Audio: ivr.AudioActive}
	case 3:
		return ivr.CallChanged{Head: h, State: ivr.StateEstablished, Result: &res}
	case 4:
		if which < 250 && h.Leg == s.Leg.ID { // else the call would be over most of the time
			return ivr.OperationAccepted{Head: h, Op: op, Remote: remotes[which%4]}
		}
		return ivr.CallTerminated{Head: h, Result: res}
	case 5, 6:
		return ivr.ToneReceived{Head: h, Key: ivr.Key("0123456789*#12d4"[which%16]), Seq: int64(s.Tones.Count) + int64(which/64)}
	case 7, 8:
		return ivr.OperationCompleted{Head: h, Op: op}
	case 9:
		return ivr.OperationCompleted{Head: h, Op: op, Recording: &ivr.RecordingRef{Location: "x", Why: ends[which%4]}}
	case 10:
		return ivr.OperationFailed{Head: h, Op: op, Result: res}
	case 11:
		return ivr.OperationUnknown{Head: h, Op: op}
	case 12:
		return read(h, s, op, which, states[int(which)%len(states)])
	case 13:
		if i := slices.IndexFunc(s.Ops, func(o engine.Op) bool { return o.Kind == "action" }); i >= 0 && which < 200 {
			op = s.Ops[i].ID
		}
		e := ivr.ActionReturned{Head: h, Op: op, Outcome: [...]string{"ok", "bad", "failed", "odd", "ok", "404"}[which%6], Out: map[string]any{}}
		if which%6 == 4 {
			e.Out["things"] = []any{"Ann", float64(which), "Bob", nil}[:which%5]
		}
		return e
	case 14:
		if which%8 == 7 {
			return ivr.Counted{Head: h, Op: op, N: int64(which)}
		}
		return ivr.RecordingSaved{Head: h, Op: op, ID: "rec", Length: ivr.Duration(time.Duration(which) * 50 * time.Millisecond)}
	case 16: // without our context
		return ivr.OperationCompleted{Head: h, Remote: remotes[which%3], Recording: &ivr.RecordingRef{Location: "y", Token: ivr.NewSecret("t"), Why: ends[which%4]}}
	case 17:
		return ivr.OperationFailed{Head: h, Remote: remotes[which%3], Result: res}
	}
	switch kind {
	case 18:
		return ivr.CallCreated{Head: h, Op: op, Call: call}
	case 19:
		if which >= 228 {
			targets := [...]ivr.Target{{}, {Kind: ivr.PartyUser, ID: "5f0c7c7e-0000-4000-8000-000000000009"}}
			return ivr.Intervened{Head: h, ID: string(rune(which)), Target: targets[min(which%4, 1)]}
		}
		return ivr.Signalled{Head: h, ID: string(rune('a' + which%32)), Name: [...]string{"go", "stay"}[which%2]}
	case 20:
		all := awaited(s, h, which)
		return all[int(which)%len(all)]
	}
	if len(s.Timers) == 0 || which == 255 {
		return ivr.TimerExpired{Head: h, Timer: ivr.TimerID(which)}
	}
	next := s.Timers[int(which)%len(s.Timers)]
	if next.Due.After(h.At) {
		h.At = next.Due // late perhaps, never early
	}
	return ivr.TimerExpired{Head: h, Timer: next.ID}
}

// roster is one with up to two people beside the bot, who is in the lobby now and
// then, and not always told of.
func roster(h ivr.Head, s engine.Session, which byte) ivr.RosterChanged {
	e := ivr.RosterChanged{Head: h, Seq: s.Meeting.Seq + int64(which/64)}
	if n := len(s.Others); n > 0 && s.Leg.Call == "" {
		e.Leg = s.Others[n-1].ID
	}
	if which%7 > 0 {
		e.People = append(e.People, ivr.Participant{ID: "me", Party: s.Caller, Lobby: which%7 == 1})
	}
	if which%5 > 1 {
		user := ivr.Party{Kind: ivr.PartyUser, ID: "5f0c7c7e-0000-4000-8000-000000000001"}
		e.People = append(e.People, ivr.Participant{ID: "a", Party: user, Muted: which%2 == 0})
	}
	if which%11 > 5 {
		e.People = append(e.People, ivr.Participant{ID: "b", Gone: which%2 == 0})
	}
	return e
}

// read is the state of a call, and of a meeting who is there or what is routed.
func read(h ivr.Head, s engine.Session, op ivr.OpID, which byte, state ivr.CallState) ivr.Event {
	e := ivr.CallRead{Head: h, Op: op, State: state, Gone: which == 255}
	switch {
	case s.Meeting == nil:
	case which%3 == 1:
		e.Also, e.People = ivr.ReadPeople, roster(h, s, which).People
	case which%3 == 2:
		e.Also, e.Routes = ivr.ReadRoutes, []ivr.Route{{ID: "g", Source: "b", Receivers: []string{"me", "a"}}, {ID: "h"}}
	}
	return e
}

// awaited is what the session waits for: how its operations end, what becomes of
// its legs, and a key.
func awaited(s engine.Session, h ivr.Head, which byte) []ivr.Event {
	var all []ivr.Event
	ends := [...]ivr.RecordEnd{ivr.RecordStopTone, ivr.RecordMaxDuration}
	for _, op := range s.Ops {
		switch op.Kind {
		case "answer", "redirect":
			all = append(all, ivr.CallChanged{Head: h, State: ivr.StateEstablished, Audio: ivr.AudioActive})
		case "action":
			all = append(all, ivr.ActionReturned{Head: h, Op: op.ID, Outcome: "ok", Out: map[string]any{"things": []any{"Ann", "Bob"}}})
		case "record":
			all = append(all, ivr.OperationCompleted{Head: h, Op: op.ID, Recording: &ivr.RecordingRef{Location: "x", Why: ends[which/64%2]}})
		case "fetch", "join":
			all = append(all, ivr.RecordingSaved{Head: h, Op: op.ID, ID: "rec", Length: ivr.Duration(5 * time.Second)})
		case "count":
			all = append(all, ivr.Counted{Head: h, Op: op.ID, N: int64(which)})
		case "create_call":
			all = append(all, ivr.CallCreated{Head: ivr.Head{At: h.At, Leg: op.Leg}, Op: op.ID, Call: "d"})
			if s.Meeting != nil {
				all = append(all, roster(h, s, which))
			}
		case "read":
			all = append(all, read(h, s, op.ID, which, s.Leg.State))
		case "transfer":
			all = append(all, ivr.CallChanged{Head: h, State: ivr.StateEstablished, Result: &ivr.Result{Code: 500, Subcode: 7000, Reason: ivr.ReasonService}})
		default:
			all = append(all, ivr.OperationCompleted{Head: h, Op: op.ID})
		}
	}
	for _, l := range s.Others {
		of := ivr.Head{At: h.At, Leg: l.ID}
		all = append(all, ivr.CallChanged{Head: of, Call: "d", State: ivr.StateEstablished, Audio: ivr.AudioActive}, ivr.ToneReceived{Head: of, Key: '1', Seq: 1})
	}
	key := ivr.ToneReceived{Head: h, Key: ivr.Key("0123456789*#1267"[which/16]), Seq: 1}
	if n := len(s.Tones.Seen); n > 0 {
		key.Seq = s.Tones.Seen[n-1] + 1
	}
	return append(all, key)
}

// FuzzStep throws events of all kinds at flows with all verbs, one that is called
// and one that calls. What must hold whatever comes is in watch; in the end only
// timers run, and the session must end by itself.
func FuzzStep(f *testing.F) {
	in, out := family(f, everyVerb), family(f, callsOut)
	f.Add(false, []byte{10, 0, 2, 0, 7, 0, 7, 1, 5, 1, 5, 2, 8, 0, 15, 0})
	f.Add(false, []byte{10, 3, 2, 0, 5, 16, 12, 0, 15, 3, 9, 1, 14, 200, 4, 255, 13, 0})
	f.Add(false, []byte{10, 2, 2, 0, 7, 0, 7, 0, 5, 1, 5, 0, 7, 0, 5, 1, 15, 5, 9, 1, 15, 5, 4, 252, 14, 200})
	f.Add(false, []byte{10, 2, 2, 0, 7, 0, 7, 0, 5, 3, 11, 128, 15, 0, 12, 5, 15, 1, 15, 2})
	f.Add(false, []byte{10, 2, 2, 1, 7, 0, 7, 0, 5, 6, 7, 0, 18, 0, 2, 0, 7, 1, 5, 2, 10, 1, 4, 0, 15, 0})
	f.Add(false, []byte{10, 2, 2, 1, 7, 0, 7, 0, 5, 7, 7, 0, 14, 7, 18, 0, 2, 0, 7, 1, 5, 2, 10, 1, 4, 0, 15, 0})
	f.Add(false, []byte{10, 2, 2, 1, 7, 0, 7, 0, 7, 0, 5, 8, 7, 0, 5, 18, 7, 0, 5, 35, 18, 0, 2, 0, 5, 1, 4, 255})
	f.Add(true, []byte{18, 0, 2, 0, 5, 0, 5, 1, 7, 0, 5, 1, 7, 0, 5, 19, 18, 0, 4, 255})
	f.Fuzz(func(t *testing.T, calls bool, script []byte) {
		if calls {
			play(t, out, script)
		} else {
			play(t, in, script)
		}
	})
}

// FuzzMeeting is FuzzStep for a flow of a meeting.
func FuzzMeeting(f *testing.F) {
	meeting := load(f, meets)
	f.Add([]byte{18, 0, 1, 4, 2, 0, 7, 0, 5, 1, 7, 0, 7, 0, 1, 8, 7, 0})
	f.Fuzz(func(t *testing.T, script []byte) { play(t, meeting, script) })
}

// TestRandomCalls is FuzzStep with scripts from seeds, so that each run of the
// tests tries some. Most of what happens is what should.
func TestRandomCalls(t *testing.T) {
	in, out, meeting := family(t, everyVerb), family(t, callsOut), load(t, meets)
	usual := []byte{2, 18, 2, 5, 5, 7, 9, 13, 14, 15, 15, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20}
	for seed := range uint64(160) {
		r := rand.New(rand.NewPCG(seed, 1))
		f, script := in, []byte{10, 2, 2, 0, 7, 0, 7, 0, 7, 0, 7, 0} // into the menu
		if seed%2 == 1 {
			f, script = out, []byte{18, 0, 2, 0, 7, 0} // into the announcement
		}
		if seed%4 == 2 {
			f, script = meeting, []byte{18, 0, 1, 4, 2, 0, 7, 0} // into the meeting
		}
		for range 194 {
			kind := byte(r.Uint32())
			if seed%8 > 1 && r.IntN(10) > 0 {
				kind = usual[r.IntN(len(usual))]
			}
			script = append(script, kind, byte(r.Uint32()))
		}
		play(t, f, script)
	}
}

// play gives a script's events to a session, then lets its timers run out, or
// gives it up.
func play(t *testing.T, fl *flow.Flow, script []byte) {
	t.Helper()
	w := newWatch(t, fl)
	if fl.Kind != flow.Incoming {
		w.step(ivr.CallWanted{Head: ivr.Head{At: w.now}})
	} else {
		w.step(ivr.CallIncoming{Head: ivr.Head{At: w.now}, Call: "c"})
	}
	for i := 0; i+1 < len(script) && i < 400; i += 2 {
		w.now = w.now.Add(100 * time.Millisecond)
		if script[i]%kinds == kinds-1 {
			w.trouble(script[i+1])
			continue
		}
		ev := eventOf(w.s, w.now, script[i], script[i+1])
		w.now = ev.When()
		w.step(ev)
	}
	if len(script)%4 == 1 {
		w.apply("Abandon", func(s engine.Session) (engine.Session, []ivr.Command) { return engine.Abandon(s, w.now) })
		return
	}
	w.runOut()
}
