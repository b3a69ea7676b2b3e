package sim

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// Result is what came of a run.
type Result struct {
	Seed       uint64
	Calls      int // by phones: a caller who rings again counts once
	Well       int // that ended well, as the package says
	Sessions   int
	Replays    Replays
	Events     int           // applied
	Faults     int           // planned
	Strikes    map[int]int   // by the fault's number
	Passed     map[Point]int // points, and how often
	Wished     map[Point]int // ... before an operator wanted something
	Violations []Violation   // of invariants; the first of each
	Bad        []string      // calls that did not end well, and why
	Hash       uint64        // of the trace
	Trace      []string      // the last lines, or all
	Length     time.Duration // in virtual time
	Err        error         // of the simulation itself: the run is void
}

// Violation is an invariant that did not hold.
type Violation struct {
	Rule string // "I1" to "I12", or "alive"
	What string
	At   time.Duration
}

// String names the invariant, the time and what happened.
func (v Violation) String() string { return fmt.Sprintf("%s at %s: %s", v.Rule, v.At, v.What) }

// calmAfter is when no more faults begin or show.
const calmAfter = 4 * time.Minute

// longest is how long calls may take to end after that: a call that Graph lost
// sight of ends when nobody keeps it alive.
const longest = 4 * time.Hour

// Run makes a run.
func (k *Kit) Run(o Options) Result {
	w, err := k.newWorld(o)
	if err != nil {
		return Result{Seed: o.Seed, Err: err}
	}
	defer w.clock.Close()
	defer w.kill()
	calls := o.Calls
	if calls == 0 {
		calls = 5 + w.people.IntN(16)
	}
	spread, storm, late := 2*time.Minute, calmAfter, time.Minute
	if o.Calls == 1 {
		spread, storm, late = time.Second, 20*time.Second, 20*time.Second
	}
	for range calls {
		w.after(time.Second+time.Duration(w.people.Int64N(int64(spread))), w.begin)
	}
	w.scene()
	w.clock.RunFor(storm, w.void)
	w.settle()
	w.clock.RunFor(longest, func() bool { return w.void() || w.over() })
	w.clock.RunFor(late, w.void) // what is late comes
	w.judge.end()
	return w.result()
}

// void reports whether the run makes no sense any more.
func (w *world) void() bool {
	return w.fault != nil || w.clock.Err() != nil || len(w.judge.violations) > 20
}

// settle ends all faults.
func (w *world) settle() {
	w.calm = true
	w.trace.add("world", "no more faults")
	w.everybody()
	for _, n := range w.nodes {
		n.cont()
	}
}

// over reports whether all calls are.
func (w *world) over() bool {
	for _, p := range w.all {
		if p.target == "" && !p.over {
			return false
		}
	}
	return w.judge.over() && len(w.liveCalls()) == 0
}

// kill ends all processes, so that nothing that still sleeps has an effect.
func (w *world) kill() {
	w.calm = true
	for _, n := range w.nodes {
		if n.proc != nil {
			n.proc.dead = true
		}
	}
	w.graph.Close()
}

func (w *world) result() Result {
	r := Result{Seed: w.o.Seed, Calls: len(w.all), Sessions: len(w.judge.order), Replays: w.judge.replays, Events: w.judge.events, Faults: len(w.plan),
		Strikes: w.strikes, Passed: w.passed, Wished: w.wished, Violations: w.judge.violations, Hash: w.trace.sum.Sum64(), Trace: w.trace.lines(),
		Length: w.clock.Now().Sub(w.trace.start), Err: w.fault}
	if r.Err == nil {
		r.Err = w.clock.Err()
	}
	for _, p := range w.all {
		if why := w.judge.well(p); why != "" {
			r.Bad = append(r.Bad, fmt.Sprintf("%s, %s, aims at %s: %s", p, p.script.Flow, p.aim, why))
			continue
		}
		r.Well++
	}
	return r
}

func (w *world) context() context.Context { return context.Background() }

// sum is a short name of bytes.
func sum(b []byte) []byte {
	h := fnv.New32a()
	_, _ = h.Write(b) // never fails
	return h.Sum(nil)
}

func hexed(b []byte) string { return hex.EncodeToString(sum(b)) }

// Summary is the run in one line.
func (r Result) Summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d calls, %d well, %d sessions, %d events, %d faults, %s of virtual time", r.Seed, r.Calls, r.Well,
		r.Sessions, r.Events, r.Faults, r.Length.Round(time.Second))
	return b.String()
}
