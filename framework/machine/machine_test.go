package machine_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/looplab/fsm"

	"github.com/ivrflow/ivrflow/framework/machine"
)

func menu() []machine.Move {
	return []machine.Move{
		{"idle", "start", "menu/prompting"},
		{"menu/prompting", "prompted", "menu/collecting"},
		{"menu/collecting", "no_input", "menu/prompting"},
		{"menu/collecting", "key", "menu/collecting"},
		{"menu/collecting", "gave_up", "ended"},
		{"menu/prompting", "hang_up", "ended"},
		{"menu/collecting", "hang_up", "ended"},
	}
}

func TestNext(t *testing.T) {
	tab, err := machine.New("idle", []string{"ended"}, menu())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range menu() {
		got, err := tab.Next(m.From, m.Trigger)
		if err != nil || got != m.To {
			t.Errorf("Next(%q, %q) = %q, %v; want %q", m.From, m.Trigger, got, err, m.To)
		}
	}
	for _, bad := range []struct{ state, trigger string }{
		{"ended", "start"}, {"idle", "hang_up"}, {"nowhere", "start"}, {"idle", ""}, {"", "start"},
	} {
		if got, err := tab.Next(bad.state, bad.trigger); !errors.Is(err, machine.ErrNoMove) {
			t.Errorf("Next(%q, %q) = %q, %v; want ErrNoMove", bad.state, bad.trigger, got, err)
		}
	}
	if !tab.Final("ended") || tab.Final("idle") {
		t.Error("ended alone should be final")
	}
}

// A move to the same state is reported by looplab/fsm as an error and must be
// a success here.
func TestSelfMove(t *testing.T) {
	tab, err := machine.New("idle", []string{"ended"}, menu())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got, err := tab.Next("menu/collecting", "key"); err != nil || got != "menu/collecting" {
			t.Fatalf("Next = %q, %v; want the same state and no error", got, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		moves []machine.Move
		want  string
	}{
		"two moves on one trigger": {append(menu(), machine.Move{From: "idle", Trigger: "start", To: "ended"}), `"idle" has two moves on "start"`},
		"out of a final state":     {append(menu(), machine.Move{From: "ended", Trigger: "start", To: "idle"}), "leaves the final state"},
		"no way out":               {append(menu(), machine.Move{From: "idle", Trigger: "lost", To: "pit"}), `"pit" has no way out`},
		"unreachable":              {append(menu(), machine.Move{From: "island", Trigger: "x", To: "ended"}), `"island" cannot be reached`},
		"trigger begins with dot":  {append(menu(), machine.Move{From: "idle", Trigger: ".404", To: "ended"}), "ill-formed name"},
		"state is a number":        {append(menu(), machine.Move{From: "idle", Trigger: "404", To: "404"}), "ill-formed name"},
		"ill-formed":               {append(menu(), machine.Move{From: "idle", Trigger: "a\"b", To: "ended"}), "ill-formed name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := machine.New("idle", []string{"ended"}, c.moves)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New: %v; want an error with %q", err, c.want)
			}
		})
	}
}

// States and triggers with names that mean something to looplab/fsm's
// callbacks must behave like all others.
func TestNamesOfTheLibrary(t *testing.T) {
	tab, err := machine.New("state", []string{"enter_state"}, []machine.Move{
		{"state", "event", "event"}, {"event", "before_event", "enter_state"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tab.Next("state", "event"); got != "event" || err != nil {
		t.Errorf("Next = %q, %v", got, err)
	}
	if got, err := tab.Next("event", "before_event"); got != "enter_state" || err != nil {
		t.Errorf("Next = %q, %v", got, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	tab, err := machine.New("idle", []string{"ended"}, menu())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				for _, m := range menu() {
					if got, err := tab.Next(m.From, m.Trigger); err != nil || got != m.To {
						t.Errorf("Next(%q, %q) = %q, %v", m.From, m.Trigger, got, err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkNext(b *testing.B) {
	tab, err := machine.New("idle", []string{"ended"}, menu())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tab.Next("menu/prompting", "prompted"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBare is the same move on looplab/fsm alone, to compare with.
func BenchmarkBare(b *testing.B) {
	var events fsm.Events
	for _, m := range menu() {
		events = append(events, fsm.EventDesc{Name: m.Trigger, Src: []string{m.From}, Dst: m.To})
	}
	m := fsm.NewFSM("idle", events, nil)
	b.ReportAllocs()
	for b.Loop() {
		m.SetState("menu/prompting")
		if err := m.Event(context.Background(), "prompted"); err != nil {
			b.Fatal(err)
		}
		if m.Current() != "menu/collecting" {
			b.Fatal(m.Current())
		}
	}
}

// An HTTP status may be a trigger.
func TestNumberAsTrigger(t *testing.T) {
	tab, err := machine.New("idle", []string{"ended"}, []machine.Move{{From: "idle", Trigger: "404", To: "ended"}, {From: "idle", Trigger: "4xx.then", To: "ended"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, trigger := range []string{"404", "4xx.then"} {
		if got, err := tab.Next("idle", trigger); got != "ended" || err != nil {
			t.Errorf("Next(idle, %s) = %q, %v", trigger, got, err)
		}
	}
}
