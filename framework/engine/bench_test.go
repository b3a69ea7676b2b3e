package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/looplab/fsm"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

const pinFlow = `
ivr: 1
flow: pin
prompts: {ask: "Enter it.", ok: "Thank you.", bye: "Goodbye."}
vars: {code: {type: digits, length: 4}}
start: main
states:
  main:
    - collect: code
      prompt: ask
      gave_up: bye
    - play: ok
    - goto: main
  bye: [{play: bye}, end]
`

// at plays a call up to a point.
func at(b testing.TB, events ...ivr.Event) (*flow.Flow, engine.Session) {
	b.Helper()
	f := load(b, pinFlow)
	s := engine.New("s", f, nil)
	for _, ev := range events {
		var err error
		if s, _, err = engine.Step(f, s, ev); err != nil {
			b.Fatal(err)
		}
	}
	return f, s
}

// steps applies an event to the same session over and over.
func steps(b *testing.B, f *flow.Flow, s engine.Session, ev ivr.Event) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := engine.Step(f, s, ev); err != nil {
			b.Fatal(err)
		}
	}
}

func head() ivr.Head {
	return ivr.Head{At: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), Leg: ivr.CallerLeg}
}

// connectedAt is a call whose prompt plays as operation 8.
func connected() []ivr.Event {
	return []ivr.Event{
		ivr.CallIncoming{Head: head(), Call: "c"},
		ivr.CallChanged{Head: head(), State: ivr.StateEstablished, Audio: ivr.AudioActive},
		ivr.OperationCompleted{Head: head(), Op: 6},
	}
}

// A tone in the middle of an entry: no move of the machine.
func BenchmarkStepTone(b *testing.B) {
	f, s := at(b, append(connected(), ivr.OperationCompleted{Head: head(), Op: 8})...)
	steps(b, f, s, ivr.ToneReceived{Head: head(), Key: '1', Seq: 1})
}

// A tone that interrupts the prompt: one move.
func BenchmarkStepBargeIn(b *testing.B) {
	f, s := at(b, connected()...)
	steps(b, f, s, ivr.ToneReceived{Head: head(), Key: '1', Seq: 1})
}

// first_key runs out: one move, and the prompt again.
func BenchmarkStepTimer(b *testing.B) {
	f, s := at(b, append(connected(), ivr.OperationCompleted{Head: head(), Op: 8})...)
	timer := s.Timers[len(s.Timers)-1]
	if timer.Why != "first_key" {
		b.Fatalf("the last timer is %s", timer.Why)
	}
	steps(b, f, s, ivr.TimerExpired{Head: head(), Timer: timer.ID})
}

// An event that came before.
func BenchmarkStepRepeated(b *testing.B) {
	f, s := at(b, append(connected(), ivr.ToneReceived{Head: head(), Key: '1', Seq: 1})...)
	steps(b, f, s, ivr.ToneReceived{Head: head(), Key: '1', Seq: 1})
}

// BenchmarkBareMove is the move of BenchmarkStepBargeIn and BenchmarkStepTimer
// made by looplab/fsm alone, on a machine of the flow's size: what Step is
// measured against.
func BenchmarkBareMove(b *testing.B) {
	f := load(b, pinFlow)
	var events fsm.Events
	for _, m := range f.Machine.Moves() {
		events = append(events, fsm.EventDesc{Name: m.Trigger, Src: []string{m.From}, Dst: m.To})
	}
	m := fsm.NewFSM(f.Machine.Initial(), events, nil)
	b.ReportAllocs()
	for b.Loop() {
		m.SetState("main.1/prompting")
		if err := m.Event(context.Background(), "barge_in"); err != nil {
			b.Fatal(err)
		}
		if m.Current() != "main.1/collecting" {
			b.Fatal(m.Current())
		}
	}
}

// An event that changes nothing costs no memory: what a step works with stays on
// the stack.
func TestRepeatedAllocatesNothing(t *testing.T) {
	f, s := at(t, append(connected(), ivr.ToneReceived{Head: head(), Key: '1', Seq: 1})...)
	ev := ivr.Event(ivr.ToneReceived{Head: head(), Key: '1', Seq: 1})
	if n := testing.AllocsPerRun(100, func() { _, _, _ = engine.Step(f, s, ev) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
