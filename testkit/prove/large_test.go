package prove

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// tree is a telephone tree with so many states, as a large firm has one: menus that
// lead to menus, and at their ends something to hear, to type or somebody to speak
// to, from where one comes back.
func tree(states int) string {
	var b strings.Builder
	b.WriteString(`ivr: 1
flow: tree
limits: {steps: 400}
config: {desk: {type: string}}
defaults:
  menu: {no_input: [still_there], no_match: [not_valid], gave_up: bye}
  collect: {no_input: [still_there], no_match: [not_valid], gave_up: bye}
  transfer: {failed: busy}
vars: {number: {type: digits, length: 6}, amount: {type: money, currency: GBP}}
actions: {look_up: {in: [number], out: [amount], outcomes: [ok, unknown], timeout: 2s}}
prompts: {choices: Press 1 or 2 or 3., still_there: Are you there., not_valid: That does not fit., news: The news., enter: Your number., it_is: It is, busy: Nobody is free., bye: Goodbye.}
start: s0
states:
`)
	for i := range states - 2 {
		fmt.Fprintf(&b, "  s%d:\n", i)
		first := 3*i + 1
		if first+2 < states-2 {
			fmt.Fprintf(&b, "    - menu: choices\n      keys: {1: s%d, 2: s%d, 3: s%d, star: s%d, 0: bye}\n", first, first+1, first+2, max(i-1, 0)/3)
			continue
		}
		up := max(i-1, 0) / 3
		switch i % 3 {
		case 0:
			fmt.Fprintf(&b, "    - play: news\n    - menu: choices\n      keys: {1: s%d, 2: s0, 3: repeat}\n", up)
		case 1:
			fmt.Fprintf(&b, "    - collect: number\n      prompt: enter\n    - do: look_up\n      unknown: s%d\n      failed: bye\n    - play: [it_is, {say_as: money, value: \"${amount}\"}]\n    - goto: s%d\n", up, up)
		default:
			b.WriteString("    - transfer: {user: \"${config.desk}\"}\n")
		}
	}
	b.WriteString("  busy:\n    - play: busy\n    - goto: bye\n  bye: [{play: bye}, end]\n")
	b.WriteString("invariants:\n  - play(it_is) requires look_up.ok\n  - can: reach bye within 3 keys\n  - must: reach end within 450 steps\n")
	return b.String()
}

// Not even a flow of 200 states has more calls than can be looked at.
func TestProvesALargeFlow(t *testing.T) {
	f := loaded(t, tree(201)) // each menu has three entries
	if f == nil {
		t.Fatal("the loader refuses the flow")
	}
	r, err := Run(context.Background(), f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d states, %d moves, %s, %d MiB", r.States, r.Moves, r.Took, m.Sys>>20)
	for _, p := range r.Properties {
		if p.Verdict != Proved {
			t.Errorf("%s: %s %s %v", p.Text, p.Verdict, p.Why, p.Findings)
		}
	}
	if m.Sys > 1<<30 {
		t.Errorf("%d MiB of memory", m.Sys>>20)
	}
}

func BenchmarkBank(b *testing.B) {
	f := flowsOf(b, "../../examples/bank/*.ivr.yaml")["bank/bank_balance.ivr.yaml"]
	for b.Loop() {
		if r, err := Run(context.Background(), f, Options{}); err != nil || r.Verdict() != Proved {
			b.Fatal(r, err)
		}
	}
}

// Memory that nobody needs any more is none that an exploration would need.
func TestOnlyMemoryInUseBoundsTheExploration(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	f := loaded(t, tree(6))
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	bound := m.HeapAlloc + 32<<20
	thrownAway = make([]byte, 64<<20)
	if r, err := Run(context.Background(), f, Options{Memory: bound}); err != nil || r.Complete || !strings.Contains(r.Why, "MiB of memory") {
		t.Errorf("with the memory in use: %v, complete %t, %q", err, r.Complete, r.Why)
	}
	thrownAway = nil
	if r, err := Run(context.Background(), f, Options{Memory: bound}); err != nil || !r.Complete {
		t.Errorf("with it thrown away: %v, complete %t, %q", err, r.Complete, r.Why)
	}
}

var thrownAway []byte // where the compiler cannot see that nobody reads it
