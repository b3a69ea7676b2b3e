package prove

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// Options bound an exploration. The zero value is good.
type Options struct {
	// Nodes is how many states of the call are explored; 0: [DefaultNodes].
	Nodes int
	// Time is how long the exploration may take; 0: as long as it needs.
	Time time.Duration

	// Memory is how much of it the process may hold, in bytes, while it explores; 0:
	// [DefaultMemory].
	Memory uint64

	// Progress hears now and then how many states of the call are known, and how
	// many of them are still to be explored. nil: nobody asks.
	Progress func(states, waiting int)

	// recheck is told of each state that is taken for one that was seen before.
	recheck func(g *graph, node int32, st *state)

	loose bool             // lists are of any items, see rows.go
	lists map[string][]any // lists that are tried besides, by parameter
}

// DefaultNodes is how many states of the call are explored at most: one takes
// some hundred bytes, and a few thousand while it waits to be explored.
const DefaultNodes = 500_000

// DefaultMemory is how much memory an exploration may need.
const DefaultMemory = 1 << 30

// Run explores all calls that a flow may have, and judges its properties. The
// error says that the flow cannot be explored at all, or that ctx ended. What was
// found is in the report.
func Run(ctx context.Context, f *flow.Flow, o Options) (*Report, error) {
	if o.Nodes <= 0 {
		o.Nodes = DefaultNodes
	}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if f == nil || f.Machine == nil {
		return nil, errors.New("proving: there is no flow")
	}
	began := time.Now()
	g := explore(ctx, f, o)
	r := g.report()
	if len(g.facts.looseRows()) > 0 && ctx.Err() == nil {
		r = r.loosely(ctx, o)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("proving %s: %w", f.Name, context.Cause(ctx))
	}
	r.Took = time.Since(began)
	return r, nil
}

// report is what an exploration says.
func (g *graph) report() *Report {
	r := &Report{Flow: g.flow.Name, File: g.flow.File, States: len(g.nodes), Moves: len(g.edges), Starts: len(g.starts)}
	r.Properties = append(g.ends(), g.reach())
	r.Properties = append(r.Properties, g.sinks()...)
	r.Properties = append(r.Properties, g.promises()...)
	for i := range r.Properties {
		if p := &r.Properties[i]; p.Verdict == Proved {
			g.judge(p) // what was found out after it may have shown that not all is known
		}
	}
	r.Complete, r.Why, r.Doubts = g.whole, g.why, g.facts.doubts
	r.graph, r.Exits = g, g.exits()
	return r
}

// Report is what is known of a flow.
type Report struct {
	Flow     string        `json:"flow"` // its name
	File     string        `json:"file"`
	Complete bool          `json:"complete"`      // all calls were explored
	Why      string        `json:"why,omitempty"` // why not
	States   int           `json:"states"`        // of calls, that differ in what may still happen
	Moves    int           `json:"moves"`
	Starts   int           `json:"starts"` // ways in which a call begins
	Took     time.Duration `json:"took"`
	Doubts   []Doubt       `json:"doubts,omitempty"`

	Properties []Property `json:"properties"`
	// Exits are the ways in which calls end, and how long they take.
	Exits []Exit `json:"exits"`

	graph *graph
}

// Move replaces all places, such as by ones with other names of the files.
func (r *Report) Move(to func(diag.Pos) diag.Pos) {
	move := func(p *diag.Pos) {
		if *p != (diag.Pos{}) {
			*p = to(*p)
		}
	}
	file := diag.Pos{File: r.File}
	move(&file)
	r.File = file.File
	for i := range r.Doubts {
		move(&r.Doubts[i].Pos)
	}
	for i := range r.Properties {
		p := &r.Properties[i]
		move(&p.Pos)
		for j := range p.Findings {
			f := &p.Findings[j]
			move(&f.Pos)
			if f.Call == nil {
				continue
			}
			for k := range f.Call.Lines {
				move(&f.Call.Lines[k].Pos)
			}
		}
	}
}
