package prove

import (
	"context"
	"reflect"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// An account of eight digits, a PIN of four and their two pounds, and a key of the
// menu: so many keys it takes to hear a balance and to end the call.
func TestExits(t *testing.T) {
	f := flowsOf(t, "../../examples/bank/*.ivr.yaml")["bank/bank_balance.ivr.yaml"]
	r, err := Run(context.Background(), f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]int{}
	for _, x := range r.Exits {
		keys[x.Name] = x.Keys
		if x.Fastest <= 0 || x.Listening <= x.Fastest {
			t.Errorf("%s: %s for who types ahead, %s for who listens", x.Name, x.Fastest, x.Listening)
		}
	}
	want := map[string]int{"agent: transfer": 0, "bye: end": 14, "login: end": 14}
	if !reflect.DeepEqual(keys, want) {
		t.Errorf("exits %v, want %v", keys, want)
	}
}

// Each move that is said to be made is made by the call that is given for it.
func TestMovesHaveCalls(t *testing.T) {
	f := flowsOf(t, "../../examples/simpleivr/*.ivr.yaml")["simpleivr/simpleivr.ivr.yaml"]
	r, err := Run(context.Background(), f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Made() {
		call, err := r.CallTo(m)
		if err != nil || call == nil {
			t.Fatalf("%v: %v", m, err)
		}
		made := false
		g := r.graph
		last := len(call.states) - 1
		from := g.starts[call.start].state()
		if last > 0 {
			from = call.states[last-1]
		}
		g.worlds[call.start].read(&from.session, &call.traces[last], -1, func(flow.Happening) {}, func(mv move) {
			made = made || Move{mv.flow, mv.from, mv.trigger, mv.to} == m
		})
		if !made {
			t.Errorf("%v is not made by its call", m)
		}
	}
	if len(r.Made()) < 50 {
		t.Errorf("only %d moves are made", len(r.Made()))
	}
}
