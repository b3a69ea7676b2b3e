package engine_test

import (
	"math/rand/v2"
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
      keys: {1: enter, 10: speak, 5: speak, 2: act, 3: hand_over, 6: ask_first, 7: hunt_them, 4: repeat, star: bye}
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
  bye: [{play: bye}, end]
on_hangup: [{log: "${n}"}, {do: check, bad: end, failed: end}]
on_end: [{do: check, bad: end, failed: end}, {milestone: over}]
on_error: [{do: check, bad: end, failed: [{tag: e}]}, {play: wrong, failed: {up_to: 1, then: repeat, else: bye}}, {goto: main}]
handlers: {keys: {d: main}}
`

func load(t testing.TB, yaml string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"flow.ivr.yaml": {Data: []byte(yaml)}}, "flow.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("loading the flow: %v\n%s", err, list)
	}
	return f
}

// eventOf makes an event of two bytes: what happens, and to which operation
// or timer, counted from the newest.
func eventOf(s engine.Session, now time.Time, kind, which byte) ivr.Event {
	h := ivr.Head{At: now, Leg: ivr.CallerLeg}
	call := ivr.CallID("c")
	if n := len(s.Others); n > 0 && which%2 == 0 && (kind%19 < 3 || kind%19 > 3 && kind%19 < 7 || kind%19 == 18) {
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
	switch kind % 19 {
	case 0:
		return ivr.CallIncoming{Head: h, Call: "c"}
	case 1:
		return ivr.CallChanged{Head: h, Call: call, State: states[int(which)%len(states)], Audio: ivr.AudioState(which % 3)}
	case 2:
		return ivr.CallChanged{Head: h, Call: call, State: ivr.StateEstablished, Audio: ivr.AudioActive}
	case 3:
		return ivr.CallChanged{Head: h, State: ivr.StateEstablished, Result: &res}
	case 4:
		if which < 250 && h.Leg == ivr.CallerLeg { // else the call would be over most of the time
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
		return ivr.CallRead{Head: h, Op: op, State: states[int(which)%len(states)], Gone: which == 255}
	case 13:
		return ivr.ActionReturned{Head: h, Op: op, Outcome: [...]string{"ok", "bad", "failed", "odd"}[which%4]}
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
	if kind%19 == 18 {
		return ivr.CallCreated{Head: h, Op: op, Call: call}
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

// FuzzStep throws events of all kinds at a flow with all verbs. What must hold
// whatever comes is in watch; in the end only timers run, and the session must
// end by itself.
func FuzzStep(f *testing.F) {
	fl := load(f, everyVerb)
	f.Add([]byte{10, 0, 2, 0, 7, 0, 7, 1, 5, 1, 5, 2, 8, 0, 15, 0})
	f.Add([]byte{10, 3, 2, 0, 5, 16, 12, 0, 15, 3, 9, 1, 14, 200, 4, 255, 13, 0})
	f.Add([]byte{10, 2, 2, 0, 7, 0, 7, 0, 5, 1, 5, 0, 7, 0, 5, 1, 15, 5, 9, 1, 15, 5, 4, 252, 14, 200})
	f.Add([]byte{10, 2, 2, 0, 7, 0, 7, 0, 5, 3, 11, 128, 15, 0, 12, 5, 15, 1, 15, 2})
	f.Add([]byte{10, 2, 2, 1, 7, 0, 7, 0, 5, 6, 7, 0, 18, 0, 2, 0, 7, 1, 5, 2, 10, 1, 4, 0, 15, 0})
	f.Add([]byte{10, 2, 2, 1, 7, 0, 7, 0, 5, 7, 7, 0, 14, 7, 18, 0, 2, 0, 7, 1, 5, 2, 10, 1, 4, 0, 15, 0})
	f.Fuzz(func(t *testing.T, script []byte) { play(t, fl, script) })
}

// TestRandomCalls is FuzzStep with scripts from seeds, so that each run of the
// tests tries some. Most of what happens is what should.
func TestRandomCalls(t *testing.T) {
	fl := load(t, everyVerb)
	usual := []byte{2, 18, 2, 5, 5, 5, 7, 7, 7, 9, 9, 13, 14, 14, 15, 15}
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 1))
		script := []byte{10, 2, 2, 0, 7, 0, 7, 0, 7, 0, 7, 0} // into the menu
		for range 194 {
			kind := byte(r.Uint32())
			if seed%4 != 0 && r.IntN(10) > 0 {
				kind = usual[r.IntN(len(usual))]
			}
			script = append(script, kind, byte(r.Uint32()))
		}
		play(t, fl, script)
	}
}

// play gives a script's events to a session, then lets its timers run out.
func play(t *testing.T, fl *flow.Flow, script []byte) {
	t.Helper()
	w := &watch{t: t, f: fl, now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), s: engine.New("s", fl, nil), media: map[ivr.OpID]bool{}}
	w.step(ivr.CallIncoming{Head: ivr.Head{At: w.now}, Call: "c"})
	for i := 0; i+1 < len(script) && i < 400; i += 2 {
		w.now = w.now.Add(100 * time.Millisecond)
		ev := eventOf(w.s, w.now, script[i], script[i+1])
		w.now = ev.When()
		w.step(ev)
	}
	w.runOut()
}
