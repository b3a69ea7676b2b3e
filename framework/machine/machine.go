// Package machine is a compiled finite state machine: one immutable table a
// flow version, shared by all calls. A call's state lives in its session; the
// table only answers where a trigger leads.
//
//	t, err := machine.New("idle", []string{"ended"}, []machine.Move{
//		{From: "idle", Trigger: "start", To: "ended"},
//	})
//	next, err := t.Next("idle", "start") // "ended"
//
// The moves are made by looplab/fsm, without callbacks and with a background
// context, on machines that are lent from a pool to one caller at a time.
package machine

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/looplab/fsm"
)

// Move is one transition: in state From, Trigger leads to To.
type Move struct{ From, Trigger, To string }

// Table is an immutable state machine. It is safe for concurrent use.
type Table struct {
	initial string
	states  []string // in order of first mention
	final   map[string]bool
	moves   []Move
	allowed map[string]map[string]bool // from -> triggers
	pool    *sync.Pool
}

// ErrNoMove says that a trigger leads nowhere from a state.
var ErrNoMove = errors.New("no such move")

var (
	nameForm    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]{0,191}$`)
	triggerForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]{0,191}$`) // an HTTP status may be one
)

// New builds a table. It reports all of: a malformed name, two moves with the
// same state and trigger, a move out of a final state, a state without a way
// out that is not final, and a state that cannot be reached.
func New(initial string, final []string, moves []Move) (*Table, error) {
	t := &Table{initial: initial, moves: slices.Clone(moves),
		final: map[string]bool{}, allowed: map[string]map[string]bool{}}
	for _, s := range final {
		t.final[s] = true
	}
	seen := map[string]bool{}
	mention := func(s string) {
		if !seen[s] {
			seen[s] = true
			t.states = append(t.states, s)
		}
	}
	mention(initial)
	for _, m := range moves {
		mention(m.From)
		mention(m.To)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	events := t.events()
	t.pool = &sync.Pool{New: func() any { return fsm.NewFSM(initial, events, nil) }}
	return t, nil
}

// check validates names, uniqueness, exits and reachability, and fills
// t.allowed.
func (t *Table) check() error {
	var errs []error
	for _, m := range t.moves {
		for _, name := range []string{m.From, m.To} {
			if !nameForm.MatchString(name) {
				errs = append(errs, fmt.Errorf("ill-formed name %q", name))
			}
		}
		if !triggerForm.MatchString(m.Trigger) {
			errs = append(errs, fmt.Errorf("ill-formed name %q", m.Trigger))
		}
		if t.final[m.From] {
			errs = append(errs, fmt.Errorf("move %q leaves the final state %q", m.Trigger, m.From))
		}
		if t.allowed[m.From] == nil {
			t.allowed[m.From] = map[string]bool{}
		}
		if t.allowed[m.From][m.Trigger] {
			errs = append(errs, fmt.Errorf("state %q has two moves on %q", m.From, m.Trigger))
		}
		t.allowed[m.From][m.Trigger] = true
	}
	reached := t.reachable()
	for _, s := range t.states {
		if !reached[s] {
			errs = append(errs, fmt.Errorf("state %q cannot be reached", s))
		}
		if len(t.allowed[s]) == 0 && !t.final[s] {
			errs = append(errs, fmt.Errorf("state %q has no way out", s))
		}
	}
	return errors.Join(errs...)
}

func (t *Table) reachable() map[string]bool {
	next := map[string][]string{}
	for _, m := range t.moves {
		next[m.From] = append(next[m.From], m.To)
	}
	reached := map[string]bool{t.initial: true}
	for todo := []string{t.initial}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, to := range next[s] {
			if !reached[to] {
				reached[to] = true
				todo = append(todo, to)
			}
		}
	}
	return reached
}

// events groups the moves as looplab/fsm wants them: one entry for all
// sources of a trigger that share a destination.
func (t *Table) events() fsm.Events {
	type key struct{ trigger, to string }
	index := map[key]int{}
	var events fsm.Events
	for _, m := range t.moves {
		k := key{m.Trigger, m.To}
		i, ok := index[k]
		if !ok {
			i = len(events)
			index[k] = i
			events = append(events, fsm.EventDesc{Name: m.Trigger, Dst: m.To})
		}
		events[i].Src = append(events[i].Src, m.From)
	}
	return events
}

// Next says where trigger leads from state. The error wraps [ErrNoMove] if it
// leads nowhere.
func (t *Table) Next(state, trigger string) (string, error) {
	if !t.allowed[state][trigger] {
		return "", fmt.Errorf("%w: %q in state %q", ErrNoMove, trigger, state)
	}
	m := t.pool.Get().(*fsm.FSM)
	m.SetState(state)
	// A cancelled context would wedge the machine for ever, so it never gets
	// one that can be cancelled.
	err := m.Event(context.Background(), trigger)
	next := m.Current()
	if err != nil && !errors.As(err, new(fsm.NoTransitionError)) {
		return "", fmt.Errorf("move %q from state %q: %w", trigger, state, err) // m is not reused
	}
	t.pool.Put(m)
	return next, nil
}

// Can reports whether trigger leads anywhere from state.
func (t *Table) Can(state, trigger string) bool { return t.allowed[state][trigger] }

// Initial is the state in which a machine starts.
func (t *Table) Initial() string { return t.initial }

// Final reports whether the machine is over in state.
func (t *Table) Final(state string) bool { return t.final[state] }

// States lists the states in the order of their first mention.
func (t *Table) States() []string { return slices.Clone(t.states) }

// Moves lists the moves in the order they were given.
func (t *Table) Moves() []Move { return slices.Clone(t.moves) }
