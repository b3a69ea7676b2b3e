package prove

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// walkOf is a call at random, as the events that it brings.
func walkOf(w *world, begin state, r *rand.Rand) []ivr.Event {
	var events []ivr.Event
	st := begin
	for range 40 {
		all := w.choices(&st)
		if len(all) == 0 {
			break
		}
		c := &all[r.IntN(len(all))]
		if (c.Kind == HangsUp || c.fault()) && r.IntN(6) > 0 {
			continue
		}
		to, tr := step(w.root, st, c)
		events = append(events, tr.events...)
		st = to
	}
	return events
}

// What the platform says twice changes nothing: so that it has not to be tried in an
// exploration.
func TestWhatComesTwiceChangesNothing(t *testing.T) {
	for name, f := range flowsOf(t, "../../examples/*/*.ivr.yaml", "../../flows/*/*.ivr.yaml", "testdata/*.ivr.yaml") {
		t.Run(name, func(t *testing.T) {
			fs := newFacts(f)
			starts := startsOf(f, fs)
			r := rand.New(rand.NewPCG(1, 2))
			for range 30 {
				begin := &starts[r.IntN(len(starts))]
				w := &world{root: begin.flow, facts: fs, start: begin}
				s := begin.state().session
				seq := int64(0)
				for _, ev := range walkOf(w, begin.state(), r) {
					if tone, ok := ev.(ivr.ToneReceived); ok {
						seq++
						tone.Seq = seq
						ev = tone
					}
					s, _, _ = engine.Step(begin.flow, s, ev)
					again, cmds, _ := engine.Step(begin.flow, s, ev)
					if len(cmds) > 0 {
						t.Fatalf("%T told again brings %v", ev, cmds)
					}
					if !reflect.DeepEqual(again, s) {
						t.Fatalf("%T told again changes the session:\n%+v\n%+v", ev, s, again)
					}
				}
			}
		})
	}
}

// Keys that overtake each other in a burst lead to the same as in their order. The
// first key of a call cannot be told from one that overtook another.
func TestKeysThatOvertakeEachOtherChangeNothing(t *testing.T) {
	bursts := 0
	for name, f := range flowsOf(t, "../../examples/*/*.ivr.yaml", "../../flows/*/*.ivr.yaml", "testdata/*.ivr.yaml") {
		t.Run(name, func(t *testing.T) {
			fs := newFacts(f)
			starts := startsOf(f, fs)
			r := rand.New(rand.NewPCG(3, 4))
			for range 100 {
				begin := &starts[r.IntN(len(starts))]
				w := &world{root: begin.flow, facts: fs, start: begin}
				inOrder, mixed := begin.state(), begin.state()
				seq := int64(0)
				for range 40 {
					all, same := w.choices(&inOrder), w.choices(&mixed)
					if len(all) == 0 {
						break
					}
					i := r.IntN(len(all))
					if (all[i].Kind == HangsUp || all[i].fault()) && r.IntN(6) > 0 {
						continue
					}
					number(all[i].events, seq)
					first := seq
					seq = number(same[i].events, seq)
					if n := len(all[i].Keys); n > 1 && first > 0 {
						k := r.IntN(n - 1)
						same[i].events[k], same[i].events[k+1] = same[i].events[k+1], same[i].events[k]
						bursts++
					}
					inOrder, _ = step(w.root, inOrder, &all[i])
					mixed, _ = step(w.root, mixed, &same[i])
					if w.keyOf(&inOrder) != w.keyOf(&mixed) {
						t.Fatalf("after %s in another order the call is in %s, not in %s", all[i].Act, mixed.session.State, inOrder.session.State)
					}
				}
			}
		})
	}
	if bursts < 50 {
		t.Errorf("only %d bursts were tried", bursts)
	}
}

// number gives keys the numbers that the platform gives them, and answers the last.
func number(events []ivr.Event, seq int64) int64 {
	for i, ev := range events {
		if tone, ok := ev.(ivr.ToneReceived); ok && tone.Leg == "" {
			seq++
			tone.Seq = seq
			events[i] = tone
		}
	}
	return seq
}
