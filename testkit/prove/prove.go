package prove

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// Options bound an exploration. The zero value is good.
type Options struct {
	// Nodes is how many states of the call are explored; 0: [DefaultNodes].
	Nodes int
	// Time is how long the exploration may take; 0: as long as it needs.
	Time time.Duration

	// recheck is told of each state that is taken for one that was seen before.
	recheck func(g *graph, node int32, st *state)
}

// DefaultNodes is how many states of the call are explored at most: one takes
// some hundred bytes, and a few thousand while it waits to be explored.
const DefaultNodes = 500_000

// Run explores all calls that a flow may have, and judges its properties. The
// error says that the flow cannot be explored at all, or that ctx ended. What was
// found is in the report.
func Run(ctx context.Context, f *flow.Flow, o Options) (*Report, error) {
	if o.Nodes <= 0 {
		o.Nodes = DefaultNodes
	}
	if f == nil || f.Machine == nil {
		return nil, errors.New("proving: there is no flow")
	}
	began := time.Now()
	g := explore(ctx, f, o)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("proving %s: %w", f.Name, context.Cause(ctx))
	}
	r := &Report{Flow: f.Name, File: f.File, Complete: g.whole, Why: g.why, States: len(g.nodes), Moves: len(g.edges), Starts: len(g.starts), Doubts: g.facts.doubts}
	r.Properties = append(g.ends(), g.reach())
	r.Properties = append(r.Properties, g.promises()...)
	for i := range r.Properties {
		if p := &r.Properties[i]; p.Verdict == Proved {
			g.judge(p) // what was found out after it may have shown that not all is known
		}
	}
	r.Complete, r.Why, r.Doubts = g.whole, g.why, g.facts.doubts
	r.Took = time.Since(began)
	return r, nil
}

// Report is what is known of a flow.
type Report struct {
	Flow     string        `json:"flow"`
	File     string        `json:"file"`
	Complete bool          `json:"complete"`      // all calls were explored
	Why      string        `json:"why,omitempty"` // why not
	States   int           `json:"states"`        // of calls, that differ in what may still happen
	Moves    int           `json:"moves"`
	Starts   int           `json:"starts"` // ways in which a call begins
	Took     time.Duration `json:"took"`
	Doubts   []Doubt       `json:"doubts,omitempty"`

	Properties []Property `json:"properties"`
}
