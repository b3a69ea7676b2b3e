// Package flowdiff compares two versions of a flow, as graphs and not as text: what
// changed in prompts, times, routing and promises, and whether callers can tell the
// two apart.
//
//	r, err := flowdiff.Run(ctx, old, next, flowdiff.Options{})
//	fmt.Println(r.Verdict) // same, apart or open
//	r.Print(os.Stdout)
//
// # Whether callers can tell
//
// Both flows get the same calls, on the engine that answers real ones: a [prove.Pair]
// says what may happen. What a caller notices is compared in its order: the call is
// answered, rejected, redirected or transferred, and to whom; what is said or played,
// and that it stops; that the caller is recorded; that the flow hangs up. How long
// things take is compared only with [Options.Times].
//
// The two need not go step by step. A flow of which less was heard goes on first, and
// what only one of them waits for, such as an action that the other does not do, is
// over at once. An action brings the same to both: what it brought to one the first
// time, it brings to the other the first time. What a caller does, and what else the
// platform does, happens in both at the same moment.
//
// A state of the pair is a state of each flow, with what was heard of only one, and
// what is owed. States with equal keys go on alike, and are explored once. So if no
// call was found that tells them apart, and all states were explored, there is none,
// within what [Report.Assumed] lists.
//
// The call that is found is the shortest, of those in which the least goes wrong. It
// was played on fresh sessions of both before it is told.
package flowdiff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// Options bound the comparison. The zero value is good.
type Options struct {
	// Nodes is how many states of the pair are explored; 0: [prove.DefaultNodes].
	Nodes int
	// Time is how long each exploration may take; 0: as long as it needs.
	Time time.Duration
	// Times compares how long the flows wait, too.
	Times bool
	// NoAhead leaves out keys that are pressed while no step listens.
	NoAhead bool
	// NoProofs leaves out what holds of all calls of either flow: its invariants, and
	// what calls come to.
	NoProofs bool
	// Progress hears now and then how many states are known, and how many of them
	// are still to be explored. nil: nobody asks.
	Progress func(states, waiting int)
}

// Verdict is what is known of what callers can tell.
type Verdict string

// The verdicts.
const (
	Same  Verdict = "same"  // callers cannot tell the flows apart
	Apart Verdict = "apart" // they can, in the call that is shown
	Open  Verdict = "open"  // no such call was found, but not all were looked at
)

// Report is the difference of two flows.
type Report struct {
	Old     Version  `json:"old"`
	New     Version  `json:"new"`
	Verdict Verdict  `json:"verdict"`
	Why     string   `json:"why,omitempty"` // Open: what was not looked at
	Call    *Call    `json:"call,omitempty"`
	Changes []Change `json:"changes"`
	// Asked is what differs in what the flows ask of actions and services, of which
	// callers hear nothing.
	Asked []string `json:"asked,omitempty"`

	Complete bool          `json:"complete"` // all calls were explored
	States   int           `json:"states"`   // of both flows' calls, that differ in what may still happen
	Moves    int           `json:"moves"`
	Starts   int           `json:"starts"` // ways in which a call begins
	Took     time.Duration `json:"took"`
	Assumed  []string      `json:"assumed"` // what is not looked at
	Doubts   []prove.Doubt `json:"doubts,omitempty"`

	old, next *flow.Flow
	match     *match
}

// Version is one of the flows.
type Version struct {
	Name    string `json:"name"`
	File    string `json:"file"`
	Version string `json:"version"`
}

func versionOf(f *flow.Flow) Version { return Version{f.Name, f.File, f.Version} }

// Run compares two flows. The error says that they cannot be compared at all, or that
// ctx ended.
func Run(ctx context.Context, old, next *flow.Flow, o Options) (*Report, error) {
	if old == nil || next == nil {
		return nil, errors.New("comparing: there are not two flows")
	}
	if old.Kind != next.Kind {
		return nil, fmt.Errorf("comparing %s and %s: one is %s and the other is %s, and no call comes to both", old.Name, next.Name, old.Kind, next.Kind)
	}
	if o.Nodes <= 0 {
		o.Nodes = prove.DefaultNodes
	}
	began := time.Now()
	r := &Report{Old: versionOf(old), New: versionOf(next), old: old, next: next, Changes: []Change{}}
	if err := r.calls(ctx, o); err != nil {
		return nil, err
	}
	r.match = matched(old, next)
	r.changes()
	if !o.NoProofs {
		if err := r.proofs(ctx, o); err != nil {
			return nil, err
		}
	}
	r.Took = time.Since(began)
	return r, nil
}

// calls finds out whether callers can tell the flows apart.
func (r *Report) calls(ctx context.Context, o Options) error {
	x := explore(ctx, r.old, r.next, o)
	if ctx.Err() != nil {
		return fmt.Errorf("comparing %s and %s: %w", r.old.Name, r.next.Name, context.Cause(ctx))
	}
	if x.split != nil {
		call, err := x.call()
		if err != nil {
			x.whole, x.why = false, fmt.Sprintf("a call that was found could not be played: %v", err)
		} else {
			r.Call = call
		}
	}
	r.Complete, r.Why, r.Doubts = x.whole, x.why, x.pair.Doubts()
	r.States, r.Moves, r.Starts = len(x.nodes), x.moves, x.pair.Starts()
	r.Assumed, r.Asked = x.assumed(), x.asks()
	switch {
	case r.Call != nil:
		r.Verdict, r.Complete, r.Why = Apart, false, ""
	case !r.Complete:
		r.Verdict = Open
	case len(r.Doubts) > 0:
		r.Verdict, r.Why = Open, "the values that were tried may not stand for all others"
	default:
		r.Verdict = Same
	}
	return nil
}

// assumed is what a verdict does not speak of.
func (x *explorer) assumed() []string {
	all := []string{
		"a caller who has hung up hears no more",
		"an action, or a service, brings the same to both flows each time",
		"what only one of the flows waits for is over at once",
		"one recording is as good as another",
		"no call lasts for so many steps that the flow's limit of them ends it",
	}
	if x.o.NoAhead {
		all = append(all, "no key is pressed while no step listens")
	} else {
		all = append(all, "of keys that are pressed while no step listens, only one entry is kept at a time")
	}
	if !x.o.Times {
		all = append(all, "callers have no clock: how long a flow waits, and a silence lasts, is not compared")
	}
	if x.dropped {
		all = append(all, fmt.Sprintf("where one flow does an action more than %d times oftener than the other, it may bring something else", mostOwed))
	}
	return all
}

// Move replaces the places in both flows, such as by ones with other names of the
// files.
func (r *Report) Move(old, next func(diag.Pos) diag.Pos) {
	put := func(p *diag.Pos, to func(diag.Pos) diag.Pos) {
		if *p != (diag.Pos{}) {
			*p = to(*p)
		}
	}
	one, two := diag.Pos{File: r.Old.File}, diag.Pos{File: r.New.File}
	put(&one, old)
	put(&two, next)
	r.Old.File, r.New.File = one.File, two.File
	for i := range r.Changes {
		put(&r.Changes[i].OldPos, old)
		put(&r.Changes[i].NewPos, next)
	}
	if r.Call == nil {
		return
	}
	for i := range r.Call.Lines {
		l := &r.Call.Lines[i]
		if l.Side == InNew {
			put(&l.Pos, next)
		} else {
			put(&l.Pos, old)
		}
	}
}
